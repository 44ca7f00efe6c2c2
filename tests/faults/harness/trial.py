"""One run: start, load, faults by the schedule, healing, rest, audit; and what landed where."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.errors import CannotStart
from deploy.postgres.server import CannotRun
from tests.faults.audit.checks import audit
from tests.faults.audit.history import History
from tests.faults.audit.reading import read_history
from tests.faults.harness.network import Network
from tests.faults.harness.plan import Plan
from tests.faults.harness.programs import Program, of_run
from tests.faults.harness.schedule import Fault, Kind, Profile, aims
from tests.waiting import until

_RESTS_WITHIN_S = 150.0
_GONE_WITHIN_S = 5.0
_THERE_WITHIN_S = 30.0
_SLOW_S = 0.4
Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    findings: dict[str, list[str]] = field(default_factory=dict)
    landed: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    #: Passing of a failpoint at which a program died.
    places: Counter[str] = field(default_factory=Counter)
    #: Every kill -9, by what was killed: a role, the broker or the database.
    kills: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    tickets: int = 0
    metered_wh: int = 0

    @property
    def is_right(self) -> bool:
        return not any(self.findings.values())

    @property
    def trials(self) -> int:
        return sum(self.landed.values())


class Trial:
    """`tree`: the code that the programs are to be, where it is not this one."""

    def __init__(
        self,
        plan: Plan,
        faults: Sequence[Fault],
        folder: Path,
        say: Say,
        *,
        tree: Path | None = None,
        rests_within_s: float = _RESTS_WITHIN_S,
        network: Network | None = None,
    ) -> None:
        self._rests_within_s = rests_within_s
        self._plan = plan
        self._faults = faults
        self._say = say
        self._network = network or Network(plan, folder, tree)
        self._trace = folder / "failpoints.txt"
        self._chance = random.Random(plan.seed)
        self._locks: dict[str, asyncio.Lock] = {}
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        network = self._network
        try:
            await network.start()
            self._say(f"{len(network.programs)} programs run; the load begins.")
            await network.start_drivers()
            network.drive()
            await (self._aim() if self._plan.profile is Profile.AIMED else self._inject())
            self._say("Everything heals; waiting for rest.")
            await self._healed()
            unrest = await network.rest(self._rests_within_s, self._say)
            await network.write_evidence(unrest)
            history = await asyncio.to_thread(read_history, network.evidence, network.database)
        finally:
            await network.stop()
        self._judge(history, await self._orphans())
        return self.outcome

    def _judge(self, history: History, orphans: list[str]) -> None:
        remains = replace(history.remains, orphans=orphans, ended_alone=self._network.ended_alone())
        history = replace(history, remains=remains)
        self.outcome.findings = audit(history)
        self.outcome.sessions = len(history.booked)
        finished = [row for row in history.booked if row.state == "FINISHED"]
        self.outcome.metered_wh = sum(row.energy_wh for row in finished)
        self.outcome.tickets = len(finished)
        self._read_trace()

    def _read_trace(self) -> None:
        if self._trace.exists():
            self.outcome.places.update(line.split()[0] for line in self._trace.read_text().splitlines())

    async def _orphans(self) -> list[str]:
        with suppress(TimeoutError):
            await until(lambda: not of_run(self._network.mark), _GONE_WITHIN_S)
        return of_run(self._network.mark)

    # -- faults

    async def _inject(self) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as work:
            for fault in self._faults:
                await asyncio.sleep(max(0.0, fault.at - (time.monotonic() - began)))
                self._say(str(fault))
                work.create_task(self._one(fault))
            await asyncio.sleep(max(0.0, 60 * self._plan.minutes - (time.monotonic() - began)))

    async def _aim(self) -> None:
        """Each failpoint, until something died there; programs of different roles at the same time."""
        async with asyncio.TaskGroup() as work:
            for places in aims(self._plan.seed, self._plan.targets).values():
                work.create_task(self._aim_at(places))

    async def _aim_at(self, places: Sequence[Sequence[Fault]]) -> None:
        for attempts in places:
            for fault in attempts:
                self._say(str(fault))
                if await self._one(fault):
                    break

    async def _one(self, fault: Fault) -> bool:
        """Whether it landed."""
        lock = self._locks.setdefault(fault.target, asyncio.Lock())
        async with lock:
            try:
                did_land = await self._break(fault)
            except (CannotRun, OSError, RuntimeError, TimeoutError) as wrong:
                did_land = False
                self._say(f"{fault.kind} of {fault.target} could not be done: {wrong or 'no answer in time'}")
        (self.outcome.landed if did_land else self.outcome.missed)[fault.kind] += 1
        if did_land and fault.kind in (Kind.KILL, Kind.FAILPOINT):
            self.outcome.kills[fault.target.partition("-")[0]] += 1
        return did_land

    async def _break(self, fault: Fault) -> bool:
        match fault.kind:
            case Kind.DUPLICATE | Kind.LATE:
                count = int(fault.detail)
                return self._network.topics.write_again(count, late=fault.kind is Kind.LATE, chance=self._chance) > 0
            case Kind.LIE:
                return self._network.topics.lie(int(fault.detail), self._chance) > 0
            case Kind.FAILPOINT:
                return await self._at_failpoint(fault)
            case Kind.CUT | Kind.SILENCE | Kind.SILENCE_UP | Kind.SILENCE_DOWN | Kind.DELAY | Kind.HALF_FRAME:
                return await self._break_link(fault)
            case _:
                return await self._break_program(fault)

    async def _break_program(self, fault: Fault) -> bool:
        target = self._network.breakable(fault.target)
        if not target.is_running:
            return False
        match fault.kind:
            case Kind.KILL:
                await target.kill()
                await asyncio.sleep(fault.lasts_s / 4)
                await self._start(fault.target)
            case Kind.PAUSE:
                target.signal(signal.SIGSTOP)
                await asyncio.sleep(fault.lasts_s)
                target.signal(signal.SIGCONT)
            case Kind.RESTART:
                await target.stop()
                await self._start(fault.target)
            case Kind.FULL_DISK:
                await target.ready()  # who finds no room at its start rightly does not start
                target.fill_disk()
                await asyncio.sleep(fault.lasts_s)
                target.free_disk()
                # A database that could not even recover has given up.
                if not self._network.breakable(fault.target).is_running:
                    await self._start(fault.target)
            case Kind.CLOCK:
                await target.stop()
                await self._start(fault.target, EV_CLOCK_JUMP=fault.detail)
                _, _, after = fault.detail.partition("@")
                await asyncio.sleep(float(after) + fault.lasts_s)
        return True

    async def _break_link(self, fault: Fault) -> bool:
        proxy, client = self._network.link(fault.target)
        match fault.kind:
            case Kind.CUT:
                proxy.close(client)
            case Kind.SILENCE:
                proxy.silence("up", "down", client=client)
            case Kind.SILENCE_UP:
                proxy.silence("up", client=client)
            case Kind.SILENCE_DOWN:
                proxy.silence("down", client=client)
            case Kind.DELAY:
                proxy.slow(_SLOW_S, client)
            case Kind.HALF_FRAME:
                proxy.halve(client)
                await asyncio.sleep(5)
        await asyncio.sleep(fault.lasts_s)
        proxy.heal(client)
        return True

    async def _at_failpoint(self, fault: Fault) -> bool:
        """Started anew with the failpoint, it dies there by itself; who does not get there in time goes on without it."""
        program = self._network.programs[fault.target]
        if program.is_running:
            await program.stop()
        self._network.archive.look()
        await program.start(EV_FAILPOINT=fault.detail, EV_FAILPOINT_TRACE=str(self._trace))
        # Its patience begins when it is there: a start takes what the machine lets it take.
        with suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(_THERE_WITHIN_S):
                await program.ready()
        with suppress(TimeoutError):
            async with asyncio.timeout(fault.lasts_s):
                await program.gone()
        did_die = not program.is_running and program.status == -signal.SIGKILL
        if not did_die:
            await program.stop()
        await self._start(fault.target)
        return did_die

    async def _start(self, name: str, **env: str) -> None:
        target = self._network.breakable(name)
        self._network.archive.look()  # an Engine rewrites its journal at once
        if name == "broker":
            await self._network.until_broker_is_gone()
        if isinstance(target, Program):
            await target.start(**env)
        else:
            await target.start()

    async def _healed(self) -> None:
        try:
            await self._heal()
        except (CannotRun, RuntimeError, TimeoutError) as wrong:
            raise CannotStart(f"The network could not be healed: {wrong or 'no answer in time'}") from None

    async def _heal(self) -> None:
        for proxy in self._network.proxies.values():
            proxy.heal_all()
        if self._plan.database == "postgres":
            database = self._network.breakable("database")
            database.signal(signal.SIGCONT)
            database.free_disk()
            if not database.is_running:
                await database.start()
        for name, program in self._network.programs.items():
            program.signal(signal.SIGCONT)
            program.free_disk()
            if not program.is_running or program.is_rigged:
                if program.is_running:
                    await program.stop()
                await self._start(name)
        for name, program in self._network.programs.items():
            if not name.startswith("monitor"):  # those are seen at rest
                await program.ready()
