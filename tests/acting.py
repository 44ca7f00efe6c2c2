"""An act without its stage: keys pressed by name, the screen read as plain lines. With a real terminal: tests/terminal.py."""

from rich.console import Console

from common.ui.keys import Key
from common.ui.stage import Act
from common.ui.terminal import Size
from common.ui.theme import THEME

USUAL = Size(80, 24)
#: From what no panel is made for to a whole screen; at each nothing may break or be wider than it.
SIZES = [Size(1, 1), Size(20, 5), Size(60, 12), Size(76, 22), USUAL, Size(100, 30), Size(200, 60)]
_NAMES = ("enter", "escape", "up", "down", "home", "end", "f1", "backspace")


def press(act: Act, *names: str) -> None:
    """Keys by name; what is no name of a key is typed letter by letter."""
    for name in names:
        for key in [Key(name)] if name in _NAMES else [Key(letter, letter) for letter in name]:
            act.press(key)


def screen(act: Act, size: Size = USUAL) -> list[str]:
    console = Console(width=size.columns, height=size.lines, theme=THEME, color_system=None, force_terminal=True)
    with console.capture() as captured:
        console.print(act.draw(size), crop=True, overflow="crop", no_wrap=True, height=size.lines)
    return captured.get().split("\n")[: size.lines]
