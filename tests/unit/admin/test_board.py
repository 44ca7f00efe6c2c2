"""The console's pictures: whole, aligned and harmless at every size, in both languages, whatever the network says."""

from typing import Any

import pytest
from rich.cells import cell_len

from central.admin.asking import Answer, Standing, State
from central.admin.console.board import board
from central.admin.desk import Confirm, Desk
from central.admin.known import Notice
from central.admin.orders import View
from central.admin.overlay import Kind, Overlay
from common.clock import Moment
from common.messages import PointStatus
from common.ui.keys import Key
from common.ui.stage import render
from common.ui.terminal import Size
from common.words import Language, speak

SECRET = "5ec2e7" * 10
NOW = Moment(1_800_000_000.0, 1_000.0)
SIZES = [(80, 24), (100, 30), (117, 29), (150, 40), (200, 60), (20, 5), (7, 3), (1, 1)]
HOSTILE = "\x1b[2J[bold]港口\n" + "長" * 200
STATS: dict[str, Any] = {
    "instance": "central-1",
    "points": {status.value: 1000 + place for place, status in enumerate(PointStatus)},
    "sessions": {"CHARGING": 2, "CLAIMED": 1, "FINISHED": 12_345},
    "today": {"energy_consumed_kwh": 1234.5, "total_cost": 370.35},
    "charging_rate": 1100.0,
    "kafka": {"state": "up", "lag": 12_000, "dead_letters": 1},
    "requests": {"claimed": 1, "commands_waiting": 2},
    "messages_per_second": 53.25,
    "charge_latency_ms": {"p50": 12.3, "p99": 234.5},
    "others": ["central-2"],
    "complaints": [{"at": 1.0, "level": "error", "text": HOSTILE, "message_id": "m" * 64}],
}


def point(number: int, status: PointStatus, **more: Any) -> dict[str, Any]:
    row = {"cp_id": f"CP{number:03}", "status": status.value, "price_per_kwh": 0.3, "max_charging_rate_kw": 22.0}
    return row | {"last_seen_at": NOW.wall - 75} | more


CHARGE: dict[str, Any] = {
    "session_id": "0c22af7a-6705-4451-b163-cc43e48c62a6",
    "session_status": "CHARGING",
    "driver_id": "alice",
    "energy_consumed_kwh": 12.345,
    "total_cost": 3.7,
    "charging_rate": 21.97,
    "progress": 25,
}
POINTS: list[dict[str, Any]] = [
    point(1, PointStatus.ACTIVE, name="Harbour 1", connector_type="CCS2"),
    point(2, PointStatus.CHARGING, name="港口 2", **CHARGE),
    point(3, PointStatus.STOPPED, name=HOSTILE, address=HOSTILE),
    point(4, PointStatus.FAULTY, fault_type="connector_lock", detail=HOSTILE),
    point(5, PointStatus.DISCONNECTED, last_seen_at=None, driver_id=HOSTILE),
    {"cp_id": "odd", "status": "NEWER", "price_per_kwh": "dear", "progress": [], "session_id": "s"},
]
SESSIONS: list[dict[str, Any]] = [
    {**CHARGE, "status": "CHARGING", "cp_id": "CP002", "started_at": NOW.wall - 100},
    {
        "session_id": HOSTILE,
        "cp_id": "CP1",
        "status": "FINISHED",
        "started_at": 1e300,
        "ended_at": 5,
        "reason": "fault",
    },
    {"status": "NEWER", "reason": "newer"},
]
EVENTS: list[dict[str, Any]] = [
    {"id": 2, "at": NOW.wall, "kind": "price_set", "text": "CP001 costs 0.3 a kWh.", "message_id": "m1"},
    {"id": 1, "at": None, "kind": HOSTILE, "text": HOSTILE, "session_id": HOSTILE},
]


