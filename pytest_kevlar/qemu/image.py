"""Tells what kind of kernel a file is, and patches the name of the first program into one.

Reads and returns bytes; the file of the user is never written.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

#: What a slot begins with; the name follows, and NUL bytes up to its end.
MAGIC = b"KEVLAR_INIT:"
SLOT_BYTES = 128

_ELF_MACHINES = {62: "x86_64", 3: "x86_64", 183: "arm64"}


class BadKernel(Exception):
    """A kernel that cannot be used; the message says why, in one line."""


class Kind(enum.Enum):
    """What QEMU is given as ``-kernel``."""

    ELF = "ELF"
    BZIMAGE = "bzImage"
    IMAGE = "Image"


@dataclass(frozen=True, slots=True)
class Kernel:
    """A file that is a kernel.

    Attributes:
        slot: where the slot for the name of the first program is; -1 if there is none.
    """

    path: Path
    kind: Kind
    arch: str
    slot: int = -1


def inspect(path: Path) -> Kernel:
    """Say what kind of kernel the file at ``path`` is. Raises BadKernel."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadKernel(f"the kernel {path} cannot be read: {error.strerror}") from None
    if data[:4] == b"\x7fELF":
        machine = int.from_bytes(data[18:20], "little")
        return Kernel(path, Kind.ELF, _ELF_MACHINES.get(machine, "another"), _slot(data, path))
    if data[0x202:0x206] == b"HdrS":
        return Kernel(path, Kind.BZIMAGE, "x86_64")
    if data[0x38:0x3C] == b"ARM\x64" or data[:2] == b"\x1f\x8b":
        return Kernel(path, Kind.IMAGE, "arm64")
    raise BadKernel(f"{path} is no kernel: neither ELF, nor bzImage, nor an Image of arm64")


def patched(kernel: Kernel, program: str) -> bytes:
    """Return a copy of ``kernel`` that starts ``program``.

    Raises BadKernel if it has no slot, or ``program`` does not fit.
    """
    if kernel.slot < 0:
        raise BadKernel(f"{kernel.path} has no slot that begins with {MAGIC.decode()}")
    name = program.encode()
    room = SLOT_BYTES - len(MAGIC) - 1
    if len(name) > room:
        raise BadKernel(
            f"the path of the first program has {len(name)} bytes, "
            f"and the slot of {kernel.path} has room for {room}"
        )
    if not name or b"\0" in name:
        raise BadKernel(f"{program!r} is no path")
    data = bytearray(kernel.path.read_bytes())
    data[kernel.slot : kernel.slot + SLOT_BYTES] = (MAGIC + name).ljust(SLOT_BYTES, b"\0")
    return bytes(data)


def _slot(data: bytes, path: Path) -> int:
    """Find the slot; what merely mentions the magic, as code does that looks for it, is none."""
    found = []
    at = data.find(MAGIC)
    while at >= 0:
        slot = data[at + len(MAGIC) : at + SLOT_BYTES]
        _, ends, padding = slot.partition(b"\0")
        if len(slot) == SLOT_BYTES - len(MAGIC) and ends and not padding.strip(b"\0"):
            found.append(at)
        at = data.find(MAGIC, at + 1)
    if len(found) > 1:
        raise BadKernel(f"{path} has {len(found)} slots that begin with {MAGIC.decode()}")
    return found[0] if found else -1
