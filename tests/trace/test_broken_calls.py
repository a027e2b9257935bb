"""Historical bugs in the running kernel that no contract of the suite shows by itself.

As in ``test_broken_kernels.py``, on small programs of its own, compared without pytest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from bugs import Bug, break_call, confuses, forgives, writes

from pytest_kevlar.kernel import errno
from pytest_kevlar.runners import strace
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.runners.kevlar import WORKING_DIRECTORY, KevlarRunner
from pytest_kevlar.trace.compare import compare
from pytest_kevlar.trace.explain import Explanation, explain
from pytest_kevlar.trace.source import lines_of

pytestmark = pytest.mark.skipif(
    host_architecture() != "x86_64", reason="the programs are compared with x86_64 Linux"
)


@dataclass(frozen=True)
class Case:
    call: str
    bug: Bug
    body: str
    where: str
    includes: str = ""


NONBLOCKING = "int p[2]; pipe2(p, O_NONBLOCK); char c;"

CASES = {
    "rename gives EXDEV": Case(
        "rename",
        lambda task, raw, right: errno.EXDEV(),
        'close(open("a", O_CREAT | O_WRONLY, 0600));\nrename("a", "b");',
        "result",
    ),
    "lseek on a pipe succeeds": Case(
        "lseek", forgives(errno.ESPIPE), "int p[2]; pipe(p);\nlseek(p[0], 0, SEEK_CUR);", "result"
    ),
    "an empty pipe reads as its end": Case(
        "read", forgives(errno.EAGAIN), NONBLOCKING + "\nread(p[0], &c, 1);", "result"
    ),
    "a pipe without a reader gives EINVAL": Case(
        "write",
        confuses(errno.EPIPE, errno.EINVAL),
        "signal(SIGPIPE, SIG_IGN);\n" + NONBLOCKING + '\nclose(p[0]);\nwrite(p[1], "x", 1);',
        "result",
    ),
    "nothing is ever pending": Case(
        "rt_sigpending",
        writes(0, 0, bytes(8)),
        "sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1);\n"
        "sigprocmask(SIG_BLOCK, &s, 0); raise(SIGUSR1);\nsigpending(&s);",
        "uset",
    ),
    "sigaction forgets the flags": Case(
        "rt_sigaction",
        writes(2, 8, bytes(8)),
        "struct sigaction a = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};\n"
        "sigaction(SIGUSR1, &a, 0);\nsigaction(SIGUSR1, 0, &a);",
        "oldact.sa_flags",
    ),
    "a robust list of a wrong size is accepted": Case(
        "set_robust_list", forgives(errno.EINVAL), "syscall(SYS_set_robust_list, 0, 7);", "result"
    ),
    "links are not counted": Case(
        "stat",
        writes(1, 16, (1).to_bytes(8, "little")),
        'close(open("a", O_CREAT | O_WRONLY, 0600)); link("a", "b");\n'
        'struct stat s;\nsyscall(SYS_stat, "a", &s);',
        "statbuf.st_nlink",
        includes="#include <sys/stat.h>",
    ),
    "a semaphore gives its whole count": Case(
        "read",
        writes(1, 0, (3).to_bytes(8, "little")),
        "unsigned long long n;\nint fd = eventfd(3, EFD_SEMAPHORE);\nread(fd, &n, 8);",
        "buf",
        includes="#include <sys/eventfd.h>",
    ),
    "select forgets a descriptor": Case(
        "select",
        writes(1, 0, bytes(8)),
        "int p[2]; pipe(p); fd_set s; FD_ZERO(&s); FD_SET(p[0], &s); close(p[1]);\n"
        "struct timeval t = {0, 0};\nselect(p[0] + 1, &s, 0, 0, &t);",
        "readfds",
        includes="#include <sys/select.h>",
    ),
    "a lock is told with a wrong end": Case(
        "fcntl",
        writes(2, 16, (5).to_bytes(8, "little")),
        'int fd = open("a", O_CREAT | O_RDWR, 0600);\n'
        "struct flock l = {.l_type = F_WRLCK, .l_len = 9};\nfcntl(fd, F_GETLK, &l);",
        "arg.l_len",
    ),
    "a directory entry has no type": Case(
        "getdents64",
        writes(1, 18, b"\0"),
        'char b[512]; int fd = open(".", O_RDONLY | O_DIRECTORY);\n'
        "syscall(SYS_getdents64, fd, b, 512);",
        "dirent[0].d_type",
    ),
    "a terminal has no size": Case(
        "ioctl",
        lambda task, raw, right: _no_size(task, raw, right),
        'int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY); struct winsize w = {24, 80};\n'
        "ioctl(fd, TIOCSWINSZ, &w);\nioctl(fd, TIOCGWINSZ, &w);",
        "arg.ws_row",
        includes="#include <sys/ioctl.h>",
    ),
    "a name is told cut": Case(
        "prctl",
        lambda task, raw, right: _no_name(task, raw, right),
        'char b[16]; prctl(PR_SET_NAME, "longish");\nprctl(PR_GET_NAME, b);',
        "arg2",
        includes="#include <sys/prctl.h>",
    ),
}


def _no_size(task: Any, raw: list[int], right: Any) -> Any:
    return writes(2, 0, bytes(2))(task, raw, right) if raw[1] == 0x5413 else right


def _no_name(task: Any, raw: list[int], right: Any) -> Any:
    return writes(1, 4, b"\0")(task, raw, right) if raw[0] == 16 else right


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_first_finding_names_the_guilty_call(case, build, job, monkeypatch) -> None:
    built = build(case.body, case.includes)
    assert explained(built, job(built)).bugs == 0, "the two sides differ without any bug"
    break_call(monkeypatch, case.call, case.bug)
    found = explained(built, job(built))
    assert found.bugs > 0
    assert (found.call, found.where) == (case.call, case.where), found.summary
    assert found.call in found.summary
    assert found.sentence


def explained(built: Any, one: Any) -> Explanation:
    linux = strace.run(one, WORKING_DIRECTORY)
    outcome = KevlarRunner().run(one)
    comparison = compare(linux.events, outcome.events, linux.aliases)
    return explain(comparison, "category.program x86_64", lines_of(built.path))
