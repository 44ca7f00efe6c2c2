"""Signatures of section 9: made by who proves itself or signs a record, checked by Central. No I/O."""

import hmac

from pydantic_core import to_json

WINDOW_S = 60.0
#: The header of a record.
SIGNATURE = "signature"
_MOST_NONCES = 200_000


def signature(secret: str, role: str, claimed_id: str, timestamp: float | str, nonce: str) -> str:
    """
    Hex HMAC-SHA256 over role|id|timestamp|nonce; `timestamp` as it stands in the message.

    A number is taken as our codec writes it. Others write the same number in other ways: their words are given as they are.
    """
    written = timestamp if isinstance(timestamp, str) else as_written(timestamp)
    return record_signature(secret, f"{role}|{claimed_id}|{written}|{nonce}".encode())


def as_written(timestamp: float | None) -> str:
    """As our codec writes it, which is not always Python's way: 0.00001, not 1e-05."""
    return to_json(timestamp).decode()


def record_signature(secret: str, value: bytes) -> str:
    """The header `signature` of a Kafka record."""
    return hmac.digest(secret.encode(), value, "sha256").hex()  # in one step, as there may be many records


def same(ours: str, theirs: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(ours.encode(), theirs.encode())


class Nonces:
    """Remembers the nonces of the window, so that a proof works once."""

    def __init__(self, window_s: float = WINDOW_S, most: int = _MOST_NONCES) -> None:
        self._window_s = window_s
        self._most = most
        self._seen: dict[tuple[str, str], float] = {}

    def is_fresh(self, claimed_id: str, nonce: str, now: float) -> bool:
        """Note a nonce; false when it was seen within the window, or when too many are remembered."""
        while self._seen:
            # Insertion order is time order: the first young one ends the clean-up.
            oldest = next(iter(self._seen))
            if now - self._seen[oldest] <= 2 * self._window_s:
                break
            del self._seen[oldest]
        if (claimed_id, nonce) in self._seen or len(self._seen) >= self._most:
            return False
        self._seen[claimed_id, nonce] = now
        return True
