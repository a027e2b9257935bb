"""The kernel's access to user memory: copies that stop where a page cannot be had."""

from __future__ import annotations

from pytest_kevlar.kernel.cpu.engine import Engine, ffi, lib
from pytest_kevlar.kernel.errno import EFAULT
from pytest_kevlar.kernel.mm.fault import MemoryFault
from pytest_kevlar.kernel.mm.vma import TASK_SIZE

#: User memory is read in pieces of this size: a wild length costs no more than is mapped.
CHUNK = 1 << 20

_small = ffi.new("uint8_t[4096]")
_word = ffi.new("uint8_t[8]")
_word64 = ffi.cast("uint64_t *", _word)
_word32 = ffi.cast("uint32_t *", _word)


class UserMemory:
    """What system calls read and write; :class:`~space.AddressSpace` says what a fault makes of it.

    Attributes:
        engine: whose frames it lives in. raw: its page table.
    """

    engine: Engine
    raw: ffi.CData

    def fault(self, address: int, access: int) -> None:
        """Bring the page of `address` in, or raise :class:`MemoryFault`."""
        raise NotImplementedError

    def read_partial(self, address: int, size: int) -> bytes:
        """Up to `size` bytes from `address`: fewer if a page cannot be read."""
        if size <= CHUNK:
            return self._read_chunk(address, size)
        parts = []
        while size > 0:
            part = self._read_chunk(address, min(size, CHUNK))
            parts.append(part)
            if len(part) < min(size, CHUNK):
                break
            address += len(part)
            size -= len(part)
        return b"".join(parts)

    def _read_chunk(self, address: int, size: int) -> bytes:
        if size <= 0:
            return b""
        engine, raw = self.engine.raw, self.raw
        target = _small if size <= 4096 else ffi.new("uint8_t[]", size)
        done: int = lib.kv_copy_in(engine, raw, address, target, size)
        while done < size:
            try:
                self.fault(address + done, lib.KV_READ)
            except MemoryFault:
                break
            done += lib.kv_copy_in(engine, raw, address + done, target + done, size - done)
        return bytes(ffi.buffer(target, done))

    def read_word(self, address: int, size: int) -> int:
        """A little-endian unsigned integer of 4 or 8 bytes.

        Raises:
            EFAULT: it cannot be read.
        """
        if lib.kv_copy_in(self.engine.raw, self.raw, address, _word, size) != size:
            return int.from_bytes(self.read(address, size), "little")
        value: int = _word64[0] if size == 8 else _word32[0]
        return value

    def write_word(self, address: int, value: int, size: int) -> None:
        """Store the low 4 or 8 bytes of `value`, little-endian.

        Raises:
            EFAULT: it cannot be written.
        """
        if size == 8:
            _word64[0] = value & 0xFFFF_FFFF_FFFF_FFFF
        else:
            _word32[0] = value & 0xFFFF_FFFF
        if lib.kv_copy_out(self.engine.raw, self.raw, address, _word, size) != size:
            self.write(address, bytes(ffi.buffer(_word, size)))

    def read(self, address: int, size: int) -> bytes:
        """Exactly `size` bytes from `address`.

        Raises:
            EFAULT: some of them cannot be read.
        """
        if address + size > TASK_SIZE:
            raise EFAULT
        data = self.read_partial(address, size)
        if len(data) < size:
            raise EFAULT
        return data

    def write_partial(self, address: int, data: bytes | bytearray | memoryview) -> int:
        """Store as much of `data` as can be; how many bytes that is."""
        size = len(data)
        if not size or (address + size > TASK_SIZE and address >= TASK_SIZE):
            return 0
        source = ffi.from_buffer("uint8_t[]", data)
        done: int = 0
        while True:
            done += lib.kv_copy_out(
                self.engine.raw, self.raw, address + done, source + done, size - done
            )
            if done == size:
                return done
            try:
                self.fault(address + done, lib.KV_WRITE)
            except MemoryFault:
                return done

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Store all of `data`.

        Raises:
            EFAULT: not all of it; what came before stays written.
        """
        if self.write_partial(address, data) < len(data):
            raise EFAULT

    def read_cstring(self, address: int, limit: int) -> bytes | None:
        """Bytes up to a NUL; None if there is none within `limit` bytes.

        Raises:
            EFAULT: the string runs into memory that cannot be read.
        """
        target = _small if limit <= 4096 else ffi.new("uint8_t[]", limit)
        found = ffi.new("int *")
        done = 0
        while True:
            done += lib.kv_copy_string(
                self.engine.raw, self.raw, address + done, target + done, limit - done, found
            )
            if found[0]:
                return bytes(ffi.buffer(target, done))
            if done >= limit:
                return None
            try:
                self.fault(address + done, lib.KV_READ)
            except MemoryFault:
                raise EFAULT from None
