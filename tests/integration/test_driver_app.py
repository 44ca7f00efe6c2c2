"""The app in a real terminal, against a Central that the test plays: lists, languages, sizes, and who drives."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from common.errors import ErrorCode
from common.messages import (
    AvailableCpsRequest,
    AvailableCpsResponse,
    ChargeRequest,
    ChargeRequestResponse,
    ChargingHistoryRequest,
    ChargingHistoryResponse,
    ErrorResponse,
    Message,
    OfferedPoint,
    PastSession,
    PointStatus,
    Reason,
)
from common.net.link import Link
from common.routes import Role
from tests.integration.played_central import PlayedCentral, played
from tests.terminal import DOWN, END, ENTER, ESCAPE, Terminal

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]
SIZES = ((80, 24), (100, 30), (200, 60))


def point(
    cp_id: str,
    status: PointStatus,
    price: str,
    power: float,
    name: str,
    place: tuple[float, float] | None = None,
) -> OfferedPoint:
    latitude, longitude = place or (None, None)
    return OfferedPoint(
        cp_id=cp_id,
        status=status,
        price_per_kwh=Decimal(price),
        max_charging_rate_kw=power,
        name=name,
        address=f"{name}, 1 Long Road",
        latitude=latitude,
        longitude=longitude,
    )


POINTS = (
    point("CP1", PointStatus.ACTIVE, "0.35", 22, "Main gate", (31.3, 121.5)),
    point("CP2", PointStatus.CHARGING, "0.3", 22, "人民广场", (31.2317, 121.4745)),
    point("CP3", PointStatus.FAULTY, "0.3125", 150, "Harbour"),
    point("CP4", PointStatus.STOPPED, "0.4", 7.4, "[red]Yard[/red]", (31.2, 121.4)),
    point("CP10", PointStatus.DISCONNECTED, "12.5", 350, "Airport with a name that is much longer than there is room"),
)


def past(number: int) -> PastSession:
    return PastSession(
        session_id=f"S{number:03}",
        cp_id="CP1",
        status="FINISHED",
        started_at=1000.0 + number,
        ended_at=1600.0 + number,
        energy_consumed_kwh=Decimal(1),
        total_cost=Decimal("0.35"),
        price_per_kwh=Decimal("0.35"),
        reason=Reason.VEHICLE_FULL,
    )


class Books:
    """Answers as a Central with these points and past sessions; every charge is refused."""

    def __init__(self, points: Sequence[OfferedPoint] = POINTS, total: int | None = None, sessions: int = 0) -> None:
        self._points = tuple(points)
        self._data = None if total is None else {"total": total, "shown": len(points)}
        self._sessions = [past(number) for number in range(sessions, 0, -1)]

    def __call__(self, message: Message, link: Link) -> None:
        head: dict[str, Any] = {"message_id": message.message_id, "status": "success"}
        match message:
            case AvailableCpsRequest():
                link.send(AvailableCpsResponse(**head, charging_points=self._points, data=self._data))
            case ChargeRequest():
                no = head | {"status": "failure", "error": ErrorCode.CP_BUSY}
                link.send(ChargeRequestResponse(**no, message=f"{message.cp_id} is \u202etaken."))
            case ChargingHistoryRequest(before=before, limit=limit):
                older = [one for one in self._sessions if before is None or one.started_at < before]
                link.send(ChargingHistoryResponse(**head, sessions=tuple(older[:limit])))


async def show(
    answer: Callable[[Message, Link], None],
    look: Callable[[Terminal, PlayedCentral], None],
    *options: str,
    size: tuple[int, int] = (100, 30),
    driver_id: str = "D1",
    **env: str,
) -> None:
    """Look at the app of a driver while a Central answers so."""
    async with played(Role.DRIVER, answer) as central:
        who = ("--driver-id", driver_id) if driver_id else ()
        command = (sys.executable, "-m", "driver", *who, "--central", str(central.address), *options)
        columns, lines = size

        def run() -> None:
            with Terminal(command, columns=columns, lines=lines, env={"PYTHONPATH": str(ROOT), **env}) as terminal:
                look(terminal, central)

        await asyncio.to_thread(run)


def listed(terminal: Terminal) -> list[str]:
    """The points on the screen from the top."""
    words = [line.removeprefix("▸").split() for line in terminal.lines]
    return [line[0] for line in words if line and line[0].startswith("CP") and "taken" not in line]


async def test_every_state_has_its_word_and_its_colour() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("CP10")
        # The chosen row is turned round.
        terminal.type(END)
        terminal.wait_for("▸ CP10")
        colours = {
            word: terminal.colour_of(word) for word in ("ACTIVE", "CHARGING", "FAULTY", "STOPPED", "DISCONNECTED")
        }
        assert colours == {
            "ACTIVE": "green",
            "CHARGING": "green",
            "FAULTY": "red",
            "STOPPED": "ff8700",
            "DISCONNECTED": "808080",
        }
        assert "[red]Yard[/red]" in terminal.text

    await show(Books(), look)


async def test_the_list_is_put_in_order_filtered_and_counted() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("nearest first")
        assert listed(terminal) == ["CP2", "CP4", "CP1", "CP3", "CP10"]
        assert "0.2" in terminal.line_of("CP2").split()
        terminal.type("o")
        terminal.wait_for("cheapest first")
        assert listed(terminal) == ["CP2", "CP3", "CP1", "CP4", "CP10"]
        terminal.type("o")
        terminal.wait_for("strongest first")
        assert listed(terminal) == ["CP10", "CP3", "CP1", "CP2", "CP4"]
        terminal.type("o")
        terminal.wait_for("by id")
        assert listed(terminal) == ["CP1", "CP2", "CP3", "CP4", "CP10"]
        terminal.type("/har")
        terminal.wait_for("1 of 5")
        assert listed(terminal) == ["CP3"]
        terminal.type(ESCAPE)
        terminal.wait_for("5 of 5")
        terminal.type("f")
        terminal.wait_for("1 of 5")
        assert listed(terminal) == ["CP1"]

    await show(Books(), look, "--at", "31.2304,121.4737")


async def test_a_list_that_is_only_a_part_says_so_and_is_walked_through() -> None:
    many = [point(f"CP{number:04}", PointStatus.ACTIVE, "0.3", 22, "Park") for number in range(300)]

    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("Central told 300 of 5000")
        terminal.type(END)
        terminal.wait_for("▸ CP0299")
        terminal.type("/CP0123")
        terminal.wait_for("▸ CP0123")
        terminal.type(f"{ESCAPE}/CP4711")
        terminal.wait_for("Enter asks for a charge at CP4711 all the same.")

    await show(Books(many, total=5000), look)


async def test_a_refusal_is_one_line_of_what_prints() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        terminal.wait_for("CP10")
        terminal.type(f"{DOWN}{ENTER}")
        terminal.wait_for("Charge at CP2")
        terminal.type(f"1.5{ENTER}")
        terminal.wait_for("CP2 is  taken (cp_busy).")
        assert listed(terminal) == ["CP1", "CP2", "CP3", "CP4", "CP10"]
        (asked,) = [message for message in central.heard if isinstance(message, ChargeRequest)]
        assert (asked.cp_id, asked.driver_id, asked.energy_limit_kwh) == ("CP2", "D1", Decimal("1.5"))

    await show(Books(), look)


async def test_a_refusal_is_told_in_chinese_to_who_reads_chinese() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("CP10")
        terminal.type(f"{ENTER}{ENTER}")
        terminal.wait_for("充电桩正在使用中")
        assert "cp_busy" in terminal.line_of("充电桩正在使用中")

    await show(Books(), look, EV_LANG="zh")


async def test_the_history_comes_page_by_page_and_each_ticket_can_be_read() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("CP10")
        terminal.type("h")
        terminal.wait_for("50 so far: 50.000 kWh, 17.50")
        terminal.type(END)
        terminal.wait_for("60 so far: 60.000 kWh, 21.00")
        terminal.type(f"{END}{ENTER}")
        terminal.wait_for("S001")
        assert "10 min 00 s" in terminal.line_of("Time")
        assert "battery full" in terminal.line_of("Ended by")
        assert "CP1  Main gate" in terminal.line_of("Point")

    await show(Books(sessions=60), look)


async def test_who_drives_is_asked_where_nobody_said() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        terminal.wait_for("Who is driving?")
        terminal.type(f"D 9{ENTER}")
        terminal.wait_for("'D 9' is no driver id.")
        terminal.type(f"\x15D9{ENTER}")
        terminal.wait_for("CP10")
        assert {message.driver_id for message in central.heard if isinstance(message, AvailableCpsRequest)} == {"D9"}
        terminal.type("q")
        assert terminal.wait() == 0
        assert terminal.is_restored

    await show(Books(), look, driver_id="")


@pytest.mark.parametrize("leave", [ESCAPE, "\x03"])
async def test_who_would_rather_not_say_leaves(leave: str) -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        terminal.wait_for("Who is driving?")
        terminal.type(leave)
        assert terminal.wait() == 0
        assert terminal.is_restored
        assert central.links == []

    await show(Books(), look, driver_id="")


@pytest.mark.parametrize("size", SIZES)
async def test_in_chinese_every_column_stands_under_its_head(size: tuple[int, int]) -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("CP10")
        rows = [line for line in terminal.lines if " CP" in line[:4]]
        assert len(rows) == len(POINTS)
        ends = {cell_len(row[: row.index(kw) + len(kw)]) for row, kw in zip(rows, POWERS, strict=True)}
        assert ends == {cell_len(terminal.line_of("功率 kW").partition("功率 kW")[0]) + cell_len("功率 kW")}
        assert "空闲" in terminal.line_of("CP1 ")
        assert max(map(cell_len, terminal.lines)) <= size[0]
        terminal.type("?")
        terminal.wait_for("保存屏幕截图")

    await show(Books(), look, size=size, EV_LANG="zh")


POWERS = ("22.0", "22.0", "150.0", "7.4", "350.0")


async def test_a_screen_that_is_far_too_small_shows_what_it_can() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("q quit")
        for keys in ("?", "h", "p", ENTER, ESCAPE, "/x", ESCAPE):
            terminal.type(keys)
        terminal.resize(1, 1)
        terminal.resize(100, 30)
        terminal.wait_for("CP10")

    await show(Books(), look, size=(20, 5))


async def test_without_colours_the_words_are_the_same() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("FAULTY")
        assert terminal.colour_of("FAULTY") == "default"

    await show(Books(), look, NO_COLOR="1")


async def test_a_central_that_is_not_there_is_told_and_awaited() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        terminal.wait_for("Central lost")
        assert "Asking Central for its charging points" in terminal.text
        terminal.type("q")
        assert terminal.wait() == 0

    await show(Books(), look, "--central", "127.0.0.1:1")


async def test_a_driver_that_is_shut_out_is_told_why_after_the_screen() -> None:
    def shut(message: Message, link: Link) -> None:
        link.send(
            ErrorResponse(
                message_id=message.message_id + "x", error=ErrorCode.NOT_AUTHENTICATED, message="Who are you?"
            )
        )

    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        assert terminal.wait() == 1
        assert terminal.is_restored
        assert b"ev-driver: Who are you? (not_authenticated)." in terminal.written

    await show(shut, look)


async def test_a_terminal_that_is_told_no_console_gets_the_commands() -> None:
    def look(terminal: Terminal, central: PlayedCentral) -> None:
        del central
        assert terminal.wait() == 2
        assert b"Give a command: list, charge, stop, history, run or listen" in terminal.written

    await show(Books(), look, "--no-console")
