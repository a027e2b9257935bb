"""User pointers: the one door through which the kernel touches guest memory.

Any access may raise EFAULT; the pages touched before the fault stay written, as on
Linux. A pointer is only an address and the address space it belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EFAULT, ENAMETOOLONG

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.space import AddressSpace

PATH_MAX = 4096


class UserPtr:
    """An address in a guest address space; false if NULL."""

    __slots__ = ("address", "memory")

    def __init__(self, memory: AddressSpace, address: int) -> None:
        self.memory = memory
        self.address = address

    def __bool__(self) -> bool:
        return self.address != 0

    def __add__(self, offset: int) -> UserPtr:
        return UserPtr(self.memory, (self.address + offset) & 0xFFFF_FFFF_FFFF_FFFF)

    def read(self, size: int) -> bytes:
        """Copy `size` bytes in, or raise EFAULT."""
        return self.memory.read(self.address, size)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Copy all of `data` out, or raise EFAULT (what fitted before stays written)."""
        self.memory.write(self.address, data)

    def write_partial(self, data: bytes | bytearray | memoryview) -> int:
        """Copy out as much as can be; returns how many bytes (0 if the first faults)."""
        return self.memory.write_partial(self.address, data)

    def read_partial(self, size: int) -> bytes:
        """Copy in as much as can be, up to `size` bytes."""
        return self.memory.read_partial(self.address, size)

    def read_int(self, size: int = 4, *, signed: bool = True) -> int:
        """A little-endian integer of `size` bytes."""
        if size == 8 or size == 4:
            value = self.memory.read_word(self.address, size)
            sign = 1 << (8 * size - 1)
            return (value ^ sign) - sign if signed else value
        return int.from_bytes(self.memory.read(self.address, size), "little", signed=signed)

    def write_int(self, value: int, size: int = 4) -> None:
        """Store the low `size` bytes of `value`, little-endian."""
        if size == 8 or size == 4:
            self.memory.write_word(self.address, value, size)
        else:
            mask = (1 << (8 * size)) - 1
            self.memory.write(self.address, (value & mask).to_bytes(size, "little"))

    def read_cstring(self, limit: int = PATH_MAX) -> bytes:
        """A NUL-terminated string; EFAULT, or ENAMETOOLONG if no NUL within `limit` bytes."""
        text = self.memory.read_cstring(self.address, limit)
        if text is None:
            raise ENAMETOOLONG
        return text

    def check(self) -> None:
        """EFAULT if the pointer is NULL."""
        if not self.address:
            raise EFAULT
