"""The four programs as they are, put together as their command lines do it, on what the simulation gives them."""

import asyncio
import random
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from central.runtime import Central
from central.settings import CentralSettings
from charging_point.engine.car import Battery, Car
from charging_point.engine.journal import Journal
from charging_point.engine.point import Abilities, Point
from charging_point.engine.runtime import Runtime as EngineRuntime
from charging_point.monitor.runtime import Runtime as MonitorRuntime
from charging_point.monitor.settings import MonitorSettings
from charging_point.monitor.watch import Watch
from common.errors import CannotStart, StoreUnavailable
from common.ids import Ids
from common.metrics.measures import Measures
from common.net.address import Address
from common.net.limits import Limits
from common.net.link import Link
from common.net.server import Server
from common.process import Tasks
from common.registry import over_tcp
from common.routes import Role
from driver.events import Shown
from driver.runtime import Runtime as DriverRuntime
from driver.settings import DriverSettings
from driver.trip import QUIET_WITH_KAFKA_S, Trip
from tests.faults.audit.history import Order
from tests.simulation.access import OPERATOR
from tests.simulation.books import SimulatedStore
from tests.simulation.bus import SimulatedBus
from tests.simulation.loop import Process
from tests.simulation.people import Cards, Operator, Outing

if TYPE_CHECKING:
    from charging_point.engine.ledger import Entry
    from tests.simulation.world import World

CENTRAL = Address("central", 5000)
_ENGINE_PORT = 6000
#: As `ev-engine` gives it.
_DELIVERY_TIMEOUT_S = 5.0
#: So short that a journal is written anew within a charge or two.
_COMPACT_ABOVE = 600
_CENTRAL_SETTINGS = CentralSettings(port=0, database="sqlite://", auth=False)
_MONITOR_SETTINGS = MonitorSettings(cp_id="CP1")
_DRIVER_SETTINGS = DriverSettings(driver_id="D1", central=CENTRAL)


class Program(ABC):
    """Something that can be started, stopped in good order, or killed, again and again."""

    def __init__(self, name: str, world: "World") -> None:
        self.name = name
        self.world = world
        self.process = Process(name, world.loop)
        self.process.is_alive = False
        self.starts = 0
        self.started_at: list[float] = []
        self._stop = asyncio.Event()

    @property
    def is_running(self) -> bool:
        return self.process.is_alive

    def start(self) -> None:
        self.starts += 1
        self.started_at.append(self.world.loop.time())
        ahead = self.process.clock_is_ahead_s  # the machine keeps its clock
        self.process = Process(self.name, self.world.loop)
        self.process.clock_is_ahead_s = ahead
        self.process.on_end.append(self.buried)
        self._stop = asyncio.Event()
        self.world.spawn(self.process, self._live())

    async def _live(self) -> None:
        tasks, process = Tasks(self._stop), self.process
        try:
            await self.begin(tasks)
        except (CannotStart, StoreUnavailable) as wrong:
            # It says so and ends; who runs it starts it again.
            self.world.say(f"{self.name} could not start: {wrong}")
            self.world.start_later(self)
        else:
            await self._stop.wait()
        await self.finish(tasks)
        if tasks.failed:
            self.world.escaped.append(f"{self.name}: {tasks.trouble}")
        self.world.watch_leaks(process)
        process.end()

    def stop(self) -> None:
        self._stop.set()

    def kill(self) -> None:
        self.process.end()

    def ids(self) -> Ids:
        """Identifiers that no other start of this program gives."""
        begins = f"{self.name}.{self.starts}"
        numbers = iter(range(1, 10_000_000))
        return lambda: f"{begins}.{next(numbers)}"

    def chance(self) -> random.Random:
        return random.Random(f"{self.world.seed} {self.name} {self.starts}")

    @abstractmethod
    async def begin(self, tasks: Tasks) -> None: ...

    @abstractmethod
    async def finish(self, tasks: Tasks) -> None: ...

    def buried(self) -> None:  # noqa: B027 - most have nothing that the kernel must take
        """The kernel takes what the process had."""


class CentralProgram(Program):
    central: Central | None = None

    async def begin(self, tasks: Tasks) -> None:
        del tasks
        world = self.world
        settings = world.access.of_central(_CENTRAL_SETTINGS.model_copy(update={"instance": self.name}))
        store = SimulatedStore(
            world.database,
            self.name,
            self.process,
            is_sole=len(world.centrals) == 1,
            seed=f"{world.seed} {self.name} {self.starts}",
        )
        self.central = Central(
            settings,
            self._stop,
            bus=SimulatedBus(world.broker, self.process),
            store=store,
            port=world.network.port(self.name, CENTRAL.port, self.process),
            clock=self.process,
            ids=self.ids(),
        )
        await self.central.start()

    async def finish(self, tasks: Tasks) -> None:
        del tasks
        assert self.central is not None
        await self.central.stop()
        if self.central.failed:
            self.world.escaped.append(f"{self.name}: {self.central.vitals.trouble()}")

    def buried(self) -> None:
        if self.central is not None:
            self.central.context.complaints.detach()


class SimulatedJournal(Journal):
    """The journal on a disk that can be full; every entry that it takes is kept for the audit."""

    is_full = False

    def __init__(self, path: Path, kept: list["Entry"]) -> None:
        super().__init__(path, compact_above=_COMPACT_ABOVE)
        self._kept = kept

    def append(self, entry: "Entry") -> None:
        if self.is_full:
            self._file.forget_file()
            raise StoreUnavailable(f"The journal {self.path.name} cannot be written: No space left on device.")
        before = self.ledger
        try:
            super().append(entry)
        finally:
            if self.ledger is not before:  # else it was not written, whatever came after
                self._kept.append(entry)


