"""One block of a directory: a chain of entries of variable length, without the disk around it.

An entry's ``rec_len`` leads to the next; what is unused belongs to the entry before.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from pytest_kevlar.kernel.errno import EIO
from pytest_kevlar.kernel.fs.ext2.layout import DIRENT_HEAD, record_length

_HEAD = struct.Struct("<IHBB")
#: ``S_IFMT >> 12`` to the type in an entry.
TYPES = {0o10: 1, 0o04: 2, 0o02: 3, 0o06: 4, 0o01: 5, 0o14: 6, 0o12: 7}
#: The type in an entry to ``DT_*``.
KINDS = {value: key for key, value in TYPES.items()}


class Entry(NamedTuple):
    """One entry; unused if its `ino` is 0."""

    offset: int
    ino: int
    length: int  # rec_len
    name: bytes
    kind: int

    @property
    def used(self) -> int:
        """Bytes that it needs itself."""
        return record_length(len(self.name)) if self.ino else 0


def parse(data: bytes, inodes: int) -> list[Entry]:
    """All entries of a block; EIO if the chain is damaged; ext2_check_folio().

    Args:
        inodes: the highest inode number there can be.
    """
    found = []
    offset = 0
    size = len(data)
    while offset < size:
        if size - offset < record_length(1):
            raise EIO("directory entry across blocks")
        ino, length, name_length, kind = _HEAD.unpack_from(data, offset)
        if length < record_length(1) or length & 3 or length < record_length(name_length):
            raise EIO(f"bad record length {length} of a directory entry")
        if offset + length > size:
            raise EIO("directory entry across blocks")
        if ino > inodes:
            raise EIO(f"inode {ino} in a directory entry is out of bounds")
        start = offset + DIRENT_HEAD
        found.append(Entry(offset, ino, length, data[start : start + name_length], kind))
        offset += length
    return found


def room(entries: list[Entry]) -> int:
    """The longest record that could be added."""
    return max(entry.length - entry.used for entry in entries)


def encode(ino: int, length: int, name: bytes, kind: int) -> bytes:
    """One entry, without what follows its name."""
    return _HEAD.pack(ino, length, len(name), kind) + name


def insert(entries: list[Entry], name: bytes, ino: int, kind: int) -> tuple[int, bytes]:
    """Where to write what, so that a block with enough room has one more entry."""
    need = record_length(len(name))
    for entry in entries:
        if entry.length - entry.used < need:
            continue
        if not entry.used:
            return entry.offset, encode(ino, entry.length, name, kind)
        # Shorten the entry before to what it needs; the new one gets the rest.
        old = encode(entry.ino, entry.used, entry.name, entry.kind).ljust(entry.used, b"\0")
        return entry.offset, old + encode(ino, entry.length - entry.used, name, kind)
    raise AssertionError("no room in the block")


def remove(entries: list[Entry], victim: Entry) -> tuple[int, bytes]:
    """Where to write what, so that an entry is gone: it becomes part of the one before."""
    before = entries.index(victim) - 1
    if before < 0:
        return victim.offset, bytes(4)
    entry = entries[before]
    length = victim.offset + victim.length - entry.offset
    return entry.offset + 4, length.to_bytes(2, "little")
