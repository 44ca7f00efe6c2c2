"""The lines of earlier days."""

from pathlib import Path

from central.admin.history import History


def test_lines_are_kept_for_their_person_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history"
    history = History(path)
    for line in ("stop CP1", "stop CP1", "sort name"):
        history.add(line)
    assert path.read_text(encoding="utf-8") == "stop CP1\nsort name\n"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert History(path).lines == ["stop CP1", "sort name"]


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = History(path)
    for number in range(1001):
        history.add(f"page {number}")
    assert path.read_text(encoding="utf-8").splitlines() == [f"page {number}" for number in range(501, 1001)]
    assert [one.name for one in tmp_path.iterdir()] == ["history"]


def test_what_cannot_be_read_or_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = History(tmp_path / "file" / "history")
    history.add("stop CP1")
    assert history.lines == ["stop CP1"]
    broken = tmp_path / "broken"
    broken.write_bytes(b"good\n\xff\x1b[2J\n\n")
    assert History(broken).lines == ["good"]
