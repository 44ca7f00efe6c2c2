"""The operator's commands: look, stop and resume points, stop sessions, set prices, trace."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from pydantic import TypeAdapter, ValidationError

from central import standing, views
from central.commands import Command, Where
from central.context import Context, Source
from central.domain.points import Event, Point
from central.domain.sessions import Session
from central.handlers.claiming import whereabouts
from central.handlers.settling import close_lost
from central.handlers.stopping import Stopping
from central.store.unit_of_work import UnitOfWork
from common.errors import ErrorCode, IllegalTransition
from common.messages import (
    CommandResponse,
    ManualCommand,
    ManualCommandResponse,
    PointStatus,
    Reason,
    ResumeCpCommand,
    StopCpCommand,
)
from common.messages.fields import Price
from common.telemetry import about

log = logging.getLogger("ev.central.operating")

ALL = "*"
#: Rows of a page: with every detail filled in they stay within one frame.
_PAGE = 40
_MOST_EVENTS = 200
#: Points that an answer names; the sentence counts them all.
_MOST_NAMES = 500
#: Room for the envelope around a list.
_ENVELOPE_BYTES = 2048
_PRICE: TypeAdapter[Decimal] = TypeAdapter(Price)


class Refusal(Exception):
    """A command that cannot be done; becomes the answer."""

    def __init__(self, code: ErrorCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Operating:
    def __init__(self, context: Context, stopping: Stopping) -> None:
        self._c = context
        self._stopping = stopping
        self._commands: dict[str, Callable[[ManualCommand], Awaitable[tuple[str, views.Json]]]] = {
            "list_cps": self._list_points,
            "list_sessions": self._list_sessions,
            "list_drivers": self._list_drivers,
            "stop_cp": partial(self._serve, out_of_service=True),
            "resume_cp": partial(self._serve, out_of_service=False),
            "stop_session": self._stop_session,
            "set_price": self._set_price,
            "trace": self._trace,
            "stats": self._stats,
        }

    async def obey(self, order: ManualCommand, source: Source) -> None:
        assert source.link is not None  # the catalogue has no other route
        code: ErrorCode | None = None
        data: views.Json | None = None
        try:
            sentence, data = await self._commands[order.command](order)
        except Refusal as refusal:
            code, sentence = refusal.code, refusal.sentence
        source.link.send(
            ManualCommandResponse(
                message_id=order.message_id,
                timestamp=self._c.wall(),
                status="success" if code is None else "failure",
                error=code,
                message=sentence[:1000],
                data=data,
            )
        )

    # -- looking

    async def _list_points(self, order: ManualCommand) -> tuple[str, views.Json]:
        after = _text(order, "after", "")
        rows = await self._c.store.read(lambda connection: views.points(connection, after, _PAGE))
        shown = self._that_fit(rows)
        following = shown[-1]["cp_id"] if len(rows) == _PAGE or len(shown) < len(rows) else None
        return f"{len(shown)} charging points.", _page("charging_points", shown, following)

    async def _list_sessions(self, order: ManualCommand) -> tuple[str, views.Json]:
        after, only_open = _text(order, "after", ""), order.args.get("open") is True
        limit = order.args.get("limit", _PAGE)
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise Refusal(ErrorCode.BAD_ARGUMENT, "limit must be a whole number from 1.")
        most = min(limit, _PAGE)
        try:
            rows = await self._c.store.read(
                lambda connection: views.sessions(connection, only_open=only_open, after=after, most=most)
            )
        except ValueError:
            raise Refusal(ErrorCode.BAD_ARGUMENT, "after must be the cursor of an earlier answer.") from None
        last = rows[-1] if len(rows) == _PAGE else None
        following = f"{last['started_at']!r}/{last['session_id']}" if last else None
        return f"{len(rows)} sessions.", _page("sessions", rows, following)

    async def _list_drivers(self, order: ManualCommand) -> tuple[str, views.Json]:
        after = _text(order, "after", "")
        rows = await self._c.store.read(lambda connection: views.drivers(connection, after, _PAGE))
        following = rows[-1]["driver_id"] if len(rows) == _PAGE else None
        return f"{len(rows)} drivers.", _page("drivers", rows, following)

    async def _trace(self, order: ManualCommand) -> tuple[str, views.Json]:
        story_id = _text(order, "id")
        rows = await self._c.store.read(lambda connection: views.trace(connection, story_id, _MOST_EVENTS))
        if not rows:
            raise Refusal(ErrorCode.BAD_ARGUMENT, f"Nothing is known of {story_id}; give a message id or a session id.")
        shown = self._that_fit(rows)
        more = "" if len(shown) == len(rows) else f" Only the first {len(shown)} are shown."
        return f"{len(rows)} events.{more}", {"events": shown}

    def _that_fit(self, rows: list[views.Json]) -> list[views.Json]:
        """As many rows as one frame holds, but at least one; the cursor leads to the rest."""
        room = self._c.settings.max_frame_bytes - _ENVELOPE_BYTES
        for count, row in enumerate(rows):
            room -= len(json.dumps(row)) + 2
            if room < 0:
                return rows[: max(count, 1)]
        return rows

    async def _stats(self, order: ManualCommand) -> tuple[str, views.Json]:
        del order
        return "Figures since start and from the database.", await standing.figures_of(self._c)

    # -- acting

    async def _serve(self, order: ManualCommand, *, out_of_service: bool) -> tuple[str, views.Json]:
        cp_id = _text(order, "cp_id")
        event = Event.STOP_CP if out_of_service else Event.RESUME_CP
        now = self._c.wall()
        changed = await self._c.store.write(lambda unit: _apply(unit, cp_id, event, order, now))
        answers = await asyncio.gather(*(self._tell(point, where, event) for point, where in changed))
        silent = [point.cp_id for (point, _), reached in zip(changed, answers, strict=True) if not reached]
        words = "out of service" if out_of_service else "in service"
        sentence = f"{cp_id if cp_id != ALL else f'{len(changed)} points'}: {words}."
        if silent:
            sentence += f" Not confirmed by {', '.join(silent[:10])}; told again when connected."
        return sentence, {
            "changed": [point.cp_id for point, _ in changed][:_MOST_NAMES],
            "unconfirmed": silent[:_MOST_NAMES],
        }

    async def _tell(self, point: Point, where: Where, event: Event) -> bool:
        """Send the command and wait for Engine's word; false when it did not come."""
        shared = {"message_id": self._c.ids(), "timestamp": self._c.wall(), "cp_id": point.cp_id}
        command: Command = (
            StopCpCommand(**shared, reason=Reason.ADMIN_STOP) if event is Event.STOP_CP else ResumeCpCommand(**shared)
        )
        response = await self._ask(command, where)
        attached = self._c.links.find(point.cp_id)
        if attached is not None:
            attached.status = point.status
        return response is not None and response.succeeded

    async def _ask(self, command: Command, where: Where) -> CommandResponse | None:
        heard: asyncio.Future[CommandResponse | None] = asyncio.get_running_loop().create_future()

        async def hear(response: CommandResponse | None) -> None:
            if not heard.done():
                heard.set_result(response)

        if self._c.commands.send(command, hear, where) is not None:
            return None
        return await heard

    async def _stop_session(self, order: ManualCommand) -> tuple[str, views.Json]:
        session_id = _text(order, "session_id")
        session, where = await self._c.store.write(lambda unit: _find_open(unit, session_id, order, self._c.wall()))
        heard: asyncio.Future[CommandResponse | None] = asyncio.get_running_loop().create_future()

        async def hear(response: CommandResponse | None) -> None:
            if not heard.done():
                heard.set_result(response)

        code = self._stopping.send(session, Reason.ADMIN_STOP, hear, where)
        if code is not None:
            raise Refusal(code, f"{session.cp_id} is not connected; its session goes on until it is.")
        response = await heard
        if response is None:
            raise Refusal(ErrorCode.ENGINE_TIMEOUT, f"{session.cp_id} did not answer in time.")
        if response.error is ErrorCode.UNKNOWN_SESSION:
            await close_lost(self._c, session, Reason.ADMIN_STOP)
            return f"Session {session_id} was unknown at the point; its last reading is billed.", {}
        if not response.succeeded:
            raise Refusal(response.error or ErrorCode.ENGINE_REFUSED, response.message)
        return f"Session {session_id} ends.", {}

    async def _set_price(self, order: ManualCommand) -> tuple[str, views.Json]:
        cp_id = _text(order, "cp_id")
        try:
            price = _PRICE.validate_python(order.args.get("price_per_kwh"))
        except ValidationError as wrong:
            told = wrong.errors(include_url=False)[0]["msg"]
            raise Refusal(ErrorCode.BAD_ARGUMENT, f"price_per_kwh {told}.") from None
        now = self._c.wall()

        def work(unit: UnitOfWork) -> list[str]:
            changed = _chosen(unit, cp_id)
            unit.save_points(replace(point, price_per_kwh=price) for point in changed)
            for point in changed:
                unit.record(now, "price_set", f"{point.cp_id} costs {price} a kWh.", order, cp_id=point.cp_id)
            return [point.cp_id for point in changed]

        changed = await self._c.store.write(work)
        whom = cp_id if cp_id != ALL else f"{len(changed)} points"
        return f"{whom}: {price} a kWh from the next session on.", {"changed": changed[:_MOST_NAMES]}


