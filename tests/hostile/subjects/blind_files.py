# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last rows of the reader of ``blind.py``: charts, bundles, images and reports."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cases import EITHER, OK, REFUSED, Case, Ends, Place, Right
from subjects.blind import row
from subjects.blind_cluster import silent, vast
from wire import ESCAPES, JINJA, gzip_bomb

CHART = "apiVersion: v2\nname: {name}\nversion: {version}\n"
Member = tuple[str, bytes | tarfile.TarInfo]


def packed(*members: Member, format: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=format) as archive:
        for name, held in members:
            info = held if isinstance(held, tarfile.TarInfo) else tarfile.TarInfo(name)
            content = b"" if isinstance(held, tarfile.TarInfo) else held
            info.size = len(content) if not isinstance(held, tarfile.TarInfo) else info.size
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def special(name: str, kind: bytes, to: str = "", **fields: Any) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    for field, value in fields.items():
        setattr(info, field, value)
    return name, info


def named(name: str = "small", version: str = "1.0.0") -> Member:
    return "small/Chart.yaml", CHART.format(name=name, version=version).encode()


def nothing_else(place: Place) -> str:
    """What there is outside of the two folders that the module was given."""
    apart = [path for path in place.folder.iterdir() if path.name not in ("given", "to", "pipe")]
    beside = [path for path in (place.folder / "to").glob("*") if path.name != "here"]
    found = [str(path) for path in [*apart, *beside] if not path.name.startswith(".")]
    links = [str(path) for path in (place.folder / "to").rglob("*") if path.is_symlink()]
    return f"it wrote {found} {links}" if found or links else ""


def archive(name: str, content: bytes, ends: frozenset[Ends], right: Right = bool, as_name: str = "chart.tgz") -> Case:
    def arguments(place: Place) -> Mapping[str, Any]:
        return {"chart_ref": place.write(f"given/{as_name}", content), "path": str(place.folder / "to" / "here")}

    return row("chart_archive", name, arguments, {}, ends, right=right, left=nothing_else)


def folder(name: str, make: Callable[[Path], Any], ends: frozenset[Ends]) -> Case:
    def arguments(place: Place) -> Mapping[str, Any]:
        place.write("given/small/Chart.yaml", named()[1])  # type: ignore[arg-type]
        make(place.folder / "given" / "small")
        return {"chart_ref": str(place.folder / "given" / "small"), "path": str(place.folder / "to" / "here")}

    return row("chart_archive", name, arguments, {}, ends, left=nothing_else)


