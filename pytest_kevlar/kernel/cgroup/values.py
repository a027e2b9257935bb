"""Numbers as control files take them. Mirrors lib/kstrtox.c."""

from __future__ import annotations

import re

from pytest_kevlar.kernel.errno import EINVAL, ERANGE

_NUMBER = re.compile(rb"([-+]?)(0[xX](?=[0-9a-fA-F])[0-9a-fA-F]+|\d+)\Z")
_SIZE = re.compile(rb"(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*|)([kKmMgGtTpPeE]?)\Z")
UNITS = b"\0kmgtpe"
INT_MAX = (1 << 31) - 1
LLONG_MAX = (1 << 63) - 1
ULLONG_MAX = (1 << 64) - 1
#: include/linux/kernel.h:isspace() with which strstrip() works.
BLANKS = b" \t\n\v\f\r\xa0"


def strip(data: bytes) -> bytes:
    """What was written as a C string, without blanks around it."""
    return data.split(b"\0", 1)[0].strip(BLANKS)


def line(data: bytes) -> bytes:
    """What was written as a C string, without a newline behind it: all that numbers may have."""
    return data.split(b"\0", 1)[0].removesuffix(b"\n")


def number(text: bytes, most: int = INT_MAX) -> int:
    """kstrtoint(), or kstrtoll() with a greater bound: any base of C's; EINVAL, ERANGE."""
    match = _NUMBER.match(text)
    if match is None:
        raise EINVAL
    sign, digits = match.groups()
    base = 16 if digits[:2].lower() == b"0x" else 8 if digits[:1] == b"0" else 10
    try:
        value = int(digits, base)
    except ValueError:
        raise EINVAL from None  # a digit that octal numbers do not have
    if value > most + (sign == b"-"):
        raise ERANGE
    return -value if sign == b"-" else value


def memparse(text: bytes) -> int:
    """Bytes with an optional unit behind them, modulo 2**64; lib/cmdline.c:memparse(). EINVAL."""
    match = _SIZE.match(text)
    if match is None:
        raise EINVAL
    digits, unit = match.groups()
    base = 16 if digits[:2].lower() == b"0x" else 8 if digits[:1] == b"0" else 10
    return int(digits or b"0", base) << 10 * (UNITS.find(unit.lower()) if unit else 0) & ULLONG_MAX


def bounded(text: bytes, low: int, high: int) -> int:
    """A number from `low` to `high`; ERANGE beyond."""
    value = number(text)
    if not low <= value <= high:
        raise ERANGE
    return value


def maximum(text: bytes) -> int | None:
    """``max``, or as much as an int holds, which is None; or less. EINVAL, ERANGE."""
    value = INT_MAX if text == b"max" else bounded(text, 0, INT_MAX)
    return None if value == INT_MAX else value


def show_maximum(value: int | None) -> bytes:
    """A bound as a line."""
    return b"max\n" if value is None else b"%d\n" % value
