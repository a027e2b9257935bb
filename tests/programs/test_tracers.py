"""strace and gdb as the distribution ships them, tracing a program inside the guest."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_kevlar.kernel import End, Limits, Machine, Result
from pytest_kevlar.runners.base import host_architecture

SOURCE = Path(__file__).parent / "tracee.c"
LIMITS = Limits(steps=20_000_000_000, seconds=120, memory=2 << 30)
#: Calls of the tracee itself and how both processes end, with how often each is there.
TRACE = {
    'write(1, "hello 42\\n", 9) = 9': 1,
    "exit_group(3) = ?": 2,
    "+++ exited with 3 +++": 2,
}
SESSION = (
    *("set startup-with-shell off", "break twice", "run", "bt", "stepi", "finish"),
    *("delete", "print twice(4)", "continue"),
)


@pytest.fixture(scope="module")
def tracee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static program that is traced."""
    program = tmp_path_factory.mktemp("tracee") / "tracee"
    subprocess.run(["gcc", "-g", "-static", "-O1", "-o", program, SOURCE], check=True)
    return program


def installed(name: str) -> Path:
    """Where a tracer is; skips if it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return Path(found)


def libraries(program: Path) -> list[Path]:
    """What a program is linked with, its loader included."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    return [Path(word) for word in done.stdout.split() if word.startswith("/")]


def run_traced(tracer: Path, tracee: Path, files: list[Path], *arguments: str) -> Result:
    """Run ``tracer arguments /tracee`` in a guest that has the files at the same places."""
    with Machine(host_architecture(), limits=LIMITS) as machine:
        for path in [tracer, *libraries(tracer), *files]:
            machine.add_file(str(path), path.read_bytes())
        machine.add_file("/tracee", tracee.read_bytes())
        return machine.run([str(tracer), *arguments, "/tracee"], {"HOME": "/", "PATH": "/"})


def test_strace_follows_a_program_and_its_child(tracee: Path) -> None:
    """Every call is there, with what its arguments point at."""
    result = run_traced(installed("strace"), tracee, [], "-f", "-o", "/dev/stderr")
    assert result.end is End.EXITED, result.detail
    assert (result.code, result.stdout, result.unknown) == (3, b"hello 42\n", ())
    lines = [" ".join(line.split()[1:]) for line in result.stderr.decode().splitlines()]
    assert lines[0].startswith('execve("/tracee", ["/tracee"],')
    for line, times in TRACE.items():
        assert lines.count(line) == times, result.stderr.decode()
    assert any(
        line.startswith("--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED") for line in lines
    )
    assert any("WIFEXITED(s) && WEXITSTATUS(s) == 3" in line for line in lines)


def test_gdb_stops_steps_and_calls(tracee: Path) -> None:
    """Breakpoints, a backtrace, single steps, and a call into the program."""
    gdb = installed("gdb")
    scripts = sorted(Path("/usr/share/gdb/python").rglob("*.py"))
    library = [path for path in libraries(gdb) if path.name.startswith("libpython")]
    standard = [
        path
        for name in library
        for pattern in ("*.py", "encodings/*.py", "collections/*.py", "importlib/*.py", "re/*.py")
        for path in sorted(Path("/usr/lib", name.name[3:13]).glob(pattern))
    ]
    commands = [word for command in SESSION for word in ("-ex", command)]
    result = run_traced(gdb, tracee, [*scripts, *standard], "-nx", "-batch", *commands)
    assert result.end is End.EXITED, result.detail
    output = result.stdout.decode()
    assert "Breakpoint 1, twice (" in output, output + result.stderr.decode()
    assert "#1  0x" in output and " in main () at " in output
    assert "Value returned is $1 = 42" in output
    assert "$2 = 8" in output
    assert "hello 42" in output
    assert "exited with code 03]" in output
