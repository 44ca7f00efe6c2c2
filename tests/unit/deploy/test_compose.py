"""docker-compose.yml, .env.example, the Dockerfile and what they mount, held to the programs and to each other."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from central.admin.settings import AdminSettings
from central.settings import CentralSettings
from charging_point.engine.cli import EngineSettings
from charging_point.monitor.settings import MonitorSettings
from common.net.shore import Listener
from common.settings import ProcessSettings, Watchable, load
from common.vitals import listener_of as pages
from deploy.settings import UpSettings
from driver.itinerary import read_points
from driver.settings import DriverSettings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
PROXY = (ROOT / "deploy/haproxy/haproxy.cfg").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXAMPLE = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
MODELS: dict[str, type[ProcessSettings]] = {
    "ev-admin": AdminSettings,
    "ev-central": CentralSettings,
    "ev-driver": DriverSettings,
    "ev-engine": EngineSettings,
    "ev-monitor": MonitorSettings,
}


def program(service: dict[str, Any]) -> str:
    return str((service.get("entrypoint") or service.get("command") or [""])[0])


def resolved(text: str) -> str:
    """With the defaults of its variables."""
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)


def metrics_port(service: dict[str, Any]) -> str:
    return str(service["environment"]["EV_METRICS"]).rpartition(":")[2]


OURS = {name: service for name, service in SERVICES.items() if program(service) in MODELS}
#: Those that make keys, and end.
KEYS = {name: service for name, service in SERVICES.items() if name.startswith("keys")}
STAYING = {
    name: service for name, service in SERVICES.items() if "tools" not in service["profiles"] and name not in KEYS
}
POINTS = ["cp001", "cp002"], ["cp003", "cp004"]
MOUNTS = sorted(
    {volume.split(":")[0] for s in SERVICES.values() for volume in s.get("volumes", ()) if volume[0] == "."}
)


def test_the_profiles_hold_what_the_documents_say() -> None:
    def of(profile: str) -> set[str]:
        return {name for name, service in SERVICES.items() if profile in service["profiles"]}

    first, second = ({f"{cp}-{part}" for cp in cps for part in ("engine", "monitor")} for cps in POINTS)
    around = {"keys", "postgres", "central-1", "central-2", "proxy", "driver-1", "driver-2", "prometheus", "grafana"}
    assert of("full") == {"kafka"} | around | first | second
    assert of("minimal") == {"keys-minimal", "kafka", "central"} | first
    assert of("tools") == {"driver", "admin"}
    assert SERVICES["cp001-engine"].keys() - SERVICES["cp002-engine"].keys() == {"build"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    held = {key: service[key] for key in ("read_only", "cap_drop", "security_opt", "init")}
    assert held == {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"], "init": True}
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"])
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["restart"] == ("unless-stopped" if name in STAYING else "no")
    assert ("test" in service["healthcheck"]) == (name in STAYING)
    assert not service.keys() & {"privileged", "network_mode", "pid", "cap_add", "devices"}


def test_versions_are_pinned_and_ours_is_the_projects() -> None:
    images = {resolved(service["image"]) for service in SERVICES.values()}
    assert {
        name for name, service in SERVICES.items() if "ev-charging" in service["image"]
    } == OURS.keys() | KEYS.keys()
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    pinned = re.compile(r":v?\d+(\.\d+){1,2}[a-z-]*$")
    assert [image for image in (*images, *bases) if not pinned.search(image)] == []
    assert f"ev-charging:{PROJECT['version']}" in images
    assert len(set(bases)) == 1
    assert f'version="{PROJECT["version"]}"' in DOCKERFILE


def test_no_secret_is_in_the_file_and_every_variable_is_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    given = [(k, v) for s in SERVICES.values() for k, v in s.get("environment", {}).items() if "PASSWORD" in k]
    assert given
    assert [key for key, value in given if not re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value)] == []
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) - {"DRIVER_ID"} == EXAMPLE.keys() - {"COMPOSE_PROFILES"}
    assert all(EXAMPLE[name] for name in re.findall(r"\$\{([A-Z_]+):\?", text))
    assert EXAMPLE["COMPOSE_PROFILES"] == "full"
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("name", OURS)
def test_the_environment_is_settings_that_the_program_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service, model = OURS[name], MODELS[program(OURS[name])]
    told = {key: resolved(str(value)) for key, value in service["environment"].items() if key.startswith("EV_")}
    known = {model.env_name(field) for field in model.model_fields}
    assert told.keys() - known == set()
    for key, value in told.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("EV_CENTRAL_AUTH", raising=False)
    settings = load(model, {})
    assert program(service) in PROJECT["scripts"]
    assert not [one for one in listeners(settings) if one.stands_open]


def listeners(settings: ProcessSettings) -> Iterator[Listener]:
    """What the program is going to listen on."""
    if isinstance(settings, CentralSettings | EngineSettings):
        yield settings.listener
    if isinstance(settings, Watchable) and settings.metrics is not None:
        yield pages(settings, settings.metrics)


def test_the_image_tells_programs_settings_that_they_have() -> None:
    models: list[type[ProcessSettings]] = [*MODELS.values(), UpSettings]
    known = {model.env_name(field) for model in models for field in model.model_fields}
    assert set(re.findall(r"\b(EV_[A-Z_]+)=", DOCKERFILE)) - known == set()
    assert {f"USER {service['user']}" for service in OURS.values()} == set(
        re.findall(r"^USER .*", DOCKERFILE, re.MULTILINE)
    )


def test_health_checks_ask_ports_that_are_set() -> None:
    for service in (service for name, service in OURS.items() if name in STAYING):
        url = f"https://127.0.0.1:{metrics_port(service)}/readyz"
        assert service["healthcheck"]["test"][:5] == ["CMD", "python", "-m", "deploy.health", url]
    assert SERVICES["kafka"]["healthcheck"]["test"][-1] in SERVICES["kafka"]["volumes"][1]
    assert "/127.0.0.1/9092" in (ROOT / "deploy/compose/kafka-answers.sh").read_text()
    assert "//:9092," in SERVICES["kafka"]["environment"]["KAFKA_LISTENERS"]
    assert "bind 127.0.0.1:8404" in PROXY
    assert "http://127.0.0.1:8404/" in SERVICES["proxy"]["healthcheck"]["test"]


def test_the_proxy_and_the_centrals_agree() -> None:
    centrals = {name: SERVICES[name] for name in ("central-1", "central-2")}
    assert {(c["environment"]["EV_CENTRAL_PORT"], metrics_port(c)) for c in centrals.values()} == {("5000", "9100")}
    assert all(c["networks"]["links"]["aliases"] == ["centrals"] for c in centrals.values())
    assert "centrals:5000" in PROXY
    assert "check port 9100" in PROXY
    assert "bind :5000" in PROXY
    assert "check-ssl verify required" in PROXY
    door = {name for name, s in SERVICES.items() if "door" in str(s["networks"])}
    assert door == {"proxy", "central"}
    assert {s["environment"]["EV_CENTRAL"] for s in OURS.values() if "EV_CENTRAL" in s["environment"]} == {"door:5000"}


def test_only_doors_and_boards_are_published_and_on_loopback_unless_told() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    host = "${PUBLISH_ON:-127.0.0.1}"
    assert published == {
        "proxy": [f"{host}:5000:5000"],
        "central": [f"{host}:5000:5000"],
        # Neither speaks TLS, and the one asks nobody who he is.
        "prometheus": ["127.0.0.1:9090:9090"],
        "grafana": ["127.0.0.1:3000:3000"],
    }
    assert {n for n, s in SERVICES.items() if "edge" in s["networks"]} == published.keys()
    assert {n for n, s in SERVICES.items() if "data" in s["networks"]} == {"postgres", "central-1", "central-2", *KEYS}
    inside = {name: (network or {}).get("internal", False) for name, network in COMPOSE["networks"].items()}
    assert inside == {"edge": False, "links": True, "bus": True, "data": True}


def test_each_has_only_its_own_keys_and_only_who_makes_them_may_write() -> None:
    holders: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source, place = volume.split(":", 1)
            if source.startswith("keys-") and name not in KEYS:
                assert place == "/keys:ro"
                holders.setdefault(source, set()).add(name)
    points = {f"{cp}-{part}" for cps in POINTS for cp in cps for part in ("engine", "monitor")}
    assert holders == {
        "keys-central": {"central", "central-1", "central-2"},
        "keys-points": points,
        "keys-drivers": {"driver-1", "driver-2", "driver"},
        "keys-operator": {"admin"},
        "keys-watchers": {"proxy", "prometheus"},
    }
    made = {volume.split(":")[0] for volume in KEYS["keys"]["volumes"] if volume.startswith("keys-")}
    assert made == holders.keys() | {"keys-authority"}
    assert [v for v in KEYS["keys-minimal"]["volumes"] if v not in KEYS["keys"]["volumes"]] == ["central:/data"]


def test_who_uses_keys_waits_until_they_are_made() -> None:
    users = {name for name, s in STAYING.items() if any(":/keys" in volume for volume in s.get("volumes", ()))}
    waiting = {name for name, s in STAYING.items() if KEYS.keys() & s.get("depends_on", {}).keys()}
    # The proxy waits for Centrals that do.
    assert users - waiting == {"proxy"}
    for name in waiting:
        assert {k: SERVICES[name]["depends_on"][k] for k in KEYS} == {
            key: {"condition": "service_completed_successfully", "required": False} for key in KEYS
        }


@pytest.mark.parametrize("path", MOUNTS)
def test_what_is_mounted_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_drivers_go_round_points_that_are_there() -> None:
    there = {s["environment"]["EV_MONITOR_CP_ID"] for s in OURS.values() if program(s) == "ev-monitor"}
    assert set(read_points("round.txt", (ROOT / "deploy/compose/round.txt").read_text())) == there
