"""Dispositions: copies, exec, what counts as ignored."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.signals import SA, SIG, SIGHANDLER
from pytest_kevlar.kernel.signals.actions import DEFAULT, Action, SignalActions
from pytest_kevlar.kernel.signals.pending import bit


def test_copy_is_independent() -> None:
    actions = SignalActions()
    copy = actions.copy()
    copy[SIG.USR1] = Action(0x1000)
    assert actions[SIG.USR1] == DEFAULT


def test_exec_keeps_ignored_only() -> None:
    actions = SignalActions()
    actions[SIG.USR1] = Action(0x1000, SA.RESTART, 0x2000, bit(SIG.USR2))
    actions[SIG.USR2] = Action(SIGHANDLER.IGN, SA.RESTART, 0x2000, 1)
    actions.flush()
    assert actions[SIG.USR1] == DEFAULT
    assert actions[SIG.USR2] == Action(SIGHANDLER.IGN)


def test_ignored_by_default() -> None:
    actions = SignalActions()
    assert actions.ignores(SIG.CHLD)
    assert actions.ignores(SIG.WINCH)
    assert not actions.ignores(SIG.TERM)
    actions[SIG.CHLD] = Action(0x1000)
    assert not actions.ignores(SIG.CHLD)


def test_masks_of_status() -> None:
    actions = SignalActions()
    actions[SIG.HUP] = Action(SIGHANDLER.IGN)
    actions[SIG.RTMAX] = Action(0x1000)
    assert actions.ignored_mask() == bit(SIG.HUP)
    assert actions.caught_mask() == bit(SIG.RTMAX)


def test_who_reaps_children() -> None:
    actions = SignalActions()
    assert not actions.reaps_children
    actions[SIG.CHLD] = Action(0x1000, SA.NOCLDWAIT)
    assert actions.reaps_children
