"""Failpoints and the jumping clock: off by default, refused when half told, deadly at the passing that was asked for."""

import ast
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from common import clock, failpoints
from common.clock import SystemClock
from common.errors import BadSetting
from common.failpoints import Place
from common.settings import read_clock_jump, read_failpoint

ROOT = Path(__file__).parents[3]
#: Passes a place three times and says so each time.
_PASSER = """
import sys
from pathlib import Path
from common import failpoints
from common.failpoints import Place
if len(sys.argv) > 1:
    failpoints.arm(Place.BILLED, int(sys.argv[1]), Path(sys.argv[2]))
for n in range(3):
    failpoints.reached(Place.CLAIMED)
    failpoints.reached(Place.BILLED)
    print(n, flush=True)
"""


def passes(*told: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PASSER, *told], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    for name in ("EV_FAILPOINT", "EV_FAILPOINT_TRACE", "EV_CLOCK_JUMP"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch.setenv


@pytest.fixture
def _steady_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_jump", None)


def test_a_program_that_was_told_nothing_passes_every_place() -> None:
    done = passes()
    assert (done.returncode, done.stdout.split()) == (0, ["0", "1", "2"])


def test_an_armed_program_dies_at_the_passing_it_was_told_and_leaves_a_trace(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    done = passes("2", str(trace))
    place, pid = trace.read_text().split()
    assert (done.returncode, done.stdout.split(), place) == (-signal.SIGKILL, ["0"], "central.billed")
    assert pid.isdecimal()


def test_whoever_watches_is_told_of_each_passing_until_nobody_does() -> None:
    passed: list[Place] = []
    failpoints.watch(passed.append)
    failpoints.reached(Place.CLAIMED)
    failpoints.watch(None)
    failpoints.reached(Place.BILLED)
    assert passed == [Place.CLAIMED]


def test_every_place_has_a_sentence_and_is_passed_in_exactly_the_program_that_it_names() -> None:
    folders = {"central": "central", "engine": "charging_point/engine", "monitor": "charging_point/monitor"}
    passed: set[tuple[str, str]] = set()
    for program, folder in folders.items():
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Place":
                    passed.add((program, node.attr))
    assert passed == {(place.partition(".")[0], place.name) for place in Place}
    assert all(place.sentence for place in Place)


def test_the_environment_names_place_passing_and_trace(told: Callable[[str, str], None]) -> None:
    assert read_failpoint() is None
    told("EV_FAILPOINT", "central.billed=3")
    told("EV_FAILPOINT_TRACE", "/tmp/trace")
    assert read_failpoint() == (Place.BILLED, 3, Path("/tmp/trace"))


@pytest.mark.parametrize(
    ("failpoint", "trace", "sentence"),
    [
        ("central.billed=1", "", "go together"),
        ("", "/tmp/trace", "go together"),
        ("central.billed", "/tmp/trace", "must be PLACE=N"),
        ("central.billed=0", "/tmp/trace", "must be PLACE=N"),
        ("central.nowhere=1", "/tmp/trace", "must be PLACE=N"),
    ],
)
def test_a_failpoint_that_is_told_wrongly_is_refused(
    told: Callable[[str, str], None], failpoint: str, trace: str, sentence: str
) -> None:
    told("EV_FAILPOINT", failpoint)
    told("EV_FAILPOINT_TRACE", trace)
    with pytest.raises(BadSetting, match=sentence):
        read_failpoint()


@pytest.mark.usefixtures("_steady_clock")
def test_the_wall_clock_jumps_once_it_is_time_and_the_monotonic_one_does_not(told: Callable[[str, str], None]) -> None:
    told("EV_CLOCK_JUMP", "-3600@0")
    found = read_clock_jump()
    assert found == (-3600.0, 0.0)
    before = SystemClock().now()
    clock.jump(3600.0, 1000.0)
    assert 0 <= SystemClock().now().wall - before.wall < 5
    clock.jump(*found)
    after = SystemClock().now()
    assert -3600 <= after.wall - before.wall < -3590
    assert 0 <= after.mono - before.mono < 5


def test_a_jump_that_is_no_number_is_refused(told: Callable[[str, str], None]) -> None:
    told("EV_CLOCK_JUMP", "soon")
    with pytest.raises(BadSetting, match="SECONDS@AFTER"):
        read_clock_jump()
