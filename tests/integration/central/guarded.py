"""Centrals that ask for proofs, and peers that have given theirs."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Literal

import pytest

from common import messages as m
from common.auth import signature
from tests.integration.central.cluster import Cluster
from tests.integration.central.conftest import START, Network, Peer

_NONCES = count()
_ENROLLED = {"monitor": ("CP1", "CP2", "CP3"), "driver": ("D1", "D2"), "admin": ("alice",)}


def _secret(role: str, claimed_id: str) -> str:
    return f"the-secret-of-{role}-{claimed_id}"


def _secrets(directory: Path) -> Path:
    made = directory / "secrets.toml"
    tables = (
        f"[{role}]\n" + "".join(f'{one} = "{_secret(role, one)}"\n' for one in ids) for role, ids in _ENROLLED.items()
    )
    made.write_text("".join(tables))
    return made


@pytest.fixture
async def guarded(tmp_path: Path, database: str) -> AsyncIterator[Network]:
    """One Central, on either database."""
    made = Network(tmp_path, database)
    await made.start(auth=True, secrets_file=_secrets(tmp_path))
    yield made
    await made.stop()


@pytest.fixture
async def guarded_cluster(tmp_path: Path, postgres_database: str) -> AsyncIterator[Cluster]:
    """A, B and C on one PostgreSQL."""
    made = Cluster(tmp_path, postgres_database)
    for name in ("A", "B", "C"):
        await made.add(name, auth=True, secrets_file=_secrets(tmp_path))
    yield made
    await made.end()


async def prove(peer: Peer, role: Literal["monitor", "driver", "admin"], claimed_id: str) -> Peer:
    nonce = f"n{next(_NONCES)}"
    names = {"monitor": "cp_id", "driver": "driver_id", "admin": "admin_id"}
    signed = signature(_secret(role, claimed_id), role, claimed_id, START, nonce)
    proof = {"role": role, names[role]: claimed_id, "nonce": nonce, "signature": signed}
    peer.send(m.AuthRequest(message_id=nonce, timestamp=START, **proof))
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
