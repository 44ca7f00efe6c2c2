"""The foot of a panel: what is asked or was answered, and the keys; with the lists of help and choices."""

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from charging_point.console.frames import GAP, fit
from charging_point.dialogue import HELP_KEY, QUIT_KEY, Choice, Dialogue, Question
from common.ui.shapes import printable
from common.words import panels as words

_MOST_KEY_ROWS = 2


def talk(dialogue: Dialogue) -> Text:
    """What is asked, or what the last key did."""
    if dialogue.warning is not None:
        return Text.assemble(" ", (dialogue.warning(), "warning"), GAP, (words.SURE_KEYS(), "quiet"))
    if isinstance(dialogue.step, Question):
        return _question(dialogue, dialogue.step)
    if dialogue.step is not None:
        return Text.assemble(" ", (dialogue.step.prompt(), "prompt"), GAP, (words.CHOOSE_KEYS(), "quiet"))
    if dialogue.told is None:
        return Text.assemble(" ", (words.NO_ANSWER_YET(), "quiet"))
    told = dialogue.told
    style = "bad" if told.answer.startswith("error:") else "good" if told.answer.startswith("ok:") else ""
    said = (f"{printable(told.line)}{GAP}", "quiet") if told.line else ""
    return Text.assemble(" ", said, (printable(told.answer), style))


def _question(dialogue: Dialogue, question: Question) -> Text:
    editor = dialogue.editor
    before, rest = editor.text[: editor.cursor], editor.text[editor.cursor :]
    hint = "" if editor.text else f"{GAP}{words.ASK_ENTER()}"
    return Text.assemble(
        " ", (f"{question.prompt()}: ", "prompt"), before, (rest[:1] or " ", "chosen"), rest[1:], (hint, "quiet")
    )


def entries(choice: Choice, chosen: int) -> list[Text]:
    width = max(cell_len(value) for value, _ in choice.entries)
    return [
        Text.assemble(
            (f"{number}", "key"),
            GAP,
            (set_cell_size(value, width) + GAP if value else "", "chosen" if number - 1 == chosen else ""),
            (meaning(), "chosen" if number - 1 == chosen else "quiet"),
        )
        for number, (value, meaning) in enumerate(choice.entries, start=1)
    ]


def keys(dialogue: Dialogue, width: int, *, boxed: bool) -> list[Text]:
    """Every key there is, in as few rows as it takes; quiet where it would be refused now."""
    items = [(order.key, order.name(), order.fits()) for order in dialogue.orders]
    always = [(HELP_KEY, words.KEY_HELP(), True), (QUIT_KEY, words.KEY_QUIT(), True)]
    # Where there is one row for them, help must be in it: it tells the others.
    items = [*items, *always] if boxed else [*always, *items]
    rows: list[Text] = [Text(" ")]
    for key, name, fits in items:
        item = Text.assemble((key, "key" if fits else "quiet"), " ", (name, "" if fits else "quiet"), GAP)
        if rows[-1].cell_len + item.cell_len - len(GAP) > width:
            rows.append(Text(" "))
        rows[-1].append_text(item)
    shown = rows[: _MOST_KEY_ROWS if boxed else 1]
    for row in shown:
        row.rstrip()
    return [fit(row, width) for row in shown]


def help_lines(dialogue: Dialogue) -> list[Text]:
    items = [(order.key, order.explains()) for order in dialogue.orders]
    items += [(HELP_KEY, words.EXPLAIN_HELP()), (QUIT_KEY, words.EXPLAIN_QUIT()), ("F12", words.EXPLAIN_PICTURE())]
    lines = [Text.assemble((f"{key:4}", "key"), explained) for key, explained in items]
    return [*lines, Text(""), Text(words.EXPLAIN_ASKED(), style="quiet")]
