# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle that is made, signed, carried and used by the playbooks, and what becomes of one that was altered."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chart_repository import publish, serving
from live_plays import CHARTS, Outcome, Plays, from_repository
from openpgp import Key, two_keys

PARTS = ("prometheus", "tempo", "alloy", "grafana")
# Makes an archive as skopeo does, as far as it is looked at, and writes down what it was asked to push.
SKOPEO = """#!/usr/bin/env python3
import io, json, sys, tarfile
source, target = sys.argv[-2:]
if target.startswith("oci-archive:"):
    data = json.dumps({"manifests": [{"digest": "sha256:" + "0" * 64}]}).encode()
    with tarfile.open(target.split(":")[1], "w") as archive:
        info = tarfile.TarInfo("index.json")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
elif "--version" not in sys.argv:
    open(__file__ + ".pushed", "a").write(target + "\\n")
    sys.exit("nothing is pushed here")
"""
Play = Callable[..., Outcome]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    """Of who signs charts, and of who makes bundles."""
    with two_keys(tmp_path_factory.mktemp("keys"), "publisher", "builder") as found:
        yield found


@pytest.fixture
def play(plays: Plays, keys: tuple[Key, Key], namespace: str, tmp_path: Path) -> Play:
    """A playbook or a role, on a machine that has the bundle and the programs."""
    tools = tmp_path / "tools"
    tools.mkdir()
    skopeo = tools / "skopeo"
    skopeo.write_text(SKOPEO)
    skopeo.chmod(0o755)
    shared = {
        "k8s_tracing_namespace": namespace,
        "k8s_tracing_bundle_dir": str(tmp_path / "bundle"),
        "k8s_tracing_chart_keyring": str(keys[0].keyring(tmp_path / "publishers.gpg")),
        "k8s_tracing_image_registry": "registry.example.com/tracing",
    }
    environment = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "GNUPGHOME": str(keys[1].home)}

    def run(name: str | list[dict[str, Any]], *arguments: str, **more: Any) -> Outcome:
        given = {"environment": environment, "arguments": arguments}
        if isinstance(name, list):
            return plays.run(name, {**shared, **more}, **given)
        if name in PARTS:
            return plays.role(name, {**shared, **more}, **given)
        return plays.playbook(name, {**shared, **more}, **given)

    return run


@pytest.fixture
def bundle(play: Play, keys: tuple[Key, Key], tmp_path: Path) -> Path:
    """Made from a repository where two of the charts are signed."""
    repository = tmp_path / "repository"
    repository.mkdir()
    for part in PARTS:
        publish(repository, CHARTS / part, keys[0] if part in ("tempo", "grafana") else None)
    with serving(repository) as url:
        given = {name: value for part in PARTS for name, value in from_repository(part, url).items()}
        given |= {"k8s_tracing_bundle_sign_with": "builder@example.com", "grafana_chart_verify": True}
        play("bundle", **given).assert_ok()
        assert play("bundle", **given).assert_ok().changed == 0
    return tmp_path / "bundle"


def sums_made_to_fit(bundle: Path) -> None:
    lines = (bundle / "SHA256SUMS").read_text().splitlines()
    names = [line.partition("  ")[2] for line in lines]
    text = "".join(f"{hashlib.sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (bundle / "SHA256SUMS").write_text(text)


def test_a_bundle_is_signed_used_and_refused_once_it_was_altered(
    play: Play, bundle: Path, keys: tuple[Key, Key], tmp_path: Path
) -> None:
    charts = {one["role"]: one for one in json.loads((bundle / "bundle.json").read_text())["charts"]}
    assert {role for role, one in charts.items() if "provenance" in one} == {"tempo", "grafana"}
    trusted = {"k8s_tracing_bundle_keyring": str(keys[1].keyring(tmp_path / "builders.gpg"))}
    signed = {**trusted, "grafana_chart_verify": True}
    play("grafana", "--check", **signed).assert_ok()

    # Of a chart that has no signature, the bundle's own says nothing.
    done = play("alloy", **trusted, alloy_chart_verify=True)
    assert (done.code != 0, "has no provenance" in done.failures[-1]) == (True, True)

    # Whoever can write into the folder makes all checksums fit.
    with (bundle / charts["grafana"]["file"]).open("ab") as stream:
        stream.write(b"x")
    sums_made_to_fit(bundle)
    for name in ("grafana", "bundle_push"):
        done = play(name, **trusted)
        assert (done.code != 0, "was altered after builder@example.com" in done.failures[-1]) == (True, True), name
    assert not (tmp_path / "tools" / "skopeo.pushed").exists()
    # And where nobody asks who made the bundle, the signature of the chart still tells it.
    done = play("grafana", grafana_chart_verify=True)
    assert (done.code != 0, "is not what its publisher has signed" in done.failures[-1]) == (True, True)


def test_a_bundle_of_other_contents_does_not_keep_its_signature(play: Play, bundle: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "repository") as url:
        given = {name: value for part in PARTS for name, value in from_repository(part, url).items()}
        play("bundle", **given, k8s_tracing_bundle_extra_images=["docker.io/library/more:1"]).assert_ok()
        assert not (bundle / "SHA256SUMS.asc").exists()
        done = play("bundle", **given, k8s_tracing_bundle_sign_with="nobody@example.com")
    assert (done.code != 0, "gpg has no secret key for that" in done.failures[-1]) == (True, True)


def call(how: str, tasks_from: str = "main", **options: Any) -> list[dict[str, Any]]:
    role = {"name": "tracelab.k8s_tracing.bundle", "tasks_from": tasks_from}
    return [{"name": "Call bundle", f"ansible.builtin.{how}": role, "vars": options}]


@pytest.mark.parametrize("how", ["import_role", "include_role"])
def test_a_bundle_from_a_playbook_of_others_in_check_mode(play: Play, tmp_path: Path, how: str) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    for part in PARTS:
        publish(repository, CHARTS / part, None)
    target = tmp_path / "theirs"
    with serving(repository) as url:
        given = {name: value for part in PARTS for name, value in from_repository(part, url).items()}
        done = play(call(how, bundle_dir=str(target)), "--check", **given).assert_ok()
    lines = done.result("Print the contents of the bundle")["msg"]
    assert lines[0] == f"Would be in {target}"
    assert sum(line.startswith("chart ") for line in lines) == len(PARTS)
    assert not target.exists()


@pytest.mark.parametrize(
    ("tasks_from", "options", "words"),
    [
        ("main", {"k8s_tracing_bundle_platform": "linux"}, "k8s_tracing_bundle_platform is 'linux': give a platform"),
        ("main", {"bundle_tls_verify": "perhaps"}, "bundle_tls_verify is 'perhaps': give true or false."),
        (
            "main",
            {"bundle_authfile": "/nowhere"},
            "k8s_tracing_bundle_authfile is '/nowhere', and there is no such file",
        ),
        ("push", {"k8s_tracing_bundle_push_to": "https://r"}, "k8s_tracing_bundle_push_to is 'https://r': give host"),
        ("push", {"k8s_tracing_bundle_dir": ""}, "k8s_tracing_bundle_dir is not set"),
    ],
)
def test_an_option_that_can_not_be_right_is_named(
    play: Play, tmp_path: Path, tasks_from: str, options: dict[str, Any], words: str
) -> None:
    done = play(call("import_role", tasks_from), **options)
    assert done.code != 0
    assert done.failures[-1].startswith(words), done.failures
    assert not (tmp_path / "bundle").exists()
