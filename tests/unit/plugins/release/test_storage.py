# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sizes of volumes in a plan: what grows, and what can't be had."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._k8s.api import KubeApi
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.storage import (
    Place,
    Storage,
    compare_storage,
    resized_sets,
    smaller_claims,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._shell import Shell
from fakes import FakeApiConnection, answer

pytestmark = pytest.mark.case("F9")

CLAIMS = "/api/v1/namespaces/tracing/persistentvolumeclaims"
SET = "/apis/apps/v1/namespaces/tracing/statefulsets/tempo"
CLASS = "/apis/storage.k8s.io/v1/storageclasses/fast"
NO = answer({"message": "no"}, 403)
GONE = answer({"message": "no"}, 404)


def claim(name: str = "storage-tempo-0", size: str = "10Gi", phase: str = "Bound", **spec: Any) -> dict[str, Any]:
    given = {"storageClassName": "fast", "resources": {"requests": {"storage": size}}, **spec}
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": given, "status": {"phase": phase}}


def stateful_set(size: str = "10Gi", name: str = "tempo", **metadata: Any) -> dict[str, Any]:
    template = {"metadata": {"name": "storage"}, "spec": {"resources": {"requests": {"storage": size}}}}
    named = {"name": name, **metadata}
    return {"kind": "StatefulSet", "metadata": named, "spec": {"volumeClaimTemplates": [template]}}


def compared(
    new: list[dict[str, Any]],
    old: list[dict[str, Any]] | None = None,
    option: str = "tempo_persistence_size",
    **more: Any,
) -> tuple[Storage, FakeApiConnection]:
    answers = {
        SET: answer(stateful_set()),
        CLAIMS: answer({"items": [claim()]}),
        CLASS: answer({"allowVolumeExpansion": True}),
        **{{"set": SET, "claims": CLAIMS, "storage_class": CLASS}[name]: value for name, value in more.items()},
    }
    connection = FakeApiConnection(answers)
    place = Place("tracing", option, Shell())
    return compare_storage(KubeApi(connection), place, old or [stateful_set()], new), connection


def test_a_claim_that_can_grow() -> None:
    found, _connection = compared([stateful_set("20Gi")])
    assert found.stateful_sets == [{"name": "tempo", "claims": {"storage": "20Gi"}}]
    assert found.changes == [
        "volume claim storage-tempo-0 grows from 10Gi to 20Gi",
        "StatefulSet tempo is made anew around its pods, which stay",
    ]
    assert found.problems == []


def test_one_that_was_enlarged_by_hand_leaves_the_templates() -> None:
    found, _connection = compared([stateful_set("20Gi")], claims=answer({"items": [claim(size="20Gi")]}))
    assert found.changes == ["StatefulSet tempo is made anew around its pods, which stay"]
    assert found.stateful_sets != []


def test_a_set_that_an_interrupted_run_has_deleted() -> None:
    found, _connection = compared([stateful_set("20Gi")], set=GONE)
    assert found.changes == ["volume claim storage-tempo-0 grows from 10Gi to 20Gi"]
    assert found.stateful_sets == [{"name": "tempo", "claims": {"storage": "20Gi"}}]


@pytest.mark.parametrize("size", ["10Gi", "10240Mi"])
def test_the_same_size_asks_for_the_set_alone(size: str) -> None:
    found, connection = compared([stateful_set(size)])
    assert found == Storage()
    assert [path for _method, path, *_rest in connection.asked] == [SET]


def test_what_is_no_size_or_is_elsewhere_is_left_to_kubernetes() -> None:
    elsewhere = stateful_set("20Gi", namespace="other")
    odd = [stateful_set("much"), elsewhere, {"kind": "StatefulSet", "metadata": None}, {"kind": "ConfigMap"}]
    found, connection = compared(odd)
    assert (found, connection.asked) == (Storage(), [])


BACK = "Set tempo_persistence_size to 10Gi"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"storage_class": answer({"allowVolumeExpansion": False})},
            "storage class fast does not have allowVolumeExpansion: true. "
            f"{BACK}, or, if its driver can enlarge volumes, let it: kubectl patch storageclass fast -p "
            "'{\"allowVolumeExpansion\": true}'",
        ),
        (
            {"storage_class": answer({"metadata": {}})},
            "storage class fast does not have allowVolumeExpansion: true. "
            f"{BACK}, or, if its driver can enlarge volumes, let it: kubectl patch storageclass fast -p "
            "'{\"allowVolumeExpansion\": true}'",
        ),
        (
            {"storage_class": NO},
            "this user may not read storage class fast, which says whether its volumes can be enlarged. "
            f"{BACK}, or grant get of storageclasses in storage.k8s.io, as docs/minimal-role.md has it.",
        ),
        (
            {"storage_class": GONE},
            f"there is no storage class fast any more. {BACK}, or remove the release with its data first.",
        ),
        (
            {"claims": answer({"items": [claim(storageClassName=None)]})},
            "it has no storage class, so that nothing can enlarge it. "
            f"{BACK}, or remove the release with its data first.",
        ),
        (
            {"claims": answer({"items": [claim(phase="Pending")]})},
            f"only a volume that is bound can be enlarged. {BACK}, or remove the release with its data first.",
        ),
    ],
)
def test_a_claim_that_can_not_grow(more: dict[str, Any], said: str) -> None:
    found, _connection = compared([stateful_set("20Gi")], **more)
    where = "Volume claim storage-tempo-0 in namespace tracing cannot grow from 10Gi to 20Gi"
    assert found == Storage(problems=[f"{where}: {said}"])


