"""Classic BPF as ``seccomp(2)`` filters use it: checking programs and running them.

Mirrors net/core/filter.c and kernel/seccomp.c:seccomp_check_filter(). What the value that a
program returns does to a call is :mod:`seccomp`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from pytest_kevlar.kernel.errno import EINVAL

MAX_INSTRUCTIONS: Final = 4096
#: sizeof(struct seccomp_data)
DATA_SIZE: Final = 64
MEMORY_WORDS: Final = 16
MASK32: Final = 0xFFFF_FFFF

LD, LDX, ST, STX, ALU, JMP, RET, MISC = range(8)
IMM, ABS, MEM, LEN = 0x00, 0x20, 0x60, 0x80
ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, NEG, XOR = (
    *(0x00, 0x10, 0x20, 0x30, 0x40),
    *(0x50, 0x60, 0x70, 0x80, 0xA0),
)
JA, JEQ, JGT, JGE, JSET = 0x00, 0x10, 0x20, 0x30, 0x40
X: Final = 0x08
TAX, TXA = 0x00, 0x80
RET_K, RET_A = RET, RET | 0x10

_BOTH_OPERANDS = (ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, XOR)
_CONDITIONS = (JEQ, JGT, JGE, JSET)
#: What seccomp allows: no packet access but whole words of seccomp_data, no remainder.
ALLOWED: Final = frozenset(
    [
        *(LD | ABS, LD | LEN, LDX | LEN, LD | IMM, LDX | IMM, LD | MEM, LDX | MEM, ST, STX),
        *(RET_K, RET_A, MISC | TAX, MISC | TXA, ALU | NEG, JMP | JA),
        *(ALU | operation | operand for operation in _BOTH_OPERANDS for operand in (0, X)),
        *(JMP | condition | operand for condition in _CONDITIONS for operand in (0, X)),
    ]
)
_READS_MEMORY = (LD | MEM, LDX | MEM)
_WRITES_MEMORY = (ST, STX)


class Instruction(NamedTuple):
    """One ``struct sock_filter``."""

    code: int
    jt: int
    jf: int
    k: int


Program = Sequence[Instruction]


def parse(data: bytes) -> Program:
    """The instructions of an array of ``struct sock_filter``."""
    return [Instruction(*fields) for fields in struct.iter_unpack("<HBBI", data)]


def check(program: Program) -> None:
    """EINVAL unless the program is safe to run as a filter."""
    length = len(program)
    for at, each in enumerate(program):
        if each.code not in ALLOWED or not _operands_fit(each, length - at - 1):
            raise EINVAL(f"instruction {at}")
    if program[-1].code not in (RET_K, RET_A):
        raise EINVAL("the last instruction is no return")
    _check_memory(program)


def _operands_fit(each: Instruction, left: int) -> bool:
    """Whether constants are in range; `left` instructions follow this one."""
    code, k = each.code, each.k
    if code == ALU | DIV:
        return k != 0
    if code in (ALU | LSH, ALU | RSH):
        return k < 32
    if code in _READS_MEMORY or code in _WRITES_MEMORY:
        return k < MEMORY_WORDS
    if code == JMP | JA:
        return k < left
    if code & 7 == JMP:
        return each.jt < left and each.jf < left
    if code == LD | ABS:
        return k < DATA_SIZE and not k & 3
    return True


def _check_memory(program: Program) -> None:
    """EINVAL if a word is read that some path has not written; check_load_and_stores()."""
    everything = (1 << MEMORY_WORDS) - 1
    at_target = [everything] * len(program)
    written = 0
    for at, each in enumerate(program):
        written &= at_target[at]
        code = each.code
        if code in _WRITES_MEMORY:
            written |= 1 << each.k
        elif code in _READS_MEMORY:
            if not written >> each.k & 1:
                raise EINVAL(f"instruction {at} reads what was not written")
        elif code & 7 == JMP:
            targets = (each.k,) if code == JMP | JA else (each.jt, each.jf)
            for target in targets:
                at_target[at + 1 + target] &= written
            written = everything


_ARITHMETIC: dict[int, Callable[[int, int], int]] = {
    ADD: lambda a, b: a + b,
    SUB: lambda a, b: a - b,
    MUL: lambda a, b: a * b,
    DIV: lambda a, b: a // b,
    OR: lambda a, b: a | b,
    AND: lambda a, b: a & b,
    LSH: lambda a, b: a << (b & 31),
    RSH: lambda a, b: a >> (b & 31),
    XOR: lambda a, b: a ^ b,
    NEG: lambda a, b: -a,
}
_COMPARISONS: dict[int, Callable[[int, int], bool]] = {
    JEQ: lambda a, b: a == b,
    JGT: lambda a, b: a > b,
    JGE: lambda a, b: a >= b,
    JSET: lambda a, b: bool(a & b),
}


def run(program: Program, words: Sequence[int]) -> int:
    """What a checked program returns for ``seccomp_data`` given as 16 words of 32 bits."""
    a = x = 0
    memory = [0] * MEMORY_WORDS
    at = 0
    while True:
        code, jt, jf, k = program[at]
        at += 1
        kind = code & 7
        if kind == JMP:
            if code == JMP | JA:
                at += k
            else:
                at += jt if _COMPARISONS[code & 0xF0](a, x if code & X else k) else jf
        elif kind == RET:
            return a if code == RET_A else k
        elif kind in (LD, LDX):
            mode = code & 0xE0
            value = (
                words[k >> 2]
                if mode == ABS
                else k
                if mode == IMM
                else memory[k]
                if mode == MEM
                else DATA_SIZE
            )
            if kind == LD:
                a = value
            else:
                x = value
        elif kind == ALU:
            operand = x if code & X else k
            if code == ALU | DIV | X and not x:
                return 0
            a = _ARITHMETIC[code & 0xF0](a, operand) & MASK32
        elif kind == ST:
            memory[k] = a
        elif kind == STX:
            memory[k] = x
        elif code == MISC | TAX:
            x = a
        else:
            a = x
