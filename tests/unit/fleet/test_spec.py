"""The file of a fleet: what it means, and one clear sentence for each mistake, with its line."""

from pathlib import Path

import pytest

from charging_point.fleet.spec import FleetSpec, plain
from charging_point.fleet.spec_file import read_spec
from common.errors import BadSetting

EXAMPLE = Path(__file__).parents[3] / "docs" / "fleet.example.yaml"


def spec(folder: Path, text: str) -> FleetSpec:
    path = folder / "fleet.yaml"
    path.write_text(text, encoding="utf-8")
    return read_spec(path)


def test_the_example_of_the_documentation_is_a_fleet() -> None:
    found = read_spec(EXAMPLE)
    ids = [cp_id for template in found.points for cp_id in template.ids()]
    assert (found.count, ids[0], ids[299], ids[300], ids[-1]) == (360, "STREET0001", "STREET0300", "HUB001", "DEPOT30")
    assert [found.points[0].station_of(place) for place in (0, 9, 10)] == ["LAMPS001", "LAMPS001", "LAMPS002"]
    assert [[one.name for one in found.vehicles_of(template)] for template in found.points] == [
        ["small", "family"],
        ["small", "family", "truck"],
        ["truck"],
    ]


def test_json_says_the_same_as_yaml(tmp_path: Path) -> None:
    yaml = 'points:\n  - id: "A{n}"\n    count: 2\n    energy_kwh: {uniform: [1, 2]}\n'
    json = '{"points": [{"id": "A{n}", "count": 2, "energy_kwh": {"uniform": [1, 2]}}]}'
    assert spec(tmp_path, json) == spec(tmp_path, yaml)


def test_points_by_number_have_ids_of_one_length() -> None:
    assert plain(3, "F").points[0].ids() == ["F00001", "F00002", "F00003"]
    assert plain(100_000, "F").points[0].ids()[-1] == "F100000"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": a fleet's file has points: at its top; see docs/fleet.md."),
        ("- 1", ": a fleet's file has points: at its top; see docs/fleet.md."),
        ("seed: 1", ", line 1: points is missing."),
        ("points: 3", ", line 1: points: must be a list."),
        ("points: []", ", line 1: points: Tuple should have at least 1 item after validation, not 0."),
        ("points: [3]", ", line 1: points[1]: must have names and values."),
        (
            "points: [\n  {",
            ", line 2: this is no YAML and no JSON: expected the node content, but found '<stream end>'.",
        ),
        ("seed: 1\nseed: 2", ", line 2: seed stands there twice."),
        ("points:\n  - count: 2", ", line 2: points[1].id is missing."),
        (
            "points:\n  - {id: A, count: 2}",
            ", line 2: points[1].id: must have {n} once, for the number, as in CITY{n:04}, and else only A-Z a-z 0-9 . _ -.",
        ),
        (
            'points:\n  - {id: "A{n:99999999}", count: 2}',
            ", line 2: points[1].id: must have {n} once, for the number, as in CITY{n:04}, and else only A-Z a-z 0-9 . _ -.",
        ),
        ('points:\n  - {id: "A{n}", count: 0}', ", line 2: points[1].count: must be greater than or equal to 1."),
        ('points:\n  - id: "A{n}"\n    count: 2\n    power: 3', ", line 4: points[1].power is not known there."),
        (
            'points:\n  - id: "A{n}"\n    count: 2\n    soc_percent: lots',
            ", line 4: points[1].soc_percent: must be a number, or have just one of uniform, normal and exponential.",
        ),
        (
            'points:\n  - id: "A{n}"\n    count: 2\n    energy_kwh: {uniform: [3, 1]}',
            ", line 4: points[1].energy_kwh: the first of two bounds must not be above the second.",
        ),
        (
            'points:\n  - id: "A{n}"\n    count: 2\n    energy_kwh: {uniform: [1, 2], exponential: 3}',
            ", line 4: points[1].energy_kwh: must be a number, or have just one of uniform, normal and exponential.",
        ),
        (
            'points:\n  - {id: "A{n}", count: 2}\n  - {id: "A{n}", first: 2, count: 2}',
            ", line 1: the file: two points would have the id A2.",
        ),
        (
            'points:\n  - {id: "A{n}", count: 2, vehicles: [bus]}',
            ", line 1: the file: there is no vehicle bus; known: family, large, small.",
        ),
        (
            'points:\n  - {id: "A{n}", count: 100000}\n  - {id: "B{n}", count: 1}',
            ", line 1: the file: 100001 points are too many; at most 100000.",
        ),
        ("points: " + "[" * 30 + "]" * 30, ", line 1: too many levels."),
    ],
)
def test_a_mistake_is_said_in_one_sentence_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadSetting) as wrong:
        spec(tmp_path, text)
    assert str(wrong.value) == f"{tmp_path / 'fleet.yaml'}{told}"


@pytest.mark.usefixtures("in_chinese")
def test_a_mistake_is_said_in_chinese_too(tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as wrong:
        spec(tmp_path, 'points:\n  - {id: "A{n}", count: 0}')
    assert str(wrong.value) == f"{tmp_path / 'fleet.yaml'} 第 2 行：points[1].count：必须大于或等于 1。"