def test_claims_that_may_not_be_listed() -> None:
    found, _connection = compared([stateful_set("20Gi")], claims=NO)
    assert found.problems == [
        "Volume claims storage of StatefulSet tempo in namespace tracing cannot grow from 10Gi to 20Gi: this user may "
        f"not list volume claims. {BACK}, or grant list and patch of persistentvolumeclaims in this namespace."
    ]


def test_claims_of_several_pods_are_one_sentence() -> None:
    claims = answer({"items": [claim(), claim("storage-tempo-1")]})
    found, _connection = compared([stateful_set("20Gi")], claims=claims, storage_class=GONE)
    (said,) = found.problems
    assert said.startswith("Volume claims storage-tempo-0, storage-tempo-1 in namespace tracing cannot grow")


def test_no_volume_shrinks() -> None:
    found, connection = compared([stateful_set("5Gi")], option="")
    assert found == Storage(
        problems=[
            "Volume claims storage of StatefulSet tempo in namespace tracing cannot shrink from 10Gi to 5Gi: a volume "
            "can only be enlarged. Ask for 10Gi again, or remove the release with its data first."
        ]
    )
    assert [path for _method, path, *_rest in connection.asked] == [SET]


@pytest.mark.parametrize(
    ("size", "changes", "problem"),
    [
        ("10Gi", [], ""),
        ("20Gi", ["volume claim storage-tempo-0 grows from 10Gi to 20Gi"], ""),
        ("5Gi", [], "Volume claim storage-tempo-0 in namespace tracing cannot shrink from 10Gi to 5Gi"),
    ],
)
def test_a_claim_of_the_chart_is_enlarged_by_helm(size: str, changes: list[str], problem: str) -> None:
    connection = FakeApiConnection(
        {f"{CLAIMS}/storage-tempo-0": answer(claim()), CLASS: answer({"allowVolumeExpansion": True})}
    )
    place = Place("tracing", "grafana_persistence_size", Shell())
    found = compare_storage(KubeApi(connection), place, [], [claim(size=size)])
    assert (found.changes, found.stateful_sets) == (changes, [])
    assert [text.startswith(problem) for text in found.problems] == ([True] if problem else [])
    assert {method for method, *_rest in connection.asked} == {"GET"}


def test_a_revision_with_a_smaller_claim_of_the_chart_can_not_be_gone_back_to() -> None:
    connection = FakeApiConnection({f"{CLAIMS}/storage-tempo-0": answer(claim())})
    place = Place("tracing", "", Shell(), 3)
    assert smaller_claims(KubeApi(connection), place, [claim(size="5Gi")]) == [
        "Volume claim storage-tempo-0 in namespace tracing cannot shrink from 10Gi to 5Gi: a volume can only be "
        "enlarged. Go back to another revision than 3, one that asks for 10Gi, or remove the release with its data "
        "first."
    ]
    assert smaller_claims(KubeApi(connection), place, [claim(), claim(size="20Gi"), stateful_set("5Gi")]) == []
    assert smaller_claims(KubeApi(connection), place, [claim("other")]) == []


@pytest.mark.parametrize("there", [NO, GONE])
def test_a_claim_that_is_not_there_or_may_not_be_read_is_left_to_helm(there: Any) -> None:
    connection = FakeApiConnection({f"{CLAIMS}/storage-tempo-0": there})
    assert compare_storage(KubeApi(connection), Place("tracing", "", Shell()), [], [claim(size="20Gi")]) == Storage()


@pytest.mark.parametrize(
    ("broken", "more"),
    [
        ("read .*statefulsets", {"set": answer({"message": "no"}, 500)}),
        ("read .*claims", {"claims": answer({"message": "no"}, 500)}),
        ("read .*classes", {"storage_class": answer({"message": "no"}, 500)}),
        ("read .*statefulsets", {"set": NO}),
    ],
)
def test_a_cluster_that_is_broken_is_said(broken: str, more: dict[str, Any]) -> None:
    with pytest.raises(TracingError, match=broken):
        compared([stateful_set("20Gi")], **more)


@pytest.mark.parametrize(("size", "found"), [("10240Mi", 0), ("5Gi", 1), ("20Gi", 1)])
def test_sets_that_helm_can_not_take_back(size: str, found: int) -> None:
    connection = FakeApiConnection({SET: answer(stateful_set())})
    wanted = [stateful_set(size), stateful_set(name="gone"), {"kind": "ConfigMap"}]
    assert len(resized_sets(KubeApi(connection), "tracing", wanted)) == found
