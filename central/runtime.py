"""Central at work: builds its parts from the settings, starts them, and stops them in order."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from central.admission import Admission
from central.answers import Answers
from central.commands import Commands
from central.complaints import Complaints
from central.context import Context, Source
from central.credentials import Credentials
from central.gateway import Gateway, anything
from central.handlers import Desk, wire
from central.ingest import Ingest, groups
from central.links import Links
from central.outbox import Outbox
from central.pace import Pace
from central.peers import Peers
from central.proofs import NONCES_KEPT_S, Proofs
from central.rationing import Rationing
from central.settings import CentralSettings
from central.standing import note_pace
from central.store.caretaker import Caretaker
from central.store.engine import read_address
from central.store.worker import Store, open_store
from central.vitals import CentralVitals
from common.clock import Clock, SystemClock
from common.disk import make_folder
from common.errors import CannotStart, EvError, StoreUnavailable, TransportLost
from common.ids import Ids, random_id
from common.kafka.bus import Bus, Subscriber
from common.kafka.client import open_bus
from common.messages import ConnectionFailed
from common.metrics.measures import Measures
from common.net.address import Address
from common.net.limits import Limits
from common.net.server import Server, bind
from common.net.tls import of_listener
from common.process import Tasks, every
from common.routes import Topic
from common.words.central import NO_DATA_DIR
from common.words.database import CANNOT_USE_NOW
from common.words.system import why

log = logging.getLogger("ev.central")
#: How often Central sees that its topics are there, and when they could not be made.
_TOPICS_LOOK_S = 5.0
_TOPICS_RETRY_S = 2.0
#: A repeated request gets the same answer for so long.
_ANSWERS_KEPT_S = 24 * 3600.0
_FINISH_WITHIN_S = 2.0


def make_data_dir(settings: CentralSettings) -> None:
    try:
        make_folder(settings.data_dir)
    except OSError as wrong:
        raise CannotStart(NO_DATA_DIR(path=settings.data_dir, why=why(str(wrong.strerror)))) from None


def _disk_of(url: str) -> Path | None:
    """The folder of a database that is a file: its disk may fill up."""
    found = read_address(url)
    if found.get_backend_name() != "sqlite" or not found.database or found.database == ":memory:":
        return None
    return Path(found.database).resolve().parent


def _limits(settings: CentralSettings) -> Limits:
    return Limits(
        links=settings.max_links,
        links_from_one=settings.max_links_per_address,
        frames_per_s=settings.max_frames_per_s,
        frames_per_point_s=settings.max_frames_per_point_s,
    )


def _patient(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Upkeep that finds the database away comes again next time."""

    async def tried() -> None:
        try:
            await work()
        except StoreUnavailable as wrong:
            # The store says once that the database is away; this would say it several times a second.
            log.debug("Upkeep waits: %s", wrong)

    return tried


