"""The engine: every way a run can end, page tables, copy-on-write, and code that changes.

Guests here are a few machine instructions; no kernel is involved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_kevlar.kernel.cpu import engine as engines
from pytest_kevlar.kernel.cpu.engine import PAGE_SIZE, Engine, OutOfFrames, lib

CODE, DATA = 0x40_0000, 0x50_0000
R, W, X, COW = lib.KV_READ, lib.KV_WRITE, lib.KV_EXEC, lib.KV_COW


@dataclass(frozen=True)
class Instructions:
    """The same small programs for each architecture, as machine code."""

    syscall: str
    spin: str  # jump to itself
    load: str  # from the address in the first argument register
    store: str  # to it
    jump: str  # to it
    illegal: str
    breakpoint: str


PROGRAMS = {
    "x86_64": Instructions(
        syscall="0f05",
        spin="ebfe",
        load="8a07",
        store="8807",
        jump="ffe7",
        illegal="0f0b",
        breakpoint="cc",
    ),
    "arm64": Instructions(
        syscall="010000d4",
        spin="00000014",
        load="00004039",
        store="00000039",
        jump="00001fd6",
        illegal="00000000",
        breakpoint="000020d4",
    ),
}


class Guest:
    """An engine with one address space: a page of code and a page of data."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.raw = engine.raw
        self.space = lib.kv_space_new()
        self.frames: list[int] = []
        self.context = engine.new_context()
        engine.reset(self.context)
        self.use(self.space)
        self.code = self.map(CODE, R | X)
        self.data = self.map(DATA, R | W)

    @property
    def program(self) -> Instructions:
        return PROGRAMS[self.engine.arch]

    def use(self, space: Any) -> None:
        lib.kv_space_use(self.raw, space)

    def map(self, address: int, flags: int, frame: int = 0) -> int:
        if not frame:
            frame = self.engine.alloc()
            self.frames.append(frame)
        assert lib.kv_map(self.raw, self.space, address, frame, flags) == 0
        return frame

    def set_code(self, *parts: str, at: int = 0) -> None:
        self.engine.write_frame(self.code, at, bytes.fromhex("".join(parts)))

    def start(self, pc: int = CODE, argument: int = 0) -> None:
        regs = self.engine.read_registers()
        if self.engine.arch == "x86_64":
            regs.rip, regs.rdi, regs.rsp = pc, argument, DATA + 0x800
        else:
            regs.pc, regs.x[0], regs.sp = pc, argument, DATA + 0x800
        self.engine.write_registers()

    def run(self, budget: int = 100_000) -> int:
        self.raw.budget = budget
        return int(lib.kv_run(self.raw))

    def close(self) -> None:
        lib.kv_space_free(self.raw, self.space)
        for frame in self.frames:
            self.engine.unref(frame)
        self.engine.free_context(self.context)


@pytest.fixture(params=PROGRAMS)
def guest(request: pytest.FixtureRequest) -> Iterator[Guest]:
    engine = engines.acquire(request.param)
    guest = Guest(engine)
    yield guest
    guest.close()
    engine.switch_off()
    engines.release(engine)


def test_system_call_ends_the_run_behind_the_instruction(guest: Guest) -> None:
    guest.set_code(guest.program.syscall, guest.program.syscall)
    guest.start(argument=7)
    assert guest.run() == lib.KV_EXIT_SYSCALL
    size = len(bytes.fromhex(guest.program.syscall))
    assert guest.raw.pc == CODE + size
    assert guest.raw.args[0] == 7
    assert guest.run() == lib.KV_EXIT_SYSCALL
    assert guest.raw.pc == CODE + 2 * size


def test_result_is_in_the_register_when_the_guest_goes_on(guest: Guest) -> None:
    guest.set_code(guest.program.syscall, guest.program.syscall)
    guest.start(argument=1)
    guest.run()
    guest.raw.result, guest.raw.has_result = 0xDEAD, 1
    guest.run()
    result = guest.raw.number if guest.engine.arch == "x86_64" else guest.raw.args[0]
    assert result == 0xDEAD


