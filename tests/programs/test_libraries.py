"""The same program, linked every way there is: each C library starts as it does on Linux."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_kevlar.kernel import End, Machine
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.toolchain import TRIPLE

SOURCE = Path(__file__).parent / "hello.c"
EXPECTED = """\
hello, world and 1 more
HOME=/root constructed=1
9 1 1.414214 3.333e-01
63 def
thread 2, main 1, errno 0
1
goodbye
"""
WAYS = {
    "static": ("-static",),
    "static-pie": ("-static-pie",),
    "dynamic": ("-no-pie",),
    "dynamic-pie": ("-pie",),
}
FLAGS = ("-std=gnu11", "-O1", "-pthread", "-fPIE")


def compilers(arch: str, library: str) -> list[str]:
    """Names under which distributions install a compiler for a C library."""
    native, triple = arch == host_architecture(), TRIPLE[arch]
    if library == "glibc":
        return ["gcc"] if native else [f"{triple}-linux-gnu-gcc"]
    return [*(["musl-gcc"] if native else []), f"{triple}-linux-musl-gcc"]


def ask(compiler: str, *question: str) -> str:
    """What a compiler prints."""
    done = subprocess.run([compiler, *question], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def build(arch: str, library: str, way: str, program: Path) -> str:
    """Compile the program; the compiler's name. Skips if there is none or it cannot link so."""
    for compiler in compilers(arch, library):
        command = [compiler, *FLAGS, *WAYS[way], "-o", str(program), str(SOURCE), "-lm"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        except FileNotFoundError:
            continue
        if done.returncode and way == "static-pie":
            pytest.skip(f"{compiler} does not link {way}: {done.stderr.splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        if way == "static-pie" and b"/lib/ld-" in program.read_bytes():
            pytest.skip(f"{compiler} takes -static-pie for dynamic")
        return compiler
    pytest.skip(f"no compiler for {library} on {arch}: install {compilers(arch, library)[0]}")


def libraries(compiler: str, library: str, program: bytes) -> dict[str, bytes]:
    """What a dynamic program needs, by the guest's path."""
    start = program.find(b"/lib")
    loader = program[start : program.index(b"\0", start)].decode()
    if library == "musl":  # its loader is the library
        place = Path(loader)
        if not place.is_file():
            place = Path(ask(compiler, "-print-file-name=libc.so"))
        return {loader: place.read_bytes()}
    files = {}
    for name in (Path(loader).name, "libc.so.6", "libm.so.6"):
        place = loader if name in loader else f"/lib/{name}"
        files[place] = Path(ask(compiler, f"-print-file-name={name}")).read_bytes()
    return files


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("library", ["musl", "glibc"])
def test_a_program_of_either_library(arch: str, library: str, way: str, tmp_path: Path) -> None:
    path = tmp_path / "hello"
    compiler = build(arch, library, way, path)
    program = path.read_bytes()
    with Machine(arch) as machine:
        machine.add_file("/bin/hello", program)
        if way.startswith("dynamic"):
            for place, data in libraries(compiler, library, program).items():
                machine.add_file(place, data)
        result = machine.run(["/bin/hello", "world", "more"], env={"HOME": "/root"})
    assert (result.stdout.decode(), result.stderr) == (EXPECTED, b""), (result.end, result.detail)
    assert (result.end, result.code) == (End.EXITED, 42)
    assert result.unknown == ()


def test_a_loader_that_is_not_there(arch: str, tmp_path: Path) -> None:
    path = tmp_path / "hello"
    build(arch, "glibc", "dynamic", path)
    with Machine(arch) as machine:
        machine.add_file("/bin/hello", path.read_bytes())
        result = machine.run(["/bin/hello"])
    assert result.end is End.NOEXEC
    assert result.detail.startswith("/bin/hello: ENOENT")


def test_a_library_that_is_not_there(arch: str, tmp_path: Path) -> None:
    path = tmp_path / "hello"
    compiler = build(arch, "glibc", "dynamic", path)
    program = path.read_bytes()
    with Machine(arch) as machine:
        machine.add_file("/bin/hello", program)
        for place, data in libraries(compiler, "glibc", program).items():
            if "libc.so" not in place:
                machine.add_file(place, data)
        result = machine.run(["/bin/hello"])
    assert (result.end, result.code) == (End.EXITED, 127)
    assert b"libc.so.6: cannot open shared object file" in result.stderr