def desk(columns: int, lines: int, *, points: list[dict[str, Any]] = POINTS, total: int = 6) -> Desk:
    """One that knows all of this."""
    made = Desk(new_secret=lambda: SECRET)
    made.link = Standing(State.UP, "127.0.0.1:5000")
    made.known.stats = STATS
    made.wanted.fit(columns, lines)
    made.known.points, made.known.total = points, total
    for pages in (made.known.running, made.known.sessions):
        pages.rows, pages.loaded = SESSIONS, True
    made.known.drivers.rows = [{"driver_id": HOSTILE, "sessions": 3, "energy_consumed_kwh": 1.5, "last_seen_at": 5.0}]
    made.known.events, made.known.newest = EVENTS, 2
    made.known.notices.append(Notice(NOW.wall, "WARNING", HOSTILE))
    made.wanted.fit(columns, lines)
    return made


def drawn(made: Desk, columns: int, lines: int) -> list[str]:
    """The screen as text; each line is checked to be exactly as wide as the screen."""
    made.wanted.fit(columns, lines)
    made.known.hear(Answer(ok=True, sentence="", at=NOW.wall), NOW)
    picture = board(made, NOW)
    text = ["".join(piece for piece, _ in line) for line in picture.lines]
    assert [cell_len(line) for line in text] == [columns] * lines
    assert all(line.isprintable() for line in text), text
    assert len(render(picture, Size(columns, lines))) == lines
    return text


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_every_view_fills_the_screen_exactly(columns: int, lines: int, language: Language) -> None:
    speak(language)
    for view in View:
        made = desk(columns, lines)
        made.wanted.view = view
        drawn(made, columns, lines)
        drawn(desk(columns, lines, points=POINTS * 15, total=4321), columns, lines)
        drawn(Desk(new_secret=lambda: SECRET), columns, lines)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_what_is_open_over_the_board_fills_it_exactly(columns: int, lines: int, language: Language) -> None:
    speak(language)
    for overlay in (Overlay(Kind.HELP), Overlay(Kind.TRACE, HOSTILE, EVENTS), Overlay(Kind.TRACE, "x")):
        made = desk(columns, lines)
        made.overlay = overlay
        drawn(made, columns, lines)
    made = desk(columns, lines)
    made.editor.text, made.editor.choices = HOSTILE.replace("\x1b", "").replace("\n", ""), ["長" * 30] * 20
    made.editor.cursor = 100
    drawn(made, columns, lines)
    made.confirm = Confirm(HOSTILE, (), "x")
    drawn(made, columns, lines)
    for standing in (
        Standing(State.CONNECTING, "a:1"),
        Standing(State.LOST, "a:1", 5.0, HOSTILE, 1_003.0),
        Standing(State.REFUSED, "a:1", 5.0, HOSTILE),
    ):
        made.link = standing
        drawn(made, columns, lines)


def test_cards_say_what_matters_at_each_point() -> None:
    text = drawn(desk(80, 24), 80, 24)
    assert [line.rstrip() for line in text[2:15]] == [
        "Points  1-6 of 6  by cp_id ─────────────────────────────────────────────────────",
        "╭─ CP001 ─────── ACTIVE ─╮ ╭─ CP002 ───── CHARGING ─╮ ╭─ CP003 ────── STOPPED ─╮",
        "│ Harbour 1   0.30 a kWh │ │ 港口 2      0.30 a kWh │ │  [2J[bold]… 0.30 a kWh │",
        "│ CCS2       up to 22 kW │ │ alice          22.0 kW │ │ out of service         │",
        "│                        │ │ ████░░░░░░░░░░░░░  25% │ │            up to 22 kW │",
        "│                        │ │ 12.345 kWh        3.70 │ │  [2J[bold]港口 長長長… │",
        "╰─────── seen 1 min ago ─╯ ╰─────── seen 1 min ago ─╯ ╰─────── seen 1 min ago ─╯",
        "╭─ CP004 ─────── FAULTY ─╮ ╭─ CP005 ─ DISCONNECTED ─╮ ╭─ odd ────────── NEWER ─╮",
        "│             0.30 a kWh │ │             0.30 a kWh │ │                        │",
        "│ connector_lock         │ │            up to 22 kW │ │                 0.0 kW │",
        "│  [2J[bold]港口 長長長… │ │                        │ │ ░░░░░░░░░░░░░░░░░   0% │",
        "│                        │ │                        │ │ 0.000 kWh         0.00 │",
        "╰─────── seen 1 min ago ─╯ ╰─────────── never seen ─╯ ╰─────────── never seen ─╯",
    ]


