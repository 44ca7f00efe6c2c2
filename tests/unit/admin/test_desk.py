"""The operator's desk as histories: keys and answers in, effects and what is shown out."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from central.admin.asking import Answer, Question
from central.admin.desk import Desk, Said
from central.admin.effects import Ask, Completion, Deed, Effect, Remember, StartExport, Topic
from central.admin.known import Notice
from central.admin.orders import (
    Credentials,
    Enroll,
    Export,
    Order,
    Resume,
    Revoke,
    Rotate,
    SetPrice,
    Stop,
    Trace,
    View,
)
from central.admin.overlay import Kind, Overlay
from common.clock import Moment
from common.errors import ErrorCode
from common.ui.keys import Key
from common.words import Language, speak

SECRET = "5ec2e7" * 10
NOW = Moment(1_800_000_000.0, 1_000.0)


@pytest.fixture
def desk() -> Desk:
    made = Desk(new_secret=lambda: SECRET)
    made.wanted.fit(80, 24)
    return made


def enter(desk: Desk, line: str) -> list[Effect]:
    for char in line:
        assert desk.press(Key(char, char), NOW) == []
    return desk.press(Key("enter"), NOW)


def press(desk: Desk, *names: str) -> list[Effect]:
    effects: list[Effect] = []
    for name in names:
        effects += desk.press(Key(name), NOW)
    return effects


def done(sentence: str, **data: Any) -> Answer:
    return Answer(ok=True, sentence=sentence, data=data, at=NOW.wall)


def ask_of(effects: list[Effect]) -> Ask:
    (found,) = [effect for effect in effects if isinstance(effect, Ask)]
    return found


def poll(desk: Desk, topic: Topic) -> Ask:
    return next(ask for ask in desk.wanted.polls() if ask.purpose is topic)


def points(*ids: str, total: int) -> Answer:
    return done("", charging_points=[{"cp_id": cp_id, "status": "ACTIVE"} for cp_id in ids], total=total)


# -- commands


def test_a_command_is_asked_shown_as_under_way_and_its_answer_told(desk: Desk) -> None:
    effects = enter(desk, "stop CP1")
    ask = Ask(Stop("CP1"), Question("stop_cp", {"cp_id": "CP1"}))
    assert effects == [Remember("stop CP1"), ask]
    assert [pending.label for pending in desk.pending] == ["stop CP1"]
    assert desk.take(ask_of(effects), done("CP1: out of service."), NOW) == [Deed.REFRESH]
    assert (desk.pending, desk.said) == ([], Said("CP1: out of service."))


def test_the_same_command_twice_is_under_way_twice(desk: Desk) -> None:
    first, second = ask_of(enter(desk, "stop CP1")), ask_of(enter(desk, "stop CP1"))
    desk.take(second, done("CP1: out of service."), NOW)
    assert [pending.ask for pending in desk.pending] == [first]


def test_a_refusal_is_told_with_its_code(desk: Desk) -> None:
    ask = ask_of(enter(desk, "resume X"))
    desk.take(ask, Answer(ok=False, sentence="There is no charging point X.", error=ErrorCode.UNKNOWN_CP), NOW)
    assert desk.said == Said("There is no charging point X (unknown_cp).", is_good=False)


def test_in_chinese_what_was_done_is_told_in_chinese(desk: Desk) -> None:
    speak(Language.CHINESE)
    desk.take(
        ask_of(enter(desk, "stop CP1")),
        done("CP1: out of service. Not confirmed by CP1; told again when connected."),
        NOW,
    )
    assert desk.said == Said("CP1：已停用。CP1 尚未确认，连接后会再次下发。")
    desk.take(ask_of(enter(desk, "price CP1 0.5")), done("CP1: 0.5 a kWh from the next session on."), NOW)
    assert desk.said == Said("CP1：从下一个充电会话起每 kWh 0.5。")


def test_a_mistake_is_told_and_asks_nothing(desk: Desk) -> None:
    assert enter(desk, "stpo") == [Remember("stpo")]
    assert desk.said == Said("There is no command stpo; F1 shows them all.", is_good=False)


def test_an_empty_line_does_nothing(desk: Desk) -> None:
    assert enter(desk, "   ") == []


# -- yes or no


@pytest.mark.parametrize("answer", ["", "n", "no", "yess", "stop *", "y es"])
def test_anything_but_a_yes_does_nothing(desk: Desk, answer: str) -> None:
    assert enter(desk, "stop *") == [Remember("stop *")]
    assert desk.confirm is not None
    assert enter(desk, answer) == []
    assert (desk.pending, desk.said) == ([], Said("Nothing was done."))


@pytest.mark.parametrize("answer", ["yes", "Y", " yes ", "是"])
def test_after_a_yes_it_is_done(desk: Desk, answer: str) -> None:
    enter(desk, "price * 0.25")
    ask = Ask(SetPrice("*", 0.25), Question("set_price", {"cp_id": "*", "price_per_kwh": 0.25}))
    assert enter(desk, answer) == [ask]
    assert [pending.label for pending in desk.pending] == ["price * 0.25"]


def test_the_answer_to_a_question_is_no_command_and_not_in_the_history(desk: Desk) -> None:
    enter(desk, "stop *")
    enter(desk, "no")
    press(desk, "up")
    assert desk.editor.text == "stop *"


def test_escape_answers_no(desk: Desk) -> None:
    enter(desk, "stop *")
    assert press(desk, "escape") == []
    assert desk.said == Said("Nothing was done.")


def test_to_resume_all_destroys_nothing_and_is_not_asked_about(desk: Desk) -> None:
    assert ask_of(enter(desk, "resume *")) == Ask(Resume("*"), Question("resume_cp", {"cp_id": "*"}))


def test_who_has_no_host_quits_at_once(desk: Desk) -> None:
    assert enter(desk, "quit") == [Remember("quit"), Deed.LEAVE]


def test_under_a_host_quitting_asks_first() -> None:
    desk = Desk(hosted_by="ev-up", new_secret=lambda: SECRET)
    assert enter(desk, "quit") == [Remember("quit")]
    assert desk.confirm is not None
    assert desk.confirm.sentence == "This stops ev-up. Quit?"
    assert enter(desk, "yes") == [Deed.LEAVE]


# -- what is on the screen


def test_only_what_is_on_the_screen_is_asked_for(desk: Desk) -> None:
    assert [ask.purpose for ask in desk.wanted.polls()] == [Topic.STATS, Topic.POINTS, Topic.EVENTS]
    for key, topics in (
        ("f3", [Topic.STATS, Topic.SESSIONS]),
        ("f4", [Topic.STATS, Topic.EVENTS]),
        ("f5", [Topic.STATS]),
        ("f6", [Topic.STATS, Topic.DRIVERS]),
        ("f7", [Topic.STATS]),
    ):
        assert press(desk, key) == [Deed.REFRESH]
        desk.wanted.fit(80, 24)
        assert [ask.purpose for ask in desk.wanted.polls()] == topics
    press(desk, "f2")
    desk.wanted.fit(200, 60)
    everything = [Topic.STATS, Topic.POINTS, Topic.RUNNING, Topic.EVENTS]
    assert [ask.purpose for ask in desk.wanted.polls()] == everything


def test_search_filter_and_sort_are_centrals_to_do(desk: Desk) -> None:
    enter(desk, "search harbour")
    enter(desk, "filter charging faulty")
    assert enter(desk, "sort energy desc") == [Remember("sort energy desc"), Deed.REFRESH]
    assert poll(desk, Topic.POINTS).question == Question(
        "list_cps",
        {
            "sort": "energy",
            "descending": True,
            "search": "harbour",
            "status": ["CHARGING", "FAULTY"],
            "limit": 14,
            "offset": 0,
        },
    )
    enter(desk, "all")
    assert poll(desk, Topic.POINTS).question.args == {"sort": "energy", "descending": True, "limit": 14, "offset": 0}


def test_pages_turn_until_the_last_and_back(desk: Desk) -> None:
    ids = [f"P{n:02}" for n in range(14)]
    desk.take(poll(desk, Topic.POINTS), points(*ids, total=20), NOW)
    desk.wanted.fit(80, 24)
    assert press(desk, "page-down") == [Deed.REFRESH]
    assert poll(desk, Topic.POINTS).question.args["offset"] == 14
    desk.take(poll(desk, Topic.POINTS), points("P14", total=20), NOW)
    assert desk.wanted.points_shown == 1
    assert press(desk, "page-up") == [Deed.REFRESH]
    assert press(desk, "page-up") == []
    assert enter(desk, "page 3") == [Remember("page 3")]
    assert desk.said == Said("There is no further page.", is_good=False)
    assert enter(desk, "page 2")[1:] == [Deed.REFRESH]


def test_an_answer_to_what_is_no_longer_on_the_screen_is_passed_over(desk: Desk) -> None:
    late = poll(desk, Topic.POINTS)
    enter(desk, "search x")
    desk.take(late, points("P1", total=1), NOW)
    assert (desk.known.points, desk.known.total) == ((), None)


def test_a_page_behind_the_end_gives_way_to_the_last_one(desk: Desk) -> None:
    desk.take(poll(desk, Topic.POINTS), points(*(f"P{n:02}" for n in range(14)), total=40), NOW)
    desk.wanted.fit(80, 24)
    press(desk, "page-down", "page-down")
    assert desk.take(poll(desk, Topic.POINTS), points(total=20), NOW) == [Deed.REFRESH]
    assert desk.wanted.offset == 14


def test_sessions_page_on_by_the_cursor_and_back(desk: Desk) -> None:
    press(desk, "f3")
    desk.wanted.fit(80, 24)
    assert poll(desk, Topic.SESSIONS).question == Question("list_sessions", {"limit": 9})
    desk.take(poll(desk, Topic.SESSIONS), done("", sessions=[{"session_id": "S9"}], next="c1"), NOW)
    assert press(desk, "page-down") == [Deed.REFRESH]
    assert poll(desk, Topic.SESSIONS).question == Question("list_sessions", {"limit": 9, "after": "c1"})
    desk.take(poll(desk, Topic.SESSIONS), done("", sessions=[{"session_id": "S1"}]), NOW)
    assert press(desk, "page-down") == []
    assert press(desk, "page-up") == [Deed.REFRESH]
    assert poll(desk, Topic.SESSIONS).question == Question("list_sessions", {"limit": 9})


def test_the_key_of_the_sessions_pressed_again_shows_only_those_that_run(desk: Desk) -> None:
    asked = []
    for _ in range(3):
        press(desk, "f3")
        desk.wanted.fit(80, 24)
        asked.append(poll(desk, Topic.SESSIONS).question.args)
    assert asked == [{"limit": 9}, {"open": True, "limit": 9}, {"limit": 9}]
    enter(desk, "sessions open")
    assert poll(desk, Topic.SESSIONS).question.args == {"open": True, "limit": 9}


def test_older_events_are_read_from_the_last_on_the_screen_on(desk: Desk) -> None:
    press(desk, "f4")
    desk.wanted.fit(80, 24)
    newest_first = [{"id": number} for number in range(60, 0, -1)]
    desk.take(poll(desk, Topic.EVENTS), done("", events=newest_first, newest=60), NOW)
    assert press(desk, "page-down") == [Deed.REFRESH]
    # Nine on the screen, 60 to 52.
    assert poll(desk, Topic.OLDER).question == Question("list_events", {"limit": 9, "after": "52"})
    assert press(desk, "page-up") == [Deed.REFRESH]
    assert [ask.purpose for ask in desk.wanted.polls()] == [Topic.STATS, Topic.EVENTS]


def test_views_follow_each_other_by_tab_on_an_empty_line(desk: Desk) -> None:
    seen = []
    for name in ("tab", "shift-tab", "shift-tab"):
        press(desk, name)
        seen.append(desk.wanted.view)
    assert seen == [View.SESSIONS, View.BOARD, View.FIGURES]


# -- completion


def test_ids_are_completed_when_central_has_told_them(desk: Desk) -> None:
    for char in "stop p0":
        desk.press(Key(char, char), NOW)
    (ask,) = press(desk, "tab")
    assert ask == Ask(Completion("stop p0"), Question("list_cps", {"search": "p0", "limit": 60}))
    assert desk.editor.text == "stop p0"
    desk.take(ask_of([ask]), points("P0071", "P0072", total=2), NOW)
    assert (desk.editor.text, list(desk.editor.choices)) == ("stop P007", ["P0071", "P0072"])


def test_what_was_typed_meanwhile_is_not_touched(desk: Desk) -> None:
    for char in "stop p":
        desk.press(Key(char, char), NOW)
    (ask,) = press(desk, "tab")
    desk.press(Key("9", "9"), NOW)
    desk.take(ask_of([ask]), points("P91", total=1), NOW)
    assert desk.editor.text == "stop p9"


def test_without_central_what_is_known_completes(desk: Desk) -> None:
    desk.take(poll(desk, Topic.POINTS), points("CP001", total=1), NOW)
    for char in "stop c":
        desk.press(Key(char, char), NOW)
    (ask,) = press(desk, "tab")
    desk.take(ask_of([ask]), Answer(ok=False, sentence="Not connected."), NOW)
    assert desk.editor.text == "stop CP001 "


# -- what was not seen yet


def complain(desk: Desk, *complaints: tuple[float, str, str], now: Moment = NOW) -> None:
    told = [{"at": at, "level": level, "text": text, "message_id": ""} for at, level, text in complaints]
    desk.take(poll(desk, Topic.STATS), replace(done("", complaints=told), at=now.wall), now)


def unseen(desk: Desk) -> tuple[int, bool]:
    return len(desk.unseen.notices), desk.unseen.has_grave


def test_what_nobody_looked_at_is_counted_until_somebody_does(desk: Desk) -> None:
    desk.take_notice(Notice(NOW.wall, "INFO", "Started."))
    assert unseen(desk) == (1, False)
    complain(desk, (NOW.wall, "error", "Broken."), (5.0, "warning", "Of long ago."))
    assert unseen(desk) == (3, True)
    press(desk, "f1")
    complain(desk, (NOW.wall, "error", "Broken."), (5.0, "warning", "Of long ago."))
    press(desk, "f5")
    assert unseen(desk) == (0, False)
    complain(desk, (NOW.wall + 1, "error", "Again."), (NOW.wall, "error", "Broken."))
    assert unseen(desk) == (0, False)
    press(desk, "f2")
    complain(desk, (NOW.wall + 2, "error", "Once more."), (NOW.wall + 1, "error", "Again."))
    assert unseen(desk) == (1, True)
    # Where the errors have a place on the board they are seen at once.
    desk.wanted.fit(200, 60)
    complain(desk, (NOW.wall + 2, "error", "Once more."), (NOW.wall + 1, "error", "Again."))
    assert unseen(desk) == (0, False)


def test_a_new_complaint_is_told_once_but_not_an_old_one_and_not_in_place_of_a_fresh_answer(desk: Desk) -> None:
    complain(desk, (NOW.wall - 3600, "error", "Of long ago."))
    assert str(desk.said) == "None"
    desk.take(ask_of(enter(desk, "stop CP1")), done("CP1: out of service."), NOW)
    later = Moment(NOW.wall + 2, NOW.mono + 2)
    complain(desk, (later.wall, "error", "Broken."), now=later)
    assert desk.said == Said("CP1: out of service.")
    later = Moment(NOW.wall + 6, NOW.mono + 6)
    complain(desk, (NOW.wall + 2, "error", "Broken."), now=later)
    assert desk.said == Said("Broken.", is_good=False)
    desk.say("Something else.")
    complain(desk, (NOW.wall + 2, "error", "Broken."), now=later)
    assert desk.said == Said("Something else.")


# -- overlays, notices, exports


def test_a_trace_lies_over_the_screen_until_escape(desk: Desk) -> None:
    ask = ask_of(enter(desk, "trace m1"))
    assert ask == Ask(Trace("m1"), Question("trace", {"id": "m1"}))
    desk.take(ask, done("2 events.", events=[{"id": 1}, {"id": 2}]), NOW)
    assert desk.overlay is not None
    assert desk.said == Said("2 events.")
    assert (desk.overlay.kind, desk.overlay.id, list(desk.overlay.events)) == (Kind.TRACE, "m1", [{"id": 1}, {"id": 2}])
    press(desk, "escape")
    assert desk.overlay is None


@pytest.mark.parametrize(("line", "order"), [("enroll", Enroll("point", "CP1")), ("rotate", Rotate("point", "CP1"))])
def test_a_new_secret_is_shown_until_escape_and_kept_nowhere(
    desk: Desk, line: Literal["enroll", "rotate"], order: Order
) -> None:
    remember, ask = enter(desk, f"{line} point CP1")
    assert remember == Remember(f"{line} point CP1")
    assert isinstance(ask, Ask)
    assert ask == Ask(order, Question(line, {"role": "point", "id": "CP1", "secret": SECRET}))
    assert (desk.shows_secret, desk.overlay) == (False, None)
    assert desk.take(ask, done("point CP1 is enrolled."), NOW) == [Deed.REFRESH]
    assert desk.overlay == Overlay(Kind.SECRET, secrets=(("point CP1", SECRET),))
    assert (desk.said, desk.shows_secret) == (Said("point CP1 is enrolled."), True)
    assert SECRET not in f"{desk.overlay}{desk.said}{desk.known.notices}{desk.editor.text}"
    press(desk, "escape")
    assert (len(desk.pending), desk.shows_secret) == (0, False)
    press(desk, "up")
    assert desk.editor.text == f"{line} point CP1"


def test_a_secret_on_the_screen_is_not_lost_to_any_key_but_escape(desk: Desk) -> None:
    asks = [ask_of(enter(desk, f"enroll driver D{number}")) for number in (1, 2)]
    trace = ask_of(enter(desk, "trace m1"))
    for ask in (*asks, trace):
        desk.take(ask, done("Done.", events=[{"id": 1}]), NOW)
    shown = Overlay(Kind.SECRET, secrets=(("driver D1", SECRET), ("driver D2", SECRET)))
    assert desk.overlay == shown
    assert press(desk, "f1", "f3", "tab", "page-up", "enter", "x", "?") == []
    assert (desk.overlay, desk.editor.text) == (shown, "")
    press(desk, "escape")
    assert desk.overlay is None


def test_a_secret_that_central_refused_is_not_shown(desk: Desk) -> None:
    ask = ask_of(enter(desk, "enroll driver D1"))
    refused = Answer(ok=False, sentence="D1 is enrolled already.", error=ErrorCode.BAD_ARGUMENT, at=NOW.wall)
    desk.take(ask, refused, NOW)
    assert (desk.overlay, desk.said) == (None, Said("D1 is enrolled already (bad_argument).", is_good=False))


def test_where_it_is_not_known_whether_a_secret_counts_the_way_out_is_told(desk: Desk) -> None:
    ask = ask_of(enter(desk, "enroll driver D1"))
    desk.take(ask, Answer(ok=False, sentence="Nobody answered."), NOW)
    told = "Nobody answered. If it was done, nobody has the secret: rotate driver D1 makes another."
    assert (desk.overlay, desk.said) == (None, Said(told, is_good=False))


def test_a_secret_is_taken_away_only_after_a_yes(desk: Desk) -> None:
    assert enter(desk, "revoke admin ruth") == [Remember("revoke admin ruth")]
    assert desk.confirm is not None
    assert desk.confirm.sentence == "Take the secret of admin ruth away, and end its links?"
    assert enter(desk, "no") == []
    enter(desk, "revoke admin ruth")
    ask = Ask(Revoke("admin", "ruth"), Question("revoke", {"role": "admin", "id": "ruth"}))
    assert enter(desk, "yes") == [ask]
    desk.take(ask, done("admin ruth is no longer accepted."), NOW)
    assert (desk.overlay, desk.said) == (None, Said("admin ruth is no longer accepted."))


def test_who_is_enrolled_lies_over_the_screen_and_more_than_a_page_is_said(desk: Desk) -> None:
    ask = ask_of(enter(desk, "credentials driver"))
    assert ask == Ask(Credentials("driver"), Question("list_credentials", {"role": "driver"}))
    rows = [{"role": "driver", "id": "D1"}]
    desk.take(ask, done("1 credentials.", credentials=rows, next=None), NOW)
    assert desk.overlay == Overlay(Kind.CREDENTIALS, "driver", rows)
    ask = ask_of(enter(desk, "credentials"))
    assert ask.question == Question("list_credentials")
    desk.take(ask, done("1 credentials.", credentials=rows, next="driver/D1"), NOW)
    assert desk.overlay == Overlay(Kind.CREDENTIALS, "", rows)
    assert desk.said == Said("There are more; `ev-admin credentials` at a shell shows them all.", is_good=False)


def test_what_lies_over_the_screen_scrolls_between_its_ends(desk: Desk) -> None:
    press(desk, "f1")
    assert desk.overlay is not None
    desk.overlay.fit(40, 10)
    tops = []
    for name in ("up", "down", "page-down", "end", "page-down", "home"):
        press(desk, name)
        tops.append(desk.overlay.top)
    assert tops == [0, 1, 10, 30, 30, 0]


def test_notices_stand_with_centrals_complaints_newest_first(desk: Desk) -> None:
    stats = {"complaints": [{"at": 20.0, "level": "error", "text": "Broken.", "message_id": "m1"}]}
    desk.take(poll(desk, Topic.STATS), done("", **stats), NOW)
    desk.take_notice(Notice(10.0, "INFO", "Started."))
    desk.take_notice(Notice(30.0, "WARNING", "Slow."))
    assert desk.known.complaints() == [
        Notice(30.0, "WARNING", "Slow."),
        Notice(20.0, "ERROR", "Broken.", "m1"),
        Notice(10.0, "INFO", "Started."),
    ]
    assert desk.said == Said("Slow.", is_good=False)
    enter(desk, "clear")
    assert [str(desk.said), *(notice.text for notice in desk.known.complaints())] == ["None", "Broken."]


def test_an_export_is_started_and_cancelled(desk: Desk) -> None:
    assert enter(desk, "export events all.csv")[1:] == [StartExport(Export("events", "all.csv"))]
    assert enter(desk, "cancel")[1:] == []
    assert desk.said == Said("Nothing runs that could be cancelled.", is_good=False)
    desk.exporting = ("events", 7)
    assert enter(desk, "cancel")[1:] == [Deed.CANCEL_EXPORT]


def test_a_question_without_an_answer_is_told_until_one_comes(desk: Desk) -> None:
    desk.take(poll(desk, Topic.STATS), Answer(ok=False, sentence="Central did not answer within 5 s."), NOW)
    assert desk.trouble == "Central did not answer within 5 s."
    desk.take(poll(desk, Topic.STATS), done(""), NOW)
    assert desk.trouble == ""


def test_how_long_ago_is_counted_with_centrals_clock(desk: Desk) -> None:
    desk.take(poll(desk, Topic.STATS), Answer(ok=True, sentence="", at=500.0), NOW)
    assert desk.known.central_now(NOW + 3) == 503.0
