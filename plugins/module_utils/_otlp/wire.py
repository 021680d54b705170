# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Protobuf's wire format, as much of it as OTLP takes. Spares hosts the protobuf library and its generated code."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTH = {FIXED64: 8, FIXED32: 4}
_MAX_VARINT_BYTES = 10
_SIGN = 1 << 63
_WORD = 1 << 64


def varint(value: int) -> bytes:
    """Seven bits a byte, lowest first. A negative number is sent as its two's complement in 64 bits."""
    value %= _WORD
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def integer(number: int, value: int) -> bytes:
    return varint(number << 3 | VARINT) + varint(value)


def fixed64(number: int, value: int) -> bytes:
    return varint(number << 3 | FIXED64) + struct.pack("<Q", value)


def fixed32(number: int, value: int) -> bytes:
    return varint(number << 3 | FIXED32) + struct.pack("<I", value)


def double(number: int, value: float) -> bytes:
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def delimited(number: int, value: bytes) -> bytes:
    """Bytes, text in UTF-8, or a message inside another."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def signed(value: int) -> int:
    """A varint read as int64."""
    return value - _WORD if value & _SIGN else value


def read_double(value: int) -> float:
    """The eight bytes of a double, which are read as a number first."""
    result: float = struct.unpack("<d", struct.pack("<Q", value))[0]
    return result


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and raw value of each field in turn: whole numbers for all that is not delimited."""
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        number, wire = key >> 3, key & 7
        value: int | bytes
        if wire == VARINT:
            value, position = _read_varint(data, position)
        elif wire == BYTES:
            size, position = _read_varint(data, position)
            value, position = _take(data, position, size)
        elif wire in _WIDTH:
            raw, position = _take(data, position, _WIDTH[wire])
            value = int.from_bytes(raw, "little")
        else:
            raise _damaged(f"wire type {wire}")
        if not number:
            raise _damaged("field number 0")
        yield number, value


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for count in range(_MAX_VARINT_BYTES):
        if position + count >= len(data):
            raise _damaged("the end inside of a number")
        byte = data[position + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value % _WORD, position + count + 1
    raise _damaged("a number of more than ten bytes")


def _take(data: bytes, position: int, size: int) -> tuple[bytes, int]:
    if position + size > len(data):
        raise _damaged("the end inside of a field")
    return data[position : position + size], position + size


def _damaged(what: str) -> TracingError:
    return TracingError("damaged", f"Bytes that should be protobuf hold {what}.")
