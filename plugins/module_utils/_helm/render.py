# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few things that only the helm program can do: download a chart, and render what an upgrade would apply."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import has_login, without_login
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import Done, Run
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError, invalid
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._foreign import UNSHAPED, parse_json
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import within
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.kube_environment import helm_environment

from .record import rendered
from .yaml_text import to_json

CHART_LOGIN = (
    "Log in where Helm runs: for a repository with helm repo add NAME URL --username USER --password-stdin, and write "
    "NAME/CHART as chart_ref without chart_repo_url; for oci:// with helm registry login."
)
# A download and a dry run of a large chart take seconds. Whoever waits longer waits for nothing.
TIMEOUT = 120.0
SAID_CHARACTERS = 1500
MISSING = "missing in charts/ directory"
DIFF_PLUGIN = re.compile(r"^name:\s*[\"']?diff[\"']?\s*$", re.MULTILINE)
NOISE = re.compile(r"^(?:WARNING: |I\d{4} |W\d{4} |level=WARN).*\n?", re.MULTILINE)
PREFIX = re.compile(r"^(?:Error: )?(?:UPGRADE FAILED: |INSTALLATION FAILED: )?")


@dataclass(frozen=True)
class ChartSource:
    """Which chart is wanted, as Helm's command line takes it."""

    ref: str
    repo_url: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        """What begins with a dash would be a flag of Helm's, and Helm has some that run programs."""
        for option, value in (
            ("chart_ref", self.ref),
            ("chart_repo_url", self.repo_url),
            ("chart_version", self.version),
        ):
            if value.startswith("-"):
                raise invalid(f"{option}: {value!r} begins with a dash.", "Leave the dash out.")
            if has_login(value):
                raise invalid(f"{option} holds credentials.", CHART_LOGIN)

    @property
    def arguments(self) -> list[str]:
        repo = ["--repo", self.repo_url] if self.repo_url else []
        return [self.ref, *repo, *(["--version", self.version] if self.version else [])]

    def __str__(self) -> str:
        version = f" {self.version}" if self.version else ""
        return f"{self.ref}{version}" + (f" of {self.repo_url}" if self.repo_url else "")


class Helm:
    """One helm program and the cluster that it speaks to."""

    def __init__(
        self, run: Run, binary: str = "", kubeconfig: str = "", context: str = "", namespace: str = ""
    ) -> None:
        self._start = run
        self._binary = binary
        self._namespace = namespace
        # Whatever else the environment says: helm acts where the API server was asked.
        self._environment = helm_environment(kubeconfig, context)

    def version(self) -> str:
        """What Helm says of itself. That it starts at all is worth to know before anything is made."""
        return self._run(["version", "--short"]).out.decode("utf-8", "replace").strip()

    def pull(self, chart: ChartSource, folder: str, provenance: bool = False) -> str:
        """Download a chart, with its provenance where there is one, and return the path of its archive."""
        done = self._run(["pull", *chart.arguments, *(["--prov"] if provenance else []), "--destination", folder])
        found = sorted(Path(folder).glob("*.tgz"))
        if done.code or not found:
            raise TracingError(
                "chart_not_found",
                f"Chart {chart} cannot be downloaded: {said(done.error)}.",
                "Check name, repository and version of the chart, and whether this host reaches the repository.",
            )
        return str(found[0])

    def package(self, chart: ChartSource, folder: str) -> str:
        """Make an archive of a chart in a folder, and return the archive's path."""
        done = self._run(["package", chart.ref, "--destination", folder])
        found = sorted(Path(folder).glob("*.tgz"))
        if done.code or not found:
            fix = f"Fetch what it depends on: helm dependency build {chart.ref}" if MISSING in done.error else ""
            raise TracingError("chart_invalid", f"Chart {chart} cannot be packaged: {said(done.error)}.", fix)
        return str(found[0])

    def verify(self, archive: str, keyring: str) -> str:
        """Compare an archive with the provenance beside it, and that with the keys; return what Helm says of both."""
        done = self._run(["verify", archive, "--keyring", keyring])
        if done.code:
            raise unverified(Path(archive).name, keyring, said(done.error))
        return done.out.decode("utf-8", "replace")

    def render(
        self, name: str, chart: ChartSource, values: Mapping[str, Any], take_ownership: bool, adopt_option: str
    ) -> list[str]:
        """The manifests that an installation or an upgrade would apply. Changes nothing.

        Secrets come with their content: what Helm hides can't be compared. They go no further than this process.
        """
        command = ["upgrade", "--install", name, *chart.arguments, "--namespace", self._namespace]
        command += ["--reset-values", "--dry-run=server", "--output", "json", "--values", "-"]
        done = self._run(command + (["--take-ownership"] if take_ownership else []), to_json(values))
        if done.code:
            raise render_error(name, chart, said(done.error), adopt_option)
        try:
            return rendered(parse_json(done.out))
        except UNSHAPED as error:
            raise TracingError("helm_output", f"Helm's dry run of release {name} printed no JSON.") from error

    def template(self, name: str, chart: ChartSource, values: Mapping[str, Any], target: Sequence[str]) -> str:
        """The manifests without hooks and tests, made without a cluster. ``target`` says for which kind of one."""
        command = ["template", name, *chart.arguments, "--namespace", self._namespace, *target]
        command += ["--no-hooks", "--skip-tests", "--include-crds", "--values", "-"]
        done = self._run(command, to_json(values))
        if done.code:
            what = f"Release {name} cannot be rendered from chart {chart}: {said(done.error)}."
            raise TracingError("helm_render", what)
        return done.out.decode("utf-8", "replace")

    def _run(self, arguments: Sequence[str], given: str = "") -> Done:
        command = [self._program(), *arguments]
        try:
            return within(TIMEOUT, lambda: self._start(command, given, self._environment), "helm")
        except TracingError as error:
            raise TracingError(
                "timeout", f"helm {arguments[0]} was not done after {TIMEOUT:.0f} s.", retryable=True
            ) from error
        except OSError as error:
            raise no_helm(f"{command[0]} cannot be run: {error.strerror}") from error

    def _program(self) -> str:
        found = shutil.which(self._binary or "helm")
        if not found:
            raise no_helm(f"The helm binary was not found{f' at {self._binary}' if self._binary else ''}")
        return found


