"""The auditor on made-up histories: what is right passes, and each kind of wrong is told by the check whose it is."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.audit.checks import CHECKS, audit
from tests.faults.audit.history import Booked, Entry, Event, History, KeptApart, Order, Point, Remains, Told

AUDIT = Path(__file__).parents[2] / "faults" / "audit"
PRICE = Decimal("0.3050")
Message = dict[str, Any]


def ask(message_id: str = "r1") -> Message:
    return {"type": "charge_request", "message_id": message_id, "cp_id": "CP1", "driver_id": "D1"}


def answer(message_id: str = "r1", session_id: str | None = "S1", **more: Any) -> Message:
    status = "success" if session_id else "failure"
    found = {"type": "charge_request_response", "message_id": message_id, "status": status, **more}
    return found | ({"session_id": session_id} if session_id else {})


def reading(energy: str, session_id: str = "S1") -> Message:
    return {"type": "charging_data", "session_id": session_id, "energy_consumed_kwh": Decimal(energy)}


def ticket(energy: str = "0.050", cost: str = "0.02", session_id: str = "S1") -> Message:
    return {
        "type": "charge_completion",
        "session_id": session_id,
        "energy_consumed_kwh": Decimal(energy),
        "total_cost": Decimal(cost),
    }


STARTED = Entry("CP1", "started", "S1", price=PRICE)
METERED = Entry("", "metered", "S1", energy_wh=40)
FINISHED = Entry("CP1", "finished", "S1", 50, reason="energy_limit")
ACKED = Entry("", "acked", "S1")
BILLED = Booked("S1", "CP1", "D1", "r1", "FINISHED", 50, PRICE, Decimal("0.02"), "energy_limit")
REFUSED = Booked("S2", "CP1", "D1", "r2", "REFUSED", 0, PRICE, Decimal("0.00"))
CLAIMED, COMPLETED = Event("claimed", "CP1", "S1"), Event("completed", "CP1", "S1")
POINT = Point("CP1", "ACTIVE", out_of_service=False, price=PRICE)
ORDERS = (Order("CP1", "set_price", "0.3050"), Order("CP1", "resume_cp"))

#: One charge of 50 Wh, and one claim that was refused.
RIGHT = History(
    journals={"CP1": (STARTED, METERED, FINISHED, ACKED)},
    booked=(BILLED, REFUSED),
    events=(CLAIMED, COMPLETED, Event("claimed", "CP1", "S2"), Event("refused", "CP1", "S2")),
    points=(POINT,),
    told=(
        Told(
            "D1",
            asked=(ask(), ask("r2")),
            heard=(answer(), reading("0.040"), ticket(), answer("r2", None, error="engine_timeout")),
        ),
    ),
    orders=ORDERS,
    monitors={"CP1": "ACTIVE"},
)


def faults(history: History) -> dict[str, list[str]]:
    return {name: found for name, found in audit(history).items() if found}


def journals(*entries: Entry) -> History:
    return replace(RIGHT, journals={"CP1": entries})


def booked(*rows: Booked) -> History:
    return replace(RIGHT, booked=rows)


def heard(*messages: Message, asked: Sequence[Mapping[str, Any]] = (ask(), ask("r2"))) -> History:
    return replace(RIGHT, told=(Told("D1", asked, messages),))


def test_a_right_history_passes_every_check() -> None:
    assert audit(RIGHT) == {check.__name__: [] for check in CHECKS}
    assert len(CHECKS) == 7


def test_repeats_of_the_truth_are_no_fault() -> None:
    again = replace(
        RIGHT,
        journals={"CP1": (STARTED, METERED, FINISHED, ACKED, STARTED, METERED, FINISHED, FINISHED, ACKED)},
        told=(replace(RIGHT.told[0], heard=(*RIGHT.told[0].heard, answer(), ticket(), ticket())),),
    )
    assert faults(again) == {}


def test_a_refused_charge_that_ran_is_right_when_it_is_kept_apart() -> None:
    ran = (Entry("CP1", "started", "S2", price=PRICE), Entry("CP1", "finished", "S2", 7, reason="admin_stop"))
    history = journals(STARTED, METERED, FINISHED, ACKED, *ran, Entry("", "acked", "S2"))
    assert faults(replace(history, quarantine=(KeptApart("CP1", "S2", 7),))) == {}
    assert faults(history) == {
        "billed_as_metered": ["S2 was refused, its Engine metered 7 Wh, and the quarantine does not have that"]
    }


@pytest.mark.parametrize(
    ("history", "check", "words"),
    [
        # 1: what was metered is billed
        (booked(REFUSED), "billed_as_metered", "S1 has a final account in the journal of CP1 and 0 rows"),
        (booked(BILLED, BILLED, REFUSED), "billed_as_metered", "and 2 rows in the books"),
        (booked(replace(BILLED, energy_wh=40), REFUSED), "billed_as_metered", "says (50, 'energy_limit'), the books"),
        (booked(replace(BILLED, reason="unplugged"), REFUSED), "billed_as_metered", "says (50, 'energy_limit')"),
        (booked(replace(BILLED, cp_id="CP2"), REFUSED), "billed_as_metered", "the journal of CP1"),
        (booked(replace(BILLED, cost=Decimal("0.01")), REFUSED), "billed_as_metered", "cost 0.02, booked is 0.01"),
        (booked(replace(BILLED, price=Decimal("0.31")), REFUSED), "billed_as_metered", "and is booked for 0.31"),
        (booked(replace(BILLED, state="CHARGING"), REFUSED), "billed_as_metered", "and is CHARGING in the books"),
        (
            journals(STARTED, METERED, FINISHED, replace(FINISHED, energy_wh=60), ACKED),
            "billed_as_metered",
            "2 different final accounts",
        ),
        (
            journals(STARTED, replace(METERED, energy_wh=51), FINISHED, ACKED),
            "billed_as_metered",
            "metered to 51 Wh and its final account has 50 Wh",
        ),
        # 2: what is billed was metered
        (journals(), "metered_as_billed", "S1 is FINISHED with 50 Wh in the books and in no Engine's journal"),
        (booked(BILLED, replace(REFUSED, energy_wh=1)), "metered_as_billed", "S2 was refused and has 1 Wh"),
        (booked(BILLED, replace(REFUSED, cost=Decimal(1))), "metered_as_billed", "S2 was refused and has 0 Wh for 1"),
        # 3: one session a point
        (
            replace(RIGHT, events=(CLAIMED, Event("claimed", "CP1", "S2"), COMPLETED)),
            "one_session_a_point",
            "S2 claimed CP1 while S1 had it",
        ),
        (
            journals(STARTED, replace(STARTED, session_id="S0"), METERED, FINISHED, ACKED),
            "one_session_a_point",
            "the Engine of CP1 began S0 while S1 ran",
        ),
        (
            booked(BILLED, REFUSED, *(replace(BILLED, session_id=one, state="CHARGING") for one in ("S3", "S4"))),
            "one_session_a_point",
            "CP1 has 2 open sessions in the books: ['S3', 'S4']",
        ),
        # 4: one answer, and the end is told
        (heard(answer(), ticket()), "answered_once", "D1 got no answer to its charge_request r2"),
        (
            heard(answer(), ticket(), answer("r2", None), answer("r2", None, error="cp_busy")),
            "answered_once",
            "D1 got different answers (charge_request_response) to r2",
        ),
        (
            heard(answer(), answer(session_id="S9"), ticket(), answer("r2", None)),
            "answered_once",
            "D1 got different answers (charge_request_response) to r1",
        ),
        (heard(answer(), answer("r2", None)), "answered_once", "D1 was never told of the end of S1"),
        (
            heard(answer(), ticket(), answer("r2", "S2")),
            "answered_once",
            "D1 was granted S2 by r2, in the books it is REFUSED",
        ),
        (
            heard(answer(session_id=None), ticket(), answer("r2", None)),
            "answered_once",
            "D1 was refused r1 and has S1 FINISHED in the books",
        ),
        (
            heard(answer(), ticket(), answer("r2", None), asked=(ask(), {**ask("x"), "type": "stop_charging_request"})),
            "answered_once",
            "D1 got no answer to its stop_charging_request x",
        ),
        # 5: energy only rises, to the ticket
        (
            heard(answer(), reading("0.040"), reading("0.030"), ticket(), answer("r2", None)),
            "energy_only_rose",
            "D1 was told 0.040 kWh of S1 and then 0.030 (charging_data)",
        ),
        (
            heard(answer(), ticket("0.040"), answer("r2", None)),
            "energy_only_rose",
            "the books say",
        ),
        (
            heard(answer(), ticket(), ticket(cost="0.03"), answer("r2", None)),
            "energy_only_rose",
            "D1 has tickets",
        ),
        (
            heard(answer(), ticket(), reading("0.060"), answer("r2", None)),
            "energy_only_rose",
            "D1 was told 0.060 kWh of S1 and its ticket says 0.050",
        ),
        # 6: settings survive
        (
            replace(RIGHT, orders=(*ORDERS, Order("CP1", "set_price", "0.5000"))),
            "settings_survived",
            "CP1 costs 0.3050 a kWh, the operator said 0.5000",
        ),
        (
            replace(RIGHT, orders=(*ORDERS, Order("CP1", "stop_cp"))),
            "settings_survived",
            "CP1 is in service, the operator said stop_cp",
        ),
        (
            replace(RIGHT, points=(replace(POINT, out_of_service=True),)),
            "settings_survived",
            "CP1 is out of service, the operator said resume_cp",
        ),
        (
            replace(RIGHT, monitors={"CP1": "FAULTY"}),
            "settings_survived",
            "CP1 is ACTIVE in the books and FAULTY at its Monitor",
        ),
        # 7: nothing is left over
        (replace(RIGHT, remains=Remains(unrest="D1 waits")), "nothing_left_over", "did not come to rest: D1 waits"),
        (replace(RIGHT, remains=Remains(outbox=2)), "nothing_left_over", "2 rows are left in the outbox"),
        (replace(RIGHT, remains=Remains(stops=1)), "nothing_left_over", "1 stops are left without an answer"),
        (replace(RIGHT, remains=Remains(lag={"t": 3})), "nothing_left_over", "3 records of t were never read"),
        (replace(RIGHT, remains=Remains(orphans=["process 7"])), "nothing_left_over", "process 7 was still there"),
        (replace(RIGHT, remains=Remains(ended_alone=["It ended"])), "nothing_left_over", "It ended"),
        (replace(RIGHT, remains=Remains(dead_letters=["k: {}"])), "nothing_left_over", "dead letters: k: {}"),
        (
            replace(RIGHT, remains=Remains(queues={"q": (11, 10)})),
            "nothing_left_over",
            "q held 11, more than its bound",
        ),
        (journals(STARTED, METERED, FINISHED), "nothing_left_over", "S1 is not acknowledged in the journal of CP1"),
        (journals(STARTED, METERED), "nothing_left_over", "S1 is not ended in the journal of CP1"),
        (booked(replace(BILLED, state="CHARGING"), REFUSED), "nothing_left_over", "S1 at CP1 is still CHARGING"),
    ],
)
def test_each_kind_of_wrong_is_told_by_its_check(history: History, check: str, words: str) -> None:
    found = faults(history)
    assert len([one for one in found.get(check, []) if words in one]) == 1, found


@pytest.mark.parametrize("command", ["set_price", "stop_cp"])
def test_an_order_that_was_not_confirmed_may_or_may_not_hold(command: str) -> None:
    value = "0.5000" if command == "set_price" else ""
    history = replace(RIGHT, orders=(*ORDERS, Order("CP1", command, value, confirmed=False)))
    changed = replace(POINT, price=Decimal(value)) if value else replace(POINT, out_of_service=True)
    assert faults(history) == {}
    assert faults(replace(history, points=(changed,))) == {}


def test_a_driver_program_is_judged_by_what_kafka_has_for_it() -> None:
    program = Told("D1", heard=(reading("0.040"), ticket()), is_program=True)
    assert faults(replace(RIGHT, told=(program,))) == {}
    assert faults(replace(RIGHT, told=(replace(program, heard=()),))) == {
        "answered_once": ["D1 was never told of the end of S1"]
    }


#: A reading of 40 Wh that was said at 10 and heard after the ticket, which was said and heard at 12.
LATE = Told(
    "D1",
    (ask(), ask("r2")),
    [answer(), {**ticket(), "timestamp": 12.0}, {**reading("0.040"), "timestamp": 10.0}, answer("r2", None)],
    heard_at=[9.0, 12.0, 12.1, 13.0],
)
WRONG = {"energy_only_rose": ["D1 was told 0.050 kWh of S1 and then 0.040 (charging_data)"]}


@pytest.mark.parametrize(
    ("lives", "expected"),
    [
        pytest.param([1.0, 20.0], WRONG, id="one life keeps its order"),
        pytest.param([1.0, 11.0, 20.0], {}, id="said by a life that has ended"),
        pytest.param([1.0, 12.05, 20.0], {}, id="heard in the next life"),
        pytest.param(None, {}, id="said by several Centrals"),
    ],
)
def test_a_reading_that_is_late_is_a_fault_of_one_central_in_one_life(
    lives: list[float] | None, expected: dict[str, list[str]]
) -> None:
    assert faults(replace(RIGHT, told=(LATE,), lives=lives)) == expected


def test_what_is_late_and_says_more_than_the_ticket_is_wrong_whoever_says_it() -> None:
    more = replace(LATE, heard=[*LATE.heard, {**reading("0.060"), "timestamp": 10.0}], heard_at=[*LATE.heard_at, 14.0])
    assert faults(replace(RIGHT, told=(more,), lives=None)) == {
        "energy_only_rose": ["D1 was told 0.060 kWh of S1 and its ticket says 0.050"]
    }


def test_the_auditor_imports_nothing_of_the_code_under_test() -> None:
    imported: set[str] = set()
    for path in AUDIT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    ours = {"central", "charging_point", "common", "deploy", "driver"}
    assert {name for name in imported if name.partition(".")[0] in ours} == set()
    assert {name for name in imported if name.startswith("tests")} == {"tests.faults.audit.history"}
