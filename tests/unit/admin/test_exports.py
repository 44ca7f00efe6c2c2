"""Exports: what stands in the file, and that there is never half of one."""

import csv
import io
import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from central.admin.exports import COLUMNS, cell, exported, form_of
from common.errors import BadSetting, CannotStart

EVENT: dict[str, JsonValue] = {
    "id": 7,
    "at": 1_800_000_000.25,
    "kind": "claimed",
    "text": 'a "b",\nç 充电',
    "cp_id": None,
}
SESSION: dict[str, JsonValue] = {
    "session_id": "s1",
    "cp_id": "-CP1",
    "driver_id": "=cmd|' /C calc'!A0",
    "status": "FINISHED",
    "started_at": 1_800_000_000.0,
    "ended_at": None,
    "energy_consumed_kwh": 1.5,
    "price_per_kwh": 0.1234,
    "total_cost": 0.2,
    "reason": "@driver",
    "shiny": True,
}


def test_csv_has_a_header_and_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    with exported(str(file), "events", "csv") as out:
        out.take([EVENT])
        out.take([{**EVENT, "id": 8, "text": "+1"}, "nonsense"])
        out.finish()
    assert out.rows == 2
    whole = file.read_bytes().decode()
    assert whole.startswith("id,at,kind,text,cp_id,session_id,driver_id,message_id\r\n")
    assert whole.endswith("8,2027-01-15T08:00:00.250Z,claimed,'+1,,,,\r\n")
    rows = list(csv.DictReader(io.StringIO(whole, newline="")))
    assert (rows[0]["text"], rows[0]["at"], rows[0]["cp_id"]) == (EVENT["text"], "2027-01-15T08:00:00.250Z", "")
    assert list(tmp_path.iterdir()) == [file]


def test_money_and_energy_have_their_decimals_and_no_text_is_a_formula(tmp_path: Path) -> None:
    file = tmp_path / "sessions.csv"
    with exported(str(file), "sessions", "csv") as out:
        out.take([SESSION])
        out.finish()
    ((found),) = csv.reader(io.StringIO(file.read_text().splitlines()[1]))
    assert found == [
        *("s1", "'-CP1", "'=cmd|' /C calc'!A0", "FINISHED", "2027-01-15T08:00:00.000Z", "", "1.500", "0.1234"),
        *("0.20", "'@driver", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("id", -5, "-5"),
        ("rate", -0.5, "-0.5"),
        ("text", "-5", "'-5"),
        ("text", "\t=1", "'\t=1"),
        ("text", "\r=1", "'\r=1"),
        ("text", "＝1", "'＝1"),
        ("text", "a=1", "a=1"),
        ("text", "", ""),
        ("at", 1e300, "1e+300"),
        ("flag", True, "true"),
        ("list", ["a", 1], '["a", 1]'),
    ],
)
def test_each_value_has_its_form(column: str, value: JsonValue, shown: str) -> None:
    assert cell(column, value) == shown


def test_json_is_one_array_of_the_rows_as_they_came(tmp_path: Path) -> None:
    file = tmp_path / "sessions.json"
    with exported(str(file), "sessions", "json") as out:
        out.take([SESSION])
        out.take([])
        out.take([SESSION, SESSION])
        out.finish()
    assert json.loads(file.read_text(encoding="utf-8")) == [SESSION] * 3


@pytest.mark.parametrize(("form", "whole"), [("json", "[]\n"), ("csv", ",".join(COLUMNS["events"]) + "\n")])
def test_of_nothing_there_is_an_empty_list(tmp_path: Path, form: str, whole: str) -> None:
    file = tmp_path / f"x.{form}"
    with exported(str(file), "events", form_of(str(file), None)) as out:
        out.finish()
    assert file.read_text() == whole


def test_an_export_that_is_interrupted_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("old")
    with exported(str(file), "events", "csv", force=True) as out:
        out.take([EVENT])

    def interrupted() -> None:
        with exported(str(file), "events", "csv", force=True) as out:
            out.take([EVENT])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (list(tmp_path.iterdir()), file.read_text()) == ([file], "old")


def test_a_file_is_overwritten_only_when_told_to(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text("old")
    told = f"^{file} is there already; overwrite it with --force, or choose another.$"
    with pytest.raises(BadSetting, match=told), exported(str(file), "events", "json"):
        pass
    with exported(str(file), "events", "json", force=True) as out:
        assert file.read_text() == "old"
        out.finish()
    assert file.read_text() == "[]\n"


def test_a_file_that_somebody_made_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "events.json"

    def overtaken() -> None:
        with exported(str(file), "events", "json") as out:
            out.finish()
            file.write_text("theirs")

    with pytest.raises(BadSetting):
        overtaken()
    assert (list(tmp_path.iterdir()), file.read_text()) == ([file], "theirs")


def test_a_link_goes_on_leading_to_its_file(tmp_path: Path) -> None:
    file, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(file)
    with exported(str(link), "events", "json") as out:
        out.finish()
    assert (link.is_symlink(), file.read_text()) == (True, "[]\n")


def test_what_is_no_ordinary_file_is_never_replaced(tmp_path: Path) -> None:
    for place in ("/dev/null", str(tmp_path)):
        told = f"^{place} is no ordinary file; choose another, or - for standard output.$"
        with pytest.raises(BadSetting, match=told), exported(place, "events", "csv", force=True):
            pass


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "x.csv"
    told = f"^Cannot write {file}: No such file or directory.$"
    with pytest.raises(CannotStart, match=told), exported(str(file), "events", "csv"):
        pass


def test_the_form_is_as_told_or_as_the_file_ends() -> None:
    found = [
        form_of(*asked) for asked in (("A.CSV", None), ("a.json", None), ("a.json", "csv"), ("-", None), ("-", "json"))
    ]
    assert found == ["csv", "json", "csv", "csv", "json"]
    with pytest.raises(BadSetting, match=r"^a\.txt ends in neither \.csv nor \.json; say which with --format\.$"):
        form_of("a.txt", None)
