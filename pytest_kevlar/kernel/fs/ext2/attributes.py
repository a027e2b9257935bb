"""Extended attributes of ext2: a block of names and values that an inode refers to.

Mirrors fs/ext2/xattr.c, but for its cache of equal blocks. Who may see and change which is
decided in ``fs/xattr.py``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EIO, ENOSPC, ERANGE
from pytest_kevlar.kernel.fs.ext2 import balloc

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
    from pytest_kevlar.kernel.fs.ext2.node import Node

MAGIC = 0xEA02_0000
_HEAD = struct.Struct("<IIII16x")  # magic, users, blocks, hash
_ENTRY = struct.Struct("<BBHIII")  # name length, index, value's offset, block, size, hash
#: ``e_name_index`` to the prefix that it stands for.
PREFIXES = {
    1: b"user.",
    2: b"system.posix_acl_access",
    3: b"system.posix_acl_default",
    4: b"trusted.",
    6: b"security.",
}


def _split(name: bytes) -> tuple[int, bytes]:
    """Index and rest of a name; an index that nobody knows is kept as it was read."""
    if name[0] == 0:
        return name[1], name[2:]
    for index, prefix in PREFIXES.items():
        if name.startswith(prefix):
            return index, name[len(prefix) :]
    raise AssertionError(name)


def order(name: bytes) -> tuple[int, int, bytes]:
    """Where a name stands among the others of its block."""
    index, rest = _split(name)
    return index, len(rest), rest


def parse(data: bytes) -> dict[bytes, bytes]:
    """All attributes of a block, by full name; EIO if it is damaged."""
    magic, _, blocks, _ = _HEAD.unpack_from(data)
    if magic != MAGIC or blocks != 1:
        raise EIO("no block of extended attributes")
    found = {}
    at = _HEAD.size
    while at + 4 <= len(data) and data[at : at + 4] != bytes(4):
        if at + _ENTRY.size > len(data):
            raise EIO("extended attribute beyond its block")
        length, index, offset, block, size, _ = _ENTRY.unpack_from(data, at)
        name = data[at + _ENTRY.size : at + _ENTRY.size + length]
        if len(name) < length or block or offset + size > len(data):
            raise EIO("extended attribute beyond its block")
        prefix = PREFIXES.get(index, bytes((0, index)))
        found[prefix + name] = data[offset : offset + size]
        at += _ENTRY.size + length + 3 & ~3
    return found


def encode(attributes: dict[bytes, bytes], size: int) -> bytes:
    """The block that holds all of them; ENOSPC if one does not do, ERANGE if never."""
    entries, values = b"", b""
    hashes = []
    for name in sorted(attributes, key=order):
        index, rest = _split(name)
        value = attributes[name]
        if len(value) > size:
            raise ERANGE
        padded = value + bytes(-len(value) % 4)
        values = padded + values
        offset = size - len(values) if value else 0
        hashed = _hash(rest, padded)
        hashes.append(hashed)
        entry = _ENTRY.pack(len(rest), index, offset & 0xFFFF, 0, len(value), hashed) + rest
        entries += entry + bytes(-len(entry) % 4)
    head = _HEAD.pack(MAGIC, 1, 1, _hash_block(hashes)) + entries
    if len(head) + 4 + len(values) > size:
        raise ENOSPC
    return head + bytes(size - len(head) - len(values)) + values


def _roll(number: int, bits: int) -> int:
    return (number << bits | number >> 32 - bits) & 0xFFFF_FFFF


def _hash(name: bytes, value: bytes) -> int:
    """ext2_xattr_hash_entry()."""
    number = 0
    for byte in name:
        number = _roll(number, 5) ^ byte
    for (word,) in struct.iter_unpack("<I", value):
        number = _roll(number, 16) ^ word
    return number


def _hash_block(hashes: list[int]) -> int:
    """ext2_xattr_rehash(): 0, which says that the block is never shared, if one of them is."""
    number = 0
    for one in hashes:
        number = _roll(number, 16) ^ one
    return number if all(hashes) else 0


def load(node: Node) -> dict[bytes, bytes] | None:
    """The attributes of an inode; none, and a report, if their block is damaged."""
    fs = node.fs
    if not node.acl_block:
        return None
    try:
        return parse(fs.bdev.read(node.acl_block * fs.block_size, fs.block_size))
    except EIO as error:
        fs.error(f"bad extended attribute block {node.acl_block}: {error}")
        return None


def store(node: Node, attributes: dict[bytes, bytes]) -> None:
    """Keep these and no others; ENOSPC. A block with further users is left to them."""
    fs = node.fs
    if not attributes:
        release(node)
        return
    data = encode(attributes, fs.block_size)
    if not node.acl_block or _users(fs, node.acl_block) > 1:
        block = balloc.allocate_block(fs, node.acl_block or node.map.home)
        release(node)
        node.acl_block = block
        node.map.sectors += fs.block_size // 512
        fs.need_attributes()
    fs.bdev.write(node.acl_block * fs.block_size, data)


def release(node: Node) -> None:
    """One user less of the block; the last one frees it. ext2_xattr_delete_inode()."""
    fs = node.fs
    if not node.acl_block:
        return
    users = _users(fs, node.acl_block)
    if users > 1:
        offset = node.acl_block * fs.block_size + 4
        fs.bdev.write(offset, (users - 1).to_bytes(4, "little"))
    else:
        balloc.free_block(fs, node.acl_block)
    node.map.sectors = max(0, node.map.sectors - fs.block_size // 512)
    node.acl_block = 0


def _users(fs: Ext2, block: int) -> int:
    return int.from_bytes(fs.bdev.read(block * fs.block_size + 4, 4), "little")
