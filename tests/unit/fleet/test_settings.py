"""What a fleet is told: its points, its links, its secrets, and one sentence for each mistake."""

from pathlib import Path

import pytest

from charging_point.fleet.settings import FleetSettings, LoadSettings
from common.errors import BadSetting
from common.settings import load

pytestmark = pytest.mark.usefixtures("clean_place")


def test_points_by_number_are_of_the_kind_that_was_told() -> None:
    spec = load(FleetSettings, {"points": "3", "prefix": "X", "max_rate_kw": "50", "price": "0.4"}).read_spec()
    (template,) = spec.points
    assert (template.ids(), template.power_kw, str(template.price), template.on_command) == (
        *(["X00001", "X00002", "X00003"], 50.0),
        *("0.4", False),
    )


def test_on_command_holds_for_a_file_too(clean_place: Path) -> None:
    file = clean_place / "fleet.yaml"
    file.write_text('points: [{id: "A{n}", count: 2}, {id: "B{n}", count: 1}]')
    spec = load(FleetSettings, {"file": str(file), "on_command": True}).read_spec()
    assert [template.on_command for template in spec.points] == [True, True]


def test_drivers_ask_at_the_points_of_a_fleet() -> None:
    settings = load(LoadSettings, {"points": "2", "drivers": "3", "rate": "500"})
    assert (settings.point_ids(), settings.driver_ids(), settings.link_count) == (
        *(["F00001", "F00002"], ["FD00001", "FD00002", "FD00003"]),
        3,
    )
    assert load(LoadSettings, {"rate": "500"}).link_count == 7
    assert load(LoadSettings, {"rate": "500", "links": "2"}).link_count == 2


def test_drivers_who_prove_themselves_have_links_enough_that_central_takes_all_their_proofs_at_once() -> None:
    """Beyond 1000 at once a link is told to slow down, and they would never all have their answers."""
    proving = {"drivers": "3000", "secrets_dir": "secrets"}
    assert load(LoadSettings, proving).link_count == 6
    assert load(LoadSettings, proving | {"rate": "750"}).link_count == 10
    assert load(LoadSettings, proving | {"links": "1"}).link_count == 1


@pytest.mark.parametrize(("told", "count"), [("each", None), ("1", 1), ("16", 16)])
def test_links_are_shared_or_one_each(told: str, count: int | None) -> None:
    assert load(FleetSettings, {"links": told}).link_count == count


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"links": "0"}, "--links: must be each, or a number from 1 to 10000 (it is '0')."),
        ({"links": "many"}, "--links: must be each, or a number from 1 to 10000 (it is 'many')."),
        ({"points": "0"}, "--points: must be greater than or equal to 1 (it is '0')."),
        ({"points": "100001"}, "--points: must be less than or equal to 100000 (it is '100001')."),
    ],
)
def test_a_mistake_is_one_sentence(told: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadSetting) as wrong:
        load(FleetSettings, told)
    assert str(wrong.value) == sentence


def test_a_folder_of_secrets_must_be_there_and_have_them_all(clean_place: Path) -> None:
    settings = load(FleetSettings, {"secrets_dir": str(clean_place / "secrets")})
    with pytest.raises(BadSetting) as wrong:
        settings.read_secrets(["A"])
    assert str(wrong.value) == f"--secrets-dir: there is no folder {clean_place / 'secrets'}."
    (clean_place / "secrets").mkdir()
    (clean_place / "secrets" / "point-A.secret").write_text("hush\n")
    assert settings.read_secrets(["A"]) == {"A": "hush"}
    with pytest.raises(BadSetting, match=r"point-B\.secret"):
        settings.read_secrets(["A", "B"])


def test_a_producer_of_thousands_waits_a_little_unless_it_is_told_otherwise() -> None:
    assert load(FleetSettings, {}).read_kafka_options()["linger.ms"] == "25"
    assert load(FleetSettings, {"kafka_option": ["linger.ms=5"]}).read_kafka_options()["linger.ms"] == "5"
