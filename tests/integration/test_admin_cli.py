"""ev-admin as a process of its own, against a Central that the test plays."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from pydantic import JsonValue

from central.admin.conversation import Conversation
from central.admin.inquiry import Inquiry
from common.auth import signature
from common.clock import SystemClock
from common.errors import ErrorCode
from common.framing import MAX_FRAME_BYTES
from common.ids import random_id
from common.kafka.embedded import free_port
from common.messages import AuthRequest, AuthResponse, ManualCommand, ManualCommandResponse, Message
from common.net.link import Link
from common.routes import Role
from tests.integration.played_central import Answer, Ended, Program, played, run
from tests.waiting import until

pytestmark = pytest.mark.processes


def answering(*pages: dict[str, JsonValue]) -> Answer:
    """A Central that gives these data, one a question."""
    left = list(pages)

    def answer(message: Message, link: Link) -> None:
        link.send(
            ManualCommandResponse(message_id=message.message_id, status="success", message="Done so.", data=left.pop(0))
        )

    return answer


def within(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


async def ask(answer: Answer, *arguments: str) -> tuple[Ended, list[tuple[str, dict[str, JsonValue]]]]:
    """What the program said, and the commands that Central was given."""
    async with played(Role.ADMIN, answer) as central:
        ended = await run("central.admin", "--central", str(central.address), *arguments)
    return ended, [(m.command, m.args) for m in central.heard if isinstance(m, ManualCommand)]


@pytest.mark.parametrize(
    ("arguments", "command", "args"),
    [
        (["cps"], "list_cps", {}),
        (["sessions", "--open", "--limit", "7"], "list_sessions", {"open": True, "limit": 7}),
        (
            ["cps", "--search", "Zoo 1", "--status", "faulty", "--status", "ACTIVE", "--sort", "Price", "--desc"],
            "list_cps",
            {"search": "Zoo 1", "status": ["FAULTY", "ACTIVE"], "sort": "price", "descending": True},
        ),
        (["cps", "--search", ""], "list_cps", {"search": ""}),
        (
            ["sessions", "--cp", "CP1", "--driver", "D1", "--status", "finished"],
            "list_sessions",
            {"open": False, "limit": 100, "cp_id": "CP1", "driver_id": "D1", "status": ["FINISHED"]},
        ),
        (["events"], "list_events", {"limit": 100}),
        (
            ["events", "--limit", "7", "--cp", "CP1", "--session", "S1", "--kind", "claimed", "--kind", "completed"],
            "list_events",
            {"limit": 7, "cp_id": "CP1", "session_id": "S1", "kind": ["claimed", "completed"]},
        ),
        (["drivers"], "list_drivers", {}),
        (["stop-cp", "*"], "stop_cp", {"cp_id": "*"}),
        (["resume-cp", "CP1"], "resume_cp", {"cp_id": "CP1"}),
        (["stop-session", "S1"], "stop_session", {"session_id": "S1"}),
        (["price", "CP1", "0.25"], "set_price", {"cp_id": "CP1", "price_per_kwh": 0.25}),
        (["trace", "S1"], "trace", {"id": "S1"}),
        (["stats"], "stats", {}),
    ],
)
async def test_each_command_asks_central_in_the_words_of_the_protocol(
    arguments: list[str], command: str, args: dict[str, JsonValue]
) -> None:
    ended, asked = await ask(answering({"known": [1]}), *arguments, "--json")
    assert (ended, asked) == (Ended(0, '{"known": [1]}\n', ""), [(command, args)])


async def test_a_person_is_shown_tables_lines_and_sentences() -> None:
    drivers, _ = await ask(answering({"drivers": [{"driver_id": "D1", "sessions": 2}]}), "drivers")
    figures, _ = await ask(answering({"today": {"kwh": 3}}), "stats")
    done, _ = await ask(answering({}), "stop-cp", "CP1")
    assert [line.split() for line in drivers.out.splitlines()[1:]] == [["D1", "2"]]
    assert (figures.out, done.out) == ("today.kwh  3\n", "Done so.\n")


async def test_an_answer_in_pages_is_put_together() -> None:
    pages = answering({"sessions": [{"n": 1}, {"n": 2}], "next": "2"}, {"sessions": [{"n": 3}], "next": "3"})
    ended, asked = await ask(pages, "sessions", "--limit", "3", "--json")
    assert json.loads(ended.out) == {"sessions": [{"n": 1}, {"n": 2}, {"n": 3}]}
    assert [args for _, args in asked] == [{"open": False, "limit": 3}, {"open": False, "limit": 1, "after": "2"}]


async def test_events_are_lines_and_none_is_said() -> None:
    event: JsonValue = {"id": 1, "at": None, "kind": "claimed", "text": "CP1 is claimed.", "cp_id": "CP1"}
    found, _ = await ask(answering({"events": [event], "newest": 1}), "events")
    nothing, _ = await ask(answering({"events": [], "newest": 1}), "events")
    assert (found.out, nothing.out) == ("  claimed            CP1 is claimed.  [cp_id=CP1]\n", "None.\n")


async def test_an_export_takes_all_pages_into_a_file(tmp_path: Path) -> None:
    pages: list[dict[str, JsonValue]] = [
        {"sessions": [{"session_id": "S3"}, {"session_id": "S2"}], "next": "2"},
        {"sessions": [{"session_id": "S1"}]},
    ]
    file = tmp_path / "out.csv"
    ended, asked = await ask(answering(*pages), "export", "sessions", str(file))
    assert ended == Ended(0, f"3 sessions written to {file}.\n", "")
    assert asked == [("list_sessions", {"limit": 1000}), ("list_sessions", {"limit": 1000, "after": "2"})]
    assert [line.split(",")[0] for line in file.read_text().splitlines()] == ["session_id", "S3", "S2", "S1"]
    refused, _ = await ask(answering(), "export", "sessions", str(file))
    assert refused == Ended(
        2, "", f"ev-admin: {file} is there already; overwrite it with --force, or choose another.\n"
    )
    again, _ = await ask(answering({"sessions": []}), "export", "sessions", str(file), "--force", "--json")
    assert again == Ended(0, json.dumps({"sessions": 0, "file": str(file)}) + "\n", "")
    assert len(file.read_text().splitlines()) == 1


async def test_an_export_to_standard_output_is_nothing_else() -> None:
    event: dict[str, JsonValue] = {"id": 1, "text": "充电"}
    as_csv, _ = await ask(answering({"events": [event]}), "export", "events", "-")
    assert as_csv == Ended(0, "id,at,kind,text,cp_id,session_id,driver_id,message_id\r\n1,,,充电,,,,\r\n", "")
    as_json, _ = await ask(answering({"events": [event]}), "export", "events", "-", "--format", "json")
    assert json.loads(as_json.out) == [event]


async def test_an_export_that_central_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def half(message: Message, link: Link) -> None:
        assert isinstance(message, ManualCommand)
        if "after" in message.args:
            link.close_soon()
        else:
            answering({"events": [{"id": 2}], "next": "2"})(message, link)

    ended, _ = await ask(half, "export", "events", str(tmp_path / "out.json"))
    assert (ended, within(tmp_path)) == (
        Ended(1, "", "ev-admin: Central closed the link before it answered.\n"),
        [],
    )


async def test_an_export_that_is_interrupted_leaves_no_file(tmp_path: Path) -> None:
    def half(message: Message, link: Link) -> None:
        assert isinstance(message, ManualCommand)
        if "after" not in message.args:
            answering({"events": [{"id": 2}], "next": "2"})(message, link)

    async with played(Role.ADMIN, half) as central:
        file = tmp_path / "out.json"
        program = await Program.start("central.admin", "--central", str(central.address), "export", "events", str(file))
        await until(lambda: len(central.heard) == 2)
        assert [name.rpartition(".")[2] for name in within(tmp_path)] == ["part"]
        program.terminate()
        ended = await program.end()
    assert (ended.status, within(tmp_path)) == (1, [])


async def test_a_reader_that_has_seen_enough_ends_an_export_quietly() -> None:
    def endless(message: Message, link: Link) -> None:
        assert isinstance(message, ManualCommand)
        rows: list[JsonValue] = [{"id": n, "text": "x" * 500} for n in range(100)]
        following = str(int(str(message.args.get("after", "0"))) + 1)
        answering({"events": rows, "next": following})(message, link)

    async with played(Role.ADMIN, endless) as central:
        command = f"{sys.executable} -m central.admin --central {central.address} export events - | head -1"
        shell = await asyncio.create_subprocess_shell(
            command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(20):
            out, err = await shell.communicate()
    assert (out.count(b"\n"), err) == (1, b"")


async def test_a_refusal_is_one_sentence_and_status_1() -> None:
    def refuse(message: Message, link: Link) -> None:
        no = {"message_id": message.message_id, "message": "There is no charging point X."}
        link.send(ManualCommandResponse(**no, status="failure", error=ErrorCode.UNKNOWN_CP))

    ended, _ = await ask(refuse, "stop-cp", "X", "--json")
    assert ended == Ended(1, "", "ev-admin: There is no charging point X (unknown_cp).\n")


async def test_a_link_that_ends_before_the_answer_is_one_sentence_and_status_1() -> None:
    ended, _ = await ask(lambda _, link: link.close_soon(), "cps")
    assert ended == Ended(1, "", "ev-admin: Central closed the link before it answered.\n")


async def test_without_central_there_is_one_sentence() -> None:
    address = f"127.0.0.1:{free_port('127.0.0.1')}"
    told = f"Cannot connect to {address}: Connection refused. Start Central, or say where it is with --central."
    assert await run("central.admin", "--central", address, "cps") == Ended(1, "", f"ev-admin: {told}\n")


async def test_an_answer_that_does_not_come_in_time_is_one_sentence() -> None:
    inquiry = Inquiry("stats", {}, ids=random_id)
    async with played(Role.ADMIN, lambda *_: None) as central:
        conversation = Conversation(
            inquiry, central.address, clock=SystemClock(), ids=random_id, limit=MAX_FRAME_BYTES, within_s=0.05
        )
        await conversation.hold()
    assert (inquiry.done, inquiry.failure) == (True, "Central did not answer within 0.05 s.")


async def test_ctrl_c_ends_the_wait() -> None:
    async with played(Role.ADMIN, lambda *_: None) as central:
        program = await Program.start("central.admin", "--central", str(central.address), "cps")
        await until(lambda: len(central.heard) == 1)
        program.interrupt()
        ended = await program.end()
    assert ended == Ended(1, "", "ev-admin: Interrupted before Central answered.\n")


async def test_with_a_secret_the_operator_proves_itself_before_it_asks(tmp_path: Path) -> None:
    def strict(message: Message, link: Link) -> None:
        if isinstance(message, AuthRequest):
            link.send(AuthResponse(message_id=message.message_id, status="success"))
        else:
            answering({})(message, link)

    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    async with played(Role.ADMIN, strict) as central:
        ended = await run(
            "central.admin",
            *("--central", str(central.address), "--secret-file", str(secret)),
            *("--admin-id", "boss", "--json", "stats"),
        )
    proof, command = central.heard
    assert isinstance(proof, AuthRequest)
    assert isinstance(command, ManualCommand)
    assert proof.timestamp is not None
    assert (proof.role, proof.admin_id) == ("admin", "boss")
    assert proof.signature == signature("s3cret", "admin", "boss", proof.timestamp, proof.nonce)
    assert ended == Ended(0, "{}\n", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing command. Try ev-admin --help."),
        (["price", "CP1", "dear"], "VALUE must be a price from 0 to 10000 with at most 4 decimals (it is 'dear')."),
        (["price", "CP1", "-1"], "VALUE must be a price from 0 to 10000 with at most 4 decimals (it is '-1')."),
        (["price", "CP1", "1", "--cheap"], "Got unexpected extra argument(s) (--cheap). Try ev-admin --help."),
        (
            ["cps", "--status", "asleep"],
            "--status must be one of ACTIVE, CHARGING, FAULTY, STOPPED, DISCONNECTED (it is 'asleep').",
        ),
        (["events", "--cp", "*"], "'*' is no cp_id (up to 36 letters, digits, '.', '_' and '-')."),
        (["export", "drivers", "x.csv"], "WHAT must be one of sessions, events (it is 'drivers')."),
        (["export", "events", "x.txt"], "x.txt ends in neither .csv nor .json; say which with --format."),
        (["stop-cp", "a/b"], "'a/b' is no cp_id (up to 36 letters, digits, '.', '_' and '-'), and not '*' for all."),
        (["stop-session", ""], "'' is no id (1 to 64 characters)."),
    ],
)
async def test_a_bad_command_line_is_one_sentence_and_status_2(arguments: list[str], sentence: str) -> None:
    assert await run("central.admin", *arguments) == Ended(2, "", f"ev-admin: {sentence}\n")
