"""Names and directories: link(2), unlink(2), rename(2), mkdir(2), symlink(2), mknod(2),
readlink(2), getdents(2), chdir(2), getcwd(2), chroot(2). Rules are in ``fs/operations.py``.
"""

from __future__ import annotations

import struct

from pytest_kevlar.kernel.abi.files import AT, LIMIT, S
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import (
    EFAULT,
    EINVAL,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    EPERM,
    ERANGE,
)
from pytest_kevlar.kernel.fs import fsnotify, operations
from pytest_kevlar.kernel.fs.inode import MAY_EXEC
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import working_directory_text
from pytest_kevlar.kernel.fs.times import accessed
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.pointers import OutBytes, OutEntries, OutString
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    AtFlags,
    DirFd,
    Fd,
    Int,
    Mode,
    OutPtr,
    Path,
    RenameFlags,
    Size,
    UInt,
)
from pytest_kevlar.kernel.task.cred import CAP_DAC_READ_SEARCH, CAP_SYS_CHROOT
from pytest_kevlar.kernel.task.task import Task

# -- making and removing names ---------------------------------------------------------


@syscall()
def mkdir(task: Task, path: Path, mode: Mode) -> int:
    """mkdir(2). Mirrors fs/namei.c:do_mkdirat()."""
    return mkdirat(task, AT.FDCWD, path, mode)


@syscall()
def mkdirat(task: Task, dirfd: DirFd, path: Path, mode: Mode) -> int:
    """mkdirat(2). The set-id bits of the mode are ignored, the sticky bit is not."""
    operations.make_node(task, dirfd, path, S.IFDIR | mode & 0o1777)
    return 0


@syscall()
def mknod(task: Task, path: Path, mode: Mode, device: UInt) -> int:
    """mknod(2)."""
    return mknodat(task, AT.FDCWD, path, mode, device)


@syscall()
def mknodat(task: Task, dirfd: DirFd, path: Path, mode: Mode, device: UInt) -> int:
    """mknodat(2). Mirrors fs/namei.c:do_mknodat(); no type is a regular file."""
    kind = mode & S.IFMT or S.IFREG
    if kind == S.IFDIR:
        raise EPERM
    if kind not in (S.IFREG, S.IFCHR, S.IFBLK, S.IFIFO, S.IFSOCK):
        raise EINVAL
    rdev = device if kind in (S.IFCHR, S.IFBLK) else 0
    operations.make_node(task, dirfd, path, kind | mode & 0o7777, rdev)
    return 0


@syscall()
def symlink(task: Task, target: Path, path: Path) -> int:
    """symlink(2)."""
    return symlinkat(task, target, AT.FDCWD, path)


@syscall()
def symlinkat(task: Task, target: Path, dirfd: DirFd, path: Path) -> int:
    """symlinkat(2): an empty target is ENOENT."""
    if not target:
        raise ENOENT
    operations.make_node(task, dirfd, path, S.IFLNK | 0o777, target=target)
    return 0


@syscall()
def link(task: Task, oldpath: Path, newpath: Path) -> int:
    """link(2): does not follow a symbolic link."""
    return linkat(task, AT.FDCWD, oldpath, AT.FDCWD, newpath, 0)


@syscall()
def linkat(
    task: Task, olddirfd: DirFd, oldpath: Path, newdirfd: DirFd, newpath: Path, flags: AtFlags
) -> int:
    """linkat(2). Mirrors fs/namei.c:do_linkat()."""
    if flags & ~(AT.SYMLINK_FOLLOW | AT.EMPTY_PATH):
        raise EINVAL
    if flags & AT.EMPTY_PATH and not oldpath and not task.cred.capable(CAP_DAC_READ_SEARCH):
        raise ENOENT
    old = lookup(
        task,
        olddirfd,
        oldpath,
        follow=bool(flags & AT.SYMLINK_FOLLOW),
        empty=bool(flags & AT.EMPTY_PATH),
    )
    operations.link(task, old, newdirfd, newpath)
    return 0


@syscall()
def unlink(task: Task, path: Path) -> int:
    """unlink(2)."""
    operations.unlink(task, AT.FDCWD, path)
    return 0


@syscall()
def unlinkat(task: Task, dirfd: DirFd, path: Path, flags: AtFlags) -> int:
    """unlinkat(2)."""
    if flags & ~AT.REMOVEDIR:
        raise EINVAL
    if flags & AT.REMOVEDIR:
        operations.remove_directory(task, dirfd, path)
    else:
        operations.unlink(task, dirfd, path)
    return 0


@syscall()
def rmdir(task: Task, path: Path) -> int:
    """rmdir(2)."""
    operations.remove_directory(task, AT.FDCWD, path)
    return 0


@syscall()
def rename(task: Task, oldpath: Path, newpath: Path) -> int:
    """rename(2)."""
    operations.rename(task, AT.FDCWD, oldpath, AT.FDCWD, newpath, 0)
    return 0