@pytest.mark.parametrize("name, access", [("load", R), ("store", W), ("jump", X)])
def test_fault_tells_exact_address_and_access(guest: Guest, name: str, access: int) -> None:
    guest.set_code(getattr(guest.program, name))
    address = 0x1234_5678_9ABC
    guest.start(argument=address)
    assert guest.run() == lib.KV_EXIT_FAULT
    assert (guest.raw.address, guest.raw.access) == (address, access)
    assert guest.raw.pc == (address if name == "jump" else CODE)


def test_fault_can_be_resolved_and_the_instruction_runs_again(guest: Guest) -> None:
    guest.set_code(guest.program.store, guest.program.syscall)
    guest.start(argument=0x60_0010)
    assert guest.run() == lib.KV_EXIT_FAULT
    guest.map(0x60_0000, R | W)
    assert guest.run() == lib.KV_EXIT_SYSCALL


def test_protection_is_enforced(guest: Guest) -> None:
    guest.map(0x60_0000, R)
    guest.set_code(guest.program.store)
    guest.start(argument=0x60_0FFF)
    assert guest.run() == lib.KV_EXIT_FAULT
    assert (guest.raw.address, guest.raw.access) == (0x60_0FFF, W)
    guest.start(pc=DATA)
    assert guest.run() == lib.KV_EXIT_FAULT
    assert (guest.raw.address, guest.raw.access) == (DATA, X)


def test_budget_is_exact_and_the_guest_goes_on_where_it_was(guest: Guest) -> None:
    guest.set_code(guest.program.spin)
    guest.start()
    for _ in range(3):
        assert guest.run(budget=1000) == lib.KV_EXIT_BUDGET
        assert guest.raw.budget == -1
        assert guest.raw.pc == CODE


def counted(guest: Guest, code: str, budgets: int) -> tuple[int, int]:
    """Run a loop that counts in memory and in a register, in many short runs; both counts."""
    guest.set_code(code)
    guest.engine.write_frame(guest.data, 0, bytes(16))
    guest.start(argument=DATA)
    regs = guest.engine.read_registers()
    if guest.engine.arch == "x86_64":
        regs.rcx = 0
    else:
        regs.x[2] = 0
    guest.engine.write_registers()
    for turn in range(budgets):
        assert guest.run(budget=turn % 13) == lib.KV_EXIT_BUDGET
    regs = guest.engine.read_registers()
    frame = int(lib.kv_entry(guest.space, DATA)) >> 12
    memory = int.from_bytes(guest.engine.read_frame(frame, 0, 4), "little")
    return memory, int(regs.rcx if guest.engine.arch == "x86_64" else regs.x[2])


@pytest.mark.parametrize(
    "code",
    [
        "ff07 ffc1 ebfa",  # inc dword [rdi]; inc ecx; jmp
        "830701 ffc1 ebf9",  # add dword [rdi], 1; …
        "b801000000 f00fc107 ffc1 ebf3",  # mov eax, 1; lock xadd [rdi], eax; …
        "ff37 58 ffc0 50 8f07 ffc1 ebf4",  # push [rdi]; pop rax; inc; push rax; pop [rdi]; …
    ],
)
def test_no_instruction_is_done_twice_when_the_budget_ends(code: str) -> None:
    """Read-modify-write instructions, stopped after every possible number of steps."""
    engine = engines.acquire("x86_64")
    guest = Guest(engine)
    memory, register = counted(guest, code, 2000)
    guest.close()
    engine.switch_off()
    engines.release(engine)
    assert register > 500
    assert memory - register in (0, 1)  # it may stand between the two increments


def test_no_store_is_lost_when_the_budget_ends() -> None:
    """arm64: ldr, add, str, count, branch."""
    engine = engines.acquire("arm64")
    guest = Guest(engine)
    code = "010040b9 21040011 010000b9 42040091 fcffff17"
    memory, register = counted(guest, code, 2000)
    guest.close()
    engine.switch_off()
    engines.release(engine)
    assert register > 500
    assert memory - register in (0, 1)


