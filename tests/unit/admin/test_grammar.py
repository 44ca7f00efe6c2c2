"""The console's command line: every command is read, refused in a sentence, completed and explained."""

from collections.abc import Sequence

import pytest

from central.admin.grammar import FORMS, Mistake, Slot, fitting, help_rows, read
from central.admin.orders import (
    Credentials,
    End,
    Enroll,
    Export,
    Filter,
    Order,
    Page,
    Plain,
    Resume,
    Revoke,
    Rotate,
    Search,
    Sessions,
    SetPrice,
    Sort,
    Stop,
    Trace,
    View,
)
from common.messages import PointStatus
from common.words import Language, speak


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("stop CP001", Stop("CP001")),
        ("  STOP   *  ", Stop("*")),
        ("resume *", Resume("*")),
        ("end 0e6c", End("0e6c")),
        ("price CP.1 0.3500", SetPrice("CP.1", 0.35)),
        ("search  Long Road 1 ", Search("Long Road 1")),
        ("search", Search("")),
        ("filter charging,FAULTY charging", Filter((PointStatus.CHARGING, PointStatus.FAULTY))),
        ("filter 停用", Filter((PointStatus.STOPPED,))),
        ("filter all", Filter(())),
        ("sort energy desc", Sort("energy", descending=True)),
        ("sort name", Sort("name", descending=False)),
        ("page 12", Page(12)),
        ("page next", Plain.NEXT),
        ("prev", Plain.PREVIOUS),
        ("trace m1", Trace("m1")),
        ("export sessions My Files/all.CSV", Export("sessions", "My Files/all.CSV")),
        ("events", View.EVENTS),
        ("sessions", Sessions(only_open=False)),
        ("sessions open", Sessions(only_open=True)),
        ("enroll point CP001", Enroll("point", "CP001")),
        ("Rotate  DRIVER d.1", Rotate("driver", "d.1")),
        ("revoke admin ruth", Revoke("admin", "ruth")),
        ("credentials", Credentials(None)),
        ("credentials driver", Credentials("driver")),
        ("?", Plain.HELP),
        ("q", Plain.QUIT),
    ],
)
def test_a_line_is_read(line: str, order: Order) -> None:
    assert read(line) == order


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("stpo", "There is no command stpo; F1 shows them all."),
        ("stop", "Usage: stop CP|*"),
        ("stop A B", "Usage: stop CP|*"),
        ("quit now", "Usage: quit"),
        (
            "stop sch\u00f6n",
            "'sch\u00f6n' is no cp_id (up to 36 letters, digits, '.', '_' and '-'), and not '*' for all.",
        ),
        ("price A -1", "VALUE must be a price from 0 to 10000 with at most 4 decimals (it is '-1')."),
        ("price A 0.12345", "VALUE must be a price from 0 to 10000 with at most 4 decimals (it is '0.12345')."),
        ("price A cheap", "VALUE must be a price from 0 to 10000 with at most 4 decimals (it is 'cheap')."),
        ("price A NaN", "VALUE must be a price from 0 to 10000 with at most 4 decimals (it is 'NaN')."),
        ("end " + "x" * 65, f"'{'x' * 60}' is no id (1 to 64 characters)."),
        ("filter busy", "busy is no state; there are active charging faulty stopped disconnected."),
        ("sort age", "Nothing can be sorted by age; there are cp_id name status price power energy cost seen."),
        ("enroll car C1", "car is no role; there are point driver admin."),
        ("enroll point", "Usage: enroll ROLE ID"),
        ("rotate point A 1", "Usage: rotate ROLE ID"),
        ("revoke driver D*", "'D*' is no id (up to 36 letters, digits, '.', '_' and '-')."),
        ("credentials all", "all is no role; there are point driver admin."),
        ("sort name up", "Usage: sort KEY [desc]"),
        ("sessions closed", "Usage: sessions [open]"),
        ("page 0", "0 is no page number."),
        ("page ²", "² is no page number."),
        ("page 1234567890", "1234567890 is no page number."),
        ("export drivers a.csv", "Usage: export sessions|events FILE"),
        ("export events", "Usage: export sessions|events FILE"),
        ("export events a.txt", "The file's name must end in .csv or .json (it is a.txt)."),
        ("search " + "x" * 201, "The text to search for is too long."),
    ],
)
def test_what_is_no_command_is_told_in_a_sentence(line: str, sentence: str) -> None:
    with pytest.raises(Mistake) as mistake:
        read(line)
    assert mistake.value.sentence == sentence


@pytest.mark.parametrize(
    ("before", "begun", "words"),
    [
        ([], "s", ["stop", "search", "sort", "sessions"]),
        ([], "EX", ["export"]),
        (["stop"], "p", ["P1", "P2"]),
        (["stop", "P1"], "", []),
        (["end"], "", ["S1"]),
        (["trace"], "m", ["M1"]),
        (["filter"], "", ["active", "charging", "faulty", "stopped", "disconnected", "all"]),
        (["filter", "active"], "f", ["faulty"]),
        (["sort"], "p", ["price", "power"]),
        (["sort", "power"], "", ["desc"]),
        (["price", "P1"], "", []),
        (["export"], "", ["sessions", "events"]),
        (["nonsense"], "", []),
    ],
)
def test_what_may_stand_there_is_offered(before: Sequence[str], begun: str, words: Sequence[str]) -> None:
    known = {Slot.POINT: ["P1", "P2", "Q1", "P1"], Slot.SESSION: ["S1"], Slot.STORY: ["M1", "S1"]}
    assert fitting(before, begun, known) == list(words)


def test_in_chinese_the_states_on_the_screen_are_offered_too() -> None:
    speak(Language.CHINESE)
    assert fitting(["filter"], "停", {}) == ["停用"]


def test_every_command_is_in_the_help() -> None:
    assert [usage.split()[0] for usage, says in help_rows() if says] == [form.name for form in FORMS]
