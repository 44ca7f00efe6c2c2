"""What a running program shows to who watches it: /metrics, /healthz, /readyz. Off unless the setting names an address."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from common.clock import stopwatch
from common.metrics import catalogue
from common.metrics.instruments import Owner
from common.metrics.measures import Measures
from common.net.address import Address
from common.net.http import HttpServer, Reply, sentence
from common.net.server import bind
from common.net.shore import Listener, guard
from common.net.tls import Tls
from common.net.tls import of_metrics as tls_of_metrics
from common.net.token import Token
from common.net.token import of_metrics as token_of_metrics
from common.settings import Watchable
from common.words import shore as words


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that readiness looks at. What is not needed is told and decides nothing."""

    name: str
    ok: bool
    say: str
    needed: bool = True


class Subject(Protocol):
    """A program at work, as far as it can be watched."""

    def trouble(self) -> str | None:
        """Why this process should be started anew; None while it lives."""
        ...

    async def checks(self) -> Sequence[Check]:
        """What it needs to do its work."""
        ...

    async def measure(self) -> None:
        """Bring the gauges up to date: somebody is about to read them."""
        ...


@dataclass(frozen=True, slots=True)
class Pages:
    """The port of the pages, and to whom they are shown."""

    bound: socket.socket
    tls: Tls | None
    token: Token | None


def take_pages(settings: Watchable, at: Address | None) -> Pages | None:
    """
    Before anything else is touched. `at` is that of the settings, or where it is to be instead.

    Raises BadSetting for files that are wrong and for pages that would stand open, CannotStart where the port cannot be had.
    """
    tls, token = tls_of_metrics(settings), token_of_metrics(settings)
    if at is None:
        return None
    guard([listener_of(settings, at)], insecure=settings.insecure)
    return Pages(bind(at.host, at.port, option="--metrics"), tls, token)


def listener_of(settings: Watchable, at: Address) -> Listener:
    """The pages, for the rule of the shore."""
    return Listener(
        words.PAGES,
        at.host,
        has_tls=settings.metrics_tls_cert is not None,
        proves=settings.metrics_token_file is not None or settings.metrics_tls_client_ca is not None,
        remedies=("--metrics-tls-cert", words.TOKEN_OR_CA()),
    )


@asynccontextmanager
async def shown(
    pages: Pages | None,
    owner: Owner,
    measures: Measures,
    subject: Subject,
    *,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> AsyncIterator[Address | None]:
    """Serve the three pages while the block runs, on a port that `take_pages` took, if it did; `say` hears where."""
    if pages is None:
        yield None
        return
    vitals = Vitals(owner, measures, subject, stop)
    address = await vitals.start(pages)
    say(f"ev-{owner} metrics on {address}")
    try:
        yield address
    finally:
        await vitals.stop()


def free_bytes(folder: Path) -> int:
    """Room left on the disk of a folder, for who is not root."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class Vitals:
    def __init__(self, owner: Owner, measures: Measures, subject: Subject, stop: asyncio.Event) -> None:
        self._owner = owner
        self._measures = measures
        self._subject = subject
        self._stopping = stop
        pages = {"/metrics": self._metrics, "/healthz": self._healthz, "/readyz": self._readyz}
        # Whoever starts it anew or sends it links must know whether it is well; kubelets and proxies send no token.
        self._server = HttpServer(pages, told_to_all=("/healthz", "/readyz"))

    async def start(self, pages: Pages) -> Address:
        # Half a megabyte of code that most processes never need.
        from common.metrics.page import Page  # noqa: PLC0415 - as said above

        self._page = Page(self._measures, self._owner, f"ev-{self._owner}", version("ev-charging"))
        return await self._server.listen(pages.bound, pages.tls, pages.token)

    async def stop(self) -> None:
        await self._server.stop()

    async def _metrics(self, accept: str) -> Reply:
        began = stopwatch()
        await asyncio.sleep(0)
        self._measures.set(catalogue.LOOP_TURN, to=stopwatch() - began)
        checks = await self._checks()
        self._measures.set(catalogue.READY, to=_is_ready(checks))
        for check in checks:
            self._measures.set(catalogue.CHECK, check.name, to=check.ok)
        await self._subject.measure()
        body, kind = self._page.render(accept)
        return Reply(200, body, kind)

    async def _healthz(self, _: str) -> Reply:
        """That this is answered at all shows that the loop turns."""
        trouble = self._subject.trouble()
        return sentence(200, "ok") if trouble is None else sentence(503, trouble)

    async def _readyz(self, _: str) -> Reply:
        checks = await self._checks()
        is_ready = _is_ready(checks)
        told = {
            "program": f"ev-{self._owner}",
            "ready": is_ready,
            "checks": {check.name: {"ok": check.ok, "needed": check.needed, "says": check.say} for check in checks},
        }
        return Reply(200 if is_ready else 503, json.dumps(told, indent=2).encode() + b"\n", "application/json")

    async def _checks(self) -> list[Check]:
        stopping = self._stopping.is_set()
        running = Check("running", not stopping, "it is being stopped" if stopping else "it runs")
        return [running, *await self._subject.checks()]


def _is_ready(checks: Sequence[Check]) -> bool:
    return all(check.ok for check in checks if check.needed)
