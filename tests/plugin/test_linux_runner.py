"""The runner on Linux against programs that do not want to end or to be cleaned up after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import ENVIRONMENT, Job, Runner
from pytest_kevlar.runners.kevlar import KevlarRunner
from pytest_kevlar.runners.linux import LinuxRunner

PRELUDE = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Compile the body of a ``main`` and run it; the private directory is in ``tmp_path``."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def call(body: str, **settings) -> Outcome:
        source, program = tmp_path / "program.c", tmp_path / "program"
        source.write_text(PRELUDE + body + "\nreturn 0; }\n")
        subprocess.run(["gcc", "-O1", "-pthread", source, "-o", program], check=True)
        job = Job(program, "x86_64", ("/kevlar/program",), **settings)
        outcome = LinuxRunner().run(job)
        assert list(scratch.iterdir()) == []
        return outcome

    return call


#: What processes of this run call themselves: others may run the same tests beside us.
MARKER = f"/KEVLAR/{os.getpid()}/"


def alive(name: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if name in entry.read_text():
                found.append(entry.parent.name)
        except OSError:
            pass
    return found


def none_left(marker: str) -> bool:
    """Give the killed a moment to be gone."""
    for _ in range(100):
        if not alive(marker):
            return True
        time.sleep(0.02)
    return False


def test_both_runners_are_runners() -> None:
    assert isinstance(LinuxRunner(), Runner)
    assert isinstance(KevlarRunner(), Runner)


def test_exit_status_and_outputs(run) -> None:
    outcome = run('puts("out"); fputs("err", stderr); return 7;')
    assert (outcome.ending, outcome.code) == (Ending.EXITED, 7)
    assert (outcome.stdout, outcome.stderr) == (b"out\n", b"err")
    assert outcome.describe() == "exit status 7"


def test_fatal_signals(run) -> None:
    outcome = run('puts("out"); fflush(stdout); raise(SIGSEGV);')
    assert (outcome.ending, outcome.signal, outcome.stdout) == (Ending.SIGNALED, 11, b"out\n")
    assert run("raise(SIGRTMIN + 2);").describe().startswith("killed by SIGRTMIN+2")


def test_a_loop_is_stopped_and_its_output_kept(run) -> None:
    start = time.monotonic()
    outcome = run('puts("before"); fflush(stdout); for (;;) pause();', timeout=0.3)
    assert outcome.ending is Ending.TIMEOUT
    assert outcome.stdout == b"before\n"
    assert outcome.describe() == "timed out: no end after 0.3 s"
    assert time.monotonic() - start < 5


def test_output_without_end_is_bounded(run) -> None:
    outcome = run('for (;;) puts("more and more");', output=100_000)
    assert outcome.ending is Ending.OUTPUT
    assert len(outcome.stdout) == 100_000


def test_the_bound_holds_for_a_short_program_too(run) -> None:
    outcome = run("static char b[60000]; write(1, b, 60000); write(2, b, 60000);", output=100_000)
    assert outcome.ending is Ending.OUTPUT


def test_a_time_out_kills_the_children_too(run) -> None:
    body = f'strcpy(argv[0], "{MARKER}1"); fork(); fork(); for (;;) pause();'
    assert run(body, timeout=0.3).ending is Ending.TIMEOUT
    assert none_left(f"{MARKER}1")


def test_children_that_outlive_the_program_hold_nothing_up(run) -> None:
    start = time.monotonic()
    outcome = run('if (fork() == 0) for (;;) pause(); puts("done");')
    assert (outcome.ending, outcome.stdout) == (Ending.EXITED, b"done\n")
    assert time.monotonic() - start < 5


def test_children_in_a_session_of_their_own_are_found_and_killed(run) -> None:
    body = (
        f'strcpy(argv[0], "{MARKER}2");'
        'if (fork() == 0) { setsid(); for (;;) pause(); } usleep(100000); puts("done");'
    )
    outcome = run(body)
    assert (outcome.ending, outcome.stdout) == (Ending.EXITED, b"done\n")
    assert none_left(f"{MARKER}2")


def test_directories_without_permissions_are_removed(run) -> None:
    body = (
        'mkdir("a", 0755); mkdir("a/b", 0755); close(open("a/b/c", O_CREAT|O_WRONLY, 0));'
        'chmod("a/b", 0); chmod("a", 0); return 0;'
    )
    assert run(body).code == 0


def test_the_working_directory_is_empty_and_private(run) -> None:
    body = (
        'DIR *d = opendir("."); int n = 0; while (readdir(d)) n++; struct stat s; stat(".", &s);'
        'printf("%d %o", n, s.st_mode & 07777);'
    )
    assert run(body).stdout == b"2 700"


def test_the_environment_is_the_one_given_and_no_other(run, monkeypatch) -> None:
    monkeypatch.setenv("SECRET", "1")
    outcome = run("for (char **e = environ; *e; e++) puts(*e);")
    expected = [f"{key}={value}" for key, value in ENVIRONMENT.items()]
    assert sorted(outcome.stdout.decode().splitlines()) == sorted(expected)


def test_descriptors_are_the_three_and_input_is_empty(run) -> None:
    read, write = os.pipe()
    os.set_inheritable(read, True)
    body = (
        "char c; int n = 0; for (int f = 0; f < 256; f++) n += fcntl(f, F_GETFD) != -1;"
        'printf("%d %d", n, (int)read(0, &c, 1));'
    )
    try:
        assert run(body).stdout == b"3 0"
    finally:
        os.close(read)
        os.close(write)


def test_the_process_leads_its_own_session_and_group(run) -> None:
    body = 'printf("%d %d", getsid(0) == getpid(), getpgrp() == getpid());'
    assert run(body).stdout == b"1 1"


def test_signals_are_at_their_defaults_whatever_we_inherited(run) -> None:
    body = (
        "sigset_t s; sigprocmask(SIG_BLOCK, 0, &s); int n = 0;"
        "for (int i = 1; i < 65; i++) { struct sigaction a;"
        " if (sigaction(i, 0, &a) == 0 && a.sa_handler != SIG_DFL) n++;"
        ' if (sigismember(&s, i) == 1) n++; } printf("%d", n);'
    )
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        assert run(body).stdout == b"0"
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.SIGUSR1 in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_what_is_left_mounted_is_not_touched(run, tmp_path) -> None:
    kept = tmp_path / "not ours"
    (kept / "below").mkdir(parents=True, mode=0o755)
    (kept / "file").write_text("kept")
    body = (
        'mkdir("a place", 0755); mkdir("a place/again", 0755);'
        f'if (mount("{kept}", "a place", 0, MS_BIND, 0)'
        ' || mount("none", "a place/below", "tmpfs", 0, 0)) { puts("no"); return 1; }'
    )
    outcome = run(body)
    if outcome.code:
        pytest.skip("this root may not mount")
    assert (kept / "file").read_text() == "kept"
    assert (kept / "below").stat().st_mode & 0o777 == 0o755
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


def test_a_program_that_cannot_start_is_an_outcome(tmp_path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    for program in (broken, tmp_path / "missing"):
        outcome = LinuxRunner().run(Job(program, "x86_64", ("x",)))
        assert outcome.ending is Ending.NOEXEC
        assert str(program) in outcome.describe()


def test_a_contract_that_never_ends_on_linux_is_a_clear_failure(tree) -> None:
    root = tree(a__loop='#include "contract.h"\nint main(void) { for (;;) pause(); }\n')
    options = ["--kevlar-target=fake", "--kevlar-timeout=0.5"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_kevlar.plugin", "contracts", *options],
        cwd=root.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = "FAIL: the contract does not hold on Linux: timed out: no end after 0.5 s"
    assert line in done.stdout.splitlines()
    assert "fake:       not run" in done.stdout.splitlines()
