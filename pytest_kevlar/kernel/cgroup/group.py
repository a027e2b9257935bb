"""The control group: its place in the tree, who is in it, and what it knows of those below.

State and questions only. Making and removing groups is :mod:`hierarchy`, moving tasks
:mod:`migrate`, switching controllers :mod:`control`. Mirrors kernel/cgroup/cgroup.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_kevlar.kernel.cgroup.cgroupfs import CgroupDirectory
    from pytest_kevlar.kernel.cgroup.hierarchy import Hierarchy
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task


class Cgroup:
    """One group.

    Attributes:
        name, parent, children: its place; the root has no parent.
        level: 0 for the root.
        members: living tasks with their CPU times when they came, oldest first; the root
            keeps none, as everybody is there who is nowhere else.
        population: 1 for members, and 1 for every child with any below it.
        dead: it has been removed; open files and zombies may still refer to it.
        max_depth, max_descendants: None for no bound.
        threaded: its tasks share the domain of a group above.
        subtree_control: controllers that the children have. states: what each controller
            keeps here, by its name.
        freeze: cgroup.freeze of its own. freezing: that, or a group's above. frozen: all
            below it has stopped. frozen_ns, frozen_since: time spent `freezing`.
        user_ns, system_ns: CPU time here of tasks that are not here any more.
        directory: its inode in the file system.
    """

    __slots__ = (
        "children",
        "dead",
        "directory",
        "freeze",
        "freezing",
        "frozen",
        "frozen_ns",
        "frozen_since",
        "hierarchy",
        "level",
        "max_depth",
        "max_descendants",
        "members",
        "name",
        "parent",
        "population",
        "states",
        "subtree_control",
        "system_ns",
        "threaded",
        "user_ns",
    )

    def __init__(self, hierarchy: Hierarchy, parent: Cgroup | None, name: bytes) -> None:
        self.hierarchy = hierarchy
        self.parent = parent
        self.name = name
        self.level: int = parent.level + 1 if parent else 0
        self.children: dict[bytes, Cgroup] = {}
        self.members: dict[Task, tuple[int, int]] = {}
        self.population = 0
        self.dead = False
        self.max_depth: int | None = None
        self.max_descendants: int | None = None
        self.threaded = False
        self.subtree_control: frozenset[str] = frozenset()
        self.states: dict[str, Any] = {}
        self.freeze = False
        self.freezing: bool = parent.freezing if parent else False
        self.frozen = self.freezing
        self.frozen_ns = 0
        self.frozen_since: int = hierarchy.kernel.clock.now
        self.user_ns = self.system_ns = 0
        self.directory: CgroupDirectory | None = None

    # -- the tree ------------------------------------------------------------------------

    def ancestors(self) -> Iterator[Cgroup]:
        """This group and those above it, the root last."""
        here: Cgroup | None = self
        while here is not None:
            yield here
            here = here.parent

    def subtree(self) -> Iterator[Cgroup]:
        """This group and those below it, each before its children."""
        yield self
        for child in tuple(self.children.values()):
            yield from child.subtree()

    def is_below(self, other: Cgroup) -> bool:
        """Whether this is `other` or lies under it."""
        return any(here is other for here in self.ancestors())

    def path_from(self, root: Cgroup) -> bytes:
        """The path as seen from `root`; fs/kernfs/dir.c:kernfs_path_from_node_locked()."""
        above = list(root.ancestors())
        names: list[bytes] = []
        here = self
        while here not in above:
            names.append(here.name)
            assert here.parent is not None
            here = here.parent
        up = [b".."] * above.index(here)
        return b"/" + b"/".join([*up, *reversed(names)])

    # -- who is here ---------------------------------------------------------------------

    @property
    def is_root(self) -> bool:
        """Whether nothing is above."""
        return self.parent is None

    def tasks(self) -> list[Task]:
        """Living tasks in it, not below it."""
        if self.parent is not None:
            return list(self.members)
        everybody = self.hierarchy.kernel.tasks.values()
        return [task for task in everybody if task.cgroup is self and task.alive]

    def processes(self) -> list[Process]:
        """Processes with a living task in it; in a domain, those of its threaded groups, too."""
        found = dict.fromkeys(task.process for task in self.tasks())
        for child in self.children.values():
            if child.threaded:
                found.update(dict.fromkeys(child.processes()))
        return list(found)

    @property
    def populated(self) -> bool:
        """Whether there is a living task in it or below it."""
        return self.population > 0 or (self.parent is None)

    def add(self, task: Task) -> None:
        """`task` is here from now on."""
        task.cgroup = self
        if self.parent is not None:
            if not self.members:
                self._count(1)
            self.members[task] = (task.user_ns, task.system_ns)

    def discard(self, task: Task) -> None:
        """`task` is not here any more, or is dead."""
        times = self.members.pop(task, None)
        if times is not None:
            self.user_ns += task.user_ns - times[0]
            self.system_ns += task.system_ns - times[1]
            if not self.members:
                self._count(-1)

    def _count(self, change: int) -> None:
        """kernel/cgroup/cgroup.c:cgroup_update_populated()."""
        for here in self.ancestors():
            before = here.populated
            here.population += change
            if here.populated is before:
                break
            here.notify(b"cgroup.events")

    def cpu_times(self) -> tuple[int, int]:
        """User and system nanoseconds that tasks used while they were here or below."""
        user, system = self.user_ns, self.system_ns
        for task, (user_before, system_before) in self.members.items():
            user += task.user_ns - user_before
            system += task.system_ns - system_before
        for child in self.children.values():
            more = child.cpu_times()
            user, system = user + more[0], system + more[1]
        return user, system

    # -- domains and threaded groups -----------------------------------------------------

    @property
    def domain(self) -> Cgroup:
        """The group whose resources this one's tasks use."""
        here = self
        while here.threaded and here.parent is not None:
            here = here.parent
        return here

    @property
    def is_thread_root(self) -> bool:
        """Whether it is the domain of threaded groups; cgroup_is_thread_root()."""
        if self.threaded:
            return False
        if any(child.threaded for child in self.children.values()):
            return True
        return bool(self.subtree_control & self.hierarchy.threaded and self.tasks())

    @property
    def is_valid_domain(self) -> bool:
        """cgroup_is_valid_domain()."""
        if self.threaded:
            return False
        for above in self.ancestors():
            if above is not self and (
                above.threaded or (not above.is_root and above.is_thread_root)
            ):
                return False
        return True

    @property
    def can_be_thread_root(self) -> bool:
        """cgroup_can_be_thread_root()."""
        if self.is_root:
            return True
        if self.threaded or self.subtree_control - self.hierarchy.threaded:
            return False
        return not any(child.populated and not child.threaded for child in self.children.values())

    @property
    def kind(self) -> bytes:
        """As cgroup.type tells."""
        if self.threaded:
            return b"threaded"
        if not self.is_valid_domain:
            return b"domain invalid"
        return b"domain threaded" if self.is_thread_root else b"domain"

    # -- controllers ---------------------------------------------------------------------

    @property
    def controllers(self) -> frozenset[str]:
        """What may be enabled for the children; cgroup_control()."""
        if self.parent is None:
            return frozenset(self.hierarchy.controllers)
        given = self.parent.subtree_control
        return given & self.hierarchy.threaded if self.threaded else given

    def state(self, controller: str) -> Any:
        """What bounds this group's tasks: its own state or the nearest above; None if nothing."""
        for here in self.ancestors():
            found = here.states.get(controller)
            if found is not None:
                return found
        return None

    def notify(self, name: bytes) -> None:
        """The file `name` has something new to tell."""
        if self.directory is not None:
            self.directory.notify(name)

    def __repr__(self) -> str:
        return f"<cgroup {self.path_from(self.hierarchy.root).decode('latin-1')}>"
