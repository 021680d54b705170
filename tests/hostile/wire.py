# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile answers that any module may get from any server, by kind. Each is made out of the right answer."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import repeat

from cases import TRAP, Change, Row
from fake_server import Answer, Asked, Wire

MEGABYTE = 1024 * 1024
# Turns the text red, moves the cursor, sets the title of the window, turns the direction of text round; a bell, a
# character of C1 that begins a sequence as ESC [ does, and DEL.
ESCAPES = "\x1b[31m\x1b[2J\x1b]0;title\x07\u202e\u2066\x9b31m\x7f"
# What Ansible would take for code and what it would take for its own.
JINJA = "{{ lookup('pipe', 'id') }}{% for x in [] %}"
# Longer than any module of these tests waits.
FOREVER = 60.0


def head(answer: Answer, *drop: str, **more: str) -> bytes:
    """Status line and headers. ``more`` come with their hyphens as underscores, and win."""
    fields = {"Content-Length": str(len(answer.body)), **answer.headers}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    return _head(answer.status, [f"{name}: {value}" for name, value in fields.items() if name not in drop])


def _head(status: int, lines: list[str]) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} OK", *lines, "", ""]).encode("latin-1", "replace")


def chunked(answer: Answer, *parts: bytes) -> Wire:
    return [head(answer, "Content-Length", Transfer_Encoding="chunked"), *parts]


def packed(pack: Callable[[bytes], bytes], encoding: str = "gzip") -> Change:
    def change(answer: Answer, asked: Asked) -> Answer:
        return Answer(pack(answer.body), answer.status, {**answer.headers, "Content-Encoding": encoding})

    return change


def body(make: Callable[[bytes], bytes]) -> Change:
    """The same status and headers with another body."""
    return lambda answer, asked: Answer(make(answer.body), answer.status, answer.headers)


def page(status: int, content: str, kind: str = "text/html; charset=utf-8", **headers: str) -> Change:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer, asked: Answer(content.encode(), status, {"Content-Type": kind, **fields})


def redirect(status: int, to: Callable[[], str | None]) -> Change:
    def change(answer: Answer, asked: Asked) -> Answer:
        location = to()
        return Answer(b"", status, {} if location is None else {"Location": location})

    return change


def raw(*parts: bytes | float) -> Change:
    return lambda answer, asked: parts


def slowly(
    make: Callable[[Answer], bytes], pause: float = 0.2, whole: Callable[[Answer], bytes] = lambda _: b""
) -> Change:
    """``whole`` at once, then byte by byte."""

    def change(answer: Answer, asked: Asked) -> Iterator[bytes | float]:
        yield whole(answer)
        for number in make(answer):
            yield bytes([number])
            yield pause
        yield FOREVER

    return change


def endless(answer: Answer, asked: Asked) -> Iterator[bytes]:
    yield head(answer, "Content-Length")
    yield from repeat(b" " * MEGABYTE)


def echo(answer: Answer, asked: Asked) -> Answer:
    """As proxies that help to find faults do, it repeats the request, with its credentials."""
    lines = [f"{asked.method} {asked.target}", *(f"{name}: {value}" for name, value in asked.headers.items())]
    return Answer("\n".join(lines).encode(), 400, {"Content-Type": "text/plain"})


