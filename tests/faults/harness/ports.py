"""Ports of a run, which must be free again each time that a program is started anew."""

import random
import socket
from contextlib import ExitStack

#: Below those that the kernel gives to outgoing connections: one of them would take the place of a program that is down.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 200
_given: set[int] = set()
_chance = random.SystemRandom()


def own_port(*hosts: str) -> int:
    """One that nobody has at any of these addresses, and that this process gave to nobody before."""
    for _ in range(_ATTEMPTS):
        port = _chance.randint(_FIRST, _LAST)
        if port not in _given and _is_free(port, hosts):
            _given.add(port)
            return port
    raise RuntimeError(f"no port from {_FIRST} to {_LAST} is free")


def _is_free(port: int, hosts: tuple[str, ...]) -> bool:
    with ExitStack() as probes:
        try:
            for host in hosts:
                probe = probes.enter_context(socket.socket())
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError:
            return False
    return True
