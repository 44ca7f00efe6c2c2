"""Charges that run though their claim was undone: they are stopped; what they metered goes to the quarantine."""

from central.commands import Where
from central.context import Context
from common.messages import CommandResponse, Reason, StopChargingCommand


def stop_stray(context: Context, cp_id: str, session_id: str) -> None:
    command = StopChargingCommand(
        message_id=context.ids(),
        timestamp=context.wall(),
        cp_id=cp_id,
        session_id=session_id,
        reason=Reason.ADMIN_STOP,
    )
    context.commands.send(command, _ignore, Where.ANYWHERE)


async def _ignore(response: CommandResponse | None) -> None:
    del response
