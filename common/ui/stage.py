"""
A full-screen console at work: keys in, pictures out, at most four a second and only where something changed.

What is shown and what a key does is the act's business; here is when it is drawn, and how little of it is written.
"""

import asyncio
import html
import io
import os
import re
import signal
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rich.cells import cell_len
from rich.console import Console, RenderableType

from common.ui.keys import Key, Keys
from common.ui.terminal import STDIN, Size, Terminal
from common.ui.theme import THEME
from common.words.screen import NO_PICTURE, NO_PICTURE_OF_SECRETS, PICTURE_SAVED

#: Never more often than this.
_SHORTEST_S = 0.25
#: Time passes on the screen too: how long ago, how long still.
_CLOCK_S = 1.0
_ESCAPE_S = 0.05
_READ_BYTES = 4096
#: Whole pictures appear at once on terminals that know this, and the others ignore it.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
_PICTURE_KEY = "f12"
_MOST_PICTURES = 100
_TEXT = re.compile(r'textLength="(?P<length>[0-9.]+)"(?P<rest>[^>]*)>(?P<words>[^<]*)</text>')
#: Rich's own form would load a font from the network.
_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" xml:space="preserve">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace;
 font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Act(Protocol):
    """What is on stage."""

    #: For the picture's frame and file.
    title: str

    @property
    def hides(self) -> bool:
        """Whether it shows what no picture may keep."""

    def draw(self, size: Size) -> RenderableType:
        """The screen as it is now, no higher than it is."""

    def press(self, key: Key) -> None:
        """A key was pressed; the screen is drawn anew after it."""

    def tell(self, sentence: str) -> None:
        """Something about the screen itself."""


class Stage:
    """`play` shows an act until told to stop, or until its person has gone. `touch` when there is something new to see."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._keys = Keys()
        self._stirred = asyncio.Event()
        self._shown: list[str] = []
        self._shown_size = Size(0, 0)
        self._is_spoilt = False
        self._hurry: asyncio.TimerHandle | None = None

    def touch(self) -> None:
        self._stirred.set()

    def _draw_anew(self) -> None:
        """The size may be what it was when it was drawn last, and what stood there gone all the same."""
        self._is_spoilt = True
        self.touch()

    async def play(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        with Terminal() as terminal:
            loop.add_reader(STDIN, self._read, stop)
            loop.add_signal_handler(signal.SIGWINCH, self._draw_anew)
            try:
                await self._show(terminal, stop)
            finally:
                loop.remove_reader(STDIN)
                loop.remove_signal_handler(signal.SIGWINCH)

    async def _show(self, terminal: Terminal, stop: asyncio.Event) -> None:
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                if not terminal.is_busy:
                    self._stirred.clear()
                    self._draw(terminal)
                await asyncio.wait({stopping}, timeout=_SHORTEST_S)
                stirring = asyncio.ensure_future(self._stirred.wait())
                await asyncio.wait(
                    {stopping, stirring}, timeout=_CLOCK_S - _SHORTEST_S, return_when=asyncio.FIRST_COMPLETED
                )
                stirring.cancel()
        finally:
            stopping.cancel()

    # -- pictures

    def _draw(self, terminal: Terminal) -> None:
        size = terminal.size
        lines = render(self._act.draw(size), size)
        data = "" if size == self._shown_size and not self._is_spoilt else "\x1b[0m\x1b[2J"
        before = self._shown if not data else []
        for row, line in enumerate(lines):
            if row >= len(before) or before[row] != line:
                # Cleared before it is written: after its last column the cursor still stands in it.
                data += f"\x1b[{row + 1};1H\x1b[2K{line}\x1b[0m"
        self._shown, self._shown_size, self._is_spoilt = lines, size, False
        if data:
            terminal.paint(f"{_BEGIN}{data}{_END}".encode())

    def _save_picture(self, size: Size) -> None:
        if self._act.hides:
            self._act.tell(NO_PICTURE_OF_SECRETS())
            return
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        try:
            place = picture(self._act, size, Path(f"{self._act.title.replace(' ', '-')}-{stamp}"))
        except OSError as wrong:
            self._act.tell(NO_PICTURE(why=wrong.strerror or wrong))
        else:
            self._act.tell(PICTURE_SAVED(place=place))

    # -- keys

    def _read(self, stop: asyncio.Event) -> None:
        data = b""
        with suppress(OSError):
            data = os.read(STDIN, _READ_BYTES)
        if not data:  # the terminal is gone
            asyncio.get_running_loop().remove_reader(STDIN)
            stop.set()
            return
        self._press(self._keys.feed(data))
        if self._hurry is not None:
            self._hurry.cancel()
        self._hurry = (
            asyncio.get_running_loop().call_later(_ESCAPE_S, lambda: self._press(self._keys.flush()))
            if self._keys.waits
            else None
        )

    def _press(self, keys: list[Key]) -> None:
        for key in keys:
            if key.name == _PICTURE_KEY:
                self._save_picture(self._shown_size)
            else:
                self._act.press(key)
            self.touch()


def render(what: RenderableType, size: Size) -> list[str]:
    """Lines of text with their colours, each whole in itself, as many as the screen has."""
    console = _console(size)
    with console.capture() as captured:
        console.print(what, crop=True, overflow="crop", no_wrap=True, height=size.lines)
    lines = captured.get().split("\n")[: size.lines]
    return lines + [""] * (size.lines - len(lines))


def picture(act: Act, size: Size, name: Path) -> Path:
    """Save the screen as an SVG that shows what the terminal shows; never over another one."""
    console = _console(size, record=True)
    console.print(act.draw(size), crop=True, overflow="crop", no_wrap=True, height=size.lines)
    image = _TEXT.sub(_widen, console.export_svg(title=act.title, code_format=_SVG))
    for number in range(_MOST_PICTURES):
        place = name.with_name(f"{name.name}{f'-{number}' if number else ''}.svg")
        with suppress(FileExistsError), place.open("x", encoding="utf-8") as file:
            file.write(image)
            return place
    raise FileExistsError(None, "File exists", str(name))


def _widen(text: re.Match[str]) -> str:
    """Rich gives every character of a text one column; Chinese ones take two."""
    words = html.unescape(text["words"])
    length = float(text["length"]) * cell_len(words) / max(1, len(words))
    return f'textLength="{length:g}"{text["rest"]}>{text["words"]}</text>'


def _console(size: Size, *, record: bool = False) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        width=size.columns,
        height=size.lines,
        theme=THEME,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        record=record,
    )
