"""The token of the pages: what is one, who is admitted, and what becomes of a file that changes."""

import logging
from pathlib import Path

import pytest

from common.errors import BadSetting
from common.net.token import Token

GOOD = "c2VjcmV0LXNlY3JldA=="


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{GOOD}\n")
    return path


@pytest.mark.parametrize("told", [f"Bearer {GOOD}", f"bearer {GOOD}", f"Bearer  {GOOD} "])
def test_who_sends_it_is_admitted(file: Path, told: str) -> None:
    assert Token(file).admits(told)


@pytest.mark.parametrize(
    "told",
    ["", "Bearer", "Bearer ", GOOD, f"Basic {GOOD}", f"Bearer {GOOD}x", f"Bearer {GOOD[:-1]}", "Bearer \xe9"],
)
def test_nobody_else_is(file: Path, told: str) -> None:
    assert not Token(file).admits(told)


@pytest.mark.parametrize(
    "text", ["", "\n", "short", "two words of some length", "with-a-line\nend-in-it-all", "ümläute" * 4]
)
def test_what_is_no_token_is_refused_at_the_start_and_not_repeated(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(BadSetting) as wrong:
        Token(file)
    assert str(wrong.value) == (
        f"{file} holds no token: it must be one word of 16 or more of the characters A-Z a-z 0-9 . _ ~ + / -."
    )


def test_a_file_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"Cannot read .*gone: No such file or directory"):
        Token(tmp_path / "gone")


def test_a_new_token_counts_at_once_and_a_broken_file_leaves_the_old_one(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token, newer = Token(file), "another-token-of-length"
    with caplog.at_level(logging.INFO, "ev.token"):
        file.write_text(newer)
        assert (token.admits(f"Bearer {GOOD}"), token.admits(f"Bearer {newer}")) == (False, True)
        file.unlink()
        assert [token.admits(f"Bearer {newer}") for _ in range(3)] == [True] * 3
    assert [record.getMessage() for record in caplog.records] == [
        f"Read again, since it has changed: {file}.",
        f"Cannot read {file}: No such file or directory. What was read before stays in use.",
    ]
    assert not [record for record in caplog.records if newer in record.getMessage()]
