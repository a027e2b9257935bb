"""The inode: one file-system object of any kind, its attributes and its operations.

Generic behaviour only: what a particular file system does is in its own module, and who
may do what to a directory entry is decided in :mod:`operations`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import (
    EACCES,
    EINVAL,
    ELOOP,
    ENOENT,
    ENOTDIR,
    ENXIO,
    EOPNOTSUPP,
    EPERM,
    ETXTBSY,
)
from pytest_kevlar.kernel.fs import acl
from pytest_kevlar.kernel.task.cred import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.acl import Acl
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.fsnotify import Group, Mark
    from pytest_kevlar.kernel.fs.locks import LockTable
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.pagecache import PageCache
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

MAY_EXEC, MAY_WRITE, MAY_READ = 1, 2, 4


class DirEntry(NamedTuple):
    """One entry as ``getdents64`` reports it; `cookie` is the position of this entry."""

    name: bytes
    ino: int
    kind: int  # DT_*
    cookie: int


class Inode:
    """One object of a file system.

    Attributes:
        mode: type and permission bits. rdev: device number of device nodes.
        atime, mtime, ctime, btime: nanoseconds since 1970.
        pages: bytes of a regular file, None for everything else.
        writers: open-for-write count; negative while writing is denied (running text).
        write_hint: F_SET_RW_HINT, ``RWH_WRITE_LIFE_*``.
        locks: flock and record locks, made on first use.
        linkable: an O_TMPFILE file that may still get its first name.
        marks: who watches it, see :mod:`fsnotify`; None if nobody does.
        acls: access control lists by attribute; None if there are none.
    """

    __slots__ = (
        "acls",
        "atime",
        "btime",
        "ctime",
        "fs",
        "gid",
        "ino",
        "linkable",
        "locks",
        "marks",
        "mode",
        "mtime",
        "nlink",
        "rdev",
        "size",
        "special",
        "uid",
        "write_hint",
        "writers",
        "xattrs",
    )

    def __init__(
        self, fs: FileSystem, mode: int, uid: int = 0, gid: int = 0, rdev: int = 0, ino: int = 0
    ) -> None:
        self.fs = fs
        self.ino = ino or fs.new_ino()
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.rdev = rdev
        self.nlink = 1
        self.size = 0
        self.atime = self.mtime = self.ctime = self.btime = fs.now()
        self.writers = 0
        self.linkable = False
        self.write_hint = 0
        self.locks: LockTable | None = None
        self.marks: dict[Group, Mark] | None = None
        self.special: object | None = None  # the pipe of a FIFO, the socket bound to a name
        self.xattrs: dict[bytes, bytes] | None = None
        self.acls: dict[bytes, Acl] | None = None

    @property
    def kind(self) -> int:
        """``S_IFMT`` bits."""
        return self.mode & S.IFMT

    @property
    def is_dir(self) -> bool:
        """Whether it is a directory."""
        return self.mode & S.IFMT == S.IFDIR

    @property
    def keeps_names(self) -> bool:
        """Whether a name that is not there can be made; procfs says ENOENT instead."""
        return True

    @property
    def is_regular(self) -> bool:
        """Whether it is a regular file."""
        return self.mode & S.IFMT == S.IFREG

    @property
    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode & S.IFMT == S.IFLNK

    @property
    def pages(self) -> PageCache | None:
        """Where a regular file keeps its bytes, shared with ``mmap``; None if it has none."""
        return None

    @property
    def blocks(self) -> int:
        """512-byte blocks in use."""
        return 0

    @property
    def block_size(self) -> int:
        """``st_blksize``."""
        return 4096

    # -- permissions ---------------------------------------------------------------

    def permits(self, cred: Credentials, mask: int) -> bool:
        """Whether `cred` may do `mask` (MAY_*); fs/namei.c:generic_permission()."""
        mode = self.mode
        if cred.fsuid == self.uid:
            granted = mode >> 6
        elif self.acls and mode & 0o070 and acl.ACCESS in self.acls:
            granted = 7 if acl.grants(self.acls[acl.ACCESS], self, cred, mask & 7) else 0
        elif cred.in_group(self.gid):
            granted = mode >> 3
        else:
            granted = mode
        if not mask & ~granted & 7:
            return True
        if mode & S.IFMT == S.IFDIR:
            if not mask & MAY_WRITE and cred.capable_over(self, CAP_DAC_READ_SEARCH):
                return True
            return cred.capable_over(self, CAP_DAC_OVERRIDE)
        if mask == MAY_READ and cred.capable_over(self, CAP_DAC_READ_SEARCH):
            return True
        return (not mask & MAY_EXEC or bool(mode & 0o111)) and cred.capable_over(
            self, CAP_DAC_OVERRIDE
        )

    def owned_by(self, cred: Credentials) -> bool:
        """Its owner, or CAP_FOWNER over it; fs/inode.c:inode_owner_or_capable()."""
        return cred.fsuid == self.uid or (
            cred.capable_here(CAP_FOWNER) and cred.user_ns.uids.has(self.uid)
        )

    def permission(self, cred: Credentials, mask: int) -> None:
        """Raise EACCES unless `cred` may do `mask` (MAY_*)."""
        if not self.permits(cred, mask):
            raise EACCES

    # -- text busy ---------------------------------------------------------------

    def get_write(self) -> None:
        """Count a writer; ETXTBSY while the file is being executed."""
        if self.writers < 0:
            raise ETXTBSY
        self.writers += 1

    def put_write(self) -> None:
        """A writer is gone."""
        self.writers -= 1

    def deny_write(self) -> None:
        """The file is being executed: ETXTBSY if it is open for writing."""
        if self.writers > 0:
            raise ETXTBSY
        self.writers -= 1

    def allow_write(self) -> None:
        """One execution less."""
        self.writers += 1

    # -- times -------------------------------------------------------------------

    def changed(self) -> None:
        """Attributes changed: ctime."""
        self.ctime = self.fs.now()

    def modified(self) -> None:
        """Content changed: mtime and ctime."""
        self.mtime = self.ctime = self.fs.now()

    # -- directory operations; `dentry` is this directory's ------------------------

    def lookup(self, task: Task | None, dentry: Dentry, name: bytes) -> Dentry:
        """The entry `name`, or ENOENT."""
        raise ENOTDIR

    def entries(self, task: Task, dentry: Dentry, position: int) -> Iterable[DirEntry]:
        """Entries from directory position `position` on; 0 is the start.

        The last one has no name; its cookie is the position of the end.
        """
        raise ENOTDIR

    def create(self, dentry: Dentry, name: bytes, inode: Inode) -> Dentry:
        """Enter the new `inode` under `name`."""
        raise EPERM

    def new_child(self, mode: int, uid: int, gid: int, rdev: int = 0, target: bytes = b"") -> Inode:
        """A new inode of this file system, not entered anywhere yet."""
        raise EPERM

    def remove(self, dentry: Dentry, child: Dentry) -> None:
        """Take the entry `child` out; link counts and times are adjusted."""
        raise EPERM

    def move(
        self, dentry: Dentry, child: Dentry, target: Dentry, name: bytes, victim: Dentry | None
    ) -> None:
        """Move `child` to `name` in directory `target`, in place of `victim`."""
        raise EPERM

    def leave_behind(self, dentry: Dentry, child: Dentry, whiteout: Inode) -> None:
        """Enter `whiteout` under the name of `child`, which is about to move away."""
        raise EINVAL

    def exchange(self, first: Dentry, second: Dentry) -> None:
        """Swap two entries (RENAME_EXCHANGE)."""
        raise EINVAL

    def is_empty(self) -> bool:
        """Whether a directory has no entries but ``.`` and ``..``."""
        return True

    # -- links ---------------------------------------------------------------------

    def readlink(self, task: Task) -> bytes:
        """The target of a symbolic link."""
        raise EINVAL

    def jump(self, task: Task) -> VfsPath | None:
        """Where a magic link leads, None for an ordinary one."""
        return None

    # -- content -------------------------------------------------------------------

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """A new open file; permissions have been checked. O_TRUNC is done by the caller."""
        kind = self.mode & S.IFMT
        if kind == S.IFDIR:
            from pytest_kevlar.kernel.fs.directory import DirectoryFile

            return DirectoryFile(path, flags)
        if kind == S.IFIFO:
            from pytest_kevlar.kernel.fs.pipe import open_fifo

            return open_fifo(path, flags)
        if kind == S.IFCHR:
            from pytest_kevlar.kernel.fs.devices import open_device

            return open_device(task, path, flags)
        if kind == S.IFBLK:
            from pytest_kevlar.kernel.fs.block.file import open_block_device

            return open_block_device(path, flags)
        if kind == S.IFLNK:
            raise ELOOP
        raise ENXIO

    def truncate(self, size: int) -> None:
        """Set the size of a regular file; the caller checked permissions and limits."""
        raise EINVAL

    def chmod_allowed(self, mode: int) -> None:
        """Raise what the file system answers to a chmod to `mode`; nothing if fine."""

    def forget(self) -> None:
        """The last link or the last open file is gone: free the content if both are."""

    def require(self) -> Inode:
        """This inode, or ENOENT if it is a removed directory."""
        if self.is_dir and self.nlink == 0:
            raise ENOENT
        return self

    def set_flags_supported(self) -> None:
        """Raise EOPNOTSUPP where inode flags are not kept."""
        raise EOPNOTSUPP


def kind_to_dt(mode: int) -> int:
    """``DT_*`` of a mode."""
    return mode >> 12 & 15


def access_mask(flags: int) -> int:
    """MAY_* bits that opening with `flags` asks for."""
    mask = (MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE)[flags & O.ACCMODE]
    return mask | MAY_WRITE if flags & O.TRUNC else mask
