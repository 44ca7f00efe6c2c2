"""
`python3 -m deploy`: from a fresh clone to running programs, with nothing but a Python and a package index.

Standard library only, and old syntax where it matters: it runs before anything is installed. It keeps a virtual
environment in .venv beside itself and remembers in it what was installed, so that a second run starts at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

OLDEST_PYTHON = (3, 11)
if sys.version_info < OLDEST_PYTHON:
    # Before the words are read, which an older Python cannot do; so in English alone.
    sys.exit(f"deploy: Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Try python3.11 -m deploy.")

from common.words import deploy as words  # noqa: E402 - as said above
from deploy.language import speak_as_asked  # noqa: E402 - as said above

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
#: Says what is installed: one line for what was asked (see `_wanted`).
STAMP = VENV / ".ev-installed"
#: Locked by an installation; not empty while it runs, and so after one that was interrupted.
AT_WORK = VENV / ".ev-at-work"

#: What can be installed beside the programs, each with all before it.
EXTRAS = ("", "dev", "fuzz")

#: What each of these commands runs.
_SUITES = {"bench": "tests.bench", "faults": "tests.faults", "fuzz": "tests.fuzz", "simulate": "tests.simulation"}
CHECKS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "import-linter": ["lint-imports", "--no-logo"],
}
_TAIL_LINES = 12
#: What pip says that is worth showing while one waits.
_WORTH_SHOWING = re.compile(r"\s*(Collecting|Downloading|Building|Installing|Successfully) ")
_WIDTH = 100


class Stop(Exception):
    """Ends the program with a sentence and exit status 1."""


def main(arguments: list[str]) -> int:
    command, *rest = arguments or ["help"]
    if command in {"help", "--help", "-h"}:
        sys.stdout.write(words.HELP())
        return 0
    if command not in {"up", "test", *_SUITES, "check"} or (command == "check" and rest):
        sys.stderr.write(f"deploy: {words.NO_COMMAND(told=' '.join(arguments))}\n\n{words.HELP}")
        return 2
    install({"up": "", "fuzz": "fuzz"}.get(command, "dev"))
    if command == "up":
        run(["-m", "deploy.up", *rest])
    os.chdir(ROOT)
    if command == "test":
        # The slow ones wait for processes, not for the processor: share them out.
        run(["-m", "pytest", "-n", "auto", "--dist", "worksteal", *rest])
    if command in _SUITES:
        run(["-m", _SUITES[command], *rest])
    return check()


def run(arguments: list[str]) -> None:
    """Become another program: signals and the exit status are then its own."""
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])  # noqa: S606 - our own interpreter, no shell


def check() -> int:
    failed = []
    for name, (program, *arguments) in CHECKS.items():
        say(f"{name} ...")
        if subprocess.call([str(VENV / "bin" / program), *arguments]):
            failed.append(name)
    say(words.FAILED(names=", ".join(failed)) if failed else words.ALL_PASSED(n=len(CHECKS)))
    return 1 if failed else 0


def install(extra: str) -> None:
    """Make .venv fit for what is asked, one of EXTRAS; does nothing when it is."""
    if _is_installed(extra):
        return
    with _one_at_a_time():
        if _is_installed(extra):  # by the one we waited for
            return
        whole = _works()
        AT_WORK.write_text("installing\n", encoding="utf-8")
        if not whole:
            _make_venv()
        _pip_install(extra)
        AT_WORK.write_text("", encoding="utf-8")


def _wanted(extra: str) -> str:
    """What the stamp says when everything asked for is installed; in another place or Python it is not."""
    sources = b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    place = f"{ROOT}|{os.path.realpath(PYTHON)}".encode()
    return f"{hashlib.sha256(sources + place).hexdigest()} {extra or 'plain'}"


def _is_installed(extra: str) -> bool:
    try:
        found = STAMP.read_text(encoding="utf-8")
        unfinished = AT_WORK.stat().st_size
    except OSError:
        return False
    # What was installed for the tests is enough for running too.
    enough = {_wanted(more) for more in EXTRAS[EXTRAS.index(extra) :]}
    return not unfinished and found in enough and PYTHON.exists()


def _works() -> bool:
    """Whether .venv is whole and of a Python that will do; one whose making was interrupted is not."""
    if not PYTHON.exists() or AT_WORK.stat().st_size:
        return False
    ask = f"import pip, sys; print(sys.version_info >= {OLDEST_PYTHON}, sys.prefix)"
    answer = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == f"True {VENV}"


class _one_at_a_time:  # noqa: N801 - reads as a with-statement
    """Two first runs at once would write into one .venv: the second waits for the first."""

    def __enter__(self) -> None:
        VENV.mkdir(exist_ok=True)
        self._file = AT_WORK.open("a")
        try:
            import fcntl  # noqa: PLC0415 - not on Windows, where nothing is locked
        except ImportError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(words.WAITING())
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _make_venv() -> None:
    say(words.MAKING(place=VENV, version=sys.version.split()[0]))
    for old in VENV.iterdir():
        if old != AT_WORK:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    base = os.path.realpath(sys.executable)  # not the interpreter inside the .venv that was just removed
    status, tail = _watch([base, "-m", "venv", str(VENV)])
    if status:
        raise Stop(words.NO_VENV(said=tail))


def _pip_install(extra: str) -> None:
    say(words.INSTALLING_TOOLS() if extra else words.INSTALLING())
    STAMP.unlink(missing_ok=True)
    project = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    status, tail = _watch([*pip, "--constraint", str(ROOT / "constraints.txt"), "--editable", project])
    if status:
        raise Stop(words.NOT_INSTALLED(said=tail))
    STAMP.write_text(_wanted(extra), encoding="utf-8")
    say(words.INSTALLED())


def _watch(command: list[str]) -> tuple[int, str]:
    """Run a long step, showing what it is at; its exit status and the last lines it wrote."""
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as step:
        for line in step.stdout or ():
            tail.append(f"  {line.rstrip()}")
            if _WORTH_SHOWING.match(line):
                say(f"  {line.strip()[:_WIDTH]}")
    return step.returncode, "\n".join(tail)


def say(sentence: str) -> None:
    """On standard error, because standard output belongs to the program that is started."""
    sys.stderr.write(f"deploy: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    speak_as_asked(sys.argv[1:])
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as wrong:
        say(str(wrong))
    except KeyboardInterrupt:
        say(words.INTERRUPTED())
    except OSError as wrong:
        say(words.SET_UP_FAILED(why=wrong))
    sys.exit(1)
