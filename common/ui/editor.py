"""A command line: its text, its cursor, what was said before, and what may complete it. Pure."""

from collections.abc import Callable, Sequence

from common.ui.keys import Key

#: What may stand where the cursor is: given the words before it and the word begun, whole words that would fit.
Complete = Callable[[Sequence[str], str], Sequence[str]]

MOST_REMEMBERED = 500
_LONGEST = 1000


class Editor:
    """`press` gives the finished line at Enter, else None."""

    def __init__(self, complete: Complete, history: Sequence[str] = ()) -> None:
        self.text = ""
        self.cursor = 0
        #: Shown while several words would fit.
        self.choices: Sequence[str] = ()
        self.history = list(history)[-MOST_REMEMBERED:]
        self._complete = complete
        self._place = len(self.history)
        self._begun = ""

    def press(self, key: Key) -> str | None:
        self.choices = ()
        if key.name == "enter":
            return self._finish()
        move = _MOVES.get(key.name)
        if move is not None:
            move(self)
        elif key.text:
            self._write(key.text)
        return None

    def clear(self) -> None:
        self.text, self.cursor, self.choices = "", 0, ()
        self._place = len(self.history)

    def _write(self, text: str) -> None:
        room = _LONGEST - len(self.text)
        self._replace(self.cursor, self.cursor, text[: max(0, room)])

    def _replace(self, start: int, end: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[end:]
        self.cursor = start + len(text)

    def _finish(self) -> str:
        line = self.text.strip()
        if line and (not self.history or self.history[-1] != line):
            self.history = [*self.history, line][-MOST_REMEMBERED:]
        self.clear()
        return line

    # -- moves

    def backspace(self) -> None:
        self._replace(max(0, self.cursor - 1), self.cursor, "")

    def delete(self) -> None:
        self._replace(self.cursor, self.cursor + 1, "")

    def left(self) -> None:
        self.cursor = max(0, self.cursor - 1)

    def right(self) -> None:
        self.cursor = min(len(self.text), self.cursor + 1)

    def home(self) -> None:
        self.cursor = 0

    def end(self) -> None:
        self.cursor = len(self.text)

    def cut_word(self) -> None:
        before = self.text[: self.cursor].rstrip()
        self._replace(before.rfind(" ") + 1, self.cursor, "")

    def cut_before(self) -> None:
        self._replace(0, self.cursor, "")

    def cut_after(self) -> None:
        self._replace(self.cursor, len(self.text), "")

    def older(self) -> None:
        self._recall(self._place - 1)

    def newer(self) -> None:
        self._recall(self._place + 1)

    def _recall(self, place: int) -> None:
        if not 0 <= place <= len(self.history):
            return
        if self._place == len(self.history):
            self._begun = self.text
        self._place = place
        self.text = self.history[place] if place < len(self.history) else self._begun
        self.cursor = len(self.text)

    def complete(self) -> None:
        """Write as much as is certain; where nothing is, show what there is to choose from."""
        *before, begun = self.text[: self.cursor].split(" ")
        fitting = sorted(self._complete([word for word in before if word], begun))
        if not fitting:
            return
        shared = _shared(fitting)
        end = " " if len(fitting) == 1 else ""
        # What differs from the shared part only by case is replaced: ids are written as they are.
        self._replace(self.cursor - len(begun), self.cursor, (shared if len(shared) >= len(begun) else begun) + end)
        if len(fitting) > 1:
            self.choices = fitting


def _shared(words: Sequence[str]) -> str:
    """What all of them begin with."""
    alike = 0
    for letters in zip(*words, strict=False):
        if len(set(letters)) > 1:
            break
        alike += 1
    return words[0][:alike]


_MOVES: dict[str, Callable[[Editor], None]] = {
    "backspace": Editor.backspace,
    "delete": Editor.delete,
    "left": Editor.left,
    "right": Editor.right,
    "home": Editor.home,
    "end": Editor.end,
    "ctrl-a": Editor.home,
    "ctrl-e": Editor.end,
    "ctrl-b": Editor.left,
    "ctrl-f": Editor.right,
    "ctrl-d": Editor.delete,
    "ctrl-w": Editor.cut_word,
    "ctrl-u": Editor.cut_before,
    "ctrl-k": Editor.cut_after,
    "up": Editor.older,
    "down": Editor.newer,
    "ctrl-p": Editor.older,
    "ctrl-n": Editor.newer,
    "tab": Editor.complete,
}
