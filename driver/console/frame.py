"""The frame that every screen of the app stands in, and the pieces they share: fields, notices, columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group
from rich.text import Text

from common.ui.editor import Editor
from common.ui.shapes import cut, printable
from common.ui.terminal import Size
from common.words import Text as Words

#: A text and its style.
Styled = tuple[str, str]

_LINE = "─"
#: Below this the rules make room for what they separate.
_ROOMY = 12
#: Title and rule above; rule, sentence and keys below.
_AROUND, _AROUND_TIGHT = 5, 3
_NARROW = 24


@dataclass(frozen=True, slots=True)
class Hint:
    """A key at the foot of the screen, by the name people know it by, and what it does."""

    key: str
    does: Words


def room(size: Size) -> int:
    """Lines between head and foot."""
    return max(0, size.lines - (_AROUND if size.lines >= _ROOMY else _AROUND_TIGHT))


def frame(
    size: Size,
    title: str,
    right: Sequence[Styled],
    body: Sequence[Text],
    sentence: Text,
    hints: Sequence[Hint],
) -> Group:
    """A whole screen: what does not fit of the body is left out, what is missing filled."""
    lines = list(body)[: room(size)]
    lines += [Text()] * (room(size) - len(lines))
    head, foot = _head(size, title, right), _foot(size, hints)
    said = Text.assemble(" ", sentence)
    said.truncate(size.columns, overflow="ellipsis")
    rule = Text(_LINE * size.columns, style="border")
    if size.lines >= _ROOMY:
        return Group(head, rule, *lines, rule, said, foot)
    return Group(head, *lines, said, foot)


def _head(size: Size, title: str, right: Sequence[Styled]) -> Text:
    told = Text("  ").join(Text(text, style=style) for text, style in right)
    left = cut(title, max(8, size.columns - told.cell_len - 4))
    gap = size.columns - cell_len(left) - told.cell_len - 2
    return Text.assemble(" ", (left, "title"), " " * max(2, gap), told)


def _foot(size: Size, hints: Sequence[Hint]) -> Text:
    """As many keys as fit; the last two, help and quit, always."""
    parts = [Text.assemble((hint.key, "key"), f" {hint.does}") for hint in hints]
    first, last = parts[:-2], parts[-2:]
    left = size.columns - 1 - sum(part.cell_len + 2 for part in last)
    shown: list[Text] = []
    for part in first:
        left -= part.cell_len + 2
        if left < 0:
            break
        shown.append(part)
    return Text.assemble(" ", Text("  ").join([*shown, *last]))


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Cut or filled to exactly this many columns."""
    told = cut(text, width)
    gap = " " * (width - cell_len(told))
    return gap + told if right else told + gap


def column(texts: Sequence[str], least: int, most: int) -> int:
    """How wide a column must be for these."""
    return max(least, min(most, max(map(cell_len, texts), default=0)))


def wrapped(text: str, width: int) -> list[str]:
    """Its words on as many lines as they need; Chinese, which has no spaces, breaks anywhere."""
    lines = [""]
    for word in re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+|\s+", printable(text)):
        if lines[-1] and cell_len(lines[-1] + word) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += cut(word, width) if lines[-1] else cut(word.lstrip(), width)
    return lines


def field(label: str, editor: Editor) -> Text:
    """What is typed, with the cursor in it."""
    text = Text.assemble((f"{label} ", "prompt"))
    at = printable(editor.text[editor.cursor : editor.cursor + 1]) or " "
    text.append(printable(editor.text[: editor.cursor]))
    text.append(at, style="chosen")
    text.append(printable(editor.text[editor.cursor + 1 :]))
    return text


def notice(
    size: Size, title: str, lines: Sequence[Styled], *, entry: Text | None = None, fault: str = ""
) -> list[Text]:
    """A question in the middle of the screen."""
    told = [Text(title, style="title"), Text()]
    told += [Text(line, style=style) for text, style in lines for line in wrapped(text, size.columns - 4)]
    told += [] if entry is None else [Text(), entry]
    told += [Text(), *(Text(line, style="bad") for line in wrapped(fault, size.columns - 4))] if fault else []
    width = max(_NARROW, *(line.cell_len for line in told))
    left = max(1, (size.columns - width) // 2)
    above = max(0, (room(size) - len(told)) // 3)
    return [Text()] * above + [Text.assemble(" " * left, line) for line in told]
