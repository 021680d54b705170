"""Where the cluster, its charts and its programs are, and how the benches use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.request import urlopen

import yaml

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / ".testbed" / "bench"
LIMIT = 900.0


@dataclass(frozen=True)
class Api:
    """The API server behind one proxy: a kubectl for each question would take a good part of a small machine."""

    address: str

    def text(self, path: str, timeout: float = 5) -> str:
        """What a GET answers; ``OSError`` when it can't be had."""
        with urlopen(self.address + path, timeout=timeout) as answer:
            body: bytes = answer.read()
        return body.decode()

    def json(self, path: str, timeout: float = 5) -> Any:
        return json.loads(self.text(path, timeout))


@dataclass(frozen=True)
class Bed:
    """The test bed, as its inventory says."""

    settings: dict[str, str]

    @classmethod
    def read(cls) -> Bed:
        file = ROOT / ".testbed" / "inventory" / "hosts.yml"
        if not file.is_file():
            raise SystemExit(f"There is no {file}: bring the cluster up with `make cluster`.")
        return cls(yaml.safe_load(file.read_text())["all"]["hosts"]["localhost"])

    def get(self, name: str, default: str = "") -> str:
        return str(self.settings.get(name, default))

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["kubectl", "--kubeconfig", self.get("k8s_tracing_kubeconfig"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def helm(self, namespace: str, release: str, chart: str, *arguments: str) -> None:
        helm = self.get("k8s_tracing_helm_binary", "helm")
        where = ["--kubeconfig", self.get("k8s_tracing_kubeconfig"), "--namespace", namespace]
        run([helm, *where, "upgrade", "--install", release, chart, "--create-namespace", "--wait", *arguments])

    def play(self, namespace: str, playbooks: list[str], settings: dict[str, object], **environment: str) -> str:
        given = {"k8s_tracing_namespace": namespace, **settings}
        ansible = str(Path(sys.executable).with_name("ansible-playbook"))
        return run(
            [ansible, "--inventory", ".testbed/inventory", "--extra-vars", json.dumps(given), *playbooks], environment
        )

    def profile(self, namespace: str, playbooks: list[str], settings: dict[str, object]) -> str:
        """The tasks of a play that take longest, as ansible.posix.profile_tasks tells them."""
        output = self.play(namespace, playbooks, settings, ANSIBLE_CALLBACKS_ENABLED="ansible.posix.profile_tasks")
        return output.partition("TASKS RECAP")[2].partition("\n")[2]

    def remove(self, namespace: str) -> None:
        self.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait", "--timeout=180s")

    @contextmanager
    def api(self) -> Iterator[Api]:
        command = ["kubectl", "--kubeconfig", self.get("k8s_tracing_kubeconfig"), "proxy", "--port=0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
            assert proxy.stdout
            try:
                yield Api("http://" + proxy.stdout.readline().rpartition(" ")[2].strip())
            finally:
                proxy.terminate()


def run(command: list[str], environment: Mapping[str, str] = MappingProxyType({})) -> str:
    """What the command says; ends the bench when it fails."""
    given = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False, timeout=LIMIT)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:6])} ... failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def processor_time() -> tuple[int, int]:
    """All of it, and what the machine's host gave to others meanwhile: a round that was robbed says so."""
    times = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(times), times[7]


def keep(part: str, figures: object) -> None:
    """One file for each part, so that a part can be run again by itself."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{part}.json").write_text(json.dumps(figures, indent=2) + "\n")
