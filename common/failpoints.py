"""
Failpoints: named places where a program can be told to die as by `kill -9`, for the fault harness in tests/faults/.

Off, a place costs one look at a variable. It is on only where the environment says so (EV_FAILPOINT, read in
settings.py), for one place and one passing of it; before it dies the process writes down where, so that whoever
injects faults can count where they landed. Nothing but this belongs here: what a fault must not break stands beside
the code that keeps it.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self


class Place(StrEnum):
    """THE TABLE of places, each with what has happened and what has not when it is passed."""

    sentence: str

    def __new__(cls, name: str, sentence: str) -> Self:
        made = str.__new__(cls, name)
        made._value_ = name
        made.sentence = sentence
        return made

    BEFORE_COMMIT = "central.before_commit", "a group of units has run in its transaction, which is not committed"
    AFTER_COMMIT = "central.after_commit", "a transaction is committed, and nobody has heard of it"
    CLAIMED = "central.claimed", "a point is claimed for a driver, and its Engine is not asked"
    CONCLUDED = "central.concluded", "a claim's outcome is stored, and its driver is not answered"
    ANSWERED = "central.answered", "a driver is answered, and what the outbox holds of it may not be published"
    METERED = "central.metered", "a batch of readings is stored, and no driver is told of it"
    BILLED = "central.billed", "a final account is billed, and not acknowledged to its Engine"
    BEFORE_PUBLISH = "central.before_publish", "a stored record of the outbox is about to be given to Kafka"
    BEFORE_MARK = "central.before_mark", "Kafka has records of the outbox, which are not taken off it"
    BEFORE_OFFSETS = (
        "central.before_offsets",
        "what a batch of records caused is stored, and its offsets are not committed",
    )
    BEFORE_JOURNAL = "engine.before_journal", "Engine decided something, and its journal does not have it"
    JOURNALED = "engine.journaled", "an entry is durable in the journal, and nobody has heard of it"
    BEFORE_RENAME = "engine.before_rename", "a rewritten journal is durable, and has not taken the old one's name"
    KAFKA_ACKED = "engine.kafka_acked", "Kafka has acknowledged a final account, and Central has not"
    BEFORE_ACKED = "engine.before_acked", "Central has acknowledged a final account, and the journal does not say so"
    PASSING_UP = "monitor.passing_up", "Monitor has a final account of its Engine, and has not passed it on"
    PASSING_DOWN = "monitor.passing_down", "Monitor has Central's acknowledgement, and has not passed it on"


@dataclass(slots=True)
class _Armed:
    place: Place
    passings_left: int
    trace: Path


_on_passing: Callable[[Place], None] | None = None


def arm(place: Place, passing: int, trace: Path) -> None:
    """From now on, die at this passing of the place (the first is 1), leaving a line in the file `trace`."""
    armed = _Armed(place, passing, trace)

    def count(passed: Place) -> None:
        if passed is armed.place:
            armed.passings_left -= 1
            if armed.passings_left <= 0:
                _die(armed)

    watch(count)


def watch(on_passing: Callable[[Place], None] | None) -> None:
    """From now on tell this one of each passing: a simulation has many programs in one process, and ends them itself."""
    global _on_passing  # noqa: PLW0603 - one process, one way to die; an object handed through would cost where nothing is on
    _on_passing = on_passing


def reached(place: Place) -> None:
    """A program passes this place."""
    if _on_passing is not None:
        _on_passing(place)


def _die(armed: _Armed) -> None:
    line = f"{armed.place} {os.getpid()}\n".encode()
    written = os.open(armed.trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.write(written, line)
    os.close(written)
    os.kill(os.getpid(), signal.SIGKILL)
