"""Servers in containers for tests: what happens when the container, the test or the engine does not do its part."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.containers import docker_answers, served
from tests.kafka_server import answers
from tests.servers import missing

PASSWORD = {"POSTGRES_PASSWORD": "made-up"}


@pytest.fixture
def docker() -> None:
    if not docker_answers():
        missing("docker", "No Docker engine answers: start Docker.")


def exists(container: str) -> bool:
    from testcontainers.core.docker_client import DockerClient

    with closing(DockerClient().client) as engine:
        return container in {found.id for found in engine.containers.list(all=True)}


@pytest.mark.usefixtures("docker")
def test_a_container_is_gone_also_when_its_test_fails() -> None:
    def failing() -> None:
        with served("postgres", 5432, PASSWORD) as container:
            container.wait_until(lambda: answers(f"{container.host}:{container.port}"))
            assert exists(container.id)
            seen.append(container.id)
            raise ZeroDivisionError

    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):
        failing()
    assert [exists(container) for container in seen] == [False]


@pytest.mark.usefixtures("docker")
@pytest.mark.parametrize(
    ("environment", "command", "words"),
    [
        pytest.param({}, (), "superuser password is not specified", id="without-a-password"),
        pytest.param(PASSWORD, ("sh", "-c", "echo No disk >&2; exit 3"), "No disk", id="ended-by-itself"),
    ],
)
def test_a_container_that_ends_is_told_at_once_with_its_last_words(
    environment: dict[str, str], command: tuple[str, ...], words: str
) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match=f"(?s) ended.*{words}") as told,
        served("postgres", 5432, environment, command) as container,
    ):
        container.wait_until(lambda: False)
    assert str(told.value).startswith("The container of postgres:")


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing names an engine that answers."""
    return {**os.environ, "DOCKER_HOST": f"unix://{tmp_path / 'docker.sock'}"}


def test_where_nothing_names_an_engine_its_client_is_not_even_loaded(nowhere: dict[str, str]) -> None:
    asked = "import sys; from tests.containers import docker_answers; print(docker_answers(), 'docker' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], env=nowhere, capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_an_engine_that_is_named_but_away_does_not_answer(nowhere: dict[str, str]) -> None:
    asked = "from tests.containers import docker_answers; print(docker_answers())"
    env = {**nowhere, "DOCKER_HOST": "tcp://127.0.0.1:1"}
    done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
