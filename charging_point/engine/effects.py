"""What the core wants done, in order. The runtime does it; a journal entry that fails stops what stands behind it."""

from dataclasses import dataclass

from charging_point.engine.ledger import Entry
from common.messages import ChargeCompletion, ChargingData, Message


@dataclass(frozen=True, slots=True)
class WriteJournal:
    """Make this durable before anything behind it is done."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Answer:
    """To the link that asked."""

    message: Message


@dataclass(frozen=True, slots=True)
class ToMonitor:
    """To the point's Monitor, when there is one now."""

    message: Message


@dataclass(frozen=True, slots=True)
class Publish:
    """To Kafka, where there is one."""

    message: ChargingData | ChargeCompletion


@dataclass(frozen=True, slots=True)
class Bind:
    """The link that asked is the point's Monitor from now on; an older one is closed."""


@dataclass(frozen=True, slots=True)
class Tell:
    """The one line that answers a simulated event."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class NoteJournalWorks:
    """All entries before this one were written: tell the core so."""


Effect = WriteJournal | Answer | ToMonitor | Publish | Bind | Tell | NoteJournalWorks
Effects = list[Effect]
