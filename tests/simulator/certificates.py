"""A small certificate authority, made at the start, for localhost."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The last two for those who come through a proxy that knows these names.
HOSTS = (
    "localhost",
    "127.0.0.1",
    "::1",
    "autodiscover.contoso.example",
    "mail.contoso.example",
)


@dataclass(slots=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        """The key as PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def make_authority(name: str = "Simulator CA") -> Issued:
    """A new authority, good for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = _builder(subject, subject, key, now, now + timedelta(days=3650))
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = builder.add_extension(usage, critical=True)
    return Issued(builder.sign(key, hashes.SHA256()), key)


def make_certificate(
    authority: Issued, hosts: tuple[str, ...] = HOSTS, *, expired: bool = False
) -> Issued:
    """A server certificate for these hosts."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    now = datetime.now(timezone.utc) - timedelta(days=30 if expired else 0)
    builder = _builder(
        subject,
        authority.certificate.subject,
        key,
        now,
        now + timedelta(days=1 if expired else 825),
    )
    builder = builder.add_extension(
        x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = builder.add_extension(usage, critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
        authority.key.public_key()
    )
    builder = builder.add_extension(issuer, critical=False)
    return Issued(builder.sign(authority.key, hashes.SHA256()), key)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(minutes=5))
        .not_valid_after(end)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
    )


def load_or_make(directory: Path) -> tuple[Issued, Issued]:
    """The authority and the server certificate kept in a directory, made if missing.

    Files: ``ca.pem``, ``ca.key``, ``server.pem``, ``server.key``.
    """
    names = [directory / n for n in ("ca.pem", "ca.key", "server.pem", "server.key")]
    if all(name.exists() for name in names):
        data = [name.read_bytes() for name in names]
        return _read(*data[:2]), _read(*data[2:])
    authority = make_authority()
    server = make_certificate(authority)
    contents = (authority.pem(), authority.key_pem(), server.pem(), server.key_pem())
    for name, content in zip(names, contents, strict=True):
        name.touch(mode=0o600 if name.suffix == ".key" else 0o644)
        name.write_bytes(content)
    return authority, server


def _read(certificate: bytes, key: bytes) -> Issued:
    loaded = serialization.load_pem_private_key(key, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return Issued(x509.load_pem_x509_certificate(certificate), loaded)
