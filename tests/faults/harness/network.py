"""The whole network of a run: which programs, servers and links it has, how they start, and whether they have come to rest."""

import asyncio
import json
import os
import random
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from common.clock import SystemClock
from common.errors import CannotStart
from common.net.address import Address
from deploy.postgres.server import CannotRun
from tests.cluster.balancer import Balancer
from tests.faults.audit.history import Entry
from tests.faults.audit.reading import journal
from tests.faults.harness.access import Access
from tests.faults.harness.apps import App
from tests.faults.harness.journals import Archive
from tests.faults.harness.links import Proxy, kafka_client
from tests.faults.harness.operator import Operator
from tests.faults.harness.plan import Plan
from tests.faults.harness.ports import own_port
from tests.faults.harness.programs import MARK, TREE, Program
from tests.faults.harness.safety import Safety
from tests.faults.harness.servers import ENTRANCE, HOST, Breakable, Postgres, apache, embedded, until_answers
from tests.faults.harness.topics import LIAR, Topics
from tests.kafka_server import answers
from tests.running import resident_mib
from tests.waiting import until

#: An hour of charging in six minutes: 22 kW make 0.1 kWh in about a second and a half.
TIME_SCALE = 10
#: The harness reads what the programs say.
_SPOKEN = {"EV_LANG": "en", "EV_LOG_LEVEL": "warning"}
#: Points that start at the same time: what they need is a processor.
_STARTED_AT_ONCE = 4
#: What must be empty at rest.
_WAITING = {
    "open sessions": "SELECT count(*) FROM sessions WHERE state IN ('CLAIMED', 'CHARGING')",
    "rows in the outbox": "SELECT count(*) FROM outbox",
    "stops without an answer": "SELECT count(*) FROM stops",
}
#: A price that makes half cents of round energies.
_FIRST_PRICE = "0.3000"


