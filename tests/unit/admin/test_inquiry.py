"""One command, its answer, and the pages it may come in."""

from typing import Any

import pytest

from central.admin.handlers import wire
from central.admin.inquiry import Inquiry
from common.auth import signature
from common.clock import ManualClock
from common.errors import ErrorCode
from common.ids import counted_ids
from common.messages import (
    AuthRequest,
    AuthResponse,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    ManualCommand,
    ManualCommandResponse,
)

WALL = 1_800_000_000.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(WALL)


def command(message_id: str, **args: Any) -> ManualCommand:
    return ManualCommand(message_id=message_id, timestamp=WALL, command="list_sessions", args=args)


def page(message_id: str, *entries: int, following: str | None = None) -> ManualCommandResponse:
    rest = {} if following is None else {"next": following}
    data = {"sessions": [{"n": n} for n in entries], **rest}
    return ManualCommandResponse(message_id=message_id, status="success", message="So many.", data=data)


def test_one_question_has_one_answer(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {"open": True}, ids=counted_ids())
    assert inquiry.begin(clock.now()) == [command("m1", open=True)]
    assert inquiry.take_page(page("m1", 1, 2), clock.now()) == []
    assert (inquiry.done, inquiry.failure, inquiry.told) == (True, None, "So many.")
    assert inquiry.data == {"sessions": [{"n": 1}, {"n": 2}]}


def test_pages_are_asked_for_until_the_last_and_put_together(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {}, ids=counted_ids())
    inquiry.begin(clock.now())
    assert inquiry.take_page(page("m1", 1, 2, following="2"), clock.now()) == [command("m2", after="2")]
    assert inquiry.take_page(page("m2", 3, 4, following="4"), clock.now()) == [command("m3", after="4")]
    assert inquiry.take_page(page("m3"), clock.now()) == []
    assert inquiry.done
    assert inquiry.data == {"sessions": [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]}


def test_a_limit_ends_the_pages_and_the_last_one_asks_only_for_the_rest(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {"limit": 3}, ids=counted_ids(), most=3)
    assert inquiry.begin(clock.now()) == [command("m1", limit=3)]
    assert inquiry.take_page(page("m1", 1, 2, following="2"), clock.now()) == [command("m2", limit=1, after="2")]
    assert inquiry.take_page(page("m2", 3, following="3"), clock.now()) == []
    assert (inquiry.done, inquiry.data) == (True, {"sessions": [{"n": 1}, {"n": 2}, {"n": 3}]})


def test_pages_that_somebody_takes_are_not_kept(clock: ManualClock) -> None:
    heard: list[Any] = []
    inquiry = Inquiry("list_sessions", {"limit": 3}, ids=counted_ids(), most=3, on_page=heard.append)
    inquiry.begin(clock.now())
    assert inquiry.take_page(page("m1", 1, 2, following="2"), clock.now()) == [command("m2", limit=1, after="2")]
    assert inquiry.take_page(page("m2", 3, following="3"), clock.now()) == []
    assert (inquiry.done, inquiry.data) == (True, {})
    assert heard == [{"sessions": [{"n": 1}, {"n": 2}]}, {"sessions": [{"n": 3}]}]


def test_a_cursor_that_does_not_move_is_the_end(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {}, ids=counted_ids())
    inquiry.begin(clock.now())
    inquiry.take_page(page("m1", 1, following="1"), clock.now())
    assert inquiry.take_page(page("m2", 2, following="1"), clock.now()) == []
    assert inquiry.done


def test_an_answer_to_another_question_and_a_repeated_one_change_nothing(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {}, ids=counted_ids())
    inquiry.begin(clock.now())
    assert inquiry.take_page(page("x", 9), clock.now()) == []
    assert not inquiry.done
    inquiry.take_page(page("m1", 1), clock.now())
    inquiry.take_page(page("m1", 1), clock.now())
    assert inquiry.data == {"sessions": [{"n": 1}]}


def test_a_refusal_is_one_sentence_with_its_code(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {}, ids=counted_ids())
    inquiry.begin(clock.now())
    no = ManualCommandResponse(
        message_id="m1", status="failure", message="There is no charging point X.", error=ErrorCode.UNKNOWN_CP
    )
    assert inquiry.take_page(no, clock.now()) == []
    assert (inquiry.done, inquiry.failure) == (True, "There is no charging point X (unknown_cp).")


def test_with_a_secret_the_operator_proves_itself_before_it_asks(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {}, ids=counted_ids(), admin_id="A1", secret="s3cret")
    assert inquiry.begin(clock.now()) == [
        AuthRequest(
            message_id="m1",
            timestamp=WALL,
            role="admin",
            admin_id="A1",
            nonce="m2",
            signature=signature("s3cret", "admin", "A1", WALL, "m2"),
        )
    ]
    assert inquiry.take_admission(AuthResponse(message_id="m1", status="success"), clock.now()) == [command("m3")]


def test_a_proof_that_is_not_accepted_ends_the_inquiry(clock: ManualClock) -> None:
    inquiry = Inquiry("list_sessions", {}, ids=counted_ids(), admin_id="A1", secret="s3cret")
    inquiry.begin(clock.now())
    no = AuthResponse(message_id="m1", status="failure", message="Wrong.", error=ErrorCode.AUTH_FAILED)
    assert inquiry.take_admission(no, clock.now()) == []
    assert inquiry.failure == "Central does not accept this operator's proof: Wrong (auth_failed)."


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            ConnectionFailed(message_id="x", peer="c:1", description="Cannot connect to c:1: no answer."),
            "Cannot connect to c:1: no answer. Start Central, or say where it is with --central.",
        ),
        (ConnectionLost(message_id="x", peer="c:1", description="Central is gone."), "Central is gone."),
        (ErrorResponse(message_id="x", error=ErrorCode.OVERLOADED, message="Later."), "Later (overloaded)."),
    ],
)
def test_whatever_ends_the_link_ends_the_inquiry_with_a_sentence(
    clock: ManualClock, event: ConnectionFailed | ConnectionLost | ErrorResponse, sentence: str
) -> None:
    inquiry = Inquiry("list_sessions", {}, ids=counted_ids())
    inquiry.begin(clock.now())
    assert wire(inquiry).dispatch(event, clock.now()) == []
    assert (inquiry.done, inquiry.failure) == (True, sentence)
