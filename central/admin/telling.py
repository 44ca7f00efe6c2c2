"""What came of a command, in one sentence: Central's own in English, in Chinese one of ours by command and code. Pure."""

from central.admin.asking import Answer
from central.admin.orders import ALL, End, Order, Resume, SetPrice, Stop
from central.admin.rows import Row
from common.words import Language, spoken
from common.words import admin as words
from common.words.errors import refusal

_MOST_NAMES = 10


def sentence_of(order: Order, answer: Answer) -> str:
    if not answer.ok:
        # Without a code it is not from Central, and in our words already.
        return answer.sentence if answer.error is None else refusal(answer.error, answer.sentence)
    if spoken() is Language.ENGLISH:
        return answer.sentence
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
    return words.COUNTED_POINTS(n=len(_names(data, "changed"))) if cp_id == ALL else cp_id


def _unconfirmed(data: Row) -> str:
    silent = _names(data, "unconfirmed")
    return words.UNCONFIRMED(names="、".join(silent[:_MOST_NAMES])) if silent else ""
