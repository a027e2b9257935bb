"""Guests that do not end by themselves, and files that are no programs: each run ends in a
clear result, keeps what was printed, and leaves an engine that the next machine can use."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Build, Run

from pytest_kevlar.kernel import End, Limits, Machine, Result

SOURCE = Path(__file__).parent / "guests" / "endless.c"
#: Small, so that every bound is reached in a fraction of a second.
LIMITS = Limits(memory=24 << 20, tasks=32, output=1 << 16, steps=2_000_000, seconds=20.0)

SIGKILL, SIGSEGV = 9, 11

#: The same error in the words of the two C libraries that the guests are built with.
GLIBC_WORDS = {
    b"No file descriptors available": b"Too many open files",
    b"Out of memory": b"Cannot allocate memory",
    b"0 left, Filename too long": b"0 left, File name too long",
}

TIMEOUT = (
    "loop",
    "loop_with_all_blocked",
    "system_calls",
    "forks",
    "forks_and_waits",
    "forks_in_a_chain",
    "threads",
    "threads_that_end",
    "executes_itself",
    "faults_again_and_again",
    "signals_itself",
    "fires_timers",
)
DEADLOCK = (
    "sleeps_as_long_as_can_be",
    "pauses",
    "deadlocks",
    "reads_its_own_pipe",
    "stops_itself",
    "fills_a_pipe",
)


@pytest.fixture
def endless(arch: str, build: Build, run: Run) -> Iterator[object]:
    """Run one of the programs; whatever it did, the next machine works as if nothing had been."""
    program = build(SOURCE, arch)

    def start(name: str, limits: Limits = LIMITS) -> Result:
        result = run(arch, program, name, limits=limits)
        assert result.stdout.startswith(b"before\n"), result
        assert result.traceback == ""
        return result

    yield start
    after = run(arch, program, "no such program", limits=LIMITS)
    assert (after.end, after.code, after.stdout) == (End.EXITED, 99, b"before\n")


@pytest.mark.parametrize("name", TIMEOUT)
def test_what_never_ends_is_a_timeout(endless: Run, name: str) -> None:
    result = endless(name)
    assert result.end is End.TIMEOUT
    assert result.detail == "after 2,000,000 steps"


def test_host_time_bounds_what_steps_do_not(endless: Run) -> None:
    result = endless("loop", Limits(seconds=0.2))
    assert (result.end, result.detail) == (End.TIMEOUT, "after 0.2 s of host time")


@pytest.mark.parametrize("name", DEADLOCK)
def test_tasks_that_all_wait_are_a_deadlock(endless: Run, name: str) -> None:
    result = endless(name)
    assert result.end is End.DEADLOCK
    assert result.detail.startswith("task 100 (guest) ")
    assert "\n" not in result.detail


def test_endless_sleep_costs_no_time(endless: Run) -> None:
    """A million seconds a call: the clock's end comes before the bound of steps."""
    result = endless("sleeps")
    assert result.end is End.DEADLOCK
    assert "nanosleep" in result.detail


def test_endless_output(endless: Run) -> None:
    result = endless("prints")
    assert (result.end, result.detail) == (End.OUTPUT, "more than 65,536 bytes of output")
    assert result.stdout == (b"before\n" + b"line\n" * (1 << 14))[: 1 << 16]


def test_gigabytes_of_output_in_one_call(endless: Run) -> None:
    result = endless("prints_much_at_once")
    assert result.end is End.OUTPUT
    assert result.stderr == b"x" * ((1 << 16) - len(b"before\n"))


def test_memory_without_end_is_killed(endless: Run) -> None:
    result = endless("allocates", Limits(memory=24 << 20))
    assert (result.end, result.signal) == (End.SIGNALED, SIGKILL)
    assert result.detail == "out of memory: 24 MiB were not enough"


def test_only_the_process_that_needs_memory_is_killed(endless: Run) -> None:
    result = endless("allocates_in_a_child", Limits(memory=24 << 20))
    assert (result.end, result.code) == (End.EXITED, 0)
    assert result.stdout == b"before\nsignal 9\n"


def test_recursion_without_end_is_a_segmentation_fault(endless: Run) -> None:
    result = endless("recurses")
    assert (result.end, result.signal) == (End.SIGNALED, SIGSEGV)


