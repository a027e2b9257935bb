"""What the kernel records: texts from the declarations, and a run that tracing leaves alone."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_kevlar.kernel import interface
from pytest_kevlar.runners.base import Job, host_architecture
from pytest_kevlar.runners.kevlar import KevlarRunner
from pytest_kevlar.trace import text
from pytest_kevlar.trace.source import Place, lines_of

BODY = r"""
int p[2];
pipe2(p, O_CLOEXEC);
write(p[1], "a\0\n\"b", 5);
char buffer[16];
read(p[0], buffer, 16);
struct timespec t = {0, 5};
nanosleep(&t, 0);
open("/nowhere", O_RDWR | O_CREAT | O_EXCL, 0640);
kill(getpid(), 0);
"""


def recorded(one: Job) -> list[str]:
    return list(text.lines(KevlarRunner().run(one).events))


def test_texts_come_from_the_declarations(build, job) -> None:
    found = "\n".join(recorded(job(build(BODY, "#include <time.h>"))))
    for expected in (
        "pipe2([3, 4], O_RDONLY|O_CLOEXEC)",
        r'write(4, "a\0\n\"b", 5)',
        r'read(3, "a\0\n\"b", 16)',
        "nanosleep({tv_sec=0, tv_nsec=5}, NULL)",
        "O_RDWR|O_CREAT|O_EXCL",
        "exit_group(0)",
        "+++ exited with 0 +++",
    ):
        assert expected in found


def test_tracing_leaves_the_run_alone(build, job) -> None:
    body = (
        "unsigned char v[4]; char *m = mmap(0, 16384, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
        'int fd = open("/dev/null", O_WRONLY); write(fd, m, 16384); mincore(m, 16384, v);\n'
        'step("pages", "%d %d %d %d", v[0], v[1], v[2], v[3]);'
    )
    traced = job(build(body, "#include <sys/mman.h>"))
    plain = KevlarRunner().run(replace(traced, trace=()))
    assert not plain.events
    assert KevlarRunner().run(traced).stdout == plain.stdout


def test_two_runs_record_the_same(build, job) -> None:
    one = job(build(BODY, "#include <time.h>"))
    assert KevlarRunner().run(one).events == KevlarRunner().run(one).events


def test_channels(build, job) -> None:
    built = build("if (fork() == 0) pause(); usleep(10);")
    kinds = {e.kind for e in KevlarRunner().run(replace(job(built), trace=("process",))).events}
    assert kinds == {"exec", "fork", "exit"}
    everything = ("syscall", "signal", "fault", "process", "sched", "mm", "time")
    kinds = {e.kind for e in KevlarRunner().run(replace(job(built), trace=everything)).events}
    assert {"syscall", "sched", "mm", "time"} <= kinds


def test_the_line_of_a_call(build, job) -> None:
    built = build("getppid();\nsyscall(SYS_umask, 0);\ngetuid();")
    events = KevlarRunner().run(job(built)).events
    lines = lines_of(built.path)
    places = {event.name: lines.of(event) for event in events if event.is_call}
    assert places["umask"] == Place("program.c", 6)


def test_a_program_without_debug_information_has_no_lines() -> None:
    assert lines_of(Path("/bin/sh")).at(0x1000) is None


def test_tracing_costs_little(build, job) -> None:
    """At most twice the time of the same run, for a program that does nothing but calls."""
    body = (
        "int p[2]; pipe(p); char b[64];\nfor (int i = 0; i < 2000; i++) {\n"
        "    for (volatile int k = 0; k < 200; k++);\n"
        "    write(p[1], b, 64); read(p[0], b, 64);\n}"
    )
    traced = job(build(body))
    runner = KevlarRunner()

    def seconds(one: Job) -> float:
        start = time.process_time()  # of this process: others may keep the machine busy
        runner.run(one)
        return time.process_time() - start

    rounds = [(seconds(replace(traced, trace=())), seconds(traced)) for _ in range(15)]
    plain, recorded = (min(times) for times in zip(*rounds, strict=True))
    assert recorded < 2 * plain


def test_every_declared_call_has_roles() -> None:
    calls = interface.calls()
    assert calls["read"].parameters == (("fd", "fd"), ("buf", "address"), ("count", ""))
    assert calls["fork"].archs == ("x86_64",)
    assert {role for call in calls.values() for _, role in call.parameters} <= {
        "",
        "fd",
        "pid",
        "address",
        "inode",
        "ipc",
    }


pytestmark = pytest.mark.skipif(host_architecture() != "x86_64", reason="x86_64 programs")
