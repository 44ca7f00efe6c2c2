"""What becomes of deeds while the journal cannot be written. Pure; the journal itself is journal.py."""

from collections.abc import Sequence

from charging_point.engine.effects import Answer, Effect, Effects, NoteJournalWorks, Publish, ToMonitor, WriteJournal
from charging_point.engine.ledger import Entry, SessionFinished, SessionMetered, SessionStarted
from common.clock import Moment
from common.errors import ErrorCode
from common.messages import ChargeCompletion, ChargingData, CommandResponse
from common.words import engine as words

PROBE_EVERY_S = 5.0
REFUSAL = words.JOURNAL_BROKEN.en


class Durability:
    """Keeps entries that could not be written, and tries again."""

    def __init__(self) -> None:
        self.is_broken = False
        self._unwritten: list[Entry] = []
        self._probe_at = 0.0

    def write(self, entry: Entry) -> Effects:
        """The effect that writes it; nothing while the journal is broken: then it waits for the next probe."""
        if self.is_broken:
            self._unwritten.append(entry)
            return []
        return [WriteJournal(entry)]

    def failed(self, entry: Entry, undone: Sequence[Effect], now: Moment) -> list[ChargeCompletion]:
        """`entry` and what stands behind it in `undone` are not written. Gives the accounts that must be held back."""
        self.is_broken = True
        self._probe_at = now.mono + PROBE_EVERY_S
        lost = [entry, *(effect.entry for effect in undone if isinstance(effect, WriteJournal))]
        # A start is undone, and the last reading stands in the final account. Nothing else waits now: while the journal
        # is broken only a probe writes, and that takes everything along.
        self._unwritten = [one for one in lost if not isinstance(one, SessionStarted | SessionMetered)]
        return [one.completion for one in self._unwritten if isinstance(one, SessionFinished)]

    def probe_now(self, now: Moment) -> None:
        self._probe_at = now.mono

    def probe(self, now: Moment, probing: Entry) -> Effects:
        """When it is time: write what waits, or `probing` (an entry that changes nothing) to see whether it works."""
        if not self.is_broken or now.mono < self._probe_at:
            return []
        waiting, self._unwritten = self._unwritten, []
        return [*(WriteJournal(entry) for entry in waiting or [probing]), NoteJournalWorks()]

    def works(self) -> None:
        self.is_broken = False

    def seconds_left(self, now: Moment) -> float | None:
        return max(0.0, self._probe_at - now.mono) if self.is_broken else None


def bearable(undone: Sequence[Effect], *, is_start: bool) -> Effects:
    """What of the undone may be done without the journal: energy is not told, a start is refused, the rest is true."""
    found: Effects = []
    for effect in undone:
        match effect:
            case WriteJournal() | NoteJournalWorks() | Publish():
                pass
            case ToMonitor(ChargeCompletion() | ChargingData()):
                pass
            case Answer(CommandResponse() as response) if is_start:
                found.append(Answer(refused(response.message_id, response.session_id, REFUSAL)))
            case ToMonitor(CommandResponse() as response) if is_start:
                found.append(ToMonitor(refused(response.message_id, response.session_id, REFUSAL)))
            case _:
                found.append(effect)
    return found


def refused(command_id: str, session_id: str | None, sentence: str) -> CommandResponse:
    """Engine does not do it, and why."""
    return CommandResponse(
        message_id=command_id,
        status="failure",
        error=ErrorCode.ENGINE_REFUSED,
        message=sentence,
        session_id=session_id,
    )
