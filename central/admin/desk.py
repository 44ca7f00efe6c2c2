"""
The operator's desk: what the screen is to show, what a key or a command does, and what must be asked of Central for it.

Pure: keys and answers in, effects out. What is drawn of it stands in console/, who carries the effects out in attendant.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from central.admin import orders
from central.admin.asking import Answer, Question, Standing
from central.admin.effects import Ask, Completion, Deed, Effect, Remember, StartExport, Topic
from central.admin.known import Known, Notice
from central.admin.orders import Mistake, Order, Plain, Slot, View
from central.admin.outcome import sentence_of
from central.admin.overlay import Kind, Overlay
from central.admin.rows import rows, word
from central.admin.wanted import Chosen, Wanted
from common.clock import Moment
from common.ui.editor import Editor
from common.ui.keys import Key
from common.words import admin as words

_VIEW_KEYS = dict(zip(("f2", "f3", "f4", "f5", "f6", "f7"), View, strict=True))
#: Ids asked for at a Tab; more than that nobody reads.
_COMPLETIONS = 60


@dataclass(frozen=True, slots=True)
class Said:
    """The line of messages."""

    text: str
    is_good: bool = True


@dataclass(frozen=True, slots=True)
class Confirm:
    """Waits for a yes; anything else does nothing."""

    sentence: str
    effects: Sequence[Effect]
    label: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A command whose answer is awaited."""

    ask: Ask
    label: str
    since: float


class Desk:
    def __init__(self, history: Sequence[str] = (), hosted_by: str = "") -> None:
        self.known = Known()
        self.wanted = Wanted(self.known)
        self.editor = Editor(self._fitting, history)
        #: Takes the yes or no while `confirm` waits for it.
        self.answer = Editor(lambda *_: ())
        self.confirm: Confirm | None = None
        self.overlay: Overlay | None = None
        self.said: Said | None = None
        self.pending: list[Pending] = []
        self.link = Standing()
        #: Why the newest question was not answered.
        self.trouble = ""
        #: Of a running export: what, and how many rows so far.
        self.exporting: tuple[str, int] | None = None
        self._hosted_by = hosted_by
        self._found: dict[Slot, list[str]] = {Slot.POINT: [], Slot.SESSION: []}

    # -- keys

    def press(self, key: Key, now: Moment) -> list[Effect]:
        if key.name == "escape":
            return self._escape(now)
        if self.confirm is not None:
            line = self.answer.press(key)
            return [] if line is None else self._decide(self.confirm, line, now)
        if self.overlay is not None and self.overlay.press(key.name):
            return []
        if key.name in _VIEW_KEYS:
            return self._show(_VIEW_KEYS[key.name])
        if key.name == "f1" or (key.name == "?" and not self.editor.text):
            return self._toggle_help()
        if key.name in ("page-up", "page-down"):
            return self._turn(forward=key.name == "page-down")
        if key.name == "shift-tab" or (key.name == "tab" and not self.editor.text.strip()):
            return self._show_next(back=key.name == "shift-tab")
        if key.name == "tab":
            return self._tab()
        line = self.editor.press(key)
        return [] if line is None else self._enter(line, now)

    def _escape(self, now: Moment) -> list[Effect]:
        if self.confirm is not None:
            return self._decide(self.confirm, "", now)
        if self.overlay is not None:
            self.overlay = None
        else:
            self.editor.clear()
        return []

    def _show(self, view: View) -> list[Effect]:
        self.overlay = None
        self.wanted.show(view)
        return [Deed.REFRESH]

    def _show_next(self, *, back: bool) -> list[Effect]:
        views = list(View)
        place = views.index(self.wanted.view) + (-1 if back else 1)
        return self._show(views[place % len(views)])

    def _toggle_help(self) -> list[Effect]:
        is_shown = self.overlay is not None and self.overlay.kind is Kind.HELP
        self.overlay = None if is_shown else Overlay(Kind.HELP)
        return []

    def _turn(self, *, forward: bool) -> list[Effect]:
        turned = self.wanted.turn() if forward else self.wanted.turn_back()
        return [Deed.REFRESH] if turned else []

    # -- completion

    def _fitting(self, before: Sequence[str], begun: str) -> list[str]:
        known = {
            Slot.POINT: [*(word(row, "cp_id") for row in self.known.points), *self._found[Slot.POINT]],
            Slot.SESSION: [*self.known.session_ids(), *self._found[Slot.SESSION]],
            Slot.STORY: self.known.story_ids(),
        }
        return orders.fitting(before, begun, known)

    def _tab(self) -> list[Effect]:
        """Ids that are not on the screen are Central's to tell; the word is completed when they come."""
        *before, begun = self.editor.text[: self.editor.cursor].split(" ")
        asked = orders.slot([one for one in before if one])
        if asked not in self._found:
            self.editor.press(Key("tab"))
            return []
        question = (
            Question("list_cps", {"search": begun, "limit": _COMPLETIONS} if begun else {"limit": _COMPLETIONS})
            if asked is Slot.POINT
            else Question("list_sessions", {"open": True, "limit": _COMPLETIONS})
        )
        return [Ask(Completion(self.editor.text), question)]

    def _complete(self, purpose: Completion, answer: Answer) -> None:
        self._found[Slot.POINT] = [word(row, "cp_id") for row in rows(answer.data, "charging_points")]
        self._found[Slot.SESSION] = [word(row, "session_id") for row in rows(answer.data, "sessions")]
        if self.editor.text == purpose.line and self.confirm is None:
            self.editor.press(Key("tab"))

    # -- commands

    def _enter(self, line: str, now: Moment) -> list[Effect]:
        if not line:
            return []
        try:
            order = orders.read(line)
        except Mistake as mistake:
            self.say(mistake.sentence, is_good=False)
            return [Remember(line)]
        self.said = None
        return [Remember(line), *self._obey(order, line, now)]

    def _obey(self, order: Order, line: str, now: Moment) -> list[Effect]:
        if isinstance(order, View):
            return self._show(order)
        if isinstance(order, Plain):
            return _PLAIN[order](self)
        chosen = self.wanted.chosen
        match order:
            case orders.Search(text):
                return self._choose(replace(chosen, search=text))
            case orders.Filter(states):
                return self._choose(replace(chosen, states=states))
            case orders.Sort(key, descending):
                return self._choose(replace(chosen, sort=key, descending=descending))
            case orders.Page(number):
                self.wanted.view = View.BOARD
                return self._turned(done=self.wanted.go_to(number))
            case orders.Export():
                return [StartExport(order)]
            case _:
                return self._tell(order, line, now)

    def _tell(self, order: Order, line: str, now: Moment) -> list[Effect]:
        """Ask Central for it; what is destructive on all, only after a yes."""
        ask = Ask(order, _question(order))
        sentence = _must_be_confirmed(order)
        if sentence is not None:
            self.ask_first(Confirm(sentence, (ask,), line))
            return []
        return self._begin([ask], line, now)

    def _begin(self, effects: Sequence[Effect], label: str, now: Moment) -> list[Effect]:
        self.pending += [Pending(effect, label, now.mono) for effect in effects if isinstance(effect, Ask)]
        return list(effects)

    def _choose(self, chosen: Chosen) -> list[Effect]:
        self.wanted.choose(chosen)
        return self._show(View.BOARD)

    def _turned(self, *, done: bool) -> list[Effect]:
        if not done:
            self.say(words.NO_MORE_PAGES(), is_good=False)
        return [Deed.REFRESH] if done else []

    def _clear(self) -> list[Effect]:
        self.said = None
        self.known.notices.clear()
        return []

    def _cancel(self) -> list[Effect]:
        if self.exporting is None:
            self.say(words.NOTHING_TO_CANCEL(), is_good=False)
            return []
        return [Deed.CANCEL_EXPORT]

    def _quit(self) -> list[Effect]:
        if not self._hosted_by:
            return [Deed.LEAVE]
        self.ask_first(Confirm(words.ASK_QUIT(name=self._hosted_by), (Deed.LEAVE,), "quit"))
        return []

    # -- yes or no

    def ask_first(self, confirm: Confirm) -> None:
        self.answer.clear()
        self.confirm = confirm

    def _decide(self, confirm: Confirm, line: str, now: Moment) -> list[Effect]:
        self.confirm = None
        if line.strip().lower() not in words.YES:
            self.say(words.NOTHING_DONE())
            return []
        return self._begin(confirm.effects, confirm.label, now)

    # -- what comes in

    def say(self, sentence: str, *, is_good: bool = True) -> None:
        self.said = Said(sentence, is_good)

    def take_link(self, standing: Standing) -> None:
        self.link = standing

    def take_notice(self, notice: Notice) -> None:
        self.known.notices.append(notice)
        if notice.level not in ("DEBUG", "INFO"):
            self.say(notice.text, is_good=False)

    def take(self, ask: Ask, answer: Answer, now: Moment) -> list[Effect]:
        if answer.at:
            self.known.hear(answer, now)
        if isinstance(ask.purpose, Topic):
            return self._take_poll(ask, answer)
        if isinstance(ask.purpose, Completion):
            self._complete(ask.purpose, answer)
            return []
        return self._take_outcome(ask, ask.purpose, answer)

    def _take_poll(self, ask: Ask, answer: Answer) -> list[Effect]:
        if not answer.ok:
            self.trouble = sentence_of(Plain.HELP, answer)
            return []
        self.trouble = ""
        return [Deed.REFRESH] if self.wanted.take(ask, answer) else []

    def _take_outcome(self, ask: Ask, order: Order, answer: Answer) -> list[Effect]:
        done = next((one for one in self.pending if one.ask is ask), None)
        if done is not None:
            self.pending.remove(done)
        if isinstance(order, orders.Trace) and answer.ok:
            self.overlay = Overlay(Kind.TRACE, order.id, rows(answer.data, "events"))
            return []
        self.say(sentence_of(order, answer), is_good=answer.ok)
        return [Deed.REFRESH]


