# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name, chart and image of a release, as a role describes it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import release_problems

problems = release_problems
IMAGE = {"registry": "docker.io", "repository": "grafana/tempo", "tag": "3.0.0", "digest": "", "pinned": False}


def release(name: str = "tempo", chart: Any = None, **image: Any) -> dict[str, Any]:
    named = {"role": "tempo", "mode": "monolithic", "name": name}
    return {**named, "chart": chart or {"ref": "tempo"}, "image": {**IMAGE, **image}}


def test_what_can_be_right_has_no_problem() -> None:
    assert problems(release()) == []
    assert problems(release(chart={"verify": True, "keyring": "/keys"}, pinned=True, digest="sha256:0")) == []
    assert problems(release(pinned=True, tag="3.0.0@sha256:0")) == []


def test_a_chart_to_be_verified_needs_a_keyring() -> None:
    (said,) = problems(release(chart={"verify": True, "keyring": ""}))
    assert said.startswith(
        "tempo_chart_verify is true, and tempo_chart_keyring is empty: set it, or k8s_tracing_chart_keyring"
    )


def test_a_pinned_image_needs_a_digest() -> None:
    (said,) = problems(release(pinned=True))
    assert "no digest of grafana/tempo:3.0.0 is known" in said
    assert said.endswith("skopeo inspect --raw docker://docker.io/grafana/tempo:3.0.0 | sha256sum")


def test_all_problems_are_named() -> None:
    assert len(problems(release("t" * 53, {"verify": True}, pinned=True))) == 3


def test_what_is_no_release_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a dictionary"):
        problems("tempo")
