"""siginfo_t: what each kind of sender packs."""

from __future__ import annotations

import struct

from pytest_kevlar.kernel.abi.signals import CLD, SI, SIG
from pytest_kevlar.kernel.abi.structs import SIGINFO_CHLD, SIGINFO_RT, SIGINFO_SYS, SIGINFO_TIMER
from pytest_kevlar.kernel.signals.info import SigInfo, known_layout


def test_size_and_head() -> None:
    data = SigInfo.user(SIG.TERM, 12, 34).pack()
    assert len(data) == 128
    assert struct.unpack_from("<iiiIiI", data) == (SIG.TERM, 0, SI.USER, 0, 12, 34)
    assert not any(data[24:])


def test_queue_and_timer() -> None:
    queued = SIGINFO_RT.unpack(SigInfo.queue(40, 12, 34, 1 << 40).pack())
    assert (queued.si_code, queued.si_pid, queued.si_value) == (SI.QUEUE, 12, 1 << 40)
    timer = SIGINFO_TIMER.unpack(SigInfo.of_timer(SIG.ALRM, 3, 7, 9).pack())
    assert (timer.si_timerid, timer.si_overrun, timer.si_value) == (3, 7, 9)


def test_child() -> None:
    child = SIGINFO_CHLD.unpack(SigInfo.child(12, 34, CLD.EXITED, 5, 6, 7).pack())
    assert (child.si_signo, child.si_code, child.si_status) == (SIG.CHLD, CLD.EXITED, 5)
    assert (child.si_utime, child.si_stime) == (6, 7)


def test_sys() -> None:
    call = SIGINFO_SYS.unpack(SigInfo.sys(1, 0x1000, 39, 0xC000003E, 5).pack())
    assert (call.si_errno, call.si_call_addr, call.si_syscall) == (5, 0x1000, 39)
    assert call.si_arch == 0xC000003E


def test_unpack_keeps_the_union_and_replaces_the_number() -> None:
    info = SigInfo.unpack(41, SigInfo.queue(40, 12, 34, 5).pack())
    assert info.signo == 41
    assert (info.code, info.pid, info.uid, info.value) == (SI.QUEUE, 12, 34, 5)


def test_known_layouts() -> None:
    assert known_layout(SIG.USR1, SI.QUEUE)
    assert known_layout(SIG.SEGV, 10)
    assert not known_layout(SIG.SEGV, 11)
    assert not known_layout(SIG.USR1, -8)
