"""The whole network on this machine: what starts after what, what is missing, and how all of it stops."""

import asyncio
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.errors import CannotStart
from common.kafka.embedded import broker_command, free_port
from common.net.address import Address, Servers, parse_address
from common.words import joined
from common.words import up as words
from common.words.kafka import BRING_ONE
from deploy import children, commands, enrolling
from deploy.children import Child
from deploy.settings import UpSettings

#: Starting gives up when nothing new got ready for so long.
PATIENCE_S = 30.0
#: When each of the stages of stopping must be over, counted from its beginning; all of it within 10 s.
_STOPPED_BY_S = {"driver": 1.5, "points": 4.5, "central": 8.0, "broker": 8.5}
#: More programs starting at once would only slow each other down.
_STARTING_AT_ONCE = max(4, 2 * (os.cpu_count() or 1))
_BROKER_ATTEMPTS = 3


class Network:
    """Starts programs and keeps them in view. What ends on its own is told, never started again."""

    def __init__(
        self,
        settings: UpSettings,
        data_dir: Path,
        tell: Callable[[str], None],
        complain: Callable[[str], None] | None = None,
    ) -> None:
        self._settings = settings
        self.logs = data_dir / "logs"
        self._tell = tell
        #: Told of what went wrong.
        self._complain = complain or tell
        self._stages: dict[str, list[Child]] = {stage: [] for stage in _STOPPED_BY_S}
        self._waiting_for: list[Child] = []
        self._ready_count = 0
        #: The first program that ended while all were starting.
        self._broken: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._state = "starting"
        #: Set when a program ended that should not have.
        self.failed = False
        self.central_at = settings.central
        self.kafka_at = settings.kafka
        self._env = commands.kafka_env(settings)
        self.engines: dict[str, str] = {}
        self.pids: dict[str, int] = {}
        #: Where the programs show their figures, by name; empty when they do not.
        self.metrics: dict[str, str] = {}

    async def start(self) -> None:
        """Returns when every point is registered; raises CannotStart that names what is missing."""
        work = asyncio.ensure_future(self._start_all())
        either: set[asyncio.Future[Any]] = {work, self._broken}
        try:
            while True:
                before = self._ready_count
                done, _ = await asyncio.wait(either, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
                if self._broken in done:
                    raise CannotStart(self._why(self._broken.result()))
                if work in done:
                    self._state = "running"
                    return await work
                if self._ready_count == before:
                    raise CannotStart(self._what_is_missing())
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _start_all(self) -> None:
        if self._settings.auth:
            await self._enrol()
        if self.kafka_at is None:
            await self._start_broker()
        self._slots = asyncio.Semaphore(_STARTING_AT_ONCE)
        self._central_is_up = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(self._start_central())
                for cp_id in self._settings.cp_ids:
                    together.create_task(self._start_point(cp_id))
        except* CannotStart as several:
            wrong = several.exceptions[0]
        else:
            return
        raise wrong

    async def _enrol(self) -> None:
        """Everybody, before Central starts; its schema is made by the first who looks for it."""
        if self._settings.central is not None:
            enrolling.check(self._settings)
            return
        command, env = enrolling.command(self._settings), commands.admin_env(self._settings)
        child = await children.start("enroll", command, self.logs, env=env)
        try:
            if await asyncio.shield(child.ended):
                raise CannotStart(words.NOT_ENROLLED(said=child.last_words(), log=child.log))
        finally:
            child.kill()
        self._ready_count += 1

    async def _start_broker(self) -> None:
        settings = self._settings
        for attempt in range(1, _BROKER_ATTEMPTS + 1):
            port = settings.kafka_port or free_port(settings.host)
            command = broker_command(settings.host, port, settings.advertised)
            try:
                child, ready = await self._launch("broker", "broker", command, commands.BROKER_READY)
            except CannotStart as wrong:
                raise CannotStart(joined(wrong, BRING_ONE)) from None
            either: set[asyncio.Future[Any]] = {ready, child.ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                self._watch(child)
                self.kafka_at = Servers([Address(settings.reach_host, port)])
                return
            self._stages["broker"].remove(child)
            # Somebody may have taken the free port in between.
            if settings.kafka_port or attempt == _BROKER_ATTEMPTS:
                where, how = Address(settings.host, port), child.how_it_ended()
                told = words.BROKER_DOES_NOT_START(address=where, how=how, log=child.log)
                raise CannotStart(joined(told, BRING_ONE))

    async def _start_central(self) -> None:
        if self.central_at is None:
            assert self.kafka_at is not None
            told = await self._ready(
                "central",
                "central",
                commands.central(self._settings, self.kafka_at),
                commands.CENTRAL_READY,
                env=commands.central_env(self._settings),
            )
            self.central_at = Address(self._settings.reach_host, parse_address(told["address"]).port)
        self._central_is_up.set()
        if self._settings.driver and not self._settings.once:
            await self._start_driver()

    async def _start_driver(self) -> None:
        assert self.central_at is not None
        assert self.kafka_at is not None
        command = commands.driver(self._settings, self.central_at, self.kafka_at, "listen")
        await self._ready("driver", "driver", command, commands.driver_ready(self._settings.driver_id))

    async def _start_point(self, cp_id: str) -> None:
        assert self.kafka_at is not None
        async with self._slots:
            engine = commands.engine(self._settings, cp_id, self.kafka_at)
            told = await self._ready("points", f"{cp_id}-engine", engine, commands.ENGINE_READY)
            self.engines[cp_id] = told["address"]
        await self._central_is_up.wait()
        assert self.central_at is not None
        async with self._slots:
            monitor = commands.monitor(self._settings, cp_id, self.central_at, told["address"])
            await self._ready("points", f"{cp_id}-monitor", monitor, commands.monitor_ready(cp_id))

    async def _launch(
        self, stage: str, name: str, command: Sequence[str], pattern: str, env: Mapping[str, str] | None = None
    ) -> tuple[Child, asyncio.Future[re.Match[str]]]:
        """Start a program; the future is done when it says that it is ready."""
        ready: asyncio.Future[re.Match[str]] = asyncio.get_running_loop().create_future()

        def hear(line: str) -> None:
            shown = re.fullmatch(commands.METRICS, line)
            if shown:
                self.metrics[name] = shown["address"]
            found = re.fullmatch(pattern, line)
            if found and not ready.done():
                self._ready_count += 1
                ready.set_result(found)

        child = await children.start(name, command, self.logs, on_line=hear, env={**self._env, **(env or {})})
        self._stages[stage].append(child)
        self.pids[name] = child.pid
        return child, ready

    async def _ready(
        self, stage: str, name: str, command: Sequence[str], pattern: str, env: Mapping[str, str] | None = None
    ) -> re.Match[str]:
        """Start a program, keep it in view, and wait until it says that it is ready."""
        child, ready = await self._launch(stage, name, command, pattern, env)
        self._watch(child)
        self._waiting_for.append(child)
        told = await ready
        self._waiting_for.remove(child)
        return told

    def _watch(self, child: Child) -> None:
        child.ended.add_done_callback(lambda _: self._note_end(child))

    def _note_end(self, child: Child) -> None:
        if self._state == "stopping":
            return
        self.failed = True
        if self._state == "running":
            self._complain(joined(self._why(child), words.THE_REST_GOES_ON))
        elif not self._broken.done():
            self._broken.set_result(child)

    def _why(self, child: Child) -> str:
        said = child.last_words()
        if child.name == "central":
            said = said.replace("--port", "--central-port")
        return words.WHY(name=child.title, how=child.how_it_ended(), said=said, log=child.log)

    def _what_is_missing(self) -> str:
        missing = [
            words.MISSING_ONE(name=child.title, said=child.last_words(2), log=child.log) for child in self._waiting_for
        ]
        return words.MISSING(seconds=PATIENCE_S, names=", ".join(missing))

    async def stop(self) -> None:
        """Stop all in good order; what does not stop in time is killed, and so is all when we are cancelled."""
        self._state = "stopping"
        began = asyncio.get_running_loop().time()
        try:
            for stage, by in _STOPPED_BY_S.items():
                await self._stop_stage(self._stages[stage], began + by)
        finally:
            for child in self.everyone():
                child.kill()
            await asyncio.gather(*(child.ended for child in self.everyone()), return_exceptions=True)

    async def _stop_stage(self, stage: list[Child], deadline: float) -> None:
        running = [child for child in stage if not child.ended.done()]
        for child in running:
            child.end()
        if running:
            patience = max(0.1, deadline - asyncio.get_running_loop().time())
            await asyncio.wait({child.ended for child in running}, timeout=patience)
        for child in running:
            if not child.ended.done():
                self._complain(words.WAS_KILLED(name=child.title))
                child.kill()

    @property
    def is_running(self) -> bool:
        """Whether everything was ready once, and is not being stopped."""
        return self._state == "running"

    def everyone(self) -> list[Child]:
        return [child for stage in self._stages.values() for child in stage]
