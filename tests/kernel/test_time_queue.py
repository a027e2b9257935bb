"""The virtual clock and the timer queue."""

from __future__ import annotations

from pytest_kevlar.kernel.profile import HostProfile
from pytest_kevlar.kernel.time.clock import Clock
from pytest_kevlar.kernel.time.queue import TimerQueue

SECOND = 1_000_000_000


def test_clocks_advance_together() -> None:
    profile = HostProfile()
    clock = Clock(profile)
    assert clock.realtime_ns() == profile.realtime_ns
    start = clock.monotonic_ns()
    clock.advance(5)
    clock.jump_to(start + 3)
    assert clock.monotonic_ns() == start + 5
    assert clock.realtime_ns() == profile.realtime_ns + 5
    assert clock.elapsed_ns() == 5


def test_timers_run_in_order_of_deadline_then_of_arming() -> None:
    clock = Clock(HostProfile())
    timers = TimerQueue(clock)
    ran: list[str] = []
    now = clock.now
    timers.add(now + 20, lambda: ran.append("late"))
    timers.add(now + 10, lambda: ran.append("first"))
    timers.add(now + 10, lambda: ran.append("second"))
    assert timers.next_deadline() == now + 10
    clock.advance(10)
    timers.run_due()
    assert ran == ["first", "second"]
    clock.advance(10)
    timers.run_due()
    assert ran == ["first", "second", "late"]
    assert timers.next_deadline() is None


def test_cancelled_timers_do_not_count() -> None:
    clock = Clock(HostProfile())
    timers = TimerQueue(clock)
    ran: list[int] = []
    timer = timers.add(clock.now + 1, lambda: ran.append(1))
    timer.cancel()
    assert timers.next_deadline() is None
    clock.advance(2)
    timers.run_due()
    assert ran == []


def test_what_was_cancelled_does_not_pile_up() -> None:
    clock = Clock(HostProfile())
    timers = TimerQueue(clock)
    ran: list[int] = []
    kept = [timers.add(clock.now + 10 * (9 - at), lambda at=at: ran.append(at)) for at in range(9)]
    for _ in range(10_000):
        timers.add(clock.now + 1000, lambda: ran.append(-1)).cancel()
    assert len(timers._heap) < 200
    kept[4].cancel()
    kept[4].cancel()
    clock.advance(2000)
    timers.run_due()
    assert ran == [8, 7, 6, 5, 3, 2, 1, 0]


def test_realtime_timers_follow_the_clock_and_others_do_not() -> None:
    clock = Clock(HostProfile())
    timers = TimerQueue(clock)
    ran: list[str] = []
    timers.add_realtime(clock.realtime_ns() + 3600 * SECOND, lambda: ran.append("real"))
    timers.add(clock.now + 3600 * SECOND, lambda: ran.append("monotonic"))
    clock.set_realtime(clock.realtime_ns() + 7200 * SECOND)
    timers.realtime_changed()
    timers.run_due()
    assert ran == ["real"]
    clock.set_realtime(clock.realtime_ns() - 7200 * SECOND)
    timers.realtime_changed()
    clock.advance(3600 * SECOND)
    timers.run_due()
    assert ran == ["real", "monotonic"]


def test_a_clock_set_back_postpones_realtime_timers() -> None:
    clock = Clock(HostProfile())
    timers = TimerQueue(clock)
    ran: list[int] = []
    timers.add_realtime(clock.realtime_ns() + SECOND, lambda: ran.append(1))
    clock.set_realtime(clock.realtime_ns() - 10 * SECOND)
    timers.realtime_changed()
    clock.advance(SECOND)
    timers.run_due()
    assert ran == []
    clock.advance(10 * SECOND)
    timers.run_due()
    assert ran == [1]
