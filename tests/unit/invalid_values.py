"""Values that can't be right, by type and by form, shaped so that they would do something else where they go."""

from __future__ import annotations

from typing import Any

WRONG_TYPES: dict[str, list[Any]] = {
    "str": [None, True, 1.5, ["a"], {"a": 1}],
    "bool": [None, "perhaps", 2, [True], {"a": True}],
    "int": [None, "many", 1.5, True, [1], {"a": 1}],
    "float": [None, "much", float("nan"), float("inf"), True, [1.0], {"a": 1.0}],
    "list": [None, "a,b", 1, {"a": 1}],
    "dict": [None, "a=b", 1, ["a"]],
}
# Each would end a line, a text or a command where it goes, or begin a flag, a template or a path.
SHELL = ["a; reboot", "$(reboot)", "`reboot`", "a | b", "--kubeconfig=x", "a\nb", "a\x00b", "a b"]
TEMPLATES = ["{{ .Values }}", "{% raw %}", "${HOME}"]
MARKUP = ['a"b', "a'b", "a: b", "a }", "a # b", "<a>", "\ud800"]
ALL = [*SHELL, *TEMPLATES, *MARKUP]
NAMES = [*ALL, "Upper", "-a", "a-", "a_b", "a" * 254, "../a", "a/b"]
MEANINGLESS: list[Any] = ["x", 1, ["a"]]
PEERS = [*MEANINGLESS, {"podSelecter": {}}, {"podSelector": {"matchLabels": {"a b": "c"}}}, {"ipBlock": {}}]

