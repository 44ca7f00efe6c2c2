"""
Small fixed histories that a program of its own goes through, under the shim: `python -m tests.faults.power.histories WHICH ROOT`.

What it begins and what it was promised goes to the file `told` as it happens, so that the trace has it in its place.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from charging_point.engine.journal import Journal
from charging_point.engine.ledger import (
    Entry,
    PointNamed,
    ServiceSet,
    SessionAcked,
    SessionFinished,
    SessionMetered,
    SessionStarted,
)
from common.messages import ChargeCompletion, Reason

TOLD = "told"
JOURNAL = "box/engine/CP1.journal"
EXPORT = "events.csv"
DATABASE = "site/data/central.db"
#: So short that a history has several rewritings in it.
_COMPACT_ABOVE = 600
_STARTS = 2


def entries() -> list[Entry]:
    """Three sessions, with lines long enough to lie across the borders of blocks."""
    found: list[Entry] = [PointNamed(cp_id="CP1"), ServiceSet(out_of_service=False)]
    for number in range(3):
        name = f"s{number}" + "x" * 60
        found.append(
            SessionStarted(cp_id="CP1", session_id=name, driver_id="D1", price_per_kwh=Decimal("0.35"), started_at=1.5)
        )
        found += [SessionMetered(session_id=name, energy_wh=10 * step) for step in range(1, 4)]
        found.append(
            SessionFinished(
                completion=ChargeCompletion(
                    message_id=f"m{number}", timestamp=2.5, cp_id="CP1", session_id=name,
                    energy_consumed_kwh=Decimal("0.031"), total_cost=Decimal("0.01"), reason=Reason.UNPLUGGED,
                )
            )
        )  # fmt: skip
        found.append(SessionAcked(session_id=name))
    return found


def keep_journal(root: Path, tell: Callable[[str], None]) -> None:
    """An Engine's journal, closed and opened again half way."""
    some = entries()
    for start in range(_STARTS):
        journal = Journal(root / JOURNAL, compact_above=_COMPACT_ABOVE)
        for entry in some[start * len(some) // _STARTS : (start + 1) * len(some) // _STARTS]:
            tell("begun")
            journal.append(entry)
            tell("promised")
        journal.close()


def keep_books(root: Path, tell: Callable[[str], None]) -> None:
    """Central's database, from nothing; closed and opened again half way. Each unit adds an event with its number."""
    from central.runtime import make_data_dir  # what a history does not use would only make it slow to start
    from central.settings import CentralSettings
    from central.store.worker import open_store

    async def go() -> None:
        number = 0
        for _ in range(_STARTS):
            make_data_dir(CentralSettings(data_dir=(root / DATABASE).parent))
            store = open_store(f"sqlite:///{root / DATABASE}", "central-1")
            for _ in range(4):
                number += 1
                text = str(number)
                tell("begun")
                await store.write(lambda unit, text=text: unit.record(float(text), "test", text))  # type: ignore[misc]
                tell("promised")
            await store.close()

    asyncio.run(go())


def write_export(root: Path, tell: Callable[[str], None]) -> None:
    """A list that an operator asked for, over an older one."""
    from central.admin.exports import exported

    for number in range(2):
        tell("begun")
        with exported(str(root / EXPORT), "events", "csv", force=True) as out:
            out.take([{"id": number, "text": "x" * 1000}])
            out.finish()
        tell("promised")


HISTORIES = {"journal": keep_journal, "books": keep_books, "export": write_export}


def main(which: str, root: Path) -> None:
    told = os.open(root / TOLD, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(word: str) -> None:
        os.write(told, f"{word}\n".encode())

    HISTORIES[which](root, tell)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