CHARTS = [
    archive("an archive as it should be", packed(named()), OK, lambda result: result["version"] == "1.0.0"),
    archive("a name that leads up", packed(named("../../evil")), REFUSED),
    archive("a name with a line break", packed(named('"a\\nb"')), REFUSED),
    archive("a name that is an option", packed(named("--post-renderer=x")), REFUSED),
    archive("a name of 5000 letters", packed(named("a" * 5000)), REFUSED),
    archive("a name of null", packed(named("null")), REFUSED),
    archive("a name with escapes", packed(named('"\\e[31m\\u202e"')), REFUSED),
    archive("a version that leads up", packed(named(version="../../1.0.0")), REFUSED),
    archive("a version with a line break", packed(named(version='"1.0.0\\n"')), REFUSED),
    archive(
        "a version with a plus",
        packed(named(version="1.0.0+build.1")),
        OK,
        lambda result: result["version"] == "1.0.0+build.1",
    ),
    archive("Chart.yaml as a link", packed(special("small/Chart.yaml", tarfile.SYMTYPE, "/etc/passwd")), REFUSED),
    archive(
        "Chart.yaml as a hard link", packed(special("small/Chart.yaml", tarfile.LNKTYPE, "../../etc/passwd")), REFUSED
    ),
    archive(
        "Chart.yaml as a device", packed(special("small/Chart.yaml", tarfile.CHRTYPE, devmajor=1, devminor=5)), REFUSED
    ),
    archive("Chart.yaml as a folder", packed(special("small/Chart.yaml", tarfile.DIRTYPE)), REFUSED),
    archive(
        "two charts in one archive",
        packed(named(), ("other/Chart.yaml", CHART.format(name="x", version="2.0.0").encode())),
        EITHER,
    ),
    archive("Chart.yaml twice", packed(named(), named(version="6.6.6")), EITHER),
    archive("a path that leads out", packed(named(), ("../../../evil", b"x"), ("/tmp/evil", b"x")), EITHER),
    archive("a chart of a chart alone", packed(("small/charts/sub/Chart.yaml", named()[1])), REFUSED),  # type: ignore[arg-type]
    archive("Chart.yaml without a folder", packed(("Chart.yaml", named()[1])), EITHER),  # type: ignore[arg-type]
    archive("a gigabyte before Chart.yaml", gzip_bomb(), REFUSED),
    archive("Chart.yaml of 60 MB", packed(("small/Chart.yaml", named()[1] + b"#" * 60_000_000)), EITHER),  # type: ignore[operator]
    archive("Chart.yaml with aliases", packed(("small/Chart.yaml", b"name: &a [*a]\nversion: *a\n")), REFUSED),
    archive(
        "Chart.yaml that runs a program",
        packed(("small/Chart.yaml", b"name: !!python/object/apply:os.system ['id']\n")),
        REFUSED,
    ),
    archive(
        "Chart.yaml in UTF-16",
        packed(("small/Chart.yaml", CHART.format(name="a", version="1.0.0").encode("utf-16"))),
        EITHER,
    ),
    archive("Chart.yaml that is no text", packed(("small/Chart.yaml", b"\xff\xfe\0\x80")), REFUSED),
    archive("9000 members", packed(named(), *((f"small/templates/{n}", b"") for n in range(9_000))), OK),
    archive("an archive cut off", packed(named(), ("small/a", os.urandom(5000)))[:-2000], EITHER),
    archive("zip", b"PK\x03\x04" + b"\0" * 100, REFUSED),
    archive("a name of a file with escapes", packed(named()), EITHER, as_name="\x1b[31m\u202e{{ 1 }}.tgz"),
    folder("a folder with a link to itself", lambda path: (path / "templates").symlink_to("."), EITHER),
    folder("a folder with a pipe", lambda path: silent(path / "pipe"), EITHER),
    folder(
        "a folder with a link that leads nowhere", lambda path: (path / "values.yaml").symlink_to("/nowhere"), EITHER
    ),
]

Held = Mapping[str, bytes | Callable[[Path], Any]]


def bundle(
    name: str,
    ends: frozenset[Ends],
    files: Held | None = None,
    manifest: Any = None,
    right: Right = bool,
    sums: Callable[[list[str]], list[str]] = lambda lines: lines,
    lists: tuple[str, ...] = (),
    **options: Any,
) -> Case:
    """A bundle with a chart and ``files``. ``sums`` makes the list of checksums out of the right lines."""

    def arguments(place: Place) -> Mapping[str, Any]:
        told = {"format": 1, "charts": [{"name": "small", "file": "charts/x.tgz"}], "images": []}
        held: dict[str, Any] = {
            "charts/x.tgz": b"chart",
            "bundle.json": json.dumps(told if manifest is None else manifest).encode(),
        }
        lines = []
        for path, content in {**held, **(files or {})}.items():
            target = place.folder / "bundle" / path
            if callable(content):
                target.parent.mkdir(parents=True, exist_ok=True)
                content(target)
            else:
                place.write(f"bundle/{path}", content)
            if path in ("bundle.json", "charts/x.tgz") or path in lists:
                lines.append(f"{digest(target)}  {path}")
        place.write("bundle/SHA256SUMS", "\n".join([*sums(sorted(lines)), ""]))
        return {"path": str(place.folder / "bundle"), **options}

    return row("bundle_info", name, arguments, {}, ends, right=right)


