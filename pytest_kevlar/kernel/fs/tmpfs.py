"""tmpfs: the in-memory file system of ``/``, ``/tmp``, ``/dev/shm`` and of memfds.

Names are kept in the directories themselves, bytes in page caches. Mirrors mm/shmem.c
and, for directory positions, fs/libfs.c:simple_offset_*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.errno import ENOENT, ENOSPC
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.filesystem import FileSystem, Statistics
from pytest_kevlar.kernel.fs.inode import DirEntry, Inode, kind_to_dt
from pytest_kevlar.kernel.fs.regular import RegularFile, guarded_store
from pytest_kevlar.kernel.mm.pagecache import PageCache, Quota

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task

DIRENT_SIZE = 20  # what an entry adds to a directory's size
FIRST_COOKIE = 3
END_OF_DIRECTORY = 0x7FFF_FFFF
#: What an inode takes of the room that inodes and attributes share: ``BOGO_INODE_SIZE``.
INODE_SIZE = 1024
ATTRIBUTE_SIZE = 40  # sizeof(struct simple_xattr)


def attribute_space(name: bytes, value: bytes) -> int:
    """What an extended attribute takes of that room; fs/xattr.c:simple_xattr_space()."""
    return ATTRIBUTE_SIZE + len(name) + len(value)


class Tmpfs(FileSystem):
    """One tmpfs."""

    name = b"tmpfs"
    magic = MAGIC.TMPFS_MAGIC
    keeps_attributes = True
    keeps_acls = True

    def __init__(
        self,
        vfs: Vfs,
        mode: int = 0o1777,
        uid: int = 0,
        gid: int = 0,
        pages: int | None = None,
        inodes: int | None = None,
    ) -> None:
        """A new one; `pages` and `inodes` bound it, None is the default bound."""
        super().__init__(vfs)
        self.quota = Quota(pages)
        self.inodes = 0
        self.xattr_used = 0
        # Half as many as there are pages, the default of nr_inodes.
        kernel = vfs.kernel
        memory = min(kernel.profile.memory_total, kernel.limits.memory)
        self.default_inodes = memory // 4096 // 2
        self.max_inodes = inodes or self.default_inodes
        self.owner = (mode, uid, gid)
        root = DirectoryInode(self, S.IFDIR | mode, uid, gid)
        self.root = Dentry(b"/", None, root)

    def statistics(self) -> Statistics:
        """For `statfs`."""
        blocks = self.quota.limit or self.kernel.profile.memory_total // 4096 // 2
        free = self.xattr_room // INODE_SIZE
        return Statistics(
            self.magic, blocks, max(blocks - self.quota.used, 0), self.max_inodes, free
        )

    @property
    def options(self) -> bytes:
        """What differs from the default; mm/shmem.c:shmem_show_options()."""
        mode, uid, gid = self.owner
        shown = []
        if self.quota.limit is not None:
            shown.append(b"size=%dk" % (self.quota.limit * 4))
        if self.max_inodes != self.default_inodes:
            shown.append(b"nr_inodes=%d" % self.max_inodes)
        if mode != 0o1777:
            shown.append(b"mode=%03o" % mode)
        shown += [b"%s=%d" % pair for pair in ((b"uid", uid), (b"gid", gid)) if pair[1]]
        return b",".join(shown)

    @property
    def xattr_room(self) -> int:
        """Bytes left for inodes and extended attributes."""
        return (self.max_inodes - self.inodes) * INODE_SIZE - self.xattr_used

    def new_ino(self) -> int:
        """The number of an inode that begins to exist."""
        self.inodes += 1
        return super().new_ino()

    def drop(self, inode: Inode) -> None:
        """An inode is gone, and its attributes with it."""
        self.inodes -= 1
        for name, value in (inode.xattrs or {}).items():
            self.xattr_used -= attribute_space(name, value)


class RegularInode(Inode):
    """A regular file: a size and a page cache."""

    __slots__ = ("_pages", "no_direct", "opened", "seals")

    def __init__(
        self,
        fs: FileSystem,
        mode: int,
        uid: int = 0,
        gid: int = 0,
        pages: PageCache | None = None,
        ino: int = 0,
    ) -> None:
        self._pages = pages or PageCache(fs.kernel.engine)
        if isinstance(fs, Tmpfs):
            self._pages.count_against(fs.quota)
        self.seals = 1  # F_SEAL_SEAL: only memfds can be sealed
        self.opened = 0
        self.no_direct = False
        super().__init__(fs, mode, uid, gid, ino=ino)

    @property
    def size(self) -> int:
        """In bytes; kept by the page cache, which needs it for SIGBUS."""
        return self._pages.size or 0

    @size.setter
    def size(self, value: int) -> None:
        self._pages.size = value

    @property
    def pages(self) -> PageCache:
        """The bytes."""
        return self._pages

    @property
    def blocks(self) -> int:
        """512-byte blocks in use."""
        return self._pages.pages * 8

    def set_pages(self, pages: PageCache) -> None:
        """Replace the content, before anybody has seen the file."""
        self._pages.release()
        self._pages = pages
        if isinstance(self.fs, Tmpfs):
            pages.count_against(self.fs.quota)

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file of this kind."""
        return RegularFile(path, flags)

    def store(self, offset: int, data: bytes) -> int:
        """Write bytes and grow; returns how many fitted."""
        done = guarded_store(self, offset, data)
        if offset + done > self.size:
            self.size = offset + done
        return done

    def populate(self, offset: int, length: int) -> None:
        """Allocate every page of a range; ENOSPC if memory does not do."""
        free = self.fs.kernel.profile.memory_total // 4096
        first, last = offset // 4096, -(-(offset + length) // 4096)
        if last - first > free:
            raise ENOSPC
        for index in range(first, last):
            self._pages.reserve(index)

    def truncate(self, size: int) -> None:
        """Set the size."""
        if size < self.size:
            self._pages.truncate(size)
        self.size = size
        self.modified()

    def forget(self) -> None:
        """Free the bytes once neither names nor open files are left."""
        if self.nlink == 0 and self.opened == 0:
            self._pages.release()
            if isinstance(self.fs, Tmpfs):
                self.fs.drop(self)


