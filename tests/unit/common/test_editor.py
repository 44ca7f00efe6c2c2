"""The command line of a console, as histories of keys."""

from collections.abc import Sequence

from common.ui.editor import Editor
from common.ui.keys import Keys
from tests.terminal import BACKSPACE, CTRL_U, DOWN, ENTER, HOME, LEFT, TAB, UP

WORDS = ("search", "sessions", "stop")
IDS = ("CP001", "CP002", "CP010")


def fitting(before: Sequence[str], begun: str) -> Sequence[str]:
    return [word for word in (IDS if before else WORDS) if word.lower().startswith(begun.lower())]


def typed(editor: Editor, text: str) -> list[str]:
    """The lines that were finished."""
    return [line for key in Keys().feed(text.encode()) if (line := editor.press(key)) is not None]


def shown(editor: Editor) -> str:
    return f"{editor.text[: editor.cursor]}|{editor.text[editor.cursor :]}"


def test_it_is_written_and_mended_where_the_cursor_is() -> None:
    editor = Editor(fitting)
    assert typed(editor, f"stpo{BACKSPACE}{BACKSPACE}op CP{HOME}x{BACKSPACE}") == []
    assert shown(editor) == "|stop CP"
    typed(editor, f"\x05{LEFT}{LEFT}\x0b")
    assert shown(editor) == "stop |"
    typed(editor, f"CP001\x17{CTRL_U}")
    assert shown(editor) == "|"


def test_enter_gives_the_line_without_its_edges_and_empties_it() -> None:
    editor = Editor(fitting)
    assert typed(editor, f"  stop CP001 {ENTER}{ENTER}") == ["stop CP001", ""]
    assert shown(editor) == "|"


def test_what_was_said_comes_back_and_what_was_begun_is_kept() -> None:
    editor = Editor(fitting, history=["one"])
    typed(editor, f"two{ENTER}two{ENTER}thr{UP}{UP}")
    assert shown(editor) == "one|"
    typed(editor, UP)
    assert shown(editor) == "one|"
    typed(editor, f"{DOWN}{DOWN}{DOWN}")
    assert shown(editor) == "thr|"
    assert editor.history == ["one", "two"]


def test_tab_writes_what_is_certain_and_shows_the_choice() -> None:
    editor = Editor(fitting)
    typed(editor, f"st{TAB}")
    assert (shown(editor), editor.choices) == ("stop |", ())
    typed(editor, f"cp{TAB}")
    assert (shown(editor), editor.choices) == ("stop CP0|", ["CP001", "CP002", "CP010"])
    typed(editor, f"1{TAB}")
    assert (shown(editor), editor.choices) == ("stop CP010 |", ())
    typed(editor, f"nothing{TAB}")
    assert shown(editor) == "stop CP010 nothing|"


def test_a_paste_is_written_like_typing_and_a_line_has_an_end() -> None:
    editor = Editor(fitting)
    typed(editor, "\x1b[200~stop CP001\nx\x1b[201~")
    assert editor.text == "stop CP001 x"
    typed(editor, "y" * 2000)
    assert len(editor.text) == 1000
