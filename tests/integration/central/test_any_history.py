"""
Whole histories against a real Central on a socket and its topics: monitors, engines, drivers, operators and strangers, honest
and not, in any order. What must hold is the ledger's (ledger.py); hypothesis looks for a history in which it does not.

The same histories each time here; `--hypothesis-profile=long` looks for new ones.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from central.store.engine import open_database
from common.routes import Role, Topic
from tests.integration.central.any_message import DRIVERS, GUESSED, MESSAGE_IDS, POINTS, any_message, twisted
from tests.integration.central.conftest import START, Network
from tests.integration.central.crowd import Guest, frame
from tests.integration.central.ledger import Row
from tests.integration.central.world import World

TOPICS = (
    Topic.CHARGE_REQUESTS,
    Topic.STOP_REQUESTS,
    Topic.CPS_REQUESTS,
    Topic.SESSION_DATA,
    Topic.SESSION_COMPLETE,
    Topic.CENTRAL_COMMANDS,
)
points, drivers, ids = st.sampled_from(POINTS), st.sampled_from(DRIVERS), st.sampled_from(MESSAGE_IDS)
choices = st.integers(0, 30)
energies = st.integers(0, 40_000).map(lambda watt_hours: watt_hours / 1000)
prices = st.integers(0, 20_000).map(lambda ten_thousandths: ten_thousandths / 10_000)
lines = (any_message() | twisted()).map(frame) | st.binary(max_size=60).map(
    lambda raw: raw.replace(b"\n", b" ") + b"\n"
)


class AnyHistory(RuleBasedStateMachine):
    #: A database with nothing but its schema.
    template: ClassVar[Path]
    guests: Bundle[Guest] = Bundle("guests")
    said: Bundle[bytes] = Bundle("said")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="any-history-")
        folder = Path(self.folder.name)
        shutil.copy(self.template, folder / "central.db")
        self.world = self.new_world(folder, f"sqlite:///{folder / 'central.db'}")
        self.do(self.world.start())

    def new_world(self, folder: Path, database: str) -> World:
        return World(Network(folder, database))

    def do(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(step)

    def say(self, guest: Guest, **fields: Any) -> bytes:
        line = frame(fields)
        self.do(self.world.say(guest, line))
        return line

    def teardown(self) -> None:
        try:
            self.do(self.world.come_to_rest())
        finally:
            self.do(self.world.stop())
            self.runner.close()
            self.folder.cleanup()

    # -- who is there

    @initialize(target=guests, price=prices)
    def open_for_business(self, price: float) -> Any:
        """A Monitor with its point, a driver and an operator, so that something happens at all."""
        some = [self.do(self.world.newcomer()) for _ in range(3)]
        for cp_id in POINTS[:2]:
            self.say(some[0], **joins(cp_id, "r", price))
        self.say(some[1], type="available_cps_request", message_id="a", driver_id="D1")
        self.say(some[2], type="manual_command", message_id="s", command="stats")
        return multiple(*some)

    @rule(target=guests)
    def a_stranger_comes(self) -> Guest:
        return self.do(self.world.newcomer())  # type: ignore[no-any-return]  # what `do` runs says it

    @rule(guest=consumes(guests), politely=st.booleans())
    def a_link_is_cut(self, guest: Guest, politely: bool) -> None:
        self.do(self.world.lose(guest, politely=politely))

    @rule(seconds=st.sampled_from([1.0, 5.0, 11.0, 13.0, 91.0]))
    def time_passes(self, seconds: float) -> None:
        self.do(self.world.pass_time(seconds))

    # -- honest people

    @rule(target=said, guest=guests, cp_id=points, message_id=ids, price=prices)
    def a_pointjoins(self, guest: Guest, cp_id: str, message_id: str, price: float) -> bytes:
        return self.say(guest, **joins(cp_id, message_id, price))

    @rule(target=said, which=choices, cp_id=points, driver_id=drivers, message_id=ids)
    def a_driver_asks(self, which: int, cp_id: str, driver_id: str, message_id: str) -> bytes:
        guest = self.world.some(Role.DRIVER, which)
        return self.say(guest, type="charge_request", message_id=message_id, cp_id=cp_id, driver_id=driver_id)

    @rule(target=said, cp_id=points, driver_id=drivers, message_id=ids)
    def a_driver_asks_over_kafka(self, cp_id: str, driver_id: str, message_id: str) -> bytes:
        line = frame({"type": "charge_request", "message_id": message_id, "cp_id": cp_id, "driver_id": driver_id})
        self.do(self.world.produce(Topic.CHARGE_REQUESTS, driver_id, line[:-1]))
        return line

    @rule(target=said, which=choices, driver_id=drivers, cp_id=points, message_id=ids)
    def somebody_shows_a_card(self, which: int, driver_id: str, cp_id: str, message_id: str) -> bytes:
        guest = self.world.owners.get(cp_id) or self.world.some(Role.MONITOR, which)
        return self.say(guest, type="local_start_request", message_id=message_id, cp_id=cp_id, driver_id=driver_id)

    @precondition(lambda self: any(guest.starts for guest in self.world.guests))
    @rule(status=st.sampled_from(["success", "success", "failure"]))
    def an_engine_answers(self, status: str) -> None:
        guest = next(guest for guest in self.world.guests if guest.starts)
        start = guest.starts.pop(0)
        self.say(
            guest, type="command_response", message_id=start.message_id, status=status, session_id=start.session_id
        )

    @precondition(lambda self: self.world.ledger.known)
    @rule(which=choices, energy=energies, after=st.integers(0, 300), over_kafka=st.booleans())
    def an_engine_meters(self, which: int, energy: float, after: int, over_kafka: bool) -> None:
        self._report("charging_data", which, energy, over_kafka, charging_rate=11, timestamp=START + after, relay=True)

    @precondition(lambda self: self.world.ledger.known)
    @rule(target=said, which=choices, energy=energies, over_kafka=st.booleans())
    def an_engine_ends(self, which: int, energy: float, over_kafka: bool) -> bytes:
        return self._report("charge_completion", which, energy, over_kafka, reason="unplugged")

    @rule(cp_id=points, which=choices, message_id=ids, metered=st.lists(energies, min_size=1, max_size=4))
    def a_car_charges(self, cp_id: str, which: int, message_id: str, metered: list[float]) -> None:
        """From the wish to the bill, where nothing stands in the way; readings in any order."""
        guest = self.world.some(Role.DRIVER, which)
        self.say(guest, type="charge_request", message_id=message_id, cp_id=cp_id, driver_id="D1")
        if any(guest.starts for guest in self.world.guests):
            self.an_engine_answers("success")
        mine = [row for row in self.world.ledger.known.values() if (row.cp_id, row.state) == (cp_id, "CHARGING")]
        for after, energy in enumerate(metered if mine else []):
            more = {"charging_rate": 11, "timestamp": START + after, "relay": True}
            self._report("charging_data", which, energy, which % 2 == 0, row=mine[0], **more)
        if mine:
            self._report("charge_completion", which, max(metered), which % 3 == 0, row=mine[0], reason="vehicle_full")

    @precondition(lambda self: self.world.ledger.known)
    @rule(which=choices, energy=energies, liar=points, over_kafka=st.booleans())
    def a_point_lies_of_anothers_session(self, which: int, energy: float, liar: str, over_kafka: bool) -> None:
        row = replace(self._session(which), cp_id=liar)
        self._report("charge_completion", which, energy, over_kafka, row=row, reason="unplugged")

    def _session(self, which: int) -> Row:
        """One that is open, if there is one."""
        rows = list(self.world.ledger.known.values())
        rows = [row for row in rows if row.is_open] or rows
        return rows[which % len(rows)]

    def _report(
        self, tag: str, which: int, energy: float, over_kafka: bool, *, row: Row | None = None, **more: Any
    ) -> bytes:
        row = row or self._session(which)
        fields = {"type": tag, "message_id": f"e{which}", "cp_id": row.cp_id, "session_id": row.session_id, **more}
        line = frame({**fields, "energy_consumed_kwh": energy, "total_cost": 0})
        owner = self.world.owners.get(row.cp_id)
        if over_kafka or owner is None:
            topic = Topic.SESSION_DATA if tag == "charging_data" else Topic.SESSION_COMPLETE
            self.do(self.world.produce(topic, row.cp_id, line[:-1]))
        else:
            self.do(self.world.say(owner, line))
        return line

    @precondition(lambda self: self.world.ledger.known)
    @rule(target=said, which=choices, message_id=ids)
    def a_driver_stops(self, which: int, message_id: str) -> bytes:
        guest, row = self.world.some(Role.DRIVER, which), self._session(which)
        whose = {"cp_id": row.cp_id, "session_id": row.session_id, "driver_id": row.driver_id}
        return self.say(guest, type="stop_charging_request", message_id=message_id, **whose)

    @rule(
        which=choices,
        command=st.sampled_from(["stop_cp", "resume_cp", "set_price", "stop_session"]),
        cp_id=st.sampled_from(["*", *POINTS]),
        session_id=st.sampled_from(GUESSED),
        price=prices,
    )
    def an_operator_commands(self, which: int, command: str, cp_id: str, session_id: str, price: float) -> None:
        guest = self.world.some(Role.ADMIN, which)
        args = {"cp_id": cp_id, "session_id": session_id, "price_per_kwh": price}
        self.say(guest, type="manual_command", message_id="order", command=command, args=args)

    # -- others

    @rule(guest=guests, data=st.data())
    def somebody_says_what_it_may(self, guest: Guest, data: st.DataObject) -> None:
        self.do(self.world.say(guest, frame(data.draw(any_message(guest.role)))))

    @rule(target=said, guest=guests, line=lines)
    def somebody_says_anything(self, guest: Guest, line: bytes) -> bytes:
        self.do(self.world.say(guest, line))
        return line

    @rule(guest=guests, line=said)
    def somebody_says_it_again(self, guest: Guest, line: bytes) -> None:
        self.do(self.world.say(guest, line))

    @rule(guest=guests, line=lines)
    def somebody_says_half_of_it(self, guest: Guest, line: bytes) -> None:
        guest.write_half(line)
        self.do(self.world.quiet())

    @rule(topic=st.sampled_from(TOPICS), key=points | drivers, line=lines | said)
    def somebody_writes_anything_to_kafka(self, topic: Topic, key: str, line: bytes) -> None:
        self.do(self.world.produce(topic, key, line.rstrip(b"\n")))


def joins(cp_id: str, message_id: str, price: float) -> dict[str, Any]:
    whose = {"type": "register_request", "message_id": message_id, "cp_id": cp_id}
    return {**whose, "max_charging_rate_kw": 22, "price_per_kwh": price}


IN_CI = settings(
    max_examples=40,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1800)
def test_no_history_breaks_what_must_hold(tmp_path: Path) -> None:
    AnyHistory.template = tmp_path / "template.db"
    open_database(f"sqlite:///{AnyHistory.template}").dispose()
    is_long = settings.get_current_profile_name() == "long"
    run_state_machine_as_test(AnyHistory, settings=settings() if is_long else IN_CI)