def digest(path: Path) -> str:
    if not path.is_file():
        return hashlib.sha256(b"").hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


WRONG = "0" * 64
IMAGE = {"reference": "docker.io/a:1", "file": "images/a.tar"}
WITH_IMAGE = {"format": 1, "charts": [], "images": [IMAGE]}
BUNDLES = [
    bundle("a bundle as it should be", OK, right=lambda result: result["exists"]),
    bundle(
        "an image of 400 MB",
        OK,
        {"images/a.tar": vast},
        lists=("images/a.tar",),
        right=lambda result: "images/a.tar" in result["checksums"],
    ),
    bundle("a wrong sum and then the right one", REFUSED, sums=lambda lines: [f"{WRONG}  charts/x.tgz", *lines]),
    bundle("the right sum and then a wrong one", REFUSED, sums=lambda lines: [*lines, f"{WRONG}  charts/x.tgz"]),
    bundle("a sum of a file outside", REFUSED, sums=lambda lines: [*lines, f"{WRONG}  ../../../etc/passwd"]),
    bundle("a sum of a file by its full path", REFUSED, sums=lambda lines: [*lines, f"{WRONG}  /etc/passwd"]),
    bundle("sums in capitals", EITHER, sums=lambda lines: [line[:64].upper() + line[64:] for line in lines]),
    bundle(
        "sums of a program that marks binaries", EITHER, sums=lambda lines: [line.replace("  ", " *") for line in lines]
    ),
    bundle("lines that end as on Windows", EITHER, sums=lambda lines: [f"{line}\r" for line in lines]),
    bundle(
        "sums without the manifest", REFUSED, sums=lambda lines: [line for line in lines if "bundle.json" not in line]
    ),
    bundle("an image of the manifest that is nowhere", REFUSED, manifest=WITH_IMAGE),
    bundle("an image without a sum", REFUSED, {"images/a.tar": b"x"}, WITH_IMAGE),
    bundle("an image outside", REFUSED, manifest={**WITH_IMAGE, "images": [{**IMAGE, "file": "../../../etc/passwd"}]}),
    bundle(
        "a chart outside",
        REFUSED,
        manifest={"format": 1, "images": [], "charts": [{"name": "x", "file": "/etc/passwd"}]},
    ),
    bundle("a format that is true", REFUSED, manifest={"format": True, "charts": [], "images": []}),
    bundle("a format to come", REFUSED, manifest={"format": 99, "charts": [], "images": []}),
    bundle(
        "names with escapes and code",
        EITHER,
        manifest={
            "format": 1,
            "images": [],
            "charts": [{"name": f"{ESCAPES}{JINJA}", "file": "charts/x.tgz", "__ansible_type": "x"}],
        },
    ),
    bundle("a manifest in which nothing is", REFUSED, manifest={}),
    bundle("a chart that is a link out", EITHER, {"charts/x.tgz": lambda path: path.symlink_to("/etc/hostname")}),
    bundle("a chart that is a link to itself", REFUSED, {"charts/x.tgz": lambda path: path.symlink_to("x.tgz")}),
    bundle("a chart that is a folder", REFUSED, {"charts/x.tgz": lambda path: path.mkdir()}),
    bundle("a chart that says nothing for long", REFUSED, {"charts/x.tgz": silent}),
    bundle("a manifest that says nothing for long", REFUSED, {"bundle.json": silent}),
    bundle(
        "sums of 100 000 files", REFUSED, sums=lambda lines: [*lines, *(f"{WRONG}  charts/{n}" for n in range(100_000))]
    ),
    bundle("a key ring that is not there", REFUSED, keyring="/nowhere"),
    bundle("a key ring that is empty", REFUSED, keyring="/dev/null"),
]


