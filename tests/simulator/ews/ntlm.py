"""NTLM as a server: the challenge, and whether an answer to it proves the password.

NTLMv2 alone, as Exchange asks for by default; no signing, no check of the MIC.
Source: [MS-NLMP] 2.2.1 and 3.3.2
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct

_SIGNATURE = b"NTLMSSP\x00"
_UNICODE, _OEM, _TARGET, _NTLM = 0x1, 0x2, 0x4, 0x200
_DOMAIN, _EXTENDED, _INFO = 0x10000, 0x80000, 0x800000
_OFFERED = _UNICODE | _TARGET | _NTLM | _DOMAIN | _EXTENDED | _INFO | 0xE0008000
_EPOCH = 11644473600  # seconds from 1601 to 1970


def kind_of(token: bytes) -> int:
    """1, 2 or 3 for a message of NTLM, 0 for anything else."""
    if token[:8] != _SIGNATURE or len(token) < 16:
        return 0
    return struct.unpack_from("<I", token, 8)[0]


def challenge(negotiate: bytes, domain: str, now: float) -> tuple[bytes, bytes]:
    """The answer to a type 1 message: (type 2 message, the challenge in it)."""
    nonce = secrets.token_bytes(8)
    wanted = struct.unpack_from("<I", negotiate, 12)[0]
    flags = _OFFERED & (wanted | _TARGET | _DOMAIN | _INFO | _UNICODE)
    target = domain.upper().encode("utf-16-le")
    stamp = int((now + _EPOCH) * 10**7)
    pairs = (
        (2, target),
        (1, "EXCHANGE".encode("utf-16-le")),
        (4, f"{domain.lower()}.example".encode("utf-16-le")),
        (7, struct.pack("<Q", stamp)),
        (0, b""),
    )
    info = b"".join(struct.pack("<HH", k, len(v)) + v for k, v in pairs)
    head = struct.pack("<8sIHHII8s8x", _SIGNATURE, 2, *_field(target, 48), flags, nonce)
    head += struct.pack("<HHI", *_field(info, 48 + len(target)))
    return head + target + info, nonce


def _field(data: bytes, offset: int) -> tuple[int, int, int]:
    return len(data), len(data), offset


def _part(token: bytes, at: int) -> bytes:
    size, _most, offset = struct.unpack_from("<HHI", token, at)
    return token[offset : offset + size]


def who(authenticate: bytes) -> tuple[str, str]:
    """Domain and user of a type 3 message."""
    flags = struct.unpack_from("<I", authenticate, 60)[0]
    charset = "utf-16-le" if flags & _UNICODE else "cp1252"
    domain, user = (_part(authenticate, at).decode(charset) for at in (28, 36))
    return domain, user


def proves(authenticate: bytes, nonce: bytes, password: str) -> bool:
    """Whether a type 3 message was made with the password for this challenge."""
    domain, user = who(authenticate)
    response = _part(authenticate, 20)
    if len(response) < 32:  # NTLMv1
        return False
    key = _hmac(_hash(password), f"{user.upper()}{domain}".encode("utf-16-le"))
    proof, blob = response[:16], response[16:]
    return hmac.compare_digest(_hmac(key, nonce + blob), proof)


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.md5).digest()


def _hash(password: str) -> bytes:
    # hashlib has no MD4 where OpenSSL has none; pyspnego brings its own.
    from spnego._ntlm_raw.crypto import ntowfv1

    return ntowfv1(password)
