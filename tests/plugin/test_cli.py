"""The ``kevlar`` command, run as users run it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kevlar.build import BuildCache
from pytest_kevlar.contract import Contract
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains

Kevlar = Callable[..., subprocess.CompletedProcess[str]]

SOURCE = """
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char line[64] = "";
    if (argc > 1 && !strcmp(argv[1], "die"))
        raise(SIGTERM);
    if (argc > 1 && !strcmp(argv[1], "wait"))
        pause();
    if (argc > 1 && !strncmp(argv[1], "/dev/", 5)) {
        FILE *disk = fopen(argv[1], "r+");
        if (disk && fgets(line, 9, disk) && !fseek(disk, 0, SEEK_SET))
            fputs("changed!", disk);
        if (!disk || fclose(disk))
            perror(argv[1]);
        puts(line);
        return 0;
    }
    fgets(line, sizeof line, stdin);
    printf("%s %s %s", argc > 1 ? argv[1] : "-", getenv("COLOUR") ? getenv("COLOUR") : "-", line);
    return 7;
}
"""


@pytest.fixture
def program(tmp_path: Path, shared_cache: Path) -> Path:
    path = tmp_path / "hello.c"
    path.write_text(SOURCE)
    try:
        compiler = Toolchains().target(host_architecture())
    except ToolchainMissing as error:
        pytest.skip(str(error))
    built = BuildCache(shared_cache).build(Contract(path, tmp_path), compiler).path
    return Path(shutil.copy(built, tmp_path / "hello"))


@pytest.fixture
def kevlar(tmp_path: Path) -> Kevlar:
    def call(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "pytest_kevlar.cli", *map(str, arguments)]
        return subprocess.run(
            words, input=stdin, capture_output=True, text=True, cwd=tmp_path, timeout=60
        )

    return call


def test_run_passes_everything_on(kevlar: Kevlar, program: Path) -> None:
    done = kevlar("run", "--env", "COLOUR=red", program, "one", stdin="line\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, "one red line\n", "")


@pytest.mark.parametrize(("word", "status"), [("die", 128 + 15), ("wait", 125)])
def test_ends_that_are_no_exit(kevlar: Kevlar, program: Path, word: str, status: int) -> None:
    done = kevlar("run", program, word)
    assert done.returncode == status
    assert ("deadlock" in done.stderr) == (status == 125)


def test_run_below_a_root(kevlar: Kevlar, program: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    shutil.copy(program, root / "bin/hello")
    (root / "bin/link").symlink_to("hello")
    with tarfile.open(tmp_path / "root.tar", "w") as archive:
        archive.add(root, ".")
    for place in ("root", "root.tar"):
        done = kevlar("run", "--root", place, "/bin/link", "x", stdin="y")
        assert (done.returncode, done.stdout) == (7, "x - y"), done.stderr


def test_a_root_that_does_not_fit_is_not_read(
    kevlar: Kevlar, program: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(program, root / "hello")
    with (root / "huge").open("wb") as file:
        file.truncate(1 << 40)
    done = kevlar("run", "--root", "root", "/hello")
    said = "--root root: 1,048,576 MiB of files, more than the machine's 512; --memory gives more"
    assert done.stderr.splitlines() == [f"kevlar: {said}"]


@pytest.mark.parametrize("mode", ["", ":rw", ":ro"])
def test_disks(kevlar: Kevlar, program: Path, tmp_path: Path, mode: str) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"untouched".ljust(1024, b"."))
    second.write_bytes(b"original".ljust(512, b".") + b"no sector")
    done = kevlar("run", "--disk", first, "--disk", f"{second}{mode}", program, "/dev/vdb")
    assert done.stdout == "original\n"
    assert ("not permitted" in done.stderr) == (mode == ":ro")
    start = b"changed!" if mode == ":rw" else b"original"
    assert second.read_bytes() == start.ljust(512, b".") + b"no sector"
    assert first.read_bytes() == b"untouched".ljust(1024, b".")


def test_trouble_is_one_line(kevlar: Kevlar, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    for arguments in (
        ("run", "missing"),
        ("run", "text"),
        ("trace", "missing"),
        ("run", "--arch=arm64", "--disk", "missing", "text"),
    ):
        done = kevlar(*arguments)
        assert done.returncode == 125
        assert done.stderr.startswith("kevlar: ")
        assert done.stderr.count("\n") == 1
    done = kevlar("diff", "missing", "text")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def damaged(tmp_path: Path, program: Path) -> None:
    """Write files that are no programs, each in its own way."""
    whole = program.read_bytes()
    (tmp_path / "empty").touch()
    (tmp_path / "head").write_bytes(whole[:10])
    (tmp_path / "cut").write_bytes(whole[:100])
    (tmp_path / "headers").write_bytes(whole[:32] + b"\xff" * 100 + whole[132:])
    (tmp_path / "other").write_bytes(whole[:18] + b"\x08\0" + whole[20:])
    (tmp_path / "object").write_bytes(whole[:16] + b"\1\0" + whole[18:])
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "directory").mkdir()
    (tmp_path / "text").write_text("words\n")


@pytest.mark.parametrize(
    "words",
    [
        "run ./empty",
        "run ./head",
        "run ./cut",
        "run ./headers",
        "run ./other",
        "run ./object",
        "run ./script",
        "run ./directory",
        "run --root missing sh",
        "run --root text sh",
        "run --root directory sh",
        "run --memory 5X ./hello",
        "run --memory 0M ./hello",
        "run --cwd /nowhere ./hello",
        "run --env =x ./hello",
        "run --file missing ./hello",
        "run -o directory ./hello",
        "run -o nowhere/x ./hello",
        "run --timeout 0 ./hello",
        "run --seed x ./hello",
        "run",
        "trace -e nosuch ./hello",
        "trace --linux ./text",
        "trace --linux --root directory ./hello",
        "diff directory directory",
        "diff empty text",
        "diff text text",
        "contracts text",
        "contracts directory",
        "doctor more",
        "",
    ],
)
def test_bad_input_is_one_line(kevlar: Kevlar, program: Path, tmp_path: Path, words: str) -> None:
    damaged(tmp_path, program)
    done = kevlar(*words.split())
    assert done.returncode in (2, 125)
    assert done.stderr.startswith("kevlar")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")


def test_the_architecture_that_was_asked_for(kevlar: Kevlar, program: Path) -> None:
    other = {"x86_64": "arm64", "arm64": "x86_64"}[host_architecture()]
    done = kevlar("run", "--arch", other, program)
    assert (done.returncode, done.stderr.count("\n")) == (125, 1)


def test_programs_are_looked_for(kevlar: Kevlar, program: Path, tmp_path: Path) -> None:
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    shutil.copy(program, tmp_path / "root/usr/bin/hallo")
    assert kevlar("run", "--root", "root", "hallo", "x").stdout.startswith("x - ")
    assert kevlar("run", "hello", "x").stdout.startswith("x - ")


def test_completion(kevlar: Kevlar) -> None:
    pytest.importorskip("shtab")
    for shell in ("bash", "zsh", "tcsh"):
        done = kevlar("--completion", shell)
        assert done.returncode == 0
        assert "contracts" in done.stdout


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
def test_a_trace_that_strace_wrote_without_f(kevlar: Kevlar, program: Path, tmp_path: Path) -> None:
    command = ["strace", "-o", "plain.txt", program]
    subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True)
    kevlar("trace", "-o", "kevlar.jsonl", program)
    done = kevlar("diff", "plain.txt", "kevlar.jsonl", "-e", "trace=set_tid_address")
    assert done.returncode == 0, done.stdout


def test_trace_and_diff(kevlar: Kevlar, program: Path) -> None:
    done = kevlar("trace", "-e", "read,exit_group", program)
    assert done.returncode == 7
    assert "exit_group(7)" in done.stderr
    assert "brk" not in done.stderr
    kevlar("trace", "-o", "a.jsonl", program)
    kevlar("run", "-o", "b.txt", program)
    same = kevlar("diff", "a.jsonl", "b.txt")
    assert same.returncode == 0, same.stdout
    kevlar("run", "-o", "c.jsonl", program, "die")
    other = kevlar("diff", "a.jsonl", "c.jsonl", "--width", "100", "--program", program)
    assert other.returncode == 1
    assert other.stdout.startswith("first: ")
    assert max(map(len, other.stdout.splitlines())) <= 100


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
def test_a_trace_of_linux(kevlar: Kevlar, program: Path) -> None:
    assert kevlar("trace", "--linux", "-o", "linux.jsonl", program).returncode == 7
    kevlar("trace", "-o", "kevlar.jsonl", program)
    done = kevlar("diff", "linux.jsonl", "kevlar.jsonl")
    assert done.returncode == 0, done.stdout


def test_contracts_and_their_promises(kevlar: Kevlar) -> None:
    contracts = Path(__file__).resolve().parents[2] / "contracts"
    done = kevlar("contracts", contracts, "-k", "brk_failure")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("vm.brk_failure_returns_old_break")


def test_doctor_and_help(kevlar: Kevlar) -> None:
    assert "compiler for the reference" in kevlar("doctor").stdout
    for command in ("", "run", "trace", "diff", "contracts", "doctor"):
        done = kevlar(*filter(None, (command, "--help")))
        assert done.returncode == 0
        assert "usage: kevlar" in done.stdout
