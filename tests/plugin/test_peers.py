"""qemu-user and gVisor: real runs where they are installed, and every way they may fail."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_kevlar.runners.qemu_user import QemuUserRunner
from pytest_kevlar.runners.runsc import RunscRunner

DIES = """
/* Contract: a child's signal is seen. */
#include "contract.h"
#include <signal.h>
#include <unistd.h>
#include <sys/wait.h>
int main(int argc, char **argv)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        raise(SIGSEGV);
    waitpid(child, &status, 0);
    step("child", "%d", WTERMSIG(status));
    step("name", "%d %s", argc, argv[0]);
    char directory[4096];
    step("directory", "%d", getcwd(directory, sizeof directory) != NULL);
    contract_pass();
}
"""


def usable(target: str) -> None:
    runner = QemuUserRunner() if target == "qemu-user" else RunscRunner()
    reason = runner.unavailable("x86_64")
    if reason:
        pytest.skip(reason)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Put a program of that name in front of the others."""

    def install(name: str, text: str) -> None:
        directory = tmp_path / "bin"
        directory.mkdir()
        (directory / name).write_text(f"#!/bin/sh\n{text}\n")
        (directory / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")

    return install


@pytest.mark.parametrize("target", ["qemu-user", "runsc"])
def test_a_contract_holds_there(tree, run, target) -> None:
    usable(target)
    tree(a__dies=DIES)
    result = run("contracts", "--kevlar-trace=all", target=target)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"kevlar targets: {target} *", "kevlar-trace a.dies x86_64: *"])
    result.stdout.no_fnmatch_line("*records no events*")


LEADS = """
/* Contract: a program is the child of somebody and leads a session. */
#include "contract.h"
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    step("parent", "%d", getppid() > 0);
    step("session", "%d", getsid(0) == getpid() && getpgrp() == getpid());
    step("children", "%d", wait(NULL));
    contract_pass();
}
"""


def test_a_contract_is_not_the_first_process_of_its_container(tree, run) -> None:
    usable("runsc")
    tree(a__leads=LEADS)
    result = run("contracts", "--kevlar-trace=all", target="runsc")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar-trace a.leads x86_64: 0 BUG*"])


SURROUNDINGS = """
/* Contract: what a program begins with. */
#include "contract.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
extern char **environ;
int main(void)
{
    struct rlimit limit;
    struct stat here;
    cpu_set_t cpus;
    unsigned head[2] = {0x20080522, 0}, held[6] = {0};
    step("umask", "%o", (unsigned)umask(0));
    for (int which = 0; which < RLIM_NLIMITS; which++)
        if (getrlimit(which, &limit) == 0)
            step("limit", "%d: %#lx %#lx", which, (long)limit.rlim_cur, (long)limit.rlim_max);
    step("nice", "%d", getpriority(PRIO_PROCESS, 0));
    sched_getaffinity(0, sizeof cpus, &cpus);
    step("processors", "%d", CPU_COUNT(&cpus));
    syscall(SYS_capget, head, held);
    step("capabilities", "%x %x %x, %x %x %x", held[0], held[1], held[2], held[3] & 0x3f,
         held[4] & 0x3f, held[5] & 0x3f);
    for (char **one = environ; *one; one++)
        step("environment", "%s", *one);
    stat(".", &here);
    step("directory", "%o %d %d", here.st_mode, here.st_uid, here.st_gid);
    contract_pass();
}
"""


def test_a_sandbox_gives_a_program_what_it_has_on_linux(tree, run) -> None:
    usable("runsc")
    tree(a__begins=SURROUNDINGS)
    run("contracts", target="runsc").assert_outcomes(passed=1)


def test_what_a_sandbox_lacks_is_a_skip_that_says_so(tree, run) -> None:
    usable("runsc")
    tree(a__new=LEADS.replace("a session.", "a session.\n * Requires: Linux 5.0\n"))
    result = run("contracts", "-rs", target="runsc")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*runsc: Linux 5.0 is required, and this sandbox is older"])


OPENS = """
/* Contract: descriptors begin with 3, however the calls are recorded. */
#include "contract.h"
#include <fcntl.h>
int main(void)
{
    step("first", "%d", open("/dev/null", O_RDONLY));
    contract_pass();
}
"""


def test_recording_takes_no_descriptor_of_the_program(tree, run) -> None:
    usable("qemu-user")
    tree(a__opens=OPENS)
    result = run("contracts", "--kevlar-trace=all", target="qemu-user")
    result.assert_outcomes(passed=1)


@pytest.mark.skipif(not shutil.which("qemu-aarch64"), reason="no qemu-aarch64")
@pytest.mark.skipif(not shutil.which("aarch64-linux-gnu-gcc"), reason="no compiler for arm64")
def test_arm64_under_qemu(tree, run) -> None:
    tree(a__dies=DIES)
    run("contracts", "--kevlar-arch=arm64", target="qemu-user").assert_outcomes(passed=1)


