"""
Books and Monitors agree on which points are out of service. A Monitor hears of it when it registers and when an operator
decides; a word that was lost on the way, as with the Central that had just stored it, is told again here.
"""

import logging

from central import views
from central.commands import At, Command, Where
from central.context import Context
from central.links import Attached
from common.messages import CommandResponse, Reason, ResumeCpCommand, StopCpCommand
from common.telemetry import about

log = logging.getLogger("ev.central.agreeing")


def word_on_service(context: Context, cp_id: str, *, is_out: bool) -> Command:
    shared = {"message_id": context.ids(), "timestamp": context.wall(), "cp_id": cp_id}
    return StopCpCommand(**shared, reason=Reason.ADMIN_STOP) if is_out else ResumeCpCommand(**shared)


class Agreeing:
    def __init__(self, context: Context) -> None:
        self._c = context

    async def tell_again(self) -> None:
        """Tell the Monitors that are linked here and last heard something else of their point than what the books say."""
        words = {attached.cp_id: attached.words_on_service for attached in self._c.links.every()}
        if not words:
            return
        out = await self._c.store.read(lambda connection: views.out_of_service_at(connection, self._c.instance))
        for attached in self._c.links.every():
            # Who heard something meanwhile may have heard what is newer than this look.
            is_quiet = words.get(attached.cp_id) == attached.words_on_service
            if is_quiet and attached.is_out_of_service is not (attached.cp_id in out):
                self._tell(attached, is_out=attached.cp_id in out)

    def _tell(self, attached: Attached, *, is_out: bool) -> None:
        command = word_on_service(self._c, attached.cp_id, is_out=is_out)
        service = "out of service" if is_out else "in service"
        log.info("%s did not hear yet that it is %s; telling it.", attached.cp_id, service, extra=about(command))
        self._c.commands.send(command, _let_be, Where(At.HERE, attached.generation))


async def _let_be(response: CommandResponse | None, by: Attached | None) -> None:
    """Monitor holds to the word whether Engine answered or not, and what it then is it reports."""
    del response, by
