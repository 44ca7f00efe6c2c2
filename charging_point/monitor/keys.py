"""The keys of Monitor's panel, each with the line that it is. Pure."""

from collections.abc import Sequence

from charging_point.dialogue import Choice, Order, Question
from charging_point.monitor.condition import Source
from charging_point.monitor.watch import Watch
from common.words import monitor as words
from common.words import panels as shared

_TYPE = Choice(words.ASK_FAULT, shared.FAULT_TYPES, Question(words.ASK_TYPE))
_DESCRIPTION = Question(words.ASK_DESCRIPTION, optional=True)


def orders(watch: Watch) -> Sequence[Order]:
    def is_ours() -> bool:
        return watch.standing.fault_of(Source.OPERATOR) is not None

    return (
        Order("f", shared.KEY_FAULT, words.EXPLAIN_FAULT, "fault", (_TYPE, _DESCRIPTION)),
        Order("r", shared.KEY_RECOVER, words.EXPLAIN_RECOVER, "recover", fits=is_ours),
    )
