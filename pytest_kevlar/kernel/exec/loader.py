"""Mapping an ELF program, its interpreter and its first stack into a new address space.

Mirrors fs/binfmt_elf.c. What becomes of the task that runs it is :mod:`execve`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mm import MAP, PROT
from pytest_kevlar.kernel.abi.process import AUXV, RLIMIT
from pytest_kevlar.kernel.errno import EFAULT, EINVAL, ENOEXEC, ENOMEM
from pytest_kevlar.kernel.exec.elf import PF_R, PF_W, PF_X, PT_PHDR, Program, Segment, check_segment
from pytest_kevlar.kernel.mm.fault import MemoryFault
from pytest_kevlar.kernel.mm.pagecache import PageCache
from pytest_kevlar.kernel.mm.space import AddressSpace
from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK, TASK_SIZE, Vma
from pytest_kevlar.kernel.profile import RLIM_INFINITY

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.cred import Credentials

#: Where position-independent programs go: two thirds of the user addresses.
PIE_BASE = 0x5555_5555_4000
#: The first stack VMA, before it grows: what fs/exec.c:setup_arg_pages() leaves.
STACK_EXTRA = 128 * 1024
HEAP_GAP = 32 * PAGE
STACK_GAP_MIN, STACK_GAP_MAX = 128 << 20, TASK_SIZE // 6 * 5


@dataclass(slots=True)
class Start:
    """Where a program begins."""

    pc: int
    sp: int


@dataclass(frozen=True, slots=True)
class Strings:
    """What the first stack carries, all without the final NUL."""

    argv: Sequence[bytes]
    envp: Sequence[bytes]
    filename: bytes


def _prot(flags: int) -> int:
    return (
        (PROT.READ if flags & PF_R else 0)
        | (PROT.WRITE if flags & PF_W else 0)
        | (PROT.EXEC if flags & PF_X else 0)
    )


def _map_segment(space: AddressSpace, file: File, segment: Segment, bias: int) -> None:
    """Map one PT_LOAD: file pages, the zeroed rest of the last one, then anonymous pages."""
    pages = file.mmap_pages()
    start = bias + segment.address & ~PAGE_MASK
    file_end = bias + segment.address + segment.file_size
    memory_end = bias + segment.address + segment.memory_size
    mapped_end = file_end + PAGE_MASK & ~PAGE_MASK if segment.file_size else start
    end = memory_end + PAGE_MASK & ~PAGE_MASK
    prot = _prot(segment.flags)
    if start >= end and mapped_end <= start:
        return
    space.unmap(start, max(end, mapped_end))
    if mapped_end > start:
        offset = segment.offset & ~PAGE_MASK
        space.insert(Vma(start, mapped_end, prot, MAP.PRIVATE, pages, file, offset))
    if end > mapped_end:
        space.insert(Vma(mapped_end, end, prot, MAP.PRIVATE | MAP.ANONYMOUS))
    if memory_end > file_end and file_end < mapped_end and prot & PROT.WRITE:
        space.write_partial(file_end, bytes(mapped_end - file_end))


def _map_program(space: AddressSpace, file: File, program: Program, bias: int) -> int:
    """Map every PT_LOAD at `bias`; the end of the highest."""
    high = 0
    for segment in program.loads:
        check_segment(segment, TASK_SIZE - bias)
        _map_segment(space, file, segment, bias)
        high = max(high, bias + segment.address + segment.memory_size)
        if segment.flags & PF_X:
            space.start_code = min(space.start_code or TASK_SIZE, bias + segment.address)
            space.end_code = max(space.end_code, bias + segment.address + segment.file_size)
        space.start_data = max(space.start_data, bias + segment.address)
        space.end_data = max(space.end_data, bias + segment.address + segment.file_size)
    return high


def _span(program: Program) -> int:
    loads = program.loads
    if not loads:
        raise EINVAL("no PT_LOAD segments")
    top = max(segment.address + segment.memory_size for segment in loads)
    bottom = loads[0].address & ~PAGE_MASK
    size = top - bottom + PAGE_MASK & ~PAGE_MASK
    if top <= bottom or size > TASK_SIZE:
        raise EINVAL("segments")
    return size


def load(
    kernel: Kernel,
    file: File,
    program: Program,
    interpreter: tuple[File, Program] | None,
    strings: Strings,
    cred: Credentials,
    limits: dict[int, tuple[int, int]],
    secure: bool,
    payer: int = 0,
) -> tuple[AddressSpace, Start]:
    """Build the address space of a new program and find where it starts.

    Args:
        payer: who pays for its memory.

    Raises:
        LinuxError: it cannot be mapped; nothing is left behind.
    """
    space = AddressSpace(kernel.engine)
    space.raw.owner = payer
    try:
        start = _load(kernel, space, file, program, interpreter, strings, cred, limits, secure)
    except BaseException:
        space.release()
        raise
    return space, start


def _load(
    kernel: Kernel,
    space: AddressSpace,
    file: File,
    program: Program,
    interpreter: tuple[File, Program] | None,
    strings: Strings,
    cred: Credentials,
    limits: dict[int, tuple[int, int]],
    secure: bool,
) -> Start:
    stack_limit = limits[RLIMIT.STACK][0]
    space.stack_limit = stack_limit
    stack_top = TASK_SIZE - kernel.random_pages(0x3FF)
    gap = min(max(stack_limit, STACK_GAP_MIN), STACK_GAP_MAX)
    space.mmap_base = stack_top - gap - kernel.random_pages(0xFFFF) & ~PAGE_MASK
    if stack_limit == RLIM_INFINITY:
        space.mmap_base = TASK_SIZE // 3 * 2 & ~PAGE_MASK
    _span(program)
    bias = 0
    if program.dynamic:
        align = max(segment.align for segment in program.loads)
        bias = (PIE_BASE + kernel.random_pages(0xFFFF)) & -max(align, PAGE)
        bias -= program.loads[0].address & ~PAGE_MASK
    high = _map_program(space, file, program, bias)
    entry = bias + program.entry
    # As with address randomisation: the heap never touches the program's own data.
    heap = (high + PAGE_MASK & ~PAGE_MASK) + HEAP_GAP + kernel.random_pages(0x1FFF)
    space.brk_start = space.brk = heap
    base = 0
    pc = entry
    if interpreter is not None:
        loader_file, loader = interpreter
        found = space.find_free(_span(loader))
        if found is None:
            raise ENOMEM
        base = found - (loader.loads[0].address & ~PAGE_MASK) if loader.dynamic else 0
        code = space.start_code, space.end_code, space.start_data, space.end_data
        _map_program(space, loader_file, loader, base)
        space.start_code, space.end_code, space.start_data, space.end_data = code
        pc = base + loader.entry
    if pc >= TASK_SIZE:
        raise ENOEXEC("entry point")
    _map_trampoline(kernel, space)
    prot = PROT.READ | PROT.WRITE | (PROT.EXEC if program.executable_stack else 0)
    space.insert(
        Vma(
            stack_top - STACK_EXTRA - 4 * PAGE,
            stack_top,
            prot,
            MAP.PRIVATE | MAP.ANONYMOUS | MAP.GROWSDOWN,
        )
    )
    headers = next(
        (bias + s.address for s in program.segments if s.kind == PT_PHDR),
        next(
            (
                bias + s.address + program.header_offset - s.offset
                for s in program.loads
                if s.offset <= program.header_offset < s.offset + s.file_size
            ),
            0,
        ),
    )
    auxv = [
        (AUXV.MINSIGSTKSZ, kernel.arch.auxv_minsigstksz),
        (AUXV.HWCAP, kernel.arch.hwcap),
        (AUXV.PAGESZ, PAGE),
        (AUXV.CLKTCK, 100),
        (AUXV.PHDR, headers),
        (AUXV.PHENT, 56),
        (AUXV.PHNUM, program.header_count),
        (AUXV.BASE, base),
        (AUXV.FLAGS, 0),
        (AUXV.ENTRY, entry),
        (AUXV.UID, cred.user_ns.uids.seen(cred.uid)),
        (AUXV.EUID, cred.user_ns.uids.seen(cred.euid)),
        (AUXV.GID, cred.user_ns.gids.seen(cred.gid)),
        (AUXV.EGID, cred.user_ns.gids.seen(cred.egid)),
        (AUXV.SECURE, int(secure)),
        (AUXV.HWCAP2, kernel.arch.hwcap2),
    ]
    try:
        sp = _build_stack(kernel, space, stack_top, strings, auxv)
    except (EFAULT, MemoryFault):
        raise ENOMEM from None
    return Start(pc, sp)


def _map_trampoline(kernel: Kernel, space: AddressSpace) -> None:
    """The page called [vdso]: the sigreturn call of handlers without a restorer."""
    pages = PageCache.from_image(kernel.engine, kernel.arch.trampoline.ljust(PAGE, b"\0"))
    address = space.find_free(PAGE)
    assert address is not None
    space.insert(
        Vma(address, address + PAGE, PROT.READ | PROT.EXEC, MAP.PRIVATE, pages, name=b"[vdso]")
    )
    pages.release()
    space.trampoline = address


def _build_stack(
    kernel: Kernel,
    space: AddressSpace,
    top: int,
    strings: Strings,
    auxv: list[tuple[int, int]],
) -> int:
    """Write strings, auxiliary vector, environment and arguments; the stack pointer.

    The layout of fs/binfmt_elf.c:create_elf_tables(), so that /proc/PID/cmdline and
    environ find one block of strings each.
    """
    text = b"".join(item + b"\0" for item in (*strings.argv, *strings.envp, strings.filename))
    block = top - 8 - len(text)
    space.write(block, text)
    address = block
    pointers = []
    for item in (*strings.argv, *strings.envp):
        pointers.append(address)
        address += len(item) + 1
    argv, envp = pointers[: len(strings.argv)], pointers[len(strings.argv) :]
    space.arg_start = block
    space.arg_end = space.env_start = envp[0] if envp else address
    space.env_end = address
    filename = address
    sp = block & ~15
    platform = kernel.arch.platform.encode() + b"\0"
    sp -= len(platform)
    space.write(sp, platform)
    platform_at = sp
    sp = sp - 16 & ~15
    space.write(sp, kernel.rng.randbytes(16))
    auxv = [
        *auxv,
        (AUXV.RANDOM, sp),
        (AUXV.EXECFN, filename),
        (AUXV.PLATFORM, platform_at),
        (AUXV.NULL, 0),
    ]
    words = [len(argv), *argv, 0, *envp, 0]
    sp = sp - 8 * (len(words) + 2 * len(auxv)) & ~15
    vector = b"".join(k.to_bytes(8, "little") + v.to_bytes(8, "little") for k, v in auxv)
    space.write(sp, b"".join(word.to_bytes(8, "little") for word in words) + vector)
    space.auxv = vector
    space.stack_start = sp
    return sp
