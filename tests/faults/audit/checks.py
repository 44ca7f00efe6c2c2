"""The seven checks. Each gives a sentence for every fault of the network; none of them any means that all is right."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.faults.audit.history import Account, Booked, Entry, History, Order, Told, accounts

OPEN = ("CLAIMED", "CHARGING")
_CENT = Decimal("0.01")
_ANSWERS = {"charge_request": "charge_request_response", "stop_charging_request": "stop_charging_response"}


def billed_as_metered(history: History) -> Iterator[str]:
    """Every session an Engine metered is in the database exactly once, finished, with the journal's energy, and its cost is energy x the price at its start, to the cent."""
    booked = _by_session(history)
    for account in accounts(history).values():
        name = account.session_id
        if len(account.finals) > 1:
            yield f"{name} has {len(account.finals)} different final accounts in the journal: {sorted(account.finals)}"
        energy = account.energy_wh
        if energy is None:
            continue  # still open, or said above
        if energy < account.metered_wh:
            yield f"{name} was metered to {account.metered_wh} Wh and its final account has {energy} Wh"
        rows = booked.get(name, [])
        if len(rows) != 1:
            yield f"{name} has a final account in the journal of {account.cp_id} and {len(rows)} rows in the books"
            continue
        yield from _compare(rows[0], account, energy, history)


def _compare(row: Booked, account: Account, energy: int, history: History) -> Iterator[str]:
    name = row.session_id
    if row.state == "REFUSED":
        apart = any(
            (one.cp_id, one.session_id, one.energy_wh) == (account.cp_id, name, energy) for one in history.quarantine
        )
        if energy and not apart:
            yield f"{name} was refused, its Engine metered {energy} Wh, and the quarantine does not have that"
        return
    if row.state != "FINISHED":
        yield f"{name} has a final account in the journal and is {row.state} in the books"
        return
    if (row.cp_id, row.energy_wh, row.reason) != (account.cp_id, energy, next(iter(account.finals))[1]):
        yield f"{name}: the journal of {account.cp_id} says {next(iter(account.finals))}, the books {row}"
    if account.price is not None and account.price != row.price:
        yield f"{name} began for {account.price} a kWh and is booked for {row.price}"
    right = (Decimal(energy) / 1000 * row.price).quantize(_CENT, ROUND_HALF_UP)
    if row.cost != right:
        yield f"{name}: {energy} Wh for {row.price} a kWh cost {right}, booked is {row.cost}"


def metered_as_billed(history: History) -> Iterator[str]:
    """No session in the database without an Engine's journal entry, except those refused, which have no energy and no cost."""
    known = accounts(history)
    for row in history.booked:
        if row.state == "REFUSED":
            if row.energy_wh or row.cost:
                yield f"{row.session_id} was refused and has {row.energy_wh} Wh for {row.cost} in the books"
        elif row.session_id not in known:
            yield f"{row.session_id} is {row.state} with {row.energy_wh} Wh in the books and in no Engine's journal"


def one_session_a_point(history: History) -> Iterator[str]:
    """No point ever had two open sessions; no moment had two drivers charged for one point."""
    yield from _claims(history)
    for cp_id, entries in history.journals.items():
        yield from _charges(cp_id, entries)
    for cp_id in {row.cp_id for row in history.booked}:
        present = [row.session_id for row in history.booked if row.cp_id == cp_id and row.state in OPEN]
        if len(present) > 1:
            yield f"{cp_id} has {len(present)} open sessions in the books: {present}"


def _claims(history: History) -> Iterator[str]:
    """The books' own story: from its claim on a point belongs to a session, until that is refused or has ended."""
    holder: dict[str, str] = {}
    for event in history.events:
        if event.cp_id is None or event.session_id is None:
            continue
        if event.kind == "claimed":
            other = holder.get(event.cp_id)
            if other is not None:
                yield f"{event.session_id} claimed {event.cp_id} while {other} had it"
            holder[event.cp_id] = event.session_id
        elif event.kind in ("refused", "completed") and holder.get(event.cp_id) == event.session_id:
            del holder[event.cp_id]


