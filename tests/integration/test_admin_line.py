"""The console's link to Central and who attends to it, against a Central that the test plays; no terminal."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from central.admin.asking import Answer, Question, State
from central.admin.attendant import Attendant
from central.admin.desk import Desk, Said
from central.admin.history import History
from central.admin.line import MOST_IN_FLIGHT, Line
from common.auth import signature
from common.clock import Moment, SystemClock
from common.errors import ErrorCode
from common.framing import MAX_FRAME_BYTES
from common.ids import random_id
from common.messages import AuthRequest, AuthResponse, ErrorResponse, ManualCommand, ManualCommandResponse, Message
from common.net.address import Address
from common.net.link import Link
from common.process import Tasks
from common.routes import Role
from common.ui.keys import Key
from tests.integration.played_central import PlayedCentral, played
from tests.waiting import until

STATS = Question("stats")
SECRET = "5ec2e7" * 10
NOW = Moment(1_800_000_000.0, 1_000.0)


def answering(message: Message, link: Link) -> None:
    link.send(
        ManualCommandResponse(
            message_id=message.message_id, timestamp=5.0, status="success", message="So it is.", data={"n": 1}
        )
    )


def silent(message: Message, link: Link) -> None:
    del message, link


@asynccontextmanager
async def line_to(address: Address, secret: str | None = None) -> AsyncIterator[Line]:
    line = Line(address, clock=SystemClock(), ids=random_id, limit=MAX_FRAME_BYTES, admin_id="ann", secret=secret)
    running = asyncio.ensure_future(line.run())
    yield line
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_answer_finds_its_question() -> None:
    async with played(Role.ADMIN, answering) as central, line_to(central.address) as line:
        await until(lambda: line.is_up)
        assert await line.ask(STATS, 5) == Answer(ok=True, sentence="So it is.", data={"n": 1}, at=5.0)
        assert (line.standing.state, line.standing.why) == (State.UP, "")


async def test_without_a_link_and_without_an_answer_there_is_a_sentence() -> None:
    async with played(Role.ADMIN, silent) as central, line_to(central.address) as line:
        assert await line.ask(STATS, 5) == Answer(ok=False, sentence="Not connected to Central; nothing was sent.")
        await until(lambda: line.is_up)
        late = Answer(ok=False, sentence="Central did not answer within 0.05 s.")
        assert await line.ask(STATS, 0.05) == late
        asked = [asyncio.ensure_future(line.ask(STATS, 5)) for _ in range(MOST_IN_FLIGHT)]
        await until(lambda: len(central.heard) == MOST_IN_FLIGHT + 1)
        many = Answer(ok=False, sentence="Too many commands are under way; wait for their answers.")
        assert await line.ask(STATS, 5) == many
        central.links[0].abort()
        lost = "The link was lost before Central answered; it may have been done."
        assert await asyncio.gather(*asked) == [Answer(ok=False, sentence=lost)] * MOST_IN_FLIGHT


async def test_a_lost_link_is_told_since_when_and_mended() -> None:
    async with played(Role.ADMIN, answering) as central, line_to(central.address) as line:
        await until(lambda: line.is_up)
        await central.stop()
        await until(lambda: line.standing.next_try is not None)
        lost = line.standing
        assert (lost.state, lost.why) == (State.LOST, f"The link to {central.address} ended.")
        await until(lambda: "Cannot connect" in line.standing.why)
        assert line.standing.since == lost.since
        await central.start(central.address.port)
        await until(lambda: line.is_up, 15)


async def test_with_a_secret_it_proves_itself_before_it_is_up() -> None:
    def admit(message: Message, link: Link) -> None:
        if isinstance(message, AuthRequest):
            link.send(AuthResponse(message_id=message.message_id, status="success", message="Welcome."))
        else:
            answering(message, link)

    async with played(Role.ADMIN, admit) as central, line_to(central.address, "s3cret") as line:
        await until(lambda: line.is_up)
        assert (await line.ask(STATS, 5)).ok
    request = central.heard[0]
    assert isinstance(request, AuthRequest)
    assert request.timestamp is not None
    assert request.signature == signature("s3cret", "admin", "ann", request.timestamp, request.nonce)


async def test_an_operator_that_is_not_accepted_is_told_why() -> None:
    def refuse(message: Message, link: Link) -> None:
        no = {"message_id": message.message_id, "message": "The signature is wrong."}
        link.send(AuthResponse(**no, status="failure", error=ErrorCode.AUTH_FAILED))

    async with played(Role.ADMIN, refuse) as central, line_to(central.address, "guess") as line:
        await until(lambda: line.standing.next_try is not None)
        assert (line.standing.state, line.standing.why) == (State.REFUSED, "The signature is wrong (auth_failed).")
        assert not line.is_up


async def test_an_error_that_answers_nothing_is_told_too() -> None:
    def refuse(_: Message, link: Link) -> None:
        no = {"message_id": "other", "message": "A newer link has taken over."}
        link.send(ErrorResponse(**no, status="failure", error=ErrorCode.SUPERSEDED))

    async with played(Role.ADMIN, refuse) as central, line_to(central.address) as line:
        await until(lambda: line.is_up)
        asked = asyncio.ensure_future(line.ask(STATS, 5))
        await until(lambda: line.standing.state is State.REFUSED)
        asked.cancel()
    assert line.standing.why == "A newer link has taken over (superseded)."


# -- attending


class Office:
    """A desk with its attendant."""

    def __init__(self, line: Line, directory: Path) -> None:
        self.desk = Desk(new_secret=lambda: SECRET)
        self.left = asyncio.Event()
        self.tasks = Tasks(self.left)
        self.attendant = Attendant(
            self.desk,
            line,
            clock=SystemClock(),
            history=History(directory / "history"),
            tasks=self.tasks,
            leave=self.left.set,
        )
        self.desk.wanted.fit(80, 24)
        self.tasks.start("attendant", self.attendant.run())

    def enter(self, line: str) -> None:
        for char in line:
            self.attendant.do(self.desk.press(Key(char, char), NOW))
        self.attendant.do(self.desk.press(Key("enter"), NOW))


@asynccontextmanager
async def office(
    directory: Path, answer: Callable[[Message, Link], None]
) -> AsyncIterator[tuple[Office, PlayedCentral]]:
    async with played(Role.ADMIN, answer) as central, line_to(central.address) as line:
        made = Office(line, directory)
        await until(lambda: line.is_up)
        yield made, central
        await made.tasks.cancel()


def pages(*, until_page: int, held: bool = False) -> Callable[[Message, Link], None]:
    """Events page by page; the last one never comes where it is held."""

    def answer(message: Message, link: Link) -> None:
        assert isinstance(message, ManualCommand)
        if message.command != "list_events" or message.args.get("limit") != 1000:
            answering(message, link)
            return
        page = int(str(message.args.get("after", "0")))
        if held and page == until_page:
            return
        data: dict[str, Any] = {"events": [{"id": page, "text": "x"}]}
        data |= {"next": str(page + 1)} if page < until_page else {}
        link.send(ManualCommandResponse(message_id=message.message_id, status="success", message=".", data=data))

    return answer


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_an_export_is_written_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with office(tmp_path, pages(until_page=2)) as (made, _):
        made.enter("export events all.json")
        await until(lambda: made.desk.said is not None)
        assert made.desk.said == Said("3 events written to all.json.")
    assert names_in(tmp_path) == ["all.json", "history"]


async def test_a_secret_is_shown_once_and_in_no_file(tmp_path: Path) -> None:
    def enrolled(message: Message, link: Link) -> None:
        if isinstance(message, ManualCommand) and message.command == "enroll":
            said = f"{message.args['role']} {message.args['id']} is enrolled."
            link.send(ManualCommandResponse(message_id=message.message_id, status="success", message=said))
        else:
            answering(message, link)

    async with office(tmp_path, enrolled) as (made, _):
        made.enter("enroll driver D1")
        await until(lambda: made.desk.shows_secret)
        assert made.desk.overlay is not None
        assert made.desk.overlay.secrets == (("driver D1", SECRET),)
        assert made.desk.said == Said("driver D1 is enrolled.")
    assert (tmp_path / "history").read_text() == "enroll driver D1\n"
    assert names_in(tmp_path) == ["history"]


async def test_a_cancelled_export_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with office(tmp_path, pages(until_page=2, held=True)) as (made, _):
        made.enter("export events all.csv")
        await until(lambda: made.desk.exporting == ("events", 2))
        made.enter("export events other.csv")
        assert made.desk.said == Said("An export is running already; `cancel` ends it.", is_good=False)
        made.enter("cancel")
        await until(lambda: made.desk.exporting is None)
        assert made.desk.said == Said("The export was cancelled; no file was left.", is_good=False)
    assert names_in(tmp_path) == ["history"]


async def test_an_export_that_breaks_off_tells_why_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all.csv").write_text("before")
    async with office(tmp_path, pages(until_page=2, held=True)) as (made, central):
        made.enter("export events all.csv")
        assert made.desk.confirm is not None
        made.enter("yes")
        await until(lambda: made.desk.exporting == ("events", 2))
        central.links[0].abort()
        await until(lambda: made.desk.exporting is None)
        lost = "The export failed: The link was lost before Central answered; it may have been done."
        assert made.desk.said == Said(lost, is_good=False)
    assert (tmp_path / "all.csv").read_text() == "before"


async def test_what_is_on_the_screen_is_asked_for_again_and_again_and_nothing_else(tmp_path: Path) -> None:
    async with office(tmp_path, answering) as (_, central):
        await until(lambda: len(central.heard) >= 6)
        asked = [message.command for message in central.heard if isinstance(message, ManualCommand)]
    assert asked[:6] == ["stats", "list_cps", "list_events"] * 2


async def test_quitting_is_heard_at_once_though_central_is_silent(tmp_path: Path) -> None:
    async with office(tmp_path, silent) as (made, central):
        await until(lambda: len(central.heard) == 3)
        made.enter("stop CP1")
        made.enter("quit")
        assert made.left.is_set()
        assert [pending.label for pending in made.desk.pending] == ["stop CP1"]
