"""The product's own start on what a power cut left: what is wrong with what it finds, in a sentence, or nothing."""

import csv
import shutil
import sqlite3
from collections.abc import Callable
from functools import reduce
from pathlib import Path

from central.store.engine import open_database
from charging_point.engine.journal import Journal
from charging_point.engine.ledger import Ledger
from common.errors import CannotStart
from tests.faults.power.crashes import Crash, write_tree
from tests.faults.power.histories import DATABASE, EXPORT, JOURNAL, entries

Recovery = Callable[[Crash, Path], str]


def journal(crash: Crash, root: Path) -> str:
    """The ledger is that of all promised entries, and perhaps of the one that was begun."""
    try:
        found = Journal(root / JOURNAL)
    except CannotStart as wrong:
        return str(wrong)
    found.close()
    some = entries()
    right = [reduce(Ledger.plus, some[:count], Ledger()) for count in range(crash.promised, crash.begun + 1)]
    if found.ledger in right:
        return ""
    return f"{crash.promised} entries were promised, and the journal adds up to {found.ledger}"


def books(crash: Crash, root: Path) -> str:
    """The database opens, is whole, and has every unit that was promised, in order and without a gap."""
    (root / DATABASE).parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = open_database(f"sqlite:///{root / DATABASE}")
    except CannotStart as wrong:
        return str(wrong)
    engine.dispose()
    file = sqlite3.connect(root / DATABASE)
    try:
        whole = file.execute("PRAGMA integrity_check").fetchall()
        found = [text for (text,) in file.execute("SELECT text FROM events ORDER BY id")]
    finally:
        file.close()
    if whole != [("ok",)]:
        return f"the database is damaged: {whole}"
    if found == [str(number + 1) for number in range(len(found))] and crash.promised <= len(found) <= crash.begun:
        return ""
    return f"{crash.promised} units were promised, and the database has {found}"


def export(crash: Crash, root: Path) -> str:
    """The list that was told to be written, whole; or the one after it."""
    if not (root / EXPORT).exists():
        return f"{crash.promised} lists were written, and there is none" if crash.promised else ""
    with (root / EXPORT).open(encoding="utf-8", newline="") as file:
        rows = [(row["id"], row["text"]) for row in csv.DictReader(file)]
    right = [[(str(number - 1), "x" * 1000)] for number in range(max(1, crash.promised), crash.begun + 1)]
    return "" if rows in right else f"list {crash.promised} was written, and this is there: {str(rows)[:80]}"


RECOVERIES: dict[str, Recovery] = {"journal": journal, "books": books, "export": export}


def recovered(crash: Crash, root: Path, recovery: Recovery) -> str:
    """What is wrong after a start on this state; `root` is used for it and is gone afterwards."""
    write_tree(crash.tree, root)
    try:
        return recovery(crash, root)
    finally:
        shutil.rmtree(root)
