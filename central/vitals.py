"""How this Central is: what its pages for watchers say. What every program has of them stands in common/vitals.py."""

from collections.abc import Callable, Sequence
from pathlib import Path

from central import views
from central.admission import Admission
from central.context import Context
from central.glance import Glance
from central.outbox import Outbox
from central.store.engine import NEWEST
from common.errors import StoreUnavailable
from common.kafka.bus import Subscriber
from common.metrics import catalogue as figures
from common.net.address import Address
from common.process import Tasks
from common.vitals import Check, free_bytes

#: The figures of the whole network are asked for no more often than this, however many scrape.
NETWORK_KEPT_S = 5.0
_REVISION_KEPT_S = 1.0
_LOOK_WITHIN_S = 2.0


class CentralVitals:
    """The Subject of a Central. `readers` grows when Kafka is there to be read."""

    def __init__(
        self,
        context: Context,
        outbox: Outbox,
        tasks: Sequence[Tasks],
        readers: Sequence[Subscriber],
        disk: Path | None,
        admission: Admission,
        callers: Callable[[], int],
    ) -> None:
        self._admission = admission
        self._callers = callers
        self._c = context
        self._outbox = outbox
        self._tasks = tasks
        self._readers = readers
        self._disk = disk
        #: Where it listens, while it does.
        self.listening_at: Address | None = None
        store = context.store
        self._revision = Glance(
            lambda: store.read(views.revision), context.clock, keep_s=_REVISION_KEPT_S, within_s=_LOOK_WITHIN_S
        )
        self._network = Glance(
            lambda: store.read(views.network), context.clock, keep_s=NETWORK_KEPT_S, within_s=_LOOK_WITHIN_S
        )

    def close(self) -> None:
        self._revision.close()
        self._network.close()

    def trouble(self) -> str | None:
        if not self._c.store.is_alive:
            return "A thread that writes to the database has ended."
        return next((tasks.trouble for tasks in self._tasks if tasks.trouble), None)

    async def checks(self) -> list[Check]:
        """Kafka is told and not needed: without it Central serves TCP, and keeps for later what must be sent."""
        up = self._c.publisher.is_up and bool(self._readers)
        listening = Check(
            "listening",
            self.listening_at is not None,
            f"on {self.listening_at}" if self.listening_at else "it does not listen",
        )
        kafka = Check(
            "kafka", up, "it answers" if up else "it does not answer; TCP is served, records wait", needed=False
        )
        return [listening, *await self._database(), kafka]

    async def _database(self) -> list[Check]:
        try:
            revision = await self._revision.take()
        except TimeoutError:
            return [Check("database", ok=False, say=f"it does not answer within {_LOOK_WITHIN_S:.0f} s")]
        except StoreUnavailable as wrong:
            return [Check("database", ok=False, say=str(wrong))]
        # A newer schema is that of a Central which is about to replace this one: it bears us, so we go on.
        is_current = revision is not None and revision >= NEWEST
        schema = Check("schema", is_current, f"the database has {revision}, this program {NEWEST}")
        return [Check("database", ok=True, say="it answers"), schema]

    # -- figures

    async def measure(self) -> None:
        measures = self._c.measures
        measures.set(figures.POINTS_LINKED, to=len(self._c.links.every()))
        measures.set(figures.CALLERS, to=self._callers())
        measures.set(figures.LOAD, to=self._admission.wait_s)
        measures.set(figures.OTHERS, to=len(self._c.peers.others))
        measures.set(figures.COMMANDS_WAITING, to=self._c.commands.waiting)
        measures.set(figures.OUTBOX, to=self._outbox.depth)
        measures.set(figures.DATABASE_QUEUE, to=self._c.store.waiting)
        measures.set(figures.KAFKA_UP, to=self._c.publisher.is_up and bool(self._readers))
        measures.set(figures.PUBLISHER_QUEUE, to=self._c.publisher.queued)
        if self._disk is not None:
            measures.set(figures.DATABASE_DISK, str(self._disk), to=free_bytes(self._disk))
        self._measure_reading()
        await self._measure_network()

    def _measure_reading(self) -> None:
        measures = self._c.measures
        for gauge in (figures.LAG, figures.ASSIGNED):
            measures.clear(gauge)
        found = [reader.standing() for reader in self._readers]
        for standing in found:
            for topic, lag in standing.lag.items():
                measures.set(figures.LAG, topic, to=lag)
            for topic, partitions in standing.assigned.items():
                measures.set(figures.ASSIGNED, topic, to=len(partitions))
        measures.set(figures.REBALANCES, to=sum(standing.rebalances for standing in found))

    async def _measure_network(self) -> None:
        measures = self._c.measures
        try:
            found = await self._network.take()
        except (TimeoutError, StoreUnavailable):
            measures.set(figures.DATABASE_UP, to=0)
            # Old figures must not look like new ones.
            for plain in (
                figures.NETWORK_POWER,
                figures.NETWORK_OUTBOX,
                figures.NETWORK_QUARANTINED,
                figures.NETWORK_READ,
            ):
                measures.clear(plain)
            for labelled in (figures.NETWORK_POINTS, figures.NETWORK_SESSIONS):
                measures.clear(labelled)
            return
        measures.set(figures.DATABASE_UP, to=1)
        for status, count in found.points.items():
            measures.set(figures.NETWORK_POINTS, status, to=count)
        for state, count in found.open_sessions.items():
            measures.set(figures.NETWORK_SESSIONS, state, to=count)
        measures.set(figures.NETWORK_POWER, to=1000 * found.power_kw)
        measures.set(figures.NETWORK_OUTBOX, to=found.outbox)
        measures.set(figures.NETWORK_QUARANTINED, to=found.quarantined)
        measures.set(figures.NETWORK_READ, to=self._network.age_s)
