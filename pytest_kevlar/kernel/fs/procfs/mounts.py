"""/proc/PID/mounts, mountinfo and mountstats. Mirrors fs/proc_namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.errno import EINVAL
from pytest_kevlar.kernel.fs.devices import major_of, minor_of
from pytest_kevlar.kernel.fs.mount import VfsPath, path_text
from pytest_kevlar.kernel.fs.mounting import dominating_group, is_reachable

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import Mount
    from pytest_kevlar.kernel.fs.procfs.subject import Subject
    from pytest_kevlar.kernel.task.task import Task

FS_OPTIONS = (
    (MS.SYNCHRONOUS, b"sync"),
    (MS.DIRSYNC, b"dirsync"),
    (MS.MANDLOCK, b"mand"),
    (MS.LAZYTIME, b"lazytime"),
)
OPTIONS = (
    (MS.NOSUID, b"nosuid"),
    (MS.NODEV, b"nodev"),
    (MS.NOEXEC, b"noexec"),
    (MS.NOATIME, b"noatime"),
    (MS.NODIRATIME, b"nodiratime"),
    (MS.RELATIME, b"relatime"),
    (MS.NOSYMFOLLOW, b"nosymfollow"),
)


def _escape(text: bytes) -> bytes:
    for char in b" \t\n\\#":
        if char in text:
            break
    else:
        return text
    return b"".join(b"\\%03o" % byte if byte in b" \t\n\\#" else bytes([byte]) for byte in text)


def _visible(subject: Subject) -> list[tuple[Mount, bytes]]:
    """Mounts that can be reached from the subject's root, with their paths."""
    task = subject.get()
    if not task.alive:
        raise EINVAL
    root = task.fs.root
    found = []
    for mount in task.fs.namespace.mounts():
        here = VfsPath(mount, mount.root)
        if is_reachable(here, root):
            found.append((mount, path_text(here, root)))
    return found


def _mount_options(mount: Mount, read_only: bool) -> bytes:
    head = b"ro" if read_only else b"rw"
    return b",".join([head, *(name for bit, name in OPTIONS if mount.flags & bit)])


def _fs_options(mount: Mount) -> bytes:
    fs = mount.fs
    words = [b"ro" if fs.read_only else b"rw"]
    words += [name for bit, name in FS_OPTIONS if fs.flags & bit]
    return b",".join([*words, fs.options] if fs.options else words)


def _tags(mount: Mount, root: VfsPath) -> bytes:
    """Optional fields: what the mount exchanges with whom."""
    tags = b""
    if mount.group is not None:
        tags += b" shared:%d" % mount.group.number
    if mount.master is not None:
        tags += b" master:%d" % mount.master.number
        source = dominating_group(mount.master, root)
        if source is not None and source is not mount.master:
            tags += b" propagate_from:%d" % source.number
    return tags + (b" unbindable" if mount.unbindable else b"")


def show_mounts(reader: Task, subject: Subject) -> bytes:
    """As fstab(5)."""
    lines = []
    for mount, path in _visible(subject):
        options = _mount_options(mount, mount.read_only)
        if mount.fs.options:
            options += b"," + mount.fs.options
        lines.append(
            b"%s %s %s %s 0 0\n" % (_escape(mount.source), _escape(path), mount.fs.name, options)
        )
    return b"".join(lines)


def show_mountinfo(reader: Task, subject: Subject) -> bytes:
    """proc_pid_mountinfo(5)."""
    lines = []
    task_root = subject.get().fs.root
    for mount, path in _visible(subject):
        lines.append(
            b"%d %d %d:%d %s %s %s%s - %s %s %s\n"
            % (
                mount.id,
                mount.parent.id if mount.parent else 1,
                major_of(mount.fs.device),
                minor_of(mount.fs.device),
                _escape(mount.fs.shown_root(mount.root, reader)),
                _escape(path),
                _mount_options(mount, bool(mount.flags & MS.RDONLY)),
                _tags(mount, task_root),
                mount.fs.name,
                _escape(mount.source),
                _fs_options(mount),
            )
        )
    return b"".join(lines)


def show_mountstats(reader: Task, subject: Subject) -> bytes:
    """proc_pid_mountstats(5)."""
    return b"".join(
        b"device %s mounted on %s with fstype %s\n"
        % (_escape(mount.source), _escape(path), mount.fs.name)
        for mount, path in _visible(subject)
    )
