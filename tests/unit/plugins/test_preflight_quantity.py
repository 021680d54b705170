# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quantities, as Kubernetes reads them and as people are told them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._quantity import parse_quantity, show_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", "0.5"),
        ("1", "1"),
        (2, "2"),
        (0.25, "0.25"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+1", "1"),
        ("-1", "-1"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("12e-1", "1.2"),
        ("1E", "1000000000000000000"),
        ("1Ei", "1152921504606846976"),
        ("128974848", "128974848"),
        ("1k", "1000"),
        ("1.5Gi", "1610612736"),
        ("64Ki", "65536"),
        ("129M", "129000000"),
        ("7G", "7000000000"),
        ("3T", "3000000000000"),
        ("2P", "2000000000000000"),
        ("1Mi", "1048576"),
        ("1Ti", "1099511627776"),
        ("1Pi", "1125899906842624"),
        ("100n", "0.0000001"),
        ("100u", "0.0001"),
        (" 1Gi ", "1073741824"),
    ],
)
def test_quantities_are_read_exactly(text: object, value: str) -> None:
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "Gi", "1GB", "1gi", "1 Gi", "one", "1e", "1e3Gi", ".", "1,5", "٣", "1e999", None])
def test_what_is_no_quantity_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("value", "resource", "shown"),
    [
        ("0.2", "cpu", "0.2"),
        ("10", "pods", "10"),
        ("3.3", "requests.cpu", "3.3"),
        ("1610612736", "memory", "1.5Gi"),
        ("1073741824", "limits.memory", "1Gi"),
        ("1073741824", "fast.storageclass.storage.k8s.io/requests.storage", "1Gi"),
        ("2", "fast.storageclass.storage.k8s.io/persistentvolumeclaims", "2"),
        ("1000", "memory", "1000"),
        ("0", "memory", "0"),
    ],
)
def test_quantities_are_shown_as_people_write_them(value: str, resource: str, shown: str) -> None:
    assert show_quantity(Decimal(value), resource) == shown
