"""
Servers in containers, where a Docker engine answers: the images that docker-compose.yml names, gone at the end in any case.

Where no engine is, asking for one costs next to nothing: its client is loaded (a second) only once there is somebody to ask.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import yaml

from tests.servers import missing
from tests.waiting import wait_until

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

_COMPOSE = Path(__file__).parents[1] / "docker-compose.yml"
_SOCKET = Path("/var/run/docker.sock")
_CONTEXTS = Path("~/.docker/contexts")
_ANSWERS_WITHIN_S = 90.0
#: How much of what a container said a failed test tells.
_LAST_WORDS = 1000


@cache
def service(name: str) -> dict[str, Any]:
    """What docker-compose.yml says of a service."""
    return dict(yaml.safe_load(_COMPOSE.read_text())["services"][name])


@cache
def docker_answers() -> bool:
    if not _is_named():
        return False
    from docker.errors import DockerException
    from testcontainers.core.docker_client import DockerClient

    try:
        with closing(DockerClient(timeout=5).client) as engine:
            return bool(engine.ping())
    except DockerException:
        return False


def _is_named() -> bool:
    """Whether anything says that there is an engine: DOCKER_HOST, the usual socket, a context of the docker command."""
    told = os.environ.get("DOCKER_HOST")
    if told is None:
        return _SOCKET.is_socket() or _CONTEXTS.expanduser().is_dir()
    return not told.startswith("unix://") or Path(told.removeprefix("unix://")).is_socket()


class Served:
    """A container that was started, and where its port is to be reached."""

    def __init__(self, container: "DockerContainer", port: int) -> None:
        self._container = container
        self.id = container.get_container_id()
        try:
            self.host = container.get_container_host_ip().replace("localhost", "127.0.0.1")
            self.port = container.get_exposed_port(port)
        except (TimeoutError, ConnectionError):  # what testcontainers says of one that has ended already
            self.fail("ended at once")

    def run(self, *command: str) -> None:
        done = self._container.exec(list(command))
        if done.exit_code != 0:
            self.fail(f"could not run {command} ({done.output.decode(errors='replace')})")

    def wait_until(self, answers: Callable[[], bool]) -> None:
        """Return once it answers; one that has ended is not waited for."""
        try:
            wait_until(lambda: answers() or not self._runs(), _ANSWERS_WITHIN_S)
        except TimeoutError:
            self.fail(f"did not answer at {self.host}:{self.port} within {_ANSWERS_WITHIN_S:.0f} s")
        if not self._runs():
            self.fail("ended")

    def fail(self, what: str) -> NoReturn:
        said = b"".join(self._container.get_logs()).decode(errors="replace").strip()
        pytest.fail(f"The container of {self._container.image} {what}. It said:\n{said[-_LAST_WORDS:]}", pytrace=False)

    def _runs(self) -> bool:
        self._container.reload()
        return str(self._container.status) == "running"


@contextmanager
def served(name: str, port: int, environment: dict[str, str], command: tuple[str, ...] = ()) -> Iterator[Served]:
    """The image of a service of docker-compose.yml, by a port of this machine; skips where the image cannot be had."""
    from docker.errors import DockerException
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(service(name)["image"], env=environment, ports=[port])
    own = f"EV_TEST_{name.upper()}"
    if command:
        container.with_command(list(command))
    try:
        try:
            container.start()
        except (DockerException, RuntimeError, TimeoutError) as wrong:  # without an image, or without a way to it
            sentence = f"The container of {container.image} does not start; let Docker have the images or set {own}."
            missing(name, f"{sentence} Docker said: {str(wrong)[:300]}")
        yield Served(container, port)
    finally:
        container.stop()
