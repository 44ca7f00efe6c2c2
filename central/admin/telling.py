"""How a command is put to Central, and what came of it: its own sentence, in the language spoken. Pure."""

from central.admin import orders
from central.admin.asking import Answer, Question
from central.admin.orders import Credentials, End, Enroll, Order, Resume, Revoke, Rotate, SetPrice, Stop, Trace
from common.words import admin as words
from common.words.admin_cli import answer as told_by_central
from common.words.errors import refusal


def question_of(order: Order) -> Question:
    match order:
        case Stop(cp_id):
            return Question("stop_cp", {"cp_id": cp_id})
        case Resume(cp_id):
            return Question("resume_cp", {"cp_id": cp_id})
        case End(session_id):
            return Question("stop_session", {"session_id": session_id})
        case SetPrice(cp_id, price):
            return Question("set_price", {"cp_id": cp_id, "price_per_kwh": price})
        case Trace(story):
            return Question("trace", {"id": story})
        case _:
            return _about_access(order)


def _about_access(order: Order) -> Question:
    """Without the secret, which is no order's."""
    match order:
        case Enroll(role, id_):
            return Question("enroll", {"role": role, "id": id_})
        case Rotate(role, id_):
            return Question("rotate", {"role": role, "id": id_})
        case Revoke(role, id_):
            return Question("revoke", {"role": role, "id": id_})
        case Credentials(role):
            return Question("list_credentials", {} if role is None else {"role": role})
        case _:
            raise AssertionError(order)


def must_be_confirmed(order: Order) -> str | None:
    match order:
        case Stop(orders.ALL):
            return words.ASK_STOP_ALL()
        case SetPrice(orders.ALL, price):
            return words.ASK_PRICE_ALL(price=f"{price:g}")
        case Revoke(role, id_):
            return words.ASK_REVOKE(role=role, id=id_)
        case _:
            return None


def sentence_of(answer: Answer) -> str:
    if answer.ok:
        return told_by_central(answer.sentence)
    # Without a code it is not from Central, and in our words already.
    return answer.sentence if answer.error is None else refusal(answer.error, answer.sentence)
