"""Values on their way into a chart, against Helm itself: what is planned is what a chart gets, and texts stay texts."""

from __future__ import annotations

import base64
import importlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "ansible_collections.tracelab.k8s_tracing.plugins.module_utils"
helm_yaml = importlib.import_module(f"{PREFIX}._helm.yaml_text")
same = importlib.import_module(f"{PREFIX}._helm.compare").same
TracingError = importlib.import_module(f"{PREFIX}._errors").TracingError

FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
pytestmark = pytest.mark.case("C1")


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart that tells its values."""
    folder = tmp_path_factory.mktemp("teller")
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: teller, version: 0.1.0}\n", encoding="utf-8")
    # In a text of its own, so that no reader of YAML has a say on the way out.
    (folder / "templates/all.yaml").write_text("told: {{ .Values | toJson | b64enc }}\n", encoding="utf-8")
    return folder


def told(helm: str, chart: Path, text: str) -> tuple[dict[str, Any] | None, str]:
    """What a chart gets of a values file; None when Helm can't read it."""
    done = subprocess.run(
        [helm, "template", "r", str(chart), "--values", "-"], input=text.encode(), capture_output=True, check=False
    )
    if done.returncode:
        return None, done.stderr.decode()
    found: str = yaml.safe_load(done.stdout)["told"]
    values: dict[str, Any] = json.loads(base64.b64decode(found))
    return values, ""


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ODD_WORDS = """
    3e1 0o17 n y yes on Off 22:30 017 08 0x1F 0b11 1_000 1_000.5 .5 .5_0 ._5 . +.5 -.inf .nan ~ null Null NULL nUll
    = << 2026-01-31 2026-01-31T10:00:00Z 6063e25 1e400 1e-400 12345678901234567890123 9007199254740993 -0 -0.0 +1
    0_ -_1 1__0
    18446744073709551615 +18446744073709551615 0777777777777777777777777 0o8 0b2 5._ 0X1f 0B1 1.10 1. True tRue 1,000
    -9223372036854775809 0xFFFFFFFFFFFFFFFFFF 1e 1e+ e1 +e1 0x 0b 0o +.inf 12e03 - .e5 +0b1 -0x_F 1:2:3 190:20:30.15
"""
ODD = st.sampled_from(ODD_WORDS.split())
SPECIAL = st.sampled_from(
    ["", " ", " a", "a ", "\ta", "a\t", "a\n", "\na", "\n", "a\u2028b", "a\u2029b", "a\u0085b", "\ufeffa", "\x7f",
     "{{ x }}", "{% x %}", "#a", "a #b", "a: b", "- a", "*a", "&a", "!a", "%a", "@a", "`a`", "|", ">", "'", '"', "\\",
     "[", "{", "\x00", "\U0001f600", "é", "\u200b", "---", "...", "? a", "\r\n", "\ufffe"]
)  # fmt: skip
ANY_TEXT = TEXTS | ODD | SPECIAL
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def without_null(value: Any) -> Any:
    """To Helm a null means that a default goes."""
    if isinstance(value, dict):
        return {key: without_null(inner) for key, inner in value.items() if inner is not None}
    return value


@FEW
@given(values=st.dictionaries(ANY_TEXT, VALUES, max_size=4))
@example(values={"cluster": "3e1", "site": "0o17", "answer": "n", "tag": "6063e25"})
@example(values={"face": "\U0001f600", "break": "a\u2028b\u0085c\x7f\ufeff\x00", "=": "=", "<<": {"a": 1}})
@example(values={"yes": "yes", "1": 1, "1.10": "1.10", "null": "~", "2026-01-31": "2026-01-31"})
def test_a_chart_gets_what_was_planned(helm: str, chart: Path, values: dict[str, Any]) -> None:
    got, said = told(helm, chart, helm_yaml.to_json(values))
    assert got is not None, said
    assert same(without_null(got), without_null(values))


