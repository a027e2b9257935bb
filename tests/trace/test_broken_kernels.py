"""Historical bugs put back into the running kernel: the first finding names the guilty call.

Each case breaks one call as somebody's kernel once did, runs a small program on Linux and
on the broken kernel, and looks at what the comparison says first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pytest_kevlar.kernel import errno, kernel
from pytest_kevlar.kernel.abi.structs import RLIMIT, UTSNAME
from pytest_kevlar.runners import strace
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.runners.kevlar import WORKING_DIRECTORY, KevlarRunner
from pytest_kevlar.trace.compare import compare
from pytest_kevlar.trace.explain import Explanation, explain
from pytest_kevlar.trace.source import lines_of

pytestmark = pytest.mark.skipif(
    host_architecture() != "x86_64", reason="the programs are compared with x86_64 Linux"
)

#: What a broken call does: task, raw arguments, and what the right call gave (a result, or
#: the LinuxError it raised).
Bug = Callable[[Any, list[int], Any], Any]


@dataclass(frozen=True)
class Case:
    call: str
    bug: Bug
    body: str
    where: str
    guilty: str = ""
    includes: str = ""
    line: str = ""


def gives(result: Any) -> Bug:
    """The call gives something else, whatever it should have given."""
    return lambda task, raw, right: result(right) if callable(result) else result


def fails(error: type[errno.LinuxError], when: Callable[[list[int], Any], bool]) -> Bug:
    def bug(task: Any, raw: list[int], right: Any) -> Any:
        if when(raw, right):
            raise error
        return right

    return bug


def forgives(error: type[errno.LinuxError], result: int = 0) -> Bug:
    """What should fail succeeds."""
    return lambda task, raw, right: result if isinstance(right, error) else right


def writes(argument: int, offset: int, data: bytes) -> Bug:
    """The call leaves something else in the caller's memory."""

    def bug(task: Any, raw: list[int], right: Any) -> Any:
        if raw[argument] and not isinstance(right, Exception):
            task.memory.write_partial(raw[argument] + offset, data)
        return right

    return bug


def dup3_without_cloexec(task: Any, raw: list[int], right: Any) -> Any:
    task.files.set_cloexec(right, False)
    return right


NONBLOCKING = "int p[2]; pipe2(p, O_NONBLOCK); char c;"

