"""Engine's panel: what its keys do, and what it shows of its state, at every size and in both languages."""

from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from charging_point.console.panel import Panel
from charging_point.dialogue import Dialogue, Told
from charging_point.engine import keys
from charging_point.engine.console import EnginePicture
from charging_point.engine.effects import Tell
from charging_point.engine.runtime import KafkaState
from common.messages import LocalStartRequest, LocalStartResponse
from common.net.address import Address
from common.ui.notes import Note, Notes
from common.ui.terminal import Size
from common.words import Language, speak, spoken
from common.words.panels import FAULT_TYPES
from tests.acting import SIZES, USUAL, press, screen
from tests.unit.engine.conftest import Rig, start, told


class Played:
    """A panel over the pure core: no terminal, no sockets."""

    def __init__(self, rig: Rig, *, kafka: KafkaState = KafkaState.TAKES) -> None:
        self.rig = rig
        self.lines: list[str] = []
        self.left = False
        self.notes = Notes()
        self.dialogue = Dialogue(
            keys.orders(rig.point), obey=self._obey, leave=self._leave, sure=lambda: keys.sure(rig.point)
        )
        self.heard_at: float | None = rig.clock.now().mono
        picture = EnginePicture(
            rig.point,
            journal="engine-6000.journal",
            kafka=lambda: kafka,
            address=Address("127.0.0.1", 6000),
            monitor_heard_at=lambda: self.heard_at,
            clock=rig.clock,
        )
        self.panel = Panel(picture, self.dialogue, self.notes, rig.clock)

    def _obey(self, line: str) -> str:
        self.lines.append(line)
        (answer,) = told(self.rig.line(line))
        assert isinstance(answer, Tell)
        return f"{'ok' if answer.ok else 'error'}: {answer.text}"

    def _leave(self) -> None:
        self.left = True

    def type(self, *names: str) -> "Played":
        press(self.panel, *names)
        return self

    def shown(self, size: Size = USUAL) -> list[str]:
        return screen(self.panel, size)

    def line_of(self, words: str, size: Size = USUAL) -> str:
        return next(line for line in self.shown(size) if words in line)


@pytest.fixture
def played(rig: Rig) -> Played:
    return Played(rig)


@pytest.fixture(params=list(Language))
def _in_each_language(request: pytest.FixtureRequest) -> Iterator[None]:
    before = spoken()
    speak(request.param)
    yield
    speak(before)


def test_a_key_is_its_line_and_the_answer_stands_on_the_screen(played: Played) -> None:
    played.type("u", "p", "x", "r")
    assert played.lines == ["unplug", "plug", "stop", "recover"]
    assert played.dialogue.told == Told("recover", "error: there is no fault to recover from")
    assert " recover  error: there is no fault to recover from" in played.shown()[21]


def test_a_swipe_asks_for_the_driver_and_a_limit_that_may_be_left_out(rig: Rig, played: Played) -> None:
    rig.linked()
    played.type("s")
    assert "Driver id: " in played.shown()[21]
    played.type("enter", "D7", "enter", "2.5", "enter")  # an empty id is not taken
    request = next(effect.message for effect in reversed(rig.done) if hasattr(effect, "message"))
    assert isinstance(request, LocalStartRequest)
    rig.hear(LocalStartResponse(message_id=request.message_id, status="failure", message="No."))
    played.type("s", "up", "enter", "enter")  # the driver of before, no limit
    assert played.lines == ["swipe D7 2.5", "swipe D7"]


def test_a_fault_is_chosen_by_digit_by_arrows_or_in_own_words(played: Played) -> None:
    played.type("f", "2", "r", "f", "down", "down", "enter", "r", "f", "up", "enter", "door is open", "enter")
    assert played.lines == [
        "fault over_current", "recover", "fault over_voltage", "recover", "fault door is open",
    ]  # fmt: skip
    assert played.rig.point.fault == "door is open"


def test_the_list_of_faults_stands_on_the_screen_and_escape_leaves_it(played: Played) -> None:
    played.type("f")
    listed = [line.strip(" │").split("  ")[:2] for line in played.shown()[11:19]]
    assert listed == [[str(number), name] for number, name in enumerate(FAULT_TYPES, start=1)]
    played.type("escape")
    assert not any("ground_failure" in line for line in played.shown())
    assert played.lines == []


