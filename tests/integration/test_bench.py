"""Each scenario of the bench runs at a small size as a user runs it, and reports every figure; what they are is not judged."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.__main__ import SCENARIOS

pytestmark = [pytest.mark.processes, pytest.mark.broker]

MACHINE = {
    *("cores", "processor", "memory_mib", "system", "python", "sqlite", "load_average"),
    *("confluent-kafka", "pydantic", "pydantic-core", "sqlalchemy", "uvloop"),
}
#: Whose slopes `soak` tells, each with its error.
GROWING = ("memory_mib", "fleet_memory_mib", "broker_memory_mib", "files", "database_mib", "p50_ms", "p99_ms")
#: Of each scenario: its parameters, and its figures.
FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "catalogue": (
        {"type"},
        {
            *("encode_millions", "decode_millions", "pydantic_encode_millions", "pydantic_decode_millions"),
            *("json_encode_millions", "json_decode_millions", "encode_times_pydantic", "decode_times_pydantic"),
        },
    ),
    "ingest": (
        {"notifications", "sessions", "readings_each", "database"},
        {
            *("records", "cpu_seconds", "records_per_cpu_second", "records_per_second", "memory_peak_mib"),
            *("broker_cpu_seconds", "notices", "bare_records_per_cpu_second", "ratio_to_bare"),
        },
    ),
    "heartbeats": (
        {"points", "every_s"},
        {
            *("core_percent", "memory_mib", "memory_kib_a_point", "heartbeats", "cpu_us_a_heartbeat"),
            *("median_ms", "p99_ms", "registered_seconds"),
        },
    ),
    "storm": (
        {"points"},
        {
            *("registered_seconds", "first_registered_seconds", "worst_heartbeat_ms", "worst_calm_heartbeat_ms"),
            *("cpu_seconds", "memory_peak_mib", "points_cpu_seconds", "turned_away"),
        },
    ),
    "charge": (
        {"points", "rate", "transport"},
        {
            *("sent_per_second", "granted", "overloaded", "busy", "engine_timeout", "unanswered", "failed"),
            *("p50_ms", "p99_ms", "p99_9_ms", "all_p99_ms", "stop_p99_ms", "stops_failed", "took_seconds"),
            *("central_ms_a_charge", "central_core_percent", "fleet_core_percent", "broker_core_percent"),
            "drivers_core_percent",
        },
    ),
    "fleet": (
        {"points", "journal"},
        {
            *("readings_per_second", "core_percent", "cpu_us_a_reading", "points_a_core"),
            *("memory_mib", "memory_peak_mib", "memory_kib_a_point"),
        },
    ),
    "soak": (
        {"points", "rate"},
        {
            *("minutes", "granted", "refused", "memory_mib", "p50_ms", "p99_ms", "central_ms_a_charge"),
            "database_kib_a_charge",
            *(f"{name}_{what}" for name in GROWING for what in ("an_hour", "or")),
        },
    ),
}
#: What may grow the other way.
SLOPES = {f"{name}_an_hour" for name in GROWING}


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.bench", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def measured(tmp_path: Path, scenario: str) -> dict[str, Any]:
    told = tmp_path / "figures.json"
    done = bench(scenario, "--size", "tiny", "--json", str(told))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(told.read_text()))


def test_every_scenario_has_its_fields_held_here() -> None:
    assert set(FIELDS) == set(SCENARIOS)


@pytest.mark.parametrize("scenario", FIELDS)
def test_a_scenario_runs_at_a_small_size_and_says_all_that_it_measured(tmp_path: Path, scenario: str) -> None:
    said = measured(tmp_path, scenario)
    assert set(said) == {"commit", "machine", "runs"}
    assert set(said["machine"]) == MACHINE
    parameters, figures = FIELDS[scenario]
    assert said["runs"]
    for run in said["runs"]:
        assert set(run) == {"scenario", "parameters", "figures"}
        assert (run["scenario"], set(run["parameters"]), set(run["figures"])) == (scenario, parameters, figures)
        assert all(value >= 0 for name, value in run["figures"].items() if name not in SLOPES)


def test_readings_are_told_to_drivers_only_where_notifications_are_on(tmp_path: Path) -> None:
    off, on = measured(tmp_path, "ingest")["runs"]
    assert [run["parameters"]["notifications"] for run in (off, on)] == ["off", "on"]
    assert off["figures"]["notices"] == 0
    # Twelve sessions of 20 readings are told in pairs, together or one by one.
    assert 2 * 12 <= on["figures"]["notices"] <= 2 * 12 * 20


def test_an_earlier_json_is_compared_with_and_a_strange_file_is_one_sentence(tmp_path: Path) -> None:
    told = tmp_path / "before.json"
    assert bench("catalogue", "--size", "tiny", "--json", str(told)).returncode == 0
    done = bench("catalogue", "--size", "tiny", "--compare", str(told))
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if " -> " in line]
    assert lines[0].startswith("catalogue type=start_charging_command: encode_millions ")
    told.write_text("[]")
    refused = bench("catalogue", "--compare", str(told))
    assert refused.returncode == 2
    program = "python3 -m deploy bench"
    assert refused.stderr == f"{program}: {told} is not what --json writes; name such a file. Try {program} --help.\n"
    known = ", ".join(SCENARIOS)
    assert bench("nothing").stderr == f"{program}: there is no scenario nothing; know: {known}. Try {program} --help.\n"