def image(name: str, inspect: str, ends: frozenset[Ends], copy: str = "exit 0", **options: Any) -> Case:
    """The program skopeo says what an evil registry has it say."""

    def arguments(place: Place) -> Mapping[str, Any]:
        login = base64.b64encode(f"user:{place.secret}".encode()).decode()
        auth = place.write("auth.json", json.dumps({"auths": {"registry.test": {"auth": login}}}))
        script = f'#!/bin/sh\nAUTH={login}\ncase "$*" in\n *inspect*) {inspect} ;;\n *) {copy} ;;\nesac\n'
        program = place.write("bin/skopeo", script)
        os.chmod(program, 0o755)
        wanted = {"src": "registry.test/a:1", "dest": "registry.test/b:1", **options}
        told = json.loads(json.dumps(wanted).replace("FOLDER", str(place.folder)))
        return {"binary_path": program, "authfile": auth, **told}

    return row("image_copy", name, arguments, {}, ends, seconds=5.0)


def said(content: str) -> str:
    return f"printf '%s' '{content}'; exit 0"


IMAGES = [
    image(
        "a registry that repeats the login",
        'echo "level=fatal msg=\\"unauthorized: Basic $AUTH\\"" >&2; exit 1',
        REFUSED,
        'echo "level=fatal msg=\\"unauthorized: Basic $AUTH\\"" >&2; exit 1',
    ),
    image("a digest that is a path", said('{"Digest": "sha256:../../x", "mediaType": "../.."}'), EITHER),
    image("a digest that is a list", said('{"Digest": ["sha256:x"], "mediaType": {}}'), EITHER),
    image("nothing but null", said("null"), EITHER),
    # skopeo itself takes 4 MB of a manifest at most, and as much of an error.
    image("4 MB of output", "head -c 4000000 /dev/zero; exit 0", EITHER),
    image(
        "4 MB of complaint", "head -c 4000000 /dev/zero >&2; exit 1", REFUSED, "head -c 4000000 /dev/zero >&2; exit 1"
    ),
    image("a program that is killed", "kill -9 $$", REFUSED, "kill -9 $$"),
    image("no text", "printf '\\377\\376\\000' >&2; exit 1", REFUSED, "printf '\\377\\376\\000' >&2; exit 1"),
    image("lists 100 000 deep", "head -c 100000 /dev/zero | tr '\\0' '['; exit 0", EITHER),
    image("a source that is an option", "exit 1", REFUSED, "exit 1", src="--help"),
    image("a destination that leads up", "exit 1", REFUSED, "exit 1", dest="registry.test/../../b:1"),
    image("a source with a line break", "exit 1", REFUSED, "exit 1", src="registry.test/a:1\n--insecure"),
    image("an archive that is not there after all", "exit 1", REFUSED, "exit 0", dest="FOLDER/to/b.tar"),
    image("an archive that is a link", "exit 1", REFUSED, "exit 1", src="FOLDER/link.tar"),
]

# Reports.

HIDDEN = "hunter2-Zx9"
BASE = {
    "trace_id": "1",
    "root_name": "GET /",
    "root_service": "shop",
    "span_count": 1,
    "services": ["shop"],
    "edges": [],
}


def spans(*more: Mapping[str, Any]) -> dict[str, Any]:
    one = {
        "span_id": "1",
        "parent_span_id": "",
        "start_unix_nano": 1,
        "end_unix_nano": 2,
        "duration_nanos": 1,
        "name": "GET /",
        "service": "shop",
        "status": "ok",
        "attributes": {},
        "resource": {},
        "events": [],
    }
    return {**BASE, "spans": [{**one, **each} for each in more]}


