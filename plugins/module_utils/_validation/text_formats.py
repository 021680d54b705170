# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forms of texts: what the whole of one must match, and what to do instead.

What passes does no harm where it goes: no line break ends a line of YAML, no dash becomes a flag, no brace a template.
"""

from __future__ import annotations

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_PART = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_HOST = r"([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9a-fA-F:.]+\])"
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_URL_PATH = r"""(/[^\s\x00-\x20\x7f-\U0010ffff<>"{}|\\^`]*)?"""
_IMAGE_PART = r"[a-z0-9]+((__?|[.]|-+)[a-z0-9]+)*"
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
# No dash first, and no login in what may be an address.
_FILE = rf"(?!-)(?![^\s/]*://\S*@)[^{_CONTROL}]*[^\s{_CONTROL}]"
_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_METRIC_TIME = r"(?=.)([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?"
_TIME = r"([0-9]+([.][0-9]+)?(ms|s|m|h))+"

# Those that begin with a host, whatever stands before it.
ADDRESSES = ("registry", "url", "host_port", "endpoint", "host_maybe_port")
TEXTS: dict[str, tuple[str, str]] = {
    # Names in Kubernetes
    "release": (
        r"[a-z]([-a-z0-9]{0,51}[a-z0-9])?",
        "use lower-case letters, digits and dashes, a letter first, 53 at most",
    ),
    "label": (_LABEL, "use lower-case letters, digits and dashes, 63 at most"),
    "name": (_SUBDOMAIN, "use lower-case letters, digits, dashes and dots, 253 at most"),
    "secret_key": (r"[-._a-zA-Z0-9]{1,253}", "use letters, digits, '-', '_' and '.'"),
    "storage_class": (rf"-|{_SUBDOMAIN}", "use lower-case letters, digits, dashes and dots, 253 at most"),
    "label_key": (
        rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_PART}",
        "give a label's name, such as app or example.com/team",
    ),
    "label_value": (rf"({_PART})?", "use letters, digits, '-', '_' and '.', 63 at most"),
    # Where things are
    "path": (_FILE, "give a path, without a dash in front and without line breaks"),
    "chart": (_FILE, "give a chart's name, an oci:// reference or a path, without a dash in front"),
    "mode": (r"0[0-7]{3}", "write the mode of a file in quotes, such as '0600' or '0644'"),
    "version": (r"v?[0-9]+([.][0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?", "give one version, such as 1.2.3"),
    "registry": (
        rf"{_HOST}(:{_PORT})?(/{_IMAGE_PART})*",
        "give host or host:port, with a path if need be and no scheme",
    ),
    "repository": (rf"{_IMAGE_PART}(/{_IMAGE_PART})*", "give a path of lower-case names, such as grafana/tempo"),
    "platform": (r"all|[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?", "give a platform such as linux/amd64, or all"),
    "tag": (
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?",
        "give a tag such as 1.2.3, which a digest may follow",
    ),
    "repository_tag": (
        rf"{_IMAGE_PART}(/{_IMAGE_PART})*:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}",
        "give an image without a registry, such as grafana/tempo:2.10.8",
    ),
    "digest": (r"sha256:[0-9a-f]{64}", "give sha256: and 64 hexadecimal digits"),
    "url": (
        rf"(?i:https?)://{_HOST}(:{_PORT})?{_URL_PATH}",
        "give an address that begins with http:// or https://, without spaces and credentials",
    ),
    "host": (rf"([*][.])?{_SUBDOMAIN}", "give the name of a host, in lower-case letters"),
    "host_port": (rf"{_HOST}:{_PORT}", "give host:port, without a scheme"),
    "scrape_target": (rf"(dns[+])?{_HOST}:{_PORT}", "give host:port or dns+host:port, without a scheme"),
    "endpoint": (
        rf"((?i:https?)://)?{_HOST}(:{_PORT})?{_URL_PATH}",
        "give host:port or a URL, without spaces and credentials",
    ),
    "origin": (
        rf"""[^\s/"'{_CONTROL}]+|[a-z*]+://[^\s/"'{_CONTROL}]+""",
        "give an origin, such as https://shop.example.com",
    ),
    "host_maybe_port": (rf"{_HOST}(:{_PORT})?", "give host or host:port, without a scheme"),
    "network": (
        rf"({_OCTET}[.]){{3}}{_OCTET}/([0-9]|[12][0-9]|3[0-2])|[0-9a-f:]*:[0-9a-f:]*/[0-9]{{1,3}}",
        "give a network, such as 203.0.113.0/24",
    ),
    "http_path": (_URL_PATH.removesuffix("?"), "give a path that begins with /"),
    # Amounts
    "duration": (rf"(?=.*[1-9]){_TIME}", "give a length of time above 0 with ms, s, m or h, such as 500ms or 1m30s"),
    # For what is kept.
    "duration_in_days": (
        rf"(?=.*[1-9])([0-9]+d)?({_TIME})?",
        "give a length of time above 0 with d, h, m or s, such as 14d, 48h or 1d12h",
    ),
    "duration_or_0": (_TIME, "give a length of time with ms, s, m or h, such as 500ms, 1m30s or 0s"),
    "bytes": (r"(?=.*[1-9])[0-9]+([.][0-9]+)?([KMGT]i?)?B", "give a size above 0 with KiB, MiB or GiB, such as 16MiB"),
    "metric_duration": (
        rf"(?=.*[1-9]){_METRIC_TIME}",
        "give a length of time above 0 with s, m, h, d, w or y, such as 15s or 7d",
    ),
    "metric_duration_or_0": (_METRIC_TIME, "give a length of time with s, m, h, d, w or y, such as 10m or 0s"),
    "metric_bytes": (r"(?=.*[1-9])[0-9]+[KMGTPE]?B", "give a number above 0 with B, KB, MB, GB or TB, such as 6GB"),
    # Names in traces, metrics and requests
    "tenant": (
        r"(?!([.]|[.][.])\Z)[A-Za-z0-9!_.*'()-]{1,150}",
        "a tenant of Tempo has letters, digits and !-_.*'() only, 150 at most",
    ),
    # Grafana may show the traces of several tenants at once.
    "tenants": (
        r"[A-Za-z0-9!_.*'()-]{1,150}([|][A-Za-z0-9!_.*'()-]{1,150})*",
        "a tenant of Tempo has letters, digits and !-_.*'() only, 150 at most",
    ),
    "header": (r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", "give the name of a header, of letters, digits and dashes"),
    "variable": (r"[A-Za-z_][A-Za-z0-9_]*", "use letters, digits and underscores, no digit first"),
    "metric_label": (
        r"(?!__)[A-Za-z_][A-Za-z0-9_]*",
        "use letters, digits and underscores, no digit and no two underscores first",
    ),
    "exporter": (
        r"[a-z][a-z0-9_]{0,30}",
        "use small letters, digits and underscores, 31 at most, a letter first",
    ),
    "run_id": (r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", "use lower-case letters, digits and dashes, 40 at most"),
    # Helm would take braces in it for a template.
    "job": (rf"[^{{}}{_CONTROL}]*[^\s{{}}{_CONTROL}][^{{}}{_CONTROL}]*", "give a text on one line, without braces"),
    "topic": (r"(?!([.]|[.][.])\Z)[a-zA-Z0-9._-]{1,249}", "use letters, digits, '-', '_' and '.', 249 at most"),
    "component": (
        r"[a-z_][a-z0-9_]*([.][a-zA-Z_][a-zA-Z0-9_]*)+",
        "name inputs of components, such as otelcol.connector.spanlogs.mine.input",
    ),
    "flag": (rf"[a-z0-9][^\s{_CONTROL}]*", "leave out dashes in front and spaces"),
    "plugin": (r"[a-z0-9][-a-z0-9]*(@[0-9A-Za-z][0-9A-Za-z.+-]*)?", "give name or name@version"),
    "word": (r"[A-Za-z0-9][A-Za-z0-9._-]*", "use letters, digits, '-', '_' and '.'"),
    "prefix": (r"[A-Za-z0-9!_.*'()/-]+", "give a path of letters, digits and /!-_.*'()"),
    # Texts of a user's own, which are quoted where they go
    "line": (rf"[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*", "give a text on one line, without control characters"),
    "lines": (
        r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]*[^\s\x00-\x1f\x7f\ud800-\udfff][^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]*",
        "give a text without control characters",
    ),
}
