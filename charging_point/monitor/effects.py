"""What a Watch asks of whoever runs it, in order: the core's only way to act. No behaviour belongs here."""

from dataclasses import dataclass

from common.messages import Message


@dataclass(frozen=True, slots=True)
class ToEngine:
    message: Message


@dataclass(frozen=True, slots=True)
class ToCentral:
    message: Message


@dataclass(frozen=True, slots=True)
class OpenCentral:
    """Begin to connect to Central, and keep at it from then on. Asked for once."""


@dataclass(frozen=True, slots=True)
class CloseCentral:
    """End this point's link to Central and try again after the back-off, and no sooner than Central asked for."""

    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CloseEngine:
    """End the link to Engine and try again after the back-off."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Central has accepted the point."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should read, in the log or on a panel."""

    words: str
    grave: bool = False
    about: Message | None = None


Effect = ToEngine | ToCentral | OpenCentral | CloseCentral | CloseEngine | Registered | Note
Effects = list[Effect]
