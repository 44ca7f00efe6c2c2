"""
Hostile connections for a bench, cheap for who makes them: one process, one loop over epoll. Linux only.

Most say nothing; one in ten sends a frame a byte a second; one in a thousand sends garbage as fast as it is taken. Each
comes back 0.1 s after it was cut, those that send garbage at once. Those that say nothing may be told what to say once they are
connected: HALF asks a question and keeps half a long frame.
"""

import os
import select
import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from common.net.address import Address

GARBAGE_EVERY, SLOW_EVERY = 1000, 10
FRAME = b'{"type":"available_cps_request","message_id":"slow","driver_id":"SLOW"}\n'
GARBAGE = os.urandom(16_000).replace(b"\n", b"x") + b"\n"
HALF = FRAME + b'{"' + b"x" * 60_000
_AGAIN_AFTER_S = 0.1
#: New ones a turn, so that they come as a storm and not as one blow.
_AT_ONCE = 100


class Kind(Enum):
    SILENT = auto()
    SLOW = auto()
    GARBAGE = auto()


@dataclass(slots=True, eq=False)
class Enemy:
    kind: Kind
    source: str
    made: socket.socket | None = None
    sent: int = 0


def kind_of(number: int) -> Kind:
    if number % GARBAGE_EVERY == 0:
        return Kind.GARBAGE
    return Kind.SLOW if number % SLOW_EVERY == 0 else Kind.SILENT


def address_of(number: int, sources: list[str]) -> str:
    """Those of each kind come from all addresses in turn."""
    return sources[(number + number // SLOW_EVERY + number // GARBAGE_EVERY) % len(sources)]


class Horde:
    """All of them, against one address, from the addresses `sources` in turn."""

    def __init__(self, target: Address, count: int, sources: list[str], says: bytes = b"") -> None:
        self._target = target
        self._says = says
        self._enemies = [Enemy(kind_of(n), address_of(n, sources)) for n in range(count)]
        self._due: deque[tuple[float, Enemy]] = deque((0.0, enemy) for enemy in self._enemies)
        self._at: dict[int, Enemy] = {}
        self._epoll = select.epoll()

    def run(self) -> None:
        beat = time.monotonic()
        while True:
            now = time.monotonic()
            for _ in range(_AT_ONCE):
                if not self._due or self._due[0][0] > now:
                    break
                self._connect(self._due.popleft()[1], now)
            if now - beat >= 1.0:
                beat = now
                self._send_a_byte_each(now)
            for fd, events in self._epoll.poll(0.01, 1000):
                enemy = self._at.get(fd)
                if enemy is not None:
                    self._see(enemy, events, now)

    def _connect(self, enemy: Enemy, now: float) -> None:
        made = enemy.made = socket.socket()
        made.setblocking(False)
        with suppress(BlockingIOError):
            try:
                made.bind((enemy.source, 0))
                made.connect(self._target)
            except BlockingIOError:
                raise
            except OSError:
                self._end(enemy, now)
                return
        self._at[made.fileno()] = enemy
        enemy.sent = 0
        speaks = enemy.kind is Kind.GARBAGE or (self._says and enemy.kind is Kind.SILENT)
        out = select.EPOLLOUT if speaks else 0
        self._epoll.register(made.fileno(), select.EPOLLIN | out)

    def _see(self, enemy: Enemy, events: int, now: float) -> None:
        assert enemy.made is not None
        try:
            if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) and not enemy.made.recv(65536):
                self._end(enemy, now)
                return
            if events & select.EPOLLOUT:
                self._speak(enemy, enemy.made)
        except BlockingIOError:
            return
        except OSError:
            self._end(enemy, now)

    def _speak(self, enemy: Enemy, made: socket.socket) -> None:
        if enemy.kind is Kind.GARBAGE:
            made.send(GARBAGE)
            return
        enemy.sent += made.send(self._says[enemy.sent :])
        if enemy.sent == len(self._says):
            self._epoll.modify(made.fileno(), select.EPOLLIN)

    def _send_a_byte_each(self, now: float) -> None:
        for enemy in list(self._at.values()):
            if enemy.kind is Kind.SLOW and enemy.made is not None:
                try:
                    enemy.made.send(FRAME[enemy.sent % len(FRAME) :][:1])
                    enemy.sent += 1
                except BlockingIOError:
                    continue
                except OSError:
                    self._end(enemy, now)

    def _end(self, enemy: Enemy, now: float) -> None:
        assert enemy.made is not None
        self._at.pop(enemy.made.fileno(), None)
        enemy.made.close()
        if enemy.kind is Kind.GARBAGE:
            self._due.appendleft((now, enemy))
        else:
            self._due.append((now + _AGAIN_AFTER_S, enemy))


def serve_barely(bound: socket.socket) -> None:
    """The least that anybody can do with them: take each connection, pass over what it says, close it after 10 s."""
    epoll, there = select.epoll(), dict[int, socket.socket]()
    ends: deque[tuple[float, int]] = deque()
    bound.setblocking(False)
    epoll.register(bound.fileno(), select.EPOLLIN)
    while True:
        for fd, _ in epoll.poll(0.01, 1000):
            if fd == bound.fileno():
                with suppress(OSError):
                    made, _ = bound.accept()
                    made.setblocking(False)
                    there[made.fileno()] = made
                    epoll.register(made.fileno(), select.EPOLLIN)
                    ends.append((time.monotonic() + 10.0, made.fileno()))
            elif fd in there:
                _pass_over(there, fd)
        while ends and ends[0][0] < time.monotonic():
            found = there.pop(ends.popleft()[1], None)
            if found is not None:
                found.close()


def _pass_over(there: dict[int, socket.socket], fd: int) -> None:
    """As a Central does, whoever brings as much as ten frames of garbage is closed."""
    try:
        said = there[fd].recv(160_000)
    except OSError:
        said = b""
    if len(said) != 1:
        there.pop(fd).close()
