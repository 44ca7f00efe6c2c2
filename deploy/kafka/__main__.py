"""`python3 -m deploy.kafka`: fetch Apache Kafka's broker and run it as a single node on this machine."""

import argparse
import signal
import sys
from pathlib import Path

from deploy.kafka.fetch import Stop, fetch
from deploy.kafka.node import Node

_DEFAULT_DATA = Path("ev-data") / "kafka"
_LAST_PORT = 65535


def main(arguments: list[str]) -> int:
    told = _parser().parse_args(arguments)
    if told.command == "fetch":
        _say(f"Apache Kafka is in {fetch()}.")
        return 0
    host, port = told.address
    return _run(Node(told.data_dir, host, port, advertise=told.advertise or host, more=dict(told.property)))


def _run(node: Node) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: node.stop())
    with node:
        node.start()
        if node.is_stopping:
            return 0
        sys.stdout.write(f"kafka listening on {node.address}\n")
        sys.stdout.flush()
        _say(f"Apache Kafka answers at {node.address}; its log is {node.log}. Ctrl-C stops it.")
        status = node.wait()
        if status:
            raise Stop(f"Apache Kafka ended by itself with exit status {status}. Its log: {node.log}")
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m deploy.kafka",
        description="Apache Kafka on this machine, without Docker: needs Java 17 or newer, and Maven to fetch it once.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("fetch", help="get the broker from Maven Central; 43 MB, once")
    run = commands.add_parser("run", help="fetch it where needed, start one node, and stop it with Ctrl-C")
    run.add_argument(
        "address", nargs="?", type=_address, default=("127.0.0.1", 9092), metavar="HOST:PORT",
        help="where it listens (default: 127.0.0.1:9092); port 0 takes a free one",
    )  # fmt: skip
    run.add_argument(
        "--data-dir", type=Path, default=_DEFAULT_DATA, help="where it keeps data and log (default: %(default)s)"
    )
    run.add_argument("--advertise", metavar="NAME", help="name by which clients reach it; without it, HOST")
    run.add_argument(
        "--property", action="append", type=_property, default=[], metavar="NAME=VALUE",
        help="a setting of the broker over ours, or listeners beside ours; may be given again",
    )  # fmt: skip
    return parser


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} must be HOST:PORT, for example 127.0.0.1:9092")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _property(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=VALUE")
    return name, value


def _say(sentence: str) -> None:
    """On standard error: on standard output stands the address, for programs to read."""
    sys.stderr.write(f"deploy.kafka: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as wrong:
        _say(str(wrong))
    except KeyboardInterrupt:
        _say("interrupted")
    except OSError as wrong:
        _say(f"it failed: {wrong}.")
    sys.exit(1)
