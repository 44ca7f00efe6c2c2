"""
The console's command line: one table of its commands, from which they are read, completed and explained. Pure.

What a command does to the screen or to the network is not decided here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import get_args

from central.admin.arguments import id_of, point, point_or_all, price_of
from central.admin.orders import (
    Credentials,
    End,
    Enroll,
    Export,
    Filter,
    Order,
    Page,
    Plain,
    Resume,
    Revoke,
    Rotate,
    Search,
    Sessions,
    SetPrice,
    Sort,
    Stop,
    Trace,
    View,
    What,
)
from common.errors import BadSetting
from common.messages import PointStatus
from common.messages.operating import CREDENTIAL_ROLES, CredentialRole, PointOrder
from common.words import Language, Text, access, spoken
from common.words import admin as words
from common.words.points import STATUS

_LONGEST_SEARCH = 200
_SHOWN = 40
SORT_KEYS: tuple[PointOrder, ...] = get_args(PointOrder)
EXPORTS: tuple[What, ...] = get_args(What)
FORMATS = (".csv", ".json")


class Mistake(Exception):
    """A line that is no command; carries the sentence for its person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Slot(Enum):
    """What a word of a command may be, for completion."""

    POINT = auto()
    SESSION = auto()
    STORY = auto()
    STATE = auto()
    KEY = auto()
    WHAT = auto()
    ROLE = auto()
    FREE = auto()


@dataclass(frozen=True, slots=True)
class Form:
    """One command: how it is written, what its words are, and how they are read."""

    name: str
    usage: str
    read: Callable[[str], Order]
    slots: tuple[Slot, ...] = ()
    #: Whether the last slot may be filled again and again.
    repeats: bool = False

    def says(self) -> str:
        return words.SAYS[self.name](keys=" ".join(SORT_KEYS)) if self.name == "sort" else words.SAYS[self.name]()


# -- reading the words of each


def _split(rest: str, fewest: int, most: int) -> list[str]:
    found = rest.split()
    if not fewest <= len(found) <= most:
        raise _Unfit
    return found


class _Unfit(Exception):
    """Too few or too many words; becomes the usage."""


def _nothing(order: Order) -> Callable[[str], Order]:
    def read(rest: str) -> Order:
        _split(rest, 0, 0)
        return order

    return read


def _stop(rest: str) -> Order:
    return Stop(point_or_all(*_split(rest, 1, 1)))


def _resume(rest: str) -> Order:
    return Resume(point_or_all(*_split(rest, 1, 1)))


def _end(rest: str) -> Order:
    return End(id_of(*_split(rest, 1, 1)))


def _price(rest: str) -> Order:
    cp, value = _split(rest, 2, 2)
    return SetPrice(point_or_all(cp), price_of(value))


def _search(rest: str) -> Order:
    if len(rest) > _LONGEST_SEARCH:
        raise Mistake(words.LONG_SEARCH())
    return Search(rest.strip())


def _states() -> Mapping[str, PointStatus]:
    """By the names of the protocol and by those on the screen."""
    named = {status.value.lower(): status for status in PointStatus}
    return named | {text.zh: status for status, text in STATUS.items()}


def _filter(rest: str) -> Order:
    found = _split(rest.lower().replace(",", " "), 1, len(PointStatus))
    if found == ["all"]:
        return Filter(())
    known = _states()
    for word in found:
        if word not in known:
            shown = [status.value.lower() for status in PointStatus]
            raise Mistake(words.WRONG_STATE(word=word[:_SHOWN], states=" ".join(shown)))
    return Filter(tuple(dict.fromkeys(known[word] for word in found)))


def _sort(rest: str) -> Order:
    key, *turned = _split(rest.lower(), 1, 2)
    fitting = [one for one in SORT_KEYS if one == key]
    if not fitting:
        raise Mistake(words.WRONG_KEY(word=key[:_SHOWN], keys=" ".join(SORT_KEYS)))
    if turned not in ([], ["desc"], ["asc"]):
        raise _Unfit
    return Sort(fitting[0], descending=turned == ["desc"])


def _page(rest: str) -> Order:
    (word,) = _split(rest, 1, 1)
    if word in ("next", "prev"):
        return Plain.NEXT if word == "next" else Plain.PREVIOUS
    if not word.isascii() or not word.isdigit() or not int(word[:9]) >= 1 or len(word) > 9:  # noqa: PLR2004 - digits
        raise Mistake(words.WRONG_PAGE(word=word[:_SHOWN]))
    return Page(int(word))


def _sessions(rest: str) -> Order:
    told = _split(rest.lower(), 0, 1)
    if told not in ([], ["open"]):
        raise _Unfit
    return Sessions(only_open=bool(told))


def _trace(rest: str) -> Order:
    return Trace(id_of(*_split(rest, 1, 1)))


def _role(word: str) -> CredentialRole:
    found = [role for role in CREDENTIAL_ROLES if role == word.lower()]
    if not found:
        raise Mistake(words.WRONG_ROLE(word=word[:_SHOWN], roles=" ".join(CREDENTIAL_ROLES)))
    return found[0]


def _of_one(order: Callable[[CredentialRole, str], Order]) -> Callable[[str], Order]:
    def read(rest: str) -> Order:
        role, id_ = _split(rest, 2, 2)
        return order(_role(role), point(id_, access.NO_ID))

    return read


