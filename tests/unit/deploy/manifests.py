"""The Kubernetes manifests as a cluster would get them: rendered by a real kustomize, and read."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from deploy import kustomize
from tests.servers import missing

FILES = Path(__file__).parents[3] / "deploy" / "k8s"
OVERLAYS = ("one-node", "production")
Resource = Mapping[str, Any]


@cache
def render(overlay: str) -> tuple[Resource, ...]:
    """Every resource of an overlay; what keys.sh would make is made up, as nobody's own is in the tree."""
    command = kustomize.find()
    if command is None:
        missing("kustomize", "There is no kustomize; `python -m deploy.kustomize` builds one from its Go module.")
    with TemporaryDirectory() as folder:
        copy = shutil.copytree(FILES, Path(folder) / "k8s", ignore=shutil.ignore_patterns("keys"))
        for path in keys_of(copy / "overlays" / overlay):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("password=made-up")
        done = subprocess.run([*command, str(copy / "overlays" / overlay)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return tuple(yaml.safe_load_all(done.stdout))


def keys_of(overlay: Path) -> set[Path]:
    """The files of keys/ that an overlay takes secrets from."""
    return {overlay / name for name in re.findall(r"\bkeys/[\w./-]+\w", (overlay / "kustomization.yaml").read_text())}


def of_kind(overlay: str, kind: str) -> dict[str, Resource]:
    return {one["metadata"]["name"]: one for one in render(overlay) if one["kind"] == kind}


@dataclass(frozen=True)
class Pods:
    """What one workload makes: its name, its Pod, and the labels by which others find it."""

    name: str
    spec: Resource
    labels: Mapping[str, str]

    def containers(self) -> Iterator[Resource]:
        yield from self.spec.get("initContainers", ())
        yield from self.spec["containers"]

    def port(self, name: str) -> int | None:
        """A port of the Pod by its name."""
        found = [
            port["containerPort"] for one in self.containers() for port in one.get("ports", ()) if port["name"] == name
        ]
        return int(found[0]) if len(found) == 1 else None

    def is_chosen_by(self, labels: Mapping[str, str]) -> bool:
        return labels.items() <= self.labels.items()


def pods(overlay: str) -> Iterator[Pods]:
    for one in render(overlay):
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template is not None:
            yield Pods(one["metadata"]["name"], template["spec"], template["metadata"]["labels"])


def environment(overlay: str, pod: str, container: Resource) -> dict[str, str]:
    """What the container finds there. What Kubernetes fills in is given here: the Pod's name, and no secret."""
    settings = of_kind(overlay, "ConfigMap")
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= settings[source["configMapRef"]["name"]]["data"]
    for one in container.get("env", ()):
        found[one["name"]] = one.get("value", f"{pod}-0" if "fieldRef" in one.get("valueFrom", {}) else "")
    return found


def sources() -> Iterator[tuple[Path, Resource]]:
    """The resources that the kustomizations name, as they stand in their files."""
    for path in sorted(FILES.rglob("kustomization.yaml")):
        for name in yaml.safe_load(path.read_text())["resources"]:
            if (path.parent / name).is_file():
                for one in yaml.safe_load_all((path.parent / name).read_text()):
                    yield path.parent / name, one