def _page(name: str, rows: list[views.Json], following: str | None) -> views.Json:
    return {name: rows} | ({"next": following} if following else {})


def _text(order: ManualCommand, name: str, default: str | None = None) -> str:
    found = order.args.get(name, default)
    if not isinstance(found, str) or (found == "" and default is None):
        raise Refusal(ErrorCode.BAD_ARGUMENT, f"{order.command} needs {name} as a string.")
    return found


def _chosen(unit: UnitOfWork, cp_id: str) -> list[Point]:
    if cp_id == ALL:
        return unit.every_point()
    point = unit.point(cp_id)
    if point is None:
        raise Refusal(ErrorCode.UNKNOWN_CP, f"There is no charging point {cp_id}.")
    return [point]


def _apply(unit: UnitOfWork, cp_id: str, event: Event, order: ManualCommand, now: float) -> list[tuple[Point, Where]]:
    """Set or clear the out-of-service flag; a point that has it so already is left out of "*" and told again alone."""
    changed: list[tuple[Point, Where]] = []
    for point in _chosen(unit, cp_id):
        where = whereabouts(unit, point)
        if point.out_of_service is (event is Event.STOP_CP):
            if cp_id != ALL:
                changed.append((point, where))
            continue
        try:
            moved = point.after(event)
        except IllegalTransition:
            if cp_id == ALL:
                log.info("%s keeps charging; resume it once its session ended.", point.cp_id, extra=about(order))
                continue
            sentence = f"{point.cp_id} is {PointStatus.CHARGING}; resume it once its session has ended."
            raise Refusal(ErrorCode.BAD_ARGUMENT, sentence) from None
        words = "out of service" if moved.out_of_service else "in service"
        unit.record(now, str(event), f"The operator put {point.cp_id} {words}.", order, cp_id=point.cp_id)
        changed.append((moved, where))
    unit.save_points(point for point, _ in changed)
    return changed


def _find_open(unit: UnitOfWork, session_id: str, order: ManualCommand, now: float) -> tuple[Session, Where]:
    point, session = unit.point_and_session(session_id)
    if session is None:
        raise Refusal(ErrorCode.UNKNOWN_SESSION, f"There is no session {session_id}.")
    if not session.is_open:
        raise Refusal(ErrorCode.SESSION_FINISHED, f"Session {session_id} has ended already.")
    unit.record(now, "stop_requested", "The operator asks to stop.", session, message_id=order.message_id)
    return session, whereabouts(unit, point)
