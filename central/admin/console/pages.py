"""What lies over the screen: help, the story of a trace, who is enrolled, a secret."""

from rich.cells import cell_len

from central.admin import grammar
from central.admin.console.answers import COLUMNS
from central.admin.console.canvas import Line, filled, fit, rule
from central.admin.overlay import Kind, Overlay
from central.admin.rows import Row, number, word
from common.ui import shapes
from common.words import admin as words
from common.words.events import kind, told

_KIND_WIDTH, _WHEN_WIDTH = 16, 19
_STORY = ("cp_id", "driver_id", "session_id", "message_id")


def page(overlay: Overlay, width: int, height: int) -> list[Line]:
    title, lines = _content(overlay, width)
    overlay.fit(len(lines), max(1, height - 1))
    shown = lines[overlay.top : overlay.top + max(0, height - 1)]
    notes = []
    if len(lines) > len(shown):
        notes = [words.RANGE(first=overlay.top + 1, last=overlay.top + len(shown), total=len(lines))]
    return filled([rule(shapes.printable(title), notes, width), *shown], width, height)


def _content(overlay: Overlay, width: int) -> tuple[str, list[Line]]:
    match overlay.kind:
        case Kind.HELP:
            return words.HELP(), _help(width)
        case Kind.TRACE:
            return words.TRACE_OF(id=overlay.id), _trace(overlay, width)
        case Kind.CREDENTIALS:
            title = words.CREDENTIALS_OF(role=overlay.id) if overlay.id else words.CREDENTIALS()
            return title, _credentials(overlay, width)
        case Kind.SECRET:
            return words.SECRETS(), _secrets(overlay, width)


def _secrets(overlay: Overlay, width: int) -> list[Line]:
    """Each whole on as few lines as it fits, without anything beside it: it is to be copied."""
    lines: list[Line] = []
    for who, secret in overlay.secrets:
        lines += [[(words.SECRET_OF(who=who), "title")], *([(part, "id")] for part in wrapped(secret, width)), []]
    return [*lines, *([(part, "")] for part in wrapped(words.SECRET_GOES(), width))]


def _credentials(overlay: Overlay, width: int) -> list[Line]:
    columns = COLUMNS["credentials"]
    rows = [[head() for head, _, _ in columns]]
    rows += [[shapes.printable(show(row.get(name))) for _, name, show in columns] for row in overlay.events]
    if len(rows) == 1:
        return [[(words.NO_CREDENTIALS(), "quiet")]]
    widths = [max(cell_len(row[place]) for row in rows) + 2 for place in range(len(columns))]
    lines: list[Line] = []
    for number_, row in enumerate(rows):
        text = "".join(fit(part, size) for part, size in zip(row, widths, strict=True)).rstrip()
        lines.append([(shapes.cut(text, width), "" if number_ else "title")])
    return lines


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
    parts = wrapped(told(word(row, "text")), max(10, width - indent))
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
