"""One ev-up a data directory, and a ready.json that is whole or not there."""

import json
from pathlib import Path

import pytest

from common.errors import CannotStart
from deploy.data_dir import DataDir


def test_the_directory_is_made_with_a_place_for_logs(tmp_path: Path) -> None:
    with DataDir(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b" / "logs").is_dir()


def test_a_second_holder_is_told_who_holds_it(tmp_path: Path) -> None:
    with DataDir(tmp_path), pytest.raises(CannotStart, match=r"is in use by another ev-up \(process \d+\)\."):
        DataDir(tmp_path).__enter__()


def test_a_directory_that_was_left_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with DataDir(tmp_path):
            pass


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match=r"^Cannot use .*file/data as data directory: Not a directory\. Choose"):
        DataDir(tmp_path / "file" / "data").__enter__()


def test_ready_json_is_there_only_while_it_is_true(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text("left behind by a run that was killed")
    with DataDir(tmp_path) as place:
        assert not ready.exists()
        place.write_ready({"central": "127.0.0.1:5000"})
        assert json.loads(ready.read_text()) == {"central": "127.0.0.1:5000"}
        assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "logs", "ready.json"]
    assert not ready.exists()
