"""
The one rule of the shore: what listens beyond loopback without authentication or without TLS needs the word --insecure.

Every listener of every program is shown to `guard` before it takes its port. Standard library only, for programs that run before
anything is installed.
"""

import ipaddress
import logging
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from common.errors import BadSetting
from common.words import Text
from common.words import shore as words

log = logging.getLogger("ev.shore")


@dataclass(frozen=True, slots=True)
class Listener:
    """What is about to listen, and what of it is safe. `remedies` are the options that bring TLS and authentication."""

    what: Text
    host: str
    has_tls: bool = False
    proves: bool = False
    remedies: tuple[str, str] = ("", "")
    #: What to do where no option helps.
    else_do: Text = words.STAY

    @property
    def stands_open(self) -> bool:
        return not (self.has_tls and self.proves) and is_beyond_loopback(self.host)

    def refusal(self) -> str:
        """Why it may not listen, and what to do."""
        options = [option for has, option in zip(self._has, self.remedies, strict=True) if option and not has]
        do = words.GIVE(options=words.AND_OPTION().join(options)) if options else self.else_do()
        return words.REFUSED(what=self.what(), host=self.host, lacks=words.AND().join(self._lacks()), do=do)

    def warning(self, say: Callable[[Text], str] = str) -> str:
        """What is said where it listens all the same; `say` chooses the language."""
        lacks = say(words.AND).join(self._lacks(say))
        return say(words.ALLOWED).format(what=say(self.what), host=self.host, lacks=lacks)

    @property
    def _has(self) -> tuple[bool, bool]:
        return self.has_tls, self.proves

    def _lacks(self, say: Callable[[Text], str] = str) -> list[str]:
        named = zip(self._has, (words.TLS, words.AUTHENTICATION), strict=True)
        return [say(name) for has, name in named if not has]


def guard(listeners: Iterable[Listener], *, insecure: bool, warn: Callable[[str], None] | None = None) -> None:
    """
    Let them listen: those that stand open only under --insecure, and with a warning. Raises BadSetting.

    The warning is logged, in English, or told to `warn`, by programs that have no log.
    """
    for one in listeners:
        if one.stands_open:
            if not insecure:
                raise BadSetting(one.refusal())
            if warn is None:
                log.warning("%s", one.warning(_in_english))
            else:
                warn(one.warning())


def _in_english(text: Text) -> str:
    return text.en


def is_beyond_loopback(host: str) -> bool:
    """Whether others can reach what listens there. A name counts by where it leads; one that leads nowhere cannot be bound."""
    try:
        found = [entry[4][0] for entry in socket.getaddrinfo(host or None, 0, flags=socket.AI_PASSIVE)]
    except (OSError, UnicodeError):
        return False
    return not all(_is_loopback(str(address)) for address in found)


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback
