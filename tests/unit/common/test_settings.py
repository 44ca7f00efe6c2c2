"""Command line over EV_* over ev.toml over defaults; a mistake names the place where it was made."""

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field

from common.errors import BadSetting
from common.net.address import Address, Servers
from common.settings import WithCentral, WithKafka, load


class ToasterSettings(WithKafka, WithCentral):
    process: ClassVar[str] = "toaster"

    slices: int = Field(2, ge=1, le=4, description="how many")
    warm_up: float = 1.5


def complaint(told: dict[str, str]) -> str:
    with pytest.raises(BadSetting) as wrong:
        load(ToasterSettings, told)
    return str(wrong.value)


@pytest.mark.usefixtures("clean_place")
def test_defaults_count_where_nothing_is_told() -> None:
    settings = load(ToasterSettings, {})
    assert (settings.slices, settings.warm_up, settings.central, settings.kafka) == (
        2,
        1.5,
        Address("127.0.0.1", 5000),
        None,
    )


def test_each_place_wins_over_the_one_below(clean_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean_place / "ev.toml").write_text('kafka = "file:1"\n[toaster]\nslices = 3\nwarm_up = 3.0\n')
    monkeypatch.setenv("EV_TOASTER_SLICES", "4")
    monkeypatch.setenv("EV_KAFKA", "env:2")
    settings = load(ToasterSettings, {"kafka": "line:3"})
    assert (settings.kafka, settings.slices, settings.warm_up) == (Servers([Address("line", 3)]), 4, 3.0)


def test_a_table_of_the_file_wins_over_its_top(clean_place: Path) -> None:
    (clean_place / "ev.toml").write_text('kafka = "all:1"\n[toaster]\nkafka = "own:2"\n[kettle]\nanything = true\n')
    assert load(ToasterSettings, {}).kafka == Servers([Address("own", 2)])


def test_the_file_may_have_another_name(clean_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean_place / "other.toml").write_text("[toaster]\nslices = 1\n")
    monkeypatch.setenv("EV_CONFIG", "other.toml")
    assert load(ToasterSettings, {}).slices == 1


def test_names_in_the_environment_tell_what_is_shared_from_what_is_ones_own() -> None:
    names = {name: ToasterSettings.env_name(name) for name in ("kafka", "central", "log_level", "slices")}
    assert names == {
        "kafka": "EV_KAFKA",
        "central": "EV_CENTRAL",
        "log_level": "EV_LOG_LEVEL",
        "slices": "EV_TOASTER_SLICES",
    }


@pytest.mark.usefixtures("clean_place")
def test_a_mistake_on_the_command_line_names_the_option() -> None:
    assert complaint({"warm_up": "soon"}).startswith("--warm-up: must be a valid number")
    assert complaint({"slices": "9"}) == "--slices: must be less than or equal to 4 (it is '9')."


@pytest.mark.parametrize("text", ["", "host", ":5000", "host:", "host:70000", "host:-1", "host:x", "host:\u0665"])
@pytest.mark.usefixtures("clean_place")
def test_an_address_must_be_host_and_port(text: str) -> None:
    assert complaint({"central": text}) == f"--central: must be HOST:PORT, for example 127.0.0.1:5000 (it is {text!r})."


@pytest.mark.usefixtures("clean_place")
def test_an_address_of_version_6_stands_in_brackets() -> None:
    address = load(ToasterSettings, {"central": "[::1]:5000"}).central
    assert (address, str(address)) == (Address("::1", 5000), "[::1]:5000")


@pytest.mark.usefixtures("clean_place")
def test_a_mistake_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EV_TOASTER_SLICES", "0")
    assert complaint({}).startswith("EV_TOASTER_SLICES: must be greater than or equal to 1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[toaster]\nslices = 0\n", "ev.toml: slices: must be greater than or equal to 1"),
        ("[toaster]\nslise = 1\n", "ev.toml: [toaster] has no setting 'slise'; see --help."),
        ("toaster = 1\n", "ev.toml: [toaster] must be a table."),
        ("[toaster\n", "Cannot read ev.toml: "),
    ],
)
def test_a_mistake_in_the_file_names_the_file(clean_place: Path, text: str, told: str) -> None:
    (clean_place / "ev.toml").write_text(text)
    assert complaint({}).startswith(told)


@pytest.mark.usefixtures("clean_place")
def test_a_file_that_was_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EV_CONFIG", "nowhere.toml")
    assert complaint({}) == "nowhere.toml does not exist; EV_CONFIG names it."
