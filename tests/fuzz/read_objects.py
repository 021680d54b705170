# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets: objects of Kubernetes as an API server sends them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.generator import k6_run
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import main_image, tracing_status
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s import companion_objects, generated_secret
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi, understood
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.volume_claims import ARGUMENTS as VOLUMES
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.volume_claims import Enlargement, wishes
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.wait import WORKLOADS_ARGUMENTS, wait_for
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.options import ARGUMENTS as PREFLIGHT
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.options import wanted
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.preflight import judge
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._preflight.reads import look
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release import guards
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.storage import Place, compare_storage
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.up_to_date import is_up_to_date
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import (
    Params,
    Response,
    ServiceSettings,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_proxy import KubeProxyTransport
from fakes import FakeApiConnection, FakeTime, answer
from read_files import RELEASE, packed
from source import Source
from target import options, target

OBJECTS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("objects.yml").read_text(encoding="utf-8"))
POD, WORKLOAD, POLICY = OBJECTS["pod"], OBJECTS["workload"], OBJECTS["network_policy"]
HELM = {**OBJECTS["helm_record"], "data": {"release": packed(json.dumps(RELEASE).encode())}}
SIZED = {
    "metadata": {"name": "sized", "uid": "1"},
    "spec": {
        "volumeClaimTemplates": [
            {"metadata": {"name": "storage"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}}
        ]
    },
}
SMALL = {
    "metadata": {"name": "storage-sized-0", "uid": "2"},
    "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}},
    "status": {"phase": "Bound"},
}
MONITORING = "monitoring.coreos.com/v1"
GROUP = {"versions": [{"groupVersion": MONITORING}], "preferredVersion": {"groupVersion": MONITORING}}


def listed(*found: Any) -> dict[str, Any]:
    return {"items": list(found), "metadata": {"continue": ""}}


# By the end of a path, the longest first.
GOOD: dict[str, Any] = {
    "/version": {"major": "1", "minor": "34+", "gitVersion": "v1.34.3"},
    "/namespaces/tracing": OBJECTS["namespace"],
    "/secrets/s": OBJECTS["secret"],
    "/services/tempo": {"metadata": {"name": "tempo"}},
    "/clusterroles/tempo": {"metadata": {"annotations": {guards.OWNER_NAMESPACE: "x"}}},
    "/selfsubjectaccessreviews": {"status": {"allowed": False}},
    "/apis/monitoring.coreos.com": GROUP,
    "/apis/monitoring.coreos.com/v1": {"resources": [{"name": "servicemonitors"}]},
    **dict.fromkeys(("/networkpolicies/p", "/networkpolicies/q"), POLICY),
    **{f"/{plural}/alloy": WORKLOAD for plural in ("deployments", "statefulsets", "daemonsets", "jobs")},
    **{f"/{plural}": listed(WORKLOAD) for plural in ("deployments", "statefulsets", "daemonsets", "jobs")},
    "/pods": listed(POD),
    "/secrets": listed(HELM),
    "/networkpolicies": listed(POLICY),
    "/endpointslices": listed(OBJECTS["endpoint_slice"]),
    "/events": listed(OBJECTS["event"]),
    "/statefulsets/sized": SIZED,
    "/storageclasses/fast": {"allowVolumeExpansion": True},
    "/persistentvolumeclaims/storage-sized-0": SMALL,
    "/persistentvolumeclaims": listed(OBJECTS["claim"], SMALL),
    "/replicasets": listed(OBJECTS["replica_set"]),
    "/nodes": listed(OBJECTS["node"]),
    "/resourcequotas": listed(OBJECTS["quota"]),
    "/limitranges": listed(OBJECTS["limit_range"]),
    "/storageclasses": listed(OBJECTS["storage_class"]),
    "/services": listed(OBJECTS["storage_class"]),
}
PAGES = {path: json.dumps(page).encode() for path, page in GOOD.items()}
ORDER = sorted(PAGES, key=len, reverse=True)


class Server(FakeApiConnection):
    """Answers by the end of a path. What comes behind `alter` is not what Kubernetes would send."""

    def __init__(self, source: Source) -> None:
        super().__init__({})
        altered = source.pick(tuple(GOOD))
        self._pages = {**PAGES, altered: source.json(GOOD[altered])}

    def request(
        self, path: str, params: Params, headers: Any, body: Any, *, timeout: float, method: str = ""
    ) -> Response:
        if path.endswith("/log"):
            return answer("Error: no\n", content_type="text/plain")
        found = next((name for name in ORDER if path.endswith(name)), None)
        return answer(self._pages[found]) if found else answer({"message": "no", "kind": "Status"}, 404)


@target()
def workloads(source: Source) -> Any:
    kind = source.pick(("Deployment", "StatefulSet", "DaemonSet", "Job"))
    given = options(WORKLOADS_ARGUMENTS, workloads=[{"kind": kind, "name": "alloy"}], timeout=5.0)
    return wait_for(given, Server(source), FakeTime().clock)


