"""Historical bugs put back into the running kernel: the suite's contracts name the guilty call.

Each case breaks the kernel as somebody's kernel was broken once and runs a contract of this
project through pytest, as users do: built, run on Linux, run on the broken kernel, explained.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest.pytester import Pytester
from bugs import Bug, break_call, confuses, fails, forgives, gives, when, writes

from pytest_kevlar.kernel import errno
from pytest_kevlar.kernel.abi.structs import RLIMIT, UTSNAME
from pytest_kevlar.kernel.signals import pending
from pytest_kevlar.kernel.task.fdtable import FdTable
from pytest_kevlar.kernel.task.wait import Interrupted
from pytest_kevlar.runners import strace
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.trace.explain import Explanation
from pytest_kevlar.verdicts import evidence_of

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"

pytestmark = pytest.mark.skipif(
    bool(strace.unavailable("x86_64")), reason=strace.unavailable("x86_64") or "no reason"
)


@dataclass(frozen=True)
class Case:
    """One bug.

    Attributes:
        contract: ``category/name`` of the contract that finds it.
        call: the call that the first finding has to name.
        where: the field that differs.
        bug: what is wrong with `broken`, or how else to break the kernel.
        broken: the call that is broken, if another one shows it.
    """

    contract: str
    call: str
    where: str
    bug: Bug | Callable[[pytest.MonkeyPatch], None]
    broken: str = ""
    otherwise: bool = False


def dup3_without_cloexec(task: Any, raw: list[int], right: Any) -> Any:
    if not isinstance(right, Exception):
        task.files.set_cloexec(right, False)
    return right


def forget_fault_handlers(task: Any, raw: list[int], right: Any) -> Any:
    """A handler of SIGSEGV is not kept, so that a fault kills."""
    if raw[0] == 11 and raw[1]:
        task.actions[11] = task.actions[11]._replace(handler=0)
    return right


def highest_signal_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "next_signal", int.bit_length)


def exec_closes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FdTable, "close_on_exec", lambda self: None)


def strip_hangup(argument: int, offset: int, size: int, bit: int) -> Bug:
    """Take one bit out of the events that a call reports for the first descriptor."""

    def bug(task: Any, raw: list[int], right: Any) -> Any:
        if raw[argument] and not isinstance(right, Exception) and right:
            place = raw[argument] + offset
            found = int.from_bytes(task.memory.read(place, size), "little")
            task.memory.write_partial(place, (found & ~bit).to_bytes(size, "little"))
        return right

    return bug


def le(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "little")


CASES = {
    # Memory
    "M1 brk fails with ENOMEM": Case(
        "vm/brk_failure_returns_old_break",
        "brk",
        "result",
        fails(errno.ENOMEM, lambda raw, right: raw[0] != 0 and right != raw[0]),
    ),
    "M3 PROT_NONE kills": Case(
        "vm/fault_on_prot_none", "exit", "status", forget_fault_handlers, "rt_sigaction"
    ),
    "M6 mremap moves without MAYMOVE": Case(
        "vm/mremap_without_maymove_is_enomem",
        "mremap",
        "result",
        forgives(errno.ENOMEM, 0x7F00_0000_0000),
    ),
    "M7 mincore has everything in core": Case(
        "vm/mincore_shows_demand_paging", "mincore", "vec[0]", writes(2, 0, b"\1" * 8)
    ),
    "M9 MAP_FIXED_NOREPLACE replaces": Case(
        "vm/map_fixed_noreplace_is_eexist",
        "mmap",
        "result",
        lambda task, raw, right: raw[0] if isinstance(right, errno.EEXIST) else right,
    ),
    # Processes
    "P2 an exec closes nothing": Case(
        "process/exec_closes_cloexec",
        "fcntl",
        "result",
        exec_closes_nothing,
        otherwise=True,
    ),
    "P3 getpriority returns the nice value": Case(
        "scheduling/getpriority_raw", "getpriority", "result", gives(lambda right: 20 - right)
    ),
    "P4 sched_getaffinity returns 0": Case(
        "scheduling/affinity_raw_length", "sched_getaffinity", "result", gives(0)
    ),
    "P5 waitid tells no status": Case(
        "process/waitid_siginfo", "waitid", "infop.si_status", writes(2, 24, le(0))
    ),
    "P5 nobody to wait for is 0": Case(
        "process/wait_errors", "wait4", "result", forgives(errno.ECHILD)
    ),
    "P5 the exit status is lost": Case(
        "process/exit_status", "wait4", "wstatus[0]", writes(1, 0, le(0))
    ),
    "P6 too many descriptors are ENFILE": Case(
        "process/rlimit_nofile", "dup", "result", confuses(errno.EMFILE, errno.ENFILE)
    ),
    "P6 a limit does not come back": Case(
        "process/rlimit_round_trip",
        "prlimit64",
        "old.rlim_cur",
        writes(3, RLIMIT.offset("rlim_cur"), le(7, 8)),
    ),
    "P7 capget has no effective set": Case(
        "process/capget_rules", "capget", "data.effective", writes(1, 0, le(0))
    ),
    "P8 uname tells an old release": Case(
        "process/uname_tells_the_host",
        "uname",
        "buf.release",
        writes(0, UTSNAME.offset("release"), b"2.6.32\0"),
    ),
    # Signals
    "S1 an interrupted read is restarted by force": Case(
        "signals/eintr_read", "read", "result", confuses(Interrupted, errno.EAGAIN)
    ),
    "S3 the highest signal comes first": Case(
        "signals/pending_lowest_first",
        "SIGCHLD",
        "signal",
        highest_signal_first,
        otherwise=True,
    ),
    "S3 sigqueue passes no value": Case(
        "signals/siginfo_of_senders",
        "rt_sigqueueinfo",
        "result",
        fails(errno.EINVAL, lambda raw, right: True),
    ),
    "S4 small stacks are accepted": Case(
        "signals/sigaltstack_errors", "sigaltstack", "result", forgives(errno.ENOMEM)
    ),
    "S5 sigtimedwait returns 0": Case(
        "signals/sigtimedwait_dequeues", "rt_sigtimedwait", "result", gives(0)
    ),
    "S5 the old mask is empty": Case(
        "signals/sigprocmask_rules",
        "rt_sigprocmask",
        "oset",
        writes(2, 0, bytes(8)),
    ),
    "S6 kill of nobody is EPERM": Case(
        "signals/kill_errors", "kill", "result", confuses(errno.ESRCH, errno.EPERM)
    ),
    # Time
    "T1 a bad clock is accepted": Case(
        "time/clock_ids", "clock_gettime", "result", forgives(errno.EINVAL)
    ),
    "T2 alarm forgets the remainder": Case(
        "time/alarm_remainder", "setitimer", "ovalue.it_value", writes(2, 16, bytes(16))
    ),
    "T2 the old interval is zero": Case(
        "time/setitimer_interval",
        "setitimer",
        "ovalue.it_interval",
        writes(2, 0, bytes(16)),
    ),
    "T2 a timer descriptor counts nothing": Case(
        "time/timerfd_counts",
        "read",
        "buf",
        when(lambda raw: raw[2] == 8, writes(1, 0, le(7, 8))),
    ),
    # Files and descriptors
    "F1 dup3 loses close-on-exec": Case(
        "process/exec_by_descriptor",
        "fcntl",
        "result",
        dup3_without_cloexec,
        "dup3",
    ),
    "F2 a full pipe or socket is EINVAL": Case(
        "sockets/stream_is_full", "write", "result", confuses(errno.EAGAIN, errno.EINVAL)
    ),
    "F10 extended attributes are too big": Case(
        "filesystem/xattr_user_attributes",
        "getxattr",
        "result",
        confuses(errno.ERANGE, errno.E2BIG),
    ),
    # Events
    "E1 poll strips POLLHUP": Case(
        "sockets/shutdown_of_halves",
        "poll",
        "fds[0].revents",
        strip_hangup(0, 6, 2, 0x10),
    ),
    "E3 an edge is reported as nothing": Case(
        "sockets/epoll_of_a_stream",
        "epoll_pwait",
        "events[0].events",
        strip_hangup(1, 0, 4, 0x10),
    ),
    # Sockets
    "N1 an unknown family is EINVAL": Case(
        "sockets/socket_errors", "socket", "result", confuses(errno.EAFNOSUPPORT, errno.EINVAL)
    ),
    "N2 a message has no boundaries": Case(
        "sockets/messages_keep_boundaries",
        "recvmsg",
        "result",
        gives(lambda right: right + 1),
    ),
    "N4 the peer is nobody": Case(
        "sockets/peer_credentials", "getsockopt", "value.uid", writes(3, 4, le(77))
    ),
    "N5 buffers are not doubled": Case(
        "sockets/socket_options_read_back",
        "getsockopt",
        "value[0]",
        when(lambda raw: raw[2] == 7, writes(3, 0, le(10000))),
    ),
    "N5 nobody listens, and connect waits": Case(
        "sockets/tcp_refused_and_in_progress",
        "connect",
        "result",
        confuses(errno.ECONNREFUSED, errno.ETIMEDOUT),
    ),
    # Threads
    "H2 futex with a wrong value times out": Case(
        "signals/sa_restart_futex", "futex", "result", confuses(errno.EAGAIN, errno.ETIMEDOUT)
    ),
    "H3 tgkill ignores the group": Case(
        "signals/kill_errors", "tgkill", "result", forgives(errno.ESRCH)
    ),
    # /proc and /dev
    "D1 a long name is refused": Case(
        "subsystems/proc_comm_is_cut_to_15_bytes",
        "prctl",
        "arg2",
        when(lambda raw: raw[0] == 16, writes(1, 0, b"a\0")),
    ),
    "D2 there is no /dev/tty without a terminal": Case(
        "subsystems/dev_tty_needs_a_controlling_terminal",
        "open",
        "result",
        confuses(errno.ENXIO, errno.ENOENT),
    ),
}


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("builds")


@pytest.fixture
def explained(pytester: Pytester, builds: Path, monkeypatch) -> Callable[[str], Explanation]:
    """Run one contract of the suite through pytest; what its report explains."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini(f"[pytest]\nkevlar_cache = {builds}\n")
    root = pytester.mkdir("contracts")
    shutil.copy(CONTRACTS / "contract.h", root)

    def run(name: str) -> Explanation:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(CONTRACTS / f"{name}.c", root / f"{name}.c")
        arch = host_architecture()
        recorded = pytester.inline_run(
            "-p", "pytest_kevlar.plugin", "contracts", "--kevlar-strict", f"--kevlar-arch={arch}"
        )
        found = [
            evidence
            for report in recorded.getreports("pytest_runtest_logreport")
            if report.when == "call" and (evidence := evidence_of(report)) is not None
        ]
        if not found:
            pytest.skip("the contract was skipped on this host")
        (evidence,) = found
        assert evidence.trace is not None
        return evidence.trace

    return run


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_first_finding_names_the_guilty_call(case: Case, explained, monkeypatch) -> None:
    if case.otherwise:
        case.bug(monkeypatch)
    else:
        break_call(monkeypatch, case.broken or case.call, case.bug)
    found = explained(case.contract)
    assert found.bugs > 0, found.summary or found.trouble
    assert (found.call, found.where) == (case.call, case.where), found.sentence
    assert case.call in found.sentence or case.call == "exit"
    assert found.place.startswith(Path(case.contract).name) or case.call == "SIGCHLD"


def test_every_group_has_a_bug() -> None:
    assert len(CASES) >= 24
    assert {name[0] for name in CASES} == set("MPSTFENHD")