def test_battery_and_charge_ask_for_a_number_and_a_wrong_one_is_answered(played: Played) -> None:
    played.type("b", "80", "enter", "c", "50", "enter", "c", "lots", "enter")
    assert played.lines == ["battery 80", "soc 50", "soc lots"]
    assert played.dialogue.told == Told(
        "soc lots", "error: PERCENT must be a number from 0 to 100; say it so: soc PERCENT"
    )
    assert "50.0 % of 80 kWh" in played.line_of("Battery")


@pytest.mark.parametrize("size", [Size(80, 24), Size(60, 16)])
def test_help_names_every_key_and_any_key_ends_it(played: Played, size: Size) -> None:
    shown = [line.strip(" │").split(" ")[0] for line in played.type("?").shown(size)]
    first = shown.index("p")
    assert shown[first : first + 11] == ["p", "u", "s", "x", "f", "r", "b", "c", "?", "q", "F12"]
    played.type("z")
    assert not played.dialogue.shows_help
    played.type("f1", "u")
    assert (played.dialogue.shows_help, played.lines) == (False, ["unplug"])


def test_leaving_asks_first_while_a_charge_runs(rig: Rig, played: Played) -> None:
    rig.charging()
    played.type("q")
    assert "A charge is running and would end. Leave?" in played.shown()[21]
    played.type("n")
    assert (played.left, played.lines) == (False, [])
    played.type("q", "y")
    assert played.left


def test_leaving_an_idle_point_asks_nothing(played: Played) -> None:
    assert played.type("q").left


def test_a_charge_is_shown_in_the_figures_of_its_account(rig: Rig, played: Played) -> None:
    rig.charging(limit="10")
    rig.after(100)
    assert "Energy     1.000 kWh" in played.line_of("Energy")
    assert ("0.50" in played.line_of("Cost"), "36.0 kW" in played.line_of("Power")) == (True, True)
    assert "15 min 00 s  to the energy limit" in played.line_of("Time left")
    assert "21.7 % of 60 kWh" in played.line_of("Battery")
    assert "1.000 of 10.000 kWh" in played.line_of("Limit")
    rig.line("stop")
    assert "The last account  1.000 kWh  0.50  stopped by the driver" in played.line_of("The last account")
    assert "Central has not acknowledged it yet" in played.line_of("The last account", Size(120, 30))
    assert "accounts: 1, again in 5 s" in played.line_of("Owed")


def test_a_start_that_waits_for_its_plug_says_for_whom_and_how_long() -> None:
    rig = Rig(plugged=False).linked()
    rig.hear(start())
    rig.after(15)
    assert "Waits for the plug of D1: 45 s left." in Played(rig).line_of("Waits")


def test_what_is_wrong_is_said_in_words(rig: Rig) -> None:
    rig.line("fault smoke")
    rig.disk_is_full = True
    rig.do(rig.point.leave_service(rig.clock.now()))
    shown = "\n".join(Played(rig, kafka=KafkaState.NONE).shown(Size(120, 30)))
    for words in ("FAULTY  smoke", "away, heard now", "none; Monitor relays", "CANNOT BE WRITTEN"):
        assert words in shown


@pytest.mark.parametrize(
    ("kafka", "told"),
    [
        (KafkaState.NONE, "none; Monitor relays"),
        (KafkaState.UNTRIED, "nothing sent yet"),
        (KafkaState.TAKES, "takes readings"),
        (KafkaState.AWAY, "away; Monitor relays"),
    ],
)
def test_kafka_is_told_as_it_is(rig: Rig, kafka: KafkaState, told: str) -> None:
    assert f"Kafka    {told} " in Played(rig, kafka=kafka).line_of("Kafka")


@pytest.mark.usefixtures("_in_each_language")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("typed", ["", "?", "f", "s", "q"])
def test_every_line_fits_at_every_size(rig: Rig, size: Size, typed: str) -> None:
    rig.charging(limit="100")
    rig.after(700)
    played = Played(rig)
    played.notes.kept.append(Note(rig.clock.now().wall, "\x1b[2J充电" * 50, level="WARNING"))
    played.type(*([typed] if typed else []))
    shown = played.shown(size)
    assert len(shown) == size.lines
    assert max(cell_len(line) for line in shown) <= size.columns
    if size.columns >= 76:  # with frames, every row of a frame is as wide as the screen
        assert {cell_len(line) for line in shown if line.startswith(("│", "╭", "╰"))} == {size.columns}
    assert "\x1b" not in "".join(shown)
