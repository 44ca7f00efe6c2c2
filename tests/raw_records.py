"""Records that no client of ours would write, put into Kafka by hand: a produce request (version 7) byte by byte."""

import socket
import struct
import time
from collections.abc import Sequence

from common.net.address import parse_address
from tests.waiting import wait_until

_PRODUCE, _VERSION = 0, 7
_WITHIN_S = 30.0
#: CRC-32C, reflected.
_POLYNOMIAL = 0x82F63B78
_SIGN_BIT = 63

RawHeader = tuple[bytes, bytes | None]


def produce(
    address: str, topic: str, key: bytes, value: bytes, headers: Sequence[RawHeader], partition: int = 0
) -> None:
    """One record; raises TimeoutError when the broker does not take it."""
    batch = _batch(_record(key, value, headers))
    # A topic that was made a moment ago has no leader yet.
    wait_until(lambda: _code(address, topic, partition, batch) == 0, _WITHIN_S, "that the broker takes the record")


def _code(address: str, topic: str, partition: int, batch: bytes) -> int:
    """How it went, as the broker says it."""
    place = struct.pack(">i", partition) + struct.pack(">i", len(batch)) + batch
    wanted = _short(None) + struct.pack(">hi", -1, int(1000 * _WITHIN_S))
    body = wanted + struct.pack(">i", 1) + _short(topic.encode()) + struct.pack(">i", 1) + place
    request = struct.pack(">hhi", _PRODUCE, _VERSION, 1) + _short(b"raw") + body
    with socket.create_connection(parse_address(address), timeout=_WITHIN_S) as link:
        link.sendall(struct.pack(">i", len(request)) + request)
        with link.makefile("rb") as stream:
            (size,) = struct.unpack(">i", stream.read(4))
            answer = stream.read(size)
    # Correlation id, one topic with its name, one partition with its number, and then how it went.
    (code,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic.encode()) + 4 + 4)
    return int(code)


def _short(text: bytes | None) -> bytes:
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text


def _record(key: bytes, value: bytes, headers: Sequence[RawHeader]) -> bytes:
    told = b"".join(_sized(name) + _sized(said) for name, said in headers)
    body = b"\0" + _number(0) + _number(0) + _sized(key) + _sized(value) + _number(len(headers)) + told
    return _sized(body)


def _batch(record: bytes) -> bytes:
    now = int(1000 * time.time())
    checked = struct.pack(">hiqqqhii", 0, 0, now, now, -1, -1, -1, 1) + record
    rest = struct.pack(">ibI", 0, 2, _crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(rest)) + rest


def _sized(data: bytes | None) -> bytes:
    return _number(-1) if data is None else _number(len(data)) + data


def _number(value: int) -> bytes:
    """As Kafka writes numbers in records: zigzag, seven bits a byte."""
    left = (value << 1) ^ (value >> _SIGN_BIT)
    out = bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*out, left])


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