def test_illegal_instruction_and_breakpoint(guest: Guest) -> None:
    guest.set_code(guest.program.illegal)
    guest.start()
    assert guest.run() in (lib.KV_EXIT_ILLEGAL, lib.KV_EXIT_EXCEPTION)
    guest.set_code(guest.program.breakpoint)
    guest.start()
    assert guest.run() == lib.KV_EXIT_EXCEPTION


def test_rewritten_code_runs_anew(guest: Guest) -> None:
    guest.set_code(guest.program.spin)
    guest.start()
    assert guest.run(budget=10) == lib.KV_EXIT_BUDGET
    guest.set_code(guest.program.syscall)
    guest.start()
    assert guest.run() == lib.KV_EXIT_SYSCALL


def test_guest_may_write_and_execute_the_same_page(guest: Guest) -> None:
    """A page that is both flips between the two; what the guest wrote is what runs."""
    page = guest.map(0x60_0000, R | W | X)
    syscall = bytes.fromhex(guest.program.syscall)
    guest.engine.write_frame(page, 0, bytes.fromhex(guest.program.spin))
    guest.start(pc=0x60_0000)
    assert guest.run(budget=10) == lib.KV_EXIT_BUDGET
    # The guest overwrites the first byte from another page, then runs the page again.
    guest.set_code(guest.program.store, guest.program.syscall)
    regs = guest.engine.read_registers()
    for offset, byte in enumerate(syscall):
        guest.start(argument=0x60_0000 + offset)
        regs = guest.engine.read_registers()
        if guest.engine.arch == "x86_64":
            regs.rax = byte
            guest.engine.write_registers()
        else:  # strb w0, [x0] would store the address: store w1 instead
            regs.x[1] = byte
            guest.engine.write_registers()
            guest.set_code("01000039", guest.program.syscall)
        assert guest.run() == lib.KV_EXIT_SYSCALL
    guest.start(pc=0x60_0000)
    assert guest.run() == lib.KV_EXIT_SYSCALL
    assert guest.raw.pc == 0x60_0000 + len(syscall)


def test_copy_on_write_leaves_the_other_space_alone(guest: Guest) -> None:
    guest.engine.write_frame(guest.data, 0, b"old")
    child = lib.kv_space_fork(guest.raw, guest.space)
    guest.set_code(guest.program.store, guest.program.syscall)
    guest.start(argument=DATA)
    assert guest.run() == lib.KV_EXIT_SYSCALL
    copied = int(lib.kv_entry(guest.space, DATA)) >> 12
    kept = int(lib.kv_entry(child, DATA)) >> 12
    assert copied != kept == guest.data
    assert guest.engine.read_frame(kept, 0, 3) == b"old"
    assert guest.engine.read_frame(copied, 0, 3) != b"old"
    lib.kv_space_free(guest.raw, child)


def test_shared_frames_stay_shared(guest: Guest) -> None:
    shared = guest.map(0x60_0000, R | W | lib.KV_SHARED)
    child = lib.kv_space_fork(guest.raw, guest.space)
    guest.set_code(guest.program.store, guest.program.syscall)
    guest.start(argument=0x60_0000)
    assert guest.run() == lib.KV_EXIT_SYSCALL
    assert int(lib.kv_entry(child, 0x60_0000)) >> 12 == shared
    assert int(lib.kv_entry(guest.space, 0x60_0000)) >> 12 == shared
    lib.kv_space_free(guest.raw, child)


def test_spaces_are_apart(guest: Guest) -> None:
    other = lib.kv_space_new()
    code = guest.code
    assert lib.kv_map(guest.raw, other, CODE, code, R | X) == 0
    guest.set_code(guest.program.load, guest.program.syscall)
    guest.start(argument=DATA)
    assert guest.run() == lib.KV_EXIT_SYSCALL
    guest.use(other)
    guest.start(argument=DATA)
    assert guest.run() == lib.KV_EXIT_FAULT
    guest.use(guest.space)
    lib.kv_space_free(guest.raw, other)


def test_freed_frames_come_back_zero(guest: Guest) -> None:
    frame = guest.engine.alloc()
    guest.engine.write_frame(frame, 0, b"secret")
    guest.engine.unref(frame)
    seen = [guest.engine.alloc() for _ in range(3)]
    assert frame in seen
    assert all(not any(guest.engine.read_frame(each, 0, PAGE_SIZE)) for each in seen)
    for each in seen:
        guest.engine.unref(each)


