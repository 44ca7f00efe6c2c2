"""What the program that hosts the console tells through its pipe."""

import asyncio
import json
import os

import pytest

from central.admin.host import hear_host, read_notice
from central.admin.known import Notice


@pytest.mark.parametrize(
    ("line", "notice"),
    [
        ('{"at": 1.5, "level": "info", "text": "Ready."}', Notice(1.5, "INFO", "Ready.")),
        ('{"at": 1, "level": "ERROR", "text": "No.", "ids": {"message_id": "m1"}}', Notice(1.0, "ERROR", "No.", "m1")),
        (json.dumps({"at": 1, "level": "INFO", "text": "x" * 600}), Notice(1.0, "INFO", "x" * 500)),
        ("no json", None),
        ("[]", None),
        ('{"at": "now", "level": "INFO", "text": "x"}', None),
        ('{"at": 1, "level": null, "text": "x"}', None),
    ],
)
def test_a_line_is_a_notice_or_nothing(line: str, notice: Notice | None) -> None:
    assert read_notice(line.encode()) == notice


async def test_it_is_heard_until_the_host_is_gone() -> None:
    ours, theirs = os.pipe()
    heard: list[Notice] = []
    hearing = asyncio.ensure_future(hear_host(ours, heard.append))
    # A line longer than any notice is passed over with the rest of its kind.
    for text in ("Started.", "x" * 200_000, "Stopping."):
        data = json.dumps({"at": 1.0, "level": "INFO", "text": text}).encode() + b"\n"
        while data:
            data = data[await asyncio.to_thread(os.write, theirs, data[:4096]) :]
    os.close(theirs)
    await asyncio.wait_for(hearing, 10)
    assert [notice.text for notice in heard if not notice.text.startswith("x")] == ["Started.", "Stopping."]
