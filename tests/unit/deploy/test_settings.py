"""What ev-up can be told, and what it makes of it."""

from decimal import Decimal

import pytest

from common.errors import BadSetting
from common.settings import load
from deploy.settings import UpSettings
from tests.unit.deploy.conftest import settings


def test_without_options_three_points_run_here_at_true_speed() -> None:
    default = settings()
    default.check()
    assert (default.cp_ids, default.speed, default.price) == (["CP001", "CP002", "CP003"], 1.0, Decimal("0.30"))
    assert (default.reach_host, default.advertised) == ("127.0.0.1", "127.0.0.1")


def test_points_of_a_second_machine_get_other_ids() -> None:
    assert settings(points=2, prefix="B").cp_ids == ["B001", "B002"]
    assert settings(points=2, first_point=10).cp_ids == ["CP010", "CP011"]


def test_time_is_sped_up_for_once_unless_it_is_told() -> None:
    assert (settings(once=True).speed, settings(once=True, time_scale=2).speed) == (600.0, 2.0)


@pytest.mark.parametrize(
    ("told", "reach", "advertised"),
    [
        ({"host": "0.0.0.0"}, "127.0.0.1", "127.0.0.1"),
        ({"host": "::"}, "::1", "::1"),
        ({"host": "10.0.0.1"}, "10.0.0.1", "10.0.0.1"),
        ({"host": "0.0.0.0", "advertise": "first.example"}, "127.0.0.1", "first.example"),
    ],
)
def test_where_it_listens_how_we_reach_it_and_how_others_do(told: dict[str, str], reach: str, advertised: str) -> None:
    found = settings(**told)
    assert (found.reach_host, found.advertised) == (reach, advertised)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"central": "first:5000"}, "--central joins a network that runs elsewhere: give its Kafka broker too"),
        (
            {"central": "first:5000", "kafka": "first:9092", "database": "sqlite://"},
            "--database is for the machine that Central runs on",
        ),
        ({"once": True, "points": 0}, "--once needs a point to charge at"),
    ],
)
def test_options_that_are_wrong_together_are_refused(told: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadSetting, match=f"^{sentence}"):
        settings(**told).check()


@pytest.mark.parametrize(
    ("option", "value"),
    [("points", "-1"), ("points", "many"), ("prefix", "a b"), ("time_scale", "0"), ("price", "0.12345"), ("host", "")],
)
def test_a_wrong_option_is_named(option: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^--{option.replace('_', '-')}: "):
        load(UpSettings, {option: value})
