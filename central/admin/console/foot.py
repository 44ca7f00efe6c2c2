"""The bottom of the screen: what was said, the command line, the keys."""

from rich.cells import cell_len

from central.admin.console.canvas import Line, pad, width_of
from central.admin.desk import Desk
from common.clock import Moment
from common.ui import shapes
from common.ui.editor import Editor
from common.ui.shapes import cut
from common.words import admin as words


def foot(desk: Desk, now: Moment, width: int) -> list[Line]:
    return [pad(_message(desk, now, width), width), pad(_prompt(desk, width), width), pad(_keys(desk, width), width)]


def _message(desk: Desk, now: Moment, width: int) -> Line:
    if desk.confirm is not None:
        return [(cut(desk.confirm.sentence, width), "warning")]
    if desk.editor.choices:
        return _choices(desk.editor, width)
    if desk.said is not None:
        return [(cut(desk.said.text, width), "good" if desk.said.is_good else "warning")]
    if desk.exporting is not None:
        what, rows = desk.exporting
        named = words.SESSIONS if what == "sessions" else words.EVENTS
        return [(cut(words.EXPORTING(what=named().lower(), rows=f"{rows:,}"), width), "quiet")]
    if desk.pending:
        oldest = desk.pending[0]
        waits = shapes.span(now.mono - oldest.since)
        return [(cut(words.UNDER_WAY(order=oldest.label, ago=waits), width), "quiet")]
    return []


def _choices(editor: Editor, width: int) -> Line:
    line: Line = []
    for place, choice in enumerate(editor.choices):
        rest = words.MORE_CHOICES(n=len(editor.choices) - place)
        is_last = place == len(editor.choices) - 1
        if width_of(line) + cell_len(choice) + (0 if is_last else cell_len(rest) + 2) > width:
            return [*line, (rest, "quiet")]
        line += [(shapes.printable(choice), "id"), ("  ", "")]
    return line


def _prompt(desk: Desk, width: int) -> Line:
    if desk.confirm is not None:
        return [(words.YES_OR_NO(), "prompt"), *_edited(desk.answer, width - cell_len(words.YES_OR_NO()))]
    prompt: Line = [(words.PROMPT(), "prompt")]
    room = width - width_of(prompt)
    if not desk.editor.text:
        return [*prompt, (" ", "chosen"), (cut(words.PLACEHOLDER(), max(0, room - 1)), "quiet")]
    return [*prompt, *_edited(desk.editor, room)]


def _edited(editor: Editor, room: int) -> Line:
    """The part of the line around the cursor, which is shown as a reversed cell."""
    before, at, after = editor.text[: editor.cursor], editor.text[editor.cursor : editor.cursor + 1], ""
    after = editor.text[editor.cursor + 1 :]
    while before and cell_len(before) + 2 > room:
        before = before[1:]
    return [(before, ""), (at or " ", "chosen"), (after, "")]


def _keys(desk: Desk, width: int) -> Line:
    line: Line = []
    for key, says in words.KEYS_OVERLAY if desk.overlay is not None else words.KEYS_LINE:
        more: Line = [(key, "key"), (f" {says()}", "quiet"), ("  ", "")]
        if width_of(line) + width_of(more) - 2 > width:
            break
        line += more
    return line
