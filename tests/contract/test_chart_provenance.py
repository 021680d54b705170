"""Signed charts, by Helm itself: what is signed by a trusted key gets through, and nothing else does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.chart_archive import ARGUMENTS, provide
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from chart_repository import publish, serving
from fakes import run_directly
from openpgp import Key, two_keys

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Bench:
    """A repository of charts, those who sign them, and a user with a key ring."""

    folder: Path
    helm: str
    publisher: Key
    other: Key
    url: str = ""

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    def publish(self, name: str, version: str, value: str = "1", key: Key | None = None) -> Path:
        """One chart in the repository, signed if a key is given; and the index anew."""
        source = self.folder / "source" / name
        source.mkdir(parents=True, exist_ok=True)
        (source / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")
        (source / "values.yaml").write_text(f"a: {value}\n")
        publish(self.repository, source, key)
        return self.repository / f"{name}-{version}.tgz"

    def ring(self, *keys: Key) -> str:
        file = self.folder / f"{'+'.join(key.name for key in keys)}.gpg"
        file.write_bytes(b"".join(key.gpg("--export", key.name) for key in keys))
        return str(file)

    def provide(self, ref: str = "shop", check_mode: bool = False, **given: Any) -> dict[str, Any]:
        repository = {"chart_repo_url": self.url, "chart_version": "1.0.0"} if "/" not in ref else {}
        defaults = {name: spec.get("default") for name, spec in ARGUMENTS.items()}
        own = {"chart_ref": ref, "path": str(self.kept), "binary_path": self.helm, "verify": True}
        options = {**defaults, **own, **repository, "keyring": self.ring(self.publisher), **given}
        return provide(options, check_mode, run_directly)

    def refused(self, ref: str = "shop", **given: Any) -> tuple[str, str]:
        with pytest.raises(TracingError) as failure:
            self.provide(ref, **given)
        assert failure.value.fix
        assert not list(self.kept.glob("*")) if self.kept.exists() else True
        return failure.value.kind, failure.value.message


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, Key]]:
    with two_keys(tmp_path_factory.mktemp("keys"), "publisher") as found:
        yield found


@pytest.fixture
def bench(tmp_path: Path, helm: str, keys: tuple[Key, Key]) -> Iterator[Bench]:
    made = Bench(tmp_path, helm, *keys)
    made.repository.mkdir()
    with serving(made.repository) as made.url:
        yield made


def test_a_signed_chart_is_kept_with_its_provenance(bench: Bench) -> None:
    bench.publish("shop", "1.0.0", key=bench.publisher)
    made = bench.provide()
    assert made["changed"] is True
    assert made["signed_by"] == "publisher@example.com"
    assert made["fingerprint"] in bench.publisher.gpg("--fingerprint", "--with-colons").decode()
    assert {file.name for file in bench.kept.iterdir()} == {"shop-1.0.0.tgz", made["provenance"]}
    assert bench.provide() == {**made, "changed": False}
    assert bench.provide(check_mode=True) == {**made, "changed": False}


def test_one_of_several_publishers_may_have_signed_it(bench: Bench) -> None:
    bench.publish("shop", "1.0.0", key=bench.publisher)
    ring = bench.ring(bench.other, bench.publisher)
    assert bench.provide(keyring=ring)["signed_by"] == "publisher@example.com"


def test_an_unsigned_chart_is_refused(bench: Bench) -> None:
    bench.publish("shop", "1.0.0")
    assert bench.refused()[0] == "provenance_missing"


def test_a_chart_of_another_signer_is_refused(bench: Bench) -> None:
    bench.publish("shop", "1.0.0", key=bench.other)
    assert bench.refused()[0] == "provenance_untrusted"


def test_a_chart_that_was_altered_is_refused(bench: Bench) -> None:
    """Packed anew under a signature that was valid for what was there before."""
    bench.publish("shop", "1.0.0", key=bench.publisher)
    bench.publish("shop", "1.0.0", value="2")
    kind, message = bench.refused()
    assert kind == "provenance_mismatch"
    assert "sha256 sum does not match" in message


def test_a_signature_that_was_altered_is_refused(bench: Bench) -> None:
    archive = bench.publish("shop", "1.0.0", key=bench.publisher)
    signature = archive.with_name(f"{archive.name}.prov")
    signature.write_text(signature.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    assert bench.refused()[0] == "provenance_invalid"
    signature.write_text("no signature at all")
    assert bench.refused()[0] == "provenance_invalid"


@pytest.mark.parametrize(("name", "version"), [("shop", "0.9.0"), ("stock", "1.0.0")])
def test_another_signed_chart_in_its_place_is_refused(bench: Bench, name: str, version: str) -> None:
    """An old version with known faults is signed as well. The index is signed by nobody."""
    archive = bench.publish(name, version, key=bench.publisher)
    index = bench.repository / "index.yaml"
    text = index.read_text().replace(f"version: {version}", "version: 1.0.0").replace(f"  {name}:", "  shop:")
    index.write_text(text.replace(f"name: {name}\n", "name: shop\n"))
    assert archive.name in index.read_text()
    kind, message = bench.refused()
    assert kind == "provenance_mismatch"
    assert f"gave {name} {version}" in message


def test_an_archive_is_verified_by_the_provenance_beside_it(bench: Bench) -> None:
    """As one of a bundle, whatever the archive is called."""
    archive = bench.publish("shop", "1.0.0", key=bench.publisher)
    mine = bench.folder / "mine.tgz"
    shutil.copy(archive, mine)
    assert bench.refused(str(mine))[0] == "provenance_missing"
    shutil.copy(f"{archive}.prov", f"{mine}.prov")
    assert bench.refused(str(mine), keyring=bench.ring(bench.other))[0] == "provenance_untrusted"
    made = bench.provide(str(mine))
    assert (made["file"], made["provenance"]) == ("shop-1.0.0.tgz", "shop-1.0.0.tgz.prov")


def test_what_is_there_already_is_verified_each_time(bench: Bench) -> None:
    bench.publish("shop", "1.0.0", key=bench.publisher)
    assert bench.provide()["changed"] is True
    with pytest.raises(TracingError, match="signed by a key that is not in"):
        bench.provide(keyring=bench.ring(bench.other))
    bench.publish("shop", "1.0.0", value="2")
    shutil.copy(bench.repository / "shop-1.0.0.tgz", bench.kept)
    with pytest.raises(TracingError, match="is not what its publisher has signed"):
        bench.provide()


def test_an_archive_that_came_without_its_provenance_is_taken_anew(bench: Bench) -> None:
    bench.publish("shop", "1.0.0")
    assert bench.provide(verify=False)["provenance"] == ""
    bench.publish("shop", "1.0.0", key=bench.publisher)
    assert bench.provide()["changed"] is True


def test_a_key_ring_that_is_none_is_refused(bench: Bench) -> None:
    bench.publish("shop", "1.0.0", key=bench.publisher)
    assert bench.refused(keyring="")[0] == "invalid_option"
    assert bench.refused(keyring=str(bench.folder / "none.gpg"))[0] == "keyring_missing"
    text = bench.folder / "text.gpg"
    text.write_text("no keys")
    assert bench.refused(keyring=str(text))[0] == "keyring_invalid"


def test_a_folder_can_have_no_signature(bench: Bench) -> None:
    bench.publish("shop", "1.0.0", key=bench.publisher)
    assert bench.refused(str(bench.folder / "source" / "shop"))[0] == "invalid_option"
