"""Signal dispositions: what a process does with each signal; shared by CLONE_SIGHAND.

Only the table; ``sigaction(2)``'s side effects on pending signals are in :mod:`send`.
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_kevlar.kernel.abi.signals import SA, SIG, SIGHANDLER
from pytest_kevlar.kernel.signals.pending import IGNORED_BY_DEFAULT, bit
from pytest_kevlar.kernel.task.wait import WaitQueue

NSIG = 64
_SIGNALS = range(1, NSIG + 1)


class Action(NamedTuple):
    """One disposition as ``rt_sigaction(2)`` takes it.

    Attributes:
        handler: address, or SIG_DFL (0), or SIG_IGN (1).
        flags: ``SA_*``.
        restorer: address of the code that calls ``rt_sigreturn``, if SA_RESTORER.
        mask: blocked while the handler runs.
    """

    handler: int = SIGHANDLER.DFL
    flags: int = 0
    restorer: int = 0
    mask: int = 0

    @property
    def caught(self) -> bool:
        """Whether a handler is installed."""
        return self.handler not in (SIGHANDLER.DFL, SIGHANDLER.IGN)


DEFAULT = Action()


class SignalActions:
    """64 dispositions; index by signal number.

    Attributes:
        users: tasks that share this table.
        signalfd_queue: woken when a signal is sent to a task that uses this table.
    """

    __slots__ = ("_actions", "signalfd_queue", "users")

    def __init__(self, actions: list[Action] | None = None) -> None:
        self._actions = actions if actions is not None else [DEFAULT] * (NSIG + 1)
        self.users = 1
        self.signalfd_queue = WaitQueue()

    def __getitem__(self, signo: int) -> Action:
        return self._actions[signo]

    def __setitem__(self, signo: int, action: Action) -> None:
        self._actions[signo] = action

    def share(self) -> SignalActions:
        """The same table for one more task: CLONE_SIGHAND."""
        self.users += 1
        return self

    def release(self) -> None:
        """One task less."""
        self.users -= 1

    def copy(self) -> SignalActions:
        """An independent table with the same dispositions: fork without CLONE_SIGHAND."""
        return SignalActions(self._actions.copy())

    def flush(self) -> None:
        """Caught becomes default, ignored stays; kernel/signal.c:flush_signal_handlers()."""
        self._actions = [
            Action(SIGHANDLER.IGN) if action.handler == SIGHANDLER.IGN else DEFAULT
            for action in self._actions
        ]

    def ignores(self, signo: int) -> bool:
        """Whether the signal would have no effect; kernel/signal.c:sig_handler_ignored()."""
        handler = self._actions[signo].handler
        if handler == SIGHANDLER.IGN:
            return True
        return handler == SIGHANDLER.DFL and bool(IGNORED_BY_DEFAULT & bit(signo))

    def ignored_mask(self) -> int:
        """``SigIgn`` of ``/proc/PID/status``."""
        return sum(bit(n) for n in _SIGNALS if self._actions[n].handler == SIGHANDLER.IGN)

    def caught_mask(self) -> int:
        """``SigCgt`` of ``/proc/PID/status``."""
        return sum(bit(n) for n in _SIGNALS if self._actions[n].caught)

    @property
    def reaps_children(self) -> bool:
        """Whether ended children vanish without a wait: SIGCHLD ignored or SA_NOCLDWAIT."""
        action = self._actions[SIG.CHLD]
        return action.handler == SIGHANDLER.IGN or bool(action.flags & SA.NOCLDWAIT)