@FEW
@given(words=st.lists(ODD | st.from_regex(r"[-+0-9.eEoxXbB_:]{1,8}", fullmatch=True), min_size=1, max_size=6))
def test_words_without_quotes_are_read_as_helm_reads_them(helm: str, chart: Path, words: list[str]) -> None:
    text = "".join(f"w{number}: {word}\n" for number, word in enumerate(words))
    assert_same_reading(helm, chart, text)


@FEW
@given(keys=st.lists(ODD | st.from_regex(r"[-+0-9.eE_]{1,6}", fullmatch=True), min_size=1, max_size=3))
def test_keys_without_quotes_are_read_as_helm_reads_them(helm: str, chart: Path, keys: list[str]) -> None:
    assert_same_reading(helm, chart, "".join(f"{key}: v{number}\n" for number, key in enumerate(keys)))


def assert_same_reading(helm: str, chart: Path, text: str) -> None:
    got, said = told(helm, chart, text)
    try:
        ours = helm_yaml.load_map(text, "the file")
        planned = helm_yaml.held(ours)
    except TracingError as error:
        # What Helm would change, or take by chance, is refused; all others only where Helm refuses them as well.
        refused = error.kind == "invalid_option" or "stands there twice" in str(error)
        assert got is None or refused, f"Helm takes {text!r}, and not so we: {error}"
        return
    assert got is not None, f"Helm does not take {text!r}: {said}"
    assert same(without_null(got), without_null(planned)), text


WRITTEN = {
    "a time": "window: 22:30",
    "merge after": "a: &a {x: 1}\nb: {x: 2, <<: *a}",
    "merge before": "a: &a {x: 1}\nb: {<<: *a, x: 2}",
    "merge of several": "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b], w: 4}",
    "merge of a number": "a: {<<: 3}",
    "quoted merge": "a: {'<<': {x: 1}}",
    "key twice": "a: 1\na: 2",
    "keys that are no texts": "1: a\ntrue: b\n1.5: c\n0x10: d\n2026-01-31: e\n1e3: f\n1e6: g",
    "0 and -0": "0.0: a\n-0.0: b",
    "0 twice": "0.0: a\n1e-400: b",
    "0 and the text -0": "0.0: a\n'-0': b",
    "-0 and the text 0": "-0.0: a\n'0': b",
    "numbers that are written alike": "1.00000001: a\n1.00000002: b",
    "keys of odd numbers": "0.12345678912: h\n.inf: i\n1e-5: j",
    "key null": "~: a",
    "key of a list": "? [a]\n: b",
    "key too large": "18446744073709551615: a",
    "several documents": "a: 1\n---\nb: 2",
    "nothing": "",
    "only a comment": "# a",
    "null": "~",
    "a list": "- a",
    "a text": "a",
    "tags": "a: !!str 1\nb: !!int '3'\nc: !!float 3\nd: !mine 3\ne: !!null ~",
    "tags of more": "f: !!binary aGVsbG8=\ng: !!set {x}\nh: !!omap [x: 1]",
    "wrong int": "a: !!int x",
    "int with a part": "a: !!int 1.5",
    "wrong bool": "a: !!bool x",
    "bool": "a: !!bool yes",
    "wrong null": "a: !!null x",
    "wrong binary": "a: !!binary '***'",
    "infinite": "a: .inf",
    "no number": "a: .nan",
    "unknown anchor": "a: *b",
    "itself": "a: &b [*b]",
    "lines": "a: |\n  x\n\n  y\nb: >-\n  x\n  y\nc: |+\n  x\n\n",
    "separators": "a: \"x\u2028y\"\nb: '\u00a0x '",
    "a mark of order": "\ufeffa: 1",
    "template": "a: '{{ x }}'\nb: \"{% y %}\"",
    "empty": "a:\nb: ''\nc: ~\nd: {}\ne: []",
    "version 1.2": "%YAML 1.2\n---\na: yes",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_values_file_is_read_as_helm_reads_it(helm: str, chart: Path, name: str) -> None:
    assert_same_reading(helm, chart, WRITTEN[name])
