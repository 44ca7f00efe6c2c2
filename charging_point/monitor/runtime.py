"""What the watch asks for, done: two links, one timer, the log. No rule of the watch is decided here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from charging_point.monitor import lines
from charging_point.monitor.effects import (
    CloseCentral,
    CloseEngine,
    Effect,
    Effects,
    Note,
    OpenCentral,
    Registered,
    ToCentral,
    ToEngine,
)
from charging_point.monitor.handlers import Arrival, Side, wire
from charging_point.monitor.vitals import MonitorVitals
from charging_point.monitor.watch import Watch
from common import failpoints
from common.clock import Clock, Moment
from common.errors import BadMessage, TransportLost
from common.failpoints import Place
from common.ids import Ids
from common.messages import ChargeCompletion, ChargeCompletionAck, ConnectionFailed, ConnectionLost, Message
from common.metrics import catalogue as figures
from common.metrics.measures import Measures
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.link import Link
from common.net.tls import Tls
from common.process import Tasks
from common.registry import over_tcp
from common.routes import Role
from common.telemetry import about
from common.tracing import Spans

log = logging.getLogger("ev.monitor")

#: A timer that fires a hair early must not spin.
_SHORTEST_SLEEP_S = 0.001


class Runtime:
    """One Monitor at work: `run` starts it, and it lives until the tasks are cancelled."""

    def __init__(
        self,
        watch: Watch,
        *,
        engine: Address,
        central: Address,
        say: Callable[[str], None],
        tasks: Tasks,
        clock: Clock,
        ids: Ids,
        rng: Callable[[], float],
        frame_limit: int,
        measures: Measures,
        central_tls: Tls | None = None,
        engine_tls: Tls | None = None,
    ) -> None:
        self._measures = measures
        self._spans = Spans()
        self._watch = watch
        self._dispatcher = wire()
        self._say = say
        self._tasks = tasks
        self._clock = clock
        #: Told of whatever happens, for a panel.
        self.touch: Callable[[], None] = lambda: None
        #: Something happened, so the next tick may be due at another time.
        self._stirred = asyncio.Event()

        def dialer(
            address: Address, side: Side, role: Role, on_up: Callable[[Moment], Effects], tls: Tls | None
        ) -> Dialer:
            return Dialer(
                address,
                over_tcp(role, Role.MONITOR),
                on_link=self._serving(side, on_up),
                on_event=lambda event: self._hear(event, side),
                clock=clock,
                ids=ids,
                backoff=Backoff(rng),
                limit=frame_limit,
                on_bad=self._note_bad_frame,
                tls=tls,
            )

        self.engine = dialer(engine, Side.ENGINE, Role.ENGINE, watch.engine_up, engine_tls)
        self.central = dialer(central, Side.CENTRAL, Role.CENTRAL, watch.central_up, central_tls)
        self.vitals = MonitorVitals(
            watch, engine=self.engine, central=self.central, measures=measures, tasks=tasks, clock=clock
        )

    def run(self) -> None:
        self._watch.start(self._clock.now())
        self._tasks.start("timer", self._tick_forever())
        self._tasks.start("link to Engine", self.engine.run())

    def obey(self, line: str) -> str:
        """An operator's order and its one line of answer."""
        answer, effects = lines.obey(line, self._watch, self._clock.now())
        self._do(effects)
        return answer

    def _serving(self, side: Side, on_up: Callable[[Moment], Effects]) -> Callable[[Link], Awaitable[None]]:
        async def serve(link: Link) -> None:
            self._do(on_up(self._clock.now()))
            async for message in link:
                self._spans.began(message, link.traceparent)
                self._hear(message, side)

        return serve

    def _hear(self, message: Message, side: Side) -> None:
        log.debug("Received %s.", message.type, extra=about(message))
        self._count(message, side)
        self._do(self._dispatcher.dispatch(message, Arrival(self._watch, side, self._clock.now())))

    def _count(self, message: Message, side: Side) -> None:
        peer = side.name.lower()
        if isinstance(message, ConnectionLost):
            self._measures.add(figures.MONITOR_LOST, peer)
        elif isinstance(message, ConnectionFailed):
            self._measures.add(figures.MONITOR_FAILED, peer)
        else:
            self._measures.add(figures.MONITOR_RECEIVED, peer, message.type)

    def _note_bad_frame(self, bad: BadMessage) -> None:
        self._measures.add(figures.MONITOR_BAD_FRAMES, bad.code)
        log.warning("Refused what arrived (%s): %s", bad.code, bad.sentence)

    async def _tick_forever(self) -> None:
        """Sleep until the watch wants a tick; an idle point costs nothing between."""
        while True:
            due = self._watch.due()
            wait_s = None if due is None else max(_SHORTEST_SLEEP_S, due - self._clock.now().mono)
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._stirred.wait()
            # Unconditional: a tick that is not due does nothing.
            self._do(self._watch.tick(self._clock.now()), stirs=False)

    # -- effects

    def _do(self, effects: Effects, *, stirs: bool = True) -> None:
        for effect in effects:
            self._do_one(effect)
        if stirs:
            self._stirred.set()
        self.touch()

    def _do_one(self, effect: Effect) -> None:
        match effect:
            case ToEngine(message):
                if isinstance(message, ChargeCompletionAck):
                    failpoints.reached(Place.PASSING_DOWN)
                self._send("engine", self.engine.link, message)
            case ToCentral(message):
                if isinstance(message, ChargeCompletion):
                    failpoints.reached(Place.PASSING_UP)
                self._send("central", self.central.link, message)
            case OpenCentral():
                self._tasks.start("link to Central", self.central.run())
            case CloseEngine():
                _close(self.engine.link)
            case CloseCentral():
                self.central.hold_off(effect.after_s)
                _close(self.central.link)
            case Registered():
                log.info("Central at %s accepts the point.", self.central.address, extra=self._story())
                self._say(f"ev-monitor {self._watch.cp_id} registered with {self.central.address}")
            case Note():
                level = logging.WARNING if effect.grave else logging.INFO
                log.log(level, "%s", effect.words, extra=self._story() | about(effect.about))

    def _send(self, peer: str, link: Link | None, message: Message) -> None:
        """What cannot be sent needs no second try: the loss of the link is told next, and the truth after it is back."""
        if link is not None:
            with suppress(TransportLost), self._spans.carrying(message):
                link.send(message)
                self._measures.add(figures.MONITOR_SENT, peer, message.type)
        self._spans.answered(message)

    def _story(self) -> dict[str, str]:
        return about(cp_id=self._watch.cp_id)


def _close(link: Link | None) -> None:
    if link is not None:
        link.close_soon()
