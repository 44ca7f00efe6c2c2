"""How the driver's settings are told."""

import pytest

from common.errors import BadSetting
from common.settings import load
from driver.settings import DriverSettings


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
