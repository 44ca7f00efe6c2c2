"""Servers that tests need: what to do when one is not there."""

import os
from typing import NoReturn

import pytest


def missing(name: str, sentence: str) -> NoReturn:
    """Skip the test, or fail it where EV_TEST_REQUIRE (names, by comma) says that this server must be there."""
    required = os.environ.get("EV_TEST_REQUIRE", "").split(",")
    if name in (word.strip() for word in required):
        pytest.fail(f"EV_TEST_REQUIRE asks for {name}: {sentence}")
    pytest.skip(sentence)
