"""Block pointers: which block of the disk holds which block of a file.

Twelve direct pointers, then trees of one, two and three levels; 0 is a hole. Mirrors
fs/ext2/inode.c:ext2_get_blocks() and ext2_truncate_blocks().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EIO
from pytest_kevlar.kernel.fs.ext2 import balloc
from pytest_kevlar.kernel.fs.ext2.layout import DIRECT, POINTERS

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2


class BlockMap:
    """The blocks of one inode.

    Attributes:
        pointers: ``i_block``. sectors: ``i_blocks``, in units of 512 bytes.
        home: block near which the first one is looked for.
    """

    __slots__ = ("_fs", "_last", "home", "pointers", "sectors")

    def __init__(self, fs: Ext2, pointers: list[int], sectors: int, home: int) -> None:
        self._fs = fs
        self.pointers = pointers
        self.sectors = sectors
        self.home = home
        self._last = (-1, 0)  # where the last allocation was: index in the file, block

    def find(self, index: int) -> int:
        """The disk's block for block `index` of the file, 0 for a hole; EIO."""
        slot, *path = self._path(index)
        block = self.pointers[slot]
        for position in path:
            if not block:
                return 0
            block = self._pointer(block, position)
        if block and not self._fs.is_on_disk(block):
            raise EIO
        return block

    def ensure(self, index: int) -> tuple[int, bool]:
        """The block for `index`, allocated if there was a hole, and whether it was; ENOSPC.

        A new block holds what its last owner left: the caller writes all of it.
        """
        found = self.find(index)
        if found:
            return found, False
        slot, *path = self._path(index)
        fresh: list[int] = []
        try:
            # Allocated from the data up, so that nothing half made is ever linked.
            block = self._grow(slot, path, index, fresh)
        except BaseException:
            for one in fresh:
                self._release(one)
            raise
        self._last = (index, block)
        return block, True

    def truncate(self, blocks: int) -> None:
        """Free every block from the `blocks`-th on."""
        seen: set[int] = set()
        for slot in range(min(blocks, DIRECT), DIRECT):
            if self.pointers[slot]:
                self._release(self.pointers[slot])
                self.pointers[slot] = 0
        start = DIRECT
        for depth in (1, 2, 3):
            slot = DIRECT + depth - 1
            span = self._fs.pointers_per_block**depth
            if self.pointers[slot] and blocks < start + span:
                keep = max(0, blocks - start)
                if self._prune(self.pointers[slot], depth, keep, seen):
                    self.pointers[slot] = 0
            start += span
        self._last = (-1, 0)

    # -- trees ----------------------------------------------------------------------------

    def _path(self, index: int) -> list[int]:
        """The slot in the inode, and positions in indirect blocks; ext2_block_to_path()."""
        if index < DIRECT:
            return [index]
        index -= DIRECT
        pointers = self._fs.pointers_per_block
        for depth in (1, 2, 3):
            if index < pointers**depth:
                positions = [index // pointers**level % pointers for level in range(depth)]
                return [DIRECT + depth - 1, *reversed(positions)]
            index -= pointers**depth
        raise EIO("block > big")

    def _pointer(self, block: int, position: int) -> int:
        fs = self._fs
        if not fs.is_on_disk(block):
            raise EIO
        return int.from_bytes(fs.bdev.read(block * fs.block_size + position * 4, 4), "little")

    def _set_pointer(self, block: int, position: int, value: int) -> None:
        fs = self._fs
        fs.bdev.write(block * fs.block_size + position * 4, value.to_bytes(4, "little"))

    def _grow(self, slot: int, path: list[int], index: int, fresh: list[int]) -> int:
        """Allocate what is missing on the way to a block, and link it in."""
        parent, missing = 0, path
        block = self.pointers[slot]
        position = slot
        while block and missing:
            parent, position, missing = block, missing[0], missing[1:]
            block = self._pointer(parent, position)
        goal = self._goal(index, parent)
        top = data = 0
        for level in range(len(missing) + 1):
            goal = self._allocate(goal, fresh)
            if level == 0:
                top = goal
            else:
                self._set_pointer(data, missing[level - 1], goal)
            data = goal
            if level < len(missing):
                self._fs.bdev.write(data * self._fs.block_size, bytes(self._fs.block_size))
            goal = data + 1
        if parent:
            self._set_pointer(parent, position, top)
        else:
            self.pointers[slot] = top
        return data

    def _goal(self, index: int, parent: int) -> int:
        """Behind the block before, else near the indirect block; ext2_find_near()."""
        last_index, last_block = self._last
        if last_index == index - 1 and last_block:
            return last_block + 1
        if index:
            before = self.find(index - 1)
            if before:
                return before + 1
        return parent + 1 if parent else self.home

    def _allocate(self, goal: int, fresh: list[int]) -> int:
        block = balloc.allocate_block(self._fs, goal)
        fresh.append(block)
        self.sectors += self._fs.block_size // 512
        return block

    def _release(self, block: int) -> None:
        balloc.free_block(self._fs, block)
        self.sectors = max(0, self.sectors - self._fs.block_size // 512)

    def _prune(self, block: int, depth: int, keep: int, seen: set[int]) -> bool:
        """Free all but the first `keep` blocks below an indirect block; whether it is gone too.

        Args:
            seen: indirect blocks met so far: a tree that leads back into itself is damaged.
        """
        fs = self._fs
        if not fs.is_on_disk(block) or block in seen:
            fs.error(f"bad indirect block {block}")
            return True
        seen.add(block)
        span = fs.pointers_per_block ** (depth - 1)
        data = fs.bdev.read(block * fs.block_size, fs.block_size)
        first = keep // span
        for position in range(first, fs.pointers_per_block):
            child = int.from_bytes(data[position * 4 : position * 4 + 4], "little")
            if not child:
                continue
            rest = max(0, keep - position * span)
            if depth == 1:
                self._release(child)
            elif not self._prune(child, depth - 1, rest, seen):
                continue
            self._set_pointer(block, position, 0)
        if keep:
            return False
        self._release(block)
        return True


def new_map(fs: Ext2, home: int) -> BlockMap:
    """Of a file without blocks."""
    return BlockMap(fs, [0] * POINTERS, 0, home)
