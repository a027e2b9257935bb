"""What the noise rules must not hide: for each, a bug in the same place that stays a BUG."""

from __future__ import annotations

import pytest

from pytest_kevlar.trace.chance import Chance
from pytest_kevlar.trace.compare import Comparison, compare
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.strace import StraceReader

START = '1 execve("./a", ["./a"], 0x1) = 0\n'


def events(text: str) -> list[Event]:
    reader = StraceReader()
    reader.feed((START + text).splitlines())
    return reader.finish()


def traces(left: str, right: str, **options: bool) -> Comparison:
    return compare(events(left), events(right), **options)


#: Noise, and a bug in the same place.
PAIRS = {
    "how long is left of a timer, and whether any is": (
        (
            "1 setitimer(0, NULL, {it_interval={tv_sec=0, tv_usec=0}, "
            "it_value={tv_sec=4, tv_usec=999}}) = 0",
            "1 setitimer(0, NULL, {it_interval={tv_sec=0, tv_usec=0}, "
            "it_value={tv_sec=5, tv_usec=0}}) = 0",
        ),
        (
            "1 setitimer(0, NULL, {it_interval={tv_sec=0, tv_usec=0}, "
            "it_value={tv_sec=4, tv_usec=999}}) = 0",
            "1 setitimer(0, NULL, {it_interval={tv_sec=0, tv_usec=0}, "
            "it_value={tv_sec=0, tv_usec=0}}) = 0",
        ),
    ),
    "whether a task came to its first call before it was killed": (
        (
            "1 fork() = 2\n2 getppid() = 1\n2 +++ killed by SIGTERM +++",
            "1 fork() = 2\n2 +++ killed by SIGTERM +++",
        ),
        (
            "1 fork() = 2\n2 getppid() = 1\n2 close(3) = 0\n2 +++ killed by SIGTERM +++",
            "1 fork() = 2\n2 getppid() = 1\n2 +++ killed by SIGTERM +++",
        ),
    ),
    "the links of a directory that is generated, and of one that is kept": (
        (
            '1 stat("a", {st_mode=040555, st_nlink=112, st_size=0}) = 0',
            '1 stat("a", {st_mode=040555, st_nlink=2, st_size=0}) = 0',
        ),
        (
            '1 stat("a", {st_mode=040755, st_nlink=3, st_size=60}) = 0',
            '1 stat("a", {st_mode=040755, st_nlink=2, st_size=60}) = 0',
        ),
    ),
    "what is left of a sleep": (
        (
            "1 nanosleep({tv_sec=5, tv_nsec=0}, {tv_sec=4, tv_nsec=1}) = -1 EINTR",
            "1 nanosleep({tv_sec=5, tv_nsec=0}, {tv_sec=3, tv_nsec=2}) = -1 EINTR",
        ),
        (
            "1 nanosleep({tv_sec=5, tv_nsec=0}, {tv_sec=4, tv_nsec=1}) = -1 EINTR",
            "1 nanosleep({tv_sec=5, tv_nsec=0}, {tv_sec=0, tv_nsec=0}) = -1 EINTR",
        ),
    ),
    "the size of a directory, and of a file": (
        (
            '1 stat("a", {st_mode=040755, st_size=4096}) = 0',
            '1 stat("a", {st_mode=040755, st_size=60}) = 0',
        ),
        (
            '1 stat("a", {st_mode=0100644, st_size=4096}) = 0',
            '1 stat("a", {st_mode=0100644, st_size=60}) = 0',
        ),
    ),
    "numbers of inodes, and of links": (
        ('1 stat("a", {st_ino=7, st_nlink=1}) = 0', '1 stat("a", {st_ino=8, st_nlink=1}) = 0'),
        ('1 stat("a", {st_ino=7, st_nlink=2}) = 0', '1 stat("a", {st_ino=8, st_nlink=1}) = 0'),
    ),
    "a port that the kernel chose, and one that was asked for": (
        (
            '1 getsockname(3, {sin_port="\\x8f\\x96" /* htons(36758) */}, [16]) = 0',
            '1 getsockname(3, {sin_port="\\x80\\x00" /* htons(32768) */}, [16]) = 0',
        ),
        (
            '1 getsockname(3, {sin_port="\\x00\\x50" /* htons(80) */}, [16]) = 0',
            '1 getsockname(3, {sin_port="\\x80\\x00" /* htons(32768) */}, [16]) = 0',
        ),
    ),
    "the order of directory entries, and their types": (
        (
            '1 getdents64(3, [{d_type=0x8, d_name="a"}, {d_type=0x4, d_name="b"}], 99) = 48',
            '1 getdents64(3, [{d_type=0x4, d_name="b"}, {d_type=0x8, d_name="a"}], 99) = 48',
        ),
        (
            '1 getdents64(3, [{d_type=0x8, d_name="a"}, {d_type=0x4, d_name="b"}], 99) = 48',
            '1 getdents64(3, [{d_type=0x4, d_name="b"}, {d_type=0x4, d_name="a"}], 99) = 48',
        ),
    ),
    "what /proc tells, and whether it tells": (
        (
            '1 open("/proc/stat", 0) = 3\n1 read(3, "cpu 1", 9) = 5',
            '1 open("/proc/stat", 0) = 3\n1 read(3, "cpu 22", 9) = 6',
        ),
        (
            '1 open("/proc/stat", 0) = 3\n1 read(3, "cpu 1", 9) = 5',
            '1 open("/proc/stat", 0) = 3\n1 read(3, 0x1, 9) = -1 EINVAL',
        ),
    ),
    "a file in /proc and one that is not": (
        (
            '1 open("/proc/stat", 0) = 3\n1 read(3, "cpu 1", 9) = 5',
            '1 open("/proc/stat", 0) = 3\n1 read(3, "cpu 2", 9) = 5',
        ),
        (
            '1 open("stat", 0) = 3\n1 read(3, "cpu 1", 9) = 5',
            '1 open("stat", 0) = 3\n1 read(3, "cpu 2", 9) = 5',
        ),
    ),
    "what a process is called in /proc": (
        (
            '1 open("/proc/self/stat", 0) = 3\n1 read(3, "7 (a) R", 9) = 7',
            '1 open("/proc/self/stat", 0) = 3\n1 read(3, "8 (a) R", 9) = 7',
        ),
        (
            '1 open("/proc/self/comm", 0) = 3\n1 read(3, "name\\n", 9) = 5',
            '1 open("/proc/self/comm", 0) = 3\n1 read(3, "nam\\n", 9) = 4',
        ),
    ),
    "a signal that is ignored, and one that is caught": (
        ("1 getuid() = 0\n1 --- SIGCHLD {si_signo=17} ---", "1 getuid() = 0"),
        (
            "1 rt_sigaction(17 /* SIGCHLD */, {sa_handler=0x40}, NULL, 8) = 0\n"
            "1 --- SIGCHLD {si_signo=17} ---",
            "1 rt_sigaction(17 /* SIGCHLD */, {sa_handler=0x40}, NULL, 8) = 0",
        ),
    ),
    "a stop signal with its default action, and one with a handler": (
        ("1 getuid() = 0\n1 --- SIGTSTP {si_signo=20} ---", "1 getuid() = 0"),
        (
            "1 rt_sigaction(20 /* SIGTSTP */, {sa_handler=0x40}, NULL, 8) = 0\n"
            "1 --- SIGTSTP {si_signo=20} ---",
            "1 rt_sigaction(20 /* SIGTSTP */, {sa_handler=0x40}, NULL, 8) = 0",
        ),
    ),
    "how many a futex wakes, and whether it is one": (
        (
            "1 clone(flags=0x100) = 2\n2 getuid() = 0\n1 futex(0x9, 1 /* FUTEX_WAKE */, 1) = 1",
            "1 clone(flags=0x100) = 2\n2 getuid() = 0\n1 futex(0x9, 1 /* FUTEX_WAKE */, 1) = 0",
        ),
        (
            "1 clone(flags=0x100) = 2\n2 getuid() = 0\n1 futex(0x9, 1 /* FUTEX_WAKE */, 1) = 1",
            "1 clone(flags=0x100) = 2\n2 getuid() = 0\n1 futex(0x9, 1 /* FUTEX_WAKE */, 1) = 2",
        ),
    ),
    "whether a futex has changed already, and alone": (
        (
            "1 clone(flags=0x100) = 2\n2 getuid() = 0\n1 futex(0x9, 0 /* FUTEX_WAIT */, 1) = 0",
            "1 clone(flags=0x100) = 2\n2 getuid() = 0\n"
            "1 futex(0x9, 0 /* FUTEX_WAIT */, 1) = -1 EAGAIN",
        ),
        (
            "1 futex(0x9, 0 /* FUTEX_WAIT */, 1) = -1 EAGAIN",
            "1 futex(0x9, 0 /* FUTEX_WAIT */, 1) = 0",
        ),
    ),
    "one more turn of a loop that waits, and of one that does not": (
        (
            "1 poll([{fd=3, events=0x1}], 1, 5) = 0\n1 getuid() = 0\n" * 3,
            "1 poll([{fd=3, events=0x1}], 1, 5) = 0\n1 getuid() = 0\n" * 2,
        ),
        ("1 close(3) = 0\n1 getuid() = 0\n" * 3, "1 close(3) = 0\n1 getuid() = 0\n" * 2),
    ),
    "how a disconnecting address goes on, and a connecting one": (
        (
            '1 connect(3, {sa_family=0 /* AF_UNSPEC */, sa_data="\\1\\2"}, 4) = 0',
            '1 connect(3, {sa_family=0 /* AF_UNSPEC */, sa_data="\\3\\4"}, 4) = 0',
        ),
        (
            '1 connect(3, {sa_family=0x9 /* AF_X25 */, sa_data="\\1\\2"}, 4) = 0',
            '1 connect(3, {sa_family=0x9 /* AF_X25 */, sa_data="\\3\\4"}, 4) = 0',
        ),
    ),
    "times of the clock, and its errors": (
        (
            "1 clock_gettime(1 /* CLOCK_MONOTONIC */, {tv_sec=1, tv_nsec=2}) = 0",
            "1 clock_gettime(1 /* CLOCK_MONOTONIC */, {tv_sec=3, tv_nsec=4}) = 0",
        ),
        (
            "1 clock_gettime(99, 0x1) = -1 EINVAL",
            "1 clock_gettime(99, {tv_sec=3, tv_nsec=4}) = 0",
        ),
    ),
}


