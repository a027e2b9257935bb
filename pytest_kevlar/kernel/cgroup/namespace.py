"""Cgroup namespaces: which group a task takes for the root. Mirrors kernel/cgroup/namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.task.userns import INITIAL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.userns import UserNamespace

#: include/uapi/linux/nsfs.h:CGROUP_NS_INIT_INO
INITIAL_INO = 4026531835


class CgroupNamespace:
    """One namespace.

    Attributes:
        root: what paths begin at, and what a mount of the file system shows.
        ino: inode number in nsfs. user_ns: whose root is privileged over it.
    """

    __slots__ = ("ino", "root", "user_ns")

    def __init__(
        self, root: Cgroup, ino: int = INITIAL_INO, user_ns: UserNamespace = INITIAL
    ) -> None:
        self.root = root
        self.ino = ino
        self.user_ns = user_ns
