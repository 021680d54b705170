"""The example of an execution environment: ansible-builder takes it, with Helm and the collection in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = ROOT / "examples" / "execution-environment" / "execution-environment.yml"


def test_ansible_builder_takes_it(tmp_path: Path) -> None:
    builder = str(Path(sys.executable).with_name("ansible-builder"))
    command = [builder, "create", "--file", str(DEFINITION), "--context", str(tmp_path / "context")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    context = tmp_path / "context"
    steps = "\n".join(
        path.read_text() for path in (context / "Containerfile", context / "Dockerfile") if path.is_file()
    )
    assert "FROM $EE_BASE_IMAGE" in steps
    assert "helm version --short && ansible-doc tracelab.k8s_tracing.tempo_ingestion_check" in steps
    assert "helm" in (context / "_build" / "bindep.txt").read_text().split()
    collections = yaml.safe_load((context / "_build" / "requirements.yml").read_text())["collections"]
    assert collections[0]["name"] == "kubernetes.core"
    assert "k8s_tracing" in collections[1]["name"]


def test_a_build_reads_what_this_collection_needs(tmp_path: Path) -> None:
    """By the builder's own script, which runs in the image: packages of Python, and of the system by distribution."""
    builder = str(Path(sys.executable).with_name("ansible-builder"))
    context = tmp_path / "context"
    subprocess.run([builder, "create", "--file", str(DEFINITION), "--context", str(context)], check=True, timeout=300)
    script = context / "_build" / "scripts" / "introspect.py"
    command = [sys.executable, str(script), "introspect", str(ROOT / ".collections")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found = yaml.safe_load(done.stdout)
    here = "  # from collection tracelab.k8s_tracing"
    assert {line.removesuffix(here) for line in found["system"]} >= {"helm [platform:fedora]", "skopeo [platform:rpm]"}
    # The builder leaves out what ansible-core brings.
    wanted = (ROOT / "requirements.txt").read_text().splitlines()
    brought = ("#", "ansible-core", "PyYAML")
    assert {line.removesuffix(here) for line in found["python"]} == {
        line for line in wanted if line and not line.startswith(brought)
    }