def no_helm(what: str) -> TracingError:
    return TracingError(
        "helm_missing", f"{what}.", "Install Helm 3 or 4, or set binary_path (in the roles: k8s_tracing_helm_binary)."
    )


def said(text: str) -> str:
    """Helm's own words, without its log lines."""
    words = without_login(" ".join(NOISE.sub("", text).split()))
    return PREFIX.sub("", words)[:SAID_CHARACTERS].rstrip(".") or "it gave no reason"


def failure_words(result: Mapping[str, Any]) -> str:
    """Of a task that ran Helm, by the module or by its command line; the module's message where Helm did not start."""
    return said(str(result.get("stderr") or result.get("msg") or result.get("stdout") or ""))


# Mistakes that everybody makes once, by what Helm says of them, or Ansible of a Helm that it can't start (from 2.19 on
# `command` tells no more than the last of these). The first that fits counts.
FAILURES = (
    ("no_helm", "required executable|Errno 2|^Error executing command$"),
    ("no_cluster", "cluster unreachable|connection refused"),
    ("taken", 'release-namespace" must equal "[^"]*": current value is "[^"]+"'),
    ("foreign", "cannot be imported"),
    ("immutable", "field is immutable|Forbidden: updates to"),
)


def failure_kind(words: str) -> str:
    """What kind of failure it is that Helm tells with these words; ``other`` when it is none that is known."""
    return next((kind for kind, pattern in FAILURES if re.search(pattern, words)), "other")


def render_error(name: str, chart: ChartSource, words: str, adopt_option: str) -> TracingError:
    what = f"Release {name} could not be applied from chart {chart}: {words}."
    other = re.search(r'release-namespace" must equal "[^"]*": current value is "([^"]+)"', words)
    if other:
        return TracingError(
            "helm_ownership", what, f"It belongs to a release in namespace {other[1]}: give this one another name."
        )
    if "cannot be imported into the current release" in words:
        return TracingError("helm_ownership", what, f"To take over what is there, set {adopt_option}.")
    if re.search(r"cluster unreachable|connection refused|no such host", words):
        return TracingError("unreachable", what, "Start the cluster, or check kubeconfig and context.", retryable=True)
    if MISSING in words:
        return TracingError("chart_invalid", what, f"Fetch them with: helm dependency build {chart.ref}")
    if "unknown flag" in words:
        return TracingError("helm_too_old", what, "Install Helm 3.17 or later.")
    return TracingError("helm_render", what)


# What Helm says of a chart that can't be verified: what that is called, what it means, and what to do.
UNVERIFIED = (
    (
        "failed to load keyring",
        "keyring_invalid",
        "{keyring} cannot be read as a key ring: {words}",
        "Write the public keys into it in binary form: gpg --export KEY > FILE.",
    ),
    (
        "could not load provenance file",
        "provenance_missing",
        "Chart {chart} has no provenance, so it is not known who made it",
        "Take a version that its publisher has signed; where there is none, leave verification off for this chart.",
    ),
    (
        "made by unknown entity",
        "provenance_untrusted",
        "Chart {chart} is signed by a key that is not in {keyring}",
        "Add the publisher's key, once you know that it is theirs; else do not install this chart.",
    ),
    (
        "sum does not match|does not contain a SHA",
        "provenance_mismatch",
        "Chart {chart} is not what its publisher has signed: {words}",
        "Do not install it. Download it again from its repository; if it is still altered, tell the publisher.",
    ),
)


def unverified(chart: str, keyring: str, words: str) -> TracingError:
    for pattern, kind, message, fix in UNVERIFIED:
        if re.search(pattern, words):
            return TracingError(kind, f"{message.format(chart=chart, keyring=keyring, words=words)}.", fix)
    what = f"Chart {chart} cannot be verified with {keyring}: {words}."
    return TracingError("provenance_invalid", what, "Do not install it before that is explained.")


def has_diff_plugin(environment: Mapping[str, str], home: str) -> bool:
    """Whether helm-diff is installed. Looks where Helm keeps plugins, and starts nothing."""
    data = environment.get("XDG_DATA_HOME") or f"{home}/.local/share"
    default = f"{environment.get('HELM_DATA_HOME') or f'{data}/helm'}/plugins"
    folders = (environment.get("HELM_PLUGINS") or default).split(os.pathsep)
    return any(_is_diff(file) for folder in folders if folder for file in Path(folder).glob("*/plugin.yaml"))


def _is_diff(file: Path) -> bool:
    try:
        return DIFF_PLUGIN.search(file.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False