def _question(order: Order) -> Question:
    match order:
        case orders.Stop(cp_id):
            return Question("stop_cp", {"cp_id": cp_id})
        case orders.Resume(cp_id):
            return Question("resume_cp", {"cp_id": cp_id})
        case orders.End(session_id):
            return Question("stop_session", {"session_id": session_id})
        case orders.SetPrice(cp_id, price):
            return Question("set_price", {"cp_id": cp_id, "price_per_kwh": float(price)})
        case orders.Trace(story):
            return Question("trace", {"id": story})
        case _:
            raise AssertionError(order)


def _must_be_confirmed(order: Order) -> str | None:
    match order:
        case orders.Stop(orders.ALL):
            return words.ASK_STOP_ALL()
        case orders.SetPrice(orders.ALL, price):
            return words.ASK_PRICE_ALL(price=price)
        case _:
            return None


_PLAIN: dict[Plain, Callable[[Desk], list[Effect]]] = {
    Plain.ALL: lambda desk: desk._choose(replace(desk.wanted.chosen, search="", states=())),
    Plain.NEXT: lambda desk: desk._turned(done=desk.wanted.turn()),
    Plain.PREVIOUS: lambda desk: desk._turned(done=desk.wanted.turn_back()),
    Plain.CANCEL: Desk._cancel,
    Plain.CLEAR: Desk._clear,
    Plain.HELP: Desk._toggle_help,
    Plain.QUIT: Desk._quit,
}
