"""Who talks to a Central under test: guests on sockets that send any bytes and hear every frame, and how they are answered."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from common import messages as m
from common.codec import decode, encode_line
from common.errors import BadMessage
from common.messages import Message
from common.net.address import Address
from common.registry import CATALOGUE, over_tcp, senders_to
from common.routes import Role
from tests.waiting import until

_ROLES = (Role.MONITOR, Role.DRIVER, Role.ADMIN)
_ANYTHING = {tag: message for role in _ROLES for tag, message in over_tcp(role, Role.CENTRAL).items()}
_COMMANDS_TO_OBEY = (m.StopCpCommand, m.ResumeCpCommand, m.StopChargingCommand)
#: Answered by Engine or by the time, not at once.
LATER = (m.ChargeRequest, m.StopChargingRequest)


class Guest:
    """One connection. It obeys every command at once but a start, which waits in `starts`."""

    def __init__(self, name: str, on_message: Callable[["Guest", Message], None], *, must_prove: bool = False) -> None:
        """With `must_prove` only an attempt to prove something fixes the role of its link."""
        self.name = name
        self._must_prove = must_prove
        self._on_message = on_message
        self.role: Role | None = None
        self.heard: list[Message] = []
        self.starts: list[m.StartChargingCommand] = []
        self.is_open = True
        self._half = False
        self._barriers = 0

    async def connect(self, address: Address) -> None:
        self._reader, self._writer = await asyncio.open_connection(address.host, address.port, limit=2**20)
        self._reading = asyncio.create_task(self._read())

    # -- hearing

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                self._hear(decode(line, CATALOGUE))
        except ConnectionError:
            pass
        finally:
            self.is_open = False

    def _hear(self, message: Message) -> None:
        self.heard.append(message)
        self._on_message(self, message)
        if isinstance(message, m.StartChargingCommand):
            self.starts.append(message)
        elif isinstance(message, _COMMANDS_TO_OBEY):
            self.write(encode_line(m.CommandResponse(message_id=message.message_id, status="success")))

    # -- speaking

    def write(self, data: bytes) -> None:
        """Whole lines; half a frame that stands before them is ended."""
        if self.is_open and not self._writer.is_closing():
            self._writer.write(b"\n" * self._half + data)
            self._half = False

    def write_half(self, data: bytes) -> None:
        half = data[: len(data) // 2].replace(b"\n", b"")
        self.write(half)
        self._half = bool(half)

    async def all_answered(self) -> None:
        """Returns once Central has dealt with every frame so far, or closed the link; fails when it does neither."""
        self._barriers += 1
        barrier = f"{self.name}-barrier-{self._barriers}"
        self.write(json.dumps({"type": "is_all_answered", "message_id": barrier}).encode() + b"\n")
        await until(
            lambda: not self.is_open or any(one.message_id == barrier for one in self.heard[-50:]), look_every_s=0.001
        )

    def takes(self, line: bytes) -> Message | BadMessage:
        """How Central must take this frame from this link; what is good fixes the link's role."""
        try:
            message = decode(line, _ANYTHING if self.role is None else over_tcp(self.role, Role.CENTRAL))
        except BadMessage as bad:
            return bad
        if self.role is None:
            senders = senders_to(Role.CENTRAL, message.type)
            self.role = Role(message.role) if isinstance(message, m.AuthRequest) else None
            if len(senders) == 1 and not self._must_prove:
                (self.role,) = senders
        return message

    async def leave(self, *, politely: bool) -> None:
        if politely:
            self._writer.close()
        else:
            self._writer.transport.abort()
        await asyncio.wait([self._reading], timeout=5)


def is_owed_now(message: Message) -> bool:
    """Whether its answer comes before that of the next frame."""
    return message.type.endswith(("_request", "_command")) and not isinstance(message, LATER)


def frame(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields).encode() + b"\n"
