"""The exception flags of SSE: what sets them, what does not, and where they are found."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from pytest_kevlar.kernel.cpu import engine as engines
from pytest_kevlar.kernel.cpu.engine import PAGE_SIZE, Engine, lib

CODE, DATA = 0x40_0000, 0x50_0000
R, W, X = lib.KV_READ, lib.KV_WRITE, lib.KV_EXEC
SYSCALL = "0f05"
INITIAL, INVALID, DIVIDE, INEXACT = 0x1F80, 1, 4, 0x20
MXCSR = 24  # in an FXSAVE image

DIVSD = "f20f5ec1"  # divsd xmm0, xmm1
STMXCSR, LDMXCSR = "0fae1f", "0fae17"  # [rdi]
FXSAVE, FXRSTOR = "0fae07", "0fae0f"  # [rdi]


class Guest:
    """A page of code and a page of data, and what SSE is to work on."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.raw = engine, engine.raw
        self.space = lib.kv_space_new()
        self.contexts = [engine.new_context(), engine.new_context()]
        engine.reset(self.contexts[0])
        lib.kv_space_use(self.raw, self.space)
        self.frames = [engine.alloc(), engine.alloc()]
        assert lib.kv_map(self.raw, self.space, CODE, self.frames[0], R | X) == 0
        assert lib.kv_map(self.raw, self.space, DATA, self.frames[1], R | W) == 0
        self.set(INITIAL)

    def set(self, mxcsr: int, *operands: float) -> None:
        """Both operands in the low halves of xmm0 and xmm1."""
        image = bytearray(self.engine.read_fpu())
        struct.pack_into("<I", image, MXCSR, mxcsr)
        for number, operand in enumerate(operands):
            struct.pack_into("<dd", image, 160 + 16 * number, operand, operand)
        self.engine.write_fpu(bytes(image))

    def mxcsr(self) -> int:
        return int(struct.unpack_from("<I", self.engine.read_fpu(), MXCSR)[0])

    def run(self, code: str) -> None:
        self.engine.write_frame(self.frames[0], 0, bytes.fromhex(code + SYSCALL))
        regs = self.engine.read_registers()
        regs.rip, regs.rdi = CODE, DATA
        self.engine.write_registers()
        self.raw.budget = 1000
        assert lib.kv_run(self.raw) == lib.KV_EXIT_SYSCALL

    def stored(self, offset: int = 0) -> int:
        data = self.engine.read_frame(self.frames[1], 0, PAGE_SIZE)
        return int(struct.unpack_from("<I", data, offset)[0])

    def close(self) -> None:
        lib.kv_space_free(self.raw, self.space)
        for frame in self.frames:
            self.engine.unref(frame)
        for context in self.contexts:
            self.engine.free_context(context)


@pytest.fixture
def guest() -> Iterator[Guest]:
    engine = engines.acquire("x86_64")
    guest = Guest(engine)
    yield guest
    guest.close()
    engine.switch_off()
    engines.release(engine)


@pytest.mark.parametrize(
    ("operands", "flags"),
    [((1.0, 0.0), DIVIDE), ((0.0, 0.0), INVALID), ((1.0, 3.0), INEXACT), ((1.0, 2.0), 0)],
)
def test_division_sets_flags_wherever_they_are_read(
    guest: Guest, operands: tuple[float, float], flags: int
) -> None:
    for code, offset in ((STMXCSR, 0), (FXSAVE, MXCSR)):
        guest.set(INITIAL, *operands)
        guest.run(DIVSD + code)
        assert guest.stored(offset) == INITIAL | flags
        assert guest.mxcsr() == INITIAL | flags


@pytest.mark.parametrize(("code", "offset"), [(LDMXCSR, 0), (FXRSTOR, MXCSR)])
def test_flags_are_those_that_were_loaded(guest: Guest, code: str, offset: int) -> None:
    guest.set(INITIAL, 1.0, 0.0)
    guest.run(DIVSD)
    image = bytearray(512)
    struct.pack_into("<I", image, offset, INITIAL | INEXACT)
    guest.engine.write_frame(guest.frames[1], 0, bytes(image))
    guest.run(code + STMXCSR)
    assert guest.stored() == INITIAL | INEXACT


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("660f3a0bc109", 0),  # roundsd xmm0, xmm1, down, quietly
        ("660f3a0bc101", INEXACT),  # roundsd xmm0, xmm1, down
        ("660f3a09c109", 0),  # roundpd
        ("f30f53c1", 0),  # rcpss xmm0, xmm1
        ("0f53c1", 0),  # rcpps
        ("f30f52c1", 0),  # rsqrtss
        ("0f52c1", 0),  # rsqrtps
    ],
)
@pytest.mark.parametrize("before", [0, INEXACT])
def test_some_instructions_are_quiet(guest: Guest, code: str, flags: int, before: int) -> None:
    guest.set(INITIAL | before, 0.0, 1.7)
    guest.run(code + STMXCSR)
    assert guest.stored() == INITIAL | before | flags


def test_each_context_has_its_own_flags(guest: Guest) -> None:
    engine, (first, second) = guest.engine, guest.contexts
    guest.set(INITIAL, 1.0, 0.0)
    guest.run(DIVSD)
    lib.kv_context_save(engine.raw, first.handle)
    guest.set(INITIAL, 1.0, 3.0)
    guest.run(DIVSD)
    lib.kv_context_save(engine.raw, second.handle)
    for context, flag in ((first, DIVIDE), (second, INEXACT)):
        lib.kv_context_restore(engine.raw, context.handle)
        assert guest.mxcsr() == INITIAL | flag
        guest.run(STMXCSR)
        assert guest.stored() == INITIAL | flag
