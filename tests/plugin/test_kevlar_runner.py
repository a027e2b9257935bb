"""The runner on the kernel of this package: the same room as on Linux, and clear endings."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kevlar.build import BuildCache
from pytest_kevlar.contract import Contract
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import ARCHITECTURES, Job
from pytest_kevlar.runners.kevlar import KevlarRunner
from pytest_kevlar.runners.linux import LinuxRunner
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains

PRELUDE = """
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
"""


@pytest.fixture
def job(tmp_path: Path, shared_cache: Path):
    """Build the body of a ``main`` for one architecture and make a job of it."""

    def make(body: str, arch: str = "x86_64", **settings) -> Job:
        path = tmp_path / "one.c"
        path.write_text(PRELUDE + body + "\nreturn 0; }\n")
        try:
            compiler = Toolchains().target(arch)
        except ToolchainMissing as error:
            pytest.skip(str(error))
        program = BuildCache(shared_cache).build(Contract(path, tmp_path), compiler).path
        return Job(program, arch, ("/kevlar/one",), **settings)

    return make


def on_both(job: Job) -> tuple[Outcome, Outcome]:
    return LinuxRunner().run(job), KevlarRunner().run(job)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_exit_status_and_outputs(job, arch) -> None:
    outcome = KevlarRunner().run(job('puts("out"); fputs("err", stderr); return 7;', arch))
    assert (outcome.ending, outcome.code) == (Ending.EXITED, 7)
    assert (outcome.stdout, outcome.stderr) == (b"out\n", b"err")


ROOM = {
    "arguments": "for (int i = 0; i < argc; i++) puts(argv[i]);",
    "environment": "for (char **e = environ; *e; e++) puts(*e);",
    "working directory": 'struct stat s; stat(".", &s); DIR *d = opendir("."); int n = 0;'
    'while (readdir(d)) n++; printf("%d %o %d", n, s.st_mode & 07777, s.st_uid == getuid());',
    "descriptors": "char c; int n = 0; for (int f = 0; f < 256; f++) n += fcntl(f, F_GETFD) != -1;"
    'printf("%d %d", n, (int)read(0, &c, 1));',
    "umask and priority": 'printf("%o %d", umask(0), getpriority(PRIO_PROCESS, 0));',
    "limits": "for (int i = 0; i < 16; i++) { struct rlimit r; getrlimit(i, &r);"
    'printf("%d %llx %llx\\n", i, (long long)r.rlim_cur, (long long)r.rlim_max); }',
    "host": "struct utsname u; uname(&u);"
    'printf("%s %s %s %s", u.sysname, u.release, u.version, u.nodename);',
    "credentials": 'printf("%d %d %d %d", getuid(), geteuid(), getgid(), getegid());',
    "processors": 'printf("%ld %ld", sysconf(_SC_NPROCESSORS_ONLN), sysconf(_SC_PAGESIZE));',
    "signals": "int n = 0; for (int i = 1; i < 65; i++) { struct sigaction a;"
    ' n += sigaction(i, 0, &a) == 0 && a.sa_handler != SIG_DFL; } printf("%d", n);',
    "session": 'printf("%d %d", getsid(0) == getpid(), getpgrp() == getpid());',
}


@pytest.mark.parametrize("body", ROOM.values(), ids=ROOM.keys())
def test_both_sides_see_the_same_room(job, body) -> None:
    linux, kevlar = on_both(job(body))
    assert (linux.ending, linux.code) == (Ending.EXITED, 0)
    assert kevlar.describe() == linux.describe()
    assert kevlar.stdout == linux.stdout


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize(
    ("body", "ending"),
    [
        ('puts("before"); fflush(stdout); for (;;);', Ending.TIMEOUT),
        ('puts("before"); fflush(stdout); pause();', Ending.DEADLOCK),
        ('puts("before"); for (;;) puts("more");', Ending.OUTPUT),
        ('puts("before"); fflush(stdout); abort();', Ending.SIGNALED),
    ],
    ids=["loops", "deadlocks", "writes", "aborts"],
)
def test_programs_that_do_not_end_well_end_clearly(job, arch, body, ending) -> None:
    outcome = KevlarRunner().run(job(body, arch, timeout=1.0, output=20_000))
    assert outcome.ending is ending
    assert outcome.stdout.startswith(b"before\n")
    assert len(outcome.stdout) <= 20_000
    assert "\n" not in outcome.describe()


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF" + bytes(range(256)) * 20])
def test_what_is_no_program_cannot_be_started(tmp_path, content) -> None:
    program = tmp_path / "broken"
    program.write_bytes(content)
    outcome = KevlarRunner().run(Job(program, "x86_64", ("/kevlar/broken",)))
    assert outcome.ending is Ending.NOEXEC
    assert outcome.detail


@pytest.mark.parametrize("arguments", [("--kevlar-arch=all",), ("--kevlar-arch=all", "-n2")])
def test_contracts_pass_end_to_end(tree, run, arguments) -> None:
    tree("signals/kill", "vm/brk")
    result = run("contracts", *arguments, target="kevlar", subprocess=True)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["4 PASS"])