BAD: dict[str, list[Any]] = {
    "any": [],
    "release": [*NAMES, "1a", "a.b", "a" * 54],
    "label": [*NAMES, "a.b", "a" * 64],
    "name": NAMES,
    "storage_class": NAMES,
    "secret_key": [*ALL, "a/b"],
    "label_key": [*ALL, "-a", "a/b/c", "/a", "a" * 64],
    "label_value": [*ALL, "-a", "a" * 64],
    "path": ["-rf", "a\nb", "a\x00b", " ", "https://u:p@a/b"],
    "chart": ["--post-renderer=x", "a\nb", " ", "oci://u:p@a/b", "https://u@a/b.tgz"],
    "mode": [*SHELL, "644", 420, "0999", "00600", "rw-------"],
    "version": [*ALL, "latest", ">=1", "1.2.3 "],
    "registry": [*ALL, "https://quay.io", "quay.io:0", "quay.io:99999", "[:::]:5000", "quay..io/a"],
    "repository": [*ALL, "/a", "a/", "A/b", "a:1"],
    "platform": [*ALL, "linux", "linux/", "Linux/amd64", "a/b/c/d"],
    "tag": [*ALL, "-a", "a@sha256:12", "a" * 129],
    "url": [
        *ALL,
        "ftp://a",
        "a:80",
        "http://",
        "http://u:p@a",
        "http://a:0",
        "http://a/b c",
        "http://a:70000",
        "http://a\n",
        "http://[1:2]",
        "https://10.0.0.256/a",
    ],
    "host": [*ALL, "https://a", "a:80", "a..b", "-a"],
    "host_port": [*ALL, "a", "a:0", "a:65536", "http://a:1", ":80", "a:b", "[:::]:4317", "1.2.3.999:1"],
    "host_maybe_port": [*ALL, "http://a", "a:0", "a/b", "[::1::]", "a..b:1"],
    "endpoint": [*ALL, "ftp://a", "http://u:p@a:1", "a:0", "[:::]:4317", "[1.2.3.4]:4317", "tempo..svc:4317"],
    "origin": ["a b", 'https://a"', "https://a/b", "a\nb"],
    "network": [*ALL, "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "256.0.0.0/8", "fd00::", "a/8"],
    "http_path": ["metrics", "/a b", "/{{ a }}", "/a\n"],
    "duration": [*ALL, "10", "-1s", "0s", "1d", "s", "1 s"],
    "duration_in_days": [*ALL, "10", "-1s", "0d", "2w", "1h2d", "1 d"],
    "duration_or_0": [*ALL, "10", "-1s", "1d"],
    "bytes": [*ALL, "10", "0MiB", "-1MiB", "1Gi", "1 MiB"],
    "metric_duration": [*ALL, "10", "0s", "-1s", "1s1m", "1.5h"],
    "metric_duration_or_0": [*ALL, "10", "-1s", "1s1m"],
    "metric_bytes": [*ALL, "10", "0GB", "6Gi"],
    "tenant": ["a b", "a/b", "a|b", ".", "..", "a\nb", "a" * 151, "{{ a }}"],
    "tenants": ["a b", "a/b", "a||b", "|a", "a\nb", "a" * 151, "{{ a }}"],
    "header": ["a b", "a:b", "a\r\nb", 'a"b', "é"],
    "variable": [*ALL, "1A", "A-B", "A=B"],
    "exporter": [*ALL, "Upper", "a-b", "1a", "a" * 32],
    "run_id": [*NAMES, "a" * 41],
    "job": ["a\nb", "{{ a }}", " ", "a\x00"],
    "topic": [*ALL, ".", "..", "a/b", "a" * 250],
    "component": [*ALL, "a", "a.", "a.b, c.d", "a.b]\n}"],
    "flag": ["--web.enable-admin-api", "a b", "a\nb", "-a"],
    "plugin": [*ALL, "a,b", "A", "a@", "https://a"],
    "word": [*ALL, "-a", "a/b"],
    "prefix": [*SHELL[:5], "a\nb", "a b", *TEMPLATES],
    "go_pattern": ["a\nb", " ", "(", "^(?!a)"],
    "line": ["a\nb", "a\rb", "a\x00b", " ", "\ud800", "a\u2028b"],
    "lines": ["a\x00b", " \n", "\ud800", "a\x1bb"],
    "quantity": [*ALL, "0", "-1Gi", "1GiB", "ten", "1 Gi"],
    "resources": [
        *MEANINGLESS,
        {"request": {}},
        {"requests": {"cpu": "many"}},
        {"limits": {"memory": "-1Gi"}},
        {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}},
        {"requests": ["cpu"]},
    ],
    "labels": [*MEANINGLESS, {"a b": "c"}, {"a": "b c"}, {"a": True}, {"a": "b\nc"}, {"a": {"b": "c"}}],
    "annotations": [*MEANINGLESS, {"a b": "c"}, {"a": 1}, {"a": True}, {"a": "b\x00"}],
    "chart_annotations": [*MEANINGLESS, {"a b": "c"}, {"a": 1}, {"a": "{{ .Values }}"}],
    "digests": [
        *MEANINGLESS,
        {"a:1": "b"},
        {"a:1": "sha256:ab"},
        {"a": "sha256:" + "0" * 64},
        {"a:1": "sha256:" + "g" * 64},
    ],
    "headers": [*MEANINGLESS, {"a b": "c"}, {"a": "b\r\nc: d"}, {"a": ""}, {"a": ["b"]}],
    "variables": [*MEANINGLESS, {"A-B": "c"}, {"A": ["b"]}, {"A": "b\x00"}],
    "attributes": [*MEANINGLESS, {"a\nb": "c"}, {"": "c"}, {"a": {"b": "c"}}, {"a": None}, {"a": [{"b": 1}]}],
    "services": [*MEANINGLESS, {"a": "b"}, {"a\nb": {}}, {"a": {"b": {}}}],
    "metric_labels": [*MEANINGLESS, {"a-b": "c"}, {"__a": "c"}, {"1a": "c"}, {"a": "b\nc"}],
    "targets": [*MEANINGLESS, {"a": "b"}, {"a": "http://b:1"}, {"{{ a }}": "b:1"}, {"a": "b:1\nc"}],
    "by_tenant": [*MEANINGLESS, {"a/b": {}}, {"a": "b"}],
    "toleration": [*MEANINGLESS, {"kee": "a"}, {"effect": "NoRun"}, {"operator": "="}, {"tolerationSeconds": "x"}],
    "affinity": [*MEANINGLESS, {"nodeAfinity": {}}, {"nodeAffinity": {"required": {}}}],
    "spread": [*MEANINGLESS, {}, {"maxSkew": 0, "topologyKey": "a b", "whenUnsatisfiable": "Never"}],
    "peer": PEERS,
    "ingress_rule": [*MEANINGLESS, {"frm": []}, {"from": "a"}],
    "environment": [
        *MEANINGLESS,
        {},
        {"name": "A-B"},
        {"name": "A", "valueFrom": {"secret": {}}},
        {"name": "A", "val": 1},
    ],
    "ini": [
        *MEANINGLESS,
        {"server": "x"},
        {"server": {"a": "b\n[auth]"}},
        {"server": {"a\nb": 1}},
        {"a": {"b": "{{ c }}"}},
    ],
    "remote_write": [*MEANINGLESS, {}, {"url": "a"}, {"url": "http://a/{{ b }}"}],
    "slow": [*MEANINGLESS, {}, {"rate": 2, "factor": 2}, {"rate": 0.5, "factor": 0}, {"rate": 0.5}],
}


def beyond(span: str) -> list[Any]:
    """What lies outside of a range such as ``1..5`` or ``>0..``, on each side that it has."""
    least, most = span.removeprefix(">").split("..")
    outside: list[Any] = [int(least) - 1 if not span.startswith(">") else int(least), "x", True]
    if abs(int(least)) > 2**53:  # a float knows no difference of one there
        outside[0] = int(least) * 2
    return outside + ([int(most) * 2 + 1] if most else [])
