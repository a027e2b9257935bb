"""The one tree of control groups: making and removing groups, and what tasks have to do with it.

A task that forks or ends in the root group costs nothing: nobody counts it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cgroup.controllers import CONTROLLERS, Controller
from pytest_kevlar.kernel.cgroup.freezer import refresh
from pytest_kevlar.kernel.cgroup.group import Cgroup
from pytest_kevlar.kernel.errno import EAGAIN, EBUSY, ENODEV

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.memory import Memory
    from pytest_kevlar.kernel.cgroup.pids import Pids
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.task import Task


class Hierarchy:
    """All groups of one machine.

    Attributes:
        root: everybody's group at first.
        controllers: by name, in the order in which files list them.
        threaded: names of those that can tell threads of a process apart.
        flags: options of the file system.
        pids_charged: where the pids controller counts a task.
        memory_owners: whom the memory controller charges, by number.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.controllers: dict[str, Controller] = {one.name: one for one in CONTROLLERS}
        self.threaded = frozenset(one.name for one in CONTROLLERS if one.threaded)
        self.flags: frozenset[bytes] = frozenset()
        self.pids_charged: dict[Task, Pids] = {}
        self.memory_owners: dict[int, Memory] = {}
        self.root = Cgroup(self, None, b"")

    # -- groups --------------------------------------------------------------------------

    def make(self, parent: Cgroup, name: bytes) -> Cgroup:
        """A new group; kernel/cgroup/cgroup.c:cgroup_mkdir().

        Raises:
            ENODEV: the parent is gone. EAGAIN: a bound of a group above.
        """
        if parent.dead:
            raise ENODEV
        for depth, above in enumerate(parent.ancestors(), 1):
            if above.max_descendants is not None and (
                sum(1 for _ in above.subtree()) > above.max_descendants
            ):
                raise EAGAIN("cgroup.max.descendants")
            if above.max_depth is not None and depth > above.max_depth:
                raise EAGAIN("cgroup.max.depth")
        child = Cgroup(self, parent, name)
        parent.children[name] = child
        for controller in self.enabled(parent.subtree_control):
            child.states[controller.name] = controller.make(child)
        return child

    def remove(self, group: Cgroup) -> None:
        """rmdir(2); EBUSY with living tasks, or groups, in it: cgroup_destroy_locked()."""
        if group.populated or group.children:
            raise EBUSY
        assert group.parent is not None
        group.dead = True
        del group.parent.children[group.name]
        parent = group.parent
        parent.user_ns += group.user_ns
        parent.system_ns += group.system_ns
        for controller in self.enabled(frozenset(group.states)):
            controller.retire(group)
        refresh(parent)

    def enabled(self, names: frozenset[str]) -> list[Controller]:
        """The controllers of these names, in order."""
        return [one for name, one in self.controllers.items() if name in names]

    def payer(self, group: Cgroup) -> int:
        """Whom the engine charges for what tasks of a group ask for; 0 for nobody."""
        found: Memory | None = group.state("memory") if group.parent is not None else None
        return found.owner if found else 0

    # -- the life of a task --------------------------------------------------------------

    def admit(self, group: Cgroup) -> None:
        """One task more is about to be in `group`: EAGAIN; cgroup_can_fork()."""
        for controller in self.controllers.values():
            controller.can_fork(group)

    def forked(self, task: Task, group: Cgroup) -> None:
        """A new task begins in `group`; cgroup_post_fork()."""
        if group.parent is None:
            return
        group.add(task)
        for controller in self.controllers.values():
            controller.attach(task, group)
        if group.freezing:
            task.interrupt_pending = True
            refresh(group)

    def exited(self, task: Task) -> None:
        """A task is dead, though perhaps not waited for; cgroup_exit()."""
        task.cgroup.discard(task)
        if task.cgroup.freezing:
            refresh(task.cgroup)

    def released(self, task: Task) -> None:
        """Nothing is left of a task; cgroup_release()."""
        for controller in self.controllers.values():
            controller.release(task)
