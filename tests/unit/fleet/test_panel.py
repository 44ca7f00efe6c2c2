"""The board of a fleet: what it shows, at every size and in both languages; and what is said without one."""

import pytest
from rich.cells import cell_len

from charging_point.console.panel import Panel
from charging_point.dialogue import Dialogue
from charging_point.fleet.console import FleetPicture
from charging_point.fleet.figures import Rate, Standing, Tally, summary
from charging_point.fleet.progress import Progress
from common.clock import ManualClock
from common.ui.notes import Notes
from common.words import Language, speak
from tests.acting import SIZES, USUAL, press, screen

HALF = Standing(
    points=200,
    linked=150,
    charging=40,
    faulty=3,
    out_of_service=2,
    power_kw=812.5,
    owed=7,
    links=4,
    links_up=3,
    kafka="up",
)


class Played:
    """A fleet that stands as the test says."""

    def __init__(self, standing: Standing = HALF) -> None:
        self.stands = standing
        self.clock = ManualClock()
        self.tally = Tally(begun=50, readings=1000, energy_wh=12_345, links_lost=1, worst_late_s=0.012)
        self.tally.ended["driver_stop"] = 10
        self.tally.refused["auth_failed"] = 5
        self.said: list[str] = []
        self.left = False
        self.progress = Progress(
            self, self.tally, "127.0.0.1:5000", self.clock, say=self.said.append, every_s=10.0, is_watched=True
        )
        dialogue = Dialogue((), obey=lambda _: "", leave=self._leave)
        self.panel = Panel(FleetPicture(self.progress, self.clock), dialogue, Notes(), self.clock)

    def standing(self) -> Standing:
        return self.stands

    def _leave(self) -> None:
        self.left = True

    def look(self, standing: Standing | None = None) -> "Played":
        self.stands = standing or self.stands
        self.clock.advance(1.0)
        self.tally.readings += 40
        self.progress.look()
        return self


def test_the_board_shows_how_the_fleet_stands() -> None:
    shown = " ".join(" ".join(screen(Played().look().look().panel, USUAL)).split())
    for told in (
        "Fleet 200 points at 127.0.0.1:5000 for 2 s",
        "Linked 150 / 200",
        "Charging 40",
        "Faulty 3",
        "Links up 3 / 4",
        "Refused auth_failed 5",
        "Begun 50",
        "Ended 10",
        "Why driver_stop 10",
        "Accounts owed 7",
        "40 a second",
        "812.5 kW",
        "12.345 kWh",
        "takes readings",
        "12 ms at worst",
    ):
        assert told in shown, shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", Language)
def test_the_board_fits_every_screen(size: tuple[int, int], language: Language) -> None:
    speak(language)
    lines = screen(Played().look().panel, size)  # type: ignore[arg-type]  # a Size is such a pair
    assert [line for line in lines if cell_len(line) > size[0]] == []


def test_who_quits_the_board_ends_the_fleet() -> None:
    played = Played()
    press(played.panel, "q")
    assert played.left


def test_progress_is_said_until_all_are_linked_and_now_and_then_after() -> None:
    played = Played()
    whole = Standing(points=200, linked=200)
    played.look().look().look(whole).look(whole)
    assert played.said == [
        "150 of 200 points linked",
        "ev-fleet 200 registered with 127.0.0.1:5000",
        "linked 200 of 200, charging 0, faulty 0, 40 readings/s, sessions begun 50, ended 10, accounts owed 0",
    ]


@pytest.mark.usefixtures("in_chinese")
def test_the_line_for_programs_stays_as_it_is() -> None:
    played = Played().look(Standing(points=2, linked=2))
    assert played.said == ["ev-fleet 2 registered with 127.0.0.1:5000"]


def test_a_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.per_s == 0.0
    for second in range(20):
        rate.note(float(second), 10 * second if second < 10 else 90 + 20 * (second - 9))
    assert rate.per_s == 20.0
    rate.note(100.0, 290)
    assert rate.per_s == 0.0


def test_the_summary_has_every_figure() -> None:
    told = summary(Played().tally, HALF, seconds=12.3456, seed=7)
    assert (told["seconds"], told["seed"], told["sessions_ended"], told["energy_kwh"], told["linked"]) == (
        *(12.346, 7, {"driver_stop": 10}),
        *(12.345, 150),
    )
