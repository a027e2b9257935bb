"""REP MOVS and REP STOS: their result and their count do not depend on how they are done."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_kevlar.kernel.cpu import engine as engines
from pytest_kevlar.kernel.cpu.engine import PAGE_SIZE, Engine, lib

CODE, DATA, PAGES = 0x40_0000, 0x50_0000, 4
R, W, X = lib.KV_READ, lib.KV_WRITE, lib.KV_EXEC
SYSCALL = "0f05"

#: Name, machine code, bytes of an element.
INSTRUCTIONS = [
    ("movsq", "f348a5", 8),
    ("movsd", "f3a5", 4),
    ("movsb", "f3a4", 1),
    ("movsw", "66f3a5", 2),  # done element by element
    ("stosq", "f348ab", 8),
    ("stosd", "f3ab", 4),
    ("stosb", "f3aa", 1),
]


@dataclass
class Job:
    """What the registers hold."""

    count: int
    source: int
    target: int
    value: int
    down: bool


class Guest:
    """Four pages of data in a row, and one instruction."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.raw = engine, engine.raw
        self.space = lib.kv_space_new()
        self.context = engine.new_context()
        engine.reset(self.context)
        self.raw.syscall_cost, self.raw.host_deadline = 0, float("inf")
        lib.kv_space_use(self.raw, self.space)
        self.frames = [engine.alloc() for _ in range(PAGES + 1)]
        for page, frame in enumerate(self.frames[:PAGES]):
            self.map(DATA + page * PAGE_SIZE, frame, R | W)
        self.map(CODE, self.frames[PAGES], R | X)

    def map(self, address: int, frame: int, flags: int) -> None:
        assert lib.kv_map(self.raw, self.space, address, frame, flags) == 0

    def write(self, data: bytes) -> None:
        for page, frame in enumerate(self.frames[:PAGES]):
            self.engine.write_frame(frame, 0, data[page * PAGE_SIZE :][:PAGE_SIZE])

    def read(self) -> bytes:
        frames = self.frames[:PAGES]
        return b"".join(self.engine.read_frame(frame, 0, PAGE_SIZE) for frame in frames)

    def start(self, code: str, job: Job) -> None:
        self.engine.write_frame(self.frames[PAGES], 0, bytes.fromhex(code + SYSCALL))
        regs = self.engine.read_registers()
        regs.rip, regs.rcx, regs.rsi, regs.rdi = CODE, job.count, job.source, job.target
        regs.rax, regs.rflags = job.value, 0x202 | job.down << 10
        self.engine.write_registers()

    def run(self, budget: int) -> tuple[int, int]:
        """Run to the system call in slices of `budget`; how it ended, and steps taken."""
        steps = 0
        while True:
            self.raw.budget = budget
            reason = int(lib.kv_run(self.raw))
            steps += budget - max(int(self.raw.budget), 0)
            if reason != lib.KV_EXIT_BUDGET:
                return reason, steps

    def close(self) -> None:
        lib.kv_space_free(self.raw, self.space)
        for frame in self.frames:
            self.engine.unref(frame)
        self.engine.free_context(self.context)


@pytest.fixture
def guest() -> Iterator[Guest]:
    engine = engines.acquire("x86_64")
    guest = Guest(engine)
    yield guest
    guest.close()
    engine.switch_off()
    engines.release(engine)


def expected(data: bytes, job: Job, size: int, loads: bool) -> bytes:
    """Element by element, as the processor's manual has it."""
    memory = bytearray(data)
    step = -size if job.down else size
    source, target = job.source - DATA, job.target - DATA
    value = job.value.to_bytes(8, "little")[:size]
    for _ in range(job.count):
        memory[target : target + size] = memory[source : source + size] if loads else value
        source, target = source + step, target + step
    return bytes(memory)


def jobs(size: int) -> Iterator[Job]:
    """Near and far, up and down, overlapping and not; all within the data."""
    choose = random.Random(size)
    room = PAGES * PAGE_SIZE
    for turn in range(60):
        count = choose.choice([0, 1, 2, 9, 100, choose.randrange(room // size // 2)])
        length = count * size
        source = choose.randrange(room - length)
        near = min(room - length - 1, max(0, source + choose.randrange(-40, 40)))
        target = near if turn % 3 == 0 else choose.randrange(room - length)
        down = turn % 5 == 0
        shift = max(0, length - size) if down else 0
        value = choose.getrandbits(64)
        yield Job(count, DATA + source + shift, DATA + target + shift, value, down)


@pytest.mark.parametrize("name, code, size", INSTRUCTIONS, ids=[row[0] for row in INSTRUCTIONS])
def test_elements_arrive_and_are_counted(guest: Guest, name: str, code: str, size: int) -> None:
    data = random.Random(name).randbytes(PAGES * PAGE_SIZE)
    for job in jobs(size):
        taken = set()
        for budget in (1_000_000, 1000, 7):
            guest.write(data)
            guest.start(code, job)
            reason, steps = guest.run(budget)
            assert reason == lib.KV_EXIT_SYSCALL
            regs: Any = guest.engine.read_registers()
            moved = job.count * (-size if job.down else size)
            loads = name.startswith("movs")
            assert regs.rcx == CODE + len(bytes.fromhex(code + SYSCALL))  # SYSCALL leaves it so
            assert regs.rdi == job.target + moved
            assert regs.rsi == job.source + (moved if loads else 0)
            assert guest.read() == expected(data, job, size, loads), (job, budget)
            taken.add(steps)
        assert len(taken) == 1
        assert steps >= job.count - 1  # a block for each element; the last may leave the loop


@pytest.mark.parametrize("name, code, size", INSTRUCTIONS, ids=[row[0] for row in INSTRUCTIONS])
def test_fault_comes_at_the_element(guest: Guest, name: str, code: str, size: int) -> None:
    end = DATA + PAGES * PAGE_SIZE
    job = Job(1000, DATA, end - 500 * size, 0x0102_0304_0506_0708, False)
    guest.start(code, job)
    reason, _ = guest.run(1_000_000)
    assert (reason, guest.raw.address, guest.raw.access) == (lib.KV_EXIT_FAULT, end, W)
    regs: Any = guest.engine.read_registers()
    assert (regs.rip, regs.rcx, regs.rdi) == (CODE, 500, end)


@pytest.mark.parametrize("code", ["f348ab", "f3aa"])
def test_stores_into_protected_and_copied_pages(guest: Guest, code: str) -> None:
    size = 8 if code == "f348ab" else 1
    guest.engine.ref(guest.frames[1])  # somebody else has the second page, too
    before = guest.engine.read_frame(guest.frames[1], 0, PAGE_SIZE)
    guest.map(DATA + PAGE_SIZE, guest.frames[1], R | lib.KV_COW)
    guest.map(DATA + 2 * PAGE_SIZE, guest.frames[2], R)
    guest.start(code, Job(3 * PAGE_SIZE // size, DATA, DATA, 0x1111_1111_1111_1111, False))
    reason, _ = guest.run(1_000_000)
    assert reason == lib.KV_EXIT_FAULT
    assert guest.raw.address == DATA + 2 * PAGE_SIZE
    assert guest.engine.read_frame(guest.frames[1], 0, PAGE_SIZE) == before
    copy = int(lib.kv_entry(guest.space, DATA + PAGE_SIZE)) >> 12
    assert copy != guest.frames[1]
    assert guest.engine.read_frame(copy, 0, PAGE_SIZE) == b"\x11" * PAGE_SIZE
    guest.engine.unref(guest.frames[1])
