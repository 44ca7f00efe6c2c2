"""What every message has (protocol, section 2): the envelope, and the answer's part of it."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from common.errors import ErrorCode
from common.messages.fields import JsonObject, MessageId, Outcome, Sentence, Timestamp
from common.registry import register
from common.routes import Role, Route


class Message(BaseModel):
    """One message. A subclass with a `type` of its own enters the catalogue by being defined."""

    # Validators are built when first used: a process starts sooner, and pays for the messages that it really sees.
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null", defer_build=True)

    routes: ClassVar[tuple[Route, ...]] = ()
    #: Other names that one role reads as this type.
    aliases: ClassVar[tuple[tuple[Role, str], ...]] = ()
    #: Whether something is signed in it as its sender wrote it: `heed` then sees its bytes.
    is_signed: ClassVar[bool] = False

    type: str
    message_id: MessageId
    timestamp: Timestamp | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        tag = cls.model_fields["type"].default
        if isinstance(tag, str):
            register(cls, tag)

    def heed(self, data: bytes) -> None:
        """The bytes of which it was read."""

    @classmethod
    def tag(cls) -> str:
        return str(cls.model_fields["type"].default)


class Response(Message):
    """An answer: `message_id` is that of the request; `error` is set when `status` is failure."""

    status: Outcome
    message: Sentence = ""
    error: ErrorCode | None = None
    data: JsonObject | None = None

    @property
    def succeeded(self) -> bool:
        return self.status == "success"
