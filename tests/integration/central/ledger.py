"""
What must be, beside a Central that anybody may talk to: a pure model that knows what was said and judges what is stored.

It imports none of the code that it judges but the messages themselves.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from common.messages import (
    ChargeCompletion,
    ChargeRequestResponse,
    ChargingData,
    Message,
    Response,
    StopChargingResponse,
)

_CENT = Decimal("0.01")
_OPEN = {"CLAIMED", "CHARGING"}
#: Answers that a repeat must hear again.
_KEPT = (ChargeRequestResponse, StopChargingResponse)


Asked = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A session as the database has it."""

    session_id: str
    cp_id: str
    driver_id: str
    request_id: str
    state: str
    energy_wh: int
    price_per_kwh: Decimal
    total_cost: Decimal

    @property
    def is_open(self) -> bool:
        return self.state in _OPEN

    @property
    def lasting(self) -> tuple[str, str, str, Decimal]:
        """What never changes, from the claim to the bill."""
        return self.cp_id, self.driver_id, self.request_id, self.price_per_kwh


@dataclass
class Ledger:
    #: Prices that a point had since the last look.
    prices: dict[str, set[Decimal]] = field(default_factory=dict)
    #: Requests to charge, whoever claims to have sent them: (driver, message_id) -> points.
    asked: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    #: What a session's own point said of it, in watt-hours.
    stated: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    #: The first answer to a request: (driver, message_id, type of the answer) -> what it said.
    answers: dict[Asked, tuple[object, ...]] = field(default_factory=dict)
    known: dict[str, Row] = field(default_factory=dict)
    #: Drivers' tickets: session -> driver and what it says.
    tickets: dict[str, set[tuple[str, Decimal, Decimal]]] = field(default_factory=dict)

    # -- what was said

    def price_set(self, cp_id: str, price: Decimal) -> None:
        self.prices.setdefault(cp_id, set()).add(price)

    def price_is(self, cp_id: str, price: Decimal) -> None:
        """Once quiet: earlier prices of the point are over."""
        self.prices[cp_id] = {price}

    def asks(self, driver_id: str, message_id: str, cp_id: str) -> None:
        self.asked.setdefault((driver_id, message_id), set()).add(cp_id)

    def states(self, said: ChargingData | ChargeCompletion) -> None:
        """The point itself, over its own link or under its own key."""
        watt_hours = int(said.energy_consumed_kwh * 1000)
        self.stated.setdefault((said.cp_id, said.session_id), set()).add(watt_hours)

    def hears(self, driver_id: str, said: Message) -> None:
        """What Central told a driver, over a link or Kafka."""
        if isinstance(said, _KEPT):
            self._hear_answer(driver_id, said)
        elif isinstance(said, ChargeCompletion):
            ticket = (driver_id, said.energy_consumed_kwh, said.total_cost)
            self.tickets.setdefault(said.session_id, set()).add(ticket)

    def _hear_answer(self, driver_id: str, said: Response) -> None:
        assert isinstance(said, _KEPT)
        heard = (said.type, said.status, said.error, said.message, said.session_id)
        first = self.answers.setdefault((driver_id, said.message_id, said.type), heard)
        assert heard == first, f"{driver_id} heard {first} and then {heard}"

    # -- what is stored

    def judge(self, rows: list[Row]) -> None:
        """After every step."""
        found = {row.session_id: row for row in rows}
        assert found.keys() >= self.known.keys(), f"sessions are gone: {self.known.keys() - found.keys()}"
        busy = Counter(row.cp_id for row in rows if row.is_open)
        assert not [cp_id for cp_id, count in busy.items() if count > 1], f"two open sessions at one point: {busy}"
        for row in rows:
            before = self.known.get(row.session_id)
            if before is None:
                self._judge_new(row)
            else:
                _judge_change(before, row)
            self._judge_figures(row)
        self.known = found

    def _judge_new(self, row: Row) -> None:
        assert row.cp_id in self.asked.get((row.driver_id, row.request_id), set()), f"nobody asked for {row}"
        prices = self.prices.get(row.cp_id, set())
        assert row.price_per_kwh in prices, f"{row} does not begin with the price of its point, {prices}"

    def _judge_figures(self, row: Row) -> None:
        cost = (Decimal(row.energy_wh) / 1000 * row.price_per_kwh).quantize(_CENT, ROUND_HALF_UP)
        assert row.total_cost == cost, f"{row} should cost {cost}"
        stated = self.stated.get((row.cp_id, row.session_id), set()) | {0}
        assert row.energy_wh in stated, f"{row} has energy that its point never stated: {sorted(stated)}"
        if row.state == "REFUSED":
            assert row.energy_wh == 0, f"{row} was refused and has energy"

    def judge_end(self, owed: set[Asked]) -> None:
        """Once all is quiet: every request that was taken has its answer, every bill its one ticket."""
        missing = owed - self.answers.keys()
        assert not missing, f"never answered: {missing}"
        bills = {
            row.session_id: {(row.driver_id, Decimal(row.energy_wh) / 1000, row.total_cost)}
            for row in self.known.values()
            if row.state == "FINISHED"
        }
        assert self.tickets == bills, f"tickets {self.tickets}, bills {bills}"


def _judge_change(before: Row, row: Row) -> None:
    assert row.lasting == before.lasting, f"{before} became {row}"
    if not before.is_open:
        assert row == before, f"what was over changed: {before} became {row}"
    if row.is_open:
        assert row.energy_wh >= before.energy_wh, f"energy fell: {before} became {row}"
