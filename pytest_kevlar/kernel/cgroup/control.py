"""Which controllers a group's children have, and whether a group is threaded.

Mirrors kernel/cgroup/cgroup.c:cgroup_subtree_control_write() and cgroup_enable_threaded().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EBUSY, EINVAL, ENOENT, EOPNOTSUPP

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup


def parse(text: bytes, known: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Names to enable and to disable; the last word about a name counts. EINVAL."""
    enable: frozenset[str] = frozenset()
    disable: frozenset[str] = frozenset()
    for word in text.split(b" "):
        if not word:
            continue
        sign, name = word[:1], word[1:].decode("latin-1")
        if name not in known or sign not in (b"+", b"-"):
            raise EINVAL
        if sign == b"+":
            enable, disable = enable | {name}, disable - {name}
        else:
            enable, disable = enable - {name}, disable | {name}
    return enable, disable


def change(group: Cgroup, enable: frozenset[str], disable: frozenset[str]) -> None:
    """Give controllers to the children and take them away.

    Raises:
        ENOENT: the group has not got it itself. EBUSY: a child passes it on, or the group
            has tasks. EOPNOTSUPP: threaded groups cannot.
    """
    enable -= group.subtree_control
    disable &= group.subtree_control
    for controller in group.hierarchy.controllers:
        if controller in enable and controller not in group.controllers:
            raise ENOENT
        if controller in disable and any(
            controller in child.subtree_control for child in group.children.values()
        ):
            raise EBUSY
    if not enable and not disable:
        return
    if enable:
        _vet(group, enable)
    group.subtree_control = group.subtree_control - disable | enable
    for child in tuple(group.children.values()):
        _settle(child, enable, disable)


def _vet(group: Cgroup, enable: frozenset[str]) -> None:
    """cgroup_vet_subtree_control_enable()."""
    if not group.domain.is_valid_domain:
        raise EOPNOTSUPP
    if group.is_root:
        return
    if enable - group.hierarchy.threaded:
        if group.is_thread_root or group.threaded:
            raise EOPNOTSUPP
    elif group.can_be_thread_root or group.threaded:
        return
    if group.members:
        raise EBUSY


def _settle(child: Cgroup, enable: frozenset[str], disable: frozenset[str]) -> None:
    """Bring a child's controllers and files in line; cgroup_apply_control()."""
    hierarchy = child.hierarchy
    for controller in hierarchy.enabled(disable):
        if controller.name in child.states:
            controller.retire(child)
            del child.states[controller.name]
        if child.directory is not None:
            child.directory.remove_files(controller.files)
    added = [one for one in hierarchy.enabled(enable) if one.threaded or not child.threaded]
    for controller in added:
        child.states[controller.name] = controller.make(child)
        if child.directory is not None:
            child.directory.add_files(controller.files)
    for group in child.subtree():
        for task in group.tasks():
            for controller in hierarchy.enabled(enable | disable):
                controller.attach(task, group)


def make_threaded(group: Cgroup) -> None:
    """``threaded`` was written to cgroup.type; EOPNOTSUPP."""
    if group.threaded:
        return
    assert group.parent is not None
    domain = group.parent.domain
    if group.populated or group.subtree_control - group.hierarchy.threaded:
        raise EOPNOTSUPP
    if not domain.is_valid_domain or not domain.can_be_thread_root:
        raise EOPNOTSUPP
    group.threaded = True
    for controller in group.hierarchy.enabled(frozenset(group.states)):
        if not controller.threaded:
            controller.retire(group)
            del group.states[controller.name]
            if group.directory is not None:
                group.directory.remove_files(controller.files)
