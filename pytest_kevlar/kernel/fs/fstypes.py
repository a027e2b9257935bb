"""The types of file systems that can be mounted, and the parameters that each takes.

A context collects parameters, one at a time, and makes a file system of them in the end or
changes one; mirrors fs/fs_context.c and fs/fs_parser.c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.cgroup.cgroupfs import OPTIONS
from pytest_kevlar.kernel.errno import EBUSY, EINVAL, EPERM
from pytest_kevlar.kernel.fs.block.mounting import mount_device
from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
from pytest_kevlar.kernel.fs.ext2.options import check_option, is_option
from pytest_kevlar.kernel.fs.procfs.filesystem import ProcFs
from pytest_kevlar.kernel.fs.tmpfs import Tmpfs
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.userns import INITIAL, IdMap, UserNamespace
from pytest_kevlar.kernel.tty.devpts import DevPts

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.block.device import BlockDevice
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task

PAGE = 4096
#: Parameters that every file system has: what is set and what is cleared.
COMMON = {
    b"ro": (MS.RDONLY, 0),
    b"rw": (0, MS.RDONLY),
    b"sync": (MS.SYNCHRONOUS, 0),
    b"async": (0, MS.SYNCHRONOUS),
    b"dirsync": (MS.DIRSYNC, 0),
    b"lazytime": (MS.LAZYTIME, 0),
    b"nolazytime": (0, MS.LAZYTIME),
    b"mand": (MS.MANDLOCK, 0),
    b"nomand": (0, MS.MANDLOCK),
}
#: ``MS_*`` that belong to the file system rather than to the mount.
FS_FLAGS = MS.RDONLY | MS.SYNCHRONOUS | MS.DIRSYNC | MS.MANDLOCK | MS.LAZYTIME
#: Those that MS_REMOUNT changes, given or not.
REMOUNT_MASK = MS.RDONLY | MS.SYNCHRONOUS | MS.MANDLOCK | MS.LAZYTIME


@dataclass(slots=True)
class Context:
    """A file system that is being set up, or changed.

    Attributes:
        kind: its type. flags: ``MS_*`` of the file system. source: what is mounted.
        user_ns: to whom it is to belong, and whose ids parameters are.
        mask: which of the flags have been given, and are changed.
        values: parameters of the type, by name. words: those of a type that keeps text.
        exclusive: EBUSY if it is mounted already.
        log: what ``read`` tells of failures.
    """

    vfs: Vfs
    kind: FileSystemType
    flags: int = 0
    mask: int = 0
    user_ns: UserNamespace = INITIAL
    source: bytes | None = None
    values: dict[bytes, int] = field(default_factory=dict)
    words: list[bytes] = field(default_factory=list)
    exclusive: bool = False
    log: list[bytes] = field(default_factory=list)

    def set(self, key: bytes, value: bytes | None) -> None:
        """One parameter, with a value or (None) as a flag; fs/fs_context.c:vfs_parse_fs_param()."""
        common = COMMON.get(key)
        if common is not None:
            self.flags = self.flags & ~common[1] | common[0]
            self.mask |= common[0] | common[1]
            return
        parse = self.kind.parameters.get(key)
        if key in self.kind.words:
            if value is not None:
                raise self.fail(b"Unexpected value for '%s'" % key)
            self.words.append(key)
        elif parse is not None:
            self.values[key] = self._parse(key, parse, value)
        elif self.kind.keeps_text and is_option(key):
            self._keep(key, value)
        elif key == b"source":
            self._set_source(value)
        else:
            raise self.fail(b"Unknown parameter '%s'" % key)

    def _parse(
        self, key: bytes, parse: Callable[[Context, bytes], int], value: bytes | None
    ) -> int:
        if value is None:
            raise self.fail(b"Bad value for '%s'" % key)
        try:
            return parse(self, value)
        except (EINVAL, ValueError):
            raise self.fail(b"Bad value for '%s'" % key) from None

    def _keep(self, key: bytes, value: bytes | None) -> None:
        word = key if value is None else key + b"=" + value
        try:
            check_option(word)
        except EINVAL:
            raise self.fail(b"Bad value for '%s'" % key) from None
        self.words.append(word)

    def _set_source(self, value: bytes | None) -> None:
        if value is None:
            raise self.fail(b"Non-string source", named=False)
        if self.source is not None:
            raise self.fail(b"Multiple sources", named=False)
        self.source = value

    def fail(self, message: bytes, *, named: bool = True) -> EINVAL:
        """EINVAL, and the line that ``read`` tells."""
        prefix = self.kind.name + b": " if named else b""
        self.log.append(b"e " + prefix + message + b"\n")
        return EINVAL(message.decode("latin-1"))

    def parse_options(self, options: bytes) -> None:
        """The text that mount(2) takes; fs/fs_context.c:vfs_parse_monolithic_sep()."""
        for option in options.split(b","):
            if option:
                key, equals, value = option.partition(b"=")
                self.set(key, value if equals else None)

    def check_capable(self, task: Task) -> None:
        """EPERM unless the task may make one; fs/super.c:mount_capable()."""
        needed = self.user_ns if self.kind.in_user_namespaces else INITIAL
        if not task.cred.capable_in(needed, CAP_SYS_ADMIN):
            raise EPERM

    def check_change(self, task: Task, fs: FileSystem) -> None:
        """EPERM unless the task may remount it."""
        if not task.cred.capable_in(fs.user_ns, CAP_SYS_ADMIN):
            raise EPERM

    def make(self, task: Task) -> FileSystem:
        """A new file system, or one that is mounted already."""
        if self.kind.single and self.exclusive:
            raise EBUSY
        fs = self.kind.make(self, task)
        if not self.kind.single and fs.block_device is None:
            fs.read_only = bool(self.flags & MS.RDONLY)
            fs.flags = self.flags & FS_FLAGS & ~MS.RDONLY
            fs.user_ns = self.user_ns
        return fs

    def change(self, fs: FileSystem) -> None:
        """Remount: EINVAL for sizes that are too small now."""
        self.kind.change(self, fs)
        old = fs.flags | (MS.RDONLY if fs.read_only else 0)
        new = old & ~self.mask | self.flags & self.mask
        fs.remount(bool(new & MS.RDONLY), b",".join(self.words))
        fs.flags = new & FS_FLAGS & ~MS.RDONLY


@dataclass(frozen=True, slots=True)
class FileSystemType:
    """One type.

    Attributes:
        parameters: what each parameter's value is turned into; EINVAL or ValueError.
        words: parameters without a value.
        keeps_text: the file system itself understands its parameters.
        single: all mounts show one file system.
        in_user_namespaces: CAP_SYS_ADMIN over `owner`, rather than over the machine, is enough.
        owner: the user namespace to which a new one would belong.
    """

    name: bytes
    make: Callable[[Context, Task], FileSystem]
    parameters: Mapping[bytes, Callable[[Context, bytes], int]] = field(default_factory=dict)
    words: Sequence[bytes] = ()
    keeps_text: bool = False
    single: bool = False
    in_user_namespaces: bool = False
    owner: Callable[[Task], UserNamespace] = lambda task: task.cred.user_ns
    change: Callable[[Context, FileSystem], None] = lambda context, fs: None


# -- values -----------------------------------------------------------------------------------


def _octal(context: Context, text: bytes) -> int:
    if not text.isdigit():
        raise EINVAL
    return int(text, 8)


def _ident(text: bytes, ids: IdMap) -> int:
    """A user or group: a number that is mapped, as the kernel's."""
    if not text.isdigit():
        raise EINVAL
    return ids.given(int(text))


