"""qemu-system: every way in which it may fail, on machines that only seem to be; and real boots.

The real ones need QEMU and a kernel, which ``KEVLAR_KERNEL_X86_64`` and ``KEVLAR_KERNEL_ARM64``
name; without them they are skipped.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from pytest_kevlar.qemu.image import MAGIC, SLOT_BYTES
from pytest_kevlar.qemu.settings import Settings
from pytest_kevlar.runners.qemu_system import QemuSystemRunner

STAND_IN = Path(__file__).with_name("qemus.py")
BZIMAGE = bytes(0x202) + b"HdrS" + bytes(100)


@pytest.fixture
def machine(tmp_path, monkeypatch, pytester):
    """Make ``qemu-system-x86_64`` a stand-in that does as it is told, and name a kernel."""

    def install(how: str, kernel: bytes = BZIMAGE, *, boot: float = 10, **keys: str) -> Path:
        directory = tmp_path / "bin"
        directory.mkdir(exist_ok=True)
        script = directory / "qemu-system-x86_64"
        words = shlex.join([sys.executable, str(STAND_IN), how])
        note = shlex.quote(str(tmp_path / "commands"))
        script.write_text(f'#!/bin/sh\necho "$@" >> {note}\nexec {words} "$@"\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
        path = tmp_path / "vmlinuz"
        path.write_bytes(kernel)
        settings = {
            "kernel_x86_64": str(path),
            "boot": str(boot),
            "consoles": str(tmp_path / "consoles"),
            **keys,
        }
        with (pytester.path / "tox.ini").open("a") as ini:
            ini.writelines(f"\nkevlar_qemu_{key} = {value}" for key, value in settings.items())
        return tmp_path

    return install


def test_contracts_hold_in_a_machine_that_answers(tree, run, machine) -> None:
    tree("a/one", "a/two")
    place = machine("")
    result = run("contracts", "-rs", "--junitxml=report.xml", target="qemu-system")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["kevlar targets: qemu-system 7.2.22 vmlinuz"])
    boots = (place / "commands").read_text().splitlines()
    assert len([line for line in boots if "-kernel" in line]) == 2
    assert len(list((place / "consoles").iterdir())) == 2


def test_several_contracts_share_a_boot(tree, run, machine, pytester) -> None:
    tree("a/one", "a/two", "b/three", "b/four")
    place = machine("")
    result = run("contracts", "--kevlar-batch=3", "--junitxml=x.xml", target="qemu-system")
    result.assert_outcomes(passed=4)
    boots = [line for line in (place / "commands").read_text().splitlines() if "-kernel" in line]
    assert len(boots) == 2
    assert "kevlar_boot_ms" in (pytester.path / "x.xml").read_text()


def test_every_worker_has_a_machine_of_its_own(tree, run, machine) -> None:
    tree("a/one", "a/two", "b/three", "b/four")
    place = machine("")
    words = ("--kevlar-batch", "-n2", "--dist=loadfile")
    result = run("contracts", *words, target="qemu-system", subprocess=True)
    result.assert_outcomes(passed=4)
    boots = [line for line in (place / "commands").read_text().splitlines() if "-kernel" in line]
    assert len(boots) == 2


def test_contracts_before_a_death_have_passed_and_the_next_boots_anew(tree, run, machine) -> None:
    tree("a/one", "a/two", "a/three")
    place = machine("dies-at-2")
    result = run("contracts", "--kevlar-batch", target="qemu-system")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["contracts/a/three.c*PANIC: Kernel panic - not syncing: Oops"])
    boots = [line for line in (place / "commands").read_text().splitlines() if "-kernel" in line]
    assert len(boots) == 2


def test_a_machine_that_dies_fails_the_guilty_contract_only(tree, run, machine) -> None:
    """Each boot of this one survives until its first order: no other contract suffers."""
    tree("a/one", "a/two")
    place = machine("panics")
    run("contracts", "--kevlar-batch", target="qemu-system").assert_outcomes(failed=2)
    boots = [line for line in (place / "commands").read_text().splitlines() if "-kernel" in line]
    assert len(boots) == 2


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("dies", "CRASH: qemu-system-x86_64 was killed by SIGKILL (9)"),
        ("quits", "CRASH: qemu-system-x86_64 ended with exit status 1: * out of luck"),
        ("panics", "PANIC: Kernel panic - not syncing: Fatal exception"),
        ("garbles", "CRASH: record 3 is missing on the console"),
        ("confuses", "CRASH: the machine answers exit to another order"),
        ("late", "TIMEOUT: no end after 30 s"),
        ("full", "DIVERGE: stopped for writing too much: more than 8388608 bytes"),
        ("killed", "DIVERGE: * has ended (killed by SIGSEGV (11))"),
        ("refuses", "CRASH: qemu-system-x86_64 ended with exit status 1: * no such CPU"),
        ("never", "TIMEOUT: the machine was not up after 1 s"),
        ("garbage", "TIMEOUT: the machine was not up after 1 s"),
        ("panics-at-boot", "PANIC: Kernel panic - not syncing: No working init found."),
    ],
)
def test_every_failure_is_one_verdict_and_one_sentence(tree, run, machine, how, reason) -> None:
    tree("a/one")
    machine(how, boot=1 if how in ("never", "garbage") else 60)
    result = run("contracts", target="qemu-system")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([reason])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_machine_that_hangs_is_killed(tree, run, machine, monkeypatch) -> None:
    monkeypatch.setattr("pytest_kevlar.qemu.supervised.SLACK", 0.5)
    tree("a/one")
    place = machine("hangs")
    result = run("contracts", "--kevlar-timeout=1", target="qemu-system")
    result.stdout.fnmatch_lines(
        [
            "TIMEOUT: the machine says nothing after 1.5 s",
            "boot:* ms, in advance",
            f"*the console is kept in {place}/consoles/x86_64-*-1.log",
            "stdout on qemu-system:",
            "    answer: 42",
        ]
    )


def test_what_the_machine_lacks_is_a_skip(tree, run, machine) -> None:
    tree("a/one")
    machine("lacks")
    result = run("contracts", "-rs", target="qemu-system")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*qemu-system: CAP_SYS_ADMIN is required, and this machine*"])


def test_a_trace_is_asked_for_and_read(tree, run, machine) -> None:
    tree("a/one")
    place = machine("traces")
    result = run("contracts", "--kevlar-trace=all", target="qemu-system")
    result.stdout.no_fnmatch_line("*records no events*")
    assert "debug=syscall" in (place / "commands").read_text()


@pytest.mark.parametrize("how", ["traces-by-port", "traces-on-console"])
def test_the_machine_traces_what_its_kernel_does_not_print(tree, run, machine, how) -> None:
    tree("a/one", "a/two")
    place = machine(how)
    words = ("--kevlar-trace=all", "--kevlar-batch", f"--kevlar-trace-dir={place}/traces")
    result = run("contracts", *words, target="qemu-system")
    result.assert_outcomes(passed=2)
    for name in ("one", "two"):
        lines = (place / f"traces/a.{name}.x86_64.qemu-system.jsonl").read_text().splitlines()
        assert [("exit_group" in line, '"kind":"exit"' in line) for line in lines[1:]] == [
            (True, False),
            (False, True),
        ]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("has-no-ptrace", "the machine cannot trace it: Function not implemented"),
        ("prints-otherwise", "the contract prints something else while it is traced"),
        ("ends-otherwise", "the contract does otherwise (exit status 1) while it is traced"),
        ("dies-when-traced", "the contract does otherwise (kernel crash: * while it is traced"),
        ("loses-the-trace", "the trace was lost on its way out of the machine"),
    ],
)
def test_a_trace_that_says_nothing_is_none(tree, run, machine, monkeypatch, how, reason) -> None:
    monkeypatch.setattr("pytest_kevlar.qemu.supervised.TRACE_SECONDS", 0.1)
    tree("a/one")
    machine(how)
    result = run("contracts", "--kevlar-strict", target="qemu-system")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"*{reason}*"])


def test_a_machine_without_a_port(tree, run, machine) -> None:
    tree("a/one")
    place = machine("traces-on-console", port="")
    run("contracts", "--kevlar-trace=all", target="qemu-system").assert_outcomes(passed=1)
    assert "virtserialport" not in (place / "commands").read_text()


@pytest.mark.parametrize(
    ("console", "reason"),
    [
        (r"answer: 41\r\nCONTRACT_PASS\r\n", "DIVERGE: stdout line 1: *'answer: 41'"),
        (r"answer: 42\n[ 0.1] kernel panic: no\n", "PANIC: kernel panic: no"),
        (r"answer: 42\n!", "CRASH: qemu-system-x86_64 was killed by SIGKILL (9)"),
        (r"answer: 42\n", "TIMEOUT: no end after 1 s"),
        ("", "TIMEOUT: the program wrote nothing within 1 s of boot"),
        (r"answer: 42\nCONTRACT_PASS\ninit exited with status 3\n", "DIVERGE: exit: *status 3"),
        (r"answer: 42\ninit was killed by signal 11\n", "DIVERGE: *killed by SIGSEGV (11))"),
    ],
)
def test_every_failure_of_a_foreign_kernel(tree, run, machine, console, reason) -> None:
    tree("a/one")
    machine(f"plain:{console}", boot=60 if console else 1, first="contract")
    limit = 1 if "no end" in reason else 30
    result = run("contracts", f"--kevlar-timeout={limit}", target="qemu-system")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([reason])


def test_a_foreign_kernel_gets_its_first_program_by_its_slot(tree, run, machine) -> None:
    tree("a/one")
    header = b"\x7fELF\2\1\1".ljust(18, b"\0") + (62).to_bytes(2, "little")
    kernel = header.ljust(64, b"\0") + MAGIC.ljust(SLOT_BYTES, b"\0")
    console = r"boot\nanswer: 42\nCONTRACT_PASS\nDBG {\"name\": \"exit_group\", \"pid\": 1}\n"
    place = machine(f"plain:{console}", kernel, first="contract", noise="^boot$")
    run("contracts", target="qemu-system").assert_outcomes(passed=1)
    command = (place / "commands").read_text()
    assert "init=" not in command
    assert f"-kernel {place / 'vmlinuz'}" not in command
    assert (place / "vmlinuz").read_bytes() == kernel


def test_a_kernel_that_can_gets_it_on_its_command_line(tree, run, machine) -> None:
    tree("a/one")
    place = machine(r"plain:answer: 42\nCONTRACT_PASS\n", first="contract", append="loud=0")
    run("contracts", target="qemu-system").assert_outcomes(passed=1)
    assert "rdinit=/kevlar/one init=/kevlar/one loud=0" in (place / "commands").read_text()


@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        (None, "DIVERGE: could not be started: the kernel * cannot be read: No such file*"),
        (b"no kernel", "DIVERGE: could not be started: * is no kernel: neither ELF*"),
        (
            bytes(0x38) + b"ARM\x64",
            "DIVERGE: could not be started: * is a kernel for arm64, not for x86_64",
        ),
    ],
)
def test_a_kernel_that_is_none_is_a_sentence(tree, run, machine, kernel, reason) -> None:
    tree("a/one")
    place = machine("", kernel or b"")
    if kernel is None:
        (place / "vmlinuz").unlink()
    result = run("contracts", target="qemu-system")
    result.stdout.fnmatch_lines([reason])


def test_what_is_not_there_is_a_skip_that_says_so(tree, run, machine, monkeypatch) -> None:
    runner = QemuSystemRunner(Settings())
    machine("")
    assert runner.unavailable("x86_64").startswith("no kernel for x86_64: name one with kevlar_")
    monkeypatch.setenv("PATH", "/nowhere")
    assert runner.unavailable("x86_64").startswith("no qemu-system-x86_64 on this host (apt-get")
    assert runner.version() == "not installed"
    assert runner.unavailable("vax")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("first", "shell", "kevlar_qemu_first: choose supervisor or contract, not 'shell'"),
        ("boot", "soon", "kevlar_qemu_boot: 'soon' is no number of seconds above 0"),
        ("panic", "(", "kevlar_qemu_noise, _panic, _exit: '(' is no regular expression: *"),
        ("machine_x86_64", "'", "kevlar_qemu_machine_x86_64: *no closing quotation"),
    ],
)
def test_a_setting_that_makes_no_sense_is_a_usage_line(tree, run, key, value, reason) -> None:
    tree("a/one")
    result = run("contracts", "-o", f"kevlar_qemu_{key}={value}", target="linux")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{reason}"])


@pytest.mark.parametrize("value", ["0", "-1", "contracts"])
def test_a_batch_is_a_number(tree, run, value) -> None:
    tree("a/one")
    result = run(f"--kevlar-batch={value}", target="linux")
    result.stderr.fnmatch_lines([f"*--kevlar-batch: '{value}' is not a whole number from 1"])


ROOM = """
/* Contract: the room is as promised.
 * Requires: root, CAP_SYS_ADMIN, tmpfs */
