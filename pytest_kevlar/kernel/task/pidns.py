"""PID namespaces: what processes are called, by whom, and who looks after orphans.

An id of the kernel's own (``Task.tid``, ``Process.pid``, ``pgid``, ``sid``) is the number in the
initial namespace. An id that belongs to a namespace below has a number in each namespace from the
initial one to its own, and is not seen in any other. Mirrors kernel/pid.c and
kernel/pid_namespace.c; what the end of an init does to the others is :mod:`exit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.errno import EEXIST, EINVAL, ENOMEM, ENOSPC, EPERM
from pytest_kevlar.kernel.task.cred import CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

#: include/uapi/linux/nsfs.h:PID_NS_INIT_INO
INITIAL_INO = 4026531836
PID_MAX = 4_194_304
#: Numbers below are given once, not again when numbers begin anew.
RESERVED_PIDS = 300
MAX_LEVEL = 32


class Pid(NamedTuple):
    """The names of an id that belongs to a namespace below the initial one: ``struct pid``.

    Attributes:
        namespace: its own, the lowest that sees it.
        numbers: by level.
    """

    namespace: PidNamespace
    numbers: tuple[int, ...]


class PidNamespace:
    """What ``CLONE_NEWPID`` makes anew.

    Attributes:
        ino: inode number in nsfs, by which ``/proc/PID/ns/pid`` tells namespaces apart.
        path: the namespaces from the initial one to this. level: its place in there.
        last: the number given last.
        may_collide: a number ahead may be taken: they began anew, or somebody chose one.
        reaper: its init, which inherits orphans; None before there is one.
        closed: init is gone, and nobody comes in any more.
        user_ns: to whom it belongs.
        reboot_signal: what init is said to have died of, 0 for what it did die of.
        emptied: called when init alone is left; set while it waits for that.
    """

    __slots__ = (
        "_idents",
        "_kernel",
        "closed",
        "emptied",
        "ino",
        "last",
        "level",
        "may_collide",
        "path",
        "reaper",
        "reboot_signal",
        "user_ns",
    )

    def __init__(
        self,
        kernel: Kernel,
        parent: PidNamespace | None = None,
        ino: int = INITIAL_INO,
        last: int = 0,
        user_ns: UserNamespace = INITIAL,
    ) -> None:
        self._kernel = kernel
        self._idents: dict[int, int] = {}  # by number; unused by the initial one
        self.ino = ino
        self.user_ns = user_ns
        self.path: tuple[PidNamespace, ...] = (*parent.path, self) if parent else (self,)
        self.level = len(self.path) - 1
        self.last = last
        self.may_collide = False
        self.reaper: Process | None = None
        self.closed = False
        self.reboot_signal = 0
        self.emptied: Callable[[], None] | None = None

    @property
    def parent(self) -> PidNamespace | None:
        """The namespace in which this one was made."""
        return self.path[-2] if self.level else None

    def below(self, ino: int, user_ns: UserNamespace) -> PidNamespace:
        """A new one; ENOSPC if there are too many above it already."""
        if self.level >= MAX_LEVEL:
            raise ENOSPC("levels of PID namespaces")
        return PidNamespace(self._kernel, self, ino, user_ns=user_ns)

    def contains(self, other: PidNamespace) -> bool:
        """Whether `other` is this one or below it."""
        return other.level >= self.level and other.path[self.level] is self

    @property
    def is_empty(self) -> bool:
        """Whether nobody but init has a number here."""
        return len(self._idents) == 1

    # -- names ------------------------------------------------------------------------------

    def number(self, ident: int) -> int:
        """What an id is called here, 0 if it is not seen; kernel/pid.c:pid_nr_ns()."""
        if not self.level:
            return ident
        pid = self._kernel.nested_pids.get(ident)
        return pid.numbers[self.level] if pid and self.contains(pid.namespace) else 0

    def numbers(self, own: PidNamespace, ident: int) -> list[int]:
        """What an id is called here and in each namespace on the way down to `own`."""
        return [namespace.number(ident) for namespace in own.path[self.level :]]

    def ident(self, number: int) -> int | None:
        """The id that is called `number` here; in the initial one it may be nobody's."""
        return self._idents.get(number) if self.level else number

    def task(self, number: int) -> Task | None:
        """The thread that is called `number` here; kernel/pid.c:find_task_by_pid_ns()."""
        ident = self._idents.get(number, 0) if self.level else number
        return self._kernel.tasks.get(ident)

    def process(self, number: int) -> Process | None:
        """The process that is called `number` here."""
        ident = self._idents.get(number, 0) if self.level else number
        return self._kernel.processes.get(ident)

    def processes(self) -> Iterator[tuple[int, Process]]:
        """Processes that are seen here, zombies included, oldest first, with their numbers."""
        for ident, process in self._kernel.processes.items():
            number = self.number(ident)
            if number:
                yield number, process

    # -- giving numbers ---------------------------------------------------------------------

    def is_taken(self, number: int) -> bool:
        """Whether a task, a process group or a session is called so."""
        return number in self._idents if self.level else self._kernel.is_used(number)

    def next_number(self) -> int:
        """The next free number."""
        while True:
            self.last += 1
            if self.last >= PID_MAX:
                self.last = RESERVED_PIDS
                self.may_collide = True
            if not self.may_collide or not self.is_taken(self.last):
                return self.last

    def count_from(self, last: int) -> None:
        """Say that `last` was the number given last."""
        self.last = last
        self.may_collide = True

    def allocate(self, creator: Task, chosen: Sequence[int] = ()) -> int:
        """A new id that belongs here; kernel/pid.c:alloc_pid().

        Args:
            chosen: numbers in this namespace, the one above it, and so on.

        Raises:
            EINVAL: more numbers than levels, one that cannot be, or not 1 for an init. EPERM.
            EEXIST: taken. ENOMEM: init is gone.
        """
        if not (self.level or chosen):
            ident = self.next_number()
            if self.may_collide:
                self._kernel.nested_pids.pop(ident, None)
            return ident
        self._check(creator, chosen)
        if self.closed:
            raise ENOMEM("the namespace's init has ended")
        wanted = [*chosen, *[0] * (len(self.path) - len(chosen))]
        numbers = tuple(
            self._reserve(namespace, number)
            for namespace, number in zip(self.path, reversed(wanted), strict=True)
        )
        nested = self._kernel.nested_pids
        nested.pop(numbers[0], None)
        if self.level:
            nested[numbers[0]] = Pid(self, numbers)
            for namespace, number in zip(self.path[1:], numbers[1:], strict=True):
                namespace._idents[number] = numbers[0]
        return numbers[0]

    def _check(self, creator: Task, chosen: Sequence[int]) -> None:
        if len(chosen) > len(self.path):
            raise EINVAL("more numbers than levels")
        for namespace, number in zip(reversed(self.path), chosen, strict=False):
            if not 0 < number < PID_MAX or (number != 1 and namespace.reaper is None):
                raise EINVAL("set_tid")
            if not namespace.may_choose(creator):
                raise EPERM
            if namespace.is_taken(number):
                raise EEXIST

    def may_choose(self, task: Task) -> bool:
        """Whether `task` may say which numbers are given; checkpoint_restore_ns_capable()."""
        capable_in, owner = task.cred.capable_in, self.user_ns
        return capable_in(owner, CAP_CHECKPOINT_RESTORE) or capable_in(owner, CAP_SYS_ADMIN)

    @staticmethod
    def _reserve(namespace: PidNamespace, chosen: int) -> int:
        if not chosen:
            return namespace.next_number()
        namespace.may_collide = True
        return chosen

    def free(self, number: int, ident: int) -> None:
        """Nobody that is called `number` here is left; kernel/pid.c:free_pid()."""
        if self._idents.get(number) != ident:
            return
        del self._idents[number]
        if self.is_empty and self.emptied is not None:
            emptied, self.emptied = self.emptied, None
            emptied()


def release(kernel: Kernel, *idents: int) -> None:
    """Somebody gave up these ids: numbers that nobody uses are free again.

    What they were stays known, for those who were told before.
    """
    if not kernel.nested_pids:
        return
    for ident in dict.fromkeys(idents):
        pid = kernel.nested_pids.get(ident)
        if pid is None or kernel.is_used(ident):
            continue
        for namespace in pid.namespace.path[:0:-1]:
            namespace.free(pid.numbers[namespace.level], ident)