def _credentials(rest: str) -> Order:
    told = _split(rest, 0, 1)
    return Credentials(_role(told[0]) if told else None)


def _export(rest: str) -> Order:
    what, _, file = rest.partition(" ")
    fitting = [one for one in EXPORTS if one == what]
    file = file.strip()
    if not fitting or not file:
        raise _Unfit
    if not file.lower().endswith(FORMATS):
        raise Mistake(words.WRONG_FILE(word=file[-_SHOWN:]))
    return Export(fitting[0], file)


FORMS: tuple[Form, ...] = (
    Form("stop", "stop CP|*", _stop, (Slot.POINT,)),
    Form("resume", "resume CP|*", _resume, (Slot.POINT,)),
    Form("end", "end SESSION", _end, (Slot.SESSION,)),
    Form("price", "price CP|* VALUE", _price, (Slot.POINT, Slot.FREE)),
    Form("search", "search TEXT", _search, (Slot.POINT,)),
    Form("filter", "filter STATE...|all", _filter, (Slot.STATE,), repeats=True),
    Form("all", "all", _nothing(Plain.ALL)),
    Form("sort", "sort KEY [desc]", _sort, (Slot.KEY, Slot.FREE)),
    Form("page", "page N", _page),
    Form("next", "next", _nothing(Plain.NEXT)),
    Form("prev", "prev", _nothing(Plain.PREVIOUS)),
    Form("board", "board", _nothing(View.BOARD)),
    Form("sessions", "sessions [open]", _sessions, (Slot.FREE,)),
    Form("events", "events", _nothing(View.EVENTS)),
    Form("errors", "errors", _nothing(View.ERRORS)),
    Form("drivers", "drivers", _nothing(View.DRIVERS)),
    Form("figures", "figures", _nothing(View.FIGURES)),
    Form("trace", "trace ID", _trace, (Slot.STORY,)),
    Form("export", "export sessions|events FILE", _export, (Slot.WHAT, Slot.FREE)),
    Form("enroll", "enroll ROLE ID", _of_one(Enroll), (Slot.ROLE, Slot.FREE)),
    Form("rotate", "rotate ROLE ID", _of_one(Rotate), (Slot.ROLE, Slot.FREE)),
    Form("revoke", "revoke ROLE ID", _of_one(Revoke), (Slot.ROLE, Slot.FREE)),
    Form("credentials", "credentials [ROLE]", _credentials, (Slot.ROLE,)),
    Form("cancel", "cancel", _nothing(Plain.CANCEL)),
    Form("clear", "clear", _nothing(Plain.CLEAR)),
    Form("help", "help", _nothing(Plain.HELP)),
    Form("quit", "quit", _nothing(Plain.QUIT)),
)
_FIXED: Mapping[Slot, Sequence[str]] = {Slot.KEY: SORT_KEYS, Slot.WHAT: EXPORTS, Slot.ROLE: CREDENTIAL_ROLES}
_FREE: Mapping[str, Sequence[str]] = {"sort": ("desc",), "sessions": ("open",)}
_BY_NAME = {form.name: form for form in FORMS}
_OTHER_NAMES = {"?": "help", "exit": "quit", "q": "quit"}


def read(line: str) -> Order:
    """The command that a line is; raises Mistake."""
    name, _, rest = line.strip().partition(" ")
    form = _BY_NAME.get(_OTHER_NAMES.get(name, name.lower()))
    if form is None:
        raise Mistake(words.UNKNOWN_ORDER(word=name[:_SHOWN]))
    try:
        return form.read(rest.strip())
    except _Unfit:
        raise Mistake(words.USAGE_IS(usage=form.usage)) from None
    except BadSetting as wrong:
        raise Mistake(str(wrong)) from None


def slot(before: Sequence[str]) -> Slot | None:
    """What the word after these is; None for a command's name, or where nothing belongs."""
    form = _BY_NAME.get(before[0].lower()) if before else None
    if form is None or not form.slots:
        return None
    place = len(before) - 1
    if place < len(form.slots):
        return form.slots[place]
    return form.slots[-1] if form.repeats else None


def fitting(before: Sequence[str], begun: str, known: Mapping[Slot, Sequence[str]]) -> list[str]:
    """Words that may stand here and begin so, in capitals or not. `known` has the ids."""
    if not before:
        return [form.name for form in FORMS if form.name.startswith(begun.lower())]
    asked = slot(before)
    if asked is None:
        return []
    choices = [*known.get(asked, ()), *_fixed(asked, before)]
    return [one for one in dict.fromkeys(choices) if one.lower().startswith(begun.lower()) and one not in before[1:]]


def _fixed(asked: Slot, before: Sequence[str]) -> Sequence[str]:
    if asked is Slot.STATE:
        shown = [text.zh for text in STATUS.values()] if spoken() is Language.CHINESE else []
        return [status.value.lower() for status in PointStatus] + shown + (["all"] if len(before) == 1 else [])
    if asked is Slot.FREE:
        return _FREE.get(before[0], ())
    return _FIXED.get(asked, ())


def help_rows() -> list[tuple[str, str]]:
    """Every command as it is written, and what it does."""
    return [(form.usage, form.says()) for form in FORMS]


def sort_name(key: PointOrder) -> Text:
    return words.SORT_KEYS[key]
