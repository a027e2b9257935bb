"""A scheduler that looks at the invariants whenever the kernel has done something."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import replace
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.invariants import InvariantBroken, check
from pytest_kevlar.kernel.task.scheduler import RunEnded, Scheduler, TaskGone

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.syscalls.registry import Entry
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import Sleep


#: Looks after the same call of the same task, and after how many more there is another: a
#: task that reads a clock in a loop shall not take minutes.
LOOKS, THEN_EVERY = 1000, 64


class CheckedScheduler(Scheduler):
    """Checks after each system call, each sleep, each fault and each slice.

    A call that one task makes more than `LOOKS` times is then looked at now and then.
    """

    def __init__(self, kernel: Kernel, max_steps: int, max_seconds: float) -> None:
        super().__init__(kernel, max_steps, max_seconds)
        self._last = "the first program was loaded"
        self._slept = ""
        self._made: dict[tuple[int, int], int] = {}
        kernel.table = {number: self._checked(entry) for number, entry in kernel.table.items()}

    def _look(self, what: str) -> None:
        """All must hold now, after `what`; it did after what was looked at last."""
        try:
            check(self.kernel)
        except InvariantBroken as broken:
            raise InvariantBroken(f"{broken}, after {what} (all held after {self._last})") from None
        self._last = what

    def _checked(self, entry: Entry) -> Entry:
        """The same call, with a look after it unless it may still sleep."""
        call = entry.call

        def checked(task: Task, args: Sequence[int]) -> Any:
            what = f"{entry.name} of task {task.tid}"
            try:
                result = call(task, args)
            except (TaskGone, RunEnded):
                raise  # :meth:`_run_task` looks, or nobody does: the machine is being stopped
            except Exception:
                if self._wanted(task, entry):
                    self._look(what)
                raise
            if type(result) is not CoroutineType and self._wanted(task, entry):
                self._look(what)
            return result

        return replace(entry, call=checked)

    def _wanted(self, task: Task, entry: Entry) -> bool:
        """Whether this call of this task is to be looked at."""
        made = self._made[task.tid, entry.number] = self._made.get((task.tid, entry.number), 0) + 1
        return made <= LOOKS or made % THEN_EVERY == 0

    def _step(self, task: Task, coroutine: Coroutine[Sleep, bool, Any], *, first: bool) -> bool:
        name = self.kernel.arch.names.get(task.syscall_number, "a call")
        on = super()._step(task, coroutine, first=first)
        if on:
            self._look(f"{name} of task {task.tid}")
        else:  # :meth:`_run_task` looks
            sleep = f"went to sleep ({task.sleep.what})" if task.sleep else "slept"
            self._slept = f"{name} of task {task.tid} {sleep}"
        return on

    def _exception(self, task: Task, reason: int) -> None:
        super()._exception(task, reason)
        self._look(f"a fault of task {task.tid}")

    def _run_task(self, task: Task) -> None:
        self._slept = ""
        super()._run_task(task)
        ended = "the end" if not task.alive else "a slice"
        self._look(self._slept or f"{ended} of task {task.tid}")
