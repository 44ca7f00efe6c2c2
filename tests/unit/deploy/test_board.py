"""The live board: a table of what Central says of its points."""

import io
from collections.abc import Mapping

from rich.console import Console

from deploy.board import board


def shown(points: list[Mapping[str, object]]) -> list[list[str]]:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as captured:
        console.print(board(points))
    rows = [line for line in captured.get().splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in row.strip("│").split("│")] for row in rows]


def test_a_charging_point_shows_who_charges_how_much_for_what() -> None:
    point: Mapping[str, object] = {
        "cp_id": "CP001",
        "status": "CHARGING",
        "driver_id": "D001",
        "energy_consumed_kwh": 1.5,
        "total_cost": 0.45,
        "charging_rate": 22.0,
    }
    assert shown([point]) == [["CP001", "CHARGING", "D001", "1.500", "0.45", "22.0"]]


def test_a_free_point_shows_its_state_only() -> None:
    assert shown([{"cp_id": "CP002", "status": "ACTIVE", "driver_id": None, "total_cost": None}]) == [
        ["CP002", "ACTIVE", "", "", "", ""]
    ]
