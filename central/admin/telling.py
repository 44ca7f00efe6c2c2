"""How a command is put to Central, and what came of it: in English in its own words, in Chinese in one of our sentences. Pure."""

from central.admin import orders
from central.admin.asking import Answer, Question
from central.admin.orders import End, Order, Resume, SetPrice, Stop, Trace
from central.admin.rows import Row
from common.words import Language, spoken
from common.words import admin as words
from common.words.errors import refusal

_MOST_NAMES = 10


def question_of(order: Order) -> Question:
    match order:
        case Stop(cp_id):
            return Question("stop_cp", {"cp_id": cp_id})
        case Resume(cp_id):
            return Question("resume_cp", {"cp_id": cp_id})
        case End(session_id):
            return Question("stop_session", {"session_id": session_id})
        case SetPrice(cp_id, price):
            return Question("set_price", {"cp_id": cp_id, "price_per_kwh": float(price)})
        case Trace(story):
            return Question("trace", {"id": story})
        case _:
            raise AssertionError(order)


def must_be_confirmed(order: Order) -> str | None:
    match order:
        case Stop(orders.ALL):
            return words.ASK_STOP_ALL()
        case SetPrice(orders.ALL, price):
            return words.ASK_PRICE_ALL(price=price)
        case _:
            return None


def sentence_of(order: Order, answer: Answer) -> str:
    if not answer.ok:
        # Without a code it is not from Central, and in our words already.
        return answer.sentence if answer.error is None else refusal(answer.error, answer.sentence)
    return answer.sentence if spoken() is Language.ENGLISH else _in_our_words(order, answer)


def _in_our_words(order: Order, answer: Answer) -> str:
    match order:
        case Stop(cp_id):
            return words.STOPPED(whom=_whom(cp_id, answer.data)) + _unconfirmed(answer.data)
        case Resume(cp_id):
            return words.RESUMED(whom=_whom(cp_id, answer.data)) + _unconfirmed(answer.data)
        case SetPrice(cp_id, price):
            return words.PRICE_SET(whom=_whom(cp_id, answer.data), price=price)
        case End(session_id):
            return words.SESSION_ENDS(id=session_id)
        case _:
            return answer.sentence


def _names(data: Row, name: str) -> list[str]:
    found = data.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []


def _whom(cp_id: str, data: Row) -> str:
    return words.COUNTED_POINTS(n=len(_names(data, "changed"))) if cp_id == orders.ALL else cp_id


def _unconfirmed(data: Row) -> str:
    silent = _names(data, "unconfirmed")
    return words.UNCONFIRMED(names="、".join(silent[:_MOST_NAMES])) if silent else ""
