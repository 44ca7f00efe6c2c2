"""How this Monitor is: what its pages for watchers say. What every program has of them stands in common/vitals.py."""

from charging_point.monitor.watch import Watch
from common.clock import Clock
from common.messages import PointStatus
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.net.dialer import Dialer
from common.process import Tasks
from common.vitals import Check


class MonitorVitals:
    """The Subject of a Monitor with one watch."""

    def __init__(
        self, watch: Watch, *, engine: Dialer, central: Dialer, measures: Measures, tasks: Tasks, clock: Clock
    ) -> None:
        self._watch = watch
        self._dialers = {"engine": engine, "central": central}
        self._measures = measures
        self._tasks = tasks
        self._clock = clock

    def trouble(self) -> str | None:
        return self._tasks.trouble

    async def checks(self) -> list[Check]:
        linked, registered = self._watch.engine.linked, self._watch.enrolment.registered
        engine, central = self._dialers["engine"].address, self._dialers["central"].address
        return [
            Check("engine", linked, f"Engine at {engine} is {'linked' if linked else 'away'}"),
            Check(
                "central",
                registered,
                f"{self._watch.cp_id} is {'' if registered else 'not '}registered with Central at {central}",
            ),
        ]

    async def measure(self) -> None:
        watch, measures, now = self._watch, self._measures, self._clock.now().mono
        for peer, dialer in self._dialers.items():
            measures.set(figures.MONITOR_LINK, peer, to=dialer.link is not None)
            measures.set(figures.MONITOR_BACKOFF, peer, to=dialer.waiting_s or 0)
        measures.set(figures.MONITOR_REGISTERED, to=watch.enrolment.registered)
        measures.clear(figures.MONITOR_SILENCE)
        if watch.engine.linked:
            measures.set(figures.MONITOR_SILENCE, "engine", to=now - watch.engine.heard_at)
        if watch.enrolment.registered:
            measures.set(figures.MONITOR_SILENCE, "central", to=now - watch.enrolment.heard_at)
        for status in PointStatus:
            measures.set(figures.MONITOR_STATUS, status, to=status is watch.standing.status)
        measures.set(figures.MONITOR_FAULTS, to=len(watch.standing.condition.facts.faults))
