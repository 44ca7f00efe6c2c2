"""What a series of readings changes of its session, and which of them are worth keeping. Pure, and quick: it is the hot path."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from central.domain.sessions import Session, State
from common.metering import ENERGY_WH, Metering

#: A reading as the database takes it; see Reading for what each is. A plain tuple, as there are so many.
StoredReading: TypeAlias = tuple[str, float, int, float, float]


class Reading(NamedTuple):
    """One reading as it is stored. `at` is the point's own time, as far as it makes sense; `stored_at` is Central's."""

    session_id: str
    at: float
    energy_wh: int
    rate_kw: float
    stored_at: float


@dataclass(frozen=True, slots=True)
class Judged:
    """The session after its readings, and how many of them came to nothing."""

    session: Session
    late: int
    repeated: int


def meter(session: Session, series: Sequence[Metering], now: float, kept: list[StoredReading]) -> Judged:
    """
    Take readings in the order in which they came; what is news goes to `kept`. A refused session has none.

    The same as `Session.metered` for one after the other, without a session in between: only the newest is stored there.
    """
    if session.state is State.FINISHED:
        return Judged(session, len(series), 0)
    session_id, energy, at = session.session_id, session.energy_wh, session.metered_at
    # A claim that is not yet accepted takes any reading: it shows that Engine charges.
    is_claimed = session.state is State.CLAIMED
    newest: Metering | None = None
    late = repeated = 0
    for reading in series:
        _, _, energy_wh, rate_kw, when = reading
        if energy_wh < energy:
            late += 1
        elif energy_wh > energy or is_claimed or (when is not None and (at is None or when > at)):
            newest, energy, at, is_claimed = reading, energy_wh, when, False
            kept.append((session_id, when if when and when < now else now, energy_wh, rate_kw, now))
        else:
            repeated += 1
    if newest is not None:
        session = session.metered(*newest[ENERGY_WH:])
    return Judged(session, late, repeated)
