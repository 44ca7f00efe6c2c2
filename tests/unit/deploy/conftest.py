"""Small makers for the tests of ev-up."""

from typing import Any

from deploy.settings import UpSettings


def settings(**told: Any) -> UpSettings:
    """Settings as a command line would give them."""
    return UpSettings(**told)
