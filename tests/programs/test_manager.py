"""A service manager as process 1: mounts, groups, sockets, timers, restarts and a shut-down.

It says of everything that it does whether that went well, on Linux in namespaces of its own and
in a guest; both have to say the same.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from test_libraries import compilers

from pytest_kevlar.kernel import End, Machine
from pytest_kevlar.requirements import missing
from pytest_kevlar.runners.base import host_architecture

SOURCES = sorted((Path(__file__).parent / "manager").glob("*.c"))
FLAGS = ("-std=gnu11", "-O1", "-static", "-Wall", "-Wextra", "-Wno-unused-result")
CHECKS = 51
#: What a check says that the host has no controller for.
SKIPPED = " # SKIP no pids controller"


def build(arch: str, library: str, program: Path) -> None:
    """Compile it; skips if there is no compiler."""
    for compiler in compilers(arch, library):
        command = [compiler, *FLAGS, "-o", str(program), *map(str, SOURCES)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        except FileNotFoundError:
            continue
        assert done.returncode == 0, done.stderr
        return
    pytest.skip(f"no compiler for {library} on {arch}")


def checked(output: str) -> list[str]:
    """The checks, each of which is right, and the plan behind them."""
    *lines, plan = output.splitlines()
    assert plan == f"1..{CHECKS}", output
    assert [line for line in lines if not line.startswith("ok ")] == [], output
    return lines


@pytest.fixture(scope="module")
def on_linux(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What it says on this host."""
    if os.geteuid() or missing("cgroup2", host_architecture()):
        pytest.skip("root and cgroup2 are required")
    program = tmp_path_factory.mktemp("manager") / "manager"
    build(host_architecture(), "glibc", program)
    done = subprocess.run(
        [program], capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return checked(done.stdout)


@pytest.mark.parametrize("library", ["musl", "glibc"])
def test_a_service_manager_is_process_1(
    arch: str, library: str, tmp_path: Path, on_linux: list[str]
) -> None:
    program = tmp_path / "manager"
    build(arch, library, program)
    with Machine(arch) as machine:
        machine.add_file("/sbin/manager", program.read_bytes())
        result = machine.run(["/sbin/manager"])
    assert (result.end, result.code, result.unknown) == (End.EXITED, 0, ()), result.detail
    lines = checked(result.stdout.decode())
    assert SKIPPED not in "".join(lines)
    assert lines == [line.removesuffix(SKIPPED) for line in on_linux]
