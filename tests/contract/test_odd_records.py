"""Records that no client of ours would write: they cost themselves only."""

from collections.abc import Iterator

import pytest

from common.kafka.bus import Record
from common.kafka.client import KafkaBus
from common.routes import Topic
from tests.contract.conftest import PARTITIONS
from tests.contract.test_bus import read
from tests.kafka_server import BROKERS, apache_address, own_prefix
from tests.raw_records import produce

TOPIC = Topic.CHARGE_REQUESTS


@pytest.fixture(params=BROKERS)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """An address, and what topics begin with there."""
    if request.param == "embedded":
        yield request.getfixturevalue("embedded"), ""
    else:
        address = apache_address(request)
        with own_prefix(address) as prefix:
            yield address, prefix


async def test_a_header_whose_name_is_no_utf_8_leaves_its_record_without_headers_and_those_behind_it_come(
    place: tuple[str, str], own: str, caplog: pytest.LogCaptureFixture
) -> None:
    address, prefix = place
    bus = KafkaBus(address, client_id="contract", prefix=prefix, fetch_wait_ms=10)
    await bus.create_topics(PARTITIONS, 1)
    key, name = own.encode(), f"{prefix}{TOPIC}"
    produce(address, name, key, b"v1", [(b"good", b"1"), (b"\xff\xfe", b"x"), (b"", None)])
    produce(address, name, key + b"\xff", b"v2", [(b"good", b"\xff"), (b"none", None)])
    subscriber = bus.group([TOPIC], own)
    found = await read(subscriber, own, 2)
    await subscriber.close()
    at = found[0].offset
    assert found == [
        Record(TOPIC, 0, at, own, b"v1", {}),
        Record(
            TOPIC,
            0,
            at + 1,
            f"{own}\N{REPLACEMENT CHARACTER}",
            b"v2",
            {"good": "\N{REPLACEMENT CHARACTER}", "none": ""},
        ),
    ]
    assert [line.message for line in caplog.records if line.name == "ev.kafka" and line.levelname == "WARNING"] == [
        f"The headers of a record in {name} cannot be read and are left out. (And of 0 before.)"
    ]
