"""`python3 -m deploy.postgres run [--data-dir DIR] [HOST:PORT]`: PostgreSQL until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from common.errors import BadSetting
from common.net.shore import Listener, guard
from common.words import deploy as words
from common.words import shore
from deploy.language import Parser, speak_as_asked
from deploy.postgres.server import LOOPBACK, CannotRun, Server

_LOOK_EVERY_S = 0.2
_MOST_PORT = 65535


def main(arguments: list[str]) -> int:
    told = _parse(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        guard([_listener(told.address[0])], insecure=told.insecure, warn=_say)
        return _run(Server(told.data_dir, *told.address))
    except (CannotRun, BadSetting) as wrong:
        _say(str(wrong))
        return 1
    except KeyboardInterrupt:
        return 0


def _run(server: Server) -> int:
    """Serve until a signal comes, or the server ends by itself."""
    try:
        server.start()
        sys.stdout.write(f"{server.address}\n")
        sys.stdout.flush()
        while not server.has_ended:
            time.sleep(_LOOK_EVERY_S)
        _say(words.POSTGRES_ENDED())
        return 1
    finally:
        # Whoever is impatient now would leave the server behind.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        server.stop()
        server.remove()


def _listener(host: str) -> Listener:
    """It asks for a password, and it speaks without TLS."""
    return Listener(shore.POSTGRES, host, proves=True)


def _say(sentence: str) -> None:
    sys.stderr.write(f"deploy.postgres: {sentence}\n")
    sys.stderr.flush()


def _interrupt(number: int, frame: object) -> None:
    del number, frame
    raise KeyboardInterrupt


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(prog="python3 -m deploy.postgres", description=words.POSTGRES())
    parser.add_argument("command", choices=["run"])
    parser.add_argument(
        "address", nargs="?", type=_address, default=(LOOPBACK, 0), metavar="HOST:PORT", help=words.POSTGRES_ADDRESS()
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help=words.POSTGRES_DATA_DIR(),
    )
    parser.add_argument("--insecure", action="store_true", help=words.INSECURE())
    return parser.parse_intermixed_args(arguments)  # options may stand between the words


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _MOST_PORT:
        raise argparse.ArgumentTypeError(words.NO_ADDRESS(told=text))
    return host.strip("[]"), int(port)


if __name__ == "__main__":
    speak_as_asked()
    sys.exit(main(sys.argv[1:]))
