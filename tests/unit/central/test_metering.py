"""A series of readings does to its session what they do one after the other."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from central.domain.metering import Judged, Reading, StoredReading, meter
from central.domain.sessions import Origin, Session, State
from common.messages import Reason
from common.metering import Metering

NOW = 1000.0
SESSION = Session(
    session_id="S1",
    cp_id="CP1",
    driver_id="D1",
    state=State.CHARGING,
    origin=Origin.SOCKET,
    request_id="r1",
    price_per_kwh=Decimal("0.30"),
    claim_deadline=10.0,
    started_at=5.0,
    energy_wh=2000,
    metered_at=500.0,
)
_SERIES = st.lists(
    st.tuples(
        st.just("CP1"),
        st.just("S1"),
        st.integers(1990, 2010),
        st.sampled_from([7.0, 22.0]),
        st.none() | st.sampled_from([0.0, 499.0, 500.0, 501.0, 502.0, 2000.0]),
    ),
    min_size=1,
    max_size=12,
)


def reading(energy_wh: int, at: float | None = 600.0, rate_kw: float = 22.0) -> Metering:
    return ("CP1", "S1", energy_wh, rate_kw, at)


def one_by_one(session: Session, series: list[Metering]) -> tuple[Judged, list[Reading]]:
    """As the words of the protocol have it, with a session after each."""
    late = repeated = 0
    kept = []
    for one in series:
        if session.state is State.FINISHED or one[2] < session.energy_wh:
            late += 1
        elif not session.is_news(one[2], one[4]):
            repeated += 1
        else:
            session = session.metered(one[2], one[3], one[4])
            kept.append(Reading("S1", min(one[4] or NOW, NOW), one[2], one[3], NOW))
    return Judged(session, late, repeated), kept


def test_the_newest_is_stored_in_the_session_and_all_news_in_the_series() -> None:
    kept: list[StoredReading] = []
    series = [reading(2001), reading(2001), reading(1999), reading(2006, at=2000.0)]
    expected = replace(SESSION, energy_wh=2006, rate_kw=22.0, total_cost=Decimal("0.60"), metered_at=2000.0)
    assert meter(SESSION, series, NOW, kept) == Judged(expected, late=1, repeated=1)
    assert kept == [Reading("S1", 600.0, 2001, 22.0, NOW), Reading("S1", NOW, 2006, 22.0, NOW)]


def test_a_finished_session_takes_nothing_and_is_given_back_as_it_is() -> None:
    kept: list[StoredReading] = []
    finished = replace(SESSION, state=State.FINISHED, reason=Reason.DRIVER_STOP)
    judged = meter(finished, [reading(2001), reading(3000)], NOW, kept)
    assert (judged.session is finished, judged.late, judged.repeated, kept) == (True, 2, 0, [])


def test_readings_without_news_give_the_very_session_back() -> None:
    assert meter(SESSION, [reading(2000, at=500.0)], NOW, []).session is SESSION


@given(st.sampled_from([State.CLAIMED, State.CHARGING, State.FINISHED]), st.none() | st.just(500.0), _SERIES)
def test_together_they_do_what_they_do_one_by_one(
    state: State, metered_at: float | None, series: list[Metering]
) -> None:
    session = replace(SESSION, state=state, metered_at=metered_at)
    kept: list[StoredReading] = []
    assert (meter(session, series, NOW, kept), kept) == one_by_one(session, series)
