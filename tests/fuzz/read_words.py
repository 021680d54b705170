# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets: what users write into options and variables, and what one line of it means."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tracelab.k8s_tracing.plugins.filter.bundle import container_images
from ansible_collections.tracelab.k8s_tracing.plugins.filter.configuration import grafana_dashboard, grafana_path
from ansible_collections.tracelab.k8s_tracing.plugins.filter.release import fixed_values, release_values
from ansible_collections.tracelab.k8s_tracing.plugins.filter.report import tracing_size
from ansible_collections.tracelab.k8s_tracing.plugins.filter.texts import quantity_bytes
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import (
    certain_service,
    parse,
    parse_optional,
    path_of,
    service_of,
    without_login,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._bundle.images import parse as parse_image
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.expressions import parse_expressions
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._check.options import CHECK_ARGUMENTS, check_settings
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.load_profile import compile_load
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._generator.topology import compile_topology
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import basic, bearer, header_values
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._options import (
    check_url,
    kubernetes_name,
    parse_edge,
    path_prefix,
    search_start,
    seconds,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity, show_quantity
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._report import verification
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._result import printable
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.derived_names import name_problems
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._stack.parts import Asker, find, leading, with_record
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.time_range import moment
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import (
    decode_id,
    parse_trace_id,
    stored_trace_id,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import build, scalars
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.visibility import go_seconds
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.options import CONNECTION_ARGUMENTS
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.service_uri import result
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._upgrade.app_versions import parse as parse_version
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._validation import formats, settings, text_formats
from fakes import EPOCH, TRACE_ID, two_services
from source import Source
from target import options, target


@target(ValueError)
def quantities(source: Source) -> Any:
    text = source.text("500m", "1.5Gi", "1e3", "1E", "+.5Ki", "12Ei", "9999999e99")
    value = parse_quantity(text)
    assert value.is_finite()
    for resource in ("cpu", "memory"):
        shown = show_quantity(value, resource)
        assert abs(parse_quantity(shown) - value) <= max(abs(value) / 90, Decimal("0.0006")), shown
    return int(value)


@target()
def durations(source: Source) -> Any:
    kind = source.below(4)
    text = source.text("90", "15m", "1h30m", "1.5d", "168h0m0s", "1e9", "2026-01-31T12:00:00Z", "1763856000")
    if kind == 0:
        return go_seconds(text)
    if kind == 1:
        return moment(text, "start")
    return seconds(text, "since") if kind == 2 else search_start(text, EPOCH)


@target()
def generator_log(source: Source) -> Any:
    """The report of the generator's pods, as the proof reads it."""
    run = '{"run_id": "a", "traces_sent": 3, "spans_sent": 12, "spans_failed": 0}'
    return verification.plan(source.text(f"level=info k8s-tracing-summary {run}", run), [], {"auth": "none"}, False, 20)


@target()
def addresses(source: Source) -> Any:
    text = source.text(
        "http://tempo.tracing.svc:3200/a?b=c", "https://user:pw@example.com", "tempo.tracing.svc.cluster.local:4317",
        "[::1]:80", "%(protocol)s://%(domain)s/grafana/", "alloy.tracing", "http://a.b:0",
    )  # fmt: skip
    assert "s3cret" not in without_login("http://u:s3cret@a/")
    path_of(text), service_of(text), certain_service(text)
    parse_optional(text)
    found = parse(text)
    again = parse(found.url)
    assert (again.host, again.port, again.path, again.query) == (found.host, found.port, found.path, found.query)
    return [found.url, found.port, found.service]


@target()
def urls(source: Source) -> Any:
    kind = source.below(4)
    text = source.text("http://tempo.example.com:3200/prefix", "https://[::1]:1/", "/prometheus", "tempo", "a -> b")
    read = (check_url, path_prefix, kubernetes_name, lambda value, _option: parse_edge(value))[kind]
    return read(text, "url")


@target()
def traceql(source: Source) -> Any:
    names = source.document({"resource.a b": "x", "span.http.status": 200, "status": "error", "name": "y", "f": 0.5})
    text = source.text("{ status = error } | rate()", "", "a\nb")
    attributes = scalars(names if isinstance(names, dict) else {"a": names})
    made = build(query=text, run_id=text, attributes=attributes, services=[text])
    assert made and "\ud800" not in made
    return made


@target()
def trace_ids(source: Source) -> Any:
    text = source.text(TRACE_ID, "1f", "0" * 32, "4bf92f3577b34da6a3ce929d0e0e4736", "AAAAAAAAAAE=", "q6sjGRwSh78=")
    found = []
    for read in (parse_trace_id, lambda value: decode_id(value, 16), lambda value: decode_id(value, 32)):
        try:
            found.append(read(text))
        except Exception as error:
            if type(error).__name__ != "TracingError":
                raise
    try:
        stored = stored_trace_id(text)
    except ValueError:
        return found
    assert len(stored) == 32 and stored.isalnum() and stored.isascii()
    return [*found, stored]


@target()
def expressions(source: Source) -> Any:
    good = ["span_count > `1`", {"expression": "length(spans[?status=='error'])", "quantifier": "all"}]
    given = (
        source.document(good) if source.below(2) else [source.text("spans[*].name | [0]", "max_by(spans, &a)", "a.b")]
    )
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.trace import from_otlp

    trace = from_otlp(TRACE_ID, two_services()).to_dict()
    parsed = parse_expressions(given if isinstance(given, list) else [given])
    return [[one.judge(trace).true, one.judge(trace).problem] for one in parsed]


@target()
def check_options(source: Source) -> Any:
    name = source.pick(("since", "query", "run_id", "run_id_attribute", "min_duration", "max_duration"))
    lists = source.pick(("services", "absent_services", "expect_edges", "trace_ids"))
    text = source.text("15m", "shop", "shop -> cart", TRACE_ID, "{ }")
    number = source.pick((0, 1, 10**30, -1))
    given = {name: text, lists: [text, text], "min_traces": number, "attributes": {text: number}}
    parsed = check_settings(options({**CONNECTION_ARGUMENTS, **CHECK_ARGUMENTS}, **given), EPOCH)
    return parsed.query


@target()
def http_headers(source: Source) -> Any:
    text = source.text("a b", "x\n", "é", "t\tu")
    header_values({"X-Scope-OrgID": text, "a": text}, "headers")
    basic("user", "pässword")
    return bearer(text, "bearer_token")


@target()
def image_references(source: Source) -> Any:
    text = source.text(
        "grafana/tempo:2.8.0", "ghcr.io:443/a/b@sha256:" + "0" * 64, "tempo", "localhost/a:b@sha256:" + "1" * 64
    )
    image = parse_image(text)
    assert parse_image(str(image)) == image
    assert "/" not in image.file
    return [str(image), image.file]


@target()
def app_versions(source: Source) -> Any:
    """Tags of images, as those who built them wrote them."""
    found = parse_version(source.text("v2.10.8", "3.0.3-rc.1@sha256:00", "2", "latest", ""))
    assert len(found) in (0, 3)
    return list(found)


@target()
def service_answers(source: Source) -> Any:
    from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._transport.connection import Response

    cookies = source.words("grafana_session=a; Path=/; HttpOnly\nb=c", 'x="y\\"z"; Expires=Wed', "=;=")
    return result(Response(200, {"set-cookie": cookies}, source.json({"a": [1]})))


@target()
def results(source: Source) -> Any:
    """The way out of every module."""
    clean = printable({"a": source.document({"b": [1, "x", None, {"c": 0.5}], "d": "e"})})
    assert printable(clean) == clean
    return clean


@target()
def topologies(source: Source) -> Any:
    operation = {"id": "a", "service": "shop", "name": "GET /", "self_ms": [1, 2], "slow": {"rate": 0.1, "factor": 2}}
    child = {"id": "b", "parent": "a", "service": "db", "name": "q", "kind": "database", "attributes": {"x": [1, "y"]}}
    flows = [{"name": "buy", "weight": 2, "spans": [operation, child]}]
    edges = [
        {"to": "shop"},
        {"from": "shop", "to": "cart", "calls": 2},
        {"from": "cart", "to": "db", "kind": "database"},
    ]
    kind = source.below(4)
    given: list[Any] = [flows, None, {"shop": {"a": "b"}}, {"c": "d"}]
    given[kind] = source.document(edges if kind == 1 else given[kind])
    return compile_topology(*given)


@target()
def load_profiles(source: Source) -> Any:
    good = {
        "profile": "burst", "rate": 5, "peak_rate": 9, "max_rate": 100, "duration": "10m", "ramp_duration": "30s",
        "burst_every": "1m", "burst_duration": "10s", "instances": 2,
    }  # fmt: skip
    given = source.document(good, {**good, "profile": "ramp"}, {**good, "profile": "soak", "duration": "endless"})
    return compile_load({**good, **(given if isinstance(given, dict) else {})})


@target(AnsibleFilterError)
def sizes(source: Source) -> Any:
    good = {"spans_per_second": 20_000, "span_bytes": 300, "retention": "48h", "mode": "auto", "replicas": 3}
    given = source.document(good)
    return tracing_size(given)


@target(AnsibleFilterError)
def filters(source: Source) -> Any:
    """The other filters on whatever a playbook gives them."""
    panel = {
        "title": "t",
        "description": "d",
        "unit": "s",
        "queries": [{"expr": "a"}],
        "see": "x",
        "thresholds": {"1": "red"},
    }
    board = {
        "uid": "u",
        "title": "t",
        "description": "d",
        "variables": ["run"],
        "rows": [{"title": "r", "panels": [panel]}],
    }
    table = {"a.b": "use x", "c": {"fix": "y", "may_be": [1], "keep": True}}
    cases = (
        (grafana_dashboard, board),
        (grafana_path, {"serve_from_sub_path": True, "root_url": "https://a/b"}),
        (release_values, {"status": {"values": {"a": 1}}}),
        (quantity_bytes, "1Gi"),
    )
    kind = source.below(6)
    if kind == 4:
        user = source.document({"a": {"b": 1}, "c": [1, {"name": "x"}]})
        return fixed_values(user, {"a": {"b": 2}, "c": [{"name": "x"}]}, table)
    if kind == 5:
        given = source.document([json.dumps({"image": "a/b:c"}), ["grafana/tempo"]])
        given = given if isinstance(given, list) and len(given) == 2 else [given, []]
        return container_images(*given)
    read, good = cases[kind]
    return read(source.document(good))


@target()
def stack_parts(source: Source) -> Any:
    record = {
        "part": "tempo", "cluster": "c", "namespace": "n", "release_name": "tempo", "planned": True, "state": "present",
        "services": ["tempo"], "url": "http://tempo.n.svc:3200",
    }  # fmt: skip
    text = source.text("http://tempo.n.svc:3200", "tempo.other.svc:4317", "a")
    name_problems(text, "tempo", "monolithic")
    links = [{"option": "alloy_tempo_endpoint", "address": text, "part": None}]
    records = with_record([record], {**record, "namespace": text})
    answer = find("tempo", records, Asker("n", "c", stated_release=text))
    return [leading(links, records, "c"), answer.namespace, answer.problem]


@target()
def setting_formats(source: Source) -> Any:
    names = (*text_formats.TEXTS, *formats._OTHERS, "1..65535", ">0..100", "name?")
    name = source.pick(names)
    value = source.document("a", 1, {"a": "b"}, [{"name": "a"}]) if source.below(2) else source.text("a", "1Gi", "a.b")
    kind = source.pick(("raw", "str", "dict", "list", "int", "bool", "float"))
    return settings.validate_settings({"x": {"type": kind}}, {"x": name}, {"x": value})
