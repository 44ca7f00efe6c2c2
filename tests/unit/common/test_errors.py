"""What is left of an error that somebody keeps."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from common.codec import decode
from common.errors import BadMessage, ErrorCode


class Something:
    """What the one that keeps the error has at hand."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def kept(errors: list[BadMessage]) -> "weakref.ref[Something]":
    something = Something()
    try:
        decode(b"no JSON", {})
    except BadMessage as bad:
        errors.append(bad.alone())
    return weakref.ref(something)


@pytest.mark.usefixtures("no_collector")
def test_a_bad_message_that_is_kept_keeps_nothing_else() -> None:
    errors: list[BadMessage] = []
    left = kept(errors)
    assert left() is None
    assert (errors[0].code, errors[0].__traceback__, errors[0].__context__) == (ErrorCode.MALFORMED_JSON, None, None)