def test_handlers_that_nest_without_end_are_a_segmentation_fault(endless: Run) -> None:
    result = endless("nests_handlers", Limits(steps=20_000_000))
    assert (result.end, result.signal) == (End.SIGNALED, SIGSEGV)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fills_a_file", b"No space left on device"),
        ("makes_files", b"No space left on device"),
        ("opens", b"No file descriptors available"),
        ("maps", b"Out of memory"),
        ("makes_directories", b"0 left, Filename too long"),
        ("reserves", b"x"),
        ("reads_a_sparse_file", b"4096 4096 4096 -1"),
    ],
)
def test_what_linux_bounds_is_bounded(endless: Run, name: str, said: bytes) -> None:
    result = endless(name, Limits(memory=24 << 20, steps=50_000_000, seconds=60.0))
    assert result.end is End.EXITED, result
    assert result.stdout.splitlines()[1] in (said, GLIBC_WORDS.get(said)), result.stdout


# -- files that are no programs ------------------------------------------------------------


class Headers:
    """Offsets in an ELF file at which something begins or ends."""

    def __init__(self, elf: bytes) -> None:
        self.table, self.sections = struct.unpack_from("<QQ", elf, 32)
        self.entry_size, self.entries = struct.unpack_from("<HH", elf, 54)
        self.segments = [
            struct.unpack_from("<IIQQQQQQ", elf, self.table + index * self.entry_size)
            for index in range(self.entries)
        ]

    def edges(self, size: int) -> list[int]:
        """Every place where cutting the file short might surprise somebody."""
        places = {0, 1, 3, 4, 5, 16, 20, 32, 40, 52, 54, 56, 63, 64, self.table, size - 1}
        places |= {self.table + index * self.entry_size for index in range(self.entries + 1)}
        places |= {self.table + index * self.entry_size + 8 for index in range(self.entries)}
        for segment in self.segments:
            offset, length = segment[2], segment[5]
            for place in (offset, offset + length):
                places |= {place - 1, place, place + 1, place & ~4095, (place & ~4095) + 4096}
        return sorted(place for place in places if 0 <= place < size)


#: The ways in which a broken program may end: it cannot be started, or it runs and fails.
BROKEN = (End.NOEXEC, End.SIGNALED, End.EXITED, End.TIMEOUT, End.DEADLOCK, End.OUTPUT)


def check_broken(result: Result, what: object) -> None:
    """No crash, and one line that says what is wrong."""
    assert result.end in BROKEN, (what, result.detail, result.traceback)
    assert "\n" not in result.detail
    if result.end is End.NOEXEC:
        assert result.detail.startswith(("/bin/guest: E", "the program does not fit")), what


def test_a_file_cut_short_anywhere(arch: str, build: Build, run: Run) -> None:
    program = build(SOURCE, arch)
    for place in Headers(program).edges(len(program)):
        check_broken(run(arch, program[:place], "recurses", limits=LIMITS), place)
    assert run(arch, program, "none", limits=LIMITS).code == 99


def test_random_bytes(arch: str, run: Run) -> None:
    chance = random.Random("random bytes")
    for size in (0, 1, 4, 63, 64, 65, 120, 4096, 70_000):
        for start in (b"", b"\x7fELF", b"\x7fELF\x02\x01\x01" + bytes(9), b"#!"):
            program = start + chance.randbytes(size)
            check_broken(run(arch, program, limits=LIMITS), (start, size))


INTERESTING = (
    0, 1, 2, 3, 4, 7, 8, 0x7F, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 12, 1 << 47,
    (1 << 47) - 4096, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 4096,
)  # fmt: skip


def mutated(chance: random.Random, program: bytes) -> bytes:
    """The program with one to four fields of its headers changed."""
    headers = Headers(program)
    data = bytearray(program)
    for _ in range(chance.randint(1, 4)):
        if chance.random() < 0.3:
            at = chance.choice((4, 5, 6, 7, 16, 18, 20, 24, 32, 40, 48, 52, 54, 56, 58))
            width = 8 if at in (24, 32, 40) else chance.choice((1, 2))
        else:
            field = chance.choice((0, 4, 8, 16, 24, 32, 40, 48))
            at = headers.table + chance.randrange(headers.entries) * headers.entry_size + field
            width = 4 if field < 8 else 8
        old = int.from_bytes(data[at : at + width], "little")
        new = chance.choice(
            (
                chance.choice(INTERESTING),
                old ^ 1 << chance.randrange(8 * width),
                old + chance.choice((-4096, -1, 1, 4096, 1 << 30)),
                chance.getrandbits(8 * width),
            )
        )
        data[at : at + width] = (new & (1 << 8 * width) - 1).to_bytes(width, "little")
    return bytes(data)


