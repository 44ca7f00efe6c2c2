"""
A person's talk with a program of a point, key by key: keys become the lines that standard input takes as well. Pure.

What the lines mean stands in the program's `lines`; how the talk looks, in console/. So a key can do nothing that a
line cannot, and its answer is the line's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from common.ui.editor import Editor
from common.ui.keys import Key
from common.words import Text
from common.words import panels as words

HELP_KEY, QUIT_KEY = "?", "q"
_HELP_KEYS = (HELP_KEY, "f1")
_YES = "y"


@dataclass(frozen=True, slots=True)
class Question:
    """Asks for words."""

    prompt: Text
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Asks for one of these; after them stands the choice to write something else."""

    prompt: Text
    options: dict[str, Text]
    otherwise: Question

    @property
    def entries(self) -> Sequence[tuple[str, Text]]:
        return [*self.options.items(), ("", words.OTHER_FAULT)]


Step: TypeAlias = Question | Choice


@dataclass(frozen=True, slots=True)
class Order:
    """One key: the line it begins, and what is asked to complete it."""

    key: str
    name: Text
    explains: Text
    line: str
    steps: tuple[Step, ...] = ()
    #: Whether it would be obeyed now; shown, not enforced.
    fits: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Told:
    """What was said last, and what came of it."""

    line: str
    answer: str


class Dialogue:
    """`press` takes keys; the rest is what there is to see."""

    def __init__(
        self,
        orders: Sequence[Order],
        *,
        obey: Callable[[str], str],
        leave: Callable[[], None],
        sure: Callable[[], Text | None] = lambda: None,
    ) -> None:
        self.orders = orders
        self.shows_help = False
        self.told: Told | None = None
        #: What is being asked now.
        self.step: Step | None = None
        self.editor = Editor(_nothing)
        #: Which entry of a choice the cursor is on.
        self.chosen = 0
        #: Why leaving is asked about, while it is.
        self.warning: Text | None = None
        self._obey = obey
        self._leave = leave
        self._sure = sure
        self._by_key = {order.key: order for order in orders}
        self._said: list[str] = []
        self._to_ask: list[Step] = []
        self._recalled: dict[Text, list[str]] = {}

    def tell(self, sentence: str) -> None:
        self.told = Told("", sentence)

    def press(self, key: Key) -> None:
        if self.warning is not None:
            self._hear_sure(key)
        elif self.step is None:
            self._hear_order(key.name.lower())
        elif key.name == "escape":
            self.step = None
        elif isinstance(self.step, Choice):
            self._choose(self.step, key)
        else:
            self._write(self.step, key)

    # -- no question is open

    def _hear_order(self, name: str) -> None:
        if self.shows_help and name not in self._by_key:
            self.shows_help = False
            if name != QUIT_KEY:
                return
        if name in _HELP_KEYS:
            self.shows_help = True
        elif name == QUIT_KEY:
            self.warning = self._sure()
            if self.warning is None:
                self._leave()
        elif (order := self._by_key.get(name)) is not None:
            self.shows_help = False
            self._said, self._to_ask = [order.line], list(order.steps)
            self._ask_next()

    def _hear_sure(self, key: Key) -> None:
        self.warning = None
        if key.name.lower() == _YES:
            self._leave()

    # -- questions

    def _ask_next(self) -> None:
        if self._to_ask:
            self._ask(self._to_ask.pop(0))
            return
        self.step = None
        line = " ".join(self._said)
        self.told = Told(line, self._obey(line))

    def _ask(self, step: Step) -> None:
        self.step, self.chosen = step, 0
        if isinstance(step, Question):
            self.editor = Editor(_nothing, self._recalled.get(step.prompt, ()))

    def _take(self, words_said: str) -> None:
        self._said += [words_said] if words_said else []
        self._ask_next()

    def _choose(self, choice: Choice, key: Key) -> None:
        most = len(choice.entries)
        if key.name in ("up", "down"):
            self.chosen = (self.chosen + (1 if key.name == "down" else -1)) % most
        elif key.name == "home":
            self.chosen = 0
        elif key.name == "end":
            self.chosen = most - 1
        elif key.name.isdecimal() and 1 <= int(key.name) <= most:
            self._pick(choice, int(key.name) - 1)
        elif key.name == "enter":
            self._pick(choice, self.chosen)

    def _pick(self, choice: Choice, place: int) -> None:
        value, _ = choice.entries[place]
        if value:
            self._take(value)
        else:
            self._ask(choice.otherwise)

    def _write(self, question: Question, key: Key) -> None:
        line = self.editor.press(key)
        if line is None or not (line or question.optional):
            return
        self._recalled[question.prompt] = list(self.editor.history)
        self._take(line)


def _nothing(_before: Sequence[str], _begun: str) -> Sequence[str]:
    """Nothing is known that could complete a word."""
    return ()
