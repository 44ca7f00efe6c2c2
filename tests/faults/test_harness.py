"""The harness itself, in small: real programs, faults that land where they were sent, an audit that finds nothing."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.audit.checks import CHECKS
from tests.faults.harness.plan import Plan
from tests.faults.harness.schedule import Fault, Kind
from tests.faults.harness.trial import Trial

pytestmark = [pytest.mark.processes, pytest.mark.broker, pytest.mark.timeout(400)]


async def test_faults_land_where_they_were_sent_and_a_right_network_is_found_right(tmp_path: Path) -> None:
    faults = [
        Fault(1, Kind.FAILPOINT, "central-1", 30, "central.billed=1"),
        Fault(1, Kind.FAILPOINT, "engine-CP001", 30, "engine.journaled=2"),
        Fault(2, Kind.HALF_FRAME, "monitor-CP001>central"),
        Fault(5, Kind.SILENCE, "app-D01>central", 2),
        Fault(6, Kind.FULL_DISK, "engine-CP002", 2),
        Fault(8, Kind.DUPLICATE, "records", 0, "5"),
        Fault(10, Kind.LIE, "records", 0, "5"),
    ]
    said: list[str] = []
    outcome = await Trial(Plan(minutes=0.3, points=3, drivers=4), faults, tmp_path, said.append).run()
    assert outcome.findings == {check.__name__: [] for check in CHECKS}, said
    assert outcome.places == {"central.billed": 1, "engine.journaled": 1}
    assert outcome.landed == Counter(fault.kind for fault in faults)
    assert outcome.tickets > 0
