"""
Lines of exact width, put together from pieces of text with a style each.

Rich's own tables measure every cell several times for every picture; a board of two hundred columns, once a second, must
cost next to nothing. So widths are known here before anything is drawn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.text import Text

from central.admin.rows import Row
from common.ui.shapes import cut

#: A text and the name of its style in the theme.
Piece = tuple[str, str]
Line = list[Piece]
_RULE = "─"


class Picture:
    """Lines as Rich draws them."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        del options
        # Looked up once a picture: there are thousands of pieces and a dozen styles.
        styles = {name: console.get_style(name) for line in self.lines for _, name in line if name}
        for line in self.lines:
            for text, name in line:
                yield Segment(text, styles.get(name))
            yield Segment.line()


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Exactly so wide: cut or filled up."""
    text = cut(text, width)
    room = " " * (width - cell_len(text))
    return room + text if right else text + room


def width_of(line: Iterable[Piece]) -> int:
    return sum(cell_len(text) for text, _ in line)


def pad(line: Line, width: int) -> Line:
    """Exactly so wide; what is too much at its end is cut off."""
    found: Line = []
    room = width
    for text, style in line:
        taken = cell_len(text)
        if taken > room:
            found.append((set_cell_size(text, room), style))
            return found
        found.append((text, style))
        room -= taken
    return [*found, (" " * room, "")] if room else found


def pieces(text: Text) -> Line:
    """A text of shapes.py, whose styles do not overlap."""
    if not text.spans:
        return [(text.plain, str(text.style))]
    return [(text.plain[span.start : span.end], str(span.style)) for span in text.spans]


def spread(left: Sequence[Line], right: Sequence[Line], width: int, gap: int = 2) -> Line:
    """Groups at both ends of a line; where there is no room, the last of the left and then of the right are left out."""
    lefts, rights = list(left), list(right)
    while _needed(lefts, gap) + _needed(rights, gap) + gap > width:
        if len(lefts) > 1:
            lefts.pop()
        elif rights:
            rights.pop()
        else:
            break
    begin, end = _joined(lefts, gap), _joined(rights, gap)
    return pad([*pad(begin, max(0, width - width_of(end))), *end], width)


def _needed(groups: Sequence[Line], gap: int) -> int:
    return sum(width_of(group) + gap for group in groups)


def _joined(groups: Sequence[Line], gap: int) -> Line:
    found: Line = []
    for group in groups:
        found += [(" " * gap, ""), *group] if found else group
    return found


def rule(title: str, notes: Sequence[str], width: int) -> Line:
    """The head of a part of the screen: its title, what more there is to say of it, a line to the end."""
    line: Line = [(f"{title} ", "title")]
    for note in notes:
        line.append((f" {cut(note, max(0, width - width_of(line) - 2))} ", "quiet"))
    return pad([*line, (_RULE * max(0, width - width_of(line)), "border")], width)


def filled(lines: Sequence[Line], width: int, height: int) -> list[Line]:
    """Exactly so many lines of exactly this width."""
    found = [pad(line, width) for line in lines[:height]]
    return found + [[(" " * width, "")]] * (height - len(found))


def beside(left: Sequence[Line], right: Sequence[Line], gap: int = 2) -> list[Line]:
    """Two parts of the same height."""
    return [[*one, (" " * gap, ""), *other] for one, other in zip(left, right, strict=True)]


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    width: int
    show: Callable[[Row], Line]
    right: bool = False


def table(columns: Sequence[Column], entries: Iterable[Row], width: int, gap: int = 1) -> list[Line]:
    """Heads and rows. As many columns as there is room for, so the dearest come first; the last takes what is left."""
    shown: list[Column] = []
    room = width
    for column in columns:
        if column.width > room:
            break
        shown.append(column)
        room -= column.width + gap
    space: Piece = (" " * gap, "")
    heads: Line = []
    for column in shown:
        heads += [(fit(column.head, column.width, right=column.right), "label"), space]
    lines = [pad(heads, width)]
    for entry in entries:
        line: Line = []
        for column in shown:
            line += [*column.show(entry), space]
        lines.append(pad(line, width))
    return lines
