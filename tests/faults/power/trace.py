"""Reads what the shim wrote down: every call that a program made on its files, in order, and what came of it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_HEAD = struct.Struct("<IIiiiiiIqqq")
_MAGIC = 0x52575750


class Call(IntEnum):
    """As shim.c numbers them."""

    OPEN = 1
    WRITE = 2
    SIZE = 3
    SYNC = 4
    RENAME = 5
    UNLINK = 6
    MKDIR = 7
    RMDIR = 8
    LINK = 9
    DONE = 10
    BLIND = 11
    SYNC_ALL = 12


#: One descriptor, whatever else has its number later: the process and the shim's own count.
Handle = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Step:
    """One call at its beginning, or (DONE) its end: `number` says of which call, and `offset` what it gave."""

    call: Call
    pid: int
    number: int
    handle: int
    flags: int
    offset: int
    path: str
    other: str
    data: bytes


def steps(trace: bytes) -> Iterator[Step]:
    """All that is whole: a program that is killed may leave its last record cut off, of a call that was not yet made."""
    at = 0
    while at + _HEAD.size <= len(trace):
        magic, kind, pid, handle, flags, path_length, other_length, _, number, offset, length = _HEAD.unpack_from(
            trace, at
        )
        if magic != _MAGIC:
            raise ValueError(f"the trace is damaged at byte {at}")
        at += _HEAD.size
        # Without its data a call is only told of by its length: truncation, and the end of most calls.
        end = at + path_length + other_length + length
        if end > len(trace):
            return
        path, other = trace[at : at + path_length], trace[at + path_length : at + path_length + other_length]
        yield Step(
            call=Call(kind),
            pid=pid,
            number=number,
            handle=handle,
            flags=flags,
            offset=offset,
            path=path.decode(),
            other=other.decode(),
            data=trace[at + path_length + other_length : end],
        )
        at = end
