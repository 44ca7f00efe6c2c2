"""The program whose console we are: its notices through a pipe, and its end by the end of the pipe."""

import asyncio
import json
import os
from collections.abc import Callable

from central.admin.known import Notice

_LONGEST_LINE = 64 * 1024
_LONGEST_TEXT = 500


async def hear_host(descriptor: int, hear: Callable[[Notice], None]) -> None:
    """Until the host is gone."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=_LONGEST_LINE)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        while True:
            try:
                line = await lines.readline()
            except ValueError:  # longer than any notice; what was read of it is gone
                continue
            if not line:
                return
            notice = read_notice(line)
            if notice is not None:
                hear(notice)
    finally:
        transport.close()


def read_notice(line: bytes) -> Notice | None:
    """A line of the pipe; None for what is no notice."""
    try:
        told = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    at, level, text, ids = (told.get(name) for name in ("at", "level", "text", "ids"))
    if not isinstance(at, int | float) or not isinstance(level, str) or not isinstance(text, str):
        return None
    message_id = ids.get("message_id") if isinstance(ids, dict) else None
    return Notice(float(at), level.upper(), text[:_LONGEST_TEXT], message_id if isinstance(message_id, str) else "")