def test_a_state_has_its_colour_beside_its_word() -> None:
    made = desk(80, 24)
    made.wanted.fit(80, 24)
    styles = {
        text.strip(): style
        for line in board(made, NOW).lines[3:]
        for text, style in line
        if text.strip() in set(PointStatus)
    }
    assert styles == {
        "ACTIVE": "point.active",
        "CHARGING": "point.charging",
        "STOPPED": "point.stopped",
        "FAULTY": "point.faulty",
        "DISCONNECTED": "point.disconnected",
    }


def test_more_points_than_cards_fit_are_a_table() -> None:
    text = drawn(desk(80, 24, points=POINTS * 3, total=1000), 80, 24)
    assert [line.rstrip() for line in text[2:6]] == [
        "Points  1-14 of 1,000  by cp_id ────────────────────────────────────────────────",
        "point        state          a kWh driver          kWh    cost    kW       seen",
        "CP001        ACTIVE          0.30                                    1 min ago",
        "CP002        CHARGING        0.30 alice        12.345    3.70  22.0  1 min ago",
    ]


def test_the_top_sums_up_and_tells_of_a_lost_link() -> None:
    made = desk(100, 30)
    top = drawn(made, 200, 60)[:2]
    assert "1,100.0 kW now  today 1234.500 kWh  370.35" in top[0]
    assert top[1].startswith(
        "5,010 points  1,000 ACTIVE  1,001 CHARGING  1,002 FAULTY  1,003 STOPPED  1,004 DISCONNECTED"
    )
    assert top[1].rstrip().endswith("Kafka up  lag 12,000  53.2 messages/s")
    made.link = Standing(State.LOST, "a:1", 5.0, "Cannot connect to a:1: Connection refused.", NOW.mono + 3)
    lost = drawn(made, 100, 30)[:2]
    assert "LINK LOST since" in lost[0]
    assert "next try in 3 s" in lost[0]
    assert lost[1].startswith("Cannot connect to a:1: Connection refused.")
    assert "figures of" in lost[1]


def test_pending_commands_and_exports_are_told_until_something_else_is() -> None:
    made = desk(80, 24)
    made.exporting = ("events", 1240)
    assert drawn(made, 80, 24)[-3].rstrip() == "Exporting events: 1,240 rows so far; `cancel` ends it."
    made.say("Picture saved.")
    assert drawn(made, 80, 24)[-3].rstrip() == "Picture saved."


def test_the_foot_tells_how_many_errors_and_notices_nobody_has_seen() -> None:
    made = desk(80, 24)
    made.known.stats = {**STATS, "complaints": []}
    made.known.notices.clear()
    made.take_notice(Notice(NOW.wall, "INFO", "Started."))
    foot_line = "F1 Help  F2 Board  F3 Sessions  F4 Events  F5 {}  F6 Drivers  F7 Figures"
    assert drawn(made, 80, 24)[-1].rstrip() == foot_line.format("Notices 1")
    assert (" Notices 1", "quiet") in board(made, NOW).lines[-1]
    made.take_notice(Notice(NOW.wall, "ERROR", "Broken."))
    assert drawn(made, 80, 24)[-1].rstrip() == foot_line.format("Errors 2")
    assert (" Errors 2", "bad") in board(made, NOW).lines[-1]
    made.press(Key("f5"), NOW)
    assert drawn(made, 80, 24)[-1].rstrip() == foot_line.format("Errors")


