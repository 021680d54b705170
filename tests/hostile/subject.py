# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One way to use a module, and the cases that come of it: the right answers, and each hostile one in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from cases import OK, PATIENCE, REFUSED, Case, Change, Ends, Place, Right, Row, instead
from fake_server import Play
from values import WHOLE, Field, at
from wire import ROWS

# Rows about what carries an answer, in every run for every module. The code that they meet is shared: all rows are run
# for one module of each transport, and for each module by night.
CORE = frozenset({
    "an endless body", "a length that is too small", "no body", "no answer at all", "a body that stops",
    "gzip cut off", "a gigabyte in a megabyte of gzip", "UTF-16 without a mark", "bytes that are no UTF-8",
    "302 to another host", "302 to file:", "200 with a login page", "401 with a login page", "403 with escapes",
    "429 for ever", "503 for ever", "the request repeated", "a chunk whose size is no number", "closed in the body",
    "HTTP/0.9", "a reason with escapes", "null alone", "an empty list alone", "a text alone", "a list alone",
    "an object alone", "lists 100 000 deep alone", "Infinity alone", "1e999 alone", "a type tag alone",
})  # fmt: skip
# Values of single fields that are in every run.
CORE_VALUES = frozenset({
    "null", "a number", "a list", "an object", "10^5000", "1e999", "Infinity", "the text NaN", "a path", "a query",
    "an empty text", "a megabyte", "escapes", "Jinja", "half a surrogate pair", "a type tag",
})  # fmt: skip
VARIETY = "other values in the same place are in every run"
SHARED = "another module has this row in every run, and shares the code that reads the answer"
TLS = {
    "a certificate signed by itself": "self-signed",
    "a certificate for another name": "wrong name",
    "a certificate that is over": "expired",
    "no TLS where it is expected": "plain as https",
    "TLS where it is not expected": "tls as http",
}


@dataclass(frozen=True)
class Subject:
    module: str
    # The options, for servers that are reached over one of the listeners.
    arguments: Callable[[Place, str], Mapping[str, Any]]
    plays: Callable[[], Mapping[str, Play]]
    # Whose answer is hostile, and at which path.
    server: str
    page: str
    # What the result of the right answers holds.
    right: Right
    # Seconds beyond its limit, as its documentation says.
    beyond: float = 0.0
    # Stands before the names of cases, where a module has several subjects.
    name: str = ""
    listener: str = "plain"
    # Whether every row is part of every run.
    every_row: bool = False
    is_json: bool = True
    tls: bool = True
    # What a success holds that tells of an answer which could not be read, where that is no failure.
    told: Right | None = None
    # Rows of this subject alone, all of them in every run; and whether it has those that are for all.
    rows: Sequence[Row] = ()
    shared: bool = True
    fields: Sequence[Field] = ()
    # How the right answers end, and such as can't be read; then single rows that end otherwise, by name.
    control: frozenset[Ends] = OK
    refusal: frozenset[Ends] = REFUSED
    ends: Mapping[str, frozenset[Ends]] = field(default_factory=dict)

    def cases(self) -> Iterator[Case]:
        names = {row.name for row in self._rows()}
        assert set(self.ends) <= names, set(self.ends) - names
        yield replace(self._case("the right answers", None, self.control), seconds=PATIENCE)
        for row in self._rows():
            usual = self.refusal | self.control if row.harmless else self.refusal
            case = self._case(row.name, row.change, self.ends.get(row.name, usual))
            case = replace(case, right=self._right(row))
            always = self.every_row or row.name in CORE or row in self.rows
            yield case if always else replace(case, nightly=SHARED)
        for one in self.fields:
            for name, value in one.values.items():
                case = self._case(f"{one.page} {one.path}: {name}", at(one.path, value), one.ends, one.page)
                nightly = "" if name in CORE_VALUES or one.always else VARIETY
                yield replace(case, right=one.right, nightly=nightly)
        if self.tls:
            for name, listener in TLS.items():
                case = self._case(name, None, self.refusal, listener=listener)
                yield replace(case, right=self.told) if self.told else case

    def _right(self, row: Row) -> Right | None:
        right, told = self.right, self.told
        if row.harmless and told:
            return lambda result: right(result) or told(result)
        return right if row.harmless else told

    def _rows(self) -> list[Row]:
        return [*(ROWS if self.shared else []), *(WHOLE if self.shared and self.is_json else []), *self.rows]

    def _case(
        self, name: str, change: Change | None, ends: frozenset[Ends], page: str = "", listener: str = ""
    ) -> Case:
        plays = dict(self.plays())
        if change:
            plays[self.server] = instead(plays[self.server], page or self.page, change)
        arguments = partial(self._arguments, listener or self.listener)
        return Case(self.module, f"{self.name}{name}", arguments, plays, ends, beyond=self.beyond, right=self.right)

    def _arguments(self, listener: str, place: Place) -> Mapping[str, Any]:
        return self.arguments(place, listener)
