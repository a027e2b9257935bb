"""Comparing: what is a bug, what is only another name, and which is said first."""

from __future__ import annotations

import pytest

from pytest_kevlar.trace.chance import Chance
from pytest_kevlar.trace.compare import Comparison, compare
from pytest_kevlar.trace.explain import Explanation, explain
from pytest_kevlar.trace.render import draw
from pytest_kevlar.trace.strace import StraceReader


def traces(left: str, right: str) -> Comparison:
    found = []
    for lines in (left, right):
        reader = StraceReader()
        reader.feed(lines.strip().splitlines())
        found.append(reader.finish())
    return compare(found[0], found[1])


def kinds(found: Comparison, severity: str) -> dict[str, int]:
    return {kind: count for (of, kind), count in found.counts.items() if of == severity}


@pytest.mark.parametrize(
    ("left", "right", "severity", "kind"),
    [
        ("1 close(3) = 0", "1 close(3) = -1 EBADF (x)", "BUG", "errno"),
        ("1 read(3, 0x1, 4) = 4", "1 read(3, 0x1, 4) = 2", "BUG", "value"),
        ('1 write(1, "ab", 2) = 2', '1 write(1, "aX", 2) = 2', "BUG", "data"),
        ("1 kill(5, 9 /* SIGKILL */) = 0", "1 kill(5, 15 /* SIGTERM */) = 0", "BUG", "argument"),
        ("1 getpid() = 1\n1 sync() = 0", "1 getpid() = 1", "BUG", "order"),
        ("1 getuid() = 0", "1 setsid() = 1", "BUG", "name"),
        ("1 +++ exited with 0 +++", "1 +++ exited with 1 +++", "BUG", "exit"),
        ("1 --- SIGINT {si_signo=2} ---", "1 --- SIGTERM {si_signo=15} ---", "BUG", "signal"),
        ("1 getpid() = 1", "7 getpid() = 7", "NOISE", "renaming"),
        (
            "1 nanosleep({tv_sec=1, tv_nsec=5}, NULL) = 0",
            "1 nanosleep({tv_sec=1, tv_nsec=6}, NULL) = 0",
            "NOISE",
            "time",
        ),
        ("1 getpid() = 1", "1 getpid() = 1\n1 clock_gettime(0, {}) = 0", "NOISE", "vdso"),
    ],
)
def test_classes(left: str, right: str, severity: str, kind: str) -> None:
    found = traces(left, right)
    assert kinds(found, severity) == {kind: 1}
    if severity == "NOISE":
        assert found.total("BUG") == 0


def test_one_address_is_one_address_throughout() -> None:
    left = "1 mmap(NULL, 8192, 3, 34, -1, 0) = 0x7f0000\n1 munmap(0x7f1000, 4096) = 0"
    right = "1 mmap(NULL, 8192, 3, 34, -1, 0) = 0x9f0000\n1 munmap({}, 4096) = 0"
    assert traces(left, right.format("0x9f1000")).total("BUG") == 0
    assert kinds(traces(left, right.format("0x9f0000")), "BUG") == {"argument": 1}


def test_one_process_is_one_process_throughout() -> None:
    left = "1 fork() = 2\n1 fork() = 3\n1 kill(2, 9) = 0"
    right = "10 fork() = 20\n10 fork() = 30\n10 kill({}, 9) = 0"
    assert traces(left, right.format(20)).total("BUG") == 0
    assert kinds(traces(left, right.format(30)), "BUG") == {"argument": 1}


def test_one_descriptor_is_one_descriptor_throughout() -> None:
    left = '1 open("a", 0) = 3\n1 close(3) = 0'
    right = '1 open("a", 0) = 5\n1 close({}) = 0'
    assert traces(left, right.format(5)).total("BUG") == 0
    assert kinds(traces(left, right.format(3)), "BUG") == {"argument": 1}


