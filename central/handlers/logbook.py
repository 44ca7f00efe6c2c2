"""
Who ordered what of this network, and who was refused: events that `ev-admin events` shows. What only looks is not recorded.

An order stands in the same transaction as what it changed. Refusals cost a row each, so only so many a minute are recorded;
the next one says how many were not.
"""

import json
import logging
from collections import deque

from central.context import Context, Source
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode, StoreUnavailable
from common.messages import ManualCommand
from common.routes import Role
from common.telemetry import about

log = logging.getLogger("ev.central.logbook")

_LOOKS = frozenset({"list_cps", "list_sessions", "list_drivers", "list_events", "list_credentials", "trace", "stats"})
#: Arguments that are shown; others may be secrets.
_SHOWN = ("cp_id", "session_id", "price_per_kwh", "role", "id")
_LONGEST = 100
#: Refusals that are recorded in a minute: of operators, and of those who are none.
MOST_REFUSALS = 30
_MINUTE_S = 60.0


class Allowance:
    """So many in a minute, and a count of the rest."""

    def __init__(self, most: int) -> None:
        self._taken: deque[float] = deque([float("-inf")] * most, most)
        self._left_out = 0

    def take(self, now: float) -> int | None:
        """How many were left out since the last one; None: leave this one out too."""
        if now - self._taken[0] < _MINUTE_S:
            self._left_out += 1
            return None
        self._taken.append(now)
        left_out, self._left_out = self._left_out, 0
        return left_out


class Logbook:
    def __init__(self, context: Context) -> None:
        self._c = context
        #: Apart, so that strangers cannot use up what operators are recorded with.
        self._operators, self._strangers = Allowance(MOST_REFUSALS), Allowance(MOST_REFUSALS)

    def ordered(self, unit: UnitOfWork, order: ManualCommand, source: Source) -> None:
        """Part of the unit that does what was ordered."""
        unit.record(self._c.wall(), "ordered", f"{self._who(source)} ordered {_what(order)}.", order, **_whose(order))

    async def refused(self, order: ManualCommand, source: Source, code: ErrorCode, sentence: str) -> None:
        """Nothing hangs on this: where the database is away, the log has it."""
        is_operator = source.role is Role.ADMIN and self._c.proofs.is_proven(source.link, Role.ADMIN, None)
        if is_operator and order.command in _LOOKS:
            return
        left_out = (self._operators if is_operator else self._strangers).take(self._c.clock.now().mono)
        if left_out is None:
            return
        why = f"{code}: {sentence}" + (f" ({left_out} more were refused before.)" if left_out else "")
        who, what, now = self._who(source), _what(order), self._c.wall()
        log.warning("%s was refused %s: %s", who, what, why, extra=about(order))
        try:
            await self._c.store.write(
                lambda unit: unit.record(
                    now, "order_refused", f"{who} was refused {what}: {why}", order, **_whose(order)
                )
            )
        except StoreUnavailable as wrong:
            log.debug("A refusal was not recorded: %s", wrong)

    def _who(self, source: Source) -> str:
        peer = source.link.peer if source.link is not None else "Kafka"
        if source.role is not Role.ADMIN:
            return f"A {source.role or 'nameless'} at {peer}"
        return f"{self._c.proofs.admin_of(source.link) or 'An operator'} at {peer}"


def _what(order: ManualCommand) -> str:
    shown = {name: _shown(order.args[name]) for name in _SHOWN if name in order.args}
    return " ".join([order.command, *(f"{name}={value}" for name, value in shown.items())])


def _shown(value: object) -> str:
    """What the operator wrote, or a piece of it; nothing in it does anything to a terminal."""
    return json.dumps(value)[:_LONGEST].strip('"')


def _whose(order: ManualCommand) -> dict[str, str]:
    """The point or session it is about, so that the event stands in their story."""
    named = {name: order.args.get(name) for name in ("cp_id", "session_id")}
    return {name: value for name, value in named.items() if isinstance(value, str) and _is_id(name, value)}


def _is_id(name: str, value: str) -> bool:
    longest = 36 if name == "cp_id" else 64
    return 0 < len(value) <= longest and value != "*" and value.isascii() and value.isprintable()
