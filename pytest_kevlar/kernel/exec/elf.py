"""ELF program headers, as far as ``execve`` reads them; corrupt files are ENOEXEC.

Parsing only; mapping is :mod:`loader`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from pytest_kevlar.kernel.errno import EINVAL, EIO, ENOEXEC

PT_LOAD, PT_INTERP, PT_PHDR, PT_GNU_STACK = 1, 3, 6, 0x6474E551
ET_EXEC, ET_DYN = 2, 3
PF_X, PF_W, PF_R = 1, 2, 4
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
MAX_HEADERS = 65536 // PROGRAM_HEADER.size


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header; addresses and sizes in bytes."""

    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int
    align: int


@dataclass(frozen=True, slots=True)
class Program:
    """What ``execve`` needs of an ELF file.

    Attributes:
        dynamic: position independent (ET_DYN).
        interpreter: path of the dynamic loader, None for a static program.
        executable_stack: PT_GNU_STACK asks for it.
    """

    dynamic: bool
    entry: int
    header_offset: int
    header_count: int
    segments: tuple[Segment, ...]
    interpreter: bytes | None
    executable_stack: bool

    @property
    def loads(self) -> tuple[Segment, ...]:
        """The segments to map."""
        return tuple(segment for segment in self.segments if segment.kind == PT_LOAD)


def parse(read: Callable[[int, int], bytes], machine: int) -> Program:
    """Read the headers of an ELF file. Mirrors fs/binfmt_elf.c:load_elf_binary().

    Args:
        read: ``read(offset, size)`` gives at most `size` bytes.
        machine: the ``e_machine`` that can run here.

    Raises:
        ENOEXEC: not an ELF program for this machine.
        EINVAL, EIO: its segments or interpreter make no sense, or it is cut short.
    """
    raw = read(0, HEADER.size)
    if len(raw) < HEADER.size or raw[:4] != b"\x7fELF":
        raise ENOEXEC("not an ELF file")
    ident, kind, its_machine, _, entry, phoff, _, _, _, phentsize, phnum, *_ = HEADER.unpack(raw)
    if ident[4] != 2 or ident[5] != 1:
        raise ENOEXEC("not a 64-bit little-endian ELF file")
    if kind not in (ET_EXEC, ET_DYN):
        raise ENOEXEC("neither an executable nor position independent")
    if its_machine != machine:
        raise ENOEXEC("built for another machine")
    if phentsize != PROGRAM_HEADER.size or not 0 < phnum <= MAX_HEADERS:
        raise ENOEXEC("program headers")
    table = read(phoff, phnum * PROGRAM_HEADER.size)
    if len(table) < phnum * PROGRAM_HEADER.size:
        raise ENOEXEC("program headers are cut off")
    segments = []
    for p_type, flags, offset, vaddr, _, filesz, memsz, align in PROGRAM_HEADER.iter_unpack(table):
        segments.append(Segment(p_type, flags, offset, vaddr, filesz, memsz, align))
    stack = [segment for segment in segments if segment.kind == PT_GNU_STACK]
    return Program(
        kind == ET_DYN,
        entry,
        phoff,
        phnum,
        tuple(segments),
        _interpreter(read, segments),
        any(segment.flags & PF_X for segment in stack),
    )


def _interpreter(read: Callable[[int, int], bytes], segments: list[Segment]) -> bytes | None:
    for segment in segments:
        if segment.kind == PT_INTERP:
            if not 2 <= segment.file_size <= 4096:
                raise ENOEXEC("interpreter path")
            path = read(segment.offset, segment.file_size)
            if len(path) < segment.file_size:
                raise EIO("interpreter path is cut off")
            if path[-1]:
                raise ENOEXEC("interpreter path has no end")
            return path.split(b"\0", 1)[0]
    return None


def check_segment(segment: Segment, limit: int) -> None:
    """EINVAL for a segment that cannot be mapped below `limit`."""
    if (
        segment.file_size > segment.memory_size
        or segment.memory_size > limit
        or segment.address > limit - segment.memory_size
        or segment.offset % 4096 != segment.address % 4096
    ):
        raise EINVAL("segment")