class EngineProgram(Program):
    point: Point | None = None
    journal: SimulatedJournal | None = None
    runtime: EngineRuntime | None = None

    def __init__(self, name: str, world: "World") -> None:
        super().__init__(name, world)
        self.entries: list[Entry] = []
        self.has_kafka = self.chance().random() < 0.75
        self.cp_id = name.removeprefix("engine-")

    async def begin(self, tasks: Tasks) -> None:
        process, ids = self.process, self.ids()
        self.journal = SimulatedJournal(self.world.folder / f"{self.name}.journal", self.entries)
        car = Car(Battery(60_000.0, 12_000.0), max_kw=150.0, plugged=True)
        bus = SimulatedBus(self.world.broker, process, _DELIVERY_TIMEOUT_S) if self.has_kafka else None
        publisher = bus.publisher() if bus else None
        self.point = Point(Abilities(), car, self.journal.ledger, ids=ids, kafka_is_up=publisher is not None)
        secret = self.world.access.secret("point", self.cp_id)
        runtime = self.runtime = EngineRuntime(
            self.point, self.journal, publisher, clock=process, ids=ids, secret=secret
        )

        async def serve(link: Link) -> None:
            await runtime.serve(link)

        limits = Limits(links=100, links_from_one=100)
        accepts = over_tcp(Role.MONITOR, Role.ENGINE)
        self._server = Server(serve, accepts, clock=process, ids=ids, limits=limits)
        runtime.restart()
        await self._server.listen(self.world.network.port(self.name, _ENGINE_PORT, process))
        tasks.start("timer", runtime.tick_forever())
        if self.world.scale.cards:
            cards = Cards(self.world.scale.cards, self.chance(), runtime)
            tasks.start("cards", cards.run(self.world.enough))

    async def finish(self, tasks: Tasks) -> None:
        assert self.runtime is not None
        assert self.journal is not None
        await self._server.stop_listening()
        await self.runtime.shut_down()
        await tasks.cancel()
        await self._server.stop()

    def buried(self) -> None:
        if self.journal is not None:
            self.journal.close()
            self.journal = None


class MonitorProgram(Program):
    watch: Watch | None = None
    runtime: MonitorRuntime | None = None

    def __init__(self, cp_id: str, world: "World") -> None:
        super().__init__(f"monitor-{cp_id}", world)
        self.cp_id = cp_id

    async def begin(self, tasks: Tasks) -> None:
        ids = self.ids()
        settings = _MONITOR_SETTINGS.model_copy(
            update={"cp_id": self.cp_id, "price": self.world.scale.price_at(self.cp_id)}
        )
        self.watch = Watch(settings.announcement(), ids=ids, secret=self.world.access.secret("point", self.cp_id))
        self.runtime = MonitorRuntime(
            self.watch,
            engine=Address(f"engine-{self.cp_id}", _ENGINE_PORT),
            central=CENTRAL,
            say=lambda _: None,
            tasks=tasks,
            clock=self.process,
            ids=ids,
            rng=self.chance().random,
            frame_limit=settings.max_frame_bytes,
            measures=Measures(),
        )
        self.runtime.run()

    async def finish(self, tasks: Tasks) -> None:
        await tasks.cancel()

    @property
    def state(self) -> str:
        """What it says its point is; nothing while a link is missing."""
        if not self.is_running or self.watch is None or self.runtime is None:
            return ""
        is_whole = self.watch.engine.linked and self.watch.enrolment.registered
        return str(self.watch.standing.status) if is_whole else ""


class Blind:
    """A driver's screen that nobody looks at."""

    def show(self, event: Shown) -> None: ...

    def touch(self) -> None: ...

    def close(self) -> None: ...


class DriverProgram(Program):
    trip: Trip | None = None
    outing: Outing | None = None

    def __init__(self, driver_id: str, transport: str, world: "World") -> None:
        super().__init__(f"driver-{driver_id}", world)
        self.driver_id = driver_id
        self._transport = transport
        #: What it gave up, of every start.
        self.given_up: dict[str, float] = {}

    async def begin(self, tasks: Tasks) -> None:
        ids, chance, world = self.ids(), self.chance(), self.world
        settings = _DRIVER_SETTINGS.model_copy(update={"driver_id": self.driver_id, "transport": self._transport})
        self.trip = Trip(self.driver_id, ids=ids, quiet_s=QUIET_WITH_KAFKA_S)
        self.outing = Outing(self.trip, world.cp_ids, chance, world.enough.is_set)
        self.outing.given_up = self.given_up
        runtime = DriverRuntime(
            settings,
            self.trip,
            self.outing,
            Blind(),
            bus=SimulatedBus(world.broker, self.process),
            secret=world.access.secret("driver", self.driver_id),
            clock=self.process,
            ids=ids,
            rng=chance.random,
            measures=Measures(),
        )
        self._errand = tasks.start("errand", runtime.follow(self._stop))

    async def finish(self, tasks: Tasks) -> None:
        await asyncio.wait({self._errand})
        await tasks.cancel()

    @property
    def is_content(self) -> bool:
        return self.trip is None or (self.trip.ride is None and not self.trip._pending)


class OperatorProgram(Program):
    def __init__(self, world: "World") -> None:
        super().__init__("operator", world)
        self.is_done = False
        self.orders: list[Order] = []

    async def begin(self, tasks: Tasks) -> None:
        world = self.world
        secret = world.access.secret("admin", OPERATOR)
        operator = Operator(world.cp_ids, self.chance(), self.process, self.ids(), self.orders, secret)
        tasks.start("orders", self._work(operator))

    async def _work(self, operator: Operator) -> None:
        await operator.run(self.world.enough)
        self.is_done = True

    async def finish(self, tasks: Tasks) -> None:
        await tasks.cancel()
