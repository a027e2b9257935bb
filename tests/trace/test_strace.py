"""The reader of strace's output: everything that strace is known to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kevlar.trace import strace, text, value
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.strace import StraceReader


def read(*lines: str) -> list[Event]:
    reader = StraceReader()
    reader.feed(lines)
    return reader.finish()


def one(line: str) -> Event:
    (event,) = read(line)
    return event


@pytest.mark.parametrize(
    ("line", "task", "name", "result"),
    [
        ("brk(NULL) = 0x555555559000", 0, "brk", 0x555555559000),
        ("7 close(3)                = 0", 7, "close", 0),
        ("[pid    12] getpid() = 12", 12, "getpid", 12),
        ('open("a = b) = 3", O_RDONLY) = -1 ENOENT (No such file or directory)', 0, "open", -2),
        ("exit_group(0) = ?", 0, "exit_group", None),
        ("read(0, 0x7ffc, 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)", 0, "read",
         None),
        ("7 1700000000.123456 pause() = -1 EINTR (Interrupted system call)", 7, "pause", -4),
        ("7 12:34:56.789 fork() = 8", 7, "fork", 8),
        ("[00007f93b3fbdad7] getuid() = 0", 0, "getuid", 0),
        ("syscall_0x1ff(0x1, 0x2) = -1 ENOSYS (Function not implemented)", 0, "syscall_0x1ff", -38),
        ("fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)", 0, "fcntl", 0x8002),
        ("wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0, NULL) = 9", 0, "wait4", 9),
        ("getdents64(3, 0x1 /* 2 entries */, 32768) = 48", 0, "getdents64", 48),
    ],
)  # fmt: skip
def test_one_line(line: str, task: int, name: str, result: int | None) -> None:
    event = one(line)
    assert (event.task, event.name, event.result) == (task, name, result)


def test_arguments_are_told_apart() -> None:
    event = one(r'write(1, "a, \"b\" (c]\n", 11 /* size, all */) = 11')
    assert event.texts == ("1", r'"a, \"b\" (c]\n"', "11 /* size, all */")
    assert event.args == (1, None, 11)


def test_numbers_of_another_namespace_are_translated() -> None:
    events = read(
        "20 clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 21",
        "21 getpid()                          = 1 /* 21 in strace's PID NS */",
        "21 fork()                            = 2 /* 22 in strace's PID NS */",
        "22 kill(1 /* 21 in strace's PID NS */, SIGTERM) = 0",
        "21 wait4(2 /* 22 in strace's PID NS */, NULL, 0, NULL) = 2",
    )
    assert [event.made for event in events if event.name in ("clone", "fork")] == [21, 22]
    assert [event.result for event in events] == [21, 1, 2, 0, 2]
    assert events[3].texts == ("1", "SIGTERM") and events[4].texts[0] == "2"
    assert [event.process for event in events] == [20, 21, 21, 22, 21]


def test_the_one_task_that_nobody_made_belongs_to_the_call_that_is_left() -> None:
    deepest = read("20 fork() = 21", "21 fork() = 1", "22 getpid() = 1")
    assert deepest[1].made == 22
    unclear = read("20 fork() = 1", "21 getpid() = 1", "22 getpid() = 1")
    assert unclear[0].made == 1


def test_a_call_is_put_together_again() -> None:
    events = read(
        "1 read(3,  <unfinished ...>",
        "2 getpid() = 2",
        '1 <... read resumed>"x", 1) = 1',
        "2 wait4(1,  <unfinished ...>",
    )
    assert [(event.name, event.result) for event in events] == [
        ("read", 1),
        ("getpid", 2),
        ("wait4", None),
    ]
    assert events[0].texts == ("3", '"x"', "1")
    assert events[2].texts == ("1",)


def test_signals_and_ends() -> None:
    events = read(
        "1 --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=2, si_uid=0} ---",
        "1 --- stopped by SIGSTOP ---",
        "1 +++ exited with 7 +++",
        "2 +++ killed by SIGSEGV (core dumped) +++",
    )
    assert [(event.kind, event.name, event.result) for event in events] == [
        ("signal", "SIGUSR1", None),
        ("exit", "exit", 7 << 8),
        ("exit", "exit", 11 | 0x80),
    ]


def test_threads_belong_to_their_process() -> None:
    events = read(
        "1 clone(child_stack=0x1, flags=0x50f00 /* CLONE_VM|CLONE_THREAD */) = 2",
        "1 fork() = 3",
        "2 gettid() = 2",
        "3 gettid() = 3",
    )
    assert [event.process for event in events] == [1, 1, 1, 3]


def test_what_poll_found_stands_beside_what_it_was_asked() -> None:
    event = one(
        "poll([{fd=3, events=0x1 /* POLLIN */}, {fd=4, events=0x4}], 2, 0) = 1 "
        "([{fd=3, revents=0x10 /* POLLHUP */}])"
    )
    assert "{fd=3, events=0x1 /* POLLIN */, revents=0x10 /* POLLHUP */}" in event.texts[0]
    assert "{fd=4, events=0x4, revents=0}" in event.texts[0]


def test_other_lines_are_passed_over() -> None:
    reader = StraceReader()
    reader.feed(
        ["strace: Process 3 attached", " > /lib/libc.so(read+0x10) [0x1]", "", "getpid() = 1"]
    )
    assert len(reader.finish()) == 1
    assert reader.skipped == 3


def test_one_file_for_each_task(tmp_path: Path) -> None:
    (tmp_path / "t.10").write_text(
        "1700000001.000000 fork() = 11\n1700000003.000000 exit_group(0) = ?\n"
    )
    (tmp_path / "t.11").write_text("1700000002.000000 getpid() = 11\n")
    events = strace.read(tmp_path / "t")
    assert [(event.task, event.name) for event in events] == [
        (10, "fork"),
        (11, "getpid"),
        (10, "exit_group"),
    ]
    with pytest.raises(OSError, match="No such file"):
        strace.read(tmp_path / "nothing")


def test_printing_and_reading_again_gives_the_same() -> None:
    lines = [
        '7 openat(AT_FDCWD, "a\\n", O_RDONLY)     = -1 ENOENT (No such file or directory)',
        "7 brk(NULL)                             = 0x430000",
        "7 --- SIGCHLD {si_signo=SIGCHLD, si_status=7} ---",
        "7 exit_group(3)                         = ?",
        "7 +++ exited with 3 +++",
    ]
    assert list(text.lines(read(*lines))) == lines


def test_what_a_structure_means_in_words_is_passed_over() -> None:
    times = "[{tv_sec=1, tv_nsec=1073741823} /* UTIME_NOW */, {tv_sec=2, tv_nsec=3} /* 1970 */]"
    plain = "[{tv_sec=1, tv_nsec=1073741823}, {tv_sec=2, tv_nsec=3}]"
    assert value.parse(times) == value.parse(plain)


def test_a_call_newer_than_strace_gets_its_name() -> None:
    event = one("7 syscall_0x1c4(0xffffff9c, 0x4a1000, 0x1ed, 0x100, 0, 0x7) = 0")
    assert (event.name, event.args) == ("fchmodat2", (0xFFFFFF9C, 0x4A1000, 0x1ED, 0x100))
    assert (
        one("7 syscall_0xfff(0x1) = -1 ENOSYS (Function not implemented)").name == "syscall_0xfff"
    )
