"""How one Central stands, as `ev-admin stats` and consoles show it: its figures since its start, and the database's."""

from datetime import UTC, datetime

from central import views
from central.context import Context
from central.domain.sessions import State
from central.glance import Glance
from common.errors import StoreUnavailable
from common.metrics import catalogue as figures

#: However many consoles ask, the database is asked this often, and for this share of one reader's time.
_KEPT_S = 1.0
_AT_MOST = 0.005
_WITHIN_S = 5.0


class Standing:
    def __init__(self, context: Context) -> None:
        self._c = context
        # Apart, so that what takes long in a big database does not keep the rest from being new.
        self._current = self._glance(views.current)
        self._today = self._glance(lambda connection: views.today(connection, _midnight(context.wall())))
        self._accumulated = self._glance(views.accumulated)

    def _glance(self, query: views.Query[views.Json]) -> Glance[views.Json]:
        store = self._c.store
        return Glance(lambda: store.read(query), self._c.clock, keep_s=_KEPT_S, within_s=_WITHIN_S, at_most=_AT_MOST)

    def close(self) -> None:
        for glance in (self._current, self._today, self._accumulated):
            glance.close()

    async def figures(self) -> views.Json:
        stored, context = await self._stored(), self._c
        waits = sorted(context.latencies)
        waiting = context.commands.waiting
        return {
            "instance": context.instance,
            "others": context.peers.others,
            "uptime_s": round(context.wall() - context.started_at, 1),
            "kafka": _kafka(context),
            "points_linked": len(context.links.every()),
            "commands_waiting": waiting,
            "requests": {"claimed": stored["sessions"].get(State.CLAIMED, 0), "commands_waiting": waiting},
            "messages_per_second": context.pace.per_second(taken(context), context.clock.now().mono),
            "charge_latency_ms": {"p50": _quantile(waits, 0.5), "p99": _quantile(waits, 0.99), "count": len(waits)},
            "counters": context.measures.counts(),
            **stored,
        }

    async def _stored(self) -> views.Json:
        try:
            current = await self._current.take()
            today = await self._today.take()
            accumulated = await self._accumulated.take()
        except TimeoutError:
            raise StoreUnavailable(f"The database does not answer within {_WITHIN_S:.0f} s.") from None
        sessions = dict(sorted((accumulated["sessions"] | current["sessions"]).items()))
        return {**current, **accumulated, "sessions": sessions, "today": today}


def taken(context: Context) -> float:
    """Messages over TCP and records of Kafka that this Central took since its start, good or bad."""
    counted = (context.measures.values(counter) for counter in (figures.MESSAGES, figures.DEAD_LETTERS))
    return sum(sum(values.values()) for values in counted)


def note_pace(context: Context) -> None:
    context.pace.note(taken(context), context.clock.now().mono)


def _midnight(now: float) -> float:
    return datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _kafka(context: Context) -> views.Json:
    """How the readers stand. The lag is what the group of Centrals shares, of the partitions that are read here."""
    standings = [reader.standing() for reader in context.readers]
    assigned = {str(topic): len(places) for one in standings for topic, places in one.assigned.items()}
    lag = {str(topic): behind for one in standings for topic, behind in one.lag.items()}
    dealt = [one.rebalanced_at for one in standings if one.rebalanced_at is not None]
    return {
        "state": "up" if context.publisher.is_up else "down",
        "assigned": sum(assigned.values()),
        "assigned_by_topic": assigned,
        "lag": sum(lag.values()),
        "lag_by_topic": lag,
        "rebalances": sum(one.rebalances for one in standings),
        "rebalanced_at": max(dealt, default=None),
        "dead_letters": int(sum(context.measures.values(figures.DEAD_LETTERS).values())),
    }


def _quantile(ordered: list[float], share: float) -> float | None:
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else None
