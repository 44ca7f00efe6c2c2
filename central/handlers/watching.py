"""The transport's own events, as Central hears them."""

import logging

from central.context import Context, Source
from central.handlers.losing import Losing
from common.messages import ConnectionFailed, ConnectionLost
from common.metrics import catalogue as figures
from common.telemetry import about

log = logging.getLogger("ev.central.watching")


class Watching:
    def __init__(self, context: Context, losing: Losing) -> None:
        self._c = context
        self._losing = losing

    async def lose(self, event: ConnectionLost, source: Source) -> None:
        self._c.measures.add(figures.LINKS_ENDED)
        log.debug("%s", event.description)
        if source.link is not None:
            self._c.answers.forget(source.link)
            await self._losing.lose_link(source.link)

    async def fail(self, event: ConnectionFailed, source: Source) -> None:
        """The broker is out of reach: its client has said so, once; Central goes on over TCP."""
        del source
        self._c.measures.add(figures.KAFKA_OUTAGES)
        log.debug("%s", event.description, extra=about(event))
