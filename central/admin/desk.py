"""
The operator's desk: what the screen is to show, what a key or a command does, and what must be asked of Central for it.

Pure: keys and answers in, effects out. What is drawn of it stands in console/, who carries the effects out in attendant.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from central.admin import grammar, orders
from central.admin.asking import Answer, Question, Standing
from central.admin.effects import Ask, Completion, Deed, Effect, Remember, StartExport, Topic
from central.admin.grammar import Mistake, Slot
from central.admin.known import Known, Notice
from central.admin.orders import Order, Plain, View
from central.admin.overlay import Kind, Overlay
from central.admin.rows import rows, word
from central.admin.telling import must_be_confirmed, question_of, sentence_of
from central.admin.unseen import Unseen, is_grave
from central.admin.wanted import Chosen, Wanted
from common.clock import Moment
from common.ui.editor import Editor
from common.ui.keys import Key
from common.words import admin as words
from common.words import joined

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
    def __init__(self, history: Sequence[str] = (), hosted_by: str = "", *, new_secret: Callable[[], str]) -> None:
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
        self.unseen = Unseen()
        #: Of a running export: what, and how many rows so far.
        self.exporting: tuple[str, int] | None = None
        self._hosted_by = hosted_by
        self._new_secret = new_secret
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
        return self._press(key, now)

    def _press(self, key: Key, now: Moment) -> list[Effect]:
        """What a key does where nothing is open over the board."""
        is_empty = not self.editor.text.strip()
        match key.name:
            case name if name in _VIEW_KEYS:
                effects = self._show(_VIEW_KEYS[name], only_open=self._turns_to_running(_VIEW_KEYS[name]))
            case "page-up" | "page-down":
                effects = self._turn(forward=key.name == "page-down")
            case "tab" if not is_empty:
                effects = self._tab()
            case "tab" | "shift-tab":
                effects = self._show_next(back=key.name == "shift-tab")
            case name if name == "f1" or (name == "?" and is_empty):
                effects = self._toggle_help()
            case _:
                line = self.editor.press(key)
                effects = [] if line is None else self._enter(line, now)
        return effects

    def _escape(self, now: Moment) -> list[Effect]:
        if self.confirm is not None:
            return self._decide(self.confirm, "", now)
        if self.overlay is not None:
            self.overlay = None
        else:
            self.editor.clear()
        return []

    def _show(self, view: View, *, only_open: bool = False) -> list[Effect]:
        self.overlay = None
        self.wanted.show(view, only_open=only_open)
        self._heed()
        return [Deed.REFRESH]

    def _turns_to_running(self, view: View) -> bool:
        """The key of the sessions pressed again shows only those that run, and once more all of them."""
        return view is View.SESSIONS and self.wanted.view is view and not self.wanted.only_open

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
        return grammar.fitting(before, begun, known)

    def _tab(self) -> list[Effect]:
        """Ids that are not on the screen are Central's to tell; the word is completed when they come."""
        *before, begun = self.editor.text[: self.editor.cursor].split(" ")
        asked = grammar.slot([one for one in before if one])
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
            order = grammar.read(line)
        except Mistake as mistake:
            self.say(mistake.sentence, is_good=False)
            return [Remember(line)]
        self.said = None
        return [Remember(line), *self._obey(order, line, now)]

    def _obey(self, order: Order, line: str, now: Moment) -> list[Effect]:
        match order:
            case View():
                effects = self._show(order)
            case orders.Sessions(only_open):
                effects = self._show(View.SESSIONS, only_open=only_open)
            case Plain():
                effects = self._do(order)
            case orders.Search() | orders.Filter() | orders.Sort():
                effects = self._choose(self.wanted.chosen.as_told(order))
            case orders.Page(number):
                self.wanted.view = View.BOARD
                effects = self._turned(done=self.wanted.go_to(number))
            case orders.Export():
                effects = [StartExport(order)]
            case _:
                effects = self._tell(order, line, now)
        return effects

    def _do(self, order: Plain) -> list[Effect]:
        match order:
            case Plain.ALL:
                effects = self._choose(replace(self.wanted.chosen, search="", states=()))
            case Plain.NEXT:
                effects = self._turned(done=self.wanted.turn())
            case Plain.PREVIOUS:
                effects = self._turned(done=self.wanted.turn_back())
            case Plain.CANCEL:
                effects = self._cancel()
            case Plain.CLEAR:
                effects = self._clear()
            case Plain.HELP:
                effects = self._toggle_help()
            case Plain.QUIT:
                effects = self._quit()
        return effects

    def _tell(self, order: Order, line: str, now: Moment) -> list[Effect]:
        """Ask Central for it; what is destructive on all, only after a yes."""
        question = question_of(order)
        if isinstance(order, orders.Enroll | orders.Rotate):
            question = replace(question, args={**question.args, "secret": self._new_secret()})
        ask = Ask(order, question)
        sentence = must_be_confirmed(order)
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
        self._heed()
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
        self._heed()
        if is_grave(notice):
            self.say(notice.text, is_good=False)

    def _heed(self) -> None:
        are_shown = self.overlay is None and (self.wanted.view is View.ERRORS or self.wanted.layout.errors.height > 0)
        self.unseen.heed(self.known.complaints(), are_shown=are_shown)

    def _tell_news(self, now: Moment) -> None:
        """What Central complained of since, where no list of it is on the screen."""
        self._heed()
        news = self.unseen.news(self.known.central_now(now), now.mono)
        if news is not None:
            self.say(news.text, is_good=False)

    def take(self, ask: Ask, answer: Answer, now: Moment) -> list[Effect]:
        if answer.at:
            self.known.hear(answer, now)
        if isinstance(ask.purpose, Topic):
            return self._take_poll(ask, answer, now)
        if isinstance(ask.purpose, Completion):
            self._complete(ask.purpose, answer)
            return []
        self.unseen.answer(now.mono)
        return self._take_outcome(ask, ask.purpose, answer)

    def _take_poll(self, ask: Ask, answer: Answer, now: Moment) -> list[Effect]:
        if not answer.ok:
            self.trouble = sentence_of(answer)
            return []
        self.trouble = ""
        asks_more = self.wanted.take(ask, answer)
        if ask.purpose is Topic.STATS:
            self._tell_news(now)
        return [Deed.REFRESH] if asks_more else []

    def _take_outcome(self, ask: Ask, order: Order, answer: Answer) -> list[Effect]:
        done = next((one for one in self.pending if one.ask is ask), None)
        if done is not None:
            self.pending.remove(done)
        is_list = isinstance(order, orders.Trace | orders.Credentials)
        told = sentence_of(answer)
        if isinstance(order, orders.Enroll | orders.Rotate) and not answer.ok and answer.error is None:
            told = joined(told, words.PERHAPS_DONE(role=order.role, id=order.id))
        self.say(told, is_good=answer.ok)
        if answer.ok:
            self._lay_over(ask, order, answer)
        return [] if is_list and answer.ok else [Deed.REFRESH]

    def _lay_over(self, ask: Ask, order: Order, answer: Answer) -> None:
        """What is too much for one line. A secret stays until its person has closed it."""
        before = self.overlay.secrets if self.overlay is not None else ()
        match order:
            case orders.Enroll(role, id_) | orders.Rotate(role, id_):
                secret = str(ask.question.args["secret"])
                self.overlay = Overlay(Kind.SECRET, secrets=(*before, (f"{role} {id_}", secret)))
            case orders.Trace(story) if not before:
                self.overlay = Overlay(Kind.TRACE, story, rows(answer.data, "events"))
            case orders.Credentials(role) if not before:
                if answer.data.get("next"):
                    self.say(words.MORE_CREDENTIALS(), is_good=False)
                self.overlay = Overlay(Kind.CREDENTIALS, role or "", rows(answer.data, "credentials"))
            case _:
                pass

    @property
    def shows_secret(self) -> bool:
        return self.overlay is not None and self.overlay.kind is Kind.SECRET
