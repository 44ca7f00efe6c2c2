"""Centrals that ask for proofs, and peers that have given theirs."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Literal

import pytest

from common import messages as m
from common.kafka.bus import outgoing, signed
from common.kafka.memory import MemoryBus
from common.messages import Message
from common.routes import Topic
from tests.integration.central.cluster import Cluster
from tests.integration.central.conftest import Network, Peer, proof

_NONCES = count()
_ENROLLED: dict[Literal["monitor", "driver", "admin"], tuple[str, ...]] = {
    "monitor": ("CP1", "CP2", "CP3"),
    "driver": ("D1", "D2"),
    "admin": ("alice",),
}


def _secret(role: str, claimed_id: str) -> str:
    return f"the-secret-of-{role}-{claimed_id}"


async def _enrol(network: Network) -> None:
    for role, ids in _ENROLLED.items():
        for one in ids:
            await network.enrol("point" if role == "monitor" else role, one, _secret(role, one))


@pytest.fixture
async def guarded(tmp_path: Path, database: str) -> AsyncIterator[Network]:
    """One Central, on either database."""
    made = Network(tmp_path, database)
    await made.start(auth=True)
    await _enrol(made)
    yield made
    await made.stop()


@pytest.fixture
async def guarded_cluster(tmp_path: Path, postgres_database: str) -> AsyncIterator[Cluster]:
    """A, B and C on one PostgreSQL."""
    made = Cluster(tmp_path, postgres_database)
    for name in ("A", "B", "C"):
        await made.add(name, auth=True)
    await _enrol(made)
    for central in made.centrals.values():
        await central.desk.revoking.look()
    yield made
    await made.end()


def say_as_central(network: Network, key: str, message: Message) -> None:
    """A record between Centrals, as one of them would sign it."""
    context = network.central.context
    record = signed(outgoing(Topic.CENTRAL_COMMANDS, key, message), context.credentials.of_centrals)
    MemoryBus(network.broker).publisher().publish(record)


async def prove(peer: Peer, role: Literal["monitor", "driver", "admin"], claimed_id: str) -> Peer:
    peer.send(proof(role, claimed_id, _secret(role, claimed_id), f"n{next(_NONCES)}"))
    assert (await peer.expect(m.AuthResponse)).succeeded
    return peer


def registration(cp_id: str = "CP1", message_id: str = "g") -> m.RegisterRequest:
    return m.RegisterRequest(message_id=message_id, cp_id=cp_id, max_charging_rate_kw=22, price_per_kwh=0.3)


async def ask_in(peer: Peer, cp_id: str = "CP1") -> m.RegisterResponse:
    """What a Monitor hears that has proven its point and registers it."""
    await prove(peer, "monitor", cp_id)
    peer.send(registration(cp_id))
    return await peer.expect(m.RegisterResponse)


async def join(network: Network, cp_id: str = "CP1") -> Peer:
    peer = await network.peer()
    assert (await ask_in(peer, cp_id)).succeeded
    return peer


async def join_at(cluster: Cluster, name: str, cp_id: str = "CP1") -> Peer:
    cluster.address = cluster.at[name]
    return await join(cluster, cp_id)


async def driver_at(cluster: Cluster, name: str, driver_id: str = "D1") -> Peer:
    return await prove(await cluster.peer_at(name), "driver", driver_id)
