"""The trial itself, in small: real programs whose power goes in the middle of their calls, and an audit that finds nothing missing."""

from pathlib import Path

import pytest

from tests.faults.audit.checks import CHECKS
from tests.faults.harness.plan import Plan
from tests.faults.power.cuts import Cut
from tests.faults.power.trial import AT_ANY_MOMENT, IN_A_CALL, PowerTrial

pytestmark = [
    pytest.mark.processes,
    pytest.mark.broker,
    pytest.mark.timeout(400),
]
CENTRAL, POINT, EVERYWHERE = ("central-1",), ("CP001",), ("central-1", "CP001", "CP002")


def cut(after_s: float, machines: tuple[str, ...], calls: int) -> Cut:
    return Cut(after_s=after_s, is_early=False, machines=machines, calls=calls, dark_s=0.2)


async def test_what_was_promised_to_anybody_survives_the_power(tmp_path: Path) -> None:
    said: list[str] = []
    cuts = [cut(3, CENTRAL, 7), cut(2, POINT, 2), cut(2, EVERYWHERE, 0)]
    outcome = await PowerTrial(Plan(points=2, drivers=3), cuts, tmp_path, said.append).run()
    assert outcome.findings == {check.__name__: [] for check in CHECKS}, said
    assert outcome.landed[IN_A_CALL] + outcome.landed[AT_ANY_MOMENT] == 3
    assert outcome.tickets > 0
