"""Bytes of a terminal as keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ui.keys import Key, Keys


def names(data: bytes) -> list[str]:
    keys = Keys()
    return [key.name for key in keys.feed(data) + keys.flush()]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"aZ 9", ["a", "Z", " ", "9"]),
        ("中é".encode(), ["中", "é"]),
        (b"\r\n\t\x7f\x08", ["enter", "enter", "tab", "backspace", "backspace"]),
        (b"\x03\x15\x01", ["ctrl-c", "ctrl-u", "ctrl-a"]),
        (b"\x1b[A\x1bOB\x1b[1;5C\x1b[D", ["up", "down", "right", "left"]),
        (b"\x1b[H\x1b[4~\x1b[5~\x1b[6~\x1b[3~\x1b[Z", ["home", "end", "page-up", "page-down", "delete", "shift-tab"]),
        (b"\x1bOP\x1b[15~\x1b[24~", ["f1", "f5", "f12"]),
        (b"\x1b", ["escape"]),
        (b"\x1bq", ["escape", "q"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1b[200~stop *\ncafe\x1b[201~x", ["paste", "x"]),
        # Nobody knows these: gone whole, and none of their letters is a key.
        (b"\x1b[99~\x1b[?1;2c\x1b[Ixy", ["x", "y"]),
        (b"\xff\xfe", ["�", "�"]),
    ],
)
def test_keys_have_names(data: bytes, told: list[str]) -> None:
    assert names(data) == told


def test_what_prints_writes_itself_and_what_does_not_writes_nothing() -> None:
    assert Keys().feed(b"a\x1b[A") == [Key("a", "a"), Key("up")]


def test_a_paste_is_one_line_of_text() -> None:
    assert Keys().feed(b"\x1b[200~stop *\nprice\x1b[201~") == [Key("paste", "stop * price")]


def test_a_paste_does_not_fill_the_memory() -> None:
    keys = Keys()
    for _ in range(100):
        assert keys.feed(b"\x1b[200~" if _ == 0 else b"x" * 1000) == []
    (pasted,) = keys.feed(b"\x1b[201~")
    assert len(pasted.text) <= 10_000


@given(st.lists(st.sampled_from(["a", "中", "\x1b[A", "\x1bOP", "\r", "\x1b[5~", "\x1b[200~b c\x1b[201~"])), st.data())
def test_it_does_not_matter_how_the_bytes_are_cut(parts: list[str], data: st.DataObject) -> None:
    whole = "".join(parts).encode()
    places = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    keys = Keys()
    cut = [
        key
        for start, end in zip([0, *places], [*places, len(whole)], strict=True)
        for key in keys.feed(whole[start:end])
    ]
    assert cut + keys.flush() == Keys().feed(whole)


@given(st.binary())
def test_any_bytes_are_only_keys(data: bytes) -> None:
    assert all(key.name.isprintable() and key.text.isprintable() for key in Keys().feed(data))
