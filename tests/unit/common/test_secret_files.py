"""Files of secrets: for their owner, whole, never overwritten."""

from pathlib import Path

import pytest

from common import secret_files


def test_a_secret_is_kept_for_its_owner_only_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "made" / "one.secret"
    secret_files.keep(path, "a secret")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("a secret\n", 0o600)
    assert (path.parent.stat().st_mode & 0o777, list(path.parent.iterdir())) == (0o700, [path])


def test_what_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "one.secret"
    path.write_text("older\n")
    with pytest.raises(FileExistsError):
        secret_files.keep(path, "newer")
    assert (path.read_text(), list(tmp_path.iterdir())) == ("older\n", [path])


def test_secrets_are_long_and_differ() -> None:
    made = {secret_files.new_secret() for _ in range(100)}
    assert (len(made), {len(one) for one in made}) == (100, {64})