def _user(context: Context, text: bytes) -> int:
    return _ident(text, context.user_ns.uids)


def _group(context: Context, text: bytes) -> int:
    return _ident(text, context.user_ns.gids)


def _scaled(context: Context, text: bytes) -> int:
    """A number with an optional k, m or g behind it; lib/cmdline.c:memparse()."""
    shift = {b"k": 10, b"m": 20, b"g": 30}.get(text[-1:].lower(), 0)
    digits = text[:-1] if shift else text
    if not digits.isdigit():
        raise EINVAL
    return int(digits) << shift


def _size(context: Context, text: bytes) -> int:
    """Bytes, or a part of the memory with a per cent sign; the result is in pages."""
    if text.endswith(b"%"):
        return context.vfs.kernel.profile.memory_total * _scaled(context, text[:-1]) // 100 // PAGE
    return -(-_scaled(context, text) // PAGE)


# -- types -------------------------------------------------------------------------------------


def _make_tmpfs(context: Context, task: Task) -> Tmpfs:
    values = context.values
    return Tmpfs(
        context.vfs,
        values.get(b"mode", 0o1777) & 0o7777,
        values.get(b"uid", task.cred.fsuid),
        values.get(b"gid", task.cred.fsgid),
        values.get(b"size", values.get(b"nr_blocks")) or None,
        values.get(b"nr_inodes") or None,
    )


def _change_tmpfs(context: Context, fs: FileSystem) -> None:
    """mm/shmem.c:shmem_reconfigure(): sizes only."""
    assert isinstance(fs, Tmpfs)
    values = context.values
    pages = values.get(b"size", values.get(b"nr_blocks"))
    if pages is not None:
        if pages and pages < fs.quota.used:
            raise context.fail(b"Too small a size for current use")
        fs.quota.limit = pages or None
    inodes = values.get(b"nr_inodes")
    if inodes is not None:
        if inodes and inodes < fs.inodes:
            raise context.fail(b"Too few inodes for current use")
        fs.max_inodes = inodes or fs.default_inodes


def _make_ext2(context: Context, task: Task) -> FileSystem:
    """fs/super.c:get_tree_bdev()."""

    def open_device(vfs: Vfs, device: BlockDevice, read_only: bool, options: bytes) -> Ext2:
        fs = Ext2(vfs, device, read_only, options)
        fs.flags = context.flags & FS_FLAGS & ~MS.RDONLY
        return fs

    if context.source is None:
        raise context.fail(b"No source specified", named=False)
    return mount_device(
        task,
        context.source,
        bool(context.flags & MS.RDONLY),
        b",".join(context.words),
        open_device,
        exclusive=context.exclusive,
    )


def _make_devpts(context: Context, task: Task) -> DevPts:
    values = context.values
    fs = DevPts(context.vfs)
    fs.mode = values.get(b"mode", 0o600) & 0o7777
    fs.set_ptmx_mode(values.get(b"ptmxmode", 0) & 0o7777)
    return fs


def _make_cgroup2(context: Context, task: Task) -> FileSystem:
    """kernel/cgroup/cgroup.c:cgroup_get_tree(): the last mount's words count for all."""
    if task.cgroup_ns is task.kernel.cgroup_ns:
        task.kernel.cgroups.flags = frozenset(context.words)
    return context.vfs.cgroups


def _change_cgroup2(context: Context, fs: FileSystem) -> None:
    task = fs.kernel.scheduler.current
    if task is not None and task.cgroup_ns is fs.kernel.cgroup_ns:
        fs.kernel.cgroups.flags = frozenset(context.words)


TMPFS_PARAMETERS = {
    b"mode": _octal,
    b"uid": _user,
    b"gid": _group,
    b"size": _size,
    b"nr_blocks": _scaled,
    b"nr_inodes": _scaled,
}

TYPES = {
    kind.name: kind
    for kind in (
        FileSystemType(
            b"tmpfs",
            _make_tmpfs,
            TMPFS_PARAMETERS,
            change=_change_tmpfs,
            in_user_namespaces=True,
        ),
        FileSystemType(b"ramfs", _make_tmpfs, {b"mode": _octal}, in_user_namespaces=True),
        FileSystemType(
            b"proc",
            lambda context, task: ProcFs(context.vfs, task.pid_ns),
            in_user_namespaces=True,
            owner=lambda task: task.pid_ns.user_ns,
        ),
        FileSystemType(
            b"sysfs",
            lambda context, task: context.vfs.sysfs,
            single=True,
            in_user_namespaces=True,
            owner=lambda task: task.net.user_ns,
        ),
        FileSystemType(
            b"devtmpfs", lambda context, task: context.vfs.devtmpfs, TMPFS_PARAMETERS, single=True
        ),
        FileSystemType(
            b"devpts",
            _make_devpts,
            {b"mode": _octal, b"ptmxmode": _octal},
            in_user_namespaces=True,
        ),
        FileSystemType(
            b"mqueue",
            lambda context, task: task.ipc.mqueue(context.vfs),
            single=True,
            in_user_namespaces=True,
            owner=lambda task: task.ipc.user_ns,
        ),
        FileSystemType(
            b"cgroup2",
            _make_cgroup2,
            words=OPTIONS,
            single=True,
            change=_change_cgroup2,
            in_user_namespaces=True,
            owner=lambda task: task.cgroup_ns.user_ns,
        ),
        FileSystemType(b"ext2", _make_ext2, keeps_text=True),
    )
}
