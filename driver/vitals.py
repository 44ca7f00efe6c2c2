"""How this driver is: what its pages for watchers say. What every program has of them stands in common/vitals.py."""

from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.process import Tasks
from common.vitals import Check
from driver.figures import Tally
from driver.post import Post
from driver.trip import Trip


class DriverVitals:
    """The Subject of a driver that stays for a while."""

    def __init__(self, trip: Trip, post: Post, tally: Tally, *, measures: Measures, tasks: Tasks) -> None:
        self._trip = trip
        self._post = post
        self._tally = tally
        self._measures = measures
        self._tasks = tasks

    def trouble(self) -> str | None:
        return self._tasks.trouble

    async def checks(self) -> list[Check]:
        """One way for requests is enough."""
        socket, kafka = self._post.socket_is_open, self._kafka_is_open
        linked = socket or (kafka and self._post.kafka_takes_requests)
        return [
            Check("central", linked, "requests reach Central" if linked else "there is no way to Central now"),
            Check("socket", socket, "the link is open" if socket else "there is no link", needed=False),
            Check("kafka", kafka, "news is heard" if kafka else "no news is heard", needed=False),
        ]

    @property
    def _kafka_is_open(self) -> bool:
        return self._post.kafka is not None and self._post.kafka.started.is_set()

    async def measure(self) -> None:
        measures = self._measures
        measures.set(figures.DRIVER_LINK, "socket", to=self._post.socket_is_open)
        measures.set(figures.DRIVER_LINK, "kafka", to=self._kafka_is_open)
        measures.set(figures.DRIVER_WAITING, to=self._tally.waiting)
        measures.set(figures.DRIVER_CHARGES, to=self._trip.ride is not None)
