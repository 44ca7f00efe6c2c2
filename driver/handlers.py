"""
What the driver does with each message it may receive: `wire()` shows all of it.

The trip itself takes what concerns charges; the Door takes what concerns the link to Central.
"""

import logging
from collections.abc import Callable

from common.clock import Moment
from common.dispatch import Dispatcher
from common.errors import ErrorCode
from common.messages import (
    AuthResponse,
    AvailableCpsResponse,
    ChargeCompletion,
    ChargeRequestResponse,
    ChargingData,
    ChargingHistoryResponse,
    ChargingStatusUpdate,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    StopChargingResponse,
)
from common.routes import Role
from common.telemetry import about
from common.words.errands import PROOF_REFUSED
from common.words.errors import as_told
from driver.errands import refusal
from driver.events import Failed, Output
from driver.trip import Trip

log = logging.getLogger("ev.driver")

_SHUT_OUT = {ErrorCode.AUTH_FAILED, ErrorCode.NOT_AUTHENTICATED, ErrorCode.UNKNOWN_DRIVER}


class Door:
    """The link to Central as the driver sees it: opened, lost, refused. Each change is said once."""

    def __init__(self, trip: Trip, admit: Callable[[], None], *, patient: bool) -> None:
        self._trip = trip
        self._admit = admit
        #: Whether to go on without a link; until that is known, `why` waits for the one sentence of the failure.
        self._patient = patient
        self._away = False
        #: Why there is no link, while there is none.
        self.why = ""

    def note_open(self, peer: str) -> None:
        if self._away:
            log.info("Central at %s answers again.", peer)
        self._away, self.why = False, ""

    def be_patient(self) -> None:
        """There is another way, or there was a link: an outage is worth a line and no more."""
        self._patient = True
        if self.why:
            self._say_away(self.why)

    def admit(self, answer: AuthResponse, now: Moment) -> list[Output]:
        del now
        if not answer.succeeded:
            return [Failed(PROOF_REFUSED(why=refusal(answer)))]
        self._admit()
        return []

    def note_lost(self, lost: ConnectionLost, now: Moment) -> list[Output]:
        del now
        self._say_away(lost.description)
        # What was unanswered may go another way at once.
        return self._trip.repeat()

    def note_failed(self, failed: ConnectionFailed, now: Moment) -> list[Output]:
        del now
        self._say_away(failed.description)
        return []

    def take_error(self, error: ErrorResponse, now: Moment) -> list[Output]:
        outputs = self._trip.take_answer(error, now)
        if outputs:
            return outputs
        log.warning("Central says: %s", as_told(error.error, error.message), extra=about(error))
        return [Failed(refusal(error))] if error.error in _SHUT_OUT else []

    def _say_away(self, description: str) -> None:
        self.why = description
        if self._patient and not self._away:
            log.warning("%s Trying on.", description)
            self._away = True


def wire(trip: Trip, door: Door) -> Dispatcher[Moment, list[Output]]:
    """Every message a driver may receive; handlers are told when it came and give back what to send and show."""
    d: Dispatcher[Moment, list[Output]] = Dispatcher(Role.DRIVER)
    d.on(AvailableCpsResponse, trip.take_answer)
    d.on(ChargeRequestResponse, trip.take_answer)
    d.on(StopChargingResponse, trip.take_answer)
    d.on(ChargingHistoryResponse, trip.take_answer)
    d.on(ChargingData, trip.take_reading)
    d.on(ChargingStatusUpdate, trip.take_status)
    d.on(ChargeCompletion, trip.take_completion)
    d.on(AuthResponse, door.admit)
    d.on(ErrorResponse, door.take_error)
    d.on(ConnectionLost, door.note_lost)
    d.on(ConnectionFailed, door.note_failed)
    d.check()
    return d