def test_gvisor_runs_programs_of_the_host_only(tree, run) -> None:
    if not shutil.which("aarch64-linux-gnu-gcc"):
        pytest.skip("no compiler for arm64")
    tree("a/one")
    result = run("contracts", "--kevlar-arch=arm64", "-rs", target="runsc")
    result.stdout.fnmatch_lines(["*gVisor runs programs of the host only, which is x86_64"])


def test_a_platform_that_this_runsc_lacks_is_a_skip_that_says_so(tree, run) -> None:
    usable("runsc")
    if not RunscRunner("systrap").unavailable("x86_64"):
        pytest.skip("this runsc has both platforms")
    tree("a/one")
    result = run("contracts", "-rs", target="runsc-systrap")
    result.stdout.fnmatch_lines(["*runsc does not start here: unknown platform: systrap"])


@pytest.mark.parametrize("target", ["qemu-user", "runsc"])
def test_one_that_is_not_installed_is_a_skip_that_says_so(target, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    runner = QemuUserRunner() if target == "qemu-user" else RunscRunner()
    assert "on this host (apt-get install" in runner.unavailable("x86_64")
    assert runner.version() == "not installed"


WAITS = """
/* Contract: in a container, where the first process is its parent, it does not end. */
#include "contract.h"
int main(void)
{
    while (getppid() == 1)
        pause();
    contract_pass();
}
"""


def processes(of: str) -> list[str]:
    """The names of the living processes that have ``of`` among their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and of in (entry / "cmdline").read_text(errors="replace"):
                found.append((entry / "comm").read_text().strip())
    return found


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory for temporary files below ones that everybody may enter, as runsc needs."""
    with tempfile.TemporaryDirectory(prefix="kevlar-", dir="/tmp") as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_sandbox_outlives_a_pytest_that_is_killed(tree, pytester, open_place, number) -> None:
    usable("runsc")
    tree(a__waits=WAITS)
    command = [sys.executable, "-m", "pytest", "contracts", "--kevlar-target=runsc"]
    environment = {**os.environ, "TMPDIR": str(open_place)}
    running = subprocess.Popen(command, cwd=pytester.path, env=environment)
    root = f"--root={open_place}/kevlar-runsc-"
    try:
        wait_until(lambda: len(processes(root)) >= 3, "runsc, its gofer and its sandbox")
    finally:
        running.send_signal(number)
        running.wait()
    wait_until(lambda: not processes(root), "what is left behind to end")


BEGINS = '[ "$1" = --version ] && exec echo "version 1.0"\nfor last; do :; done\n'
#: For runsc: the attempt at ``/bin/true`` succeeds, so that the run itself can fail.
TRIES = BEGINS + '[ "$last" = /bin/true ] && exit 0\n'


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("qemu-x86_64", "kill -9 $$", "DIVERGE: * has ended (killed by SIGKILL (9))"),
        ("qemu-x86_64", "sleep 60", "TIMEOUT: no end after 1 s"),
        ("qemu-x86_64", "echo garbage", "DIVERGE: *under test 'garbage'"),
        ("runsc", "kill -9 $$", "DIVERGE: * has ended (killed by SIGKILL (9))"),
        ("runsc", "sleep 60", "TIMEOUT: no end after 1 s"),
        ("runsc", "echo garbage", "DIVERGE: *under test 'garbage'"),
        ("runsc", "exit 139", "DIVERGE: * has ended (killed by SIGSEGV (11))"),
        ("runsc", "echo out of luck >&2; exit 128", "CRASH: runsc: out of luck"),
        ("runsc", "echo @kevlar end 11 >&2", "DIVERGE: * has ended (killed by SIGSEGV (11))"),
        ("runsc", "echo @kevlar noexec no luck >&2", "DIVERGE: *could not be started: no luck*"),
    ],
)
def test_every_failure_is_one_verdict_and_one_sentence(tree, run, fake, name, text, reason) -> None:
    tree("a/one")
    fake(name, (TRIES if name == "runsc" else BEGINS) + text)
    target = "runsc" if name == "runsc" else "qemu-user"
    result = run("contracts", "--kevlar-timeout=1", target=target)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([reason])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_bytes_that_are_no_text_travel_from_a_worker(tree, run) -> None:
    usable("runsc")
    tree(
        a__bytes=r"""
/* Contract: a name is bytes. */
#include "contract.h"
#include <sys/stat.h>
int main(void) { step("made", "%d", mkdir("\xc0\xff", 0700)); contract_pass(); }
"""
    )
    words = ("--kevlar-trace=all", "-n1")
    run("contracts", *words, target="runsc", subprocess=True).assert_outcomes(passed=1)