@pytest.mark.parametrize(("noise", "bug"), PAIRS.values(), ids=PAIRS.keys())
def test_noise_hides_no_bug(noise: tuple[str, str], bug: tuple[str, str]) -> None:
    assert [row.differences for row in traces(*noise).bugs()] == []
    assert traces(*bug).total("BUG") > 0


def test_chance_is_bound_to_the_call() -> None:
    linux = "1 read(3, 0x1, 9) = 4\n1 getuid() = 0\n1 read(3, 0x1, 9) = 4"
    again = linux.replace("= 4", "= 7", 1)
    chance = Chance([traces(again, linux)])
    same, other = traces(linux, again), traces(linux, linux[:-1] + "2")
    for comparison in (same, other):
        chance.excuse(comparison)
    assert same.total("BUG") == 0
    assert other.total("BUG") == 1


def test_compilers_excuse_no_value() -> None:
    left = "1 fcntl(4, 1 /* F_GETFD */) = 1\n1 fcntl(3, 1 /* F_GETFD */) = 0"
    crossed = "1 fcntl(3, 1 /* F_GETFD */) = 0\n1 fcntl(4, 1 /* F_GETFD */) = 1"
    wrong = crossed.replace("= 1", "= 0")
    assert traces(left, crossed, across=True).total("BUG") == 0
    assert traces(left, crossed).total("BUG") > 0
    assert traces(left, wrong, across=True).total("BUG") > 0