CASES = {
    "brk fails with ENOMEM": Case(
        "brk",
        fails(errno.ENOMEM, lambda raw, right: raw[0] != 0 and right != raw[0]),
        "long old = syscall(SYS_brk, 0);\nsyscall(SYS_brk, old + (1L << 47));",
        "result",
    ),
    "dup3 loses close-on-exec": Case(
        "dup3",
        dup3_without_cloexec,
        "dup3(1, 9, O_CLOEXEC);\nfcntl(9, F_GETFD);",
        "result",
        guilty="fcntl",
    ),
    "poll strips POLLHUP": Case(
        "poll",
        writes(0, 6, b"\0\0"),
        "int p[2]; pipe(p); close(p[1]);\nstruct pollfd f = {p[0], POLLIN, 0};\npoll(&f, 1, 0);",
        "fds[0].revents",
        includes="#include <poll.h>",
    ),
    "rename gives EXDEV": Case(
        "rename",
        lambda task, raw, right: -errno.EXDEV.number,
        'close(open("a", O_CREAT | O_WRONLY, 0600));\nrename("a", "b");',
        "result",
    ),
    "PROT_NONE kills": Case(
        "rt_sigaction",
        lambda task, raw, right: _forget(task, raw, right),
        "contract_catch_faults();\nchar *p = mmap(0, 4096, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);"
        '\nif (sigsetjmp(contract_fault.back, 1) == 0) *p = 1;\nwrite(1, "alive\\n", 6);',
        "status",
        guilty="exit",
        includes="#include <sys/mman.h>",
    ),
    "sched_getaffinity returns 0": Case(
        "sched_getaffinity",
        gives(0),
        "unsigned long m[1]; syscall(SYS_sched_getaffinity, 0, sizeof m, m);",
        "result",
    ),
    "getpriority returns the nice value": Case(
        "getpriority",
        gives(lambda right: 20 - right),
        "syscall(SYS_getpriority, 0, 0);",
        "result",
    ),
    "alarm forgets the remainder": Case(
        "alarm", gives(0), "syscall(SYS_alarm, 5);\nsyscall(SYS_alarm, 0);", "result"
    ),
    "lseek on a pipe succeeds": Case(
        "lseek", forgives(errno.ESPIPE), "int p[2]; pipe(p);\nlseek(p[0], 0, SEEK_CUR);", "result"
    ),
    "an empty pipe reads as its end": Case(
        "read", forgives(errno.EAGAIN), NONBLOCKING + "\nread(p[0], &c, 1);", "result"
    ),
    "a pipe without a reader gives EINVAL": Case(
        "write",
        lambda task, raw, right: errno.EINVAL() if isinstance(right, errno.EPIPE) else right,
        "signal(SIGPIPE, SIG_IGN);\n" + NONBLOCKING + '\nclose(p[0]);\nwrite(p[1], "x", 1);',
        "result",
    ),
    "mremap moves without MAYMOVE": Case(
        "mremap",
        forgives(errno.ENOMEM, 0x7F00_0000_0000),
        "char *p = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
        "mmap(p + 4096, 4096, 1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);\n"
        "mremap(p, 4096, 8192, 0);",
        "result",
        includes="#include <sys/mman.h>",
    ),
    "MAP_FIXED_NOREPLACE replaces": Case(
        "mmap",
        lambda task, raw, right: raw[0] if isinstance(right, errno.EEXIST) else right,
        "char *p = mmap(0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
        "mmap(p, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000, -1, 0);",
        "result",
        includes="#include <sys/mman.h>",
    ),
    "the old mask is empty": Case(
        "rt_sigprocmask",
        writes(2, 0, bytes(8)),
        "sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1);\n"
        "sigprocmask(SIG_BLOCK, &s, 0);\nsigprocmask(SIG_BLOCK, 0, &s);",
        "oset",
    ),
    "nothing is ever pending": Case(
        "rt_sigpending",
        writes(0, 0, bytes(8)),
        "sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1);\n"
        "sigprocmask(SIG_BLOCK, &s, 0); raise(SIGUSR1);\nsigpending(&s);",
        "uset",
    ),
    "sigtimedwait returns 0": Case(
        "rt_sigtimedwait",
        gives(0),
        "sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1);\n"
        "sigprocmask(SIG_BLOCK, &s, 0); raise(SIGUSR1);\nsigwaitinfo(&s, 0);",
        "result",
    ),
    "sigaction forgets the flags": Case(
        "rt_sigaction",
        writes(2, 8, bytes(8)),
        "struct sigaction a = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};\n"
        "sigaction(SIGUSR1, &a, 0);\nsigaction(SIGUSR1, 0, &a);",
        "oldact.sa_flags",
    ),
    "uname tells an old release": Case(
        "uname",
        writes(0, UTSNAME.offset("release"), b"2.6.32\0"),
        "struct utsname u;\nuname(&u);",
        "buf.release",
        includes="#include <sys/utsname.h>",
    ),
    "a bad clock is accepted": Case(
        "clock_gettime",
        forgives(errno.EINVAL),
        "struct timespec t;\nsyscall(SYS_clock_gettime, 99, &t);",
        "result",
        includes="#include <time.h>",
    ),
    "a robust list of a wrong size is accepted": Case(
        "set_robust_list", forgives(errno.EINVAL), "syscall(SYS_set_robust_list, 0, 7);", "result"
    ),
    "futex with a wrong value times out": Case(
        "futex",
        lambda task, raw, right: errno.ETIMEDOUT() if isinstance(right, errno.EAGAIN) else right,
        "int word = 1;\nsyscall(SYS_futex, &word, 0, 2, 0, 0, 0);",
        "result",
    ),
    "links are not counted": Case(
        "stat",
        writes(1, 16, (1).to_bytes(8, "little")),
        'close(open("a", O_CREAT | O_WRONLY, 0600)); link("a", "b");\n'
        'struct stat s;\nsyscall(SYS_stat, "a", &s);',
        "statbuf.st_nlink",
        includes="#include <sys/stat.h>",
    ),
    "a limit does not come back": Case(
        "prlimit64",
        writes(3, RLIMIT.offset("rlim_cur"), (7).to_bytes(8, "little")),
        "struct rlimit r;\ngetrlimit(RLIMIT_NOFILE, &r);",
        "old.rlim_cur",
        includes="#include <sys/resource.h>",
    ),
    "a semaphore gives its whole count": Case(
        "read",
        writes(1, 0, (3).to_bytes(8, "little")),
        "unsigned long long n;\nint fd = eventfd(3, EFD_SEMAPHORE);\nread(fd, &n, 8);",
        "buf",
        includes="#include <sys/eventfd.h>",
    ),
    "kill of nobody is EPERM": Case(
        "kill",
        lambda task, raw, right: errno.EPERM() if isinstance(right, errno.ESRCH) else right,
        "kill(4000000, 0);",
        "result",
    ),
    "the exit status is lost": Case(
        "wait4",
        writes(1, 0, bytes(4)),
        "int status; if (fork() == 0) _exit(7);\nwait(&status);",
        "wstatus[0]",
    ),
    "tgkill ignores the group": Case(
        "tgkill", forgives(errno.ESRCH), "syscall(SYS_tgkill, 1, getpid(), 0);", "result"
    ),
}