def test_one_point_is_one_point() -> None:
    made = desk(80, 24)
    made.known.stats = {**STATS, "points": {"ACTIVE": 1}}
    assert drawn(made, 80, 24)[1].startswith("1 point  1 ACTIVE")
    made.known.stats = {**STATS, "points": {"ACTIVE": 2}}
    assert drawn(made, 80, 24)[1].startswith("2 points  2 ACTIVE")


def test_what_an_event_says_is_told_in_the_language_spoken() -> None:
    speak(Language.CHINESE)
    made = desk(80, 24)
    assert any("CP001 的电价为每 kWh 0.3。" in line for line in drawn(made, 80, 24))
    made.overlay = Overlay(Kind.TRACE, "m1", EVENTS)
    assert any("CP001 的电价为每 kWh 0.3。" in line for line in drawn(made, 80, 24))


def test_a_notice_without_an_id_has_its_second_line_for_more_words_and_equal_times_keep_their_order() -> None:
    made = desk(80, 24)
    made.known.stats, notices = {**STATS, "complaints": []}, made.known.notices
    notices.clear()
    words = "one " * 15 + "two " * 30
    notices.extend(
        (Notice(NOW.wall, "ERROR", words), Notice(NOW.wall, "INFO", "First."), Notice(NOW.wall, "INFO", "2."))
    )
    made.press(Key("f5"), NOW)
    shown = [line[8:].rstrip() for line in drawn(made, 80, 24)[3:8]]
    first, second = "one " * 15, "two " * 15
    assert shown[0] == f" error    {first}".rstrip()
    assert shown[1].startswith(" " * 10 + second.strip()[:-4])
    assert shown[1].endswith("…")
    assert shown[2:] == [" notice   First.", "", " notice   2."]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_a_secret_and_who_is_enrolled_fill_the_screen_exactly(columns: int, lines: int, language: Language) -> None:
    speak(language)
    made = desk(columns, lines)
    made.overlay = Overlay(Kind.SECRET, secrets=(("point CP1", SECRET), ("driver D1", SECRET)))
    drawn(made, columns, lines)
    credentials: list[dict[str, Any]] = [
        {"role": "driver", "id": HOSTILE, "created_at": 5.0, "created_by": HOSTILE, "revoked_at": None}
    ] * 40
    made.overlay = Overlay(Kind.CREDENTIALS, "driver", credentials)
    drawn(made, columns, lines)


def test_a_secret_stands_whole_on_a_line_of_its_own() -> None:
    made = desk(80, 24)
    made.overlay = Overlay(Kind.SECRET, secrets=(("point CP1", SECRET),))
    shown = [line.rstrip() for line in drawn(made, 80, 24)]
    at = shown.index("Secret of point CP1")
    assert shown[at + 1 : at + 3] == [SECRET, ""]
    assert "shown only now" in " ".join(shown[at + 3 :])
    assert sum(SECRET in line for line in shown) == 1


def test_who_is_enrolled_is_a_table_without_secrets() -> None:
    made = desk(160, 24)
    rows = [
        {"role": "driver", "id": "D1", "created_by": "operator", "changed_by": "ruth"},
        {"role": "point", "id": "CP1", "created_by": "operator", "changed_by": "operator"},
    ]
    made.overlay = Overlay(Kind.CREDENTIALS, "", rows)
    shown = [line.split() for line in drawn(made, 160, 24)]
    heads = ["role", "id", "enrolled", "by", "changed", "by", "old", "one", "until", "revoked"]
    at = shown.index(heads)
    assert shown[at + 1 : at + 3] == [["driver", "D1", "operator", "ruth"], ["point", "CP1", "operator", "operator"]]
    made.overlay = Overlay(Kind.CREDENTIALS)
    assert "Nobody is enrolled." in [line.strip() for line in drawn(made, 160, 24)]
