"""Open regular files over a page cache: reading, writing, holes, sizes and their limits.

What keeps the inode (tmpfs, memfd) is elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.fcntl import SEAL
from pytest_kevlar.kernel.abi.files import FALLOC, SEEK, S
from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.mm import PROT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import IN
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.errno import EFBIG, EINVAL, ENOSPC, ENOTTY, ENXIO, EOPNOTSUPP, EPERM
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.file import MAX_OFFSET, File, seek_to
from pytest_kevlar.kernel.fs.times import accessed
from pytest_kevlar.kernel.task.cred import CAP_FSETID

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.tmpfs import RegularInode
    from pytest_kevlar.kernel.mm.pagecache import PageCache
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

PAGE = 4096
RLIM_INFINITY = (1 << 64) - 1


class RegularFile(File):
    """A regular file whose bytes are in ``inode.pages``."""

    __slots__ = ()

    positional = True
    splices_in = True
    nowait = False
    splices_out = True
    inode: RegularInode

    def __init__(self, path: VfsPath, flags: int) -> None:
        super().__init__(path, flags)
        if self.writable:
            self.inode.get_write()
        self.inode.opened += 1

    def release(self) -> None:
        """The last holder is gone."""
        inode = self.inode
        if self.writable:
            inode.put_write()
        inode.opened -= 1
        inode.forget()

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        data = self.pread(task, size, self.pos)
        self.pos += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Go back."""
        self.pos -= len(data)

    def mmap_pages(self) -> PageCache:
        """What ``mmap`` maps; mapping counts as reading; mm/shmem.c:shmem_mmap()."""
        self.accessed()
        return self.inode.pages

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at `offset`."""
        inode = self.inode
        left = inode.size - offset
        if left < size:
            if offset + size > MAX_OFFSET:
                raise EINVAL  # fs/read_write.c:rw_verify_area()
            size = left
        data = inode.pages.read(offset, size) if size > 0 else b""
        self.accessed()
        return data

    def accessed(self) -> None:
        """Something was read."""
        if not self.flags & O.NOATIME:
            accessed(self.path.mount, self.inode)

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        if self.flags & O.APPEND:
            self.pos = self.inode.size
        done = self._write_at(task, data, self.pos)
        self.pos += done
        return done

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """pwrite(2): O_APPEND wins over `offset`, as the BUGS section admits."""
        if self.flags & O.APPEND:
            offset = self.inode.size
        return self._write_at(task, data, offset)

    def _write_at(self, task: Task, data: bytes, offset: int) -> int:
        """mm/filemap.c:generic_write_checks(), then generic_perform_write()."""
        if not data:
            return 0
        inode = self.inode
        if offset + len(data) > MAX_OFFSET:
            raise EINVAL
        room = size_limit(task, offset) - offset
        if len(data) > room:
            data = data[:room]
        if inode.seals & (SEAL.WRITE | SEAL.FUTURE_WRITE):
            raise EPERM
        if inode.seals & SEAL.GROW and offset + len(data) > inode.size:
            # A page that would end beyond the size is refused; those before it are not.
            data = data[: max(0, inode.size // PAGE * PAGE - offset)]
            if not data:
                raise EPERM
        if inode.mode & (S.ISUID | S.ISGID):
            changed = drop_privileges(task, inode)
            if changed:
                fsnotify.dentry_event(self.path.dentry, changed)
        done = inode.store(offset, data)
        inode.modified()
        return done

    def seek(self, offset: int, whence: int) -> int:
        """Set the position."""
        inode = self.inode
        if whence == SEEK.DATA or whence == SEEK.HOLE:
            if offset < 0 or offset >= inode.size:
                raise ENXIO
            if whence == SEEK.HOLE:
                found: int | None = min(inode.pages.next_hole(offset), inode.size)
            else:
                found = inode.pages.next_data(offset)
            if found is None or (whence == SEEK.DATA and found >= inode.size):
                raise ENXIO
            self.pos = found
            return found
        return seek_to(self, offset, whence, inode.size)

    def sync(self) -> None:
        """Nothing to write back."""

    def truncate(self, task: Task, size: int) -> None:
        """Set the size."""
        changed = truncate_inode(task, self.inode, size)
        fsnotify.dentry_event(self.path.dentry, IN.MODIFY | changed)

    def allocate(self, task: Task, mode: int, offset: int, length: int) -> None:
        """mm/shmem.c:shmem_fallocate(): allocate and punch holes, nothing else."""
        if mode & ~(FALLOC.KEEP_SIZE | FALLOC.PUNCH_HOLE):
            raise EOPNOTSUPP
        inode = self.inode
        end = offset + length
        if mode & FALLOC.PUNCH_HOLE:
            if inode.seals & (SEAL.WRITE | SEAL.FUTURE_WRITE):
                raise EPERM
            drop_privileges(task, inode)
            inode.pages.punch(offset, length)
            inode.modified()
            return
        if end > inode.size:  # whether the size is kept or not
            size_limit(task, end, whole=True)
            if inode.seals & SEAL.GROW:
                raise EPERM
        drop_privileges(task, inode)
        inode.modified()
        inode.populate(offset, length)
        if not mode & FALLOC.KEEP_SIZE and end > inode.size:
            inode.size = end

    def shared_protection(self, prot: int) -> int:
        """A file sealed against writing cannot be mapped for it; mm/memfd.c:memfd_check_seals()."""
        allowed = super().shared_protection(prot)
        if self.inode.seals & (SEAL.WRITE | SEAL.FUTURE_WRITE):
            if prot & PROT.WRITE:
                raise EPERM
            allowed &= ~PROT.WRITE
        return allowed

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of this kind of file."""
        if request == IOCTL.FIONREAD:
            argument.write_int(self.inode.size - self.pos, 4)
            return 0
        if request == IOCTL.FIGETBSZ:
            argument.write_int(4096, 4)
            return 0
        raise ENOTTY

    def check_flags(self, flags: int) -> None:
        """F_SETFL."""
        if flags & O.DIRECT and not self.flags & O.DIRECT and self.inode.no_direct:
            raise EINVAL


