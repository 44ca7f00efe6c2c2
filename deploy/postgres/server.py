"""One PostgreSQL server on loopback: made, started, stopped. What a user types stands in __main__.py."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

from common.words import deploy as words
from common.words import joined, system

USER = "postgres"
LOOPBACK = "127.0.0.1"
_DEBIAN = Path("/usr/lib/postgresql")
_READY_WITHIN_S = 30.0
_STOPPED_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.05
_ATTEMPTS = 3
#: The line of postmaster.pid that says how far the server is, counted from zero.
_STATUS_LINE = 7
#: A server that keeps nothing need not wait for the disk.
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}
_PR_SET_PDEATHSIG = 1


class CannotRun(Exception):
    """No server; the sentence says what to do."""


class Server:
    """A running server. Its data stay where `data_dir` says, or go with it; `more` settings win over ours."""

    def __init__(
        self,
        data_dir: Path | None = None,
        host: str = LOOPBACK,
        port: int = 0,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._more = more
        self._programs = find_programs()
        self._account = find_account()
        self._is_throwaway = data_dir is None
        self._home = _make_home(data_dir, self._account)
        self._data, self._log = self._home / "data", self._home / "server.log"
        self.host, self.port = host, port
        self._fixed_port = port != 0
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._password = self._make_cluster()
        except BaseException:
            self.remove()
            raise

    @property
    def address(self) -> str:
        """As SQLAlchemy and psql take it."""
        return f"postgresql://{USER}:{self._password}@{self.host}:{self.port}/{USER}"

    def start(self) -> None:
        """Returns once the server answers; raises CannotRun."""
        for attempt in range(1, _ATTEMPTS + 1):
            # Started again after a stop, it is to be found where it was.
            self.port = self.port or _free_port(self.host)
            self._launch()
            if self._wait_ready():
                self._fixed_port = True
                return
            # Somebody may have taken the free port in between.
            if self._fixed_port or attempt == _ATTEMPTS:
                address = f"{self.host}:{self.port}"
                raise CannotRun(words.POSTGRES_NOT_STARTED(address=address, why=self._last_words()))
            self.port = 0

    def stop(self) -> None:
        """A fast, clean shutdown: whoever is connected is cut off, what was committed is kept."""
        process, self._process = self._process, None
        if process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            try:
                process.wait(_STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                continue
            return
        process.kill()

    def remove(self) -> None:
        """Take away what a throwaway server leaves."""
        if self._is_throwaway:
            shutil.rmtree(self._home, ignore_errors=True)

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _make_cluster(self) -> str:
        """Make the server's files where there are none yet; gives the password."""
        keeper = self._home / "password"
        if (self._data / "PG_VERSION").exists() and keeper.exists():
            return keeper.read_text(encoding="ascii").strip()
        keeper.write_text(secrets.token_hex(16) + "\n", encoding="ascii")
        keeper.chmod(0o600)
        self._account.own(keeper)
        command = ["initdb", "--pgdata", str(self._data), "--username", USER, "--pwfile", str(keeper)]
        made = self._run([*command, "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"])
        if made.returncode:
            told = words.INITDB_FAILED(why=_last_line(made.stderr))
            raise CannotRun(told if self._account.user is None else joined(told, words.RUNS_AS(user=USER)))
        return keeper.read_text(encoding="ascii").strip()

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._programs / command[0]), *command[1:]],
            cwd=self._home,
            capture_output=True,
            text=True,
            check=False,
            user=self._account.user,
            group=self._account.group,
            extra_groups=self._account.more_groups,
        )

    def _launch(self) -> None:
        options = {
            "listen_addresses": self.host,
            "port": str(self.port),
            # TCP is enough, and the usual directory of sockets may belong to another server.
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            **({**_THROWAWAY, "max_wal_senders": "0"} if self._is_throwaway else {}),
            **self._more,
        }
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = self._popen([str(self._programs / "postgres"), "-D", str(self._data), *settings], log)

    def _popen(self, command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A Ctrl-C at the terminal is for us; we then stop the server.
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid()),  # noqa: PLW1509 - it makes two system calls and takes no lock
            user=self._account.user,
            group=self._account.group,
            extra_groups=self._account.more_groups,
        )

    def _wait_ready(self) -> bool:
        """Wait for what the server writes into its pid file; false when it ended instead."""
        assert self._process is not None
        end = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError):
                lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
                is_ours = lines[:1] == [str(self._process.pid)]
                if is_ours and len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready":
                    return True
            time.sleep(_LOOK_EVERY_S)
        if self._process.poll() is None:
            self.stop()
        return False

    def _last_words(self) -> str:
        said = self._log.read_text(encoding="utf-8", errors="replace")
        fatal = re.findall(r"FATAL:\s+(.*)", said)
        last = fatal[-1] if fatal else _last_line(said)
        return f"{last}." if self._is_throwaway else f"{last}. {words.ITS_LOG(log=self._log)}"


def find_programs(debian: Path = _DEBIAN) -> Path:
    """The directory that has initdb and postgres, the newest version first; raises CannotRun."""
    versions = [path for path in debian.glob("*/bin") if path.parent.name.isdecimal()]
    places = sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    for place in places:
        if all(os.access(place / name, os.X_OK) for name in ("initdb", "postgres")):
            return place
    raise CannotRun(joined(words.NO_POSTGRES, words.INSTALL_POSTGRES))


@dataclass(frozen=True)
class Account:
    """Whom the server runs as; all None means as we do."""

    user: int | None = None
    group: int | None = None
    more_groups: list[str | int] | None = None

    def own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def find_account() -> Account:
    """PostgreSQL refuses to run as root: then it is its own user; raises CannotRun."""
    if os.geteuid() != 0:
        return Account()
    try:
        found = pwd.getpwnam(USER)
    except KeyError:
        raise CannotRun(joined(words.NO_ACCOUNT(user=USER), words.INSTALL_POSTGRES)) from None
    return Account(found.pw_uid, found.pw_gid, [])


def _make_home(data_dir: Path | None, account: Account) -> Path:
    try:
        if data_dir is None:
            home = Path(tempfile.mkdtemp(prefix="ev-postgres-"))
        else:
            home = data_dir.resolve()
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        account.own(home)
    except OSError as wrong:
        why = system.why(str(wrong.strerror))
        raise CannotRun(words.CANNOT_USE_FOR_DATA(path=data_dir, why=why)) from None
    return home


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, 0))
        except OSError as wrong:
            why = system.why(str(wrong.strerror))
            raise CannotRun(words.CANNOT_LISTEN_PLAINLY(host=host, why=why)) from None
        return int(probe.getsockname()[1])


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """Have the kernel stop the server when we are killed. Linux only."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def first() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))
        if os.getppid() != parent:  # we died before the kernel was told
            os._exit(1)

    return first


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else words.SAID_NOTHING()
