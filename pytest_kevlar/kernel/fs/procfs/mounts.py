"""/proc/PID/mounts, mountinfo and mountstats. Mirrors fs/proc_namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.errno import EINVAL
from pytest_kevlar.kernel.fs.devices import major_of, minor_of
from pytest_kevlar.kernel.fs.mount import VfsPath, path_text

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import Mount
    from pytest_kevlar.kernel.fs.procfs.subject import Subject
    from pytest_kevlar.kernel.task.task import Task

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
        if _reachable(here, root):
            found.append((mount, path_text(here, root)))
    return found


def _reachable(here: VfsPath, root: VfsPath) -> bool:
    mount, dentry = here
    while mount is not root.mount:
        above = mount.place
        if above is None:
            return False
        mount, dentry = above
    return dentry.is_below(root.dentry)


def _mount_options(mount: Mount, read_only: bool) -> bytes:
    head = b"ro" if read_only else b"rw"
    return b",".join([head, *(name for bit, name in OPTIONS if mount.flags & bit)])


def _fs_options(mount: Mount) -> bytes:
    fs = mount.fs
    return (b"ro" if fs.read_only else b"rw") + (b"," + fs.options if fs.options else b"")


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
    for mount, path in _visible(subject):
        inside = path_text(VfsPath(mount, mount.root), VfsPath(mount, mount.fs.root))
        lines.append(
            b"%d %d %d:%d %s %s %s - %s %s %s\n"
            % (
                mount.id,
                mount.parent.id if mount.parent else 1,
                major_of(mount.fs.device),
                minor_of(mount.fs.device),
                _escape(inside),
                _escape(path),
                _mount_options(mount, bool(mount.flags & MS.RDONLY)),
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
