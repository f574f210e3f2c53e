"""What a signature encloses, without checking it: of S/MIME mails that are signed in
one piece (opaque), which only mail programs open.

Source: RFC 5652, 3 and 5; the rules of encoding are BER's (ITU-T X.690, 8).
"""

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_SEQUENCE, _EXPLICIT, _OCTETS, _OCTETS_IN_PIECES = 0x30, 0xA0, 0x04, 0x24
# Nobody writes more of either.
_DEEPEST, _MOST = 20, 100_000


def signed_content(data: bytes) -> bytes:
    """The content of a CMS message that is signed; b"" where it is none, or encrypted,
    or only a signature."""
    try:
        whole, _end = _element(data, 0, len(data))
        kind, content, *_rest = _children(data, _inside(whole, _SEQUENCE))
        if data[kind[1] : kind[2]] != _SIGNED_DATA:
            return b""
        (signed,) = _children(data, _inside(content, _EXPLICIT))
        _version, _digests, enclosed, *_rest = _children(
            data, _inside(signed, _SEQUENCE)
        )
        _type, explicit, *_rest = _children(data, _inside(enclosed, _SEQUENCE))
        (octets,) = _children(data, _inside(explicit, _EXPLICIT))
        return _octets(data, octets)
    except (ValueError, IndexError):
        return b""


# An element: (tag, where its content begins, where it ends)


def _inside(element, tag):
    if element[0] != tag:
        raise ValueError("Another element was expected.")
    return element[1:]


def _children(data, span):
    at, end = span
    found = []
    while at < end:
        element, at = _element(data, at, end)
        found.append(element)
        if len(found) > _MOST:
            raise ValueError("Too many elements.")
    return found


def _element(data, at, limit, depth=0):
    """:return: (element, where the next one begins)"""
    if depth > _DEEPEST:
        raise ValueError("Nested too deep.")
    tag, length, start = data[at], data[at + 1], at + 2
    if length == 0x80:  # until an end is written
        return _open_element(data, tag, start, limit, depth)
    if length > 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size])
        start += size
    if start + length > limit:
        raise ValueError("Cut off.")
    return (tag, start, start + length), start + length


def _open_element(data, tag, start, limit, depth):
    at = start
    for _number in range(_MOST):
        if data[at : at + 2] == b"\0\0":
            return (tag, start, at), at + 2
        _its, at = _element(data, at, limit, depth + 1)
    raise ValueError("Too many elements.")


def _octets(data, element):
    tag, start, end = element
    if tag == _OCTETS:
        return data[start:end]
    pieces = _children(data, _inside(element, _OCTETS_IN_PIECES))
    return b"".join(_octets(data, piece) for piece in pieces)