def _forget(task: Any, raw: list[int], right: Any) -> Any:
    """Handlers of SIGSEGV are not kept, and faults kill."""
    if raw[0] == 11 and raw[1]:
        task.actions[11] = task.actions[11]._replace(handler=0)
    return right


def breaking(entry: Any, bug: Bug) -> Any:
    """The same call with a bug in it."""

    def after(task: Any, raw: list[int], right: Any) -> Any:
        found = bug(task, raw, right)
        if isinstance(found, Exception):
            raise found
        return found

    def call(task: Any, raw: Any) -> Any:
        args = list(raw)
        try:
            right = entry.call(task, raw)
        except errno.LinuxError as error:
            right = error
        return (
            sleeping(task, args, right) if inspect.iscoroutine(right) else after(task, args, right)
        )

    async def sleeping(task: Any, args: list[int], coroutine: Any) -> Any:
        try:
            right = await coroutine
        except errno.LinuxError as error:
            right = error
        return after(task, args, right)

    return replace(entry, call=call)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_first_finding_names_the_guilty_call(case, build, job, monkeypatch) -> None:
    built = build(case.body, case.includes)
    assert explained(built, job(built)).bugs == 0, "the two sides differ without any bug"
    table_for = kernel.table_for

    def broken_table(arch: Any) -> Any:
        table = dict(table_for(arch))
        for number, entry in table.items():
            if entry.name == case.call:
                table[number] = breaking(entry, case.bug)
        return table

    monkeypatch.setattr(kernel, "table_for", broken_table)
    found = explained(built, job(built))
    assert found.bugs > 0
    assert (found.call, found.where) == (case.guilty or case.call, case.where), found.summary
    assert found.call in found.summary
    assert found.sentence


def explained(built: Any, one: Any) -> Explanation:
    linux = strace.run(one, WORKING_DIRECTORY)
    outcome = KevlarRunner().run(one)
    comparison = compare(linux.events, outcome.events, linux.aliases)
    return explain(comparison, "category.program x86_64", lines_of(built.path))


def test_there_are_at_least_twenty() -> None:
    assert len(CASES) >= 20
    assert all(inspect.isfunction(case.bug) for case in CASES.values())
