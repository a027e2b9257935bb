"""The set of pending signals: order, coalescing, what is forgotten."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.signals import SEGV, SIG
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.pending import ALL, PendingSignals, bit


def test_lowest_number_comes_first() -> None:
    pending = PendingSignals()
    for signo in (SIG.TERM, SIG.USR1, SIG.HUP):
        pending.add(signo, SigInfo.kernel(signo))
    order = [found[0] for found in iter(lambda: pending.dequeue(0), None)]
    assert order == [SIG.HUP, SIG.USR1, SIG.TERM]
    assert not pending
    assert pending.count == 0


def test_synchronous_signals_come_before_lower_numbers() -> None:
    pending = PendingSignals()
    pending.add(SIG.HUP, SigInfo.kernel(SIG.HUP))
    pending.add(SIG.SEGV, SigInfo.fault(SIG.SEGV, SEGV.MAPERR, 8))
    found = pending.dequeue(0)
    assert found is not None
    assert found[0] == SIG.SEGV
    assert found[1].address == 8


def test_only_true_faults_are_dequeued_as_synchronous() -> None:
    pending = PendingSignals()
    pending.add(SIG.SEGV, SigInfo.user(SIG.SEGV, 1, 0))
    assert pending.dequeue_synchronous(0) is None
    pending.discard(ALL)
    pending.add(SIG.SEGV, SigInfo.fault(SIG.SEGV, SEGV.MAPERR, 8))
    assert pending.dequeue_synchronous(0) is not None


def test_standard_signals_coalesce_and_real_time_ones_queue() -> None:
    pending = PendingSignals()
    assert pending.add(SIG.USR1, SigInfo.queue(SIG.USR1, 1, 0, 1))
    assert not pending.add(SIG.USR1, SigInfo.queue(SIG.USR1, 1, 0, 2))
    for value in (1, 2, 3):
        assert pending.add(40, SigInfo.queue(40, 1, 0, value))
    assert pending.count == 4
    values = [found[1].value for found in iter(lambda: pending.dequeue(bit(SIG.USR1)), None)]
    assert values == [1, 2, 3]
    assert pending.mask == bit(SIG.USR1)


def test_blocked_signals_stay() -> None:
    pending = PendingSignals()
    pending.add(SIG.USR1, None)
    assert pending.dequeue(bit(SIG.USR1)) is None
    found = pending.dequeue(0)
    assert found == (SIG.USR1, SigInfo.user(SIG.USR1, 0, 0))


def test_discard_forgets_what_was_queued() -> None:
    pending = PendingSignals()
    pending.add(40, SigInfo.queue(40, 1, 0, 1))
    pending.add(41, SigInfo.queue(41, 1, 0, 1))
    pending.discard(bit(40))
    assert pending.mask == bit(41)
    assert pending.count == 1