#include "contract.h"
#include <sys/mount.h>
#include <sys/stat.h>
extern char **environ;
int main(int argc, char **argv)
{
    struct stat here;
    char byte, name[32];
    step("arguments", "%d %s", argc, argv[0]);
    for (char **variable = environ; *variable; variable++)
        step("variable", "%s", *variable);
    stat(".", &here);
    step("directory", "%o", here.st_mode);
    step("input", "%zd", read(0, &byte, 1));
    step("leads a session", "%d", getsid(0) == getpid());
    for (int number = 3; number < 100; number++)
        expect(fcntl(number, F_GETFD) == -1, "a descriptor");
    step_result("mount", mount("x", ".", "tmpfs", 0, ""));
    FILE *comm = fopen("/proc/self/comm", "r");
    step("name", "%s", fgets(name, sizeof name, comm));
    fprintf(stderr, "\\x1b[31m @kevlar 0 exit 0 0 5 \\\\0a \\r\\n");
    contract_pass();
}
"""
FAULT = """
/* Contract: a fault kills. */
#include "contract.h"
int main(void) { step("before", "%d", 1); raise(SIGSEGV); }
"""


def real(arch: str) -> dict[str, str]:
    """Settings for a real kernel; skips without one."""
    name = f"KEVLAR_KERNEL_{arch.upper()}"
    kernel = os.environ.get(name, "")
    runner = QemuSystemRunner(Settings({arch: Path(kernel)} if kernel else {}))
    if runner.unavailable(arch):
        pytest.skip(f"{runner.unavailable(arch)} (here with {name} in the environment)")
    return {f"kevlar_qemu_kernel_{arch}": kernel}


@pytest.fixture(params=["x86_64", "arm64"])
def boot(request, run):
    """Run on a real kernel of each architecture."""
    keys = real(request.param)

    def call(*words: str, target: str = "qemu-system", apart: bool = False, **more: str):
        settings = {**keys, **more}.items()
        options = [word for key, value in settings for word in ("-o", f"{key}={value}")]
        words = ("contracts", f"--kevlar-arch={request.param}", *options, *words)
        return run(*words, target=target, subprocess=apart)

    return call


def test_linux_is_the_room_that_it_is_elsewhere(tree, boot) -> None:
    if os.geteuid():
        pytest.skip("the other side of the comparison needs root")
    tree("a/answer", a__room=ROOM)
    boot("--kevlar-batch").assert_outcomes(passed=2)


def test_linux_runs_a_contract_as_its_first_process(tree, boot) -> None:
    tree("a/answer", a__fault=FAULT)
    result = boot(kevlar_qemu_first="contract")
    result.stdout.fnmatch_lines(["*FAIL: *killed by SIGSEGV*"])
    result.assert_outcomes(passed=1, failed=1)


def test_a_panic_of_linux_is_a_panic(tree, boot) -> None:
    tree("a/answer")
    result = boot(kevlar_qemu_append="rdinit=/nowhere")
    result.stdout.fnmatch_lines(["PANIC: Kernel panic - not syncing: *"])


def test_linux_in_a_machine_as_the_reference(tree, boot) -> None:
    tree("a/answer", "a/another")
    words = ("--kevlar-reference=qemu-system", "--kevlar-batch")
    boot(*words, target="kevlar", apart=True).assert_outcomes(passed=2)


BUSY = """
/* Contract: calls of many kinds, of processes and threads. */
#include "contract.h"
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
static int ends[2];
static void *other(void *unused) { return write(ends[1], "thread", 6) == 6 ? ends : NULL; }
static void handler(int number) { (void)number; }
int main(int argc, char **argv)
{
    char buffer[64], more[8];
    struct iovec pieces[] = {{buffer, 3}, {more, 8}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    struct stat status;
    pthread_t thread;
    void *answer;
    int pair[2], result;
    if (argc > 1)
        return 7;
    step_result("pipe", pipe(ends));
    pthread_create(&thread, NULL, other, NULL);
    pthread_join(thread, &answer);
    step_result("read", read(ends[0], buffer, sizeof buffer));
    step_result("writev", writev(ends[1], pieces, 1));
    step_result("readv", readv(ends[0], pieces, 2));
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    step_result("sendmsg", sendmsg(pair[0], &message, 0));
    step_result("recvmsg", recvmsg(pair[1], &message, 0));
    expect_errno(open("nowhere", O_RDONLY), ENOENT, "open");
    expect_errno(open((char *)8, O_RDONLY), EFAULT, "open");
    step_result("stat", stat(".", &status));
    signal(SIGUSR1, handler);
    step_result("kill", kill(getpid(), SIGUSR1));
    if (fork() == 0)
        execl("/proc/self/exe", "again", "once", NULL);
    wait(&result);
    step("child", "%x", result);
    if (fork() == 0)
        raise(SIGKILL);
    wait(&result);
    step("child", "%x", result);
    contract_pass();
}
"""
TRACER = """
/* Contract: a child can be traced. */
#include "contract.h"
#include <sys/ptrace.h>
#include <sys/wait.h>
int main(void)
{
    step_result("traced", ptrace(PTRACE_TRACEME, 0, 0, 0));
    contract_pass();
}
"""


def test_linux_is_traced_in_a_machine(tree, boot) -> None:
    tree("a/answer", a__busy=BUSY)
    words = ("--kevlar-reference=qemu-system", "--kevlar-batch", "--kevlar-strict")
    result = boot(*words, target="kevlar", apart=True)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["kevlar-trace a.busy *: 0 BUG, *"])


def test_a_trace_is_as_whole_on_a_console(tree, boot) -> None:
    tree("a/answer", a__busy=BUSY)
    words = ("--kevlar-reference=qemu-system", "--kevlar-batch", "--kevlar-strict")
    result = boot(*words, target="kevlar", apart=True, kevlar_qemu_port="")
    result.stdout.fnmatch_lines(["kevlar-trace a.busy *: 0 BUG, *"])


def test_a_contract_that_traces_is_not_traced(tree, boot) -> None:
    tree("a/answer", a__tracer=TRACER)
    words = ("--kevlar-reference=qemu-system", "--kevlar-batch", "--kevlar-strict")
    result = boot(*words, target="kevlar", apart=True)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*a.tracer *: on the reference: the contract * while it is traced"]
    )


LATER = """
/* Contract: what an older release does not do.
 * Requires: root, Linux 5.10, Linux 99.1 */
#include "contract.h"
int main(void) { contract_pass(); }
"""


def test_linux_judges_what_a_contract_requires(tree, boot) -> None:
    tree("a/answer", a__later=LATER)
    words = ("--kevlar-reference=qemu-system", "--kevlar-batch", "-rs")
    result = boot(*words)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*qemu-system: Linux 99.1 is required, and this machine is older"])
