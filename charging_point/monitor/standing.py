"""
How the point stands, and what Central must hear of it: faults, sessions, service. Pure.

A change is told as it happens while the point is registered, and never queued: after each registration the true state
is told instead.
"""

from collections.abc import Callable

from charging_point.monitor.condition import Condition, Fault, Source
from charging_point.monitor.effects import Effects, Note, ToCentral
from charging_point.monitor.past_faults import PastFaults
from common.clock import Moment
from common.errors import IllegalTransition
from common.ids import Ids
from common.messages import FaultNotification, PointStatus, RecoveryNotification, StatusUpdate


class Standing:
    def __init__(self, cp_id: str, *, ids: Ids) -> None:
        self._cp_id = cp_id
        self._ids = ids
        self.condition = Condition()
        #: The session that Engine was last heard of with; None between sessions.
        self.session_id: str | None = None
        #: When that was (Unix time).
        self.session_since: float | None = None
        self.past_faults = PastFaults()
        #: The status that Central was told last on this registration.
        self._told: tuple[PointStatus, str | None] | None = None

    @property
    def status(self) -> PointStatus:
        return self.condition.status

    @property
    def out_of_service(self) -> bool:
        return self.condition.facts.out_of_service

    @property
    def charging(self) -> bool:
        return self.condition.facts.charging

    def fault_of(self, source: Source) -> Fault | None:
        return self.condition.facts.faults.get(source)

    def register(self, out_of_service: bool | None, now: Moment) -> Effects:
        """Central accepted the point: it hears the whole truth."""
        self._told = None
        effects = self._step(lambda: self.condition.register(out_of_service), now)
        faults = self.condition.facts.faults.values()
        return effects + [ToCentral(self._notification(fault, now)) for fault in faults]

    def lose_link(self, now: Moment) -> Effects:
        return self._step(self.condition.lose_link, now) if self.condition.facts.registered else []

    def start(self, session_id: str | None, now: Moment) -> Effects:
        """Engine charges, in this session where it is known which."""
        if not self.charging or session_id not in (None, self.session_id):
            self.session_since = now.wall
        self.session_id = session_id or self.session_id
        return [] if self.charging else self._step(self.condition.start, now)

    def complete(self, now: Moment) -> Effects:
        self.session_id = self.session_since = None
        return self._step(self.condition.complete, now) if self.charging else []

    def stop(self, now: Moment) -> Effects:
        return [] if self.out_of_service else self._step(self.condition.stop, now)

    def resume(self, now: Moment) -> Effects:
        return self._step(self.condition.resume, now) if self.out_of_service else []

    def fault(self, source: Source, fault: Fault, now: Moment, heard: FaultNotification | None = None) -> Effects:
        """A fault began; `heard` is passed on as it came where somebody else has put it into words."""
        if self.fault_of(source) == fault:
            return []
        message = heard or self._notification(fault, now)
        effects = self._step(lambda: self.condition.fault(source, fault), now, message)
        if self.fault_of(source) == fault:
            self.past_faults.begin(source, fault, now.wall)
        return effects

    def recover(self, source: Source, now: Moment, heard: RecoveryNotification | None = None) -> Effects:
        """A fault ended; Central hears of it when it was the last one."""
        if self.fault_of(source) is None:
            return []
        message = heard or RecoveryNotification(message_id=self._ids(), timestamp=now.wall, cp_id=self._cp_id)
        is_last = len(self.condition.facts.faults) == 1
        effects = self._step(lambda: self.condition.recover(source), now, message if is_last else None)
        if self.fault_of(source) is None:
            self.past_faults.end(source, now.wall)
        return effects

    def _step(
        self, step: Callable[[], None], now: Moment, message: FaultNotification | RecoveryNotification | None = None
    ) -> Effects:
        """Take a step; then tell Central in words what happened, and in one status what is so now."""
        try:
            step()
        except IllegalTransition as wrong:
            return [Note(str(wrong), grave=True)]
        if not self.condition.facts.registered:
            return []
        return ([ToCentral(message)] if message else []) + self._tell_status(now)

    def _tell_status(self, now: Moment) -> Effects:
        told = (self.status, self.condition.detail)
        if told == self._told:
            return []
        self._told = told
        status, detail = told
        update = StatusUpdate(
            message_id=self._ids(), timestamp=now.wall, cp_id=self._cp_id, status=status, detail=detail
        )
        return [ToCentral(update)]

    def _notification(self, fault: Fault, now: Moment) -> FaultNotification:
        return FaultNotification(
            message_id=self._ids(),
            timestamp=now.wall,
            cp_id=self._cp_id,
            fault_type=fault.fault_type,
            description=fault.description,
        )
