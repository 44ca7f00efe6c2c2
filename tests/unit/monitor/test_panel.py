"""Monitor's panel: what its keys do, and what it shows of its state, at every size and in both languages."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from rich.cells import cell_len

from charging_point.console.panel import Panel
from charging_point.dialogue import Dialogue, Told
from charging_point.monitor import keys, lines
from charging_point.monitor.console import MonitorPicture
from common.clock import Moment
from common.errors import ErrorCode
from common.messages import (
    ChargeCompletionAck,
    CommandResponse,
    LocalStartRequest,
    LocalStartResponse,
    RegisterResponse,
    StartChargingCommand,
)
from common.net.address import Address
from common.ui.notes import Note, Notes
from common.ui.terminal import Size
from common.words import Language, speak, spoken
from tests.acting import SIZES, press, screen
from tests.unit.monitor.conftest import Rig, answer, completion, reading, start_command


class End:
    """What a dialer says of its link."""

    def __init__(self, port: int) -> None:
        self.address = Address("127.0.0.1", port)
        self.link: object = self
        self.waiting_s: float | None = None
        self.next_try_at: float | None = None
        self.lost_at: float | None = None
        self.why_not: str | None = None
        self.heard_at: float | None = None

    def lose(self, now: Moment, *, wait_s: float, why: str | None = None) -> None:
        self.link, self.lost_at, self.why_not = None, now.mono, why
        self.waiting_s, self.next_try_at = wait_s, now.mono + wait_s


class Played:
    """A panel over the pure core: no terminal, no sockets."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.lines: list[str] = []
        self.left = False
        self.engine, self.central = End(6000), End(5000)
        self.notes = Notes()
        dialogue = Dialogue(keys.orders(rig.watch), obey=self._obey, leave=self._leave)
        picture = MonitorPicture(rig.watch, engine=self.engine, central=self.central, clock=rig.clock)
        self.dialogue = dialogue
        self.panel = Panel(picture, dialogue, self.notes, rig.clock)

    def _obey(self, line: str) -> str:
        self.lines.append(line)
        return lines.obey(line, self.rig.watch, self.rig.clock.now())[0]

    def _leave(self) -> None:
        self.left = True

    def type(self, *names: str) -> "Played":
        press(self.panel, *names)
        return self

    def shown(self, size: Size = SIZES[-2]) -> list[str]:
        return screen(self.panel, size)

    def rows(self, first: int, last: int) -> list[str]:
        return [" ".join(line.strip(" │").split()) for line in self.shown()[first:last]]


@pytest.fixture(params=list(Language))
def _in_each_language(request: pytest.FixtureRequest) -> Iterator[None]:
    before = spoken()
    speak(request.param)
    yield
    speak(before)


def test_keys_make_and_end_faults_with_the_lines_of_standard_input(joined: Rig) -> None:
    played = Played(joined)
    played.type("r", "f", "8", "it is red", "enter", "r", "f", "9", "smoke", "enter", "enter")
    assert played.lines == ["recover", "fault emergency_stop it is red", "recover", "fault smoke"]
    assert played.dialogue.told == Told("fault smoke", "ok: CP1 has the fault smoke")
    assert played.type("q").left


def test_links_say_what_was_heard_when_and_how_they_are_kept_alive(joined: Rig) -> None:
    played = Played(joined)
    played.central.heard_at = played.engine.heard_at = joined.clock.now().mono
    joined.clock.advance(12)
    assert played.rows(2, 6) == [
        "Central 127.0.0.1:5000 registered heard 12 s ago",
        "heartbeat every 30 s, answered 12 s ago, lost after 1 min 30 s",
        "Engine 127.0.0.1:6000 linked heard 12 s ago",
        "health check every 30 s, answered 12 s ago, lost after 1 min 30 s",
    ]


def test_a_lost_link_says_since_when_why_and_when_the_next_try_comes(joined: Rig) -> None:
    played = Played(joined)
    joined.central_lost()
    played.central.lose(joined.clock.now(), wait_s=8.4, why="Connection refused")
    joined.clock.advance(5)
    assert played.rows(2, 4) == [
        "Central 127.0.0.1:5000 away lost 5 s ago not heard yet",
        "next try in 4 s (back-off 8.4 s) Connection refused",
    ]
    assert "Monitor  CP1  DISCONNECTED" in played.shown()[0]


