"""Git's deltas: an object said as pieces of another. Source: gitformat-pack(5)."""

from __future__ import annotations


def apply_delta(base: bytes, delta: bytes, most: int) -> bytes:
    """Return the object that a delta makes of its base. Raises ValueError for a delta that is none."""
    size, at = _read_size(delta, 0)
    if size != len(base):
        raise ValueError("the delta is for another base")
    size, at = _read_size(delta, at)
    if size > most:
        raise ValueError("the delta makes too much")
    out = bytearray()
    while at < len(delta):
        code = delta[at]
        at += 1
        if code & 0x80:
            numbers = []
            for bits, first in ((4, 0), (3, 4)):
                number = 0
                for bit in range(bits):
                    if code & (1 << (first + bit)):
                        number |= delta[at] << (8 * bit)
                        at += 1
                numbers.append(number)
            start, length = numbers[0], numbers[1] or 0x10000
            if start + length > len(base):
                raise ValueError("the delta reads past its base")
            out += base[start : start + length]
        elif code:
            out += delta[at : at + code]
            at += code
        else:
            raise ValueError("a reserved instruction")
        if len(out) > size:
            raise ValueError("the delta makes more than it says")
    if len(out) != size:
        raise ValueError("the delta makes less than it says")
    return bytes(out)


def _read_size(data: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return size, at
