"""How the driver's settings are told."""

import pytest

from common.errors import BadSetting
from common.settings import load
from driver.position import Position
from driver.settings import AppSettings, DriverSettings


def test_a_fetch_waits_as_suits_the_command_unless_it_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(DriverSettings, {"driver_id": "D1"})
    assert [settings.fetch_wait_ms(listening=listening) for listening in (False, True)] == [50, 1000]
    monkeypatch.setenv("EV_KAFKA_FETCH_WAIT_MS", "20")
    settings = load(DriverSettings, {"driver_id": "D1"})
    assert [settings.fetch_wait_ms(listening=listening) for listening in (False, True)] == [20, 20]


def test_json_is_told_under_its_plain_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EV_DRIVER_JSON", "true")
    assert load(DriverSettings, {"driver_id": "D1"}).json_ is True


def test_a_driver_must_say_who_it_is() -> None:
    with pytest.raises(BadSetting, match=r"^--driver-id is required \(or EV_DRIVER_DRIVER_ID\)\.$"):
        load(DriverSettings, {})


def test_the_app_asks_who_drives_where_nobody_said_and_may_know_where() -> None:
    settings = load(AppSettings, {"at": "31.2304,121.4737"})
    assert (settings.driver_id, settings.at) == ("", Position(31.2304, 121.4737))
    assert (settings.fetch_wait_ms(), load(AppSettings, {"kafka_fetch_wait_ms": "20"}).fetch_wait_ms()) == (250, 20)
    with pytest.raises(BadSetting, match=r"^--driver-id: must be an id"):
        load(AppSettings, {"driver_id": "D 1"})
