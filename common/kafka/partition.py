"""Which partition a key belongs to: Kafka's own murmur2, so that every client computes the same. No I/O."""

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_SHIFT = 24
_WORD = 0xFFFFFFFF
_POSITIVE = 0x7FFFFFFF


def murmur2(data: bytes) -> int:
    """The 32-bit murmur2 hash of Kafka's default partitioner."""
    hashed = _SEED ^ len(data)
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MIX & _WORD
        word = (word ^ (word >> _SHIFT)) * _MIX & _WORD
        hashed = (hashed * _MIX & _WORD) ^ word
    rest = data[whole:]
    if rest:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _MIX & _WORD
    hashed = (hashed ^ (hashed >> 13)) * _MIX & _WORD
    return hashed ^ (hashed >> 15)


def partition_of(key: str, partitions: int) -> int:
    return (murmur2(key.encode()) & _POSITIVE) % partitions