class Central:
    """One Central. `start` returns once it listens; `stop` finishes what it holds."""

    def __init__(
        self,
        settings: CentralSettings,
        stop: asyncio.Event,
        *,
        bus: Bus | None = None,
        store: Store | None = None,
        port: socket.socket | None = None,
        clock: Clock | None = None,
        ids: Ids = random_id,
    ) -> None:
        """Bus, store and port are made from the settings unless they are given."""
        self._settings = settings
        self._clock = clock or SystemClock()
        tls = of_listener(settings)
        url = settings.database_url()  # a mistake on the command line is told before anything is touched
        self._bus = bus or open_bus(settings, client_id=f"central-{settings.instance or socket.gethostname()}")
        if settings.database is None or settings.auth:
            make_data_dir(settings)
        # Then the port: a second Central on it must not touch the database of the one that runs.
        self._port = port or bind(settings.host, settings.port)
        instance = settings.instance or f"{socket.gethostname()}:{self._port.getsockname()[1]}"
        store = store or self._open_store(url, instance)
        complaints = Complaints()
        complaints.attach()  # before anything may complain
        publisher = self._bus.publisher()
        links, measures = Links(self._clock), Measures()
        store.measures = measures
        credentials = Credentials(
            store,
            self._clock,
            required=settings.auth,
            data_dir=settings.data_dir,
            key_file=settings.secrets_key_file,
        )
        self.context = Context(
            settings=settings,
            instance=instance,
            clock=self._clock,
            ids=ids,
            store=store,
            peers=Peers(store, instance, self._clock),
            links=links,
            commands=Commands(links, publisher, self._clock, measures, credentials),
            answers=Answers(publisher, self._clock, measures),
            credentials=credentials,
            proofs=Proofs(credentials, store, self._clock),
            publisher=publisher,
            measures=measures,
            complaints=complaints,
            started_at=self._clock.now().wall,
            pace=Pace(self._clock.now().mono),
        )
        self.desk = Desk(self.context)
        self._handlers = wire(self.desk)
        self.admission = Admission(store, settings.overload_wait_s)
        self._rationing = Rationing(self._clock, settings.max_requests_per_driver_s)
        self._gateway = Gateway(self.context, self._handlers, self.admission, self._rationing, self.desk.logbook)
        self._server = Server(
            self._gateway.serve,
            anything(),
            clock=self._clock,
            ids=ids,
            limit=settings.max_frame_bytes,
            on_bad=self._gateway.count_bad,
            tls=tls,
            limits=_limits(settings),
            on_cut=self._gateway.count_cut,
            doorstep=True,
            must_prove=self.context.proofs.required,
        )
        self._outbox = Outbox(store, publisher, self._clock)
        store.on_outgoing = self._outbox.offer
        self._mind_peers()
        self._topics_missing = False
        #: Where the secret of the first admin is, if it was enrolled at this start.
        self.first_secret: Path | None = None
        self._tasks = Tasks(stop)
        self._readers = Tasks(stop)
        self.vitals = CentralVitals(
            self.context,
            self._outbox,
            (self._tasks, self._readers),
            self.context.readers,
            _disk_of(url),
            self.admission,
            lambda: self._server.waiting,
        )

    def _open_store(self, url: str, instance: str) -> Store:
        try:
            return open_store(url, instance)
        except EvError:
            self._port.close()
            raise

    def _mind_peers(self) -> None:
        peers, losing = self.context.peers, self.desk.losing

        async def take_over() -> None:
            await losing.drop_left()
            await self._outbox.load()

        peers.on_left, peers.on_taken, peers.on_struck = take_over, losing.let_go_taken, losing.let_all_go

    async def start(self) -> Address:
        caretaker = Caretaker(self.context.store, self._clock, self._settings)
        await self._take_up()
        await _patient(caretaker.make_room)()
        address = self.vitals.listening_at = await self._server.listen(self._port)
        self._tasks.start("outbox", self._outbox.run())
        self._tasks.start("admission", self.admission.watch())
        self._tasks.start("peers", self.context.peers.run())
        self._readers.start("kafka", self._read_kafka())
        for seconds, work in (
            (0.5, _patient(self.context.commands.expire)),
            (0.5, _patient(self.desk.charging.deliver_concluded)),
            (2.0, _patient(self.desk.charging.undo_late_claims)),
            (2.0, _patient(self.desk.stopping.answer_late)),
            (1.0, _patient(self.desk.losing.drop_silent)),
            (1.0, _patient(self.desk.revoking.look)),
            (1.0, partial(note_pace, self.context)),
            (15.0, _patient(self.desk.losing.note_heartbeats)),
            (15.0, _patient(self.desk.losing.drop_unlinked)),
            (15.0, _patient(self.desk.agreeing.tell_again)),
            (600.0, _patient(self._forget_answers)),
            (1800.0, _patient(caretaker.make_room)),
            (3600.0, _patient(caretaker.let_go)),
        ):
            self._tasks.start(f"every {seconds} s", every(seconds, work))
        return address

    async def _take_up(self) -> None:
        """What must be in the database before anybody is let in; raises CannotStart where it does not take it."""
        try:
            if self._settings.auth:
                self.first_secret = await self.context.credentials.open()
            await self.context.peers.join()
            await self.desk.losing.recover_held()
        except StoreUnavailable as wrong:
            self._port.close()
            raise CannotStart(CANNOT_USE_NOW(why=wrong)) from None
        except EvError:
            self._port.close()
            raise

    async def _forget_answers(self) -> None:
        before = self._clock.now().wall - _ANSWERS_KEPT_S
        await self.context.store.write(lambda unit: unit.forget_answers(before))
        await self.desk.revoking.forget_proofs(self._clock.now().wall - NONCES_KEPT_S)

    async def _read_kafka(self) -> None:
        """Make the topics as soon as the broker answers, then begin to read."""
        while True:
            if await self._make_topics():
                break
            await asyncio.sleep(_TOPICS_RETRY_S)
        self._readers.start("topics", self._keep_topics())
        # Commands between Centrals are read to the end: what we hold still waits for answers that come over them.
        self._tasks.start("commands of Centrals", self._read(self._bus.everything(Topic.CENTRAL_COMMANDS)))
        is_sole = self.context.store.is_sole
        for group, topics in groups(alone=is_sole).items():
            reader = self._bus.alone(topics, group) if is_sole else self._bus.group(topics, group)
            self._readers.start(f"reader of {group}", self._read(reader))

    async def _read(self, subscriber: Subscriber) -> None:
        self.context.readers.append(subscriber)
        try:
            await Ingest(self.context, self.desk, self._handlers, self._rationing, self.admission).run(subscriber)
        finally:
            self.context.readers.remove(subscriber)
            await subscriber.close()

    async def _keep_topics(self) -> None:
        """A broker that lost its disk comes back without them; what reads and writes here then begins anew."""
        while True:
            await asyncio.sleep(_TOPICS_LOOK_S)
            await self._make_topics()

    async def _make_topics(self) -> bool:
        """Whether they are there. That the broker is away is said once, by the bus; here it is told to who counts."""
        try:
            await self._bus.create_topics(self._settings.kafka_partitions, self._settings.kafka_replication)
        except TransportLost as wrong:
            if not self._topics_missing:
                self._topics_missing = True
                await self._tell_away(str(wrong))
        else:
            self._topics_missing = False
        return not self._topics_missing

    async def _tell_away(self, sentence: str) -> None:
        event = ConnectionFailed(
            message_id=self.context.ids(),
            timestamp=self._clock.now().wall,
            peer=str(self._settings.kafka),
            description=f"{sentence} Central serves TCP and keeps trying.",
        )
        await self._handlers.dispatch(event, Source(None))

    async def stop(self) -> None:
        """No new links and no new records; then what is held is finished, sent and stored."""
        self.desk.losing.is_leaving = True
        self.vitals.listening_at = None
        await self._server.stop_listening()
        await self._readers.cancel()
        with suppress(TimeoutError):  # commands on their way get their answers while the links live
            await asyncio.wait_for(self.context.commands.finished(), _FINISH_WITHIN_S)
        await self._server.stop()
        await self._tasks.cancel()
        await self.context.peers.leave()
        self.vitals.close()
        self.desk.looking.close()
        await self.context.publisher.close()
        await self.context.store.close()
        self.context.complaints.detach()

    @property
    def failed(self) -> bool:
        return self._tasks.failed or self._readers.failed