@target()
def preflight(source: Source) -> Any:
    pod = {"name": "tempo", "replicas": 2, "containers": 1, "requests": {"cpu": "2"}, "limits": {"memory": "4Gi"}}
    claim = {"claim": "data", "storage_class": "", "size": "10Gi", "replicas": 1, "option": "o"}
    one = {"name": "servicemonitors.monitoring.coreos.com", "needed_for": "n", "option": "o"}
    asked = wanted(
        options(
            PREFLIGHT,
            min_version="1.25",
            permissions=[{"group": "", "resource": "pods", "verbs": ["create"], "namespace": None}],
            storage=[claim],
            crds=[one],
            pods=[pod],
            release_names=["tempo"],
            exclusive=[{"chart": "tempo", "release_name": "tempo", "reason": "r", "option": ""}],
            services=[{"name": "tempo", "namespace": "tracing", "option": "o", "address": "a"}],
            named_secrets=[{"name": "s", "namespace": "", "keys": ["user"], "option": "o"}],
            new_workloads=["Deployment"],
            pod_security="restricted",
        )
    )
    return judge(asked, look(KubeApi(Server(source)), asked))


@target()
def companions(source: Source) -> Any:
    good = {"kind": "NetworkPolicy", "metadata": {"name": "q"}, "spec": {"ingress": [{"from": [{"apiServer": True}]}]}}
    given = source.document([good]) if source.below(2) else [good]
    given = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else [good]
    params = options(companion_objects.ARGUMENTS, release_name="tempo", objects=given)
    api = KubeApi(Server(source))
    changes = companion_objects.settle(params, False, api)
    return companion_objects.to_result(changes, True)


@target()
def secrets(source: Source) -> Any:
    data = source.document({"a": "b"}) if source.below(2) else {"a": "b"}
    given = {"name": "s", "data": data if isinstance(data, dict) else {}, "generate": ["c"], "required_keys": ["a"]}
    state = source.pick(("present", "absent"))
    params = options(generated_secret.SECRET_ARGUMENTS, state=state, **given)
    return generated_secret.provide(params, True, KubeApi(Server(source))).to_result(True)


@target()
def settled_release(source: Source) -> Any:
    item = {"kind": "ClusterRole", "metadata": {"name": "tempo"}}
    api = KubeApi(Server(source))
    guards.refuse_foreign(api, [item], "tempo", "tracing")
    params = options(
        companion_objects.ARGUMENTS,
        release_name="tempo",
        workloads=[{"kind": "Deployment", "name": "alloy"}],
        objects=[],
        secrets=[{"name": "login", "keys": ["user"]}],
    )
    return is_up_to_date(params, api)


@target()
def volumes(source: Source) -> Any:
    """The sizes of volumes, in manifests and in objects."""
    template = {"metadata": {"name": "storage"}, "spec": {"resources": {"requests": {"storage": "20Gi"}}}}
    good = [
        {"kind": "StatefulSet", "metadata": {"name": "sized"}, "spec": {"volumeClaimTemplates": [template]}},
        {"kind": "PersistentVolumeClaim", "metadata": {"name": "storage-sized-0"}, "spec": template["spec"]},
    ]
    api, time = KubeApi(Server(source)), FakeTime()
    found = understood(lambda: compare_storage(api, Place("tracing", "o", Shell()), [], good))
    params = options(VOLUMES, stateful_sets=[{"name": "sized", "claims": {"storage": "20Gi"}}], timeout=5.0)
    done = understood(lambda: Enlargement(api, params, time.clock).run(wishes(params), True))
    return [found.problems, found.changes, done]


@target()
def service_proxy(source: Source) -> Any:
    """The pods behind a Service, and what the API server says where it leads nowhere."""
    transport = KubeProxyTransport(Server(source), ServiceSettings("tracing", "alloy", 12345))
    names = [name for name, _member in transport.members(timeout=9.0)]
    said = {
        "kind": "Status",
        "apiVersion": "v1",
        "code": 503,
        "message": "no endpoints available for service",
        "reason": "x",
    }
    status, body = source.pick((200, 301, 400, 401, 403, 404, 429, 502, 503)), source.json(said)
    broken = KubeProxyTransport(Broken(status, body), ServiceSettings("tracing", "alloy", 12345))
    return [names, broken.get("/metrics", timeout=9.0).status]


class Broken(FakeApiConnection):
    def __init__(self, status: int, body: bytes) -> None:
        super().__init__({})
        self._answer = Response(status, {"location": "http://x/"}, body)

    def request(
        self, path: str, params: Params, headers: Mapping[str, str], body: Any, *, timeout: float, method: str = ""
    ) -> Response:
        return self._answer


@target(AnsibleFilterError)
def pods_of_a_variable(source: Source) -> Any:
    """Pods as `k8s_info` returned them, in filters."""
    kind = source.below(3)
    pods = source.document([POD])
    samples = source.document([{"metric": {"figure": "cpu", "job": "alloy"}, "value": [1.5, "0.25"]}])
    account = source.document(
        {"accepted": 9, "sent": 8, "received": 8, "queued": 1, "refused": 1, "discarded_total": None}
    )
    if kind == 0:
        return k6_run(pods)
    if kind == 1:
        pod = pods[0] if isinstance(pods, list) and pods else pods
        return main_image(pod)
    return tracing_status(pods, account, 9, samples, ["a"])