class SymlinkInode(Inode):
    """A symbolic link."""

    __slots__ = ("target",)

    def __init__(self, fs: FileSystem, target: bytes, uid: int, gid: int) -> None:
        super().__init__(fs, S.IFLNK | 0o777, uid, gid)
        self.target = target
        self.size = len(target)

    def readlink(self, task: Task) -> bytes:
        """The target."""
        return self.target


class DirectoryInode(Inode):
    """A directory.

    Attributes:
        children: entries by name.
        next_cookie: position that the next entry gets; newer entries are listed first.
    """

    __slots__ = ("children", "next_cookie")

    def __init__(self, fs: FileSystem, mode: int, uid: int = 0, gid: int = 0) -> None:
        super().__init__(fs, mode, uid, gid)
        self.nlink = 2
        self.size = 2 * DIRENT_SIZE
        self.children: dict[bytes, Dentry] = {}
        self.next_cookie = FIRST_COOKIE

    def lookup(self, task: Task | None, dentry: Dentry, name: bytes) -> Dentry:
        """The entry `name`, or ENOENT."""
        found = self.children.get(name)
        if found is None:
            raise ENOENT
        return found

    def is_empty(self) -> bool:
        """Whether there are no entries."""
        return not self.children

    def new_child(self, mode: int, uid: int, gid: int, rdev: int = 0, target: bytes = b"") -> Inode:
        """A new inode of this file system."""
        kind = mode & S.IFMT
        if isinstance(self.fs, Tmpfs) and self.fs.xattr_room < INODE_SIZE:
            raise ENOSPC("nr_inodes")
        if kind == S.IFREG:
            return RegularInode(self.fs, mode, uid, gid)
        if kind == S.IFDIR:
            return DirectoryInode(self.fs, mode, uid, gid)
        if kind == S.IFLNK:
            return SymlinkInode(self.fs, target, uid, gid)
        return Inode(self.fs, mode, uid, gid, rdev)

    def create(self, dentry: Dentry, name: bytes, inode: Inode) -> Dentry:
        """Enter `inode` under `name`."""
        child = Dentry(name, dentry, inode, self._cookie())
        self.children[name] = child
        self.size += DIRENT_SIZE
        if inode.is_dir:
            self.nlink += 1
        self.modified()
        return child

    def remove(self, dentry: Dentry, child: Dentry) -> None:
        """Take `child` out."""
        inode = child.inode
        self._drop(child)
        self.modified()
        inode.ctime = self.ctime
        if inode.is_dir:
            inode.nlink = 0
            self.nlink -= 1
        else:
            inode.nlink -= 1
        inode.forget()
        if not inode.nlink and not inode.is_regular and isinstance(self.fs, Tmpfs):
            self.fs.drop(inode)

    def move(
        self, dentry: Dentry, child: Dentry, target: Dentry, name: bytes, victim: Dentry | None
    ) -> None:
        """Move `child` to `name` in `target`."""
        where = target.inode
        assert isinstance(where, DirectoryInode)
        if victim is not None:
            where.remove(target, victim)
        if self.children[child.name] is child:  # no whiteout has taken the name
            del self.children[child.name]
        self.size -= DIRENT_SIZE
        child.name = name
        child.parent = target
        child.cookie = where._cookie()
        where.children[name] = child
        where.size += DIRENT_SIZE
        if child.inode.is_dir and where is not self:
            self.nlink -= 1
            where.nlink += 1
        self.modified()
        where.mtime = where.ctime = child.inode.ctime = self.ctime

    def leave_behind(self, dentry: Dentry, child: Dentry, whiteout: Inode) -> None:
        """Enter `whiteout` under the name of `child`, which is about to move away."""
        self.create(dentry, child.name, whiteout)

    def exchange(self, first: Dentry, second: Dentry) -> None:
        """Swap two entries."""
        one, two = first.parent, second.parent
        a, b = one.inode, two.inode
        assert isinstance(a, DirectoryInode) and isinstance(b, DirectoryInode)
        a.children[first.name], b.children[second.name] = second, first
        first.name, second.name = second.name, first.name
        first.parent, second.parent = two, one
        second.cookie = a._cookie()
        first.cookie = b._cookie()
        change = int(second.inode.is_dir) - int(first.inode.is_dir)
        if a is not b:
            a.nlink += change
            b.nlink -= change
        a.modified()
        b.mtime = b.ctime = first.inode.ctime = second.inode.ctime = a.ctime

    def entries(self, task: Task, dentry: Dentry, position: int) -> Iterator[DirEntry]:
        """Directory entries."""
        if position == 0:
            yield DirEntry(b".", self.ino, 4, 0)
        if position <= 1:
            yield DirEntry(b"..", dentry.parent.inode.ino, 4, 1)
        everything = position <= 2
        for child in sorted(self.children.values(), key=lambda one: -one.cookie):
            if everything or child.cookie <= position < END_OF_DIRECTORY:
                kind = kind_to_dt(child.inode.mode)
                yield DirEntry(child.name, child.inode.ino, kind, child.cookie)
        yield DirEntry(b"", 0, 0, END_OF_DIRECTORY)

    def _drop(self, child: Dentry) -> None:
        del self.children[child.name]
        self.size -= DIRENT_SIZE
        child.unlinked = True

    def _cookie(self) -> int:
        self.next_cookie += 1
        return self.next_cookie - 1
