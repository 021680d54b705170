# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contracts as people write them, and what is told of those that can't be right: one sentence with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract import (
    document,
    model,
    parse,
    parse_request,
    parse_spans,
)
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._contract.parse import parse_contract
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._tempo.traceql import build
from contract_traces import CONTRACT

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = json.loads((ROOT / "docs" / "tracing-contract.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
HEAD = "version: 1\nfind: {service: shop}\ncases:\n"
FULL = """\
version: 1
name: shop
description: all that there is
find: {service: shop}
cases:
  - name: An order
    description: with everything
    request:
      url: http://shop.example.svc:8080/book?pieces=2
      method: POST
      headers: {X-Test: "1"}
      body: {pieces: 2}
      status: [200, 201]
    services: [shop, stock]
    only_services: [shop, stock]
    absent_services: [legacy]
    calls: [shop -> stock]
    only_calls: [shop -> stock]
    root: {service: shop, name: {matches: "POST .*"}, kind: server, status: unset}
    spans:
      - select: {service: {any_of: [stock, store]}, attributes: {db.system: sqlite}, resource: {a: {present: true}}}
        count: {min: 1, max: 3}
        parent: {kind: server}
        attributes:
          db.rows: {type: int, min: 0, max: 10}
          db.statement: {matches: "SELECT .*"}
          db.user: {present: false}
          peers: [a, b]
          size: {any_of: [1, 2.5, true]}
        resource: {service.version: "1.2"}
        status: [unset, ok]
        duration: {max: 250ms}
        events: [{name: exception, attributes: {exception.type: X}, count: 0}]
        links: [{trace: other, count: {min: 1}}]
      - select: {service: shop, kind: server}
        parent: none
    duration: {min: 1ms, max: 2}
    absent_attributes: [user.email]
    no_orphans: true
    propagation: unbroken
    max_clock_skew: 50ms
    semconv: [http, db, messaging, rpc]
    strict: shape
    shape: |
      shop: POST /book (server)
        2 x stock: a: b (c) (client)
  - name: Traffic
    find: {service: shop, name: GET /, kind: server, status: error, attributes: {http.x: 1}, resource: {k: true}}
    min_traces: 3
    sample: 10
"""


def refused(text: str | bytes) -> TracingError:
    with pytest.raises(TracingError) as told:
        parse_contract(text, "tracing-contract.yml")
    assert told.value.kind == "invalid_contract" and not told.value.retryable
    return told.value


def test_all_that_a_contract_can_say() -> None:
    contract = parse_contract(FULL, "x")
    order, traffic = contract.cases
    assert (contract.name, order.name, order.line) == ("shop", "An order", 6)
    assert order.request == model.Request(
        "http://shop.example.svc:8080/book?pieces=2",
        "POST",
        {"Content-Type": "application/json", "X-Test": "1"},
        b'{"pieces": 2}',
        (200, 201),
    )
    assert order.find is None and not order.request.only_reads
    assert order.named_services == {"shop", "stock", "store"}
    assert order.spans[0].duration == model.Range(None, 250_000_000)
    assert (order.max_clock_skew, order.duration) == (50_000_000, model.Range(1_000_000, 2_000_000_000))
    assert order.shape == ("shop: POST /book (server)", "  2 x stock: a: b (c) (client)")
    assert traffic.find and build(attributes=traffic.find.attributes) == (
        '{ kind = server && name = "GET /" && resource.k = true && resource.service.name = "shop"'
        " && span.http.x = 1 && status = error }"
    )
    VALIDATOR.validate(yaml.safe_load(FULL))


def test_a_contract_may_be_json() -> None:
    assert parse_contract(json.dumps(yaml.safe_load(FULL)).encode(), "x").cases[1].min_traces == 3


def test_words_stay_what_they_look_like() -> None:
    text = HEAD + "  - name: on\n    services: [no, 12:30, 2026-01-31, 0x10, 1_000, '200']\n"
    case = parse_contract(text, "x").cases[0]
    assert (case.name, case.services) == ("on", ("no", "12:30", "2026-01-31", "0x10", "1_000", "200"))


PATTERNS = [
    r"[)(+*]+",
    r"[]a|b]*",
    r"[^]]+x",
    r"(a[+*|]b)*",
    r"(ab)+",
    r"a|b+",
    r"(\+a)*",
    r"(?:a|b)",
    r"[\]+]*",
    ".*a.*b.*c.*",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_harmless_pattern_is_taken(pattern: str) -> None:
    written = json.dumps(pattern)
    text = HEAD + f"  - name: one\n    spans: [{{select: {{name: {{matches: {written}}}}}}}]\n"
    assert parse_contract(text, "x").cases[0].spans[0].select.name


@pytest.mark.parametrize("pattern", ["([a-z]+)*", "((a|b))+", "(a{1,})*", "((a)+b)+", "(a*)+$", "x(?:y+|z)*"])
def test_a_pattern_that_may_take_for_ever_is_refused(pattern: str) -> None:
    text = HEAD + f"  - name: one\n    spans: [{{select: {{name: {{matches: '{pattern}'}}}}}}]\n"
    assert "which can take for ever" in str(refused(text))
    assert "has more than 4 repetitions" in str(refused(text.replace(pattern, ".*a" * 5)))
    assert "is longer than 300" in str(refused(text.replace(pattern, "a" * 301)))


def test_a_template_in_quotes_is_text() -> None:
    text = HEAD + '  - name: x\n    services: [\'{{ lookup("pipe", "id") }}\']\n'
    assert parse_contract(text, "x").cases[0].services == ('{{ lookup("pipe", "id") }}',)


def test_no_text_becomes_syntax_of_traceql() -> None:
    text = HEAD + "  - name: x\n    find: {service: 'a\" } || { true', attributes: {'a b\" = 1': 'x\" || 1=1'}}\n"
    find = parse_contract(text, "x").cases[0].find
    assert find and build(attributes=find.attributes) == (
        '{ resource.service.name = "a\\" } || { true" && span."a b\\" = 1" = "x\\" || 1=1" }'
    )


ONE = HEAD + "  - name: one\n"
BAD: list[tuple[str, int, str]] = [
    ("", 1, "it is empty"),
    ("\n# nothing\n", 1, "it is empty"),
    ("[]", 1, "the contract is a list"),
    ("just a text", 1, "must be a mapping"),
    ("version: 2\ncases: []\n", 1, "version is not 1"),
    ("version: true\ncases: []\n", 1, "version is not 1"),
    ("cases: []\n", 1, "version is missing"),
    ("version: 1\n", 1, "cases is missing"),
    ("version: 1\ncases: []\n", 2, "cases holds 0 cases"),
    ("version: 1\ncasez: []\n", 2, "Did you mean 'cases'?"),
    (ONE + "    servces: [a]\n", 5, "'servces' is no key of a case. Did you mean 'services'?"),
    (ONE + "    zzz: 1\n", 5, "'zzz' is no key of a case. a case takes absent_attributes"),
    (ONE + "  - name: one\n", 5, "a second case has the name 'one'"),
    (ONE + "    services: shop\n", 5, "services is 'shop', but must be a list"),
    (ONE + "    services: [1]\n", 5, "an item of services is 1, but must be a text. Put it into quotes: '1'"),
    (ONE + "    services: ['']\n", 5, "an item of services is empty"),
    (ONE + "    services: [a]\n    services: [b]\n", 6, "the key 'services' stands here a second time"),
    (ONE + "    services: [a]\n    absent_services: [a]\n", 6, "both in services and in absent_services"),
    (ONE + "    services: [c, a]\n    only_services: [b]\n", 6, "'a' of services is not in it"),
    (ONE + "    calls: [a]\n", 5, "which is no call"),
    (ONE + "    calls: [a -> a]\n", 5, "which is no call"),
    (ONE + "    spans:\n      - select:\n          servic: a\n", 7, "Did you mean 'service'?"),
    (ONE + "    spans:\n      - select: {kind: sever}\n", 6, "kind is 'sever', but must be one of"),
    (ONE + "    spans:\n      - count: 1\n", 6, "select is missing"),
    (ONE + "    spans:\n      - select: everything\n", 6, "select is 'everything', but must be a mapping"),
    (ONE + "    spans: [{select: {}, count: -1}]\n", 5, "count is -1, but must be a whole number"),
    (ONE + "    spans: [{select: {}, count: {min: 3, max: 1}}]\n", 5, "max of count is less than min"),
    (ONE + "    spans: [{select: {}, count: {}}]\n", 5, "count is empty"),
    (ONE + "    spans: [{select: {}, parent: nobody}]\n", 5, "parent is 'nobody', but must be a mapping"),
    (ONE + "    spans: [{select: {}, status: fine}]\n", 5, "must be one of error, ok, unset"),
    (ONE + "    spans: [{select: {}, attributes: {a: {type: integer}}}]\n", 5, "Did you mean 'int'?"),
    (ONE + "    spans: [{select: {}, attributes: {a: {}}}]\n", 5, "a has no condition"),
    (ONE + "    spans: [{select: {}, attributes: {a: null}}]\n", 5, "a is no value of an attribute"),
    (ONE + "    spans: [{select: {}, attributes: {a: {matches: '('}}}]\n", 5, "is no regular expression"),
    (ONE + "    spans: [{select: {}, attributes: {a: {matches: '(a+)+'}}}]\n", 5, "can take for ever"),
    (ONE + "    spans: [{select: {}, attributes: {a: {matches: '(?:a|a)*b'}}}]\n", 5, "can take for ever"),
    (ONE + "    spans: [{select: {}, attributes: {a: {matches: '((a{2,})b){1,}'}}}]\n", 5, "can take for ever"),
    (ONE + "    spans: [{select: {}, attributes: {a: {present: false, type: int}}}]\n", 5, "goes with no other"),
    (ONE + "    spans: [{select: {}, attributes: {a: {equals: 1, any_of: [2]}}}]\n", 5, "exclude each other"),
    (ONE + "    spans: [{select: {}, attributes: {a: {min: 2, max: 1}}}]\n", 5, "max is less than min"),
    (ONE + "    spans: [{select: {}, attributes: {a: {any_of: []}}}]\n", 5, "any_of holds 0 values"),
    (ONE + "    spans: [{select: {}, attributes: [a]}]\n", 5, "attributes is no mapping"),
    (ONE + "    spans: [{select: {name: {type: int}}}]\n", 5, "'type' is no key of name"),
    (ONE + "    spans: [{select: {}, duration: {max: soon}}]\n", 5, "'soon' is not a duration"),
    (ONE + "    spans: [{select: {}, duration: {max: 0}}]\n", 5, "must be more than zero"),
    (ONE + "    spans: [{select: {}, duration: 5s}]\n", 5, "duration is '5s', but must be a mapping"),
    (ONE + "    spans: [{select: {}, links: [{trace: mine}]}]\n", 5, "must be one of same, other"),
    (ONE + "    no_orphans: yes\n", 5, "no_orphans is 'yes', but must be true or false"),
    (ONE + "    propagation: true\n", 5, "propagation is true, but must be a text"),
    (ONE + "    semconv: [htp]\n", 5, "Did you mean 'http'?"),
    (ONE + "    max_clock_skew: []\n", 5, "max_clock_skew is a list, but must be a duration"),
    (ONE + "    strict: shape\n", 5, "strict is there without shape"),
    (ONE + "    strict: all\n    shape: a\n", 5, "must be one of shape"),
    (ONE + "    strict: shape\n    shape: nothing\n", 6, "which is no span"),
    (ONE + "    strict: shape\n    shape: |\n      a: b (server)\n          c: d (server)\n", 6, "too deep"),
    (ONE + "    find: {}\n", 5, "find is empty"),
    (ONE + "    find: {service: {matches: 'a.*'}}\n", 5, "service is a mapping, but must be a text"),
    (ONE + "    find: {attributes: {a: {min: 1}}}\n", 5, "a in find is no single value"),
    (ONE + "    find: {service: a}\n    request: {path: /}\n", 5, "find and request exclude each other"),
    (ONE + "    request: {}\n", 5, "request takes either url or path"),
    (ONE + "    request: {url: 'ftp://a'}\n", 5, "no http or https URL"),
    (ONE + "    request: {url: 'http://u:p@a/'}\n", 5, "url holds credentials"),
    (ONE + "    request: {path: book}\n", 5, "which is no path"),
    (ONE + "    request: {path: /, method: FETCH}\n", 5, "method is 'FETCH'"),
    (ONE + "    request: {path: /, status: 99}\n", 5, "status of request is 99"),
    (ONE + "    request: {path: /, headers: {traceparent: x}}\n", 5, "traceparent is set by the case itself"),
    (ONE + "    request: {path: /, headers: {'a b': x}}\n", 5, "one name is not that of an HTTP header"),
    (ONE + "    request: {path: /}\n    min_traces: 2\n", 6, "min_traces works with find only"),
    (ONE + "    sample: 1000\n", 5, "sample is 1000, but must be a whole number from 1 to 100"),
    (ONE + "    services: [a\n", 6, "this is no YAML"),
    (ONE + "\tservices: [a]\n", 5, "this is no YAML"),
    (ONE + "    services: &a [x]\n    only_services: *a\n", 6, "an alias (*) stands here"),
    (ONE + "    services: !!python/object/apply:os.system ['id']\n", 5, "a tag (!) stands here"),
    (ONE + "    services: !x [a]\n", 5, "a tag (!) stands here"),
    (ONE + "    services: {{ services }}\n", 5, "put a text with {{ }} into quotes"),
    (ONE + "    services: [a\x00]\n", 5, "control character U+0000"),
    (ONE + "---\nversion: 1\n", 6, "a second document begins here"),
    (HEAD + "  - services: [a]\n", 4, "this case has no name"),
    (HEAD + "  - name: |\n      a\n      b\n", 4, "has more than one line"),
    (HEAD + "  - " + "[" * 50 + "\n", 4, "more than 30 levels"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "expected"), BAD, ids=lambda value: repr(value)[-50:])
def test_a_contract_that_is_wrong_is_told_in_one_sentence_with_its_line(text: str, line: int, expected: str) -> None:
    error = refused(text)
    assert str(error).startswith(f"tracing-contract.yml, line {line}"), str(error)
    assert expected in str(error), str(error)
    assert "\n" not in str(error) and len(str(error)) < 500


def test_a_contract_that_is_too_large_is_not_read() -> None:
    assert "it has 10240 KiB, and 1024 KiB are the most." in str(refused(b"#" * 10 * 1024 * 1024))
    many = HEAD + "  - name: one\n    services: [" + "a, " * document.MAX_VALUES + "]\n"
    assert "it has more than 50000 values." in str(refused(many))


def test_a_document_may_have_as_much_as_is_told() -> None:
    items, depth = document.MAX_VALUES - 1, document.MAX_DEPTH
    assert len(document.parse_document(f"[{'a, ' * items}]").value) == items
    assert document.parse_document("[" * depth + "]" * depth).value
    assert document.parse_document("a".ljust(document.MAX_BYTES)).value == "a"
    for text in (f"[{'a, ' * (items + 1)}]", "[" * (depth + 1) + "]" * (depth + 1), "a".ljust(document.MAX_BYTES + 1)):
        with pytest.raises(document.Wrong, match=r"more than|are the most"):
            document.parse_document(text)


SPAN = ONE + "    spans: [{select: {name: SELECT}, attributes: {a: VALUE}}]\n"
MOST: list[tuple[Callable[[int], str], int, str]] = [
    (lambda n: HEAD + "".join(f"  - name: case {number}\n" for number in range(n)), 500, "cases holds 501 cases"),
    (lambda n: HEAD + f"  - name: {'a' * n}\n", 200, "name is longer than 200 characters"),
    (lambda n: ONE + f"    sample: {n}\n", 100, "sample is 101, but must be"),
    (lambda n: ONE + f"    min_traces: {n}\n", 10_000, "min_traces is 10001, but must be"),
    (lambda n: SPAN.replace("SELECT", f"{{any_of: {['a'] * n}}}"), 100, "any_of holds 101 values"),
    (lambda n: SPAN.replace("VALUE", f"{{any_of: {[1] * n}}}"), 100, "any_of holds 101 values"),
    (lambda n: SPAN.replace("VALUE", f"{{matches: {'a' * n}}}"), 300, "matches is longer than 300"),
]
NAMES = ("cases", "name", "sample", "min_traces", "any_of of a name", "any_of of a value", "matches")


@pytest.mark.parametrize(("written", "most", "expected"), MOST, ids=NAMES)
def test_the_most_is_taken_and_one_more_is_refused(written: Callable[[int], str], most: int, expected: str) -> None:
    assert parse_contract(written(most), "x").cases
    VALIDATOR.validate(_core(written(most)))
    assert expected in str(refused(written(most + 1)))
    assert not VALIDATOR.is_valid(_core(written(most + 1)))


def test_bytes_that_are_no_text() -> None:
    assert "line 3: it is no text in UTF-8." in str(refused(b"version: 1\n\n\xff\n"))


BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True))


def test_a_bomb_of_yaml_ends_at_its_first_alias() -> None:
    assert str(refused(BOMB)).startswith("tracing-contract.yml, line 2, column 8: an alias (*) stands here.")


# What the schema can't say: values that are compared with each other, or that belong to YAML itself.
BEYOND = re.compile(
    "second|both in|is not in it|less than|too deep|which is no span|for ever|regular expression|no call|no path|URL|"
    "credentials|is set by|HTTP header|YAML|alias|tag|template|control|quotes|levels|goes with|exclude each other|"
    "must be more than zero|not a duration|more than one line|is empty|version is not"
)


@pytest.mark.parametrize(("text", "line", "expected"), BAD, ids=lambda value: repr(value)[-50:])
def test_the_schema_refuses_the_same(text: str, line: int, expected: str) -> None:
    if BEYOND.search(expected):
        return
    assert list(VALIDATOR.iter_errors(_core(text))), text


def _core(text: str) -> Any:
    """As YAML 1.2 has it: `yes` is a text."""
    return document.parse_document(text).plain


def test_the_schema_is_one_and_has_the_keys_of_the_parser() -> None:
    VALIDATOR.check_schema(SCHEMA)
    parts = SCHEMA["$defs"]
    assert set(SCHEMA["properties"]) == parse.CONTRACT_KEYS
    for name, keys in {
        "case": parse.CASE_KEYS,
        "find": parse.FIND_KEYS,
        "request": parse_request.REQUEST_KEYS,
        "span": parse_spans.SPAN_KEYS,
        "selector": parse_spans.SELECTOR_KEYS,
        "event": parse_spans.EVENT_KEYS,
        "link": parse_spans.LINK_KEYS,
    }.items():
        assert set(parts[name]["properties"]) == keys, name
        assert parts[name]["additionalProperties"] is False
    assert set(parts["condition"]["anyOf"][1]["properties"]) == parse_spans.CONDITION_KEYS
    assert parts["condition"]["anyOf"][1]["properties"]["type"]["enum"] == list(model.TYPES)
    assert parts["case"]["properties"]["semconv"]["items"]["enum"] == list(model.SEMCONV)
    VALIDATOR.validate(yaml.safe_load(CONTRACT))
