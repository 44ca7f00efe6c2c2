"""What energy a session can have at most: power times time, with a wide margin. Beyond it somebody lies or is broken."""

from central.domain.sessions import Session

#: Chargers give a little more than they say, and meters differ.
_MARGIN = 1.25
#: Clocks jump, and a charge may begin before its start is known here.
_SLACK_S = 3600.0
#: An amount beyond this has no place in a message (Money in common/messages/fields.py).
_MOST_MONEY = 1_000_000_000


def most_wh(session: Session, power_kw: float, now: float, time_scale: float) -> float:
    """The bound for a session at a point of this power. A session never began before its claim."""
    since = min(session.started_at, session.claim_deadline)
    hours = (max(0.0, now - since) + _SLACK_S) / 3600.0
    possible = 1000.0 * power_kw * hours * _MARGIN * time_scale
    price = float(session.price_per_kwh)
    return min(possible, 1000.0 * _MOST_MONEY / price) if price else possible
