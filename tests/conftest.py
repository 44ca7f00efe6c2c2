"""
Fixtures that several folders use: here each is one, so that all share one server of a kind.

Whoever runs the tests may read Chinese: here everything is said in English, in this process and in those it starts, but
where a test asks for Chinese.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from common.words import Language, speak
from tests.kafka_server import apache, broker, own_kafka, shared_kafka
from tests.postgres_server import (
    database,
    empty_database,
    empty_postgres_database,
    postgres_address,
    postgres_database,
    postgres_template,
    unencoded_postgres_database,
)

# Before any test starts a program; LC_ALL wins over every other variable of a locale.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("EV_LANG", None)
# Most tests are not about who may speak; those that are say so with --auth, or by `auth=True`.
os.environ["EV_CENTRAL_AUTH"] = "false"

# How long an example takes says how busy the machine is, not whether the program is right.
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("usual")
# By night: `pytest --hypothesis-profile=long`. Nothing is repeated, and what is found prints how to see it again.
settings.register_profile(
    "long",
    max_examples=int(os.environ.get("EV_TEST_EXAMPLES", "1000")),
    stateful_step_count=50,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)

__all__ = [
    "apache",
    "broker",
    "database",
    "empty_database",
    "empty_postgres_database",
    "own_kafka",
    "postgres_address",
    "postgres_database",
    "postgres_template",
    "shared_kafka",
    "unencoded_postgres_database",
]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """What a test of one language leaves behind is not heard by the next."""
    yield
    speak(Language.ENGLISH)


@pytest.fixture
def in_chinese() -> None:
    speak(Language.CHINESE)
