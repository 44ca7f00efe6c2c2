"""A secret that whoever asks for a page sends along (`Authorization: Bearer TOKEN`): read from its file, and again when that changes."""

import hmac
import logging
import re
from pathlib import Path

from common.errors import BadSetting
from common.net.tls import Stamp, stamp
from common.settings import Watchable, read_text
from common.words import token as words

log = logging.getLogger("ev.token")

LEAST = 16
#: RFC 6750, section 2.1.
_FORM = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class Token:
    """The token of a file. A file that is broken later leaves the one in use that was read before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: Stamp | None = stamp(path)
        self._token = _read(path)

    def admits(self, authorization: str) -> bool:
        """Whether this is the right value of the header; says by its time nothing of how wrong it is."""
        self._look()
        scheme, _, told = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(told.strip().encode(), self._token)

    def _look(self) -> None:
        seen = stamp(self._path)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._token = _read(self._path)
        except BadSetting as wrong:
            log.error("%s", words.KEPT_THE_OLD.en.format(why=wrong))  # noqa: TRY400 - the sentence says all
        else:
            log.info("%s", words.READ_AGAIN.en.format(path=self._path))


def of_metrics(settings: Watchable) -> Token | None:
    """For the pages of a program; None: without one. Raises BadSetting."""
    return None if settings.metrics_token_file is None else Token(settings.metrics_token_file)


def _read(path: Path) -> bytes:
    found = read_text(path).strip()
    if len(found) < LEAST or not _FORM.fullmatch(found):
        raise BadSetting(words.NO_TOKEN(path=path, least=LEAST))
    return found.encode()
