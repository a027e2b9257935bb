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


def test_trouble_is_one_line(kevlar: Kevlar, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    for arguments in (("run", "missing"), ("run", "text"), ("trace", "missing")):
        done = kevlar(*arguments)
        assert done.returncode == 125
        assert done.stderr.startswith("kevlar: ")
        assert done.stderr.count("\n") == 1
    done = kevlar("diff", "missing", "text")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


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
