"""Who may speak, over TCP: proofs, their replays, revocations and rotations, here and at another Central."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from common import messages as m
from common.errors import CannotStart, ErrorCode
from common.messages.operating import Revoke, Rotate
from tests.integration.central.cluster import Cluster
from tests.integration.central.conftest import START, Network, Peer, proof

POINT, NEW_POINT, DRIVER = "secret-of-the-point", "new-secret-of-the-point", "secret-of-the-driver"
REGISTER = m.RegisterRequest(message_id="g", cp_id="CP1", max_charging_rate_kw=22)


@pytest.fixture
async def guarded(tmp_path: Path, database: str) -> AsyncIterator[Network]:
    """A Central that wants proofs, with one point and one driver enrolled."""
    made = Network(tmp_path, database)
    await made.start(auth=True)
    await made.enrol("point", "CP1", POINT)
    await made.enrol("driver", "D1", DRIVER)
    yield made
    await made.stop()


@pytest.fixture
async def guarded_cluster(tmp_path: Path, postgres_database: str) -> AsyncIterator[Cluster]:
    made = Cluster(tmp_path, postgres_database)
    await made.add("A", auth=True)
    await made.add("B", auth=True)
    await made.enrol("point", "CP1", POINT)
    await made.centrals["A"].desk.revoking.look()
    yield made
    await made.end()


async def answer(peer: Peer, request: m.AuthRequest) -> ErrorCode | None:
    peer.send(request)
    return (await peer.expect(m.AuthResponse)).error


async def joined(network: Network, secret: str = POINT, nonce: str = "n1") -> Peer:
    """A Monitor that has proven its point and registered it."""
    peer = await network.peer()
    assert await answer(peer, proof("monitor", "CP1", secret, nonce)) is None
    peer.send(REGISTER)
    assert (await peer.expect(m.RegisterResponse)).succeeded
    return peer


async def test_without_a_proof_nothing_is_done_and_what_to_do_is_said(guarded: Network) -> None:
    peer = await guarded.peer()
    peer.send(REGISTER)
    refused = await peer.expect(m.ErrorResponse)
    assert (refused.error, refused.message_id, refused.message) == (
        ErrorCode.NOT_AUTHENTICATED,
        "g",
        "Prove first who you are: ev-admin enroll point CP1 makes the secret, --secret-file gives it.",
    )
    assert await guarded.rows("SELECT cp_id FROM points") == []


async def test_only_the_right_fresh_proof_of_who_is_enrolled_is_believed(guarded: Network) -> None:
    peer = await guarded.peer()
    tries = {
        "wrong secret": proof("monitor", "CP1", "another-secret-of-it", "n1"),
        "another role": proof("driver", "CP1", POINT, "n2"),
        "not enrolled": proof("monitor", "CP9", POINT, "n3"),
        "too old": proof("monitor", "CP1", POINT, "n4", at=START - 61),
        "from the future": proof("monitor", "CP1", POINT, "n5", at=START + 61),
        "changed on the way": proof("monitor", "CP1", POINT, "n6").model_copy(update={"nonce": "n7"}),
        "right": proof("monitor", "CP1", POINT, "n8", at=START - 59),
        "replayed": proof("monitor", "CP1", POINT, "n8", at=START - 59),
    }
    assert {name: await answer(peer, request) for name, request in tries.items()} == {
        "wrong secret": ErrorCode.AUTH_FAILED,
        "another role": ErrorCode.UNKNOWN_DRIVER,
        "not enrolled": ErrorCode.UNKNOWN_CP,
        "too old": ErrorCode.AUTH_FAILED,
        "from the future": ErrorCode.AUTH_FAILED,
        "changed on the way": ErrorCode.AUTH_FAILED,
        "right": None,
        "replayed": ErrorCode.AUTH_FAILED,
    }


async def test_a_proven_link_speaks_for_that_point_and_no_other(guarded: Network) -> None:
    peer = await joined(guarded)
    peer.send(m.RegisterRequest(message_id="g2", cp_id="CP2", max_charging_rate_kw=22))
    assert (await peer.expect(m.ErrorResponse)).error is ErrorCode.NOT_AUTHENTICATED
    newer = await joined(guarded, nonce="n2")
    told = await peer.expect(m.ErrorResponse)
    # A link may carry many points: an error that answers nothing says whom it means.
    assert (told.error, told.data) == (ErrorCode.SUPERSEDED, {"cp_id": "CP1"})
    assert await peer.ended()
    assert newer.link.is_open
    assert await guarded.status() == "ACTIVE"


async def test_a_proof_that_was_used_before_a_restart_is_not_believed_after_it(guarded: Network) -> None:
    await joined(guarded)
    await guarded.central.stop()
    await guarded.start(auth=True)
    assert await answer(await guarded.peer(), proof("monitor", "CP1", POINT, "n1")) is ErrorCode.AUTH_FAILED


async def test_who_is_revoked_is_told_so_and_its_point_is_lost(guarded: Network) -> None:
    peer = await joined(guarded)
    await guarded.tell(Revoke(role="point", id="CP1"))
    told = await peer.expect(m.ErrorResponse)
    assert (told.error, told.message, told.data) == (
        ErrorCode.AUTH_FAILED,
        "The secret of CP1 no longer counts; ask the operator for the new one.",
        {"cp_id": "CP1"},
    )
    assert await peer.ended()
    await guarded.until_status("DISCONNECTED")
    assert await answer(await guarded.peer(), proof("monitor", "CP1", POINT, "n2")) is ErrorCode.UNKNOWN_CP


async def test_of_a_gateway_only_the_point_that_was_revoked_is_lost(guarded: Network) -> None:
    await guarded.enrol("point", "CP2", NEW_POINT)
    peer = await joined(guarded)
    assert await answer(peer, proof("monitor", "CP2", NEW_POINT, "n2")) is None
    peer.send(m.RegisterRequest(message_id="g2", cp_id="CP2", max_charging_rate_kw=22))
    assert (await peer.expect(m.RegisterResponse)).succeeded
    await guarded.tell(Revoke(role="point", id="CP1"))
    assert (await peer.expect(m.ErrorResponse)).error is ErrorCode.AUTH_FAILED
    await guarded.until_status("DISCONNECTED", "CP1")
    assert await guarded.status("CP2") == "ACTIVE"
    peer.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await peer.expect(m.ErrorResponse)).error is ErrorCode.NOT_AUTHENTICATED
    peer.send(m.HeartbeatRequest(message_id="h2", cp_id="CP2", status=m.PointStatus.ACTIVE))
    assert (await peer.expect(m.HeartbeatResponse)).succeeded


async def test_a_rotation_costs_no_link_until_the_old_secret_ends(guarded: Network) -> None:
    peer = await joined(guarded)
    await guarded.tell(Rotate(role="point", id="CP1", secret=SecretStr(NEW_POINT), keep_old_s=60))
    peer.send(m.HeartbeatRequest(message_id="h", cp_id="CP1", status=m.PointStatus.ACTIVE))
    assert (await peer.expect(m.HeartbeatResponse)).succeeded
    by_both = [await answer(await guarded.peer(), proof("monitor", "CP1", one, one)) for one in (POINT, NEW_POINT)]
    assert by_both == [None, None]
    guarded.clock.advance(60)
    assert (await peer.expect(m.ErrorResponse)).error is ErrorCode.AUTH_FAILED
    assert await peer.ended()
    at = START + 60
    later = [proof("monitor", "CP1", one, f"{one}-later", at) for one in (POINT, NEW_POINT)]
    assert [await answer(await guarded.peer(), one) for one in later] == [ErrorCode.AUTH_FAILED, None]


async def test_a_rotation_that_keeps_nothing_ends_the_links_of_the_old_secret_at_once(guarded: Network) -> None:
    peer = await joined(guarded)
    await guarded.tell(Rotate(role="point", id="CP1", secret=SecretStr(NEW_POINT), keep_old_s=0))
    assert (await peer.expect(m.ErrorResponse)).error is ErrorCode.AUTH_FAILED
    assert await peer.ended()
    await joined(guarded, NEW_POINT, "n2")
    assert await guarded.status() == "ACTIVE"


async def test_a_driver_needs_to_be_enrolled_to_start_at_the_point_too(guarded: Network) -> None:
    peer = await joined(guarded)
    peer.send(m.LocalStartRequest(message_id="l1", cp_id="CP1", driver_id="D9"))
    refused = await peer.expect(m.LocalStartResponse)
    assert (refused.status, refused.error, refused.message) == (
        "failure",
        ErrorCode.UNKNOWN_DRIVER,
        "D9 is not enrolled.",
    )
    peer.send(m.LocalStartRequest(message_id="l2", cp_id="CP1", driver_id="D1"))
    assert (await peer.expect(m.LocalStartResponse)).succeeded


async def test_a_whole_charge_over_tcp_with_proofs(guarded: Network) -> None:
    monitor, driver = await joined(guarded), await guarded.peer()
    assert await answer(driver, proof("driver", "D1", DRIVER, "n2")) is None
    session_id = await guarded.charge(driver, monitor)
    monitor.send(guarded.completion(session_id))
    await monitor.expect(m.ChargeCompletionAck)
    (ticket,) = await guarded.until_told("D1", m.ChargeCompletion)
    assert (ticket.session_id, str(ticket.total_cost)) == (session_id, "3.0")
    driver.send(m.ChargeRequest(message_id="r9", cp_id="CP1", driver_id="D2"))
    assert (await driver.expect(m.ErrorResponse)).error is ErrorCode.NOT_AUTHENTICATED


async def test_proofs_are_forgotten_when_no_clock_would_let_them_count_any_more(guarded: Network) -> None:
    await joined(guarded)
    assert await guarded.rows("SELECT who, nonce FROM nonces") == [("point:CP1", "n1")]
    await guarded.central.desk.revoking.forget_proofs(START + 1)
    assert await guarded.rows("SELECT who FROM nonces") == []


async def test_secrets_in_the_database_are_sealed_and_no_event_has_them(guarded: Network) -> None:
    rows = await guarded.rows("SELECT secret FROM credentials WHERE role = 'point'")
    assert len(rows) == 1
    assert POINT not in str(rows)
    assert await guarded.rows("SELECT text FROM events WHERE kind = 'enrolled' ORDER BY id DESC LIMIT 2") == [
        ("operator enrolled driver D1.",),
        ("operator enrolled point CP1.",),
    ]


async def test_the_first_start_enrols_an_operator_and_later_ones_do_not(guarded: Network) -> None:
    file = guarded.directory / "operator.secret"
    assert (guarded.central.first_secret, file.stat().st_mode & 0o777) == (file, 0o600)
    admin = await guarded.peer()
    assert await answer(admin, proof("admin", "operator", file.read_text().strip(), "n1")) is None
    await guarded.central.stop()
    await guarded.start(auth=True)
    assert guarded.central.first_secret is None


async def test_another_key_or_none_is_told_at_the_start(guarded: Network) -> None:
    await guarded.central.stop()
    key = guarded.directory / "secrets.key"
    right = key.read_text()
    key.write_text("0" * 64)
    with pytest.raises(CannotStart, match=r"encrypted with another key than that of .*secrets\.key"):
        await guarded.start(auth=True)
    await guarded.central.stop()
    key.unlink()
    with pytest.raises(CannotStart, match=r"no key for them: .*secrets\.key is not there"):
        await guarded.start(auth=True)
    assert not key.exists()
    await guarded.central.stop()
    key.write_text(right)
    await guarded.start(auth=True)


@pytest.mark.postgres
async def test_a_proof_counts_once_among_all_centrals(guarded_cluster: Cluster) -> None:
    peers = [await guarded_cluster.peer_at(name) for name in ("A", "B")]
    answers = [await answer(peer, proof("monitor", "CP1", POINT, "n1")) for peer in peers]
    assert answers == [None, ErrorCode.AUTH_FAILED]


@pytest.mark.postgres
async def test_what_is_revoked_at_one_central_ends_at_the_others(guarded_cluster: Cluster) -> None:
    guarded_cluster.address = guarded_cluster.at["A"]
    peer = await joined(guarded_cluster)
    await guarded_cluster.tell(Revoke(role="point", id="CP1"))  # at B
    assert (await peer.expect(m.ErrorResponse)).error is ErrorCode.AUTH_FAILED  # A looks by itself
    assert await peer.ended()
    await guarded_cluster.until_status("DISCONNECTED")


@pytest.mark.postgres
async def test_of_several_centrals_that_start_first_one_enrols_the_operator(guarded_cluster: Cluster) -> None:
    rows = await guarded_cluster.rows("SELECT role, id, created_by FROM credentials ORDER BY role, id")
    assert rows == [("admin", "operator", "A"), ("point", "CP1", "operator")]
    assert [one.first_secret is not None for one in guarded_cluster.centrals.values()] == [True, False]


@pytest.mark.postgres
async def test_a_central_with_a_key_of_its_own_does_not_start_beside_the_others(
    guarded_cluster: Cluster, tmp_path: Path
) -> None:
    with pytest.raises(CannotStart, match="Give the key that every Central of this database has"):
        await guarded_cluster.add("C", auth=True, data_dir=tmp_path / "other", secrets_key_file=_key(tmp_path))


def _key(folder: Path) -> Path:
    file = folder / "own.key"
    file.write_text("1" * 64)
    return file


async def test_changes_need_an_admin_and_a_central_with_authentication(network: Network) -> None:
    peer = await network.peer()
    args = {"role": "driver", "id": "D1", "secret": DRIVER}
    peer.send(m.ManualCommand(message_id="e", command="enroll", args=args))
    told = await peer.expect(m.ManualCommandResponse)
    assert (told.error, told.message) == (
        ErrorCode.BAD_ARGUMENT,
        "This Central runs without authentication; enrol with ev-admin --database, and start it with --auth.",
    )
