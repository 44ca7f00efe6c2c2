"""Folders and files that are to outlive the power. That they do is shown by tests/faults/power; here is what else they promise."""

import stat
from pathlib import Path

import pytest

from common.disk import make_folder, write_new


def test_a_folder_is_made_with_all_above_it_and_only_itself_gets_the_mode(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b", 0o700)
    make_folder(tmp_path / "a" / "b", 0o755)
    modes = [stat.S_IMODE((tmp_path / one).stat().st_mode) for one in ("a/b", "a")]
    assert modes[0] == 0o700
    assert modes[1] & 0o700 == 0o700


@pytest.mark.parametrize(("path", "wrong"), [("file", FileExistsError), ("file/a", NotADirectoryError)])
def test_a_file_in_the_way_is_told_as_the_system_tells_it(tmp_path: Path, path: str, wrong: type[OSError]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(wrong):
        make_folder(tmp_path / path)


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    write_new(tmp_path / "key", b"mine", 0o600)
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "key", b"yours", 0o600)
    assert (tmp_path / "key").read_bytes() == b"mine"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