def test_a_refusal_of_central_is_told_until_it_accepts_the_point(rig: Rig) -> None:
    played = Played(rig)
    assert "waits for Engine first" in played.rows(2, 3)[0]
    rig.link_engine()
    rig.central_up()
    refused = RegisterResponse(
        message_id=rig.sent_id(), status="failure", error=ErrorCode.UNKNOWN_CP, message="CP1 is not enrolled."
    )
    assert "asks to be let in" in played.rows(2, 3)[0]
    rig.central(refused)
    played.central.lose(rig.clock.now(), wait_s=1)
    told = "next try in 1 s (back-off 1.0 s) Central refuses to register CP1: CP1 is not enrolled."
    assert played.rows(3, 4) == [told]
    rig.register()
    assert played.rows(3, 4)[0].startswith("heartbeat every 30 s")
    rig.central_lost()
    assert played.rows(3, 4) == ["next try in 1 s (back-off 1.0 s)"]


def test_a_refusal_of_engine_is_told_until_it_takes_a_greeting(rig: Rig) -> None:
    played = Played(rig)
    rig.engine_up()
    assert "greets" in played.rows(4, 5)[0]
    rig.engine(CommandResponse(message_id=rig.sent_id(), status="failure", message="This Engine is CP2."))
    played.engine.lose(rig.clock.now(), wait_s=1)
    told = "next try in 1 s (back-off 1.0 s) Engine refuses to serve CP1: This Engine is CP2."
    assert played.rows(5, 6) == [told]
    rig.link_engine()
    rig.engine_lost()
    assert played.rows(5, 6) == ["next try in 1 s (back-off 1.0 s)"]


def test_a_session_shows_the_figures_of_engine_and_then_its_account(joined: Rig) -> None:
    played = Played(joined)
    command = start_command()
    joined.central(command.model_copy(update={"energy_limit_kwh": Decimal(3)}))
    joined.engine(answer())
    joined.engine(reading())
    assert played.rows(7, 11)[0].startswith("╭─ Session S1 ─")
    assert played.rows(8, 10) == [
        f"Driver D1 Since {played.rows(8, 9)[0].split(' ')[3]} Price 0.30",
        "Energy 1.500 kWh Cost 0.45 Power 22.0 kW",
    ]
    assert played.rows(10, 11)[0].endswith("1.500 of 3.000 kWh")
    joined.engine(completion())
    assert played.rows(9, 10)[0].startswith("The last account 2.500 kWh 0.75 stopped by the driver")
    assert played.rows(9, 10)[0].endswith("Central has not acknowledged it yet")
    joined.central(ChargeCompletionAck(message_id="a", cp_id="CP1", session_id="S1"))
    assert played.rows(9, 10)[0].endswith("S1")


def test_a_session_begun_at_the_point_shows_its_driver_too(joined: Rig) -> None:
    joined.engine(LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D7"))
    joined.central(
        LocalStartResponse(message_id="l1", status="success", session_id="S7", price_per_kwh=Decimal("0.25"))
    )
    joined.engine(reading("S7"))
    assert Played(joined).rows(8, 9)[0].startswith("Driver D7 Since ")


def test_a_session_that_began_before_monitor_did_shows_what_is_known(joined: Rig) -> None:
    joined.engine(reading("S9"))
    assert Played(joined).rows(8, 9)[0].startswith("Driver unknown Since ")


def test_faults_tell_when_they_began_and_ended_and_who_found_them(joined: Rig) -> None:
    played = Played(joined)
    played.type("f", "1", "enter", "r", "f", "2", "enter")
    began, *_ = played.rows(13, 14)[0].split(" ")
    assert played.rows(13, 16) == [
        f"{began} over_current still there operator",
        f"{began} ground_failure recovered {began} operator",
        "",
    ]


@pytest.mark.usefixtures("_in_each_language")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("typed", ["", "?", "f", "f9"])
def test_every_line_fits_at_every_size(joined: Rig, size: Size, typed: str) -> None:
    joined.central(StartChargingCommand.model_validate(start_command().model_dump() | {"driver_id": "D" * 36}))
    joined.engine(answer())
    joined.engine(reading())
    played = Played(joined)
    played.type("f", "9", "烟雾", "enter", "很多烟" * 40, "enter")
    played.notes.kept.append(Note(joined.clock.now().wall, "\x1b[2J\r\n" * 50, level="ERROR"))
    played.central.lose(joined.clock.now(), wait_s=3, why="充" * 200)
    shown = played.type(*([typed] if typed else [])).shown(size)
    assert len(shown) == size.lines
    assert max(cell_len(line) for line in shown) <= size.columns
    if size.columns >= 76:
        assert {cell_len(line) for line in shown if line.startswith(("│", "╭", "╰"))} == {size.columns}
    assert not any(mark in "".join(shown) for mark in "\x1b\r")
