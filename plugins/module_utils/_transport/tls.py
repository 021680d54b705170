# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS with an API server, as strict as kubectl's."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .access import Access, Pem, unusable


def tls_context(access: Access) -> ssl.SSLContext:
    """Whom to trust and what to show, checked as strictly as kubectl does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    context.hostname_checks_common_name = False
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif access.ca:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an authority may itself be signed by another
        _trust(context, access)
    else:
        context.load_default_certs()
    if access.certificate:
        _show(context, access)
    return context


def _trust(context: ssl.SSLContext, access: Access) -> None:
    try:
        if access.ca.data:
            context.load_verify_locations(cadata=access.ca.data.decode("ascii", "ignore"))  # comments may be UTF-8
        else:
            context.load_verify_locations(_existing(access.ca, access))
    except (OSError, ValueError) as error:
        raise unusable(access.origin, f"its certificate-authority is not readable as PEM: {error}") from error


def _show(context: ssl.SSLContext, access: Access) -> None:
    with _as_file(access.certificate, access) as certificate, _as_file(access.key, access) as key:
        try:
            # Without a password given, OpenSSL would ask for one on the terminal.
            context.load_cert_chain(certificate, key or None, password=lambda: b"")
        except (OSError, ValueError) as error:
            reason = f"its client-certificate and client-key are no readable pair without a password: {error}"
            raise unusable(access.origin, reason) from error


@contextmanager
def _as_file(pem: Pem, access: Access) -> Iterator[str]:
    """OpenSSL takes a client's certificate and key from files only."""
    if not pem.data:
        yield _existing(pem, access) if pem.file else ""
        return
    import tempfile

    with tempfile.NamedTemporaryFile() as file:  # readable for this user only, and gone as soon as it is loaded
        file.write(pem.data)
        file.flush()
        yield file.name


def _existing(pem: Pem, access: Access) -> str:
    """OpenSSL's own error does not say which file is missing."""
    if not Path(pem.file).is_file():
        raise unusable(access.origin, f"it names {pem.file}, which is not there")
    return pem.file
