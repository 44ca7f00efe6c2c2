"""`python3 -m deploy.kafka`: fetch Apache Kafka's broker and run it as a single node on this machine."""

import argparse
import signal
import sys
from pathlib import Path

from common.errors import BadSetting
from common.net.shore import guard
from common.words import deploy as words
from deploy.kafka.fetch import Stop, fetch
from deploy.kafka.listeners import listeners
from deploy.kafka.node import Node
from deploy.language import Parser, speak_as_asked

_DEFAULT_DATA = Path("ev-data") / "kafka"
_LAST_PORT = 65535


def main(arguments: list[str]) -> int:
    told = _parser().parse_args(arguments)
    if told.command == "fetch":
        _say(words.KAFKA_IS_IN(folder=fetch()))
        return 0
    host, port = told.address
    guard(listeners(host, dict(told.property)), insecure=told.insecure, warn=_say)
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
        _say(words.KAFKA_ANSWERS(address=node.address, log=node.log))
        status = node.wait()
        if status:
            raise Stop(words.KAFKA_ENDED(status=status, log=node.log))
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python3 -m deploy.kafka", description=words.KAFKA())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("fetch", help=words.KAFKA_FETCH())
    run = commands.add_parser("run", help=words.KAFKA_RUN())
    run.add_argument(
        "address", nargs="?", type=_address, default=("127.0.0.1", 9092), metavar="HOST:PORT",
        help=words.KAFKA_ADDRESS(),
    )  # fmt: skip
    run.add_argument("--data-dir", type=Path, default=_DEFAULT_DATA, help=words.KAFKA_DATA_DIR())
    run.add_argument("--advertise", metavar="NAME", help=words.KAFKA_ADVERTISE())
    run.add_argument(
        "--property", action="append", type=_property, default=[], metavar="NAME=VALUE",
        help=words.KAFKA_PROPERTY(),
    )  # fmt: skip
    run.add_argument("--insecure", action="store_true", help=words.INSECURE())
    return parser


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > _LAST_PORT:
        raise argparse.ArgumentTypeError(words.MUST_BE_ADDRESS(told=text))
    return host.removeprefix("[").removesuffix("]"), int(port)


def _property(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(words.MUST_BE_PAIR(told=text))
    return name, value


def _say(sentence: str) -> None:
    """On standard error: on standard output stands the address, for programs to read."""
    sys.stderr.write(f"deploy.kafka: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    speak_as_asked()
    try:
        sys.exit(main(sys.argv[1:]))
    except (Stop, BadSetting) as wrong:
        _say(str(wrong))
    except KeyboardInterrupt:
        _say(words.INTERRUPTED())
    except OSError as wrong:
        _say(words.IT_FAILED(why=wrong))
    sys.exit(1)
