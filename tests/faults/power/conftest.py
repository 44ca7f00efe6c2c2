"""What every test of power cuts needs."""

import pytest

from tests.faults.power.shim import is_possible
from tests.servers import missing


@pytest.fixture(autouse=True)
def compiler() -> None:
    if not is_possible():
        missing("compiler", "Cutting the power needs Linux and a C compiler: install gcc, or name another in CC.")
