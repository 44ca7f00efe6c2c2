"""How this Engine is: what its pages for watchers say. What every program has of them stands in common/vitals.py."""

from charging_point.engine.journal import Journal
from charging_point.engine.point import Point
from common.kafka.bus import Publisher
from common.messages import PointStatus
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.process import Tasks
from common.vitals import Check, free_bytes


class EngineVitals:
    """The Subject of an Engine."""

    def __init__(
        self, point: Point, journal: Journal, publisher: Publisher | None, *, measures: Measures, tasks: Tasks
    ) -> None:
        self._point = point
        self._journal = journal
        self._publisher = publisher
        self._measures = measures
        self._tasks = tasks

    def trouble(self) -> str | None:
        return self._tasks.trouble

    async def checks(self) -> list[Check]:
        """Kafka is told and not needed: without it readings go through Monitor."""
        point, writable = self._point, self._point.can_account
        return [
            Check("monitor", point.is_linked, "its Monitor is linked" if point.is_linked else "no Monitor is linked"),
            Check("journal", writable, f"{self._journal.path} {'can' if writable else 'cannot'} be written"),
            Check("kafka", self._kafka_is_up, self._of_kafka(), needed=False),
        ]

    @property
    def _kafka_is_up(self) -> bool:
        return self._publisher is not None and self._point.kafka_is_up

    def _of_kafka(self) -> str:
        if self._publisher is None:
            return "there is none; readings go through Monitor"
        return "it takes readings" if self._kafka_is_up else "it does not answer; readings go through Monitor"

    async def measure(self) -> None:
        point, measures = self._point, self._measures
        measures.set(figures.ENGINE_LINKED, to=point.is_linked)
        measures.set(figures.ENGINE_KAFKA_UP, to=self._kafka_is_up)
        for status in PointStatus:
            measures.set(figures.ENGINE_STATUS, status, to=status is point.status)
        measures.set(figures.ENGINE_POWER, to=1000 * point.session.power_kw)
        measures.set(figures.ENGINE_OWED, to=len(point.completions))
        measures.set(figures.ENGINE_JOURNAL_OK, to=point.can_account)
        measures.set(figures.ENGINE_DISK, to=free_bytes(self._journal.path.parent))
