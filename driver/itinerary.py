"""
The errand of `run`: request each point of a list in turn, follow what starts to its ticket, go on after a refusal; on
demand the same round again and again.

Pure; reading the file is cli.py's.
"""

from collections.abc import Sequence
from decimal import Decimal

from common.clock import Moment
from common.errors import BadSetting
from common.messages import ChargeRequestResponse, Response
from common.words import errands as words
from driver.entries import is_id
from driver.errands import WELL, Errand, Verdict, refusal, with_advice
from driver.events import Note, Output, Show, Ticket, Unanswered
from driver.trip import ANSWER_WITHIN_S, Trip


def read_points(name: str, text: str) -> list[str]:
    """The points of a file, one a line; blank lines and # comments are skipped. Raises BadSetting."""
    lines = [(number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1)]
    for number, line in lines:
        if line and not is_id(line):
            raise BadSetting(words.NO_CP_ID_IN_LINE(name=name, number=number, told=line[:60]))
    points = [line for _, line in lines if line]
    if not points:
        raise BadSetting(words.NO_POINTS_IN_FILE(name=name))
    return points


class Itinerary(Errand):
    """One charge after the other, with a pause between them."""

    needs_notices = True

    def __init__(
        self,
        trip: Trip,
        points: Sequence[str],
        *,
        pause_s: float,
        energy_limit_kwh: Decimal | None,
        repeats: bool = False,
    ) -> None:
        super().__init__(trip)
        self._round = tuple(points)
        self._ahead = list(points)
        # Who goes round for ever outlasts a Central that is away for a while, at the start too.
        self.stays = repeats
        self._point = ""
        self._asked = len(self._ahead)
        self._tickets = 0
        self._pause_s = pause_s
        self._energy_limit_kwh = energy_limit_kwh

    def begin(self, now: Moment) -> list[Output]:
        self.next_at = None
        self._point = self._ahead.pop(0)
        return self.trip.charge(self._point, self._energy_limit_kwh, now)

    def heard(self, output: Output, now: Moment) -> list[Output]:
        match output:
            case Show(Response() as answer):
                started = isinstance(answer, ChargeRequestResponse) and answer.succeeded and answer.session_id
                return (
                    [] if started else self._go_on(now, Note(words.REFUSED_AT(point=self._point, why=refusal(answer))))
                )
            case Unanswered():
                told = words.SILENT_AT(point=self._point, seconds=ANSWER_WITHIN_S)
                return self._go_on(now, Note(with_advice(told, self.trip.driver_id, output)))
            case Ticket():
                self._tickets += 1
                return self._go_on(now)
        return []

    def tick(self, now: Moment) -> list[Output]:
        due = self.next_at is not None and now.mono >= self.next_at
        return self.begin(now) if due else []

    def interrupted(self) -> Verdict:
        if self.trip.ride is not None:
            return super().interrupted()
        if self.stays:
            return WELL
        return Verdict(words.INTERRUPTED_MISSED(missed=self._asked - self._tickets, asked=self._asked))

    def _go_on(self, now: Moment, *notes: Output) -> list[Output]:
        if self.stays and not self._ahead:
            self._ahead.extend(self._round)
        if self._ahead:
            self.next_at = now.mono + self._pause_s
        else:
            missed = self._asked - self._tickets
            self.verdict = Verdict(words.MISSED(missed=missed, asked=self._asked)) if missed else WELL
        return list(notes)
