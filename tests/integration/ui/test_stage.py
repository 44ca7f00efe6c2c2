"""The stage of the consoles in a real pseudo-terminal: keys, sizes, pictures, and the terminal given back however it ends."""

import html
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.terminal import ESCAPE, F12, UP, Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.processes
PROGRAM = (sys.executable, "-m", "tests.integration.ui.sample")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(PROGRAM, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}) as shown:
        shown.wait_for("size 100x30")
        yield shown


def test_keys_arrive_by_name_and_an_escape_alone_is_one(terminal: Terminal) -> None:
    terminal.type(f"a{UP}\r中")
    terminal.wait_for("heard a up enter 中")
    terminal.type(ESCAPE)
    terminal.wait_for("heard a up enter 中 escape")
    terminal.type("\x1b[200~two words\x1b[201~")
    terminal.wait_for("escape paste:two words")


def test_colours_come_from_the_theme(terminal: Terminal) -> None:
    assert terminal.colour_of("heard") == "ff8700"  # orange, 208 of the 256


def test_it_follows_the_size_of_the_terminal(terminal: Terminal) -> None:
    for columns, lines in ((80, 24), (200, 60), (30, 5)):
        terminal.resize(columns, lines)
        terminal.wait_for(f"size {columns}x{lines}")


def test_a_picture_larger_than_the_terminal_takes_at_once_arrives_whole(terminal: Terminal) -> None:
    terminal.resize(200, 60)
    terminal.wait_for("size 200x60")
    terminal.type("f")
    terminal.wait_for(lambda text: text.count("#" * 200) == 56)


@pytest.mark.parametrize("ending", ["q", "\x03"])
def test_who_comes_after_it_finds_a_terminal_that_blocks(tmp_path: Path, ending: str) -> None:
    after = "import os; print('blocks', os.get_blocking(0))"
    with Terminal(
        ("sh", "-c", f'trap : INT; {PROGRAM[0]} -m {PROGRAM[2]}; {PROGRAM[0]} -c "{after}"'),
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
    ) as terminal:
        terminal.wait_for("size 100x30")
        terminal.type(ending)
        terminal.wait_for("blocks True")


def test_ctrl_c_ends_it_in_good_order_and_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.type("\x03")
    assert terminal.wait() == 0
    assert "left in good order" in terminal.text
    assert terminal.is_restored


def test_a_defect_gives_the_terminal_back_before_the_traceback(terminal: Terminal) -> None:
    terminal.type("x")
    assert terminal.wait() == 1
    assert terminal.is_restored
    assert terminal.written.index(b"broken on purpose") > terminal.written.rindex(b"\x1b[?1049l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_gives_the_terminal_back(terminal: Terminal, number: int) -> None:
    terminal.kill(number)
    assert terminal.wait() == 0
    assert terminal.is_restored


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_the_terminal_is_given_back_when_the_program_dies(terminal: Terminal, number: int) -> None:
    assert not terminal.is_restored
    terminal.kill(number)
    assert terminal.wait() == -number
    terminal.wait_until_restored()


def test_what_is_logged_stands_on_the_screen_and_errors_also_after_it(terminal: Terminal) -> None:
    terminal.type("l")
    terminal.wait_for("logged words")
    terminal.type("q")
    assert terminal.wait() == 0
    assert b"logged words" in terminal.written[terminal.written.rindex(b"\x1b[?1049l") :]


def test_f12_saves_no_picture_of_a_secret(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type(f"s{F12}")
    terminal.wait_for("No picture is made of a secret.")
    assert list(tmp_path.glob("*.svg")) == []
    terminal.type(f"t{F12}")
    terminal.wait_for("Picture saved: ")


def test_f12_saves_a_picture_and_never_over_another(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type(f"中文{F12 * 3}")
    wait_until(lambda: len(list(tmp_path.glob("*.svg"))) == 3, what="the pictures")
    terminal.wait_for("Picture saved: ")
    (image, *_) = sorted(tmp_path.glob("sample-*.svg"))
    drawn = image.read_text(encoding="utf-8")
    assert "size&#160;100x30" in drawn
    # Chinese characters get the two columns that they take.
    (length, words), *_ = re.findall(r'textLength="([0-9.]+)"[^>]*>(heard[^<]*)<', drawn)
    columns = round(float(length) / 12.2)
    assert columns == cell_len(html.unescape(words)) > len(html.unescape(words))


def test_a_picture_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with Terminal(PROGRAM, cwd=folder, env={"PYTHONPATH": str(ROOT)}) as terminal:
        terminal.wait_for("size 100x30")
        folder.rmdir()
        terminal.type(F12)
        terminal.wait_for("cannot be saved: No such file or directory.")


def test_nothing_is_written_while_nothing_changes(terminal: Terminal) -> None:
    terminal.type("a")
    terminal.wait_for("heard a")
    settled = len(terminal.written)
    terminal.type("b")
    terminal.wait_for("heard a b")
    # One line of a picture, not thirty.
    assert len(terminal.written) - settled < 200


def test_without_colours_nothing_but_colour_is_missing(tmp_path: Path) -> None:
    with Terminal(PROGRAM, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}) as terminal:
        terminal.wait_for("heard")
        assert terminal.colour_of("heard") == "default"
    assert os.environ.get("NO_COLOR") is None
