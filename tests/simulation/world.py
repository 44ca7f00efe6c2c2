"""The whole network of one simulation: what is in it, what can be broken, and whether it has come to rest."""

import asyncio
import contextvars
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from common import failpoints
from common.failpoints import Place
from tests.faults.harness.schedule import Fault, Kind, Targets
from tests.simulation.access import Access
from tests.simulation.books import Database
from tests.simulation.loop import Crashed, Process, VirtualLoop, current
from tests.simulation.programs import (
    CentralProgram,
    DriverProgram,
    EngineProgram,
    MonitorProgram,
    OperatorProgram,
    Program,
)
from tests.simulation.scale import Scale
from tests.simulation.topics import Broker
from tests.simulation.wire import Network

_START_AGAIN_S = 1.0
#: What was told to stop must have stopped by then; and who waits for an end sees it so long after.
_STOPS_WITHIN_S, _SEEN_AFTER_S = 12.0, 0.05
#: How often it is looked whether the network rests.
_LOOK_S = 0.3
_PLACES = {str(place): place for place in Place}
_WAITING = {
    "open sessions": "SELECT count(*) FROM sessions WHERE state IN ('CLAIMED', 'CHARGING')",
    "rows in the outbox": "SELECT count(*) FROM outbox",
    "stops without an answer": "SELECT count(*) FROM stops",
}


