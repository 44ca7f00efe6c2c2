"""Several Centrals in this process, on one PostgreSQL and one broker in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from central.runtime import Central
from common.kafka.memory import MemoryBus
from common.net.address import Address
from tests.integration.central.conftest import Network, Peer


class Cluster(Network):
    """Centrals A, B … in this process; peers connect to one of them."""

    def __init__(self, directory: Path, url: str) -> None:
        super().__init__(directory, url)
        self.at: dict[str, Address] = {}
        self.centrals: dict[str, Central] = {}

    async def add(self, name: str, **settings: Any) -> Central:
        chosen = self.settings.model_copy(update={"instance": name, **settings})
        self.central = Central(chosen, asyncio.Event(), bus=MemoryBus(self.broker), clock=self.clock, ids=self.ids)
        self.centrals[name] = self.central
        self.at[name] = await self.central.start()
        return self.central

    async def peer_at(self, name: str) -> Peer:
        self.address = self.at[name]
        return await self.peer()

    async def monitor_at(self, name: str, cp_id: str = "CP1") -> Peer:
        self.address = self.at[name]
        return await self.monitor(cp_id)

    async def kill(self, name: str) -> None:
        """What `kill -9` leaves: no more links, no more beats, nothing told to anybody."""
        dead = self.centrals.pop(name)
        await dead._tasks.cancel()
        await dead._readers.cancel()
        dead.desk.losing._c = dead.context = None  # type: ignore[assignment]
        await dead._server.stop()

    async def look(self, name: str) -> None:
        """One look of this Central at the others, a second later."""
        self.clock.advance(1.0)
        await self.centrals[name].context.peers.look()

    async def until_dead(self, name: str, *, seen_by: str) -> None:
        for _ in range(6):
            await self.look(seen_by)
        assert name not in self.centrals[seen_by].context.peers.others
        await self.centrals[seen_by].desk.losing.drop_left()

    async def end(self) -> None:
        for peer in self._peers:
            await peer.close()
        for central in self.centrals.values():
            await central.stop()


@pytest.fixture
async def cluster(tmp_path: Path, postgres_database: str) -> AsyncIterator[Cluster]:
    made = Cluster(tmp_path, postgres_database)
    await made.add("A")
    await made.add("B")
    yield made
    await made.end()