def readable(place: Place) -> str:
    """Whether the three files are what they are to be, and hold neither what must be masked nor what runs."""
    where = place.folder / "report"
    try:
        page, junit, held = (
            (where / name).read_text("utf-8") for name in ("report.html", "report.junit.xml", "report.json")
        )
        ElementTree.fromstring(junit)
        json.loads(held, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    except (OSError, ValueError, ElementTree.ParseError) as error:
        return f"a file of the report can't be read: {error!r}"
    if HIDDEN in page + junit + held:
        return f"it shows {HIDDEN}"
    if "<script" in page.lower() or "\x1b" in page + junit + held:
        return "the page holds a script or an escape"
    return ""


PROVEN = {
    "satisfied": True,
    "verdict": "proven",
    "trace_count": 1,
    "span_count": 1,
    "services": ["shop"],
    "edges": [],
    "unmet": [],
}


def report(
    name: str,
    ends: frozenset[Ends],
    check: Any = None,
    right: Right = lambda result: result["proven"],
    before: Callable[[Path], Any] = lambda path: None,
    left: Callable[[Place], str] = readable,
    **options: Any,
) -> Case:
    def arguments(place: Place) -> Mapping[str, Any]:
        before(place.folder / "report")
        return {"dest": str(place.folder / "report"), "check": PROVEN if check is None else check, **options}

    return row("tracing_report", name, arguments, {}, ends, right=right, left=left if ends == OK else None)


def masked(name: str, **one: Any) -> Case:
    return report(f"masked: {name}", OK, {**PROVEN, "sample_trace": spans(one)})


def bad(name: str, check: Any = None, ends: frozenset[Ends] = OK, **options: Any) -> Case:
    """What must not count as a proof."""
    return report(f"no proof: {name}", ends, check, right=lambda result: not result["proven"], **options)


def link(path: Path) -> None:
    path.mkdir()
    (path.parent / "victim").write_text("victim")
    (path / "report.html").symlink_to("../victim")


def blocked(path: Path) -> None:
    (path / "report.html").mkdir(parents=True)


def victim(place: Place) -> str:
    return "" if (place.folder / "victim").read_text() == "victim" else "it wrote through a link"


CHAIN = [{"span_id": f"{n:x}", "parent_span_id": f"{n - 1:x}" if n > 1 else ""} for n in range(1, 3001)]
REPORTS = [
    report(
        "titles and names that are markup",
        OK,
        {
            **PROVEN,
            "services": ["</script><script>alert(1)</script>"],
            "sample_trace": spans({"name": "<img src=x onerror=alert(1)>", "service": "]]><script>"}),
        },
        title="</title><script>alert(1)</script>",
    ),
    report(
        "characters that XML does not allow",
        OK,
        {**PROVEN, "services": ["a\x00\x08\x0b\ufffe\uffff"], "sample_trace": spans({"name": ESCAPES})},
        title="a\x00\x0b\ufffe",
    ),
    report(
        "spans in a circle and of themselves",
        OK,
        {
            **PROVEN,
            "sample_trace": spans(
                {"span_id": "1", "parent_span_id": "2"},
                {"span_id": "2", "parent_span_id": "1"},
                {"span_id": "3", "parent_span_id": "3"},
            ),
        },
    ),
    report("3000 spans in a chain", OK, {**PROVEN, "sample_trace": spans(*CHAIN)}),
    report(
        "spans that end before they start, and at the end of time",
        OK,
        {
            **PROVEN,
            "sample_trace": spans(
                {"start_unix_nano": 5, "end_unix_nano": 1, "duration_nanos": -4},
                {"span_id": "2", "start_unix_nano": 2**64, "end_unix_nano": 2**65},
            ),
        },
    ),
    report(
        "spans of nothing",
        OK,
        {**PROVEN, "sample_trace": {"spans": [{}, {"span_id": None, "attributes": None, "events": None}]}},
    ),
    report(
        "keys of Ansible",
        OK,
        {**PROVEN, "sample_trace": spans({"attributes": {"__ansible_type": "x", "__ansible_unsafe": "x"}})},
    ),
    report(
        "code in all places",
        OK,
        # Options are templates: what comes out of this one holds code.
        {
            **PROVEN,
            "services": ["{{ '{{' }} 1 {{ '}}' }}"],
            "sample_trace": spans({"name": "{{ '{%' }} raw {{ '%}' }}"}),
        },
    ),
    report("a page that is a link", OK, before=link, left=victim),
    report("a page that is a folder", REFUSED, before=blocked),
    report("a folder that is a file", REFUSED, before=lambda path: path.write_text("x")),
    report("a folder that is a link to itself", REFUSED, before=lambda path: path.symlink_to(path.name)),
    report("a mode that is no number", REFUSED, mode="rw-------"),
    report("a mode with an eight", REFUSED, mode="0680"),
    report("a mode of too many digits", REFUSED, mode="77777777"),
    report("a mode below zero", REFUSED, mode="-600"),
    masked("an attribute in capitals", attributes={"PASSWORD": HIDDEN}),
    masked(
        "an attribute within a name", attributes={"db.user.password": HIDDEN, "http.request.header.x-api-key": HIDDEN}
    ),
    masked(
        "an attribute within an attribute", attributes={"http": {"authorization": HIDDEN, "list": [{"token": HIDDEN}]}}
    ),
    masked("a list under a name", attributes={"http.request.header.cookie": [HIDDEN, {"a": HIDDEN}]}),
    masked("an object under a name", attributes={"secret": {"value": HIDDEN}}),
    masked(
        "an attribute of an event", events=[{"name": "e", "time_unix_nano": 1, "attributes": {"auth_token": HIDDEN}}]
    ),
    masked("an attribute of the resource", resource={"service.name": "shop", "process.env.DB_PASSWORD": HIDDEN}),
    masked("a login in an address", attributes={"db.connection_string": f"postgres://user:{HIDDEN}@db/shop"}),
    masked("a login in the header's form", attributes={"note": f"Authorization: Bearer {HIDDEN}"}),
    masked(
        "a private key",
        attributes={"note": f"-----BEGIN RSA PRIVATE KEY-----\n{HIDDEN}\n-----END RSA PRIVATE KEY-----"},
    ),
    masked(
        "a name of two words",
        attributes={"Pass-Word": HIDDEN, "apiKey": HIDDEN, "API-KEY": HIDDEN},
    ),
    masked("a message of a status", status="error", status_message=f"401 for Authorization: Bearer {HIDDEN}"),
    bad("nothing", {}),
    bad("a check that failed before it began", {"failed": True, "msg": ESCAPES, "changed": False}),
    bad("a check that is content and has not looked", {**PROVEN, "verdict": "could_not_look"}),
    bad("a check that is content and unmet", {**PROVEN, "verdict": "unmet", "unmet": ["x"]}),
    bad("a check that is content as a text", {**PROVEN, "satisfied": "false", "verdict": "unmet"}, EITHER),
    bad("a check that was skipped", {"skipped": True, "changed": False, "skip_reason": "x"}),
    bad("fewer spans than were sent", generator={"spans_sent": 5, "traces_sent": 1}),
    # What was sent has to be found; what was not sent, or can't be read, demands nothing.
    report("spans that failed to be sent", OK, generator={"spans_sent": 1, "traces_sent": 1, "spans_failed": 4}),
    report("spans sent as a text", OK, generator={"spans_sent": "many", "traces_sent": [1]}),
    report("spans sent below zero", OK, generator={"spans_sent": -1, "traces_sent": -1}),
    bad("a service that is missing", demands={"services": ["shop", "cart"]}),
    bad("a service that looks alike", demands={"services": ["sh\u043ep"]}),
    bad(
        "a span that the probe lost",
        probe={"satisfied": False, "traces": 1, "lost": 1, "by_id": None, "by_search": {"samples": None}},
    ),
    bad("a probe that failed without a result", probe={"failed": True, "msg": "x"}),
    bad("metrics that did not arrive", metrics={"failed": True, "satisfied": False, "verdict": "unmet"}),
    bad(
        "an account that is out of balance",
        account={"balanced": False, "rows": [{"stage": "x", "label": ESCAPES, "spans": None}]},
    ),
    bad("an account of which nothing is known", account={"balanced": None}),
]

CASES = [*CHARTS, *BUNDLES, *IMAGES, *REPORTS]
