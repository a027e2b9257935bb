"""Moving tasks from group to group, and who may. Mirrors cgroup_attach_permissions()."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cgroup.freezer import adjust, refresh
from pytest_kevlar.kernel.cgroup.values import number, strip
from pytest_kevlar.kernel.errno import (
    EBUSY,
    EINVAL,
    ENODEV,
    ENOENT,
    EOPNOTSUPP,
    ERANGE,
    ESRCH,
)
from pytest_kevlar.kernel.fs.inode import MAY_WRITE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.controller import Opener
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task


def may_write(group: Cgroup, opener: Opener) -> None:
    """EACCES unless the group's cgroup.procs may be written to; cgroup_may_write()."""
    if group.directory is not None:
        group.directory.children[b"cgroup.procs"].inode.permission(opener.cred, MAY_WRITE)


def check(source: Cgroup, target: Cgroup, opener: Opener, *, whole: bool) -> None:
    """Whether tasks may go from `source` to `target`.

    Args:
        whole: a process with all its threads, not one thread.

    Raises:
        EACCES, ENOENT: who asks may not. EBUSY: the target passes controllers on.
        EOPNOTSUPP: invalid domains, and threads that would leave theirs.
    """
    common = next(above for above in source.ancestors() if target.is_below(above))
    may_write(common, opener)
    root = opener.namespace.root
    if b"nsdelegate" in source.hierarchy.flags and not (
        source.is_below(root) and target.is_below(root)
    ):
        raise ENOENT
    if not target.domain.is_valid_domain:
        raise EOPNOTSUPP
    can_host = target.can_be_thread_root or target.threaded
    if not can_host and target.subtree_control:
        raise EBUSY
    if not whole and source.domain is not target.domain:
        raise EOPNOTSUPP


def write(task: Task, target: Cgroup, data: bytes, opener: Opener, *, whole: bool) -> None:
    """A number was written to cgroup.procs or cgroup.threads; __cgroup_procs_write()."""
    if target.dead:
        raise ENODEV
    try:
        pid = number(strip(data))
    except ERANGE:
        raise EINVAL from None
    if pid < 0:
        raise EINVAL
    found = task.pid_ns.task(pid) if pid else task
    if found is None:
        raise ESRCH
    leader = found.process.leader
    if whole and leader is not None:
        found = leader
    check(found.cgroup, target, opener, whole=whole)
    moving = list(found.process.threads.values()) if whole else [found]
    for one in moving:
        if one.alive:
            move(one, target)


def move(task: Task, target: Cgroup) -> None:
    """Take a living task from its group to another."""
    source = task.cgroup
    if source is target:
        return
    target.add(task)
    source.discard(task)
    for controller in target.hierarchy.controllers.values():
        controller.attach(task, target)
    if source.freezing or target.freezing:
        adjust(task)
        refresh(source)
        refresh(target)
