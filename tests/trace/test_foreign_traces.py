"""Reading what qemu-user and gVisor write of system calls."""

from __future__ import annotations

from pytest_kevlar.trace.gvisor import GvisorReader
from pytest_kevlar.trace.qemu import QemuReader

QEMU = r"""
100 arch_prctl(4098,4224728,231,131072,131072,0) = 0
100 tkill(100,SIGUSR1) = 0
--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=100, si_uid=0} ---
100 rt_sigreturn(10,2,3,8,2,0) = -1 errno=513 (Successful exit from sigreturn)
100 open("x"y",O_RDWR|O_CREAT,0600) = 4
100 stat("nofile",0x0000004000800690) = -1 errno=2 (No such file or directory)
100 Unknown syscall 293
100 fork() = 102
 = 0
100 wait4(-1,0,0,0,0,0)102 gettid() = 102
102 exit_group(3)
 = 102
garbage
100 exit_group(0)
"""


def test_qemu_joins_the_halves_of_calls() -> None:
    reader = QemuReader({"arch_prctl": 2, "wait4": 4})
    reader.feed(QEMU.splitlines())
    events = reader.finish()
    assert [(event.task, event.name, event.result) for event in events] == [
        (100, "arch_prctl", 0),
        (100, "tkill", 0),
        (100, "SIGUSR1", None),
        (100, "rt_sigreturn", None),
        (100, "open", 4),
        (100, "stat", -2),
        (100, "syscall_293", -38),
        (100, "fork", 102),
        (100, "wait4", 102),
        (102, "gettid", 102),
        (102, "exit_group", None),
        (102, "exit", 3 << 8),
        (100, "exit_group", None),
        (100, "exit", 0),
    ]
    assert events[0].texts == ("4098", "4224728")
    assert events[5].texts == ('"nofile"', "0x4000800690")
    assert reader.skipped == 1


def test_qemu_tells_of_the_signal_that_ended_the_first_process() -> None:
    reader = QemuReader()
    reader.feed(["7 getpid() = 7"])
    assert [(event.kind, event.result) for event in reader.finish(11)] == [
        ("syscall", 7),
        ("exit", 11),
    ]


def test_the_return_of_a_child_from_fork_is_not_its_parents_next_result() -> None:
    reader = QemuReader()
    reader.feed(["1 fork() = 2", "1 wait4(-1,0,0,0)2 gettid() = 2", " = 0", " = 2"])
    assert [event.result for event in reader.finish()] == [2, 2, 2]


GVISOR = r"""
I1121 07:01:36.011001   16421 strace.go:564] [   1:   1] a E kill(0x1, SIGUSR1)
D1121 07:01:36.016182   16421 task_signals.go:220] [   1:   1] Signal 10: delivering to handler
I1121 07:01:36.016111   16421 strace.go:602] [   1:   1] a X kill(0x1, SIGUSR1) = 0 (0x0) (18.738µs)
I1121 07:01:36.016380   16421 strace.go:567] [   1:   1] a E open(0x405000 x"y, O_RDWR|O_CREAT|0x8000, 0o600)
I1121 07:01:36.016390   16421 strace.go:605] [   1:   1] a X open(0x405000 x"y, O_RDWR|O_CREAT|0x8000, 0o600) = 3 (0x3) (939.069µs)
I1121 07:01:36.017378   16421 strace.go:564] [   1:   1] a E stat(0x405004 nofile, 0x7f53512d16b0)
I1121 07:01:36.017454   16421 strace.go:602] [   1:   1] a X stat(0x405004 nofile, 0x7f53512d16b0) = 0 (0x0) errno=2 (no such file or directory) (66.398µs)
I1121 07:01:36.017554   16421 strace.go:567] [   1:   1] a E write(0x5 pipe:[1], 0x40500b "a, \"b", 0x3)
I1121 07:01:36.017563   16421 strace.go:605] [   1:   1] a X write(0x5 pipe:[1], ..., 0x3) = 3 (0x3) (5.107µs)
I1121 07:01:36.017554   16421 strace.go:567] [   1:   1] a E pipe(0x7f53512d17a8)
I1121 07:01:36.017563   16421 strace.go:605] [   1:   1] a X pipe(0x7f53512d17a8 [4 5]) = 0 (0x0) (29.974µs)
I1121 07:01:36.017669   16421 strace.go:576] [   1:   1] a E mmap(0x0, 0x23000, 0x0, MAP_PRIVATE, 0xffffffffffffffff (bad FD), 0x0)
I1121 07:01:36.021500   16421 strace.go:561] [   1:   2] a E exit_group(0x3)
D1121 07:01:36.021551   16421 task_exit.go:204] [   1:   2] Transitioning from exit state TaskExitInitiated to TaskExitZombie
I1121 07:01:36.016390   16421 strace.go:605] [   1:   9] a X open(0x405000 x) = 3 (0x3) (9µs)
"""  # noqa: E501 - lines of a log


def test_gvisor_joins_both_lines_of_a_call_in_the_words_of_strace() -> None:
    reader = GvisorReader()
    reader.feed(GVISOR.splitlines())
    events = reader.finish()
    assert [(event.task, event.name, event.texts, event.result) for event in events] == [
        (1, "kill", ("0x1", "SIGUSR1"), 0),
        (1, "SIGUSR1", (), None),
        (1, "open", ('"x\\"y"', "O_RDWR|O_CREAT|O_LARGEFILE", "0600"), 3),
        (1, "stat", ('"nofile"', "0x7f53512d16b0"), -2),
        (1, "write", ("5", '"a, \\"b"', "0x3"), 3),
        (1, "pipe", ("[4, 5]",), 0),
        (1, "mmap", ("0x0", "0x23000", "0x0", "MAP_PRIVATE", "-1", "0x0"), None),
        (2, "exit_group", ("0x3",), None),
        (2, "exit", (), 3 << 8),
    ]
    assert reader.skipped == 1