class World:
    def __init__(
        self, scale: Scale, loop: VirtualLoop, database: Database, folder: Path, tell: Callable[[str], None] | None
    ) -> None:
        self.scale = scale
        self.seed = scale.seed
        self.loop = loop
        self.database = database
        self.folder = folder
        self._tell = tell
        self._hash = hashlib.blake2b(digest_size=16)
        context = contextvars.copy_context()
        self.network = Network(loop, scale.seed, context, self._note_sent, self._note_taken)
        self.broker = Broker(loop, scale.seed, context, self._note_sent)
        self.access = Access(folder, required=scale.auth)
        self.access.enrol(database, scale.cp_ids, sorted({*scale.drivers, *scale.cards}))
        #: Nobody begins anything any more.
        self.enough = asyncio.Event()
        self.is_over = False
        self.cp_ids = scale.cp_ids
        self.centrals = [CentralProgram(name, self) for name in scale.centrals if name]
        self.network.balanced["central"] = list(scale.centrals)
        self.engines = {cp_id: EngineProgram(f"engine-{cp_id}", self) for cp_id in scale.cp_ids}
        self.monitors = {cp_id: MonitorProgram(cp_id, self) for cp_id in scale.cp_ids}
        self.drivers = [DriverProgram(one, way, self) for one, way in scale.drivers.items()]
        self.operator = OperatorProgram(self)
        self.programs: dict[str, Program] = {
            one.name: one for one in (*self.centrals, *self.engines.values(), *self.monitors.values(), *self.drivers)
        }
        #: Failures that no check of the auditor is about.
        self.escaped: list[str] = []
        self.landed: Counter[str] = Counter()
        #: What each driver's connections brought and when, line by line; and the lines that are not whole yet.
        self.lines: dict[str, list[tuple[float, bytes]]] = defaultdict(list)
        #: What each driver's program sent over its connections.
        self.asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._rests: dict[tuple[str, str], bytes] = {}
        self._armed: dict[str, tuple[Place, int]] = {}

    # -- what is written down

    def say(self, words: str) -> None:
        self._hash.update(words.encode())
        if self._tell is not None:
            self._tell(f"{self.loop.time() - 1000:10.4f}  {words}")

    def _note_sent(self, sender: str, receiver: str, data: bytes) -> None:
        self._hash.update(b"%f %b>%b " % (self.loop.time(), sender.encode(), receiver.encode()))
        self._hash.update(data)
        if sender.startswith("driver"):
            self.asked[sender] += [json.loads(line) for line in data.splitlines()]
        if self._tell is not None:
            way = f"{sender} > {receiver}" if sender else f"[{receiver}]"
            self._tell(f"{self.loop.time() - 1000:10.4f}  {way:<34} {data.decode(errors='replace').strip()}")

    def _note_taken(self, link: str, who: str, data: bytes) -> None:
        """What a driver's connection brought."""
        if who.startswith("driver"):
            *whole, rest = (self._rests.get((link, who), b"") + data).split(b"\n")
            self.lines[who] += [(self.loop.time(), line) for line in whole]
            self._rests[link, who] = rest

    @property
    def trace(self) -> str:
        return self._hash.hexdigest()

    # -- processes

    def spawn(self, process: Process, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work, context=process.context.copy())
        task.add_done_callback(lambda task: self._ended(process, task), context=self.network.context)

    def _ended(self, process: Process, task: asyncio.Task[None]) -> None:
        wrong = None if task.cancelled() else task.exception()
        if wrong is not None and not isinstance(wrong, Crashed):
            self.escaped.append(f"{process.name} ended: {wrong!r}")
            process.end()

    def start_later(self, program: Program) -> None:
        """As whoever runs a program does when it has ended by itself."""
        self.loop.call_later(_START_AGAIN_S, self._start_again, program, context=self.network.context)

    def _start_again(self, program: Program) -> None:
        if not program.is_running and not self.is_over:
            program.start()

    def watch_leaks(self, process: Process) -> None:
        """What has ended in good order has no task and no timer left."""
        left = [task for task in process.tasks if task is not asyncio.current_task()]
        self.escaped += [f"{process.name} ended and left the task {task!r}" for task in left]
        self.escaped += [f"{process.name} ended and left the timer {timer}" for timer in self.loop.timers_of(process)]

    async def start(self) -> None:
        failpoints.watch(self._pass)
        for program in (*self.programs.values(), self.operator):
            program.start()
            await asyncio.sleep(0.05)

    # -- what can be broken

    @property
    def targets(self) -> Targets:
        monitors = [f"monitor-{cp_id}>{other}" for cp_id in self.cp_ids for other in ("central", f"engine-{cp_id}")]
        drivers = [f"{driver.name}>central" for driver in self.drivers]
        engines = [engine.name for engine in self.engines.values()]
        return Targets(
            programs=[*self.programs, "broker", "database"],
            links=[*monitors, *drivers],
            disks=["central-1", *engines],
            clocks=[*(central.name for central in self.centrals), *engines, *(m.name for m in self.monitors.values())],
            without_kafka=[engine.name for engine in self.engines.values() if not engine.has_kafka],
        )

    def _pass(self, place: Place) -> None:
        """A program passes a failpoint: here it may end."""
        process = current()
        if process is None or process.name not in self._armed:
            return
        armed, left = self._armed[process.name]
        if armed is not place:
            return
        self._armed[process.name] = (place, left - 1)
        if left == 1:
            del self._armed[process.name]
            self.landed[f"killed at {place}"] += 1
            self.say(f"{process.name} is killed at {place}: {place.sentence}")
            process.end()
            raise Crashed

    async def break_(self, fault: Fault) -> None:
        self.say(str(fault))
        match fault.kind:
            case Kind.KILL | Kind.PAUSE | Kind.RESTART if fault.target in ("broker", "database"):
                await self._lose_server(fault)
            case Kind.KILL | Kind.PAUSE | Kind.RESTART | Kind.FAILPOINT:
                await self._break_program(self.programs[fault.target], fault)
            case Kind.DUPLICATE | Kind.LATE:
                self.broker.write_again(int(fault.detail), late=fault.kind is Kind.LATE)
            case Kind.LIE:
                self.broker.lie(int(fault.detail), self.cp_ids, partial(self.access.sign, "point"))
            case Kind.FULL_DISK:
                await self._fill_disk(fault)
            case Kind.CLOCK:
                await self._jump(self.programs[fault.target].process, float(fault.detail.partition("@")[0]), fault)
            case _:
                await self._break_link(fault)
        if fault.kind is not Kind.FAILPOINT:
            self.landed[fault.kind] += 1

    async def _break_program(self, program: Program, fault: Fault) -> None:
        process = program.process
        match fault.kind:
            case Kind.KILL:
                program.kill()
                await asyncio.sleep(fault.lasts_s)
            case Kind.RESTART:
                program.stop()
            case Kind.PAUSE:
                self._pause(process)
                await asyncio.sleep(fault.lasts_s)
                process.resume()
                return
            case _:
                place, _, passing = fault.detail.partition("=")
                self._armed[program.name] = (_PLACES[place], int(passing))
                await self._ends(process, fault.lasts_s)
                self._armed.pop(program.name, None)
        if fault.kind is Kind.RESTART and not await self._ends(process, _STOPS_WITHIN_S):
            self.escaped.append(f"{program.name} was told to stop and went on for 12 s")
            program.kill()
        if not program.is_running:
            program.start()

    def _pause(self, process: Process) -> None:
        process.pause()
        self.broker.stand_still(process)

    async def _ends(self, process: Process, within_s: float) -> bool:
        """Wait until it has ended, which whoever runs it sees a little later; whether it has."""
        if process.is_alive:
            over = asyncio.Event()
            process.on_end.append(over.set)
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await over.wait()
                await asyncio.sleep(_SEEN_AFTER_S)
        return not process.is_alive

    async def _lose_server(self, fault: Fault) -> None:
        if fault.target == "broker":
            self.broker.is_up = False
            await asyncio.sleep(fault.lasts_s)
            self.broker.come_back()
            return
        # A database that dies may have committed what nobody heard of.
        self.database.loses_answers = 1.0 if fault.kind is Kind.KILL else 0.0
        await asyncio.sleep(0.02)
        self.database.loses_answers, self.database.is_away = 0.0, True
        await asyncio.sleep(fault.lasts_s)
        self.database.is_away = False

    async def _fill_disk(self, fault: Fault) -> None:
        program = self.programs[fault.target]
        if not isinstance(program, EngineProgram):
            await self._lose_server(fault)
        elif program.journal is not None:
            journal = program.journal
            journal.is_full = True
            await asyncio.sleep(fault.lasts_s)
            journal.is_full = False

    async def _jump(self, process: Process, seconds: float, fault: Fault) -> None:
        process.clock_is_ahead_s += seconds
        await asyncio.sleep(fault.lasts_s)
        process.clock_is_ahead_s -= seconds

    async def _break_link(self, fault: Fault) -> None:
        route = self.network.route(fault.target)
        match fault.kind:
            case Kind.CUT | Kind.HALF_FRAME:
                route.is_closed = fault.kind is Kind.CUT
                self.network.cut(fault.target, in_a_frame=fault.kind is Kind.HALF_FRAME)
            case Kind.SILENCE:
                route.silent_up = route.silent_down = True
            case Kind.SILENCE_UP:
                route.silent_up = True
            case Kind.SILENCE_DOWN:
                route.silent_down = True
            case Kind.DELAY:
                route.is_slow = True
        await asyncio.sleep(fault.lasts_s)
        self.network.heal(fault.target)

    # -- the end

    async def rest(self, within_s: float) -> str:
        """Wait for quiet; why it did not come, or nothing."""
        self.enough.set()
        until = self.loop.time() + within_s
        while (reason := self._unrest()) and self.loop.time() < until:  # noqa: ASYNC110 - as above
            await asyncio.sleep(_LOOK_S)
        return reason

    def _unrest(self) -> str:
        away = [name for name, program in self.programs.items() if not program.is_running]
        if away:
            return f"{away[0]} does not run"
        if not self.operator.is_done:
            return "the operator is not done"
        for driver in self.drivers:
            if not driver.is_content:
                return f"{driver.name} is not content"
        return self._journals_owe() or self._records_wait() or self._rows_wait() or self._points_differ()

    def _journals_owe(self) -> str:
        for cp_id, engine in self.engines.items():
            ledger = engine.journal.ledger if engine.journal else None
            if ledger is None or ledger.open is not None or ledger.owed:
                return f"the journal of {cp_id} owes something"
        return ""

    def _rows_wait(self) -> str:
        for what, query in _WAITING.items():
            if count := self.database.rows(query)[0][0]:
                return f"there are {count} {what}"
        return ""

    def _points_differ(self) -> str:
        booked = {row[0]: row[1] for row in self.database.rows("SELECT cp_id, status FROM points")}
        for cp_id, monitor in self.monitors.items():
            if not monitor.state or booked.get(cp_id) != monitor.state:
                return f"{cp_id} is {booked.get(cp_id)}, at its Monitor {monitor.state or 'not linked'}"
        return ""

    def _records_wait(self) -> str:
        behind = {topic: count for topic, count in self.broker.lag().items() if count}
        return f"records are not read: {behind}" if behind else ""

    async def stop(self) -> None:
        """All end in good order, which must leave nothing behind."""
        self.is_over = True
        for program in (self.operator, *self.drivers, *self.monitors.values(), *self.engines.values(), *self.centrals):
            if program.is_running:
                program.stop()
                if not await self._ends(program.process, _STOPS_WITHIN_S):
                    self.escaped.append(f"{program.name} was told to stop at the end and went on for 12 s")
                    program.kill()
