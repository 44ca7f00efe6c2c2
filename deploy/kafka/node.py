"""One Apache Kafka node that is broker and controller at once: its folder, its settings, its start and its end."""

import base64
import ctypes
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from common.words import deploy as words
from common.words import system
from deploy.kafka.fetch import Stop, fetch, find_java

READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 8.0
_LOOK_EVERY_S = 0.05
_ATTEMPTS = 3
_NODE_ID = 1
_ADDED = ("listeners", "advertised.listeners")
_STARTED = "Kafka Server started"
_TAKEN = "Address already in use"
_HEAP = ("-Xms64m", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.logFile=System.out",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Node:
    """The node of a data directory: `start`, then `wait`; `stop` from anywhere."""

    def __init__(self, data_dir: Path, host: str, port: int, *, advertise: str, more: Mapping[str, str]) -> None:
        self._dir = data_dir
        self._host = host
        self._wanted_port = port
        self._advertise = advertise
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self.log = data_dir / "kafka.log"
        self.port = port

    def __enter__(self) -> Self:
        """Take the data directory; raises Stop when it cannot be used."""
        try:
            self._dir.mkdir(parents=True, exist_ok=True)
            self._lock = (self._dir / "lock").open("a")
        except OSError as wrong:
            why = system.why(str(wrong.strerror))
            raise Stop(words.CANNOT_USE_DATA_DIR(path=self._dir, why=why)) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise Stop(words.DATA_DIR_IN_USE(path=self._dir)) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._lock.close()

    @property
    def address(self) -> str:
        return f"{_url(self._host)}:{self.port}"

    @property
    def is_stopping(self) -> bool:
        return self._stopping

    def start(self) -> None:
        """Returns when it answers; raises Stop. A free port that somebody else was quicker to take is chosen again."""
        java = [find_java(), *_HEAP, *_LOGGING, "-cp", f"{fetch()}/*"]
        for attempt in range(1, _ATTEMPTS + 1):
            if self._wanted_port and not _is_free(self._host, self._wanted_port):
                raise Stop(words.TAKEN(address=f"{self._host}:{self._wanted_port}"))
            self.port = self._wanted_port or free_port(self._host)
            settings = self._write_settings()
            self._format(java, settings)
            if self._launch([*java, "kafka.Kafka", str(settings)]) or self._stopping:
                return
            if attempt == _ATTEMPTS or _TAKEN not in self._said():
                raise Stop(words.KAFKA_NOT_STARTED(why=self._why(), log=self.log))

    def _write_settings(self) -> Path:
        place = self._dir / "server.properties"
        ours = _properties(self._dir, self._host, self.port, self._advertise)
        # More listeners stand beside ours; everything else wins over it.
        added = {name: f"{ours[name]},{self._more[name]}" for name in _ADDED if name in self._more}
        lines = {**ours, **self._more, **added}
        place.write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
        place.chmod(0o600)  # passwords may be among them
        return place

    def _format(self, java: list[str], settings: Path) -> None:
        """Make the node's storage where there is none; raises Stop where there is somebody else's."""
        marks = self._dir / "data" / "meta.properties"
        if marks.exists():
            found = re.search(r"^node\.id=(\d+)", marks.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
            if found is None or int(found[1]) != _NODE_ID:
                raise Stop(words.OTHER_CLUSTER(path=self._dir))
            return
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One word: an id may begin with a dash, which as a word of its own would be taken for an option.
        command = [*java, "kafka.tools.StorageTool", "format", "-c", str(settings), f"--cluster-id={cluster_id}"]
        with self.log.open("wb") as log:
            status = subprocess.run(command, stdout=log, stderr=log, check=False).returncode
        if status < 0:
            raise Stop(words.STORAGE_KILLED(n=-status))
        if status:
            raise Stop(words.NO_STORAGE(why=self._why(), log=self.log))

    def _launch(self, command: list[str]) -> bool:
        """Whether it came to answer."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is for us
                preexec_fn=_die_with_parent(os.getpid()),  # noqa: PLW1509 - we have no threads
            )  # fmt: skip
        end = time.monotonic() + READY_WITHIN_S
        while self._process.poll() is None and not self._stopping:
            if _STARTED in self._said():
                return True
            if time.monotonic() > end:
                raise Stop(words.KAFKA_TOO_SLOW(seconds=READY_WITHIN_S, log=self.log))
            time.sleep(_LOOK_EVERY_S)
        return False

    def _said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _why(self) -> str:
        """What it complained of last, without the trappings of a log."""
        lines = [line.strip() for line in self._said().splitlines() if line.strip()]
        said = [line for line in lines if "Exception" in line or "ERROR" in line]
        causes = [line for line in said if "Exception: " in line] or said or lines or [words.SAID_NOTHING()]
        return causes[-1].rpartition("Exception: ")[2][:300].rstrip(".") + "."

    def wait(self) -> int:
        """Its exit status, once it ended; 0 when it was we who ended it."""
        assert self._process is not None
        status = self._process.wait()
        return 0 if self._stopping else status

    def stop(self) -> None:
        """Ask it to end in good order; what does not in time is killed."""
        self._stopping = True
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.setitimer(signal.ITIMER_REAL, STOPPED_WITHIN_S)


def _properties(data_dir: Path, host: str, port: int, advertise: str) -> dict[str, str]:
    """A single node, quick to start, small at rest."""
    controller = f"127.0.0.1:{free_port('127.0.0.1')}"
    one = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    return {
        "process.roles": "broker,controller",
        "node.id": str(_NODE_ID),
        "controller.quorum.voters": f"{_NODE_ID}@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{_url(host)}:{port},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{_url(advertise)}:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
        "log.dirs": str((data_dir / "data").resolve()),
        **{f"{topic}.replication.factor": "1" for topic in one},
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.min.isr": "1",
        **{f"{topic}.num.partitions": "4" for topic in one},
        "group.initial.rebalance.delay.ms": "0",
        # Topics are made with the partitions that the settings say, or not at all.
        "auto.create.topics.enable": "false",
    }


def _url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def free_port(host: str) -> int:
    """A port that nobody listens on now."""
    with _socket(host) as probe:
        try:
            probe.bind((host, 0))
        except OSError as wrong:
            why = system.why(wrong.strerror or str(wrong))
            raise Stop(words.CANNOT_LISTEN(host=host, why=why)) from None
        return int(probe.getsockname()[1])


def _is_free(host: str, port: int) -> bool:
    with _socket(host) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """What the node does first of all: have the kernel kill it when we are killed. Linux only."""
    if _LIBC is None:
        return None
    libc = _LIBC

    def first() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # we died before the kernel was told
            os._exit(1)

    return first
