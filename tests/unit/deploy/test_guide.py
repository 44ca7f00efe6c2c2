"""What is told of a network that is up."""

import pytest

from common.columns import width
from common.net.address import Address, Servers
from deploy.guide import facts, guide
from deploy.network import Network
from deploy.settings import UpSettings
from tests.unit.deploy.conftest import settings


@pytest.fixture(autouse=True)
def _plain_names(monkeypatch: pytest.MonkeyPatch) -> None:
    # No programs beside this Python: they are called by their names.
    monkeypatch.setattr("sys.executable", "/nowhere/python")


async def running(told: UpSettings) -> Network:
    network = Network(told, told.data_dir, lambda _: None)
    network.central_at = told.central or Address(told.reach_host, 5000)
    network.kafka_at = told.kafka or Servers([Address(told.reach_host, 40_001)])
    network.pids = {"driver": 9}
    if not told.central:
        network.pids |= {"central": 1, "broker": 2}
    for number, cp_id in enumerate(told.cp_ids):
        network.engines[cp_id] = f"127.0.0.1:{6001 + number}"
        network.pids |= {f"{cp_id}-engine": 10 + number, f"{cp_id}-monitor": 20 + number}
    return network


async def test_ready_json_says_where_everything_is() -> None:
    told = settings(points=1, data_dir="/d")
    assert facts(told, await running(told)) == {
        "central": "127.0.0.1:5000",
        "kafka": "127.0.0.1:40001",
        "database": "sqlite:////d/central.db",
        "points": [{"cp_id": "CP001", "engine": "127.0.0.1:6001", "pids": {"monitor": 20, "engine": 10}}],
        "pids": {"central": 1, "broker": 2, "driver": 9},
    }


async def test_a_joined_network_names_what_runs_elsewhere_and_only_our_own_programs() -> None:
    told = settings(points=0, central="first:5000", kafka="first:9092")
    assert facts(told, await running(told)) == {
        "central": "first:5000",
        "kafka": "first:9092",
        "database": None,
        "points": [],
        "pids": {"driver": 9},
    }


async def test_a_password_is_nobodys_business() -> None:
    told = settings(points=0, database="postgresql+psycopg://ev:s@cr:et@db/ev")
    assert facts(told, await running(told))["database"] == "postgresql+psycopg://ev:***@db/ev"


async def test_others_are_told_the_advertised_name() -> None:
    told = settings(points=0, host="0.0.0.0", advertise="first.example")
    found = facts(told, await running(told))
    assert (found["central"], found["kafka"]) == ("first.example:5000", "first.example:40001")


async def test_the_guide_gives_the_commands_to_try() -> None:
    told = settings(points=1, data_dir="/d")
    assert guide(told, await running(told)) == [
        "  Central   127.0.0.1:5000",
        "  Kafka     127.0.0.1:40001 (embedded, in memory)",
        "  Database  sqlite:////d/central.db",
        "  CP001     Engine at 127.0.0.1:6001",
        "  Logs      /d/logs",
        "Try, in another terminal:",
        "  ev-driver --driver-id D002 --kafka 127.0.0.1:40001 charge CP001 --energy 5 --follow",
        "  ev-admin cps",
        "Ctrl-C stops everything.",
    ]


async def test_the_guide_names_central_where_it_is_not_where_everybody_looks() -> None:
    told = settings(points=1, central="first:5000", kafka="first:9092")
    lines = guide(told, await running(told))
    assert (
        "  ev-driver --driver-id D002 --central first:5000 --kafka first:9092 charge CP001 --energy 5 --follow" in lines
    )
    assert "  ev-admin --central first:5000 cps" in lines


async def test_who_listens_for_others_without_a_name_is_told_what_is_missing() -> None:
    told = settings(points=0, host="0.0.0.0")
    assert any("--advertise NAME" in line for line in guide(told, await running(told)))


@pytest.mark.usefixtures("in_chinese")
async def test_the_guide_in_chinese_is_aligned_and_has_the_same_commands() -> None:
    told = settings(points=1, data_dir="/d")
    lines = guide(told, await running(told))
    assert lines == [
        "  中央系统  127.0.0.1:5000",
        "  Kafka     127.0.0.1:40001（内置，仅在内存中）",
        "  数据库    sqlite:////d/central.db",
        "  CP001     Engine 位于 127.0.0.1:6001",
        "  日志      /d/logs",
        "可以在另一个终端中试试：",
        "  ev-driver --driver-id D002 --kafka 127.0.0.1:40001 charge CP001 --energy 5 --follow",
        "  ev-admin cps",
        "按 Ctrl-C 停止全部程序。",
    ]
    columns = [("127.0.0.1:5000", 0), ("127.0.0.1:40001", 1), ("sqlite", 2), ("Engine", 3), ("/d/logs", 4)]
    assert {width(lines[place][: lines[place].index(word)]) for word, place in columns} == {12}
