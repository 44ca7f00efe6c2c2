"""The only maker of identifiers. Cores are handed a maker, so that tests can count instead."""

import secrets
import uuid
from collections.abc import Callable
from itertools import count

Ids = Callable[[], str]


def random_id() -> str:
    return str(uuid.uuid4())


def numbered_ids() -> Ids:
    """As unique as random ones and a tenth of their cost, for a process that makes thousands a second."""
    begins, numbers = secrets.token_hex(12), count(1)
    return lambda: f"{begins}-{next(numbers):x}"


def counted_ids(prefix: str = "m") -> Ids:
    """Ids m1, m2, m3 …: for tests and simulations."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"