def size_limit(task: Task, offset: int, *, whole: bool = False) -> int:
    """How far a write at `offset` may go; SIGXFSZ and EFBIG if nowhere.

    Args:
        whole: `offset` is a new size rather than where bytes go.
    """
    limit = task.process.limit(RLIMIT.FSIZE)
    if limit != RLIM_INFINITY and (offset > limit or (offset == limit and not whole)):
        from pytest_kevlar.kernel.signals.send import send_to_task, sender_info

        send_to_task(task, SIG.XFSZ, sender_info(task, SIG.XFSZ))
        raise EFBIG
    if offset > MAX_OFFSET or (offset == MAX_OFFSET and not whole):
        raise EFBIG
    return min(limit, MAX_OFFSET)


def drop_privileges(task: Task, inode: RegularInode) -> int:
    """Writing clears set-user-id and set-group-id; fs/inode.c:file_remove_privs().

    Returns what watchers are told: IN_ATTRIB if there was something to clear.
    """
    if task.cred.capable_over(inode, CAP_FSETID):
        return 0
    before = inode.mode
    inode.mode &= ~S.ISUID
    if inode.mode & S.IXGRP or not task.cred.in_group(inode.gid):
        inode.mode &= ~S.ISGID
    return IN.ATTRIB if inode.mode != before else 0


def truncate_inode(task: Task, inode: RegularInode, size: int, *, by_path: bool = False) -> int:
    """``truncate`` and ``ftruncate`` after all checks; as :func:`drop_privileges`.

    Args:
        by_path: truncate(2), which leaves the times alone if the size stays.
    """
    if size > inode.size:
        size_limit(task, size, whole=True)
        if inode.seals & SEAL.GROW:
            raise EPERM
    elif size < inode.size and inode.seals & SEAL.SHRINK:
        raise EPERM
    changed = drop_privileges(task, inode)
    if size != inode.size or not by_path:
        inode.truncate(size)
    return changed


def guarded_store(inode: RegularInode, offset: int, data: bytes) -> int:
    """Write into the page cache as much as memory allows; ENOSPC if nothing fits."""
    pages = inode.pages
    try:
        pages.write(offset, data)
        return len(data)
    except ENOSPC:
        pass
    done = 0
    while done < len(data):
        part = data[done : done + 4096 - (offset + done) % 4096]
        try:
            pages.write(offset + done, part)
        except ENOSPC:
            break
        done += len(part)
    if not done:
        raise ENOSPC
    return done
