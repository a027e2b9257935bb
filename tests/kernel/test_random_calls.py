"""Ten thousand system calls with random arguments: no bug of ours may come to light."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Build

from pytest_kevlar.kernel import End, Limits, Machine, Result
from pytest_kevlar.kernel import arch as architectures
from pytest_kevlar.kernel.syscalls import table_for
from pytest_kevlar.kernel.syscalls.registry import Arg
from pytest_kevlar.kernel.syscalls.types import to_optional_path, to_path, to_pointer

CALLS = 10_000
#: Calls per machine: what one leaves behind (mounts, files, a clock set wrong) ends with it.
BATCH = 200
SOURCE = Path(__file__).parent / "guests" / "random_calls.c"
LIMITS = Limits(memory=64 << 20, tasks=64, output=16 << 20, steps=50_000_000, seconds=20.0)

#: As the guest maps them.
POOL, POOL_SIZE = 0x2000_0000, 0x8000
READ_ONLY, NO_ACCESS = 0x3000_0000, 0x4000_0000
TASK_SIZE = (1 << 47) - 4096

#: Where strings are in the pool, 64 bytes each.
STRINGS = (
    b"/tmp/file", b"file", b"", b"/", b".", b"..", b"/proc/self/maps", b"/proc/self/fd/3",
    b"/dev/null", b"/nowhere/file", b"/tmp", b"/proc/self/mem", b"/bin/guest", b"link", b"dir",
    b"dir/inner", b"user.name", b"tmpfs", b"proc", b"\xff\xfe\x80", b"/dev/full", b"a" * 63,
    b"/proc/sys/kernel/hostname", b"/sys/devices/system/cpu", b"/dev/stdout", b"security.selinux",
)  # fmt: skip

SMALL = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 24, 32, 64, 99, 128, 512)
SIZES = (0, 1, 7, 8, 16, 104, 4095, 4096, 4097, 0x8000, 1 << 16, 1 << 20, 1 << 24, 1 << 31)
EXTREMES = (
    -1, -2, -100, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 40, (1 << 47) - 8192,
    1 << 62, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, -4096, 0xDEAD_BEEF_DEAD_BEEF,
)  # fmt: skip

BAD_POINTERS = (
    0, 0, 1, 8, READ_ONLY, READ_ONLY + 4090, NO_ACCESS, 0x7000_0000, TASK_SIZE - 4, TASK_SIZE,
    1 << 47, 0xFFFF_8000_0000_0000, (1 << 64) - 4, POOL + 1, POOL + 4093,
)  # fmt: skip

Chance = random.Random


def pointer(chance: Chance) -> int:
    """An address that is good, bad, or good up to the middle of what is there."""
    kind = chance.randrange(20)
    if kind < 8:
        return POOL + chance.randrange(0, POOL_SIZE, 8)
    if kind < 12:
        return POOL + 64 * chance.randrange(len(STRINGS))
    if kind < 14:
        return POOL + POOL_SIZE - chance.choice((1, 2, 4, 8, 12, 16, 64, 100))
    return chance.choice(BAD_POINTERS)


def argument(chance: Chance) -> int:
    """One register: a number, a descriptor, a size, a pointer, a flag word or nonsense."""
    kind = chance.randrange(20)
    if kind < 6:
        return chance.choice(SMALL)
    if kind < 7:
        return chance.randrange(-2, 40)
    if kind < 8:
        return chance.choice(SIZES)
    if kind < 15:
        return pointer(chance)
    if kind < 17:
        return 1 << chance.randrange(32) | (1 << chance.randrange(32) if kind == 16 else 0)
    if kind < 19:
        return chance.choice(EXTREMES)
    return chance.getrandbits(64)


def argument_for(chance: Chance, name: str, arg: Arg) -> int:
    """A register that fits what a handler declares for it; any in one case of four."""
    kind = chance.randrange(4)
    if kind == 0:
        return argument(chance)
    if "fd" in name:
        return -100 if chance.randrange(8) == 0 else chance.randrange(16)
    if arg.decode in (to_path, to_optional_path):
        return POOL + 64 * chance.randrange(len(STRINGS))
    if arg.decode is to_pointer:
        return 0 if chance.randrange(5) == 0 else POOL + chance.randrange(0x700, POOL_SIZE, 8)
    if name in ("size", "count", "length", "len", "nbytes", "new_size", "old_size"):
        return chance.choice(SIZES)
    if "addr" in name:
        return POOL + chance.randrange(0, 0x10000, 4096)
    if "flags" in name:
        return 0 if kind == 1 else 1 << chance.randrange(32)
    return chance.choice(SMALL)


def pool(chance: Chance) -> bytes:
    """The memory behind good pointers: path names, then words like arguments."""
    strings = b"".join(text.ljust(64, b"\0") for text in STRINGS)
    words = [argument(chance) & (1 << 64) - 1 for _ in range((POOL_SIZE - len(strings)) // 8)]
    return strings + struct.pack(f"<{len(words)}Q", *words)


def kills_the_driver(name: str, arguments: list[int]) -> bool:
    """Whether a call signals every process: the one that counts calls would go as well."""
    return name == "kill" and arguments[0] & 0xFFFF_FFFF == 0xFFFF_FFFF


def rows(chance: Chance, arch: str, count: int) -> Iterator[tuple[int, ...]]:
    """Numbers and arguments: every known call in turn, one in 20 a number without a call."""
    names = architectures.get(arch).names
    table = table_for(architectures.get(arch))
    known = sorted(names)
    position = 0
    while position < count:
        number = known[position % len(known)]
        if chance.randrange(20) == 0:
            number = chance.choice((number ^ 0x4000_0000, 600, 0xFFFF_FFFF, chance.getrandbits(10)))
        arguments = [argument(chance) for _ in range(6)]
        if number in table:
            for index, (name, arg) in enumerate(table[number].args):
                arguments[index] = argument_for(chance, name, arg)
        if not kills_the_driver(names.get(number, ""), arguments):
            position += 1
            yield (number, *(value & (1 << 64) - 1 for value in arguments))


def call_text(arch: str, row: tuple[int, ...]) -> str:
    """A row as people write it."""
    name = architectures.get(arch).names.get(row[0], f"syscall_{row[0]:#x}")
    return f"{name}({', '.join(f'{value:#x}' for value in row[1:])})"


def run_rows(
    arch: str, program: bytes, memory: bytes, batch: list[tuple[int, ...]], trace: bool = False
) -> Result:
    """Make the calls of `batch` on a fresh machine."""
    table = b"".join(struct.pack("<7Q", *row) for row in batch)
    stdin = memory + struct.pack("<i", len(batch)) + table
    with Machine(arch, limits=LIMITS, trace=trace) as machine:
        machine.add_file("/bin/guest", program)
        return machine.run(["/bin/guest"], stdin=stdin)


def counted(result: Result) -> int:
    """How many rows the guest says it has begun."""
    numbers = [line for line in result.stdout.split(b"\n") if line.isdigit()]
    return int(numbers[-1]) if numbers else 0


@pytest.mark.parametrize("part", range(4))
def test_random_calls_never_reach_a_bug(arch: str, part: int, build: Build) -> None:
    program = build(SOURCE, arch)
    chance = Chance(f"random calls, part {part}")
    left = list(rows(chance, arch, CALLS // 4))
    memory = pool(chance)
    while left:
        batch, left = left[:BATCH], left[BATCH:]
        # Recording decodes and shows every argument: that must not fail either.
        result = run_rows(arch, program, memory, batch, trace=part == 0)
        done = counted(result)
        if result.end is End.CRASH:
            near = "\n  ".join(call_text(arch, row) for row in batch[done : done + 25])
            pytest.fail(
                f"{result.detail}\none of these calls:\n  {near}\n{result.state}\n"
                f"{result.traceback}",
                pytrace=False,
            )
        # A call may use up the machine's memory or its output: the end of that machine alone.
        assert result.end in (End.EXITED, End.SIGNALED, End.OUTPUT), (result.detail, result.state)
        left = batch[len(batch) if result.end is End.EXITED else max(done, 1) :] + left
