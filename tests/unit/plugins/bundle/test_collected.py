# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bundle is made of: images once each, and a list of contents that `bundle_info` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.bundle import (
    bundle_contents,
    bundle_images,
    bundled_chart,
    release_images,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.manifest import read_contents, read_sums

SUM = "0" * 64


def image(name: str, user: str, *, follows: bool = True) -> dict[str, Any]:
    reference = f"docker.io/grafana/{name}:1"
    file = f"images/docker.io_grafana_{name}_1.tar"
    known = {"reference": reference, "path": f"grafana/{name}:1", "file": file}
    return {**known, "follows_registry": follows, "used_by": [user]}


def test_an_image_of_several_charts_is_taken_once() -> None:
    found = bundle_images([image("b", "tempo x"), image("a", "tempo y"), image("b", "alloy z", follows=False)])
    assert [one["reference"] for one in found] == ["docker.io/grafana/a:1", "docker.io/grafana/b:1"]
    assert [one["used_by"] for one in found] == [["tempo y"], ["tempo x", "alloy z"]]
    assert [one["follows_registry"] for one in found] == [True, False]


def test_further_images_are_whole_references() -> None:
    (found,) = bundle_images([], extra=["busybox"])
    assert found == {
        "reference": "docker.io/library/busybox:latest",
        "path": "library/busybox:latest",
        "file": "images/docker.io_library_busybox_latest.tar",
        "follows_registry": False,
        "used_by": ["settings"],
        "source": "docker.io/library/busybox:latest",
    }


@pytest.mark.parametrize(
    ("source", "from_folder", "taken"),
    [
        ("", False, "docker.io/grafana/a:1"),
        ("mirror.example.com/hub", False, "mirror.example.com/hub/grafana/a:1"),
        ("/srv/archives", True, "/srv/archives/docker.io_grafana_a_1.tar"),
    ],
)
def test_where_an_image_is_taken_from(source: str, from_folder: bool, taken: str) -> None:
    (found,) = bundle_images([image("a", "x")], source=source, from_folder=from_folder)
    assert found["source"] == taken


CHARTS = [
    {"role": "tempo", "name": "tempo", "version": "1.2.3", "file": "charts/tempo.tgz", "sha256": "a" * 64, "size": 9},
    {"role": "own", "name": "", "version": "1", "file": "charts/own.tgz", "sha256": "b" * 64, "size": 9,
     "provenance": "charts/own.tgz.prov", "provenance_sha256": "c" * 64},
]  # fmt: skip


def test_the_list_of_contents_is_read_again(tmp_path: Path) -> None:
    images = bundle_images([image("a", "tempo x"), image("b", "tempo y", follows=False)])
    copied = [{"digest": "sha256:" + SUM, "sha256": SUM, "size": 12_400_000}, {"changed": True}]
    found = bundle_contents(CHARTS, images, copied, collection="1.0.0", platform="all", folder="/b")
    (tmp_path / "bundle.json").write_text(found["manifest"])
    read = read_contents(tmp_path)
    assert (read["format"], read["collection"], read["platform"]) == (1, "1.0.0", "all")
    assert read["charts"] == CHARTS
    assert read["images"][0] == {**image("a", "tempo x"), "digest": "sha256:" + SUM, "sha256": SUM, "size": 12_400_000}
    assert (read["images"][1]["digest"], read["images"][1]["size"]) == ("", 0)
    assert found["manifest"] == json.dumps(read, indent=4, sort_keys=True) + "\n"
    assert found["files"] == [
        "charts/tempo.tgz",
        "charts/own.tgz",
        "images/docker.io_grafana_a_1.tar",
        "images/docker.io_grafana_b_1.tar",
        "charts/own.tgz.prov",
    ]
    assert found["lines"] == [
        "This is in /b",
        "chart tempo 1.2.3",
        "chart own 1",
        "image docker.io/grafana/a:1, 12 MB",
        "image docker.io/grafana/b:1",
        "docker.io/grafana/b:1 does not follow k8s_tracing_image_registry: where it is named (tempo y), name your "
        "registry",
    ]


def test_checksums_are_of_the_list_and_of_all_in_it(tmp_path: Path) -> None:
    whole = [{"digest": "", "sha256": SUM, "size": 1}]
    found = bundle_contents(CHARTS, bundle_images([image("a", "x")]), whole, folder="/b")
    sums = read_sums(tmp_path, found["sums"])
    assert list(sums) == ["bundle.json", "charts/tempo.tgz", "charts/own.tgz", *found["files"][2:]]
    assert (sums["charts/own.tgz.prov"], sums["images/docker.io_grafana_a_1.tar"]) == ("c" * 64, SUM)


def test_in_check_mode_it_would_be() -> None:
    assert bundle_contents([], folder="/b", check_mode=True)["lines"] == ["Would be in /b"]


def test_what_is_no_list_is_refused() -> None:
    for wrong in ({"found": None}, {"found": [], "extra": "a"}, {"found": [], "extra": ["A b"]}):
        with pytest.raises(AnsibleFilterError):
            bundle_images(**wrong)
    with pytest.raises(AnsibleFilterError):
        bundle_contents("charts")
    with pytest.raises(AnsibleFilterError):
        bundle_contents([], bundle_images([image("a", "x")]), [])


def pod(*images: str) -> str:
    containers = [{"name": f"c{number}", "image": name} for number, name in enumerate(images)]
    return json.dumps({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}})


def test_an_image_that_stays_where_it_is_follows_no_setting() -> None:
    found = release_images(
        pod("grafana/tempo:1", "q.io/x:2"), pod("r.test/grafana/tempo:1", "q.io/x:2"), "r.test", "tempo"
    )
    assert {one["reference"]: one["follows_registry"] for one in found} == {
        "docker.io/grafana/tempo:1": True,
        "q.io/x:2": False,
    }
    assert [one["file"].startswith("images/") for one in found] == [True, True]
    assert [user.startswith("tempo ") for one in found for user in one["used_by"]] == [True, True]
    assert [one["reference"] for one in bundle_images(found)] == ["docker.io/grafana/tempo:1", "q.io/x:2"]


def test_a_chart_is_listed_with_its_provenance_where_it_has_one() -> None:
    archive = {"file": "tempo-1.tgz", "name": "tempo", "version": "1", "sha256": SUM, "size": 3, "changed": True}
    entry = {"role": "tempo", "file": "charts/tempo-1.tgz", "name": "tempo", "version": "1", "sha256": SUM, "size": 3}
    assert bundled_chart({**archive, "provenance": ""}, "tempo") == entry
    signed = bundled_chart({**archive, "provenance": "tempo-1.tgz.prov", "provenance_sha256": SUM}, "tempo")
    assert signed == {**entry, "provenance": "charts/tempo-1.tgz.prov", "provenance_sha256": SUM}
    # In check mode nothing was fetched.
    assert bundled_chart({"file": "tempo-1.tgz"}, "tempo") == {
        **entry,
        "name": "",
        "version": "",
        "sha256": "",
        "size": 0,
    }


def test_what_is_no_text_and_no_result_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="as text"):
        release_images([], "", "", "tempo")
    with pytest.raises(AnsibleFilterError, match="chart_archive"):
        bundled_chart("x", "tempo")
    with pytest.raises(AnsibleFilterError, match="image"):
        release_images(pod("UPPER/case::"), "", "", "tempo")
