"""The bench of several Centrals runs as a user runs it, and says everything that it measured; what it says is not judged."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kafka_server import apache_address

pytestmark = [pytest.mark.processes, pytest.mark.kafka, pytest.mark.postgres]
SHARES = {"centrals", "kafka", "postgres", "others", "all"}


@pytest.fixture
def said(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    database = request.getfixturevalue("postgres_address").render_as_string(hide_password=False)
    told = tmp_path / "figures.json"
    size = ["--sessions", "24", "--records", "100", "--centrals", "1", "2"]
    command = [sys.executable, "-m", "tests.bench.several_centrals", "--kafka", apache_address(request)]
    done = subprocess.run(
        [*command, "--database", database, *size, "--json", str(told)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "2 against 1: " in done.stdout
    return dict(json.loads(told.read_text()))


def test_each_run_stores_all_and_says_what_it_cost(said: dict[str, Any]) -> None:
    one, two = said.pop("runs")
    # Four readings for each session, one of the 24 in two of each of twelve partitions; all the partitions are shared.
    assert [(run["centrals"], run["partitions"], run["records"]) for run in (one, two)] == [
        (1, [12], 96),
        (2, [6, 6], 96),
    ]
    for run in (one, two):
        assert len(run["central_cpu"]) == run["centrals"]
        # A session's readings are told in pairs of notices, together or one by one.
        assert 2 * 24 <= run["notices"] <= 2 * 96
        assert set(run["cores"]) == SHARES
        assert run["seconds"] > 0
        assert run["rate"] == pytest.approx(96 / run["seconds"])
        assert run["rate_by_cpu"] == pytest.approx(96 / max(0.01, sum(run["central_cpu"])))
        assert all(run[who] >= 0 for who in ("kafka_cpu", "postgres_cpu", "machine_cpu"))
    against = said.pop("against_one")["2"]
    assert against.pop("bound")
    assert against == {
        "ratio": pytest.approx(two["rate"] / one["rate"]),
        "ratio_by_cpu": pytest.approx(2 * two["rate_by_cpu"] / one["rate_by_cpu"]),
    }
    assert {name: said[name] for name in ("sessions", "records")} == {"sessions": 24, "records": 96}
    assert set(said) == {"cores", "load_average", "sessions", "records"}
