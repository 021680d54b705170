"""Builds programs from their pinned Go modules, with the machine's own Go client."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from testbed import paths
from testbed.errors import TestbedError, UsageError
from testbed.pins import Pin, Pins
from testbed.shell import attempt, run

# What the newest of the pinned modules asks for.
GO = "1.26.7"


def require_go() -> None:
    """Refuse to go on without a Go client."""
    if shutil.which("go") is None:
        raise UsageError(f"no `go` on PATH; install Go {GO} or later: the test cluster's programs are built with it")


def go_env(pin: Pin, *, cgo: bool = False) -> dict[str, str]:
    """The environment of every Go command for one pin."""
    env = {"CGO_ENABLED": "1" if cgo else "0", "GOWORK": "off"}
    if not pin.sumdb:
        inherited = os.environ.get("GONOSUMDB", "")
        env["GONOSUMDB"] = ",".join(part for part in (inherited, pin.module) if part)
    return env


def module_folder(pin: Pin) -> Path:
    """The module's folder in the Go module cache, downloaded when missing, its hash checked."""
    require_go()
    wanted = f"{pin.module}@{pin.module_version}"
    with paths.scratch("download") as folder:
        (folder / "go.mod").write_text("module testbed/download\n", encoding="utf-8")
        result = attempt(["go", "mod", "download", "-json", wanted], env=go_env(pin), cwd=folder)
    try:
        answer: dict[str, Any] = json.loads(result.out)
    except ValueError as error:
        raise TestbedError(f"cannot download {wanted}: {result.err.strip()}") from error
    if answer.get("Error"):
        raise TestbedError(f"cannot download {wanted}: {answer['Error']}")
    if answer["Sum"] != pin.sum:
        raise TestbedError(f"{wanted} has the hash {answer['Sum']}, the pin says {pin.sum}: not used")
    return Path(answer["Dir"])


def wrapper_go_mod(pin: Pin, upstream: dict[str, Any]) -> str:
    """A go.mod that requires the pinned module and repeats what only a main module may say.

    Replacements count in the main module alone, so the upstream ones must be repeated. Those
    that name a folder of the upstream repository cannot be; for Kubernetes' staging folders
    the release of the same code stands in, any other falls back to the version required.
    """
    lines = [
        f"module testbed/{pin.name}",
        "",
        f"go {upstream.get('Go', '1.21')}",
        "",
        f"require {pin.module} {pin.module_version}",
    ]
    for replace in upstream.get("Replace") or []:
        old, new = replace["Old"], replace["New"]
        left = " ".join(part for part in (old["Path"], old.get("Version", "")) if part)
        if new.get("Version"):
            lines.append(f"replace {left} => {new['Path']} {new['Version']}")
        elif pin.staging_version and "staging/" in new["Path"]:
            lines.append(f"replace {left} => {old['Path']} {pin.staging_version}")
    lines += [f"exclude {item['Path']} {item['Version']}" for item in upstream.get("Exclude") or []]
    # Kubernetes names its staging folders in requirements of v0.0.0; releases need no replace.
    return "\n".join(lines) + "\n"


def _flags(pin: Pin) -> list[str]:
    return ["-trimpath", "-ldflags", " ".join(["-s", "-w", *pin.ldflags])]


def build(pin: Pin, pins: Pins, target: Path) -> None:
    """Build one program into `target`."""
    if pin.how == "c":
        _build_c(pin, target)
    elif pin.how == "grafana":
        _build_grafana(pin, pins, target)
    else:
        _build_module(pin, target)


def _build_c(pin: Pin, target: Path) -> None:
    if shutil.which("gcc") is None:
        raise UsageError(f"no `gcc` on PATH; install gcc and libc6-dev: {pin.name} is built with it")
    run(["gcc", "-static", "-Os", "-s", "-o", target, paths.FILES / pin.main])


def _build_module(pin: Pin, target: Path) -> None:
    source = module_folder(pin)
    upstream = json.loads(run(["go", "mod", "edit", "-json", source / "go.mod"]))
    with paths.scratch(f"build-{pin.name}") as folder:
        (folder / "go.mod").write_text(wrapper_go_mod(pin, upstream), encoding="utf-8")
        package = pin.package
        if pin.how == "main":
            shutil.copyfile(paths.FILES / pin.main, folder / "main.go")
            package = "."
        run(["go", "build", "-mod=mod", *_flags(pin), "-o", target, package], env=go_env(pin), cwd=folder)


def _writable_copy(source: Path, target: Path) -> None:
    """Copy a module's folder out of the module cache, which is read-only."""
    shutil.copytree(source, target, symlinks=True)
    for folder, _, names in os.walk(target):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IWUSR)


def _build_wire(pin: Pin, pins: Pins, folder: Path) -> Path:
    folder.mkdir()
    text = (
        "module testbed/wire\n\ngo 1.24.0\n\n"
        f"require github.com/google/wire {pins.wire_version}\n"
        f"require golang.org/x/tools {pins.wire_tools_version}\n"
    )
    (folder / "go.mod").write_text(text, encoding="utf-8")
    program = folder / "wire"
    run(
        ["go", "build", "-mod=mod", "-o", program, "github.com/google/wire/cmd/wire"],
        env=go_env(pin),
        cwd=folder,
    )
    return program


def _build_grafana(pin: Pin, pins: Pins, target: Path) -> None:
    """Generate Grafana's dependency injection, then build its server (with cgo, for SQLite)."""
    if shutil.which("gcc") is None:
        raise UsageError("no `gcc` on PATH; install gcc and libc6-dev: grafana is built with it")
    source = module_folder(pin)
    with paths.scratch(f"build-{pin.name}") as folder:
        wire = _build_wire(pin, pins, folder / "wire")
        tree = folder / "src"
        _writable_copy(source, tree)
        env = go_env(pin, cgo=True)
        run([wire, "gen", "-tags", "oss", "./pkg/server"], env=env, cwd=tree)
        package = "./" + pin.package.removeprefix(pin.module + "/")
        run(["go", "build", "-mod=mod", "-tags", "oss", *_flags(pin), "-o", target, package], env=env, cwd=tree)
