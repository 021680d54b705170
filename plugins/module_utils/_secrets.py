# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be shown: known by the name that it stands under, by its look, or because it was sent to log in."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import without_login

HIDDEN = "********"
# Shorter ones stand in too many other texts to be taken out of them.
SHORTEST = 6

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_WORDS = frozenset({
    "apikey", "authorization", "bearer", "cookie", "cookies", "credential", "credentials", "jwt", "passphrase",
    "passwd", "password", "passwords", "secret", "token",
})  # fmt: skip
# A key of one of these kinds is a secret; a public or primary one is none.
_KEYS = frozenset(
    ("access", "account", "api", "auth", "encryption", "master", "private", "secret", "shared", "signing")
)
# What may follow such a word without making it the place of a secret, as in `password_file`, or a property of it.
_MORE = frozenset(["b64", "base", "data", "header", "plain", "raw", "string", "text", "value"])
# `existingSecret` and the like name an object of Kubernetes.
_PLACES = frozenset(["existing", "pull", "tls"])

_IN_TEXT = (
    r"password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|cookie"
    r"|credentials?"
)
# One search tells of most texts that there is nothing to hide in them.
_SUSPICIOUS = re.compile(
    r"bearer|basic|eyJ|PRIVATE KEY|@|pass|secret|token|key|authorization|cookie|credential"
    r"|AKIA|gh[pousr]_|glpat-|xox[abeprs]-|AIza",
    re.IGNORECASE,
)
# By their look: a credential after the name of its scheme, a JSON web token, a private key, tokens of large services.
_LOOKS = (
    re.compile(r"(?i:\b(?:bearer|basic|negotiate)[ \t]+)(?P<secret>(?=[^\s\"',;]*[0-9=])[A-Za-z0-9._~+/=-]{8,})"),
    re.compile(r"(?i:\A\s*(?:bearer|basic)[ \t]+)(?P<secret>\S+)\s*\Z"),
    re.compile(r"(?<![A-Za-z0-9_-])(?P<secret>eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)"),
    re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<secret>[^-]+)"),
    re.compile(
        r"(?P<secret>\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|glpat-[A-Za-z0-9_-]{20,}"
        r"|xox[abeprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{35})\b)"
    ),
)
# By the name before it: `password=x` as in queries and connection strings, `"password": "x"`, and `password: x` on a
# line of its own.
_NAMED = (
    re.compile(rf"""(?i:(?:{_IN_TEXT})["']?\s{{0,3}}=\s{{0,3}})(?P<secret>"[^"\n]*"|'[^'\n]*'|[^\s"'&;,}}]+)"""),
    re.compile(rf"""(?i:(?:{_IN_TEXT})["']\s{{0,3}}:\s{{0,3}})(?P<secret>"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"',}}]+)"""),
    re.compile(rf"""(?im:^[ \t]*(?:- )?[\w.-]{{0,60}}?(?:{_IN_TEXT})[ \t]*:[ \t]+)(?P<secret>[^\s|>{{\[&*].*)"""),
)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether what stands under this name is a secret, and not where one lies or how long it is."""
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1] in _MORE or words[-1].isdigit()):
        words.pop()
    before, last = ["", "", *words][-2:]
    if before + last in _WORDS:  # such as Pass-Word
        return True
    return (last in _WORDS and before not in _PLACES) or (last in ("key", "keys") and before in _KEYS)


def masked_text(text: str) -> str:
    """A text without what looks like a secret in it."""
    if not _SUSPICIOUS.search(text):
        return text
    for pattern in (*_LOOKS, *_NAMED):
        text = pattern.sub(_hidden, text)
    return without_login(text)


def _hidden(match: re.Match[str]) -> str:
    start, end = match.span("secret")
    return f"{match.string[match.start() : start]}{HIDDEN}{match.string[end : match.end()]}"


def masked(value: Any, shown: Collection[str] = (), *, by_name: bool = False) -> Any:
    """The same structure without secrets, by name or look; ``shown`` names those that may be seen, ``*`` all."""
    if "*" in shown:
        return value
    if isinstance(value, Mapping):
        hides = {key: is_secret(str(key)) and str(key) not in shown for key in value}
        return {
            key: item if str(key) in shown else masked(item, shown, by_name=by_name or hides[key])
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked(item, shown, by_name=by_name) for item in value]
    if isinstance(value, str):
        return HIDDEN if by_name and value else masked_text(value)
    return value


def secrets_in(value: Any, *, by_name: bool = False) -> Iterator[str]:
    """The texts in a structure that are secrets by their name or look."""
    if isinstance(value, Mapping):
        # As Kubernetes lists variables: a name and its value side by side.
        named = is_secret(str(value.get("name", "")))
        for key, item in value.items():
            yield from secrets_in(item, by_name=is_secret(str(key)) or (named and key == "value"))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets_in(item, by_name=by_name)
    elif isinstance(value, str) and by_name:
        yield value
    elif isinstance(value, str) and _SUSPICIOUS.search(value):
        yield from (found["secret"].strip("\"'") for pattern in (*_LOOKS, *_NAMED) for found in pattern.finditer(value))


def _in_base64(secret: str) -> set[str]:
    """What there is of it wherever it stands in a text in base64: it may begin at any of three places."""
    forms = set()
    for before in range(3):
        raw = b"\0" * before + secret.encode("utf-8", "surrogatepass")
        # A character carries six bits. Those at both ends carry bits of what is beside it too.
        forms.add(base64.b64encode(raw).decode()[-(-8 * before // 6) : 8 * len(raw) // 6])
    return {form for form in forms if len(form) >= SHORTEST}


class _Sent:
    """What went out as a credential: an answer that repeats it must not show it."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, credential: str) -> None:
        """A credential, with or without its scheme before it."""
        self._texts |= {part for part in (credential, credential.rpartition(" ")[2]) if len(part) >= SHORTEST}

    @property
    def texts(self) -> Collection[str]:
        """They themselves, and as base64 has them: so a debugging proxy or a log repeats a header."""
        return frozenset(self._texts.union(*map(_in_base64, self._texts)))


SENT = _Sent()
