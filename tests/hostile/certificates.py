# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for 127.0.0.1: one that is right, and such as a client must not take."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Certificates:
    NAMES = ("tls", "self-signed", "wrong name", "expired")

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._authority = self._signed("tests", self._key, None, 1, authority=True)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self._authority.public_bytes(Encoding.PEM))

    def context(self, name: str) -> ssl.SSLContext:
        """For a server that shows the certificate of this name."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer = None if name == "self-signed" else self._key
        address = "192.0.2.1" if name == "wrong name" else "127.0.0.1"
        certificate = self._signed(address, key, signer, -1 if name == "expired" else 1)
        file = self._folder / f"{name.replace(' ', '_')}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _signed(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey | None,
        days: int,
        authority: bool = False,
    ) -> x509.Certificate:
        """Valid for so many days, or until so many days ago; signed by itself without a signer."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._authority.subject if signer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 3 * DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if not authority:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signer or key, hashes.SHA256())
