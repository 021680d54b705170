# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One way into an API server: its address, whom to trust and as whom to ask; and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._address import parse
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._errors import TracingError
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._headers import basic, bearer

_CHECK = "Check what it says, and that the files that it names are there."


class NeedsClient(Exception):
    """The kubeconfig holds what only the Kubernetes client handles; ``access`` is what was read of it all the same."""

    def __init__(self, reason: str, access: Access | None = None) -> None:
        super().__init__(reason)
        self.access = access


@dataclass(frozen=True)
class Pem:
    """Certificates or a key: in a file, or in the kubeconfig itself."""

    file: str = ""
    data: bytes = field(default=b"", repr=False)

    def __bool__(self) -> bool:
        return bool(self.file or self.data)


@dataclass(frozen=True)
class Access:
    """One API server, and one way in. ``origin`` says in messages where all this is written."""

    origin: str
    server: str
    ca: Pem = field(default_factory=Pem)
    verify: bool = True
    server_name: str = ""
    certificate: Pem = field(default_factory=Pem)
    key: Pem = field(default_factory=Pem)
    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    namespace: str = ""
    context: str = ""
    # Where the proxy is set.
    proxy_from: str = ""
    # What of it only the Kubernetes client knows.
    beyond: str = ""
    impersonated: tuple[tuple[str, str], ...] = ()

    @property
    def proxy_shown(self) -> str:
        """The proxy without what logs in to it."""
        return parse(self.proxy).url if self.proxy else ""


def unusable(origin: str, reason: object, fix: str = _CHECK) -> TracingError:
    said = " ".join(str(reason).split()).rstrip(".")
    return TracingError("kubeconfig_invalid", f"{origin} cannot be used: {said}.", fix)


def authorization(access: Access) -> str:
    """The header's value, or nothing. A token's file is read each time: tokens are replaced before they expire."""
    token = access.token
    if access.token_file:
        try:
            token = Path(access.token_file).read_text().strip()
        except (OSError, ValueError) as error:
            raise unusable(access.origin, f"its token cannot be read: {error}") from error
        if not token:
            raise unusable(access.origin, f"{access.token_file} is empty")
    if any(not " " <= letter <= "~" for letter in token):
        # A header cannot hold it, and the error of whoever tries would repeat it.
        raise unusable(access.origin, "its token is more than one line of ASCII")
    if token:
        return bearer(token, "token")
    return basic(access.username, access.password) if access.username else ""


def through_proxy(error: TracingError, access: Access) -> TracingError:
    """Where a proxy is on the way, it is the first to suspect."""
    if not access.proxy:
        return error
    host = urlsplit(access.server).hostname
    no_proxy = "" if "kubeconfig" in access.proxy_from else f", or put {host} into NO_PROXY"
    return TracingError(
        error.kind,
        f"The proxy {access.proxy_shown} ({access.proxy_from}) does not lead to the Kubernetes API server at "
        f"{access.server}: {error.message[:1].lower()}{error.message[1:]}",
        f"Check {access.proxy_from}{no_proxy}.",
        retryable=error.retryable,
        status=error.status,
    )
