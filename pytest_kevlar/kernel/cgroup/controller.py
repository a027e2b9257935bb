"""What a controller is to the tree, and what its files are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.cgroup.namespace import CgroupNamespace
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task


class Opener(NamedTuple):
    """Who opened a file that is written to: permissions are the opener's, not the writer's."""

    cred: Credentials
    namespace: CgroupNamespace


#: Makes what is read.
Show = Callable[["Task", "Cgroup"], bytes]
#: Takes the bytes written.
Store = Callable[["Task", "Cgroup", bytes, Opener], None]


@dataclass(frozen=True, slots=True)
class ControlFile:
    """A file of every group.

    Attributes:
        on_root: whether the root has it.
        world_writable: whoever opens it is checked when writing.
    """

    name: bytes
    show: Show | None = None
    store: Store | None = None
    on_root: bool = False

    @property
    def mode(self) -> int:
        """Permission bits; kernel/cgroup/cgroup.c:cgroup_file_mode()."""
        return (0o444 if self.show else 0) | (0o200 if self.store else 0)


class Controller:
    """One kind of resource.

    Attributes:
        name: as in cgroup.controllers. threaded: it can tell threads of a process apart.
        files: of the groups that have it.
    """

    name = ""
    threaded = False
    files: tuple[ControlFile, ...] = ()

    def make(self, group: Cgroup) -> Any:
        """What is kept for a group that has the controller from now on."""
        raise NotImplementedError

    def retire(self, group: Cgroup) -> None:
        """A group is gone, or does not have the controller any more."""

    def can_fork(self, group: Cgroup) -> None:
        """Raise what a fork in `group` fails with."""

    def attach(self, task: Task, group: Cgroup) -> None:
        """A task begins in a group, or came to it, or what counts for its group changed."""

    def release(self, task: Task) -> None:
        """A task is gone for good."""
