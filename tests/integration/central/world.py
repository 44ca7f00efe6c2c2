"""A Central under test, everybody who talks to it, and the ledger beside it: what is said is noted, sent, waited for, judged."""

import logging
from decimal import Decimal
from typing import Any, ClassVar

from central.gateway import SIDE_BY_SIDE
from common import messages as m
from common.clock import ManualClock
from common.codec import decode
from common.errors import BadMessage, ErrorCode
from common.kafka.bus import Outgoing
from common.messages import Message
from common.registry import over_kafka, over_tcp
from common.routes import Role, Topic
from tests.integration.central.conftest import Network
from tests.integration.central.crowd import LATER, Guest, is_owed_now
from tests.integration.central.ledger import Asked, Ledger, Row
from tests.waiting import until

_DEFAULT_PRICE = Decimal("0.30")
TO_DRIVERS = {**over_tcp(Role.CENTRAL, Role.DRIVER), **over_kafka(Topic.DRIVER_RESPONSES, Role.DRIVER)}
_SESSIONS = "SELECT session_id, cp_id, driver_id, request_id, state, energy_wh, price_per_kwh, total_cost FROM sessions"
#: "charge_request_response" has the request in its name, "stop_charging_response" has not.
_ANSWERED_BY = {m.ChargeRequest: m.ChargeRequestResponse.tag(), m.StopChargingRequest: m.StopChargingResponse.tag()}


