# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Image references, and the images of rendered objects."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.bundle import container_images
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.images import images_in, parse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

listed = container_images
DIGEST = "sha256:" + "a1" * 32

MANIFEST = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    spec:
      initContainers:
        - {{name: chown, image: busybox}}
      containers:
        - name: web
          image: "quay.io/one/web:v1"
          args: [--reloader=quay.io/operator/reloader:v0.77.1, --address=tempo.tracing.svc:4317/a/b:1, -x=one/two:3]
          env:
            - {{name: SIDECAR_IMAGE, value: "ghcr.io/org/side-car@{DIGEST}"}}
            - {{name: URL, value: "http://web.example.com/path"}}
            - {{name: FROM, valueFrom: {{fieldRef: {{fieldPath: spec.nodeName}}}}}}
            - {{name: ADDRESS, value: "web.example.com:80"}}
      ephemeralContainers:
        - {{name: debug, image: "localhost:5000/tools/debug:2"}}
      volumes:
        - name: data
          image: {{reference: "not.this/one:1"}}
---
kind: ConfigMap
metadata: {{name: page}}
data: {{image: "a picture"}}
---
kind: List
items:
  - kind: CronJob
    metadata: {{name: sweep}}
    spec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{{image: busybox}}]}}}}}}}}}}
  - kind: Prometheus
    metadata: {{name: operated}}
    spec: {{image: "quay.io/prometheus/prometheus:v3", containers: [{{name: no-image, image: ""}}]}}
"""


@pytest.mark.parametrize(
    ("text", "whole", "path", "file"),
    [
        ("box", "docker.io/library/box:latest", "library/box:latest", "docker.io_library_box_latest.tar"),
        ("grafana/k6:2", "docker.io/grafana/k6:2", "grafana/k6:2", "docker.io_grafana_k6_2.tar"),
        ("localhost/x:1", "localhost/x:1", "x:1", "localhost_x_1.tar"),
        ("reg:5000/a/b/c:1.0", "reg:5000/a/b/c:1.0", "a/b/c:1.0", "reg_5000_a_b_c_1.0.tar"),
        (f"q.io/a@{DIGEST}", f"q.io/a@{DIGEST}", f"a@{DIGEST}", f"q.io_a_{DIGEST.replace(':', '_')}.tar"),
        (f"q.io/a:1@{DIGEST}", f"q.io/a:1@{DIGEST}", f"a:1@{DIGEST}", f"q.io_a_1_{DIGEST.replace(':', '_')}.tar"),
    ],
)  # fmt: skip
def test_a_reference_is_made_whole(text: str, whole: str, path: str, file: str) -> None:
    image = parse(text)
    assert (str(image), image.path, image.file) == (whole, path, file)
    assert parse(whole) == image


@pytest.mark.parametrize("text", ["", "Upper/case:1", "a b", "x:", "http://x/y", "q.io/a@sha256:12", "q.io//a:1"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(TracingError, match="is no image"):
        parse(text)


def test_images_of_all_sorts_are_found_with_their_users() -> None:
    found = {str(image): users for image, users in images_in(MANIFEST).items()}
    assert found == {
        "docker.io/library/busybox:latest": ["CronJob/sweep", "Deployment/web"],
        f"ghcr.io/org/side-car@{DIGEST}": ["Deployment/web"],
        "localhost:5000/tools/debug:2": ["Deployment/web"],
        "quay.io/one/web:v1": ["Deployment/web"],
        "quay.io/operator/reloader:v0.77.1": ["Deployment/web"],
        "quay.io/prometheus/prometheus:v3": ["Prometheus/operated"],
    }
    assert list(found) == sorted(found)


def test_an_image_that_cannot_be_right_is_named_with_its_object() -> None:
    with pytest.raises(TracingError, match=r"Pod/x has an image that can't be right\. 'grafana/:1' is no image"):
        images_in("{kind: Pod, metadata: {name: x}, spec: {containers: [{image: 'grafana/:1'}]}}")


def test_the_filter_tells_what_a_bundle_needs() -> None:
    manifest = "{kind: Pod, metadata: {name: x}, spec: {containers: [{image: grafana/k6}]}}"
    own = {"registry": "docker.io", "path": "grafana/k6:latest", "file": "docker.io_grafana_k6_latest.tar"}
    assert listed(manifest) == [{"reference": "docker.io/grafana/k6:latest", **own, "used_by": ["Pod/x"]}]
    assert [image["used_by"] for image in listed("", also=["q.io/a:1"])] == [["settings"]]
    for wrong in ({"manifest": None}, {"manifest": "", "also": "q.io/a:1"}, {"manifest": "", "also": ["A"]}):
        with pytest.raises(AnsibleFilterError):
            listed(**wrong)