def _charges(cp_id: str, entries: Sequence[Entry]) -> Iterator[str]:
    """The journal's story of one point."""
    running: str | None = None
    for entry in entries:
        if entry.kind == "started":
            if running not in (None, entry.session_id):
                yield f"the Engine of {cp_id} began {entry.session_id} while {running} ran"
            running = entry.session_id
        elif entry.kind == "finished" and entry.session_id == running:
            running = None


def answered_once(history: History) -> Iterator[str]:
    """Every request got exactly one final answer, the same on every repeat; every driver was told of the end of each of its sessions."""
    told = {one.driver_id: one for one in history.told}
    for one in history.told:
        yield from _answers(one, history)
    for row in history.booked:
        driver = told.get(row.driver_id)
        if driver is not None and row.state == "FINISHED" and not _tickets(driver).get(row.session_id):
            yield f"{row.driver_id} was never told of the end of {row.session_id}"


Heard = Mapping[tuple[str, str], set[tuple[Any, ...]]]


def _answers(one: Told, history: History) -> Iterator[str]:
    heard: dict[tuple[str, str], set[tuple[Any, ...]]] = defaultdict(set)
    for message in one.heard:
        if message["type"] in _ANSWERS.values():
            said = (message["status"], message.get("error"), message.get("session_id"))
            heard[message["type"], message["message_id"]].add(said)
    for kind, message_id in {(ask["type"], ask["message_id"]) for ask in one.asked}:
        if not heard.get((_ANSWERS[kind], message_id)):
            yield f"{one.driver_id} got no answer to its {kind} {message_id}"
    for (kind, message_id), answers in heard.items():
        if len(answers) > 1:
            yield f"{one.driver_id} got different answers ({kind}) to {message_id}: {sorted(map(str, answers))}"
    yield from _answers_and_books(one, heard, history)


def _answers_and_books(one: Told, heard: Heard, history: History) -> Iterator[str]:
    """What was granted is in the books as granted, what was refused is not."""
    states = {row.session_id: row.state for row in history.booked}
    refused: set[str] = set()
    for (kind, message_id), answers in heard.items():
        if kind == "charge_request_response" and {status for status, _, _ in answers} == {"failure"}:
            refused.add(message_id)
        for name in {session_id for status, _, session_id in answers if status == "success" and session_id}:
            if states.get(name) in (None, "REFUSED"):
                yield f"{one.driver_id} was granted {name} by {message_id}, in the books it is {states.get(name)}"
    for row in history.booked:
        if row.driver_id == one.driver_id and row.request_id in refused and row.state != "REFUSED":
            yield f"{one.driver_id} was refused {row.request_id} and has {row.session_id} {row.state} in the books"


def _tickets(one: Told) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for message in one.heard:
        if message["type"] == "charge_completion":
            found[message["session_id"]].append(message)
    return found


def energy_only_rose(history: History) -> Iterator[str]:
    """Energy told to a driver never fell within a session, and the last figure equals the ticket."""
    booked = _by_session(history)
    for one in history.told:
        most: dict[str, tuple[Decimal, _When]] = {}
        for message, when in _timed(one):
            if message["type"] not in ("charging_data", "charge_completion"):
                continue
            name, energy = message["session_id"], Decimal(str(message["energy_consumed_kwh"]))
            before, since = most.get(name, (Decimal(0), when))
            if energy >= before:
                most[name] = energy, when
            elif message["type"] == "charge_completion" or _is_in_one_life(history, since, when):
                yield f"{one.driver_id} was told {before} kWh of {name} and then {energy} ({message['type']})"
        for name, tickets in _tickets(one).items():
            rows = booked.get(name, [])
            right = {(Decimal(row.energy_wh).scaleb(-3), row.cost) for row in rows}
            said = {(Decimal(str(t["energy_consumed_kwh"])), Decimal(str(t["total_cost"]))) for t in tickets}
            if said != right:
                yield f"{one.driver_id} has tickets {sorted(said)} of {name}, the books say {sorted(right)}"
            elif most[name][0] > next(iter(said))[0]:
                yield f"{one.driver_id} was told {most[name][0]} kWh of {name} and its ticket says {next(iter(said))[0]}"


