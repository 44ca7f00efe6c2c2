"""The Kubernetes manifests: what the cluster's schemas take, and what the pages and comments about them promise."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import ValidationError, validate

from central.admin.settings import AdminSettings
from central.settings import CentralSettings
from charging_point.engine.cli import EngineSettings
from charging_point.monitor.settings import MonitorSettings
from common.process import STOP_WITHIN_S
from common.settings import ProcessSettings, load
from driver.settings import DriverSettings
from tests.unit.deploy.manifests import FILES, OVERLAYS, Pods, environment, keys_of, of_kind, pods, render, sources
from tests.unit.deploy.test_compose import listeners

ROOT = FILES.parents[1]
PAGE = ROOT / "docs" / "operations" / "kubernetes.md"
#: The oldest Kubernetes that knows all that is used, and the newest that the schemas know.
KUBERNETES = ("1.30", "1.37")
#: The settings that each program reads. ev-database reads those of Central.
PROGRAMS: dict[str, type[ProcessSettings]] = {
    "ev-central": CentralSettings,
    "ev-database": CentralSettings,
    "ev-engine": EngineSettings,
    "ev-monitor": MonitorSettings,
    "ev-admin": AdminSettings,
    "ev-driver": DriverSettings,
}
LOCKED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
#: Whose files the images have: ours, and those of the two official ones.
USERS = {"ev-charging": 10001, "apache/kafka": 1000, "postgres": 999}

of_both = pytest.mark.parametrize("overlay", OVERLAYS)


def test_every_file_by_itself_fits_the_schemas() -> None:
    read = [(path, one) for path, one in sources() if validate(one, KUBERNETES[0], strict=True)]
    assert {path.parent.name for path, _ in read} == {"base", *OVERLAYS}


@of_both
@pytest.mark.parametrize("version", KUBERNETES)
def test_what_a_cluster_gets_fits_the_schemas(overlay: str, version: str) -> None:
    assert {validate(one, version, strict=True) for one in render(overlay)} == {version}


def test_the_schemas_refuse_a_misspelt_field() -> None:
    wrong = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x"}, "automountToken": False}
    with pytest.raises(ValidationError, match="automountToken"):
        validate(wrong, KUBERNETES[0], strict=True)


def test_no_file_lies_about_unused() -> None:
    used = {FILES / "overlays" / "production" / "prometheus-adapter.yaml"}  # for the chart of that name
    for path in FILES.rglob("kustomization.yaml"):
        names = set(re.findall(r"[\w./-]+\.(?:yaml|env|properties|txt)\b", path.read_text()))
        used |= {path, *(path.parent / name for name in names)}
    kept = {path for path in FILES.rglob("*") if path.is_file() and "keys" not in path.parts}
    assert {path for path in kept if path.name != "keys.sh"} - used == set()


@of_both
def test_images_are_pinned_and_ours_is_of_this_version(overlay: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = {one["image"] for pod in pods(overlay) for one in pod.containers()}
    assert f"ev-charging:{version}" in images
    assert all(re.fullmatch(r"[a-z/-]+:\d+\.[\w.-]+", image) for image in images)


@of_both
def test_every_pod_is_locked_down_and_bounded(overlay: str) -> None:
    for pod in pods(overlay):
        user = {USERS[one["image"].partition(":")[0]] for one in pod.containers()}
        found = {key: pod.spec[key] for key in ("automountServiceAccountToken", "enableServiceLinks")}
        assert (pod.name, found) == (pod.name, dict.fromkeys(found, False))
        assert pod.spec["securityContext"] == {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            **dict.fromkeys(("runAsUser", "runAsGroup", "fsGroup"), user.pop()),
        }
        for one in pod.containers():
            assert one["securityContext"] == LOCKED
            assert {*one["resources"]["requests"], *one["resources"]["limits"]} == {"cpu", "memory"}
            assert "memory" in one["resources"]["limits"]


def programs(overlay: str) -> Iterator[tuple[type[ProcessSettings], dict[str, str]]]:
    """The settings of each program of ours that the overlay starts, and the variables it gives it."""
    for pod in pods(overlay):
        for one in pod.containers():
            if one["image"].startswith("ev-charging:"):
                given = environment(overlay, pod.name, one)
                given = {name: value for name, value in given.items() if name.startswith("EV_")}
                yield PROGRAMS[one["command"][0]], given


@of_both
def test_programs_get_settings_that_they_have(overlay: str) -> None:
    for settings, given in programs(overlay):
        assert given.keys() - {settings.env_name(field) for field in settings.model_fields} == set()


@of_both
def test_programs_get_values_that_they_take(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for settings, given in programs(overlay):
        with monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            assert load(settings, {}).log_format == "json"


def probes(container: Any) -> dict[str, Any]:
    kinds = ("startupProbe", "readinessProbe", "livenessProbe")
    return {kind: container[kind] for kind in kinds if kind in container}


@of_both
def test_probes_ask_the_port_where_health_is_served(overlay: str) -> None:
    for pod in pods(overlay):
        for one in pod.containers():
            asked = {kind: probe["httpGet"] for kind, probe in probes(one).items() if "httpGet" in probe}
            if not asked:
                continue
            served = environment(overlay, pod.name, one)["EV_METRICS"].rpartition(":")[2]
            assert {pod.port(get["port"]) for get in asked.values()} == {int(served)}
            assert asked["readinessProbe"]["path"] == "/readyz"
            # A Pod whose database is away is not made better by a restart.
            assert asked["livenessProbe"]["path"] == "/healthz"
            assert {get["scheme"] for get in asked.values()} == {"HTTPS"}


@of_both
def test_what_is_listened_on_is_what_is_named(overlay: str) -> None:
    central = next(pod for pod in pods(overlay) if pod.name == "central")
    (container,) = central.spec["containers"]
    told = environment(overlay, "central", container)
    assert (told["EV_CENTRAL_HOST"], told["EV_CENTRAL_PORT"]) == ("0.0.0.0", str(central.port("links")))
    annotations = of_kind(overlay, "Deployment")["central"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(central.port("metrics"))


@of_both
def test_services_lead_to_ports_of_just_one_workload(overlay: str) -> None:
    for name, service in of_kind(overlay, "Service").items():
        chosen = [pod for pod in pods(overlay) if pod.is_chosen_by(service["spec"]["selector"])]
        assert [pod.name for pod in chosen] == [name]
        for port in service["spec"]["ports"]:
            assert chosen[0].port(port["targetPort"]) == port["port"]
    headless = {name for name, one in of_kind(overlay, "Service").items() if one["spec"].get("clusterIP") == "None"}
    assert {one["spec"]["serviceName"] for one in of_kind(overlay, "StatefulSet").values()} == headless


def secrets_named(pod: Pods) -> set[str]:
    variables = [one.get("valueFrom", {}).get("secretKeyRef") for c in pod.containers() for one in c.get("env", ())]
    return {one["name"] for one in variables if one} | {
        volume["secret"]["secretName"] for volume in pod.spec["volumes"] if "secret" in volume
    }


#: What Central has of Secrets wherever it runs.
CENTRALS = {"central-database", "central-tls", "central-keys"}


def test_secrets_are_made_by_who_runs_it_and_the_page_says_which() -> None:
    outside = set().union(*(secrets_named(pod) for pod in pods("production")))
    assert (outside, of_kind("production", "Secret")) == ({*CENTRALS, "central-kafka"}, {})
    assert set(re.findall(r"create secret (?:generic|tls) ([\w-]+) ", PAGE.read_text())) == outside


def test_the_trial_has_its_secrets_from_a_folder_that_git_ignores() -> None:
    made = {
        re.sub(r"-[a-z0-9]{10}$", "", name): set(one["data"]) for name, one in of_kind("one-node", "Secret").items()
    }
    secrets = {"point-point-0.secret", "point-point-1.secret"}
    assert made == {
        "central-database": {"password"},
        "central-tls": {"tls.crt", "tls.key"},
        "central-keys": {"secrets.key", "operator.secret", "metrics.token"},
        "people": secrets | {"driver-D001.secret"},
        "points": secrets | {"ca.pem", "tls.crt", "tls.key", "metrics.token"},
        "driver": {"ca.pem", "driver-D001.secret"},
    }
    named = {re.sub(r"-[a-z0-9]{10}$", "", name) for pod in pods("one-node") for name in secrets_named(pod)}
    assert named == made.keys()
    assert "deploy/k8s/overlays/*/keys/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_trials_keys_are_made_by_its_script_as_its_secrets_name_them(tmp_path: Path) -> None:
    overlay = tmp_path / "one-node"
    overlay.mkdir()
    for name in ("keys.sh", "kustomization.yaml"):
        shutil.copy(FILES / "overlays" / "one-node" / name, overlay)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for _ in range(2):  # the second time nothing changes, and nothing is refused
        subprocess.run(
            ["sh", str(overlay / "keys.sh")], env={**os.environ, "PATH": path}, check=True, capture_output=True
        )
    wanted = keys_of(overlay)
    assert len(wanted) == 12
    assert {path for path in wanted if not path.stat().st_size} == set()
    assert re.fullmatch(r"password=[0-9a-f]{64}\n", (overlay / "keys" / "database.env").read_text())
    # The authority's key goes into no Secret.
    assert overlay / "keys" / "ca.key" not in wanted


@of_both
def test_nobody_needs_to_be_told_insecure(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for settings, given in programs(overlay):
        with monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            patch.delenv("EV_CENTRAL_AUTH", raising=False)
            assert not [one for one in listeners(load(settings, {})) if one.stands_open]


@of_both
def test_an_update_takes_nothing_away_before_it_is_replaced(overlay: str) -> None:
    deployment = of_kind(overlay, "Deployment")["central"]["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    pod = deployment["template"]["spec"]
    pause = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= pause + 2 * STOP_WITHIN_S
    # Two of one name would each undo at their start what the other holds.
    assert environment(overlay, "central", pod["containers"][0])["EV_CENTRAL_INSTANCE"] == "central-0"


def test_production_is_scaled_by_figures_that_the_adapter_serves() -> None:
    scaler = of_kind("production", "HorizontalPodAutoscaler")["central"]["spec"]
    deployment = of_kind("production", "Deployment")["central"]["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "central"}
    assert "replicas" not in deployment  # else every apply would undo what the autoscaler did
    told = environment("production", "central", deployment["template"]["spec"]["containers"][0])
    assert 3 <= scaler["minReplicas"] <= scaler["maxReplicas"] <= int(told["EV_CENTRAL_KAFKA_PARTITIONS"])
    rules = yaml.safe_load((FILES / "overlays" / "production" / "prometheus-adapter.yaml").read_text())["rules"]
    served = [(kind, rule["seriesQuery"].partition("{")[0]) for kind in rules for rule in rules[kind]]
    wanted = [(one["type"], one[one["type"].lower()].get("metric", {}).get("name")) for one in scaler["metrics"]]
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert {name for _, name in served if f"`{name}`" not in page} == set()
    names = {"custom": "Pods", "external": "External"}
    assert [*((names[kind], name) for kind, name in served), ("Resource", None)] == wanted


def test_a_drain_of_nodes_takes_one_central_at_a_time() -> None:
    budget = of_kind("production", "PodDisruptionBudget")["central"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert [pod.name for pod in pods("production") if pod.is_chosen_by(budget["selector"]["matchLabels"])] == [
        "central"
    ]


def test_only_what_is_named_gets_in_and_out() -> None:
    policies = {name: one["spec"] for name, one in of_kind("production", "NetworkPolicy").items()}
    assert policies.pop("nothing") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert {name: (_chosen(one["podSelector"]), _opened(one)) for name, one in policies.items()} == {
        "central-links": ({"central"}, {"in": [("anywhere", "links")]}),
        "central-metrics": ({"central"}, {"in": [("monitoring", "metrics")]}),
        "central-kafka-and-traces": ({"central"}, {"out": [("anywhere", "9092-9098"), ("anywhere", "4318")]}),
        "database": (
            {"central", "database-upgrade"},
            {"out": [("kube-system", "53"), ("kube-system", "53"), ("anywhere", "5432")]},
        ),
    }
    central = next(pod for pod in pods("production") if pod.name == "central")
    assert None not in (central.port("links"), central.port("metrics"))


def _chosen(selector: Any) -> set[str]:
    """The workloads whose Pods a policy binds."""
    wanted = {key: [value] for key, value in selector.get("matchLabels", {}).items()}
    wanted |= {one["key"]: one["values"] for one in selector.get("matchExpressions", ()) if one["operator"] == "In"}
    return {pod.name for pod in pods("production") if all(pod.labels.get(key) in wanted[key] for key in wanted)}


def _opened(policy: Any) -> dict[str, list[tuple[str, str]]]:
    """Which way a policy opens what, and to whom."""
    found: dict[str, list[tuple[str, str]]] = {}
    for way, key, peers in (("in", "ingress", "from"), ("out", "egress", "to")):
        for rule in policy.get(key, ()):
            named = [name for peer in rule.get(peers, ()) for name in peer["namespaceSelector"]["matchLabels"].values()]
            for port in rule["ports"]:
                ports = f"{port['port']}-{port['endPort']}" if "endPort" in port else str(port["port"])
                found.setdefault(way, []).append((", ".join(named) or "anywhere", ports))
    return found


def test_the_trials_driver_knows_the_points_there_are() -> None:
    points = of_kind("one-node", "StatefulSet")["point"]["spec"]["replicas"]
    named = (FILES / "overlays" / "one-node" / "points.txt").read_text().split()
    assert named == [f"point-{number}" for number in range(points)]


def test_the_trials_broker_is_reached_by_the_name_it_gives() -> None:
    lines = (FILES / "overlays" / "one-node" / "server.properties").read_text().splitlines()
    options = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    (port,) = of_kind("one-node", "Service")["kafka"]["spec"]["ports"]
    assert options["advertised.listeners"] == f"PLAINTEXT://kafka:{port['port']}"
    told = [
        environment("one-node", pod.name, one).get("EV_KAFKA") for pod in pods("one-node") for one in pod.containers()
    ]
    assert Counter(filter(None, told)) == {f"kafka:{port['port']}": 4}


def test_the_page_names_files_that_are_there() -> None:
    named = set(re.findall(r"deploy/k8s/[\w./-]*\w", PAGE.read_text()))
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert {"deploy/k8s/base", *(f"deploy/k8s/overlays/{overlay}" for overlay in OVERLAYS)} <= named
