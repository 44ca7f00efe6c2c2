"""Who may speak, over Kafka: with authentication on, a record without its sender's signature goes to the dead letters."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from central.context import Context
from common import messages as m
from common.auth import record_signature
from common.codec import encode
from common.errors import ErrorCode
from common.kafka.bus import Outgoing
from common.kafka.memory import MemoryBus
from common.messages import Message
from common.messages.operating import Revoke
from common.metrics import catalogue as figures
from common.routes import Topic
from tests.integration.central.cluster import Cluster
from tests.integration.central.conftest import START, Network, Peer, proof
from tests.waiting import until

POINT, DRIVER, OTHER = "secret-of-the-point", "secret-of-the-driver", "secret-of-another"
ASK = m.ChargeRequest(message_id="r1", timestamp=START, cp_id="CP1", driver_id="D1")


@pytest.fixture
async def guarded(tmp_path: Path, database: str) -> AsyncIterator[Network]:
    """A Central that wants proofs, with a point that is linked and two drivers."""
    made = Network(tmp_path, database)
    await made.start(auth=True)
    for role, id_, secret in (("point", "CP1", POINT), ("driver", "D1", DRIVER), ("driver", "D2", OTHER)):
        await made.enrol(role, id_, secret)  # type: ignore[arg-type]
    yield made
    await made.stop()


async def joined(network: Network) -> Peer:
    peer = await network.peer()
    peer.send(proof("monitor", "CP1", POINT, "n1"))
    assert (await peer.expect(m.AuthResponse)).succeeded
    peer.send(m.RegisterRequest(message_id="g", cp_id="CP1", max_charging_rate_kw=22, price_per_kwh=0.3))
    assert (await peer.expect(m.RegisterResponse)).succeeded
    return peer


def produce(network: Network, topic: Topic, key: str, message: Message, signature: str | None) -> None:
    headers = {} if signature is None else {"signature": signature}
    MemoryBus(network.broker).publisher().publish(Outgoing(topic, key, encode(message), headers))


def signed(message: Message, secret: str) -> str:
    return record_signature(secret, encode(message))


async def until_dead(network: Network, count: int) -> list[str]:
    async def there() -> bool:
        return len(network.dead_letters()) >= count

    await until(there)
    return [error for _, error in network.dead_letters()]


async def test_a_whole_charge_over_kafka_with_signatures(guarded: Network) -> None:
    monitor = await joined(guarded)
    produce(guarded, Topic.CHARGE_REQUESTS, "D1", ASK, signed(ASK, DRIVER))
    start = await monitor.expect(m.StartChargingCommand)
    monitor.send(m.CommandResponse(message_id=start.message_id, status="success", session_id=start.session_id))
    (answer,) = await guarded.until_told("D1", m.ChargeRequestResponse)
    assert (answer.succeeded, answer.session_id) == (True, start.session_id)
    reading = guarded.reading(start.session_id, "1.000")
    produce(guarded, Topic.SESSION_DATA, "CP1", reading, signed(reading, POINT))
    await guarded.until_told("D1", m.ChargingData)
    account = guarded.completion(start.session_id)
    produce(guarded, Topic.SESSION_COMPLETE, "CP1", account, signed(account, POINT))
    (ticket,) = await guarded.until_told("D1", m.ChargeCompletion)
    assert (ticket.session_id, str(ticket.total_cost)) == (start.session_id, "3.0")
    assert guarded.dead_letters() == []


async def test_only_the_senders_own_signature_is_taken(guarded: Network) -> None:
    await joined(guarded)
    changed = ASK.model_copy(update={"message_id": "r2"})
    stranger = ASK.model_copy(update={"driver_id": "D9"})
    for message, key, signature in (
        (ASK, "D1", None),
        (ASK, "D1", "not even hexadecimal, and not ASCII: ü"),
        (ASK, "D1", signed(ASK, OTHER)),
        (changed, "D1", signed(ASK, DRIVER)),
        (stranger, "D9", signed(stranger, DRIVER)),
        # Signed by one driver for another: the key says whose signature it is, and must be the driver's.
        (ASK, "D2", signed(ASK, OTHER)),
    ):
        before = len(guarded.dead_letters())
        produce(guarded, Topic.CHARGE_REQUESTS, key, message, signature)
        await until_dead(guarded, before + 1)
    assert sorted(error for _, error in guarded.dead_letters()) == sorted(
        [
            ErrorCode.NOT_AUTHENTICATED,
            ErrorCode.AUTH_FAILED,
            ErrorCode.AUTH_FAILED,
            ErrorCode.AUTH_FAILED,
            ErrorCode.UNKNOWN_DRIVER,
            ErrorCode.NOT_ALLOWED,
        ]
    )
    assert await guarded.rows("SELECT session_id FROM sessions") == []
    assert refused(guarded.central.context) == 5


async def test_what_an_engine_says_needs_the_signature_of_its_point(guarded: Network) -> None:
    monitor, driver = await joined(guarded), await guarded.peer()
    driver.send(proof("driver", "D1", DRIVER, "n2"))
    assert (await driver.expect(m.AuthResponse)).succeeded
    session_id = await guarded.charge(driver, monitor)
    reading, account = guarded.reading(session_id, "1.000"), guarded.completion(session_id)
    produce(guarded, Topic.SESSION_DATA, "CP1", reading, signed(reading, DRIVER))
    produce(guarded, Topic.SESSION_COMPLETE, "CP1", account, None)
    assert sorted(await until_dead(guarded, 2)) == [ErrorCode.AUTH_FAILED, ErrorCode.NOT_AUTHENTICATED]
    assert await guarded.rows("SELECT state, energy_wh FROM sessions") == [("CHARGING", 0)]


async def test_a_record_of_a_revoked_driver_is_dead_and_those_behind_it_are_not(guarded: Network) -> None:
    await guarded.tell(Revoke(role="driver", id="D1"))
    produce(guarded, Topic.CHARGE_REQUESTS, "D1", ASK, signed(ASK, DRIVER))
    question = m.AvailableCpsRequest(message_id="q", timestamp=START, driver_id="D2")
    produce(guarded, Topic.CPS_REQUESTS, "D2", question, signed(question, OTHER))
    await guarded.until_told("D2", m.AvailableCpsResponse)
    assert await until_dead(guarded, 1) == [ErrorCode.UNKNOWN_DRIVER]


@pytest.mark.postgres
async def test_centrals_sign_what_they_send_each_other_and_take_nothing_else(
    tmp_path: Path, postgres_database: str
) -> None:
    cluster = Cluster(tmp_path, postgres_database)
    await cluster.add("A", auth=True)
    await cluster.enrol("point", "CP1", POINT)
    await cluster.enrol("driver", "D1", DRIVER)
    await cluster.add("B", auth=True)
    cluster.address = cluster.at["A"]
    monitor = await joined(cluster)
    command = m.StopCpCommand(message_id="forged", timestamp=START, cp_id="CP1", reason=m.Reason.ADMIN_STOP)
    for signature in (None, signed(command, POINT)):
        produce(cluster, Topic.CENTRAL_COMMANDS, "CP1", command, signature)
    assert set(await until_dead(cluster, 4)) == {ErrorCode.AUTH_FAILED}  # both Centrals read both
    driver = await cluster.peer_at("B")
    driver.send(proof("driver", "D1", DRIVER, "n2"))
    assert (await driver.expect(m.AuthResponse)).succeeded
    driver.send(m.ChargeRequest(message_id="r1", cp_id="CP1", driver_id="D1"))
    # Had the forged one been passed on, it would stand before this.
    async with asyncio.timeout(10):
        assert isinstance(await monitor.next(), m.StartChargingCommand)
    await cluster.end()


def refused(context: Context) -> float:
    return sum(context.measures.values(figures.AUTH_REFUSED).values())
