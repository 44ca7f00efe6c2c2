"""The partitioner is Kafka's own: these are the vectors of Apache Kafka's UtilsTest."""

import pytest

from common.kafka.partition import murmur2, partition_of

VECTORS = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


@pytest.mark.parametrize(("key", "signed"), VECTORS.items())
def test_murmur2_is_that_of_kafka(key: str, signed: int) -> None:
    assert murmur2(key.encode()) == signed & 0xFFFFFFFF


def test_a_key_has_one_partition_whatever_its_letters() -> None:
    assert [partition_of("foobar", count) for count in (1, 2, 12)] == [0, 0, (-790332482 & 0x7FFFFFFF) % 12]
    assert all(0 <= partition_of(key, 12) < 12 for key in (*VECTORS, "", "ñ", "D001"))
