"""name_to_handle_at(2), open_by_handle_at(2), quotactl(2): rarely used ways to a file system."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.files import AT, S
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.structs import FILE_HANDLE
from pytest_kevlar.kernel.errno import (
    EINVAL,
    ENODEV,
    ENOSYS,
    ENOTBLK,
    ENOTDIR,
    EOVERFLOW,
    EPERM,
)
from pytest_kevlar.kernel.fs.file import File, PathFile
from pytest_kevlar.kernel.fs.handles import MAX_SIZE, TYPE, decode, encode
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import Mount
from pytest_kevlar.kernel.fs.opening import check_flags, normalize, open_place
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    AtFlags,
    Bits,
    DirFd,
    Fd,
    Int,
    OpenFlags,
    OptPath,
    OutPtr,
    Path,
    Ptr,
)
from pytest_kevlar.kernel.task.cred import CAP_DAC_READ_SEARCH
from pytest_kevlar.kernel.task.task import Task

FILEID_INVALID = 0xFF
Q_SYNC = 0x800001
MAX_QUOTA_TYPES = 3


@syscall(partial="tmpfs only; no AT_HANDLE_FID, no AT_HANDLE_CONNECTABLE: EINVAL")
def name_to_handle_at(
    task: Task, dirfd: DirFd, path: Path, handle: OutPtr, mount_id: OutPtr, flags: AtFlags
) -> int:
    """name_to_handle_at(2). Mirrors fs/fhandle.c:do_sys_name_to_handle()."""
    if flags & ~(AT.SYMLINK_FOLLOW | AT.EMPTY_PATH | AT.HANDLE_MNT_ID_UNIQUE):
        raise EINVAL
    follow = bool(flags & AT.SYMLINK_FOLLOW)
    place = lookup(task, dirfd, path, follow=follow, empty=bool(flags & AT.EMPTY_PATH))
    data = encode(place.inode)
    room = handle.read_int(4, signed=False)
    if room > MAX_SIZE:
        raise EINVAL
    fits = room >= len(data)
    kind = TYPE if fits else FILEID_INVALID
    unique = bool(flags & AT.HANDLE_MNT_ID_UNIQUE)
    mount_id.write_int(place.mount.unique_id if unique else place.mount.id, 8 if unique else 4)
    head = FILE_HANDLE.pack(handle_bytes=len(data), handle_type=kind)
    handle.write(head + data if fits else head)
    if not fits:
        raise EOVERFLOW
    return 0


def _mount_of(task: Task, mountdirfd: int) -> Mount:
    return (
        task.fs.cwd.mount if mountdirfd == AT.FDCWD else task.files.get_any(mountdirfd).path.mount
    )


@syscall(partial="tmpfs only")
async def open_by_handle_at(task: Task, mountdirfd: DirFd, handle: Ptr, flags: OpenFlags) -> int:
    """open_by_handle_at(2). Mirrors fs/fhandle.c:do_handle_open()."""
    head = FILE_HANDLE.unpack(handle.read(FILE_HANDLE.size))
    size = int(head.handle_bytes)
    if not 0 < size <= MAX_SIZE:
        raise EINVAL
    mount = _mount_of(task, mountdirfd)
    if not task.cred.capable(CAP_DAC_READ_SEARCH):
        raise EPERM
    data = handle.read(FILE_HANDLE.size + size)[FILE_HANDLE.size :]
    place = decode(mount, data)
    flags = normalize(flags)
    check_flags(flags)
    if flags & O.DIRECTORY and not place.inode.is_dir:
        raise ENOTDIR
    file: File
    if flags & O.PATH:
        file = PathFile(place, flags)
    else:
        file = await open_place(task, place, flags | O.LARGEFILE)
    return task.files.install(task.process, file, cloexec=bool(flags & O.CLOEXEC))


@syscall(partial="no file system has quotas")
def quotactl(task: Task, command: Bits, special: OptPath, ident: Int, address: Ptr) -> int:
    """quotactl(2). Mirrors fs/quota/quota.c:SYSCALL_DEFINE4(quotactl)."""
    if command & 0xFF >= MAX_QUOTA_TYPES:
        raise EINVAL
    if special is None:
        if command >> 8 == Q_SYNC:
            return 0
        raise ENODEV
    if lookup(task, AT.FDCWD, special).inode.kind != S.IFBLK:
        raise ENOTBLK
    raise ENODEV


@syscall(partial="no file system has quotas")
def quotactl_fd(task: Task, fd: Fd, command: Bits, ident: Int, address: Ptr) -> int:
    """quotactl_fd(2): ENOSYS from a file system that keeps none."""
    task.files.get_any(fd)
    if command & 0xFF >= MAX_QUOTA_TYPES:
        raise EINVAL
    raise ENOSYS
