# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that read files of others: bundles, charts, archives of images, and results for a report."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cases import EITHER, OK, PATIENCE, REFUSED, Case, Ends, Place, Right
from kubernetes_api import KubernetesApi
from values import DEEP, NUMBERS, SHAPES, TAG, Raw, written
from wire import ESCAPES, JINJA, MEGABYTE, gzip_bomb

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}]\n"
    for before, after in zip("abcdefghi", "bcdefghij", strict=True)
)
CYCLE = "a: &a [*a]\n"
CHART = "apiVersion: v2\nname: small\nversion: 1.0.0\n"
# YAML in place of a map of a chart.
YAML_FILES: Mapping[str, str | bytes] = {
    "an alias bomb": BOMB,
    "an alias of itself": CYCLE,
    "lists 100 000 deep": "a: " + "[" * DEEP,
    "a list": "[1, 2]",
    "a number": "7",
    "nothing": "",
    "three megabytes": CHART + "".join(f"k{number}: [1, 2, {{a: b}}]\n" for number in range(130_000)),
    "NUL": "a\0b",
    "no UTF-8": b"\xff\xfe\xc0",
    "a tag of Python": "a: !!python/object/apply:os.system ['touch /tmp/hostile-was-here']",
    "a key of a type tag": CHART + "__ansible_type: x\n",
    "numbers": CHART + "big: 1e999\nnan: .nan\ninf: -.inf\n",
}
LINK = "a symbolic link in place of Chart.yaml"
ROOT_ENTRIES: Mapping[str, Callable[[tarfile.TarInfo], None]] = {
    LINK: lambda info: _link(info, tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link in place of Chart.yaml": lambda info: _link(info, tarfile.LNKTYPE, "/etc/passwd"),
    "a device in place of Chart.yaml": lambda info: _link(info, tarfile.CHRTYPE, ""),
    "a pipe in place of Chart.yaml": lambda info: _link(info, tarfile.FIFOTYPE, ""),
}


def _link(info: tarfile.TarInfo, kind: bytes, to: str) -> None:
    info.type, info.linkname, info.size = kind, to, 0


def packed(files: Mapping[str, str | bytes], change: Callable[[tarfile.TarInfo], None] = lambda info: None) -> bytes:
    """An archive as charts come; ``change`` is made to the first entry."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for place, (name, content) in enumerate(files.items()):
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if place == 0:
                change(info)
            archive.addfile(info, io.BytesIO(data) if info.size else None)
    return out.getvalue()


def huge_entry() -> bytes:
    """Ten gigabytes of zeros in some megabytes would take long to make: the header alone says so."""
    info = tarfile.TarInfo("small/Chart.yaml")
    info.size = 10 * 1024**3
    return gzip.compress(info.tobuf() + b"\0" * 1024)


def many_entries() -> bytes:
    return packed({"small/Chart.yaml": CHART, **{f"small/templates/{number}": "" for number in range(20_000)}})


ARCHIVES: Mapping[str, tuple[Callable[[], bytes], frozenset[Ends]]] = {
    "an empty file": (lambda: b"", REFUSED),
    "what is no archive": (lambda: b"x" * 1000, REFUSED),
    "gzip of nothing": (lambda: gzip.compress(b""), REFUSED),
    "a gigabyte in a megabyte": (gzip_bomb, REFUSED),
    "cut off": (lambda: packed({"small/Chart.yaml": CHART + "x" * 5000})[:-40], REFUSED),
    "an entry of 10 GB": (huge_entry, REFUSED),
    "20 000 entries": (many_entries, EITHER),
    "a name that leads out": (lambda: packed({"small/Chart.yaml": CHART.replace("small", "../../x")}), REFUSED),
    "a version that leads out": (lambda: packed({"small/Chart.yaml": CHART.replace("1.0.0", "/../../x")}), REFUSED),
    "a name with escapes": (lambda: packed({"small/Chart.yaml": f"name: {ESCAPES!r}\nversion: 1.0.0\n"}), REFUSED),
    "a name of a megabyte": (lambda: packed({"small/Chart.yaml": CHART.replace("small", "x" * MEGABYTE)}), REFUSED),
    "a path that leads out": (lambda: packed({"../../../tmp/hostile-was-here": "x", "s/Chart.yaml": CHART}), EITHER),
    "an absolute path": (lambda: packed({"/tmp/hostile-was-here": "x", "s/Chart.yaml": CHART}), EITHER),
    **{
        name: ((lambda change=change: packed({"small/Chart.yaml": CHART}, change)), REFUSED)
        for name, change in ROOT_ENTRIES.items()
    },
    **{
        f"Chart.yaml is {name}": ((lambda content=content: packed({"small/Chart.yaml": content})), EITHER)
        for name, content in YAML_FILES.items()
    },
}  # fmt: skip


def contracts() -> list[Case]:
    """What stands in the place of a contract: nothing is asked then."""

    def given(content: str | bytes) -> Callable[[Place], dict[str, Any]]:
        return lambda place: {"url": "http://127.0.0.1:1", "src": place.write("contract.yml", content)}

    return [
        _case("trace_contract_check", f"the contract is {name}", given(content), REFUSED)
        for name, content in YAML_FILES.items()
    ]


def chart_archives() -> list[Case]:
    return [
        _case("chart_archive", name, _archive(make), ends, left=_left_nothing_outside)
        for name, (make, ends) in {
            "the right archive": (lambda: packed({"small/Chart.yaml": CHART}), OK),
            **ARCHIVES,
        }.items()
    ]


def _archive(make: Callable[[], bytes]) -> Callable[[Place], dict[str, Any]]:
    return lambda place: {
        "chart_ref": place.write("given/chart.tgz", make()),
        "path": str(place.folder / "to" / "here"),
    }


def _left_nothing_outside(place: Place) -> str:
    """All that was written is one archive in the folder that was named."""
    written_to = [path for path in place.folder.rglob("*") if path.is_file() and "given" not in path.parts]
    wrong = [str(path) for path in written_to if path.parent != place.folder / "to" / "here"]
    return f"it wrote {', '.join(wrong)}" if wrong or os.path.exists("/tmp/hostile-was-here") else ""


def plans() -> list[Case]:
    """Charts in folders, as a plan reads them."""
    parts = [*_yaml_of("values.yaml"), *_yaml_of("Chart.yaml"), *FOLDERS.items()]
    return [plan(), *(_case("helm_release_plan", name, _folder(change), ends) for name, (change, ends) in parts)]


def plan() -> Case:
    """Of a chart in a folder that is as it should be."""
    return _case("helm_release_plan", "the right chart", _folder(lambda place: None), OK)


def _yaml_of(name: str) -> list[tuple[str, tuple[Callable[[Place], object], frozenset[Ends]]]]:
    return [
        (f"{name} is {what}", ((lambda place, content=content: place.write(f"chart/{name}", content)), EITHER))
        for what, content in YAML_FILES.items()
    ]


def _loop(place: Place) -> None:
    for name in ("a", "b", "c"):
        (place.folder / "chart" / name).symlink_to(".")


FOLDERS: Mapping[str, tuple[Callable[[Place], object], frozenset[Ends]]] = {
    "links that lead back": (_loop, EITHER),
    "a link to a device": (lambda place: (place.folder / "chart" / "x").symlink_to("/dev/zero"), REFUSED),
    "a pipe": (lambda place: os.mkfifo(place.folder / "chart" / "x"), REFUSED),
    ".helmignore that takes long": (lambda place: place.write("chart/.helmignore", "*a" * 200 + "\n"), EITHER),
    ".helmignore of a megabyte": (lambda place: place.write("chart/.helmignore", "[a-z]*x\n" * 130_000), EITHER),
    ".helmignore with a range upside down": (lambda place: place.write("chart/.helmignore", "[z-a]\n[\n[]\n"), EITHER),
    "a file of 50 MB": (lambda place: place.write("chart/files/x", b"x" * (50 * MEGABYTE)), EITHER),
}


def _folder(change: Callable[[Place], object]) -> Callable[[Place], dict[str, Any]]:
    def arguments(place: Place) -> dict[str, Any]:
        place.write("chart/Chart.yaml", CHART)
        place.write("chart/values.yaml", "a: 1\n")
        place.write("chart/templates/x.yaml", "")
        place.write(f"chart/templates/{'a' * 60}", "")
        change(place)
        return {
            "kubeconfig": place.kubeconfig(),
            "request_timeout": place.seconds,
            "release_name": "tempo",
            "chart_ref": str(place.folder / "chart"),
            "values": {"a": 1},
            "user_values": {"a": 1},
        }

    return arguments


GOOD = {"format": 1, "charts": [{"name": "small"}], "images": []}
BUNDLES: Mapping[str, tuple[Callable[[Place], object], frozenset[Ends]]] = {
    "the right bundle": (lambda place: None, OK),
    **{
        f"bundle.json is {name}": ((lambda place, value=value: _contents(place, written(value))), REFUSED)
        for name, value in {**SHAPES, "lists 100 000 deep": Raw("[" * DEEP), "Infinity": Raw("Infinity")}.items()
    },
    **{
        f"format is {name}": (
            (lambda place, value=value: _contents(place, written({**GOOD, "format": value}))),
            REFUSED,
        )
        for name, value in {**NUMBERS, "a type tag": TAG}.items()
    },
    "a type tag among its charts": (lambda place: _contents(place, written({**GOOD, "charts": [TAG]})), EITHER),
    "escapes in it": (lambda place: _contents(place, written({**GOOD, "charts": [{"name": ESCAPES}]})), EITHER),
    "Jinja in it": (lambda place: _contents(place, written({**GOOD, "charts": [{"name": JINJA}]})), EITHER),
    "no UTF-8": (lambda place: _contents(place, b"\xff\xfe"), REFUSED),
    "a checksum that is wrong": (lambda place: place.write("bundle/charts/x.tgz", "altered"), REFUSED),
    "a file that is missing": (lambda place: (place.folder / "bundle/charts/x.tgz").unlink(), REFUSED),
    "a folder in place of a file": (lambda place: _folder_instead(place), REFUSED),
    "a pipe in place of a file": (lambda place: _instead(place, os.mkfifo), REFUSED),
    "a device in place of a file": (lambda place: _instead(place, lambda path: os.symlink("/dev/zero", path)), REFUSED),
    "a device in place of bundle.json": (lambda place: _device(place, "bundle.json"), REFUSED),
    "a device in place of the checksums": (lambda place: _device(place, "SHA256SUMS"), REFUSED),
    "a pipe in place of the checksums": (lambda place: _pipe(place, "SHA256SUMS"), REFUSED),
    "checksums of a path that leads out": (lambda place: _sums(place, "../../../etc/passwd"), REFUSED),
    "checksums of an absolute path": (lambda place: _sums(place, "/etc/passwd"), REFUSED),
    "checksums of a name with escapes": (lambda place: _sums(place, f"charts/{ESCAPES}"), REFUSED),
    "checksums of 50 MB": (lambda place: place.write("bundle/SHA256SUMS", f"{'0' * 64}  x\n" * 750_000), REFUSED),
    "checksums with NUL": (lambda place: place.write("bundle/SHA256SUMS", "\0" * 1000), REFUSED),
}


def bundles() -> list[Case]:
    return [_case("bundle_info", name, _bundle(change), ends) for name, (change, ends) in BUNDLES.items()]


def _bundle(change: Callable[[Place], object]) -> Callable[[Place], dict[str, Any]]:
    def arguments(place: Place) -> dict[str, Any]:
        place.write("bundle/charts/x.tgz", "chart")
        _contents(place, json.dumps(GOOD))
        change(place)
        return {"path": str(place.folder / "bundle")}

    return arguments


def _contents(place: Place, content: str | bytes) -> None:
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    place.write("bundle/bundle.json", data)
    files = {"bundle.json": data, "charts/x.tgz": b"chart"}
    lines = [f"{hashlib.sha256(held).hexdigest()}  {name}\n" for name, held in files.items()]
    place.write("bundle/SHA256SUMS", "".join(lines))


def _format(place: Place, value: Any) -> None:
    _contents(place, written({**GOOD, "format": value}))


def _sums(place: Place, name: str) -> None:
    with (place.folder / "bundle" / "SHA256SUMS").open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  {name}\n")


def _folder_instead(place: Place) -> None:
    _instead(place, os.mkdir)


def _instead(place: Place, make: Callable[[str], object], name: str = "charts/x.tgz") -> None:
    path = place.folder / "bundle" / name
    path.unlink()
    make(str(path))


def _device(place: Place, name: str) -> None:
    _instead(place, lambda path: os.symlink("/dev/zero", path), name)


def _pipe(place: Place, name: str) -> None:
    _instead(place, os.mkfifo, name)


# A program that says what a registry made it say.
SKOPEO = """\
#!/bin/sh
case "$*" in
  *inspect*) {inspect} ;;
  *) {copy} ;;
