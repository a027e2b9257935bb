"""Bitmaps of one block: finding and changing single bits, through the block device."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.block.device import BlockDevice


class Bitmap:
    """The bitmap in block `block`, of which `bits` bits count."""

    __slots__ = ("_device", "_offset", "bits")

    def __init__(self, device: BlockDevice, block: int, block_size: int, bits: int) -> None:
        self._device = device
        self._offset = block * block_size
        self.bits = bits

    def find_clear(self, start: int = 0) -> int | None:
        """The first bit that is clear, from `start` on."""
        data = self._device.read(self._offset, -(-self.bits // 8))
        free = ~int.from_bytes(data, "little") & (1 << self.bits) - 1
        free = free >> start << start
        return (free & -free).bit_length() - 1 if free else None

    def test(self, bit: int) -> bool:
        """Whether a bit is set."""
        return bool(self._device.read(self._offset + bit // 8, 1)[0] >> bit % 8 & 1)

    def set(self, bit: int) -> bool:
        """Set a bit; whether it was clear."""
        return self._change(bit, True)

    def clear(self, bit: int) -> bool:
        """Clear a bit; whether it was set."""
        return self._change(bit, False)

    def _change(self, bit: int, value: bool) -> bool:
        place = self._offset + bit // 8
        byte = self._device.read(place, 1)[0]
        mask = 1 << bit % 8
        if bool(byte & mask) == value:
            return False
        self._device.write(place, bytes([byte ^ mask]))
        return True
