"""`python3 -m deploy fuzz`: any bytes into the places where bytes arrive. What must hold stands in targets.py."""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.flood import Figures, flood
from tests.fuzz.frames import golden_frames
from tests.fuzz.targets import TARGETS, hold
from tests.orders import Parser, more_than_none, whole
from tests.saying import end_with, say

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
#: Inputs that broke something; git ignores them until they are minimised and put into the corpus.
FINDINGS = HERE / "findings"
#: What libFuzzer may see of a hang and of growth; the targets themselves hold a bound on CPU time.
_LONGEST_S, _MOST_MIB = 60, 1024
_KEPT_PIECES = 4
_FRAMES_INSTEAD = 200_000


def main(arguments: list[str]) -> int:
    told = _parser().parse_args(arguments)
    strange = [target for target in told.targets if target not in TARGETS]
    if strange:
        _parser().error(f"there is no target {strange[0]}; know: {', '.join(TARGETS)}")
    if told.replay is not None:
        return _replay(told.targets, told.replay)
    if told.frames is not None:
        return _flood(told.frames, told.seed)
    if importlib.util.find_spec("atheris") is None:
        say(f"There is no atheris for this Python and machine; running {_FRAMES_INSTEAD:,} frames without it.")
        return _flood(_FRAMES_INSTEAD, told.seed)
    targets = told.targets or list(TARGETS)
    failed = [target for target in targets if not _guided(target, told.seconds / len(targets), told.seed)]
    say(f"Failed: {', '.join(failed)}." if failed else f"No finding in {', '.join(targets)}.")
    return 1 if failed else 0


def _guided(target: str, seconds: float, seed: int) -> bool:
    """One target for so long; whether nothing was found. What libFuzzer says is shown only with a finding."""
    FINDINGS.mkdir(exist_ok=True)
    known = set(FINDINGS.iterdir())
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        options = [
            f"-max_total_time={max(1, round(seconds))}",
            f"-seed={seed or 1}",
            f"-timeout={_LONGEST_S}",
            f"-rss_limit_mb={_MOST_MIB}",
            f"-artifact_prefix={FINDINGS / target}-",
            "-print_final_stats=1",
            *_starts(target, Path(folder)),
        ]
        ended = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.guided", target, *options], capture_output=True, check=False
        )
    said = ended.stderr.decode(errors="replace")
    found = sorted(set(FINDINGS.iterdir()) - known)
    if ended.returncode == 0 and not found:
        say(f"{target}: {_runs(said)} inputs in {time.monotonic() - began:.0f} s, no finding.")
        return True
    say(said)
    for path in found:
        _tell_finding(target, path)
    return False


def _starts(target: str, folder: Path) -> list[str]:
    """Where libFuzzer puts what it learns, then what it starts from: the corpus, and a message of every type."""
    learned, golden = folder / "learned", folder / "golden"
    learned.mkdir()
    golden.mkdir()
    for number, frame in enumerate(golden_frames()):
        (golden / f"{number:03}").write_bytes(frame)
        (golden / f"{number:03}-behind").write_bytes(b"\x00\x00" + frame + b"\n")
    return [str(learned), str(CORPUS / target), str(golden)]


def _runs(said: str) -> str:
    figure = [line.split()[-1] for line in said.splitlines() if line.startswith("stat::number_of_executed_units")]
    return f"{int(figure[0]):,}" if figure else "?"


def _flood(frames: int, seed: int) -> int:
    pieces: list[bytes] = []

    def keep(piece: bytes) -> None:
        pieces.append(piece)
        del pieces[:-_KEPT_PIECES]

    so_far = Figures()

    def note(figures: Figures) -> None:
        nonlocal so_far
        so_far = figures

    try:
        figures = flood(frames, seed, keep, note)
    except KeyboardInterrupt:
        say(f"Seed {seed}, interrupted: {so_far.told()}. No finding so far.")
        return 1
    except Exception as wrong:  # noqa: BLE001 - whatever it is, it is a finding
        say(f"Seed {seed}: {type(wrong).__name__}: {wrong}")
        _tell_finding("conversation", _save("conversation", b"\x00\xff" + b"".join(pieces)))
        return 1
    say(f"Seed {seed}: {figures.told()}. No finding.")
    return 0


def _save(target: str, data: bytes) -> Path:
    FINDINGS.mkdir(exist_ok=True)
    path = FINDINGS / f"{target}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def _tell_finding(target: str, path: Path) -> None:
    where = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    say(f"The input is in {where}. To run it again: python3 -m deploy fuzz {target} --replay {where}")


def _replay(targets: list[str], path: Path) -> int:
    if len(targets) != 1 or not path.is_file():
        _parser().error("--replay needs one target and a file that is there")
    hold(targets[0], path.read_bytes())
    say(f"{targets[0]}: nothing is wrong with {path}.")
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python3 -m deploy fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument(
        "--seconds", type=more_than_none, default=60.0, help="in all, shared among the targets (default: 60)"
    )
    parser.add_argument("--seed", type=whole(), default=1, help="what is drawn is drawn from it (default: 1)")
    parser.add_argument("--frames", type=whole(1), help="run so many nearly right frames at full speed instead")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one target with one input")
    return parser


if __name__ == "__main__":
    end_with(main)