esac
"""
SAID: Mapping[str, tuple[str, str]] = {
    "escapes": ("exit 1", r"printf 'level=fatal msg=\"no \033[31m \302\233 \342\200\256\"' >&2; exit 1"),
    "a megabyte": ("exit 1", "head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1"),
    "no UTF-8": ("exit 1", r"printf '\377\376\300' >&2; exit 1"),
    "nothing": ("exit 1", "exit 1"),
    "Jinja": ("exit 1", "echo '{{ 1 }} unauthorized' >&2; exit 1"),
    "killed": ("exit 1", "kill -9 $$"),
    "its credentials": ("exit 1", "echo unauthorized: $(cat $6) >&2; exit 1"),
}
IMAGES: Mapping[str, tuple[Callable[[], bytes], frozenset[Ends]]] = {
    "an empty file": (lambda: b"", REFUSED),
    "what is no archive": (lambda: b"x" * 1000, REFUSED),
    "a gigabyte in a megabyte": (gzip_bomb, REFUSED),
    "an entry of 10 GB": (huge_entry, EITHER),
    **{
        f"index.json is {name}": ((lambda value=value: packed({"index.json": written(value)})), REFUSED)
        for name, value in {**SHAPES, "lists 100 000 deep": Raw("[" * DEEP), "1e999": Raw("1e999")}.items()
    },
    "a digest with escapes": (lambda: _image(ESCAPES), EITHER),
    "a digest that is a type tag": (lambda: _image(TAG), EITHER),
    "index.json is a link": (lambda: packed({"index.json": ""}, ROOT_ENTRIES[LINK]), EITHER),
}  # fmt: skip


def _image(digest: Any) -> bytes:
    return packed({"index.json": json.dumps({"manifests": [{"digest": digest}]})})


def image_copies() -> list[Case]:
    cases = [_case("image_copy", f"the program says {name}", _copy(*said), REFUSED) for name, said in SAID.items()]
    for name, (make, ends) in IMAGES.items():
        cases.append(_case("image_copy", f"from an archive: {name}", _copy_of(make), ends))
        cases.append(_case("image_copy", f"to an archive: {name}", _copy_over(make), REFUSED))
    return cases


def _skopeo(place: Place, inspect: str = "exit 1", copy: str = "exit 1") -> dict[str, Any]:
    program = place.write("bin/skopeo", SKOPEO.format(inspect=inspect, copy=copy))
    os.chmod(program, 0o755)
    login = place.write("auth.json", json.dumps({"auths": {"registry.test": {"auth": place.secret}}}))
    return {"binary_path": program, "authfile": login}


def _copy(inspect: str, copy: str) -> Callable[[Place], dict[str, Any]]:
    return lambda place: {
        **_skopeo(place, inspect, copy),
        "src": "registry.test/a:1",
        "dest": "registry.test/b:1",
    }


def _copy_of(make: Callable[[], bytes]) -> Callable[[Place], dict[str, Any]]:
    return lambda place: {
        **_skopeo(place, copy="exit 0"),
        "src": place.write("image.tar", make()),
        "dest": "registry.test/b:1",
    }


def _copy_over(make: Callable[[], bytes]) -> Callable[[Place], dict[str, Any]]:
    """What is there already is none, and what the program brings is none either."""
    return lambda place: {
        **_skopeo(
            place,
            copy=f"cp {place.write('new.tar', make())} \"$(echo $* | sed 's/.*oci-archive:\\([^:]*\\):.*/\\1/')\"",
        ),
        "src": f"registry.test/a@sha256:{'a' * 64}",
        "dest": place.write("image.tar", make()),
    }


SPAN = {"span_id": "1", "start_unix_nano": 1, "end_unix_nano": 2, "name": "GET /", "service": "shop"}
CHECK = {
    "satisfied": True,
    "verdict": "proven",
    "trace_count": 1,
    "span_count": 1,
    "services": ["shop"],
    "sample_trace": {"trace_id": "1", "spans": [SPAN]},
}
TEXTS = {"escapes": ESCAPES, "markup": "</script><script>alert(1)</script>\"'&<!--]]>", "a megabyte": "x" * MEGABYTE}


def reports() -> list[Case]:
    cases = [_report("the right results", CHECK, OK, lambda result: result["proven"])]
    for name, value in TEXTS.items():
        span = {**SPAN, "name": value, "service": value, "attributes": {value: value}, "status_message": value}
        cases.append(
            _report(f"{name} in a span", {**CHECK, "sample_trace": {"trace_id": value, "spans": [span]}}, EITHER)
        )
        cases.append(
            _report(f"{name} as a message", {"satisfied": False, "msg": value, "unmet": [value]}, OK, _not_proven)
        )
    for field in ("satisfied", "trace_count", "span_count", "services", "sample_trace", "latency", "verdict"):
        for name, value in SHAPES.items():
            cases.append(_report(f"{field} is {name}", {**CHECK, field: value}, EITHER))
    for field in ("account", "diagnosis", "probe", "metrics", "generator"):
        cases.append(_report(f"{field} is an object", CHECK, EITHER, more={field: {"a": {"b": [7, None]}}}))
    cases.append(
        _report("100 000 spans", {**CHECK, "sample_trace": {"trace_id": "1", "spans": [SPAN] * 20_000}}, EITHER)
    )
    return cases


def _not_proven(result: Mapping[str, Any]) -> bool:
    return result["proven"] is False


def _report(
    name: str,
    check: Mapping[str, Any],
    ends: frozenset[Ends],
    right: Right | None = None,
    more: Mapping[str, Any] | None = None,
) -> Case:
    def arguments(place: Place) -> dict[str, Any]:
        return {"dest": str(place.folder / "report"), "check": check, **(more or {})}

    return _case("tracing_report", name, arguments, ends, right, _clean_report)


def _clean_report(place: Place) -> str:
    """No file of a report holds a control character, and the page no markup but its own."""
    for file in sorted((place.folder / "report").glob("report.*")):
        content = file.read_text("utf-8")
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in content) or "\u202e" in content:
            return f"{file.name} holds a control character"
        if file.suffix == ".html" and "<script" in content.lower():
            return f"{file.name} holds a script"
    return ""


def _case(
    module: str,
    name: str,
    arguments: Callable[[Place], Mapping[str, Any]],
    ends: frozenset[Ends],
    right: Right | None = None,
    left: Callable[[Place], str] | None = None,
) -> Case:
    plays = {"api": KubernetesApi()} if module == "helm_release_plan" else {}
    seconds = PATIENCE if ends == OK else 5.0
    return Case(module, name, arguments, plays, ends, seconds, right=right, left=left)


# A program that renders what a chart made it render.
HELM = '#!/bin/sh\ncat "${0%/*}/rendered"\n'
OBJECT = "kind: Service\nmetadata: {name: %s}\n"
RENDERED: Mapping[str, tuple[str | bytes, frozenset[Ends]]] = {
    "the right object": (OBJECT % "tempo", OK),
    **{name: (content, EITHER) for name, content in YAML_FILES.items()},
    "an alias bomb in an object": (f"{OBJECT % 'a'}spec:\n  " + BOMB.replace("\n", "\n  ") + "\n", REFUSED),
    "a name that leads out": (OBJECT % "../../../tmp/hostile-was-here", EITHER),
    "an absolute name": (OBJECT % "/tmp/hostile-was-here", EITHER),
    "a kind that leads out": ("kind: ../../../tmp/hostile-was-here\nmetadata: {name: a}\n", EITHER),
    "a name with escapes": (f"kind: Service\nmetadata: {{name: {json.dumps(ESCAPES)}}}\n", EITHER),
    "a name of a megabyte": (OBJECT % ("x" * MEGABYTE), EITHER),
    "a name that is a list": (OBJECT % "[a]", EITHER),
    "metadata that is a list": ("kind: Service\nmetadata: [1]\n", EITHER),
    "a specification of texts": ("kind: Pod\nmetadata: {name: a}\nimagePullSecrets: [1]\nsecretKeyRef: 1\n", EITHER),
    "the name of a list of ours": ("kind: Kustomization\nmetadata: {name: a}\n---\nkind: kustomization\n", EITHER),
}
PLACES: Mapping[str, Callable[[Place], object]] = {
    "a file of others": lambda place: place.write("to/here/x", "mine"),
    "a pipe": lambda place: (place.write("to/here/README.md", ""), _pipe_at(place.folder / "to/here/README.md")),
    "a link that leads out": lambda place: _linked(place.folder / "to/here/tempo"),
    "a file in place of the folder": lambda place: place.write("to/here", "mine"),
}


def _pipe_at(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _linked(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("/tmp")


def manifests() -> list[Case]:
    """What a chart renders, and what lies where it is to be written."""
    right, left = RENDERED["the right object"][0], _left_nothing_elsewhere
    return [
        *(_case("stack_manifests", name, _render(*held), held[1], left=left) for name, held in RENDERED.items()),
        *(_case("stack_manifests", name, _render(right, REFUSED, at), REFUSED) for name, at in PLACES.items()),
    ]


def _render(
    content: str | bytes, _ends: frozenset[Ends], change: Callable[[Place], object] = lambda place: None
) -> Callable[[Place], dict[str, Any]]:
    def arguments(place: Place) -> dict[str, Any]:
        place.write("chart/Chart.yaml", CHART)
        place.write("given/rendered", content)
        helm = place.write("given/helm", HELM)
        os.chmod(helm, 0o755)
        change(place)
        release = {"id": "tempo/a/b", "release_name": "tempo", "namespace": "a", "binary_path": helm}
        path = str(place.folder / "to" / "here")
        return {"path": path, "releases": [{**release, "chart_ref": str(place.folder / "chart")}]}

    return arguments


def _left_nothing_elsewhere(place: Place) -> str:
    here = place.folder / "to" / "here"
    files = [path for path in (place.folder / "to").rglob("*") if path.is_file()]
    wrong = [str(path) for path in files if not path.resolve().is_relative_to(here.resolve())]
    return f"it wrote {', '.join(wrong)}" if wrong or os.path.exists("/tmp/hostile-was-here") else ""


CASES = [
    *(*chart_archives(), *plans(), *bundles(), *image_copies(), *reports(), *contracts(), *manifests()),
]