@syscall()
def renameat(task: Task, olddirfd: DirFd, oldpath: Path, newdirfd: DirFd, newpath: Path) -> int:
    """renameat(2)."""
    operations.rename(task, olddirfd, oldpath, newdirfd, newpath, 0)
    return 0


@syscall()
def renameat2(
    task: Task,
    olddirfd: DirFd,
    oldpath: Path,
    newdirfd: DirFd,
    newpath: Path,
    flags: RenameFlags,
) -> int:
    """renameat2(2)."""
    operations.rename(task, olddirfd, oldpath, newdirfd, newpath, flags)
    return 0


# -- reading ------------------------------------------------------------------------------


@syscall()
def readlink(task: Task, path: Path, buf: OutBytes, size: Int) -> int:
    """readlink(2)."""
    return readlinkat(task, AT.FDCWD, path, buf, size)


@syscall()
def readlinkat(task: Task, dirfd: DirFd, path: Path, buf: OutBytes, size: Int) -> int:
    """readlinkat(2): an empty path reads the link that `dirfd` (O_PATH) is."""
    if size <= 0:
        raise EINVAL
    place = lookup(task, dirfd, path, follow=False, empty=True)
    if not path and dirfd == AT.FDCWD:
        raise ENOENT
    inode = place.inode
    if not inode.is_symlink:
        raise EINVAL if path else ENOENT
    text = inode.readlink(task)[:size]
    accessed(place.mount, inode)
    buf.write(text)
    return len(text)


def _read_entries(task: Task, fd: int, buf: UserPtr, count: int, *, old: bool) -> int:
    """fs/readdir.c: fill the buffer with as many whole entries as fit."""
    file = task.files.get(fd)
    if not file.inode.is_dir:
        raise ENOTDIR
    if file.inode.nlink == 0:
        raise ENOENT
    out = bytearray()
    pending: tuple[bytes, int, int] | None = None
    for entry in file.entries(task):
        if pending is not None:
            record = _record(*pending, offset=entry.cookie, old=old)
            if len(out) + len(record) > count:
                if not out:
                    raise EINVAL
                break
            out += record
            file.pos = entry.cookie
        pending = (entry.name, entry.ino, entry.kind)
        if not entry.name:
            break
    if not file.flags & O.NOATIME:
        accessed(file.path.mount, file.inode)
    fsnotify.accessed(file)
    if out:
        buf.write(bytes(out))
    return len(out)


def _record(name: bytes, ino: int, kind: int, *, offset: int, old: bool) -> bytes:
    """One ``struct linux_dirent64``, or the older one whose type comes last."""
    if old:
        size = (18 + len(name) + 2 + 7) & ~7
        head = struct.pack("<QqH", ino, offset, size)
        return (head + name).ljust(size - 1, b"\0") + bytes([kind])
    size = (19 + len(name) + 1 + 7) & ~7
    return (struct.pack("<QqHB", ino, offset, size, kind) + name).ljust(size, b"\0")


@syscall()
def getdents64(task: Task, fd: Fd, dirent: OutEntries, count: UInt) -> int:
    """getdents64(2). Mirrors fs/readdir.c."""
    return _read_entries(task, fd, dirent, count, old=False)


@syscall()
def getdents(task: Task, fd: Fd, dirent: OutPtr, count: UInt) -> int:
    """getdents(2), the older layout."""
    return _read_entries(task, fd, dirent, count, old=True)


# -- where the task is --------------------------------------------------------------------


@syscall()
def getcwd(task: Task, buf: OutString, size: Size) -> int:
    """getcwd(2): returns the length with its NUL. ENOENT in a removed directory."""
    cwd = task.fs.cwd
    if cwd.dentry.unlinked:
        raise ENOENT
    text = working_directory_text(cwd, task.fs.root) + b"\0"
    if len(text) > LIMIT.PATH_MAX:
        raise ENAMETOOLONG
    if len(text) > size:
        raise ERANGE
    if not buf:
        raise EFAULT
    buf.write(text)
    return len(text)


@syscall()
def chdir(task: Task, path: Path) -> int:
    """chdir(2)."""
    place = lookup(task, AT.FDCWD, path)
    if not place.inode.is_dir:
        raise ENOTDIR
    place.inode.permission(task.cred, MAY_EXEC)
    task.fs.cwd = place
    return 0


@syscall()
def fchdir(task: Task, fd: Fd) -> int:
    """fchdir(2): an O_PATH descriptor will do."""
    place = task.files.get_any(fd).path
    if not place.inode.is_dir:
        raise ENOTDIR
    place.inode.permission(task.cred, MAY_EXEC)
    task.fs.cwd = place
    return 0


@syscall()
def chroot(task: Task, path: Path) -> int:
    """chroot(2)."""
    place = lookup(task, AT.FDCWD, path)
    if not place.inode.is_dir:
        raise ENOTDIR
    place.inode.permission(task.cred, MAY_EXEC)
    if not task.cred.capable_here(CAP_SYS_CHROOT):
        raise EPERM
    task.fs.root = place
    return 0
