"""How one Central stands, as `ev-admin stats` shows it: its figures since its start, and those of the database."""

from datetime import UTC, datetime

from central import views
from central.context import Context
from common.metrics import catalogue as figures


async def figures_of(context: Context) -> views.Json:
    now = context.wall()
    day = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    totals = await context.store.read(lambda connection: views.totals(connection, day))
    waits = sorted(context.latencies)
    live = {
        "instance": context.instance,
        "others": context.peers.others,
        "uptime_s": round(now - context.started_at, 1),
        "kafka": _kafka(context),
        "points_linked": len(context.links.every()),
        "commands_waiting": context.commands.waiting,
        "charge_latency_ms": {"p50": _quantile(waits, 0.5), "p99": _quantile(waits, 0.99), "count": len(waits)},
        "counters": context.measures.counts(),
    }
    return {**live, **totals}


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
