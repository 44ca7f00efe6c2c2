"""Random histories: whatever is commanded and whatever happens, the accounts stay right."""

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from charging_point.engine.effects import Answer, Effect, Publish, ToMonitor, WriteJournal
from charging_point.engine.ledger import Entry, SessionFinished, SessionMetered, SessionStarted
from common.messages import (
    ChargeCompletion,
    ChargeCompletionAck,
    ChargingData,
    CommandResponse,
    ConnectionFailed,
    ConnectionLost,
    LocalStartRequest,
    LocalStartResponse,
    Message,
    ResumeCpCommand,
    StopCpCommand,
)
from common.money import cost, watt_hours
from tests.unit.engine.conftest import Rig, init, start, stop

PRICE = Decimal("0.5")
SESSIONS = st.sampled_from(["s1", "s2", "s3", "s4", "s5", "s6"])
EVENTS = st.sampled_from(
    ["plug", "unplug", "swipe D1", "swipe D2 0.05", "stop", "fault x", "recover", "battery 80", "soc 99.9", "soc 10"]
)


class Witness:
    """Sees every effect in order and holds the Engine to its word."""

    def __init__(self) -> None:
        self.started: set[str] = set()
        self.metered_wh: dict[str, int] = {}
        self.told_wh: dict[str, int] = {}
        self.accounts: dict[str, ChargeCompletion] = {}
        self.told_accounts: set[str] = set()
        self.starts: dict[str, str] = {}
        self.questions: list[str] = []

    def see(self, effect: Effect) -> None:
        match effect:
            case WriteJournal(entry=entry):
                self._written(entry)
            case Publish(message=message) | ToMonitor(message=message) | Answer(message=message):
                self._told(message)

    def _written(self, entry: Entry) -> None:
        match entry:
            case SessionStarted():
                assert entry.session_id not in self.started | self.accounts.keys(), "a session runs once"
                assert self.started <= self.accounts.keys(), "one session at a time is open"
                self.started.add(entry.session_id)
            case SessionMetered():
                assert entry.energy_wh >= self.metered_wh.get(entry.session_id, 0), "energy never falls"
                self.metered_wh[entry.session_id] = entry.energy_wh
            case SessionFinished(completion=account):
                assert self.accounts.setdefault(account.session_id, account) == account, "one account a session"

    def _told(self, message: Message) -> None:
        match message:
            case ChargingData():
                self._told_reading(message)
            case ChargeCompletion():
                assert self.accounts.get(message.session_id) == message, "an account is journaled before it is told"
                assert watt_hours(message.energy_consumed_kwh) >= self.told_wh.get(message.session_id, 0)
                self.told_accounts.add(message.session_id)
            case CommandResponse() if message.succeeded and message.message_id in self.starts:
                assert self.starts[message.message_id] in self.started, "a start is journaled before it is accepted"
            case LocalStartRequest():
                self.questions.append(message.message_id)

    def _told_reading(self, reading: ChargingData) -> None:
        session_id, energy_wh = reading.session_id, watt_hours(reading.energy_consumed_kwh)
        assert session_id not in self.accounts, "nothing is metered after the account"
        assert energy_wh <= self.metered_wh.get(session_id, 0), "a reading is journaled before it is told"
        assert energy_wh >= self.told_wh.get(session_id, 0), "energy never falls"
        assert reading.total_cost == cost(energy_wh, PRICE)
        self.told_wh[session_id] = energy_wh


class AnyHistory(RuleBasedStateMachine):
    """Central, Monitor, driver, disk and power around one Engine."""

    def __init__(self) -> None:
        super().__init__()
        self.witness = Witness()
        self.opened: set[str] = set()
        self.commands = 0
        self.rig = Rig()
        self.seen = 0
        self.rig.hear(init())

    @invariant()
    def the_engine_keeps_its_word(self) -> None:
        for effect in self.rig.done[self.seen :]:
            self.witness.see(effect)
        self.seen = len(self.rig.done)

    @rule(session_id=SESSIONS, limit=st.sampled_from([None, "0", "0.015", "1"]))
    def start_charging(self, session_id: str, limit: str | None) -> None:
        self.commands += 1
        self.witness.starts[f"c{self.commands}"] = session_id
        self.rig.hear(start(session_id, message_id=f"c{self.commands}", limit=limit))

    @rule(session_id=SESSIONS)
    def stop_charging(self, session_id: str) -> None:
        self.rig.hear(stop(session_id))

    @rule()
    def stop_cp(self) -> None:
        self.rig.hear(StopCpCommand(message_id="x", cp_id="CP1", reason="repair"))

    @rule()
    def resume_cp(self) -> None:
        self.rig.hear(ResumeCpCommand(message_id="x", cp_id="CP1"))

    @rule(line=EVENTS)
    def happen(self, line: str) -> None:
        self.rig.line(line)

    @rule(seconds=st.sampled_from([0.01, 0.5, 1.0, 3.3, 12.0, 70.0]))
    def wait(self, seconds: float) -> None:
        self.rig.after(seconds)

    @rule(number=st.integers(0, 20))
    def agree_to_swipe(self, number: int) -> None:
        if self.witness.questions:
            asked = self.witness.questions[number % len(self.witness.questions)]
            session_id = f"at-{self.witness.questions.index(asked)}-{asked}"
            self.opened.add(session_id)
            self.rig.hear(
                LocalStartResponse(message_id=asked, status="success", session_id=session_id, price_per_kwh=PRICE)
            )

    @rule()
    def acknowledge(self) -> None:
        for session_id in sorted(self.witness.told_accounts):
            self.rig.hear(ChargeCompletionAck(message_id="a", cp_id="CP1", session_id=session_id))

    @rule()
    def reconnect(self) -> None:
        self.rig.hear(ConnectionLost(message_id="e", peer="x"))
        self.rig.hear(init())

    @rule()
    def lose_kafka(self) -> None:
        self.rig.hear(ConnectionFailed(message_id="e", peer="Kafka"))

    @rule()
    def find_kafka(self) -> None:
        self.rig.do(self.rig.point.note_kafka(self.rig.clock.now(), is_up=True))

    @rule(full=st.booleans())
    def fill_disk(self, full: bool) -> None:
        self.rig.disk_is_full = full

    @rule()
    def crash(self) -> None:
        self.the_engine_keeps_its_word()
        # What was neither begun nor accounted for in the journal is not known any more; it was not told either.
        self.opened &= self.witness.started | self.witness.accounts.keys()
        self.rig, self.seen = Rig(self.rig.ledger), 0
        self.the_engine_keeps_its_word()
        self.rig.hear(init())

    def teardown(self) -> None:
        """In the end, once the disk has room, every session that was begun or opened has its one account, told."""
        self.rig.disk_is_full = False
        self.rig.do(self.rig.point.shut_down(self.rig.clock.now()))
        self.the_engine_keeps_its_word()
        assert self.witness.started | self.opened <= self.witness.accounts.keys()
        assert self.witness.told_accounts == self.witness.accounts.keys()
        assert self.rig.ledger.open is None


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