def test_mutated_headers(arch: str, build: Build, run: Run) -> None:
    program = build(SOURCE, arch)
    chance = random.Random("mutated headers")
    limits = Limits(memory=24 << 20, tasks=32, output=1 << 16, steps=100_000, seconds=20.0)
    for number in range(300):
        check_broken(run(arch, mutated(chance, program), "recurses", limits=limits), number)
    assert run(arch, program, "none", limits=LIMITS).code == 99


def test_mutated_code(arch: str, build: Build, run: Run) -> None:
    """Bits flipped in what is executed: any instruction at all may run."""
    program = build(SOURCE, arch)
    chance = random.Random("mutated code")
    limits = Limits(memory=24 << 20, tasks=32, output=1 << 16, steps=100_000, seconds=20.0)
    code = next(segment for segment in Headers(program).segments if segment[1] & 1)
    for number in range(150):
        data = bytearray(program)
        for _ in range(chance.choice((1, 10, 500))):
            data[code[2] + chance.randrange(code[5])] ^= 1 << chance.randrange(8)
        check_broken(run(arch, bytes(data), "recurses", limits=limits), number)
    assert run(arch, program, "none", limits=LIMITS).code == 99


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"#!/bin/guest\n", "ELOOP"),
        (b"#!/bin/other\n", "ELOOP"),
        (b"#!/nowhere\n", "ENOENT"),
        (b"#!\n", "ENOEXEC"),
        (b"#!   \n", "ENOEXEC"),
        (b"#!/\n", "EACCES"),
        (b"#!" + b"x" * 1000, "ENOEXEC"),
        (b"#!/bin/other " + b"y" * 100 + b"\n", "ELOOP"),
    ],
)
def test_scripts_that_lead_nowhere(run: Run, line: bytes, error: str) -> None:
    result = run("x86_64", line, files={"/bin/other": b"#!/bin/guest\n"})
    assert result.end is End.NOEXEC
    assert result.detail.startswith(f"/bin/guest: {error}")


@pytest.mark.parametrize("argv", [[], ["/nowhere"], ["/"], ["/dev/null"], ["x" * 5000], [""]])
def test_programs_that_are_not_there(arch: str, argv: list[str]) -> None:
    with Machine(arch) as machine:
        result = machine.run(argv)
    assert result.end is End.NOEXEC
    assert "\n" not in result.detail


def test_a_program_that_does_not_fit(arch: str, build: Build, run: Run) -> None:
    result = run(arch, build(SOURCE, arch), "loop", limits=Limits(memory=16 << 10))
    assert result.end in (End.NOEXEC, End.SIGNALED)
    assert "memory" in result.detail


def test_machines_at_the_same_time(arch: str, build: Build) -> None:
    """Two machines hold two engines; neither notices the other."""
    program = build(SOURCE, arch)
    with Machine(arch, limits=LIMITS) as first, Machine(arch, limits=LIMITS) as second:
        for machine in (first, second):
            machine.add_file("/bin/guest", program)
        assert first.run(["/bin/guest", "loop"]).end is End.TIMEOUT
        assert second.run(["/bin/guest", "none"]).code == 99


def test_a_file_that_does_not_fit(arch: str, build: Build) -> None:
    program = build(SOURCE, arch)
    with Machine(arch, limits=Limits(memory=2 << 20)) as machine:
        machine.add_file("/bin/guest", program)
        machine.add_file("/big", bytes(2 << 20))
        result = machine.run(["/bin/guest", "loop"])
    assert (result.end, result.detail) == (
        End.NOEXEC,
        "/big does not fit into the guest's memory",
    )


def test_code_that_changes_its_own_page_goes_on(arch: str, build: Build, run: Run) -> None:
    """To drop translations before each store would begin the same block for ever."""
    result = run(arch, build(SOURCE.with_name("own_page.c"), arch), limits=LIMITS)
    assert result.end is End.EXITED, result.detail
    assert result.stdout == (b"1000\n55\n" if arch == "x86_64" else b"1000\n")
