"""Servers that tests need and a machine may not have: skipped with a sentence, or failed where they are required."""

import os
from typing import NoReturn

import pytest

#: Names of servers, with commas between, that must be there: `kafka,postgres`.
REQUIRE = "EV_TEST_REQUIRE"


def is_required(name: str) -> bool:
    return name in {word.strip() for word in os.environ.get(REQUIRE, "").split(",")}


def missing(name: str, sentence: str) -> NoReturn:
    """Skip what needs the server, saying what to do; fail where the server is required."""
    if is_required(name):
        pytest.fail(f"{name} is required ({REQUIRE}) but not there: {sentence}", pytrace=False)
    pytest.skip(sentence)
