"""Nothing of one guest reaches the next, and nothing of the host reaches any."""

from __future__ import annotations

import io
import os
import random
import socket
import struct
import time
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from machines import Build, Run

from pytest_kevlar.kernel import End, HostProfile, Machine, Result
from pytest_kevlar.kernel.cpu import engine as engines

GUESTS = Path(__file__).parent / "guests"
#: More than a page and no whole number of them: a file that machines share warm.
DATA = random.Random("data").randbytes(50_000)
WORD = struct.pack("<Q", 0x5EC2E75EC2E75EC2)


def run_pattern(arch: str, program: bytes, what: str) -> Result:
    with Machine(arch) as machine:
        for path in ("/bin/guest", "/other"):
            machine.add_file(path, program)
        machine.add_file("/data", DATA, mode=0o666)
        return machine.run(["/bin/guest", what])


def entered_at(program: bytes, symbol: str) -> bytes:
    """The program with another entry point."""
    table = ELFFile(io.BytesIO(program)).get_section_by_name(".symtab")
    (found,) = table.get_symbol_by_name(symbol)
    return program[:24] + struct.pack("<Q", found["st_value"]) + program[32:]


@pytest.fixture
def pattern(arch: str, build: Build) -> bytes:
    return build(GUESTS / "pattern.c", arch)


def leave(arch: str, program: bytes) -> None:
    result = run_pattern(arch, program, "leave")
    assert (result.end, result.code) == (End.EXITED, 0), result
    assert result.stdout == b"own program: Text file busy\n" * 2


def test_memory_files_and_clocks_are_new(
    arch: str, pattern: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_idle", {})
    on_a_new_engine = run_pattern(arch, pattern, "look")
    for _ in range(2):
        leave(arch, pattern)
        result = run_pattern(arch, pattern, "look")
        lines = result.stdout.split(b"\n")
        assert lines[:5] == [b"stack 0", b"brk 0", b"mmap 0", b"shared 0", b"file 0"]
        assert b"left" not in b"".join(lines[5:9]) and b"directory" not in b"".join(lines[5:9])
        assert result.stdout.endswith(DATA)
        assert result.stdout == on_a_new_engine.stdout
        assert result.virtual_ns == on_a_new_engine.virtual_ns


def test_registers_at_entry_are_new(arch: str, pattern: bytes) -> None:
    bare = entered_at(pattern, "bare")
    leave(arch, pattern)
    result = run_pattern(arch, bare, "")
    assert result.end is End.EXITED
    saved = result.stdout
    assert WORD not in saved
    if arch == "x86_64":
        assert saved[:120] == bytes(120), "general registers are not zero"
        control, status, tags = struct.unpack_from("<HxxHxxH", saved, 128)
        assert (control, status, tags) == (0x37F, 0, 0xFFFF)
        assert struct.unpack_from("<I", saved, 160) == (0x1F80,)
        assert not any(saved[256 + 32 : 256 + 416]), "x87 or SSE registers are not zero"
    else:
        assert saved[:288] == bytes(288), "general or control registers are not zero"
        assert saved[288:800] == bytes(512), "vector registers are not zero"


def test_shared_pages_cannot_be_altered(arch: str, pattern: bytes) -> None:
    """The frames of a file that the host gave outlive the machine: nobody may write to them."""
    engine = engines.acquire(arch)
    engines.release(engine)
    leave(arch, pattern)
    engine = engines.acquire(arch)
    try:
        contents = [
            b"".join(engine.read_frame(frame, 0, 4096) for frame in image.frames)[: image.size]
            for image in engine.images.values()
        ]
    finally:
        engines.release(engine)
    assert DATA in contents
    assert pattern in contents


def test_frames_are_given_back(arch: str, pattern: bytes) -> None:
    """A machine leaves nothing behind but the frames of its files."""
    leave(arch, pattern)
    engine = engines.acquire(arch)
    before = int(engine.raw.frames_used)
    engines.release(engine)
    for _ in range(3):
        leave(arch, pattern)
        assert engine.raw.frames_used == before
        assert not engine.caches and not engine.spaces


# -- the host ----------------------------------------------------------------------------


def test_no_file_of_the_host(arch: str, build: Build, run: Run, tmp_path: Path) -> None:
    """Paths that exist on the host do not in the guest, by whatever way they are named."""
    secret = tmp_path / "secret"
    secret.write_text("of the host")
    own = f"/proc/{os.getpid()}"
    up = "/.." * 20
    paths = [
        str(secret),
        f"{up}{secret}",
        f"/proc/self/root{secret}",
        f"/proc/1/root{secret}",
        f"/proc/self/cwd/../../..{secret}",
        f"{own}/environ",
        f"{own}/root{secret}",
        str(Path(__file__).resolve()),
        "/etc/shadow",
        "/usr/bin/env",
        "/dev/mem",
        "/dev/sda",
        "/proc/kcore",
        "/sys/class/net",
    ]
    result = run(arch, build(GUESTS / "reach.c", arch), "open", *paths)
    assert result.code == 0, result
    for path, line in zip(paths, result.stdout.decode().splitlines(), strict=True):
        assert line == f"{path}: No such file or directory"


def test_no_process_of_the_host(arch: str, build: Build, run: Run) -> None:
    pid = os.getpid() if os.getpid() > 1000 else os.getppid()
    result = run(arch, build(GUESTS / "reach.c", arch), "kill", str(max(pid, 1000)))
    assert result.stdout == b"No such process\n"


def test_no_environment_of_the_host(
    arch: str, build: Build, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    result = run(arch, build(GUESTS / "reach.c", arch), "environment")
    assert result.stdout == b"0 variables\n"


def test_no_clock_of_the_host(arch: str, build: Build, run: Run) -> None:
    program = build(GUESTS / "reach.c", arch)
    first = run(arch, program, "clock")
    time.sleep(0.01)
    assert first.stdout == run(arch, program, "clock").stdout
    assert int(first.stdout) == HostProfile().realtime_ns // 1_000_000_000


@pytest.mark.parametrize("family", ["inet", "unix"])
def test_no_socket_of_the_host(
    arch: str, family: str, build: Build, run: Run, tmp_path: Path
) -> None:
    program = build(GUESTS / "reach.c", arch)
    if family == "inet":
        listener = socket.create_server(("127.0.0.1", 0))
        address = str(listener.getsockname()[1])
    else:
        listener = socket.socket(socket.AF_UNIX)
        address = os.path.relpath(tmp_path / "socket")  # the absolute one may be too long
        listener.bind(address)
        listener.listen()
    with listener:
        listener.settimeout(0)
        result = run(arch, program, "connect", family, address)
        assert result.code == 1, "the guest is connected to the host"
        with pytest.raises(BlockingIOError):
            listener.accept()