class Network:
    def __init__(self, plan: Plan, folder: Path, tree: Path | None = None) -> None:
        self.plan = plan
        self.evidence = folder / "evidence"
        self.mark = uuid.uuid4().hex
        self._folder = folder
        self._live = folder / "journals"
        for path in (folder, self._live, self.evidence, self.evidence / "told", self.evidence / "journals"):
            path.mkdir(parents=True, exist_ok=True)
        own = {"PYTHONPATH": str(tree), TREE: str(tree)} if tree else {}
        self._env: dict[str, str] = {**os.environ, **own, MARK: self.mark, **_SPOKEN}
        self._safety = Safety(folder / "tls" if plan.tls else None, HOST)
        self._access = Access(folder / "secrets" if plan.auth else None)
        self.programs: dict[str, Program] = {}
        self.proxies: dict[str, Proxy] = {}
        #: Link -> what its proxy calls the client.
        self._clients: dict[str, str] = {}
        self._postgres: Postgres | None = None
        self.archive = Archive(self._live, self.evidence / "journals")
        self.apps: list[App] = []
        self.enough = asyncio.Event()
        self.topics: Topics
        self.operator: Operator
        self._balancer: Balancer
        self._kafka = ""
        self.database = f"sqlite:///{self.disk_of('central-1') / 'central.db'}"
        self.queues: dict[str, tuple[int, int]] = {}
        #: What each Monitor answered when it was last asked how its point is.
        self._last_status: dict[str, str] = {}
        self._tasks: list[asyncio.Task[Any]] = []
        self._work: list[asyncio.Task[Any]] = []

    def disk_of(self, program: str) -> Path:
        """The folder where it keeps what must last."""
        return self._folder if program.startswith("central") else self._live

    def env_of(self, program: str) -> dict[str, str]:
        """What it is started with, each time."""
        del program  # all the same here
        return dict(self._env)

    # -- starting

    async def start(self) -> None:
        """Returns once every point is registered; raises CannotStart."""
        wrong: BaseException | None = None
        try:
            await self._start_all()
        except* (TimeoutError, CannotRun, RuntimeError) as several:
            wrong = several.exceptions[0]
        if wrong is not None:
            words = [f"{name}: {one.last_words()}" for name, one in self.programs.items() if not one.is_running]
            raise CannotStart(f"The network does not start ({wrong or 'no answer in time'}). {' '.join(words)}")

    async def _start_all(self) -> None:
        await self._start_broker()
        if self.plan.database == "postgres":
            self._postgres = Postgres()
            await self._postgres.start()
            self.database = self._postgres.address
        everybody = [*self.plan.apps, *self.plan.driver_programs]
        await self._access.enroll(self._env, self.database, [*self.plan.cp_ids, LIAR], everybody)
        centrals = [await self._add_central(f"central-{n}") for n in range(1, self.plan.centrals + 1)]
        for name in [name for name in self.programs if name.startswith("central")]:
            await self.programs[name].start()
            await self.programs[name].ready()  # the first makes the tables and the topics
        self._balancer = Balancer(centrals)
        entrance = await self._balancer.start()
        self.topics = Topics(self._kafka, self.evidence / "topics", self._hear, self._access)
        await self.topics.start()
        self._spawn(self.archive.run())
        orders, chance = self.evidence / "orders.jsonl", random.Random(self.plan.seed)
        self.operator = Operator(entrance, orders, chance, access=self._access, tls=self._safety.of_client())
        async with asyncio.TaskGroup() as work:
            turns = asyncio.Semaphore(_STARTED_AT_ONCE)
            for cp_id in self.plan.cp_ids:
                work.create_task(self._add_point(cp_id, entrance, turns))
        for name in self.plan.driver_programs:
            await self._add_driver(name, entrance)
        for number, name in enumerate(self.plan.apps):
            at = await self._proxy(f"app-{name}>central", entrance)
            told = self.evidence / "told" / f"{name}.jsonl"
            self.apps.append(
                App(
                    name, at, told, self.topics.write,
                    over_kafka=number % 2 == 1, access=self._access, tls=self._safety.of_client(),
                )
            )  # fmt: skip
        self._spawn(self._watch_queues())

    async def _start_broker(self) -> None:
        port = own_port(HOST, ENTRANCE)
        proxy = Proxy("kafka", Address(HOST, port), kafka_client)
        at = await proxy.start(Address(ENTRANCE, port))
        self.proxies["kafka"] = proxy
        self._kafka = str(at)
        made = embedded if self.plan.broker == "embedded" else apache
        self.programs["broker"] = made(port, at, self._folder, self._env)
        await self.programs["broker"].start()
        await until_answers(port)
        self._clients["load>kafka"] = "load"

    async def until_broker_is_gone(self) -> None:
        """Its port is free again: the next one wants it."""
        at = str(self.proxies["kafka"].server)
        await until(lambda: not answers(at), 30)

    async def _add_central(self, name: str) -> Address:
        port = own_port(HOST)
        env = self.env_of(name)
        if self._postgres is not None:
            at = await self._proxy(f"{name}>database", Address(HOST, self._postgres.port))
            env["EV_CENTRAL_DATABASE"] = self.database.replace(f"{HOST}:{self._postgres.port}", str(at))
        command = Program.ours(
            "central", *self._access.of_central(), "--port", str(port), "--instance", name, "--kafka", self._kafka, "--kafka-partitions", "3",
            "--kafka-fetch-wait-ms", "50", "--heartbeat-interval", "2", "--heartbeat-timeout", "8",
            "--data-dir", str(self.disk_of(name)), "--time-scale", str(TIME_SCALE), *self._safety.of_central(),
        )  # fmt: skip
        self.programs[name] = Program(
            name, command, self._folder, env, says="ev-central listening on", excuse="Cannot use the database"
        )
        self._clients[f"{name}>kafka"] = f"central-{name}"
        return Address(HOST, port)

    async def _add_point(self, cp_id: str, central: Address, turns: asyncio.Semaphore) -> None:
        async with turns:
            await self._start_point(cp_id, central)
        self.operator.note(cp_id, "set_price", _FIRST_PRICE, confirmed=True)
        self.operator.note(cp_id, "resume_cp", "", confirmed=True)

    async def _start_point(self, cp_id: str, central: Address) -> None:
        engine, monitor, port = f"engine-{cp_id}", f"monitor-{cp_id}", own_port(HOST)
        command = Program.ours(
            "charging_point.engine", "--port", str(port), "--journal", str(self.disk_of(engine) / f"{cp_id}.journal"),
            "--time-scale", str(TIME_SCALE), "--battery-kwh", "10000", "--soc", "0",
            *(("--kafka", self._kafka) if self.plan.has_kafka(cp_id) else ()), *self._safety.of_engine(),
            *self._access.of_point(cp_id),
        )  # fmt: skip
        self.programs[engine] = Program(
            engine, command, self._folder, self.env_of(engine), says="ev-engine listening on"
        )
        self._clients[f"{engine}>kafka"] = f"ev-engine-{port}"
        await self.programs[engine].start()
        await self.programs[engine].ready()
        to_engine = await self._proxy(f"{monitor}>engine", Address(HOST, port))
        to_central = await self._proxy(f"{monitor}>central", central)
        command = Program.ours(
            "charging_point.monitor", "--cp-id", cp_id, "--engine", str(to_engine), "--central", str(to_central),
            "--price", _FIRST_PRICE, "--health-interval-s", "2", "--silence-s", "8", "--answer-s", "4",
            *self._safety.of_monitor(cp_id), *self._access.of_point(cp_id),
        )  # fmt: skip
        self.programs[monitor] = Program(monitor, command, self._folder, self._env, says="registered with")
        await self.programs[monitor].start()
        await self.programs[monitor].ready()

    async def _add_driver(self, name: str, central: Address) -> None:
        at = await self._proxy(f"driver-{name}>central", central)
        points = self._folder / "points.txt"
        points.write_text("\n".join(self.plan.cp_ids))
        command = Program.ours(
            "driver", "--driver-id", name, "--central", str(at), "--kafka", self._kafka, "--json",
            *self._safety.of_driver(), *self._access.of_driver(name), "run", str(points), "--repeat", "--wait", "1", "--energy", "0.1",
        )  # fmt: skip
        self._clients[f"driver-{name}>kafka"] = f"ev-driver-{name}"
        self.programs[f"driver-{name}"] = Program(f"driver-{name}", command, self._folder, self._env)
        (self.evidence / "told" / f"{name}.jsonl").write_text('{"program": true}\n')

    async def _proxy(self, name: str, server: Address) -> Address:
        proxy = self.proxies[name] = Proxy(name, server)
        return await proxy.start()

    def drive(self) -> None:
        """The load, until `enough`."""
        cp_ids = self.plan.cp_ids
        self._work = [asyncio.create_task(app.run(cp_ids, self.enough)) for app in self.apps]
        # The last point is left alone: what was ordered for it must hold to the end.
        self._work.append(asyncio.create_task(self.operator.run(cp_ids[:-1], cp_ids[-1], self.enough)))

    async def start_drivers(self) -> None:
        for name in self.plan.driver_programs:
            await self.programs[f"driver-{name}"].start()

    def _hear(self, key: str, message: dict[str, Any]) -> None:
        for app in self.apps:
            if app.driver_id == key:
                app.hear(message)

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))

    # -- what can be broken

    def breakable(self, name: str) -> Breakable:
        if name == "database":
            assert self._postgres is not None
            return self._postgres
        return self.programs[name]

    def link(self, name: str) -> tuple[Proxy, str]:
        """The proxy of a link, and what it calls the client."""
        if name.endswith(">kafka"):
            return self.proxies["kafka"], self._clients[name]
        return self.proxies[name], ""

    # -- how it stands

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        if self._postgres is not None:
            with psycopg.connect(self.database, connect_timeout=5) as server:
                return list(server.execute(query))
        file = sqlite3.connect(f"file:{self.database.removeprefix('sqlite:///')}?mode=ro", uri=True, timeout=5)
        try:
            return list(file.execute(query))
        finally:
            file.close()

    async def _watch_queues(self) -> None:
        """What may grow: told as the most that was seen, beside what is too much for so small a network."""
        while True:
            with suppress(sqlite3.Error, psycopg.Error):
                rows = await asyncio.to_thread(self.ask, "SELECT count(*) FROM outbox")
                self._note_queue("the outbox", int(rows[0][0]), 10_000)
            for name, program in self.programs.items():
                if program.is_running and name != "broker":
                    with suppress(OSError, StopIteration):
                        self._note_queue(
                            f"memory of {name.partition('-')[0]} in MiB", int(resident_mib(program.pid)), 1024
                        )
            await asyncio.sleep(2)

    def _note_queue(self, name: str, held: int, bound: int) -> None:
        self.queues[name] = (max(held, self.queues.get(name, (0, 0))[0]), bound)

    async def rest(self, within_s: float, say: Callable[[str], None]) -> str:
        """Wait for quiet, and say what for; why it did not come, or nothing."""
        self.enough.set()
        for name in self.plan.driver_programs:
            await self.programs[f"driver-{name}"].stop()
        reason = "nobody looked"

        async def is_quiet() -> bool:
            nonlocal reason
            before, reason = reason, await self._unrest()
            if reason not in ("", before):
                say(f"Not yet: {reason}.")
            await asyncio.sleep(0.5)
            return not reason

        with suppress(TimeoutError):
            await until(is_quiet, within_s)
        return reason

    async def _unrest(self) -> str:
        """The first reason why not all is quiet."""
        try:
            for look in (
                self._apps_wait,
                self._books_wait,
                self._journals_wait,
                self._states_differ,
                self._records_wait,
            ):
                reason = await look()
                if reason:
                    return reason
        except (sqlite3.Error, psycopg.Error) as wrong:
            return f"the database does not answer: {wrong}"
        return ""

    async def _apps_wait(self) -> str:
        return "; ".join(app.wants for app in self.apps if app.wants)

    async def _books_wait(self) -> str:
        counts = {what: (await asyncio.to_thread(self.ask, query))[0][0] for what, query in _WAITING.items()}
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)

    async def _journals_wait(self) -> str:
        owed = {cp_id: owes(journal(self.archive.files(cp_id))) for cp_id in self.plan.cp_ids}
        return ", ".join(f"the journal of {cp_id} owes {count}" for cp_id, count in owed.items() if count)

    async def _states_differ(self) -> str:
        states = await self.monitors()
        away = [f"{cp_id} ({self._last_status[cp_id]})" for cp_id, state in states.items() if not state]
        if away:
            return f"not linked to Engine and Central: {', '.join(away)}"
        booked = dict(await asyncio.to_thread(self.ask, "SELECT cp_id, status FROM points"))
        differ = {cp_id: state for cp_id, state in states.items() if booked.get(cp_id) != state}
        return ", ".join(f"{cp_id} is {booked.get(cp_id)}, at its Monitor {state}" for cp_id, state in differ.items())

    async def _records_wait(self) -> str:
        behind = self.topics.behind()
        lag = await asyncio.to_thread(lambda: self.topics.lag(alone=self._postgres is None))
        return f"{behind} partitions not recorded to their end, {lag} not read" if behind or lag else ""

    async def monitors(self) -> dict[str, str]:
        """What each Monitor says its point is; empty where a link is missing."""
        found: dict[str, str] = {}
        for cp_id in self.plan.cp_ids:
            told = await self.programs[f"monitor-{cp_id}"].ask("status", f"ok: {cp_id} is") or ""
            self._last_status[cp_id] = told.removeprefix(f"ok: {cp_id} is ") or "no answer"
            is_whole = "Engine linked" in told and "Central linked" in told
            found[cp_id] = told.removeprefix(f"ok: {cp_id} is ").replace(";", " ").split()[0] if is_whole else ""
        return found

    async def write_evidence(self, unrest: str) -> None:
        """What the audit reads beside the database, while all still runs."""
        (self.evidence / "monitors.json").write_text(json.dumps(await self.monitors()))
        remains: Mapping[str, Any] = {
            "lag": await asyncio.to_thread(lambda: self.topics.lag(alone=self._postgres is None)),
            "orphans": [],
            "ended_alone": [],
            "queues": self.queues,
            "unrest": unrest,
            "lives": self._lives(),
        }
        (self.evidence / "remains.json").write_text(json.dumps(remains))

    def _lives(self) -> list[float] | None:
        if self.plan.centrals > 1:
            return None
        return [*self.programs["central-1"].began, SystemClock().now().wall]

    # -- the end

    async def stop(self) -> None:
        """In the order of an orderly end: points, drivers, Centrals, servers; nothing of it outlives this."""
        self.enough.set()
        for task in (*self._work, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._work, *self._tasks, return_exceptions=True)
        for role in ("driver", "engine", "monitor", "central"):
            some = [program for name, program in self.programs.items() if name.startswith(role)]
            await asyncio.gather(*(program.stop() for program in some))
        if hasattr(self, "topics"):
            await self.topics.stop()
        for app in self.apps:
            app.close()
        for proxy in self.proxies.values():
            await proxy.stop()
        if hasattr(self, "_balancer"):
            await self._balancer.stop()
            self.operator.close()
        if self.programs:
            await self.programs["broker"].kill()
        if self._postgres is not None:
            await self._postgres.stop()
            self._postgres.remove()

    def ended_alone(self) -> list[str]:
        return [sentence for program in self.programs.values() for sentence in program.ended_alone]


def owes(entries: list[Entry]) -> int:
    """Sessions of a journal that are open, or that Central has not acknowledged."""
    began = {entry.session_id for entry in entries}
    return len(began - {entry.session_id for entry in entries if entry.kind == "acked"})