class _Complaints(logging.Handler):
    """Central's own errors: a defect of ours that was caught is still a defect."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class World:
    """On a bus in memory and without authentication; others say what is different (guarded_world.py, broker_world.py)."""

    #: What Central is started with.
    chosen: ClassVar[dict[str, Any]] = {"auth": False}

    def __init__(self, network: Network) -> None:
        self.network = network
        self.ledger = Ledger()
        self.guests: list[Guest] = []
        self.owners: dict[str, Guest] = {}
        self.owed: set[Asked] = set()
        #: Who asked for what on which link; where two drivers used one id, its answer says not whose it is.
        self._drivers: dict[tuple[str, str], set[str]] = {}
        self._prices: dict[str, Decimal] = {}
        self._read: dict[int, int] = {}
        self._complaints = _Complaints()

    @property
    def clock(self) -> ManualClock:
        return self.network.clock

    async def start(self) -> None:
        logging.getLogger("ev").addHandler(self._complaints)
        await self.network.start(max_frames_per_s=1_000_000.0, **self.chosen)

    async def stop(self) -> None:
        logging.getLogger("ev").removeHandler(self._complaints)
        for guest in self.guests:
            await guest.leave(politely=False)
        await self.network.stop()

    async def newcomer(self) -> Guest:
        guest = Guest(f"guest{len(self.guests)}", self._hear, must_prove=bool(self.chosen["auth"]))
        await guest.connect(self.network.address)
        self.guests.append(guest)
        return guest

    def some(self, role: Role, which: int) -> Guest:
        """One of the guests in this role, or else one that may take it."""
        open_ones = [guest for guest in self.guests if guest.is_open]
        fit = [guest for guest in open_ones if guest.role is role] or [g for g in open_ones if g.role is None]
        return fit[which % len(fit)] if fit else self.guests[which % len(self.guests)]

    # -- over a link

    async def say(self, guest: Guest, line: bytes) -> None:
        """One frame: noted, sent, dealt with, and answered as it must be."""
        if not guest.is_open:
            return
        taken = guest.takes(line.rstrip(b"\n"))
        heard = len(guest.heard)
        if isinstance(taken, Message) and self._is_heeded(taken, guest):
            self._note(taken, guest)
        guest.write(line)
        await guest.all_answered()
        if isinstance(taken, SIDE_BY_SIDE):  # what comes behind it is answered before it
            await until(lambda: self.network.central._gateway.in_hand == 0, look_every_s=0.001)
            await guest.all_answered()
        if guest.is_open:
            self._see_answer(taken, guest.heard[heard:], guest, line)
        await self.quiet()

    def _is_heeded(self, said: Message, guest: Guest) -> bool:
        """Whether it may have a consequence that the ledger must know."""
        del said, guest
        return True

    def _note(self, said: Message, guest: Guest | None) -> None:
        """What a good message may lead to."""
        if isinstance(said, m.ChargeRequest | m.LocalStartRequest):
            self.ledger.asks(said.driver_id, said.message_id, said.cp_id)
        if isinstance(said, LATER):
            self.owed.add((said.driver_id, said.message_id, _ANSWERED_BY[type(said)]))
            if guest is not None:
                self._drivers.setdefault((guest.name, said.message_id), set()).add(said.driver_id)
        if isinstance(said, m.ChargingData | m.ChargeCompletion) and (
            guest is None or self.owners.get(said.cp_id) is guest
        ):
            self.ledger.states(said)

    def _see_answer(self, taken: Message | BadMessage, news: list[Message], guest: Guest, line: bytes) -> None:
        errors = [one.error for one in news if isinstance(one, m.ErrorResponse)]
        if isinstance(taken, BadMessage):
            assert not line.strip() or taken.code in errors, f"{line!r} on {guest.role}: {news}"
            return
        answers = [one for one in news if one.message_id == taken.message_id]
        assert answers or not is_owed_now(taken), f"{taken} was not answered: {news}"
        if ErrorCode.INVALID_MESSAGE in errors and isinstance(taken, LATER):
            self.owed -= {asked for asked in self.owed if asked[1] == taken.message_id}
        for answer in answers:
            self._see_effect(taken, answer, guest)

    def _see_effect(self, asked: Message, answer: Message, guest: Guest) -> None:
        match asked, answer:
            case m.RegisterRequest(), m.RegisterResponse(status="success"):
                price = asked.price_per_kwh if asked.price_per_kwh is not None else _DEFAULT_PRICE
                self._set_price(asked.cp_id, self._prices.get(asked.cp_id, price))
                assert answer.price_per_kwh == self._prices[asked.cp_id], f"{answer}, not {self._prices}"
                self.owners[asked.cp_id] = guest
            case m.ManualCommand(command="set_price"), m.ManualCommandResponse(status="success"):
                whose = list(self._prices) if asked.args["cp_id"] == "*" else [str(asked.args["cp_id"])]
                for cp_id in whose:
                    self._set_price(cp_id, Decimal(str(asked.args["price_per_kwh"])))

    def _set_price(self, cp_id: str, price: Decimal) -> None:
        self._prices[cp_id] = price
        self.ledger.price_set(cp_id, price)

    def _hear(self, guest: Guest, message: Message) -> None:
        drivers = self._drivers.get((guest.name, message.message_id), set())
        if len(drivers) == 1:
            self.ledger.hears(next(iter(drivers)), message)
        else:
            self.owed -= {(driver_id, message.message_id, message.type) for driver_id in drivers}

    # -- over Kafka

    async def produce(self, topic: Topic, key: str, value: bytes, signer: str | None = None) -> None:
        """`signer` is whose secret signs it, where records are signed; its key's unless somebody else is named."""
        record, is_heeded = self._record(Outgoing(topic, key, value), signer)
        try:
            said = decode(value, over_kafka(topic, Role.CENTRAL))
        except BadMessage:
            said = None
        keyed_by = "driver_id" if topic.startswith("driver_") else "cp_id"
        if said is not None and is_heeded and getattr(said, keyed_by, None) == key:
            self._note(said, None)
        letters = self._count_dead_letters()
        await self._publish(record)
        await self.quiet()
        if isinstance(said, LATER) and self._count_dead_letters() > letters:
            self.owed -= {asked for asked in self.owed if asked[1] == said.message_id}

    def _record(self, record: Outgoing, signer: str | None) -> tuple[Outgoing, bool]:
        """As it is written, and whether it may have a consequence."""
        del signer
        return record, True

    async def _publish(self, record: Outgoing) -> None:
        self.network.bus().publisher().publish(record)

    def _count_dead_letters(self) -> int:
        return len(self.network.dead_letters())

    # -- time, and rest

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        central = self.network.central
        await central.context.commands.expire()
        await central.desk.charging.undo_late_claims()
        await central.desk.stopping.answer_late()
        await central.desk.charging.deliver_concluded()
        await central.desk.losing.drop_silent()
        await self.quiet()

    async def quiet(self) -> None:
        """Returns once Central has taken every record; then all that is stored is judged."""
        await self._until_taken()
        self._hear_records()
        self.ledger.judge([_row(found) for found in await self.network.rows(_SESSIONS)])
        for cp_id, price in self._prices.items():
            self.ledger.price_is(cp_id, price)
        assert not self._complaints.lines, "\n".join(self._complaints.lines)

    async def _until_taken(self) -> None:
        readers = self.network.central.context.readers
        await until(
            lambda: not any(lag for reader in readers for lag in reader.standing().lag.values()), look_every_s=0.001
        )

    def _hear_records(self) -> None:
        for (topic, partition), records in self.network.broker.logs.items():
            if topic is Topic.DRIVER_RESPONSES:
                for record in records[self._read.get(partition, 0) :]:
                    self.ledger.hears(record.key, decode(record.value, TO_DRIVERS))
                self._read[partition] = len(records)

    async def lose(self, guest: Guest, *, politely: bool) -> None:
        await guest.leave(politely=politely)
        self.owners = {cp_id: owner for cp_id, owner in self.owners.items() if owner is not guest}
        links = self.network.central.context.links
        await until(lambda: all(links.find(cp_id) is None or cp_id in self.owners for cp_id in self._prices))
        await self.quiet()

    async def come_to_rest(self) -> None:
        """Time enough for every deadline; then nobody is owed anything, and whoever comes is served."""
        for seconds in (11.0, 11.0, 70.0):
            await self.pass_time(seconds)

        async def outbox_is_empty() -> bool:
            return await self.network.rows("SELECT count(*) FROM outbox") == [(0,)]

        await until(outbox_is_empty)
        await self.quiet()
        newest = await self.newcomer()
        await self.say(newest, b'{"type":"available_cps_request","message_id":"last","driver_id":"D9"}\n')
        assert newest.is_open
        await self._judge_end()

    async def _judge_end(self) -> None:
        self.ledger.judge_end(self.owed)


def _row(found: tuple[Any, ...]) -> Row:
    session_id, cp_id, driver_id, request_id, state, energy_wh, price, cost = found
    return Row(
        session_id,
        cp_id,
        driver_id,
        request_id,
        state,
        int(energy_wh),
        Decimal(price).scaleb(-4),
        Decimal(cost).scaleb(-2),
    )
