"""POSIX threads under stress, of both C libraries: as on this host, and under other schedules."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_kevlar.kernel import End, Limits, Machine
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.toolchain import TRIPLE

SOURCES = sorted((Path(__file__).parent / "threads").glob("*.c"))
FLAGS = ("-std=gnu11", "-O1", "-pthread", "-static")
LIMITS = Limits(steps=40_000_000_000, seconds=150, tasks=500)
#: The schedules that `pytest --kevlar-schedules=50` runs a contract under, in three parts.
SCHEDULES = [range(1, 18), range(18, 35), range(35, 51)]


def compiler_of(arch: str, library: str) -> str:
    """A compiler for a C library; skips if there is none."""
    names = [f"{TRIPLE[arch]}-linux-{'gnu' if library == 'glibc' else 'musl'}-gcc"]
    if arch == host_architecture():
        names.insert(0, "gcc" if library == "glibc" else "musl-gcc")
    for name in names:
        if shutil.which(name):
            return name
    pytest.skip(f"no compiler for {library} on {arch}: install {names[0]}")


def build(arch: str, library: str, program: Path) -> bytes:
    """The program, linked statically."""
    command = [compiler_of(arch, library), *FLAGS, "-o", str(program), *map(str, SOURCES)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return program.read_bytes()


def check(arch: str, program: bytes, seed: int, *arguments: str) -> str:
    """Run it in a machine; what it prints."""
    with Machine(arch, seed=seed, limits=LIMITS) as machine:
        machine.add_file("/bin/threads", program)
        result = machine.run(["/bin/threads", *arguments])
    output = result.stdout.decode()
    assert (result.end, result.code) == (End.EXITED, 0), (seed, output, result.detail)
    assert result.unknown == ()
    return output


@pytest.mark.parametrize("library", ["glibc", "musl"])
def test_threads_keep_their_promises(arch: str, library: str, tmp_path: Path) -> None:
    path = tmp_path / "threads"
    program = build(arch, library, path)
    output = check(arch, program, 0)
    count = output.count("\nok ") + output.startswith("ok ")
    assert count >= 15 and output.endswith(f"\n{count} of {count}\n")
    if arch == host_architecture():
        native = subprocess.run([path], capture_output=True, check=False, timeout=120)
        assert output == native.stdout.decode()


@pytest.mark.parametrize("seeds", SCHEDULES, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
@pytest.mark.parametrize("library", ["glibc", "musl"])
def test_under_other_schedules(library: str, seeds: range, tmp_path: Path) -> None:
    arch = host_architecture()
    program = build(arch, library, tmp_path / "threads")
    outputs = {check(arch, program, seed, "1") for seed in seeds}
    assert len(outputs) == 1
