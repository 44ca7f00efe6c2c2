"""What makes the keys of docker-compose.yml, run as its container runs it: everybody finds what he is told to use, and nothing else."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.containers import service
from tests.unit.deploy.test_compose import KEYS, OURS, ROOT, SERVICES, resolved

pytestmark = pytest.mark.processes


class Maker:
    """The volumes of a new network, and what fills them."""

    def __init__(self, place: Path) -> None:
        self.made = place / "made"
        for name in self.folders():
            (self.made / name).mkdir(parents=True)
        told = {key: str(value) for key, value in KEYS["keys-minimal"]["environment"].items()}
        self._environment = {
            **os.environ,
            **told,
            "MADE": str(self.made),
            "EV_SECRETS_KEY_FILE": str(self.made / "central" / "secrets.key"),
            "EV_ADMIN_DATABASE": f"sqlite:///{place / 'central.db'}",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    @staticmethod
    def folders() -> list[str]:
        return [v.split(":")[1].removeprefix("/made/") for v in KEYS["keys"]["volumes"] if v.startswith("keys-")]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(ROOT / "deploy/compose/keys.sh"), *arguments],
            env=self._environment, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip

    def files(self, folder: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.made / folder).iterdir() if path.is_file()}


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def used(name: str) -> set[str]:
    """The files in /keys that a service is told of."""
    told = SERVICES[name]
    health = told.get("healthcheck", {}).get("test", ())
    words = [*map(str, told.get("environment", {}).values()), *map(str, health)]
    return {found[1] for word in words if (found := re.fullmatch(r"/keys/([\w.-]+)", resolved(word)))}


def folder_of(name: str) -> str | None:
    found = [v.split(":")[0] for v in SERVICES[name].get("volumes", ()) if ":/keys:" in v]
    return found[0].removeprefix("keys-") if found else None


def test_everybody_finds_the_keys_that_he_is_told_to_use_and_no_others_are_there(maker: Maker) -> None:
    done = maker.run()
    assert (done.returncode, done.stdout) == (0, "keys: made\n"), done.stderr
    wanted: dict[str, set[str]] = {"watchers": {"ca.pem", "metrics.token"}}
    for name in OURS:
        folder = folder_of(name)
        assert folder is not None
        wanted.setdefault(folder, {"ca.pem"}).update(used(name))
    assert {folder: set(maker.files(folder)) for folder in wanted} == wanted
    assert set(maker.files("authority")) == {"ca.pem", "ca.key", "metrics.token"}


def test_a_key_is_for_its_owner_only_and_a_second_run_changes_nothing(maker: Maker) -> None:
    assert maker.run().returncode == 0
    secret = [
        p for p in maker.made.rglob("*") if p.suffix in (".key", ".secret", ".token") and p.parent.name != "watchers"
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    before = {folder: maker.files(folder) for folder in maker.folders()}
    again = maker.run()
    assert (again.returncode, again.stdout) == (0, "keys: made\n"), again.stderr
    assert {folder: maker.files(folder) for folder in maker.folders()} == before


def test_one_more_driver_is_enrolled_by_name(maker: Maker) -> None:
    assert maker.run().returncode == 0
    assert maker.run("driver", "D7").returncode == 0
    assert "driver-D7.secret" in maker.files("drivers")
    refused = maker.run("king", "D7")
    assert (refused.returncode, refused.stderr) == (2, "keys: there is no role king; it is point, driver or admin\n")


def test_the_prometheus_of_the_file_and_the_proxy_read_what_the_watchers_have() -> None:
    read = {place for name in ("prometheus/prometheus.yml", "haproxy/haproxy.cfg") for place in _keys_in(name)}
    assert read == {"ca.pem", "metrics.token"}
    assert "keys-watchers:/keys:ro" in service("prometheus")["volumes"]


def _keys_in(name: str) -> list[str]:
    return re.findall(r"/keys/([\w.-]+)", (ROOT / "deploy" / name).read_text())
