"""`ev-admin certs`: makes a private CA and certificates for trials, and says what to give to whom. It asks no Central."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from common.certificates import Authority, Issued
from common.errors import BadSetting
from common.messages.fields import CpId
from common.net.pairs import is_host
from common.words import Text
from common.words import certs as words

_CP_ID: TypeAdapter[str] = TypeAdapter(CpId)


def make(directory: Path, hosts: Sequence[str], points: Sequence[str]) -> Iterator[str]:
    """Make what is not there yet, and tell of each file; raises BadSetting and CannotStart."""
    _check(hosts, points)
    authority = Authority(directory)
    yield words.CA(cert=authority.pair.cert, made=_made(authority.made))
    yield words.CA_KEY(key=authority.pair.key)
    for name in hosts:
        yield _told(words.HOST, name, authority.for_host(name))
    for cp_id in points:
        yield _told(words.POINT, cp_id, authority.for_point(cp_id))
    yield words.FOR_TRIALS()


def _check(hosts: Sequence[str], points: Sequence[str]) -> None:
    """All of it before anything is made."""
    for name in hosts:
        if not is_host(name):
            raise BadSetting(words.NO_HOST(name=name[:60]))
    for cp_id in points:
        try:
            _CP_ID.validate_python(cp_id)
        except ValidationError:
            raise BadSetting(words.NO_POINT(name=cp_id[:60])) from None


def _told(text: Text, name: str, issued: Issued) -> str:
    return text(cert=issued.pair.cert, key=issued.pair.key, made=_made(issued.made), name=name)


def _made(made: bool) -> str:
    return (words.MADE if made else words.KEPT)()