@cache
def gzip_bomb() -> bytes:
    """A megabyte that becomes a gigabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * MEGABYTE
    return b"".join([*(packer.compress(block) for _each in range(1024)), packer.flush()])


def split_length(answer: Answer, asked: Asked) -> Wire:
    return [_head(answer.status, [f"Content-Length: {len(answer.body)}", "Content-Length: 3"]), answer.body]


LOGIN = "<!DOCTYPE html><html><head><title>Log in</title></head><body>Who are you?</body></html>"
ABSURD = "9" * 400
NUMBER = re.compile(rb" \d{3} ")


def _rows(kind: str, rows: Mapping[str, Change], harmless: tuple[str, ...] = ()) -> list[Row]:
    unknown = set(harmless) - set(rows)
    assert not unknown, unknown
    return [Row(kind, name, change, name in harmless) for name, change in rows.items()]


SIZES = _rows("sizes", {
    "an endless body": endless,
    "50 MB of spaces before the answer": body(lambda right: b" " * (50 * MEGABYTE) + right),
    "50 MB of zeros": body(lambda right: b"\0" * (50 * MEGABYTE)),
    "a length that is too small": lambda answer, asked: [head(answer, Content_Length="9"), answer.body],
    "a length that is too large": lambda answer, asked: [head(answer, Content_Length="1000000"), answer.body],
    "a negative length": lambda answer, asked: [head(answer, Content_Length="-1"), answer.body],
    "a length that is no number": lambda answer, asked: [head(answer, Content_Length="many"), answer.body],
    "a length of 400 digits": lambda answer, asked: [head(answer, Content_Length=ABSURD), answer.body],
    "two lengths": split_length,
    "no length": lambda answer, asked: [head(answer, "Content-Length"), answer.body],
    "no body": body(lambda right: b""),
}, harmless=("a negative length", "a length that is no number", "two lengths", "no length",
             "50 MB of spaces before the answer"))  # fmt: skip

SLOWNESS = _rows("slowness", {
    "no answer at all": raw(FOREVER),
    "a status line that stops": raw(b"HTTP/1.1 200", FOREVER),
    "headers byte by byte": slowly(head),
    "headers that never end": slowly(lambda answer: b"A: b\r\n" * 1000, whole=lambda answer: b"HTTP/1.1 200 OK\r\n"),
    "a body byte by byte": slowly(lambda answer: answer.body, whole=head),
    "a body that stops": lambda answer, asked: [head(answer), answer.body[:-1], FOREVER],
    "a body that stops without a length": lambda answer, asked: [head(answer, "Content-Length"), answer.body, FOREVER],
    "a chunk that never comes": lambda answer, asked: [*chunked(answer, b"5\r\n"), FOREVER],
})  # fmt: skip

COMPRESSION = _rows("compression", {
    "gzip": packed(gzip.compress),
    "gzip cut off": packed(lambda right: gzip.compress(right)[:-12]),
    "gzip of nothing": packed(lambda right: b""),
    "gzip that is none": packed(lambda right: right),
    "gzip with a wrong checksum": packed(lambda right: gzip.compress(right)[:-8] + b"\0" * 8),
    "gzip and garbage behind it": packed(lambda right: gzip.compress(right) + b"garbage"),
    "gzip twice": packed(lambda right: gzip.compress(gzip.compress(right))),
    "a gigabyte in a megabyte of gzip": packed(lambda right: gzip_bomb()),
    "gzip not announced": body(gzip.compress),
    "deflate": packed(zlib.compress, "deflate"),
    "br announced": packed(lambda right: right, "br"),
    "an encoding with escapes": packed(lambda right: right, f"{ESCAPES!r}"),
}, harmless=("gzip", "gzip and garbage behind it", "br announced", "an encoding with escapes"))  # fmt: skip

ENCODINGS = _rows("encodings", {
    "UTF-16": body(lambda right: right.decode().encode("utf-16")),
    "UTF-16 without a mark": body(lambda right: right.decode().encode("utf-16-le")),
    "UTF-32": body(lambda right: right.decode().encode("utf-32")),
    "a byte order mark": body(lambda right: b"\xef\xbb\xbf" + right),
    "bytes that are no UTF-8": body(lambda right: b"\xff\xfe\xc0\xaf" + right),
    "NUL before the answer": body(lambda right: b"\0" + right),
    "NUL behind the answer": body(lambda right: right + b"\0"),
    "another answer behind the answer": body(lambda right: right + right),
    "escapes alone": body(lambda right: ESCAPES.encode()),
}, harmless=("a byte order mark", "UTF-16", "UTF-16 without a mark", "UTF-32", "another answer behind the answer",
             "NUL behind the answer", "NUL before the answer"))  # fmt: skip

REDIRECTS = _rows("redirects", {
    "301 to another host": redirect(301, lambda: f"{TRAP.url}/redirected"),
    "302 to another host": redirect(302, lambda: f"{TRAP.url}/redirected"),
    "307 to another host": redirect(307, lambda: f"{TRAP.url}/redirected"),
    "308 to another host": redirect(308, lambda: f"{TRAP.url}/redirected"),
    "303 without a scheme": redirect(303, lambda: TRAP.url.removeprefix("http:")),
    "302 to file:": redirect(302, lambda: "file:///etc/passwd"),
    "302 to gopher:": redirect(302, lambda: "gopher://127.0.0.1:1/_"),
    "302 to itself": redirect(302, lambda: "."),
    "302 with a login": redirect(302, lambda: TRAP.url.replace("://", "://admin:hunter2@")),
    "302 with escapes": redirect(302, lambda: f"http://x/{ESCAPES.encode().decode('latin-1')}"),
    "302 to nowhere": redirect(302, lambda: None),
    "300": redirect(300, lambda: f"{TRAP.url}/redirected"),
    "304": lambda answer, asked: [_head(304, [])],
    "a refresh": page(200, f'<meta http-equiv="refresh" content="0;url={LOGIN}">', Refresh="0;url=http://x/"),
})  # fmt: skip

PAGES = _rows("pages", {
    "200 with a login page": page(200, LOGIN),
    "200 with a login page that calls itself JSON": page(200, LOGIN, "application/json"),
    "401 with a login page": page(401, LOGIN, WWW_Authenticate='Basic realm="x"'),
    "401 without anything": page(401, "", "text/plain"),
    "403 with a page": page(403, LOGIN),
    "403 with escapes": page(403, f"no {ESCAPES}", "text/plain; charset=utf-8"),
    "404 with escapes": page(404, f"no {ESCAPES}", "text/plain; charset=utf-8"),
    "407 of a proxy": page(407, LOGIN, Proxy_Authenticate="Basic"),
    "429 for ever": page(429, "later", "text/plain", Retry_After=ABSURD),
    "429 until a date": page(429, "later", "text/plain", Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"),
    "500 with Jinja": page(500, f"it is {JINJA}", "text/plain"),
    "500 with a megabyte": page(500, "x" * MEGABYTE, "text/plain"),
    "502 of a proxy": page(502, "<html><h1>502 Bad Gateway</h1><hr>nginx</html>"),
    "503 for ever": page(503, "later", "text/plain", Retry_After="-1"),
    "504 of a proxy": page(504, "<html>upstream request timeout</html>"),
    "200 with the error of a proxy": page(200, "upstream connect error or disconnect/reset", "text/plain"),
    "204": lambda answer, asked: [_head(204, [])],
    "206": lambda answer, asked: Answer(answer.body[: len(answer.body) // 2], 206, answer.headers),
    "the request repeated": echo,
})  # fmt: skip

FRAMING = _rows("framing", {
    "a chunk whose size is no number": lambda answer, asked: chunked(answer, b"many\r\n", answer.body),
    "a chunk of 2^63": lambda answer, asked: chunked(answer, b"7fffffffffffffff\r\n", answer.body),
    "a negative chunk": lambda answer, asked: chunked(answer, b"-5\r\n", answer.body),
    "a negative chunk in an error": lambda answer, asked: [
        b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", answer.body
    ],
    "no last chunk": lambda answer, asked: chunked(answer, b"%x\r\n%s\r\n" % (len(answer.body), answer.body)),
    "a size of a chunk that never ends": lambda answer, asked: chunked(answer, b"0" * MEGABYTE),
    "closed at once": raw(b""),
    "closed in the headers": lambda answer, asked: [head(answer)[:30]],
    "closed in the body": lambda answer, asked: [head(answer), answer.body[: len(answer.body) // 2]],
    "10 000 headers": lambda answer, asked: [_head(200, [f"A-{n}: b" for n in range(10_000)]), answer.body],
    "a header of a megabyte": lambda answer, asked: [_head(200, ["A: " + "b" * MEGABYTE]), answer.body],
    "headers without an end": lambda answer, asked: [b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n" * 1000] * 1000],
    "a header without a colon": lambda answer, asked: [_head(200, ["Nonsense", "Content-Type: x"]), answer.body],
    "a header with NUL": lambda answer, asked: [head(answer, A="\0b\0"), answer.body],
    "HTTP/0.9": lambda answer, asked: [answer.body],
    "HTTP/9.9": lambda answer, asked: [head(answer).replace(b"HTTP/1.1", b"HTTP/9.9"), answer.body],
    "a status that is no number": lambda answer, asked: [NUMBER.sub(b" ok ", head(answer), 1), answer.body],
    "a status of 999": lambda answer, asked: Answer(answer.body, 999, answer.headers),
    "a status of 40 digits": lambda answer, asked: [b"HTTP/1.1 " + b"2" * 40 + b" OK\r\n\r\n", answer.body],
    "a reason with escapes": lambda answer, asked: [f"HTTP/1.1 418 {ESCAPES}\r\n\r\n".encode()],
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "a TLS alert": raw(b"\x15\x03\x01\x00\x02\x02\x46"),
    "101": lambda answer, asked: [_head(101, ["Upgrade: websocket", "Connection: Upgrade"]), answer.body],
    "1000 times 100": lambda answer, asked: [b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, head(answer), answer.body],
    "100 for ever": lambda answer, asked: repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "a content type with escapes": lambda answer, asked: [_head(200, [f"Content-Type: {ESCAPES}"]), LOGIN.encode()],
}, harmless=("10 000 headers", "a header with NUL", "HTTP/9.9", "1000 times 100",
             "a header without a colon"))  # fmt: skip

ROWS = [*SIZES, *SLOWNESS, *COMPRESSION, *ENCODINGS, *REDIRECTS, *PAGES, *FRAMING]
