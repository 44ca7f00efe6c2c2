"""One command to Central and its answer, page after page. Pure: no sockets, no clocks."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from common.auth import signature
from common.clock import Moment
from common.ids import Ids
from common.messages import (
    AuthRequest,
    AuthResponse,
    ConnectionFailed,
    ConnectionLost,
    ErrorResponse,
    ManualCommand,
    ManualCommandResponse,
    Message,
    Response,
)
from common.messages.operating import Command
from common.words import joined
from common.words.admin_cli import PROOF_REFUSED, START_CENTRAL
from common.words.errors import refusal

#: The key of an answer's data that says where the next page begins, and the argument that asks for it.
_CURSOR, _AFTER = "next", "after"


class Inquiry:
    """Proves the operator where there is a secret, asks, and puts the pages of the answer together."""

    def __init__(
        self,
        command: Command,
        args: Mapping[str, JsonValue],
        *,
        ids: Ids,
        most: int | None = None,
        on_page: Callable[[Mapping[str, JsonValue]], None] | None = None,
        admin_id: str = "",
        secret: str | None = None,
    ) -> None:
        self._command: Command = command
        self._args = dict(args)
        self._ids = ids
        #: Of a list no more entries than this are asked for.
        self._most = most
        #: Hears each page as it comes; then the lists are not kept here.
        self._on_page = on_page
        self._taken = 0
        self._admin_id = admin_id
        self._secret = secret
        self._asked = ""
        #: What the answer held, whole once `done`.
        self.data: dict[str, JsonValue] = {}
        #: Central's own sentence.
        self.told = ""
        self.done = False
        #: Why nothing came of it.
        self.failure: str | None = None
        #: Whether Central said no, and so surely did nothing.
        self.refused = False

    def begin(self, now: Moment) -> list[Message]:
        return [self._ask(now)] if self._secret is None else [self._prove(self._secret, now)]

    def take_admission(self, answer: AuthResponse, now: Moment) -> list[Message]:
        if answer.message_id != self._asked:
            return []
        if not answer.succeeded:
            self.refused = True
            return self._fail(PROOF_REFUSED(why=_refusal(answer)))
        return [self._ask(now)]

    def take_page(self, answer: ManualCommandResponse, now: Moment) -> list[Message]:
        if answer.message_id != self._asked or self.done:
            return []
        if not answer.succeeded:
            self.refused = True
            return self._fail(_refusal(answer))
        self.told = answer.message
        page = dict(answer.data or {})
        cursor = page.pop(_CURSOR, None)
        self._append(page)
        room = self._room()
        if isinstance(cursor, str) and cursor != self._args.get(_AFTER) and room != 0:
            self._args[_AFTER] = cursor
            if room is not None and "limit" in self._args:
                self._args["limit"] = room
            return [self._ask(now)]
        self.done = True
        return []

    def take_error(self, error: ErrorResponse, now: Moment) -> list[Message]:
        del now
        self.refused = True
        return self._fail(_refusal(error))

    def take_loss(self, event: ConnectionLost | ConnectionFailed, now: Moment) -> list[Message]:
        del now
        failed = isinstance(event, ConnectionFailed)
        return self._fail(joined(event.description, START_CENTRAL) if failed else event.description)

    def _fail(self, sentence: str) -> list[Message]:
        if not self.done:
            self.failure, self.done = sentence, True
        return []

    def _append(self, page: dict[str, JsonValue]) -> None:
        self._taken += max((len(value) for value in page.values() if isinstance(value, list)), default=0)
        if self._on_page is not None:
            self._on_page(page)
            page = {name: value for name, value in page.items() if not isinstance(value, list)}
        for name, value in page.items():
            before = self.data.get(name)
            self.data[name] = before + value if isinstance(before, list) and isinstance(value, list) else value

    def _room(self) -> int | None:
        """How many entries may still come; None without a limit."""
        return None if self._most is None else max(0, self._most - self._taken)

    def _ask(self, now: Moment) -> ManualCommand:
        self._asked = self._ids()
        return ManualCommand(message_id=self._asked, timestamp=now.wall, command=self._command, args=dict(self._args))

    def _prove(self, secret: str, now: Moment) -> AuthRequest:
        request = proof(secret, self._admin_id, self._ids, now)
        self._asked = request.message_id
        return request


def proof(secret: str, admin_id: str, ids: Ids, now: Moment) -> AuthRequest:
    """What shows Central who asks."""
    message_id, nonce = ids(), ids()
    return AuthRequest(
        message_id=message_id,
        timestamp=now.wall,
        role="admin",
        admin_id=admin_id,
        nonce=nonce,
        signature=signature(secret, "admin", admin_id, now.wall, nonce),
    )


def _refusal(response: Response) -> str:
    return refusal(response.error, response.message)
