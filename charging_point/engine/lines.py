"""Simulated events as lines of text: what a person, a script or a pipe tells the Engine. Pure: a line in, effects out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from charging_point.engine.effects import Effects, Tell
from charging_point.engine.local_start import LocalStarts
from charging_point.engine.point import Point
from common.clock import Moment
from common.messages import Reason
from common.messages.fields import DriverId, Kwh, Name
from common.words import engine as words

_DRIVER: TypeAdapter[Any] = TypeAdapter(DriverId)
_KWH: TypeAdapter[Any] = TypeAdapter(Kwh)
_FAULT: TypeAdapter[Any] = TypeAdapter(Name)
MOST_BATTERY_KWH = 10_000.0


class BadLine(Exception):
    """The words of a line are wrong; says how."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event that a line may name."""

    usage: str
    fewest: int
    most: int
    does: Callable[[list[str], Moment], Effects]


class Lines:
    """Every line is answered by exactly one Tell."""

    def __init__(self, point: Point, local_starts: LocalStarts) -> None:
        self._point = point
        self._local_starts = local_starts
        self._events = {
            "plug": Event("plug", 0, 0, self._plug),
            "unplug": Event("unplug", 0, 0, self._unplug),
            "swipe": Event("swipe DRIVER [KWH]", 1, 2, self._swipe),
            "stop": Event("stop", 0, 0, self._stop),
            "fault": Event("fault TYPE", 1, 40, self._fault),
            "recover": Event("recover", 0, 0, self._recover),
            "battery": Event("battery KWH", 1, 1, self._battery),
            "soc": Event("soc PERCENT", 1, 1, self._soc),
        }

    def obey(self, line: str, now: Moment) -> Effects:
        name, *told = line.split() or [""]
        event = self._events.get(name)
        if event is None:
            known = ", ".join(one.usage for one in self._events.values())
            return [Tell(ok=False, text=words.NO_SUCH_EVENT(known=known))]
        if not event.fewest <= len(told) <= event.most:
            return [Tell(ok=False, text=words.SAY_IT_SO(usage=event.usage))]
        try:
            return event.does(told, now)
        except BadLine as wrong:
            return [Tell(ok=False, text=words.BAD_LINE(wrong=wrong, usage=event.usage))]

    def _plug(self, told: list[str], now: Moment) -> Effects:
        del told
        if self._point.car.plugged:
            return [Tell(ok=False, text=words.PLUGGED_ALREADY())]
        return [*self._point.plug(now), Tell(ok=True, text=words.PLUGGED())]

    def _unplug(self, told: list[str], now: Moment) -> Effects:
        del told
        if not self._point.car.plugged:
            return [Tell(ok=False, text=words.NO_CAR())]
        return [*self._point.unplug(now), Tell(ok=True, text=words.UNPLUGGED())]

    def _swipe(self, told: list[str], now: Moment) -> Effects:
        driver_id = _valid(_DRIVER, told[0], words.BAD_DRIVER())
        wrong = words.BAD_LIMIT()
        limit = _valid(_KWH, _number(told[1], 0, 1_000_000, "KWH"), wrong) if len(told) > 1 else None
        return self._local_starts.swipe(driver_id, limit, now)

    def _stop(self, told: list[str], now: Moment) -> Effects:
        del told
        session_id = self._point.session_id
        if session_id is None:
            return [Tell(ok=False, text=words.NO_CHARGE())]
        ended = self._point.end(Reason.DRIVER_STOP, "The session was stopped before a car was plugged in.", now)
        return [*ended, Tell(ok=True, text=words.ENDED(session=session_id))]

    def _fault(self, told: list[str], now: Moment) -> Effects:
        fault = _valid(_FAULT, " ".join(told), words.BAD_FAULT())
        return [*self._point.fail(fault, now), Tell(ok=True, text=words.FAULT_BEGAN(fault=fault))]

    def _recover(self, told: list[str], now: Moment) -> Effects:
        del told, now
        if self._point.fault is None:
            return [Tell(ok=False, text=words.NO_FAULT())]
        return [*self._point.recover(), Tell(ok=True, text=words.FAULT_GONE())]

    def _battery(self, told: list[str], now: Moment) -> Effects:
        capacity = _number(told[0], 0.1, MOST_BATTERY_KWH, "KWH")
        self._point.session.advance(now)
        self._point.car.set_capacity(capacity * 1000.0)
        return [Tell(ok=True, text=words.BATTERY_HOLDS(kwh=f"{capacity:g}"))]

    def _soc(self, told: list[str], now: Moment) -> Effects:
        percent = _number(told[0], 0, 100, "PERCENT")
        self._point.session.advance(now)
        self._point.car.set_soc(percent)
        return [Tell(ok=True, text=words.BATTERY_AT(percent=f"{percent:g}"))]


def _valid(kind: TypeAdapter[Any], value: object, wrong: str) -> Any:
    try:
        return kind.validate_python(value)
    except ValidationError:
        raise BadLine(wrong) from None


def _number(word: str, least: float, most: float, name: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise BadLine(words.BAD_NUMBER(name=name, least=f"{least:g}", most=f"{most:g}"))
    return number
