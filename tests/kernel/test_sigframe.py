"""Signal frames: what is built can be restored, and equals what Linux itself builds."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import header_probe as probe
import pytest

from pytest_kevlar.kernel import arch
from pytest_kevlar.kernel.abi.layout import Layout, ffi
from pytest_kevlar.kernel.abi.signals import SA, SS
from pytest_kevlar.kernel.arch import AltStack, BadFrame, Fault
from pytest_kevlar.kernel.errno import EFAULT

ARCHES = ["x86_64", "arm64"]
SP = 0x7FFF_0000_1238
INFO = bytes(range(128))
FLAGS = SA.SIGINFO | SA.RESTORER
NO_FAULT = Fault()
NO_STACK = AltStack()
CONTEXT = 48  # of uc_mcontext in the x86_64 frame

#: Prints, from inside a handler on an alternate stack: the frame's address and its bytes.
PROGRAM = r"""
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <stdlib.h>
static unsigned char copy[8192];
static void handler(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    unsigned char *frame = START;
    memcpy(copy, frame, SIZE);
    printf("%lx %lx ", (unsigned long)frame, (unsigned long)RECORD);
    for (int i = 0; i < SIZE; i++) printf("%02x", copy[i]);
    printf("\n");
    fflush(stdout);
    _exit(0);
}
int main(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    char *stack = mmap((void *)0x10000000, 65536, 3, flags, -1, 0);
    stack_t alternate = {.ss_sp = stack, .ss_size = 65536};
    sigaltstack(&alternate, 0);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGSEGV, &action, 0);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, 0);
    *(volatile int *)0x1234 = 1;
    return 1;
}
"""


def registers(name: str):
    regs = arch.get(name).regs.new()
    if name == "x86_64":
        for index, register in enumerate(dir(regs)):
            setattr(regs, register, 0x1111_2222_3333_0000 + index)
        regs.rsp = SP
        regs.rflags = 0xAD7
    else:
        regs.x = [0x1111_2222_3333_0000 + index for index in range(31)]
        regs.sp = SP & ~15
        regs.pc = 0x401000
        regs.pstate = 0x6000_0000
    return regs


def fpu_state(name: str) -> bytes:
    if name == "arm64":
        return bytes(range(256)) * 2 + b"\x10\0\0\0\0\0\0\x01"
    initial = arch.get(name).fpu_initial
    return initial[:32] + bytes(range(256)) + initial[288:]


def reader(address: int, data: bytes) -> Callable[[int, int], bytes]:
    def read(at: int, size: int) -> bytes:
        if not address <= at <= at + size <= address + len(data):
            raise EFAULT
        return data[at - address : at - address + size]

    return read


def build(name: str, regs, *, sp: int = SP, altstack: AltStack = NO_STACK, **more):
    frame = arch.get(name).sigframe
    arguments = dict(handler=0x402000, sa_flags=FLAGS, restorer=0x403000, mask=1 << 63 | 5)
    arguments |= more
    fault = arguments.pop("fault", NO_FAULT)
    return frame.build(
        regs, fpu_state(name), sp, 11, INFO, altstack=altstack, fault=fault, **arguments
    )


def returning(name: str, regs) -> None:
    """What the handler's return does before the restorer's system call."""
    if name == "x86_64":
        regs.rsp += 8


@pytest.mark.parametrize("name", ARCHES)
def test_round_trip(name: str) -> None:
    regs = registers(name)
    before = bytes(ffi.buffer(regs))
    altstack = AltStack(0x10000, SS.AUTODISARM, 0x8000)
    address, data = build(name, regs, altstack=altstack, fault=Fault(14, 6, 0x1234))
    roles = arch.get(name).registers
    assert roles.pc(regs) == 0x402000
    assert roles.sp(regs) == address
    assert address + len(data) <= SP
    returning(name, regs)
    restored = arch.get(name).sigframe.restore(regs, reader(address, data))
    assert bytes(ffi.buffer(regs)) == before
    assert restored == (1 << 63 | 5, altstack, fpu_state(name))


@pytest.mark.parametrize("name", ARCHES)
def test_an_unreadable_frame_is_bad(name: str) -> None:
    regs = registers(name)
    with pytest.raises(BadFrame):
        arch.get(name).sigframe.restore(regs, reader(0, b""))


@pytest.mark.parametrize("name", ARCHES)
def test_no_frame_below_address_0(name: str) -> None:
    with pytest.raises(BadFrame):
        build(name, registers(name), sp=1000)


def test_x86_64_entry() -> None:
    regs = registers("x86_64")
    address, data = build("x86_64", regs)
    assert (regs.rsp + 8) % 16 == 0
    assert (regs.rdi, regs.rax) == (11, 0)
    assert (regs.rdx, regs.rsi) == (address + 8, address + 8 + 304)
    assert regs.rflags == 0xAD7 & ~0x10500
    assert address + len(data) <= SP - 128
    top, _ = build(
        "x86_64",
        registers("x86_64"),
        sp=0x18000,
        entering=True,
        altstack=AltStack(0x10000, 0, 0x8000),
    )
    assert top + 440 + 512 > 0x18000 - 128


def test_x86_64_needs_a_restorer_and_room() -> None:
    regs = registers("x86_64")
    before = bytes(ffi.buffer(regs))
    with pytest.raises(BadFrame):
        build("x86_64", regs, sa_flags=SA.SIGINFO)
    with pytest.raises(BadFrame):
        build("x86_64", regs, sp=0x10100, entering=True, altstack=AltStack(0x10000, 0, 0x100))
    assert bytes(ffi.buffer(regs)) == before


def test_x86_64_restores_only_harmless_flags() -> None:
    regs = registers("x86_64")
    address, data = build("x86_64", regs)
    at = CONTEXT + Layout("sigcontext_x86_64").offset("eflags")
    data = data[:at] + (0xFFFF_FFFF).to_bytes(8, "little") + data[at + 8 :]
    regs.rflags = 0x202
    returning("x86_64", regs)
    arch.get("x86_64").sigframe.restore(regs, reader(address, data))
    assert regs.rflags == 0x202 | 0x50DD5


def test_x86_64_without_fp_state_starts_afresh() -> None:
    regs = registers("x86_64")
    address, data = build("x86_64", regs)
    at = CONTEXT + Layout("sigcontext_x86_64").offset("fpstate")
    data = data[:at] + bytes(8) + data[at + 8 :]
    returning("x86_64", regs)
    x86_64 = arch.get("x86_64")
    assert x86_64.sigframe.restore(regs, reader(address, data)).fpu == x86_64.fpu_initial


def test_arm64_entry() -> None:
    regs = registers("arm64")
    address, data = build("arm64", regs)
    assert regs.sp % 16 == 0
    assert (regs.x[0], regs.x[1], regs.x[2]) == (11, address, address + 128)
    assert (regs.x[29], regs.x[30]) == (address + 4688, 0x403000)
    assert data[-16:] == bytes(ffi.buffer(registers("arm64").x))[29 * 8 :]
    plain = registers("arm64")
    build("arm64", plain, sa_flags=SA.RESTORER)
    assert plain.x[1] == registers("arm64").x[1]


@pytest.mark.parametrize(
    ("at", "word"),
    [
        (304 + 272, 0x3C5),  # pstate of another exception level
        (304 + 288, 0x1234_5678),  # the first record's magic
        (304 + 292, 512),  # and its size
        (304 + 288 + 528 + 4, 16),  # a terminator with a size
    ],
)
def test_arm64_bad_frames(at: int, word: int) -> None:
    regs = registers("arm64")
    address, data = build("arm64", regs)
    before = bytes(ffi.buffer(regs))
    data = data[:at] + word.to_bytes(4, "little") + data[at + 4 :]
    with pytest.raises(BadFrame):
        arch.get("arm64").sigframe.restore(regs, reader(address, data))
    assert bytes(ffi.buffer(regs)) == before


def run_on_linux(name: str, directory: Path) -> tuple[int, int, bytes]:
    """The frame of a SIGSEGV: its address, a second address to check, the bytes."""
    try:
        compiler = list(probe.compiler(name))
    except probe.Unavailable as reason:
        pytest.skip(str(reason))
    if "ziglang" in compiler:  # links statically with musl only
        compiler[-1] = compiler[-1].replace("gnu", "musl")
    launcher: tuple[str, ...] = ()
    if platform.machine() != arch.get(name).machine:
        emulator = shutil.which(f"qemu-{arch.get(name).machine}")
        if emulator is None:
            pytest.skip(f"no {name} machine and no qemu-{arch.get(name).machine} to run on")
        launcher = (emulator,)
    defines = {
        "x86_64": (
            "(unsigned char *)context - 8",
            "440",
            "((ucontext_t *)context)->uc_mcontext.fpregs",
        ),
        "arm64": ("(unsigned char *)info", "4704", "0"),
    }[name]
    (directory / "frame.c").write_text(PROGRAM)
    words = [
        f"-D{key}={value}" for key, value in zip(("START", "SIZE", "RECORD"), defines, strict=True)
    ]
    subprocess.run(
        [*compiler, "-static", *words, "frame.c", "-o", "frame"], cwd=directory, check=True
    )
    done = subprocess.run([*launcher, "./frame"], cwd=directory, capture_output=True, text=True)
    address, record, text = done.stdout.split()
    return int(address, 16), int(record, 16), bytes.fromhex(text)


def test_x86_64_frame_is_linux_s(tmp_path: Path) -> None:
    address, fpstate, theirs = run_on_linux("x86_64", tmp_path)
    frame = Layout("rt_sigframe_x86_64").unpack(theirs)
    context = frame.uc.uc_mcontext
    regs = arch.get("x86_64").regs.new()
    for register in set(dir(regs)) & set(vars(context)):
        setattr(regs, register, getattr(context, register))
    regs.rflags = context.eflags
    stack = AltStack(frame.uc.uc_stack.ss_sp, frame.uc.uc_stack.ss_flags, frame.uc.uc_stack.ss_size)
    assert stack == (0x1000_0000, 0, 65536)
    assert (context.trapno, context.err & 7, context.cr2) == (14, 6, 0x1234)
    # Linux's FP image is larger; ours begins where a CPU without XSAVE would put it.
    assert address == ((fpstate - 440) & ~15) - 8
    assert context.fpstate == fpstate
    _, ours = arch.get("x86_64").sigframe.build(
        regs,
        bytes(512),
        fpstate + 512,
        11,
        frame.info,
        0x402000,
        FLAGS,
        frame.pretcode,
        frame.uc.uc_sigmask,
        stack,
        Fault(context.trapno, context.err, context.cr2),
        entering=True,
    )
    flags = Layout("rt_sigframe_x86_64").offset("uc")
    assert theirs[flags] & 6 == ours[flags] == 6
    assert ours[:flags] == theirs[:flags]
    assert ours[flags + 1 : 440] == theirs[flags + 1 : 440]


def test_arm64_frame_is_linux_s(tmp_path: Path) -> None:
    _, _, theirs = run_on_linux("arm64", tmp_path)
    frame = Layout("rt_sigframe_arm64").unpack(theirs)
    context = frame.uc.uc_mcontext
    regs = arch.get("arm64").regs.new()
    regs.x = context.regs
    regs.sp, regs.pc, regs.pstate = context.sp, context.pc, context.pstate & 0xF000_0000
    stack = AltStack(frame.uc.uc_stack.ss_sp, frame.uc.uc_stack.ss_flags, frame.uc.uc_stack.ss_size)
    reserved = getattr(context, "__reserved")
    assert stack.sp == 0x1000_0000 and stack.size == 65536
    assert int.from_bytes(reserved[:4], "little") == 0x46508001
    fpu = reserved[16:528] + reserved[8:16]
    _, ours = arch.get("arm64").sigframe.build(
        regs,
        fpu,
        0x1001_0000,
        11,
        frame.info,
        0x402000,
        FLAGS,
        0x403000,
        frame.uc.uc_sigmask,
        stack,
        Fault(0, 0, context.fault_address),
        entering=True,
    )
    built = Layout("rt_sigframe_arm64").unpack(ours)
    assert built.info == frame.info
    assert built.uc.uc_mcontext.regs == context.regs
    assert built.uc.uc_sigmask == frame.uc.uc_sigmask
    assert getattr(built.uc.uc_mcontext, "__reserved")[:528] == reserved[:528]
