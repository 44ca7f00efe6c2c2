"""The drivers of a load at work: a few links to Central, or Kafka, and a timer. What is asked when is load.py's business."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from charging_point.fleet.load import Load
from common.auth import signature
from common.clock import Clock
from common.codec import decode
from common.errors import BadMessage, TransportLost
from common.ids import Ids
from common.kafka.bus import Bus, Publisher, outgoing, signed
from common.messages import AuthRequest, AuthResponse, ChargeRequest, ConnectionFailed, ConnectionLost, Message
from common.net.address import Address
from common.net.backoff import Backoff
from common.net.dialer import Dialer
from common.net.link import Link
from common.net.tls import Tls
from common.process import Tasks
from common.registry import over_kafka, over_tcp
from common.routes import Role, Topic

log = logging.getLogger("ev.fleet")

_TURN_S = 0.001
_LOOK_EVERY_S = 0.05

Hear = Callable[[Message], None]


class SocketWay:
    """Drivers divided among links; where there are secrets, each proves itself on its own."""

    def __init__(
        self,
        address: Address,
        drivers: Sequence[str],
        links: int,
        hear: Hear,
        *,
        secrets: Mapping[str, str],
        clock: Clock,
        ids: Ids,
        rng: Callable[[], float],
        limit: int,
        tls: Tls | None,
    ) -> None:
        self._hear = hear
        self._secrets = secrets
        self._clock = clock
        self._ids = ids
        #: How many of each line have no answer yet to what they proved on its present link.
        self._unproven: dict[int, int] = {}
        self._is_ready = asyncio.Event()
        self._lines: list[Dialer] = []
        self._line_of: dict[str, Dialer] = {}
        for number in range(links):
            theirs = drivers[number::links]
            line = Dialer(
                address,
                over_tcp(Role.CENTRAL, Role.DRIVER),
                on_link=self._serving(number, theirs),
                on_event=self._note,
                clock=clock,
                ids=ids,
                backoff=Backoff(rng),
                limit=limit,
                tls=tls,
            )
            self._lines.append(line)
            self._line_of |= dict.fromkeys(theirs, line)

    def start(self, tasks: Tasks) -> None:
        for line in self._lines:
            tasks.start("link to Central", line.run())

    async def ready(self) -> None:
        """Every link is there, and everybody on it has had his answer."""
        await self._is_ready.wait()

    def send(self, driver_id: str, message: Message) -> None:
        """What cannot be sent stays unanswered, and is reported so."""
        link = self._line_of[driver_id].link
        if link is not None:
            with suppress(TransportLost):
                link.send(message)

    async def close(self) -> None:
        """The tasks are cancelled, and with them the links."""

    def _serving(self, number: int, drivers: Sequence[str]) -> Callable[[Link], Awaitable[None]]:
        proving = [driver_id for driver_id in drivers if driver_id in self._secrets]

        async def serve(link: Link) -> None:
            self._unproven[number] = len(proving)
            for driver_id in proving:
                link.send(self._proof(driver_id))
            self._look()
            async for message in link:
                if isinstance(message, AuthResponse):
                    self._unproven[number] -= 1
                    if not message.succeeded:
                        log.warning("Central does not accept the proof of a driver: %s", message.message)
                    self._look()
                else:
                    self._hear(message)

        return serve

    def _look(self) -> None:
        if not any(self._unproven.values()) and all(line.link is not None for line in self._lines):
            self._is_ready.set()

    def _note(self, event: ConnectionLost | ConnectionFailed) -> None:
        log.warning("%s", event.description)

    def _proof(self, driver_id: str) -> AuthRequest:
        now, nonce = self._clock.now().wall, self._ids()
        return AuthRequest(
            message_id=self._ids(),
            timestamp=now,
            role="driver",
            driver_id=driver_id,
            nonce=nonce,
            signature=signature(self._secrets[driver_id], "driver", driver_id, now, nonce),
        )


class KafkaEars:
    """What Central tells drivers over Kafka, whichever way they ask."""

    def __init__(self, bus: Bus, drivers: Sequence[str], hear: Hear) -> None:
        self._drivers = frozenset(drivers)
        self._hear = hear
        self._subscriber = bus.everything(Topic.DRIVER_RESPONSES)
        self._accepts = over_kafka(Topic.DRIVER_RESPONSES, Role.DRIVER)

    def start(self, tasks: Tasks) -> None:
        tasks.start("answers", self._read())

    async def ready(self) -> None:
        await self._subscriber.started()

    async def close(self) -> None:
        await self._subscriber.close()

    async def _read(self) -> None:
        async for batch in self._subscriber.batches():
            for record in batch:
                if record.key in self._drivers:
                    with suppress(BadMessage):
                        self._hear(decode(record.value, self._accepts))


class KafkaWay:
    """Requests as records, signed where there are secrets."""

    def __init__(self, publisher: Publisher, secrets: Mapping[str, str]) -> None:
        self._publisher = publisher
        self._secrets = secrets

    def start(self, tasks: Tasks) -> None:
        """Nothing is to be kept up."""

    async def ready(self) -> None:
        """It is."""

    def send(self, driver_id: str, message: Message) -> None:
        topic = Topic.CHARGE_REQUESTS if isinstance(message, ChargeRequest) else Topic.STOP_REQUESTS
        with suppress(TransportLost):
            self._publisher.publish(signed(outgoing(topic, driver_id, message), self._secrets.get(driver_id)))

    async def close(self) -> None:
        await self._publisher.close()


async def drive(load: Load, way: SocketWay | KafkaWay, stop: asyncio.Event, clock: Clock) -> None:
    """Until all is asked and answered; told to stop, it stops what charges first."""
    was_told = False
    while not load.is_over:
        if stop.is_set() and not was_told:
            was_told = True
            load.end_early(clock.now())
        for message in load.tick(clock.now()):
            way.send(str(getattr(message, "driver_id", "")), message)
        wait_s = min(max(_TURN_S, load.due - clock.now().mono), _LOOK_EVERY_S)
        await asyncio.sleep(wait_s)