def test_freed_code_does_not_run_again(guest: Guest) -> None:
    """A frame that held code is used for other code: the old translation must be gone."""
    frame = guest.engine.alloc()
    guest.engine.write_frame(frame, 0, bytes.fromhex(guest.program.spin))
    lib.kv_map(guest.raw, guest.space, 0x60_0000, frame, R | X)
    guest.engine.unref(frame)
    guest.start(pc=0x60_0000)
    assert guest.run(budget=10) == lib.KV_EXIT_BUDGET
    lib.kv_unmap(guest.raw, guest.space, 0x60_0000, 0x60_1000)
    guest.set_code(guest.program.syscall)
    guest.start()
    assert guest.run() == lib.KV_EXIT_SYSCALL  # freed frames are cleaned on the way in
    reused = [guest.engine.alloc() for _ in range(2)]
    assert frame in reused
    guest.engine.write_frame(frame, 0, bytes.fromhex(guest.program.syscall))
    lib.kv_map(guest.raw, guest.space, 0x60_0000, frame, R | X)
    guest.start(pc=0x60_0000)
    assert guest.run() == lib.KV_EXIT_SYSCALL
    for each in reused:
        guest.engine.unref(each)


def test_frame_limit_is_an_exception(guest: Guest) -> None:
    limit = guest.raw.frame_limit
    guest.raw.frame_limit = guest.raw.frames_used
    with pytest.raises(OutOfFrames):
        guest.engine.alloc()
    guest.raw.frame_limit = limit


def test_contexts_keep_registers_and_fp_state(guest: Guest) -> None:
    engine = guest.engine
    image = bytearray(engine.read_fpu())
    at = 160 if engine.arch == "x86_64" else 0  # xmm0, v0
    image[at : at + 16] = bytes(range(16))
    engine.write_fpu(bytes(image))
    guest.start(argument=11)
    other = engine.new_context()
    engine.reset(other)
    assert engine.read_fpu()[at : at + 16] == bytes(16)
    guest.start(argument=22)
    engine.load(guest.context)
    assert engine.read_fpu()[at : at + 16] == bytes(range(16))
    regs = engine.read_registers()
    assert (regs.rdi if engine.arch == "x86_64" else regs.x[0]) == 11
    engine.free_context(other)


def test_time_stamp_counter_is_virtual() -> None:
    engine = engines.acquire("x86_64")
    guest = Guest(engine)
    guest.set_code("0f31", guest.program.syscall)  # rdtsc
    # The time when the budget is spent, and what each step of it is worth.
    guest.raw.virtual_time, guest.raw.step_time = 0x1_2345_6789, 0
    guest.start()
    assert guest.run() == lib.KV_EXIT_SYSCALL
    assert guest.raw.number == 0x2345_6789  # rax
    assert guest.raw.args[2] == 1  # rdx
    guest.close()
    engine.switch_off()
    engines.release(engine)


@pytest.mark.parametrize("code", ["f4", "fa", "0f30", "0f22d8", "0f01f8"])
def test_privileged_instructions_fault(code: str) -> None:
    """hlt, cli, wrmsr, mov cr3, swapgs: a general protection fault, as in ring 3."""
    engine = engines.acquire("x86_64")
    guest = Guest(engine)
    guest.set_code(code, guest.program.syscall)
    guest.start()
    ended, vector, pc = guest.run(), guest.raw.vector, guest.raw.pc
    guest.close()
    engine.switch_off()
    engines.release(engine)
    assert (ended, vector, pc) == (lib.KV_EXIT_EXCEPTION, 13, CODE)


@pytest.mark.parametrize("code", ["ec", "ee"])
def test_ports_end_the_run(code: str) -> None:
    """in and out; the system call behind them, of the same block, is not made."""
    engine = engines.acquire("x86_64")
    guest = Guest(engine)
    guest.set_code(code, guest.program.syscall)
    guest.start()
    ended = guest.run()
    guest.close()
    engine.switch_off()
    engines.release(engine)
    assert ended == lib.KV_EXIT_HALT
