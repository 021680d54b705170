# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfigs as users have them, each with what else whoever uses it sets. All of them lead to the same cluster."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from api_server import ADMIN_TOKEN, ApiServer

DEAD = "http://127.0.0.1:1"
PLUGIN = """\
#!/bin/sh
[ "$WHO" = me ] || { echo "no WHO" >&2; exit 1; }
printf '%s' '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "TOKEN"}}'
"""


@dataclass
class Way:
    """How somebody names a cluster: the roles' options, and the environment of the run."""

    kubeconfig: str = ""
    context: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Maker:
    """``wanted`` is where all has to go, ``other`` is where nothing may change."""

    folder: Path
    wanted: ApiServer
    other: ApiServer

    def write(self, name: str, **more: Any) -> Path:
        return self.wanted.write_kubeconfig(self.folder / name, **more)

    def relative(self) -> dict[str, str]:
        shutil.copy(self.wanted.ca, self.folder / "ca.crt")
        return {"server": self.wanted.url, "certificate-authority": "ca.crt"}


def change(path: Path, edit: Callable[[dict[str, Any]], Any]) -> Path:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def joined(path: Path, *files: Path) -> Path:
    """One kubeconfig of several, whose first is the current one."""
    contents = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    for key in ("contexts", "clusters", "users"):
        contents[0][key] = [one for content in contents for one in content[key]]
    path.write_text(json.dumps(contents[0]), encoding="utf-8")
    return path


def relative_certificate(make: Maker) -> Way:
    return Way(str(make.write("config", cluster=make.relative())))


def two_files(make: Maker) -> Way:
    first = change(make.write("a.yaml"), lambda content: content.update(clusters=[], users=[]))
    second = change(
        make.write("b.yaml", cluster=make.relative()), lambda content: content.update({"current-context": "elsewhere"})
    )
    return Way(f"{first}:{second}")


def relative_plugin(make: Maker) -> Way:
    plugin = make.folder / "plugin.sh"
    plugin.write_text(PLUGIN.replace("TOKEN", ADMIN_TOKEN), encoding="utf-8")
    plugin.chmod(0o755)
    execute = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "./plugin.sh",
        "env": [{"name": "WHO", "value": "me"}],
        "interactiveMode": "Never",
    }
    return Way(str(make.write("config", cluster=make.relative(), credentials={"exec": execute})))


def odd_path(make: Maker) -> Way:
    return Way(environment={"KUBECONFIG": str(make.write("my küche 'n more/config"))})


def home(make: Maker) -> Way:
    make.write("config")
    return Way("~/config", environment={"HOME": str(make.folder)})


def empty_and_missing_entries(make: Maker) -> Way:
    return Way(environment={"KUBECONFIG": f"::{make.folder / 'gone'}:{make.write('config')}:"})


def the_first_of_two_contexts(make: Maker) -> Way:
    first = make.write("a.yaml", context="same")
    second = make.other.write_kubeconfig(make.folder / "b.yaml", context="same")
    return Way(environment={"KUBECONFIG": f"{first}:{second}"})


def a_context_by_the_environment(make: Maker) -> Way:
    other = make.other.write_kubeconfig(make.folder / "other")
    both = joined(make.folder / "both", other, make.write("config"))
    return Way(environment={"K8S_AUTH_KUBECONFIG": str(both), "K8S_AUTH_CONTEXT": make.wanted.name})


def context_like_a_number(make: Maker) -> Way:
    other = make.other.write_kubeconfig(make.folder / "other")
    return Way(str(joined(make.folder / "both", other, make.write("config", context="1e3"))), "1e3")


def context_like_a_boolean(make: Maker) -> Way:
    config = make.write("config", context="no")
    return Way(str(change(config, lambda content: content.pop("current-context"))), "no")


def dead_proxy(make: Maker) -> Way:
    return Way(str(make.write("config")), environment={"HTTPS_PROXY": DEAD, "HTTP_PROXY": DEAD, "ALL_PROXY": DEAD})


def variables_of_helm(make: Maker) -> Way:
    return Way(
        str(make.write("config")),
        environment={
            "HELM_KUBECONTEXT": make.other.name,
            "HELM_KUBEAPISERVER": make.other.url,
            "HELM_KUBETOKEN": "wrong",
            "HELM_KUBEASUSER": "limited",
            "HELM_NAMESPACE": "default",
            "KUBECONFIG": str(make.other.kubeconfig),
        },
    )


WAYS: tuple[Callable[[Maker], Way], ...] = (
    relative_certificate,
    two_files,
    relative_plugin,
    odd_path,
    home,
    empty_and_missing_entries,
    the_first_of_two_contexts,
    a_context_by_the_environment,
    context_like_a_number,
    context_like_a_boolean,
    dead_proxy,
    variables_of_helm,
)


def everything(cluster: ApiServer, namespace: str = "") -> str:
    """What there is in a cluster, or in a namespace of it, in its present version, but for what changes by itself."""
    found = []
    there = cluster.namespaces() - {"kube-system"}
    for kind in ("api/v1/namespaces", "api/v1/secrets", "api/v1/configmaps", "apis/apps/v1/statefulsets"):
        answer = cluster.ask("GET", f"/{kind}")
        found += [
            (kind, item["metadata"].get("namespace"), item["metadata"]["name"], item["metadata"]["resourceVersion"])
            for item in answer.content["items"]
            if item["metadata"].get("namespace", item["metadata"]["name"]) in there
            and namespace in ("", item["metadata"].get("namespace"))
        ]
    return json.dumps(sorted(found, key=str), indent=1)
