"""A ready-made program is taken only when its archive is intact and it is what the pin says."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed import pins, programs

HELM = pins.load().pin("helm")
ALLOY = pins.load().pin("alloy")


def build_info(*rows: str) -> str:
    return "./program: go1.26.8\n" + "".join("\t" + row.replace(" ", "\t") + "\n" for row in rows)


def test_the_pinned_command_fits() -> None:
    info = build_info(f"path {HELM.package}", f"mod {HELM.module} {HELM.module_version} {HELM.sum}")
    assert programs.fits(HELM, info)


@pytest.mark.parametrize(
    "rows",
    [
        (f"path {HELM.package}", f"mod {HELM.module} v3.21.0 h1:x="),
        (f"path {HELM.package}", f"mod {HELM.module} {HELM.module_version} h1:other="),
        (f"path {HELM.package}", f"dep {HELM.module} {HELM.module_version} {HELM.sum}"),
        (f"path {HELM.module}/cmd/other", f"mod {HELM.module} {HELM.module_version} {HELM.sum}"),
        (f"mod {HELM.module} {HELM.module_version} {HELM.sum}",),
        (),
    ],
    ids=["version", "hash", "dependency", "command", "no-command", "nothing"],
)
def test_anything_else_does_not_fit(rows: tuple[str, ...]) -> None:
    assert not programs.fits(HELM, build_info(*rows))


def test_a_program_of_our_own_main_has_the_module_as_dependency() -> None:
    own = build_info(
        "path lab/alloy", "mod lab/alloy (devel) ", f"dep {ALLOY.module} {ALLOY.module_version} {ALLOY.sum}"
    )
    assert programs.fits(ALLOY, own)
    assert not programs.fits(ALLOY, own.replace("v1.19.0", "v1.18.0"))


def test_checksums_reads_both_notations() -> None:
    assert programs.checksums("aa  one.tar.zst\nbb *two.tar.zst\n\n") == {"one.tar.zst": "aa", "two.tar.zst": "bb"}


def seed_with(folder: Path, digest: str | None) -> None:
    (folder / "tools.tar.zst").write_bytes(b"archive")
    if digest is not None:
        (folder / "SHA256SUMS").write_text(f"{digest}  tools.tar.zst\n", encoding="utf-8")


def test_an_intact_archive_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_SEED", str(tmp_path))
    seed_with(tmp_path, None)
    assert programs.seed_archive(HELM) is None
    seed_with(tmp_path, programs.sha256(tmp_path / "tools.tar.zst"))
    assert programs.seed_archive(HELM) == tmp_path / "tools.tar.zst"


def test_a_damaged_archive_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_SEED", str(tmp_path))
    seed_with(tmp_path, "0" * 64)
    assert programs.seed_archive(HELM) is None


def test_no_seed_folder_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_SEED", str(tmp_path / "absent"))
    assert programs.seed_archive(HELM) is None
    assert programs.from_seed([HELM]) == []


def test_install_lands_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program = tmp_path / "helm"
    program.write_text("x", encoding="utf-8")
    assert not programs.is_cached(HELM)
    target = programs.install(program, HELM)
    assert target == tmp_path / f"cache/k8s-tracing/programs/helm/{HELM.version}/helm"
    assert programs.is_cached(HELM)
    assert target.stat().st_mode & 0o777 == 0o755