def test_tasks_stand_for_each_other_by_their_place_in_the_tree() -> None:
    left = "1 fork() = 2\n2 setsid() = 2\n1 fork() = 3\n3 getuid() = 0\n1 sync() = 0"
    right = "9 fork() = 11\n9 fork() = 12\n12 getuid() = 0\n9 sync() = 0\n11 setsid() = 11"
    found = traces(left, right)
    assert found.tasks == [(1, 9), (2, 11), (3, 12)]
    assert found.total("BUG") == 0


def test_an_ignored_signal_and_a_restarted_call_are_the_tracers() -> None:
    left = """
1 wait4(2,  <unfinished ...>
1 <... wait4 resumed>0x1, 0, NULL) = ? ERESTARTSYS (To be restarted)
1 --- SIGCHLD {si_signo=17} ---
1 wait4(2, NULL, 0, NULL) = 2
"""
    assert traces(left, "1 wait4(2, NULL, 0, NULL) = 2").total("BUG") == 0


def test_one_more_turn_of_a_waiting_loop_is_noise() -> None:
    turn = '1 open("/proc/2/stat", 0) = 3\n1 read(3, "S", 9) = 1\n1 close(3) = 0\n'
    sleep = "1 nanosleep({tv_sec=0, tv_nsec=9}, NULL) = 0\n"
    found = traces(turn + sleep + turn + sleep + turn, turn + sleep + turn)
    assert found.total("BUG") == 0
    assert kinds(found, "NOISE") == {"polling": 4}


def test_how_often_is_polled_is_noise() -> None:
    poll = "1 rt_sigtimedwait([USR2], 0x1000, {tv_sec=0, tv_nsec=0}, 8) = -1 EAGAIN (x)\n"
    rest = "1 rt_sigtimedwait([USR2], NULL, {tv_sec=0, tv_nsec=0}, 8) = 12\n1 sync() = 0\n"
    found = traces(poll * 900 + rest, poll * 3 + rest)
    assert found.total("BUG") == 0
    assert kinds(traces(poll * 900 + rest, poll * 900), "BUG") == {"order": 2}


def test_calls_that_ask_for_something_else_are_no_polling() -> None:
    reads = "".join(f"1 read({fd}, 0x1000, 1) = -1 EAGAIN (x)\n" for fd in range(3, 23))
    assert kinds(traces(reads, reads), "NOISE") == {}


def test_chance_is_what_differs_between_two_runs_on_linux() -> None:
    found = traces("1 read(3, 0x1, 9) = 4", "1 read(3, 0x1, 9) = 2")
    linux = traces("1 read(3, 0x1, 9) = 4", "1 read(3, 0x1, 9) = 7")
    Chance([linux]).excuse(found)
    assert found.total("BUG") == 0
    assert kinds(found, "NOISE") == {"chance": 1}


LEFT = """
1 getpid() = 1
1 brk(NULL) = 0x1000000
1 brk(0x1001000) = 0x1001000
1 write(1, "fine\\n", 5) = 5
1 exit_group(0) = ?
"""
RIGHT = LEFT.replace("brk(0x1001000) = 0x1001000", "brk(0x1001000) = -1 ENOMEM (x)").replace(
    "fine", "none"
)


def explained() -> Explanation:
    return explain(traces(LEFT, RIGHT), "vm.brk x86_64")


def test_the_first_difference_in_one_sentence() -> None:
    found = explained()
    assert found.sentence == "the 2nd brk returned -1 ENOMEM where Linux returned 0x1001000"
    assert (found.call, found.where, found.kind) == ("brk", "result", "errno")
    assert found.summary.startswith("kevlar-trace vm.brk x86_64: 2 BUG (errno 1, data 1)")
    assert Explanation.from_data(found.to_data()) == found


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_the_window_fits(width: int) -> None:
    lines = [text for text, _ in draw(explained(), width)]
    assert max(map(len, lines)) <= width
    marked = [line for line in lines if line.startswith("! ")]
    assert any("brk" in line for line in marked)
    assert any("^ errno: result" in line for line in lines)


def test_only_some_calls() -> None:
    reader = StraceReader()
    reader.feed(LEFT.splitlines())
    events = reader.finish()
    assert {row.event.name for row in compare(events, events, only=("brk",)).rows} == {"brk"}
