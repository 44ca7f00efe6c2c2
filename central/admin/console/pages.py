"""What lies over the screen: help, and the story of a trace."""

from rich.cells import cell_len

from central.admin import grammar
from central.admin.console.canvas import Line, filled, fit, rule
from central.admin.overlay import Kind, Overlay
from central.admin.rows import Row, number, word
from common.ui import shapes
from common.words import admin as words
from common.words.events import kind

_KIND_WIDTH, _WHEN_WIDTH = 16, 19
_STORY = ("cp_id", "driver_id", "session_id", "message_id")


def page(overlay: Overlay, width: int, height: int) -> list[Line]:
    lines = _help(width) if overlay.kind is Kind.HELP else _trace(overlay, width)
    overlay.fit(len(lines), max(1, height - 1))
    shown = lines[overlay.top : overlay.top + max(0, height - 1)]
    notes = []
    if len(lines) > len(shown):
        notes = [words.RANGE(first=overlay.top + 1, last=overlay.top + len(shown), total=len(lines))]
    title = words.HELP() if overlay.kind is Kind.HELP else words.TRACE_OF(id=overlay.id)
    return filled([rule(shapes.printable(title), notes, width), *shown], width, height)


def _help(width: int) -> list[Line]:
    commands = grammar.help_rows()
    keys = [(key, says()) for key, says in words.KEYS_HELP]
    left = max(cell_len(first) for first, _ in (*commands, *keys)) + 2
    lines: list[Line] = []
    for title, entries in ((words.HELP_COMMANDS(), commands), (words.HELP_KEYS(), keys)):
        lines += [[], [(title, "title")]] if lines else [[(title, "title")]]
        for first, says in entries:
            for place, part in enumerate(wrapped(says, max(10, width - left))):
                lines.append([(fit("" if place else first, left), "key"), (part, "")])
    return lines


def _trace(overlay: Overlay, width: int) -> list[Line]:
    lines: list[Line] = []
    for row in overlay.events:
        lines += _event(row, width)
    return lines


def _event(row: Row, width: int) -> list[Line]:
    head: Line = [
        (fit(shapes.when(number(row, "at")), _WHEN_WIDTH), "quiet"), ("  ", ""),
        (fit(kind(word(row, "kind")), _KIND_WIDTH), "title"), (" ", ""),
    ]  # fmt: skip
    indent = _WHEN_WIDTH + _KIND_WIDTH + 3
    parts = wrapped(word(row, "text"), max(10, width - indent))
    lines: list[Line] = [[*head, (parts[0], "")], *([(" " * indent, ""), (part, "")] for part in parts[1:])]
    ids = " ".join(f"{name}={shapes.printable(word(row, name))}" for name in _STORY if word(row, name))
    return [*lines, *([(" " * 4, ""), (part, "id")] for part in wrapped(ids, max(10, width - 4)))]


def wrapped(text: str, width: int) -> list[str]:
    """Lines no wider than this, broken at spaces where there are some."""
    lines, line = [], ""
    for one in shapes.printable(text).split(" "):
        word_, joined = one, f"{line} {one}" if line else one
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while cell_len(word_) > width:
            head = shapes.cut(word_, width).rstrip("…")
            head = head or word_[:1]
            lines.append(head)
            word_ = word_[len(head) :]
        line = word_
    return [*lines, line] if line or not lines else lines