#: When something was said, and when it was heard; None where nobody knows.
_When = tuple[float, float] | None


def _timed(one: Told) -> Iterator[tuple[Mapping[str, Any], _When]]:
    for number, message in enumerate(one.heard):
        is_known = bool(one.heard_at) and "timestamp" in message
        yield message, (float(message["timestamp"]), one.heard_at[number]) if is_known else None


def _is_in_one_life(history: History, *said: _When) -> bool:
    """Whether one Central said all of it in one life, and it arrived then: only that has an order to keep.

    What a Central said that died since, or another Central, may be on its way for long. The protocol has drivers pass
    over a reading with less than they know, and all after the ticket.
    """
    if history.lives is None:
        return False
    times = [time for when in said if when is not None for time in when]
    return len({bisect_right(history.lives, time) for time in times}) <= 1


def settings_survived(history: History) -> Iterator[str]:
    """Out-of-service flags and prices survived; every point's state equals its Monitor's once quiet."""
    for point in history.points:
        mine = [order for order in history.orders if order.cp_id == point.cp_id]
        prices = _allowed([order for order in mine if order.command == "set_price"])
        if prices and point.price not in {Decimal(price) for price in prices}:
            yield f"{point.cp_id} costs {point.price} a kWh, the operator said {' or '.join(sorted(prices))}"
        service = _allowed([order for order in mine if order.command in ("stop_cp", "resume_cp")], command=True)
        if service and ("stop_cp" if point.out_of_service else "resume_cp") not in service:
            words = "out of" if point.out_of_service else "in"
            yield f"{point.cp_id} is {words} service, the operator said {' or '.join(sorted(service))}"
        monitor = history.monitors.get(point.cp_id)
        if monitor is not None and monitor != point.status:
            yield f"{point.cp_id} is {point.status} in the books and {monitor} at its Monitor"


def _allowed(orders: list[Order], *, command: bool = False) -> set[str]:
    """What may hold: the last that was confirmed, or one that perhaps came through later; nothing when none was."""
    last = max((number for number, order in enumerate(orders) if order.confirmed), default=None)
    if last is None:
        return set()
    some = [order for number, order in enumerate(orders) if number == last or not order.confirmed]
    return {order.command if command else order.value for order in some}


def nothing_left_over(history: History) -> Iterator[str]:
    """Nothing is left over: no outbox row, no unacknowledged journal entry, no consumer lag, no orphan process, no unbounded queue seen on the way."""
    remains = history.remains
    if remains.unrest:
        yield f"the network did not come to rest: {remains.unrest}"
    if remains.outbox:
        yield f"{remains.outbox} rows are left in the outbox"
    if remains.stops:
        yield f"{remains.stops} stops are left without an answer"
    yield from (f"{row.session_id} at {row.cp_id} is still {row.state}" for row in history.booked if row.state in OPEN)
    for account in accounts(history).values():
        if not account.acked:
            what = "acknowledged" if account.finals else "ended"
            yield f"{account.session_id} is not {what} in the journal of {account.cp_id}"
    yield from (f"{count} records of {topic} were never read" for topic, count in remains.lag.items() if count)
    yield from (f"{orphan} was still there after the end" for orphan in remains.orphans)
    yield from remains.ended_alone
    yield from (f"a record went to the dead letters: {record}" for record in remains.dead_letters)
    for queue, (most, bound) in remains.queues.items():
        if most > bound:
            yield f"{queue} held {most}, more than its bound of {bound}"


CHECKS: tuple[Callable[[History], Iterator[str]], ...] = (
    billed_as_metered,
    metered_as_billed,
    one_session_a_point,
    answered_once,
    energy_only_rose,
    settings_survived,
    nothing_left_over,
)


def audit(history: History) -> dict[str, list[str]]:
    """The faults that each check found, by the check's name; all empty when the network is right."""
    return {check.__name__: sorted(check(history)) for check in CHECKS}


def _by_session(history: History) -> dict[str, list[Booked]]:
    found: dict[str, list[Booked]] = defaultdict(list)
    for row in history.booked:
        found[row.session_id].append(row)
    return found
