"""Charges that run though their claim was undone: they are stopped; what they metered goes to the quarantine."""

from central.context import Context
from central.handlers.claiming import whereabouts
from central.links import Attached
from common.messages import CommandResponse, Reason, StopChargingCommand


async def stop_stray(context: Context, cp_id: str, session_id: str) -> None:
    where = await context.store.write(lambda unit: whereabouts(unit, unit.point(cp_id)))
    command = StopChargingCommand(
        message_id=context.ids(),
        timestamp=context.wall(),
        cp_id=cp_id,
        session_id=session_id,
        reason=Reason.ADMIN_STOP,
    )
    context.commands.send(command, _ignore, where)


async def _ignore(response: CommandResponse | None, by: Attached | None) -> None:
    del response, by
