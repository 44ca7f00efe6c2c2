from pathlib import Path

import pytest

from deploy import kustomize


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder where programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Where one of our own would be; it is not built yet."""
    return tmp_path / "built" / "kustomize"


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_kustomize_is_taken_before_a_kubectl(programs: Path, built: Path) -> None:
    assert kustomize.find(built) is None
    kubectl = program(programs / "kubectl", """echo '{"kustomizeVersion": "v5.5.0"}'""")
    assert kustomize.find(built) == [kubectl, "kustomize"]
    own = program(programs / "kustomize", "echo v5.8.1")
    assert kustomize.find(built) == [own, "build"]


def test_what_is_too_old_or_broken_is_passed_over(programs: Path, built: Path) -> None:
    program(programs / "kustomize", "echo '{Version:kustomize/v4.5.7 GitCommit:x}'")
    program(programs / "kubectl", "echo no json")
    assert kustomize.find(built) is None
    program(programs / "kubectl", "exit 3")
    assert kustomize.find(built) is None


def test_one_is_built_where_none_is_there(programs: Path, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program(programs / "go", '/bin/mkdir "$GOBIN" && echo "$@" > "$GOBIN/kustomize"')
    assert kustomize.main(built) == 0
    assert built.read_text() == "install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1\n"
    assert capsys.readouterr().out == f"{built} build\n"
    assert kustomize.find(built) == [str(built), "build"]


def test_a_build_that_fails_says_what_to_do(programs: Path, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program(programs / "go", "echo 'go: the module proxy does not answer' >&2; exit 1")
    assert kustomize.main(built) == 1
    said = capsys.readouterr()
    hint = "Install kustomize 5 or a kubectl that has it, or let a Go module proxy be reached."
    last = f"deploy: there is no kustomize: go failed: go: the module proxy does not answer. {hint}"
    assert (said.out, said.err.splitlines()[-1]) == ("", last)
    assert not built.exists()
