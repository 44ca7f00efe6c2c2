"""The keys of Engine's panel, each with the line that it is. Pure."""

from collections.abc import Sequence

from charging_point.dialogue import Choice, Order, Question
from charging_point.engine.point import Point
from charging_point.engine.session import State
from common.words import Text
from common.words import engine as words
from common.words import panels as shared

_FAULT = Choice(words.ASK_FAULT, shared.FAULT_TYPES, Question(words.ASK_FAULT_WORDS))
_SWIPE = (Question(words.ASK_DRIVER), Question(words.ASK_LIMIT, optional=True))


def orders(point: Point) -> Sequence[Order]:
    def is_idle() -> bool:
        return point.session.state is State.IDLE

    return (
        Order("p", words.KEY_PLUG, words.EXPLAIN_PLUG, "plug", fits=lambda: not point.car.plugged),
        Order("u", words.KEY_UNPLUG, words.EXPLAIN_UNPLUG, "unplug", fits=lambda: point.car.plugged),
        Order("s", words.KEY_SWIPE, words.EXPLAIN_SWIPE, "swipe", _SWIPE, fits=lambda: point.refusal() is None),
        Order("x", words.KEY_STOP, words.EXPLAIN_STOP, "stop", fits=lambda: not is_idle()),
        Order("f", shared.KEY_FAULT, words.EXPLAIN_FAULT, "fault", (_FAULT,)),
        Order("r", shared.KEY_RECOVER, words.EXPLAIN_RECOVER, "recover", fits=lambda: point.fault is not None),
        Order("b", words.KEY_BATTERY, words.EXPLAIN_BATTERY, "battery", (Question(words.ASK_BATTERY),)),
        Order("c", words.KEY_SOC, words.EXPLAIN_SOC, "soc", (Question(words.ASK_SOC),)),
    )


def sure(point: Point) -> Text | None:
    """What to think of before leaving."""
    return words.SURE if point.is_charging else None
