"""Any byte sequence on Central's port is answered as the protocol says, and never hurts what stands behind it."""

import asyncio
import json
import string
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import messages as m
from common.errors import ErrorCode
from common.registry import CATALOGUE
from tests.integration.central.conftest import Network, Peer

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
fields = sorted({name for message in CATALOGUE.values() for name in message.model_fields})
plausible = st.fixed_dictionaries(
    {
        "type": st.sampled_from(sorted(CATALOGUE)) | st.text(alphabet=string.ascii_lowercase, max_size=8),
        "message_id": st.text(alphabet=string.ascii_letters, min_size=1, max_size=5),
    },
    optional={
        name: st.sampled_from(["CP1", "D1", "monitor", "success", "ACTIVE"]) | values
        for name in fields
        if name not in ("type", "message_id")
    },
)
lines = st.one_of(
    plausible.map(lambda one: json.dumps(one).encode()),
    values.map(lambda one: json.dumps(one).encode()),
    st.binary(max_size=300).map(lambda raw: raw.replace(b"\n", b"")),
)


async def feed(frames: list[bytes], cut: int, database: str) -> list[m.Message]:
    """Send the frames cut into pieces, then a question; everything answered until the question's own answer."""
    network = Network(Path(), database)
    await network.start()
    try:
        peer = await network.peer()
        stream = b"".join(frame + b"\n" for frame in frames)
        for start in range(0, len(stream), cut):
            peer.link._writer.write(stream[start : start + cut])
            await peer.link._writer.drain()
        answers = await asyncio.wait_for(_until_closed(peer), 5)
        honest = await network.peer()
        honest.send(m.AvailableCpsRequest(message_id="still-there", driver_id="D9"))
        assert (await honest.expect(m.AvailableCpsResponse)).message_id == "still-there"
        assert not any("internal_error" in name for name in network.central.context.measures.counts())
        return answers
    finally:
        await network.stop()


async def _until_closed(peer: Peer) -> list[m.Message]:
    # Half-closing tells Central that no more comes; it answers what it has and ends the link.
    peer.link._writer.write_eof()
    return [message async for message in peer.link]


# All examples go to one database: what one leaves there is what the next one finds.
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(frames=st.lists(lines, max_size=9), cut=st.integers(1, 200))
def test_whatever_arrives_is_answered_and_nothing_else_is_hurt(database: str, frames: list[bytes], cut: int) -> None:
    answers = asyncio.run(feed(frames, cut, database))
    allowed = {"error_response", "auth_response", "register_response", "heartbeat_response", "manual_command_response"}
    allowed |= {"available_cps_response", "charging_history_response", "charge_request_response"}
    allowed |= {"stop_charging_response", "local_start_response"}
    assert {answer.type for answer in answers} <= allowed


def test_ten_frames_in_a_row_that_are_no_object_close_the_connection(database: str) -> None:
    answers = asyncio.run(feed([b"nonsense"] * 15, 7, database))
    assert [answer.error for answer in answers if isinstance(answer, m.ErrorResponse)] == [
        ErrorCode.MALFORMED_JSON
    ] * 10


def test_a_good_frame_between_starts_the_count_again(database: str) -> None:
    good = json.dumps({"type": "available_cps_request", "message_id": "q", "driver_id": "D1"}).encode()
    answers = asyncio.run(feed([b"nonsense"] * 9 + [good] + [b"nonsense"] * 9, 50, database))
    assert [answer.type for answer in answers] == ["error_response"] * 9 + ["available_cps_response"] + [
        "error_response"
    ] * 9


#: As they stand on the wire: no encoder would write most of them.
_FAULT = '{"type":"fault_notification","message_id":"m","cp_id":"CP1","fault_type":"%s"}'
_START = '{"type":"charge_request","message_id":"m","cp_id":"CP1","driver_id":"D1","energy_limit_kwh":%s}'
HOSTILE = [
    _FAULT % "\\u001b]0;owned\\u0007",
    _FAULT % "\\ud800",
    *(_START % raw for raw in ("NaN", "1e999", "-1e999", "9" * 5000, "true", '"1"', "[" * 20_000 + "]" * 20_000)),
    '{"type":"charge_request","type":"manual_command","message_id":"m","cp_id":"CP1","driver_id":"D1"}',
    '{"type":"heartbeat_request","message_id":"m","cp_id":"CP1","status":"ACTIVE","timestamp":1e300}',
    '{"type":"register_request","message_id":"m","cp_id":"CP1","max_charging_rate_kw":22,"price_per_kwh":1e15}',
    '{"type":"register_request","message_id":"m","cp_id":"../../etc/passwd","max_charging_rate_kw":22}',
    '{"type":"register_request","message_id":"m","cp_id":"CP1\'; DROP TABLE points; --","max_charging_rate_kw":22}',
]


def test_each_of_the_values_that_break_parsers_is_refused_at_the_port(database: str) -> None:
    good = json.dumps({"type": "available_cps_request", "message_id": "q", "driver_id": "D1"}).encode()
    frames = [part for raw in HOSTILE for part in (raw.encode(), good)]
    answers = asyncio.run(feed([*frames, _FAULT.encode() % b"\xff\xfe"], 4000, database))
    refused = [answer.error for answer in answers if isinstance(answer, m.ErrorResponse)]
    assert len(refused) == len(HOSTILE) + 1
    assert set(refused) <= {ErrorCode.MALFORMED_JSON, ErrorCode.INVALID_MESSAGE, ErrorCode.NOT_ALLOWED}
    assert len([answer for answer in answers if isinstance(answer, m.AvailableCpsResponse)]) == len(HOSTILE)
