"""Every screen of the app fits every terminal, in both languages; what stands on it is what is known."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from rich.cells import cell_len

from common.clock import Moment
from common.messages import ChargingStatusUpdate, PointStatus
from common.ui.notes import Note, Notes
from common.ui.stage import render
from common.ui.terminal import Size
from common.words import Language, speak, spoken
from driver.console.app import AppScreen
from driver.console.frame import pad, wrapped
from driver.events import Output
from driver.ways import Way, Ways
from tests.unit.driver.conftest import books, completion, past, reading
from tests.unit.driver.phone import Phone, listed, point

SIZES = [Size(80, 24), Size(100, 30), Size(200, 60), Size(20, 5), Size(1, 1)]
OPEN = Ways(Way(is_open=True), Way(is_open=True))
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(params=list(Language))
def language(request: pytest.FixtureRequest) -> Iterator[Language]:
    before = spoken()
    speak(request.param)
    yield request.param
    speak(before)


class Driving:
    """Stands for the runtime: the ways are as the test says."""

    def __init__(self, phone: Phone, ways: Ways) -> None:
        self._phone = phone
        self.ways = ways

    def do(self, wish: Callable[[Moment], list[Output]]) -> None:
        self._phone.rig.do(wish(self._phone.rig.now))


def look(phone: Phone, size: Size = SIZES[0], ways: Ways = OPEN, notes: Notes | None = None) -> list[str]:
    """The screen without its colours."""
    screen = AppScreen(notes or Notes(), phone.rig.clock)
    screen.open(phone.app, Driving(phone, ways))
    return [_ANSI.sub("", line).rstrip() for line in render(screen.draw(size), size)]


def text(lines: list[str]) -> str:
    return "\n".join(lines)


def at_points(phone: Phone) -> None:
    phone.begin()


def at_a_filter_that_fits_nothing(phone: Phone) -> None:
    phone.begin().press("/")
    phone.type("CP77")


def at_the_limit(phone: Phone) -> None:
    phone.begin().press("enter")
    phone.type("0")
    phone.press("enter")


def at_the_charge(phone: Phone) -> None:
    phone.begin().charge()
    for energy in ("0.1", "0.2", "1.999"):
        phone.rig.clock.advance(1)
        phone.hear(reading(energy))


def at_the_stop(phone: Phone) -> None:
    at_the_charge(phone)
    phone.press("s")


def at_the_quit(phone: Phone) -> None:
    at_the_charge(phone)
    phone.press("q")


def at_the_ticket(phone: Phone) -> None:
    at_the_charge(phone)
    phone.hear(completion())
    phone.hear(books("m4", past()))


def at_the_history(phone: Phone) -> None:
    phone.begin()
    (page,) = phone.press("h")
    phone.hear(books(page.message_id, past("1", ended=False), past(session_id="S0")))


def at_help(phone: Phone) -> None:
    phone.begin().press("?")


def before_anything(phone: Phone) -> None:
    phone.rig.begin()


SCREENS = [
    before_anything,
    at_points,
    at_a_filter_that_fits_nothing,
    at_the_limit,
    at_the_charge,
    at_the_stop,
    at_the_quit,
    at_the_ticket,
    at_the_history,
    at_help,
]


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.columns}x{size.lines}")
@pytest.mark.parametrize("arrive", SCREENS)
def test_every_screen_fits_and_its_boxes_close(arrive: Callable[[Phone], None], size: Size) -> None:
    phone = Phone()
    arrive(phone)
    lines = look(phone, size)
    assert len(lines) == size.lines
    assert [line for line in lines if cell_len(line) > size.columns] == []
    if size.columns >= 80:
        assert {cell_len(line) for line in lines if line.strip()[:1] in {"│", "├", "└", "┌"}} in (set(), {box(size)})


def box(size: Size) -> int:
    """Where a ticket ends that stands in the middle."""
    return (size.columns - 62) // 2 + 62


def test_what_is_lost_is_told_with_its_time_and_the_next_try() -> None:
    phone = Phone()
    at_the_charge(phone)
    mono = phone.rig.now.mono
    ways = Ways(Way(is_open=False, lost_at=mono - 12, next_try_at=mono + 3.4), Way(is_open=False, lost_at=mono - 130))
    phone.rig.clock.advance(0)
    assert look(phone, SIZES[1], ways)[0].endswith(
        "Central lost 12 s ago, next try in 3 s  Kafka lost 2 min ago, trying on"
    )
    phone.rig.clock.advance(10)
    lines = look(phone, SIZES[1], ways)
    assert lines[-2].startswith(" Out of touch. The charge goes on at the point")
    assert "figures as told 10 s ago" in text(lines)


def test_the_way_that_was_not_told_of_is_not_shown_and_the_first_try_is_no_loss() -> None:
    phone = Phone().begin()
    assert look(phone, ways=Ways(Way(is_open=False)))[0].split("  ")[-1].strip() == "Connecting to Central"
    assert look(phone, ways=Ways(kafka=Way(is_open=False)))[0].split("  ")[-1].strip() == "Kafka starting"


def test_a_charge_without_readings_says_what_is_not_known() -> None:
    phone = Phone().begin(books("m2", past("1.5", ended=False)))
    lines = text(look(phone))
    assert "unknown" in lines
    assert "nobody has said yet how far it is" in lines
    assert "No live readings: Central's books are asked instead." in lines


def test_a_point_that_is_not_charging_while_its_session_is_open_is_named() -> None:
    phone = Phone()
    at_the_charge(phone)
    faulty = ChargingStatusUpdate(
        message_id="u", session_id="S1", cp_id="CP1", driver_id="D1", status=PointStatus.FAULTY, progress=5
    )
    phone.hear(faulty)
    assert "FAULTY" in text(look(phone))


def test_the_stop_that_was_asked_for_and_the_end_are_told() -> None:
    phone = Phone()
    at_the_stop(phone)
    assert "Stop the charge at CP1?" in text(look(phone))
    phone.press("y")
    assert "being stopped" in look(phone)[2]
    phone.hear(completion())
    assert "ended; the ticket is being written" in look(phone)[2]


def test_prices_stand_under_each_other_by_their_points() -> None:
    phone = Phone()
    phone.rig.begin()
    cheap, dear = point("CP1"), point("CP2").model_copy(update={"price_per_kwh": Decimal("12.3456")})
    phone.hear(listed("m1", cheap, dear))
    lines = look(phone)
    places = {line.index(".") for line in lines if line[2:5] in {"CP1", "CP2"}}
    assert len(places) == 1


def test_the_log_stands_below_the_keys_where_there_is_room() -> None:
    phone, notes = Phone().begin(), Notes()
    notes.kept.append(Note(at=0, level="WARNING", text="The link\u202eended.", ids={}))
    phone.press("?")
    assert "The link ended." in text(look(phone, SIZES[1], notes=notes))
    assert "The link" not in text(look(phone, SIZES[0], notes=notes))


def test_the_curve_of_the_power_rises_from_the_left() -> None:
    phone = Phone().begin().charge()
    for second, rate in enumerate((0, 5.5, 11, 16.5, 22)):
        phone.rig.clock.advance(1)
        phone.hear(reading(f"0.00{second}").model_copy(update={"charging_rate": rate}))
    lines = look(phone)
    place = next(number for number, line in enumerate(lines) if "Power, the last 5 readings; most 22.0 kW" in line)
    assert lines[place + 1 : place + 7] == ["     █", "    ▄█", "    ██", "   ███", "  ▄███", "  ████"]


def test_words_wrap_at_spaces_and_chinese_anywhere() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("充电会继续", 6) == ["充电会", "继续"]
    assert wrapped("averyveryverylongword", 8) == ["averyve…"]
    assert (pad("充电", 6), pad("充电", 3), pad("a", 3, right=True)) == ("充电  ", "充…", "  a")
