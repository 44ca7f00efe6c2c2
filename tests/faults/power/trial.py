"""One run: the whole network under load, its Central and its points on disks of their own, whose power goes; then the same audit as ever."""

import asyncio
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.harness.journals import Archive
from tests.faults.harness.network import Network
from tests.faults.harness.plan import Plan
from tests.faults.harness.trial import Outcome, Say, Trial
from tests.faults.power.cuts import Cut
from tests.faults.power.machine import Machine
from tests.waiting import until

IN_A_CALL, AT_ANY_MOMENT = "power cut at a call on a file", "power cut at any moment"
LOST = "files that lost something by it"
STARTS_AGAIN = "starts_again"
_CENTRAL = "central-1"
_CALL_WITHIN_S = 6.0


class DarkNetwork(Network):
    """Everything that lasts is on a disk of its own machine: Central's, and each point's."""

    def __init__(self, plan: Plan, folder: Path, tree: Path | None = None) -> None:
        made = [Machine(_CENTRAL, folder / "disks" / _CENTRAL, [_CENTRAL])]
        for cp_id in plan.cp_ids:
            programs = [f"engine-{cp_id}", f"monitor-{cp_id}"]
            made.append(Machine(cp_id, folder / "disks" / cp_id, programs, cp_id))
        self.machines = {machine.name: machine for machine in made}
        self._of_program = {machine.programs[0]: machine for machine in made}
        super().__init__(plan, folder, tree)
        self.archive = Archive(folder / "disks", self.evidence / "journals")

    def disk_of(self, program: str) -> Path:
        return self._of_program[program].box

    def env_of(self, program: str) -> dict[str, str]:
        env = self._of_program[program].env
        for name, value in self._env.items():
            env.setdefault(name, value)
        return env

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        # To open what a power cut left would be to mend it, and that is for Central to do.
        if not self.programs[_CENTRAL].is_running or not self.programs[_CENTRAL].said:
            raise sqlite3.OperationalError("Central does not run")
        return super().ask(query)


class PowerTrial(Trial):
    def __init__(
        self,
        plan: Plan,
        cuts: Sequence[Cut],
        folder: Path,
        say: Say,
        *,
        tree: Path | None = None,
        rests_within_s: float = 150.0,
    ) -> None:
        self._dark = DarkNetwork(plan, folder, tree)
        super().__init__(plan, (), folder, say, rests_within_s=rests_within_s, network=self._dark)
        self._cuts = cuts
        self._dice = Random(plan.seed)

    async def run(self) -> Outcome:
        """Raises Unseen when the shim missed something: then nothing is shown."""
        try:
            return await super().run()
        except (RuntimeError, sqlite3.Error, ValueError) as wrong:
            # A database or a journal that is past use, or a program that does not start on it.
            self.outcome.findings = {STARTS_AGAIN: [str(wrong)]}
            return self.outcome

    async def _inject(self) -> None:
        for cut in self._cuts:
            if not cut.is_early:
                await self._until_ready()
            await asyncio.sleep(cut.after_s)
            self._say(str(cut))
            await self._cut(cut)

    async def _until_ready(self) -> None:
        some = [self._dark.programs[machine.programs[0]] for machine in self._dark.machines.values()]
        await asyncio.gather(*(program.ready() for program in some))

    async def _cut(self, cut: Cut) -> None:
        machines = [self._dark.machines[name] for name in cut.machines]
        is_in_call = await self._wait_for_call(machines, cut.calls)
        dead = [self._dark.programs[name] for machine in machines for name in machine.programs]
        for program in dead:
            program.is_armed = True
            program.signal(signal.SIGKILL)
        await asyncio.gather(*(program.gone() for program in dead))
        for machine in machines:
            self.outcome.landed[LOST] += await machine.lose_power(self._dice, self._dark.archive)
        self.outcome.landed[IN_A_CALL if is_in_call else AT_ANY_MOMENT] += 1
        await asyncio.sleep(cut.dark_s)
        for program in dead:
            await program.start()

    async def _wait_for_call(self, machines: list[Machine], calls: int) -> bool:
        """Whether one of them died in the middle of a call; who makes none in this while goes between two."""
        if not calls:
            return False
        for machine in machines:
            for name in machine.programs:
                self._dark.programs[name].is_armed = True
            machine.arm(calls)
        with suppress(TimeoutError):
            await until(lambda: any(machine.has_fired for machine in machines), _CALL_WITHIN_S)
        return any(machine.has_fired for machine in machines)
