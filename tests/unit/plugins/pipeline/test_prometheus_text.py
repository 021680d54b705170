# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus' text format."""

from __future__ import annotations

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._pipeline.prometheus_text import (
    MAX_SAMPLES,
    Sample,
    read,
    shows,
    total,
    total_by,
)
from hypothesis import given
from hypothesis import strategies as st

TEXT = """\
# HELP a_total what it is
# TYPE a_total counter
a_total{x="1",y="} # \\"odd\\" , {"} 3
a_total{x="2"} 4.5e0 1700000000000
a_total{x="2",z="1",} 1 # {trace_id="abc"} 0.5
b 7
c{x="1"} NaN
garbage here is no metric
d{x="1"} +Inf
e{x="1"}
"""


def parse(text: str, *names: str) -> list[Sample]:
    return read(text.encode("utf-8", "surrogatepass"), names or ("a", "b", "c", "d", "e", "m", "good"))


def test_sums_with_and_without_total() -> None:
    samples = parse(TEXT)
    assert total(samples, "a") == total(samples, "a_total") == 8.5
    assert total(samples, "b") == total(samples, "b_total") == 7
    assert total(samples, "a", lambda labels: labels["x"] == "2") == 5.5
    assert total_by(samples, "a", "x") == {"1": 3, "2": 5.5}


def test_a_page_that_is_sent_twice_counts_once() -> None:
    assert total(parse(TEXT + TEXT), "a") == 8.5
    assert len(parse("c NaN\nc NaN\n")) == 1


def test_two_values_of_one_series_are_refused() -> None:
    with pytest.raises(TracingError, match="a_total with the same labels twice") as raised:
        parse('a_total{x="1",y="2"} 3\na_total{y="2",x="1"} 4\n')
    assert raised.value.kind == "ambiguous"


def test_absent_is_not_zero() -> None:
    samples = parse(TEXT)
    assert total(samples, "nothing") is None
    assert total(samples, "c") is None
    assert total(samples, "e") is None


def test_label_values_are_unescaped() -> None:
    assert parse(TEXT)[0].labels == {"x": "1", "y": '} # "odd" , {'}


@given(st.binary() | st.text().map(lambda text: ("a" + text).encode("utf-8", "surrogatepass")))
def test_any_bytes_parse(page: bytes) -> None:
    assert all(sample.name in ("a", "a_total") for sample in read(page, ["a"]))


def test_only_what_is_asked_for_becomes_a_sample() -> None:
    assert [sample.name for sample in parse(TEXT, "b", "c_total")] == ["b", "c"]
    assert [sample.name for sample in parse("ab 1\na_total_x 2\na_total 3\n a 4\n", "a")] == ["a_total", "a"]


def test_whose_metrics_they_are() -> None:
    page = TEXT.encode()
    assert shows(page, "x", "gar") and shows(b"  tempo_a 1", "tempo_")
    assert not shows(page, "HELP", "total", "x")


def test_more_samples_than_any_server_has_are_refused() -> None:
    page = b"".join(b'a{b="%d"} 1\n' % number for number in range(MAX_SAMPLES + 1))
    with pytest.raises(TracingError, match=f"more than {MAX_SAMPLES} samples") as raised:
        read(page, ["a"])
    assert raised.value.kind == "too_large"
    assert len(read(page[page.index(b"\n") + 1 :], ["a"])) == MAX_SAMPLES


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\r")))
def test_any_label_value_comes_back(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    (sample,) = parse(f'm{{a="{escaped}",b="2"}} 1')
    assert sample.labels == {"a": value, "b": "2"}


@pytest.mark.parametrize("line", ["", "   ", "# EOF", "m", "m{", 'm{a="1"', "1 2", "m x"])
def test_lines_that_are_no_samples(line: str) -> None:
    assert parse(line) == []


HOSTILE = {
    "spaces": "a" + " " * 60_000 + "x",
    "open labels": "a{" + " " * 60_000,
    "quotes": "a{" + '"\\' * 30_000,
    "one long label": "a{" + "b" * 60_000 + "} 1",
    "labels without a value": "a{" + "x =" * 20_000 + "} 1",
    "spaces behind the value": "a 1" + " " * 60_000 + "x",
    "a line without end": 'a{b="' + "x" * 5_000_000 + '"} 1',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_line_takes_more_time_than_its_length(name: str) -> None:
    """Where a pattern tries every way to split a line, these thousand take hours."""
    lines = 1 if len(HOSTILE[name]) > 1_000_000 else 1000
    samples = parse("\n".join([HOSTILE[name]] * lines + ["good 7"]))
    assert (samples[-1].name, samples[-1].value) == ("good", 7)


def test_a_sum_that_is_no_number_is_not_known() -> None:
    assert total(parse('a{x="1"} 1e308\na{x="2"} 1e308\n'), "a") is None
