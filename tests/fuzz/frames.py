"""Frames that are nearly right: golden messages with some of their parts replaced, lost, repeated or damaged."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from common.registry import CATALOGUE

GOLDEN = Path(__file__).parents[1] / "golden"
Pair = tuple[bytes, bytes]
T = TypeVar("T")

#: Values that have broken parsers, as they stand on the wire.
_NUMBERS = (
    b"0 -0 -0.0 1 -1 0.1 1e5 1e-5 1e400 -1e400 1E+2 01 NaN Infinity 9007199254740993 1e308 0.0005 253402300800 1.5e0"
)
_WORDS = b'null true false "" " " [] {} [[]] [{}] {"":0} "CP1" "D1" "ACTIVE" "success" "failure" "monitor" "driver" "*" "list_cps"'
_ODD = (
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\u0000"',
    b'"\\u001b[2J"',
    '"\u202e\u2028"'.encode(),
    b'"\xff\xfe"',
    b'"' + b"x" * 3000 + b'"',
    b"9" * 5000,
    b"0." + b"1" * 400,
    b"[" * 300 + b"]" * 300,
    b'{"a":' * 150 + b"1" + b"}" * 150,
    b'"\\x"',
    b'"a\tb"',
    b"[1,2,{}]",
)
VALUES = (*_NUMBERS.split(), *_WORDS.split(), *_ODD)


def _pairs(fields: dict[str, object]) -> list[Pair]:
    return [(json.dumps(name).encode(), json.dumps(value).encode()) for name, value in fields.items()]


def golden_frames() -> list[bytes]:
    """One of every type of the catalogue, every field filled."""
    return [
        json.dumps(json.loads(path.read_bytes()), separators=(",", ":")).encode()
        for path in sorted(GOLDEN.glob("*"))
        if path.suffix == ".json"
    ]


class Frames:
    """An endless supply from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._whole = golden_frames()
        self._seeds = [_pairs(json.loads(frame)) for frame in self._whole]
        self._keys = sorted({key for pairs in self._seeds for key, _ in pairs})
        self._tags = [json.dumps(tag).encode() for tag in CATALOGUE]
        self._values = [*VALUES, *{value for pairs in self._seeds for _, value in pairs}]
        self._twists = (
            self._replace,
            self._replace,
            self._replace,
            self._lose,
            self._repeat,
            self._retype,
            self._rename,
            self._add,
            self._shuffle,
        )

    def next(self) -> bytes:
        """One frame without its line end; it may hold one all the same."""
        chance = self._random.random
        pairs = list(self._pick(self._seeds))
        while chance() < 0.55:
            self._pick(self._twists)(pairs)
        frame = b"{" + b",".join([key + b":" + value for key, value in pairs]) + b"}"
        while chance() < 0.12:
            frame = self.damage(frame)
        return frame

    def chance(self) -> float:
        return self._random.random()

    def begin_anew(self, seed: int) -> None:
        """As if just made from this seed."""
        self._random.seed(seed)

    def _pick(self, some: Sequence[T]) -> T:
        return some[int(self._random.random() * len(some))]

    # -- a message with something wrong

    def _at(self, pairs: list[Pair]) -> int:
        if not pairs:
            pairs.append((b'"type"', b'""'))
        return int(self._random.random() * len(pairs))

    def _replace(self, pairs: list[Pair]) -> None:
        place = self._at(pairs)
        pairs[place] = (pairs[place][0], self._pick(self._values))

    def _lose(self, pairs: list[Pair]) -> None:
        del pairs[self._at(pairs)]

    def _repeat(self, pairs: list[Pair]) -> None:
        key, value = pairs[self._at(pairs)]
        pairs.append((key, self._pick(self._values) if self._random.random() < 0.5 else value))

    def _retype(self, pairs: list[Pair]) -> None:
        pairs.append((b'"type"', self._pick(self._tags)))

    def _rename(self, pairs: list[Pair]) -> None:
        place = self._at(pairs)
        pairs[place] = (self._pick(self._keys), pairs[place][1])

    def _add(self, pairs: list[Pair]) -> None:
        strange = b'"%d"' % int(self._random.random() * 1000)
        key = strange if self._random.random() < 0.3 else self._pick(self._keys)
        pairs.append((key, self._pick(self._values)))

    def _shuffle(self, pairs: list[Pair]) -> None:
        self._random.shuffle(pairs)

    # -- bytes with something wrong

    def damage(self, frame: bytes) -> bytes:
        """Any bytes, a little different."""
        draw = self._random.random
        place, kind = int(draw() * (len(frame) + 1)), int(draw() * 6)
        before, behind = frame[:place], frame[place:]
        match kind:
            case 0:
                return before
            case 1:
                return before + bytes((int(draw() * 256),)) + behind[1:]
            case 2:
                return before + self._random.randbytes(1 + int(draw() * 4)) + behind
            case 3:
                return before + behind[1 + int(draw() * 8) :]
            case 4:
                return before + self._pick(VALUES) + behind
            case _:
                return before + self._pick(self._whole) + behind
