"""open(2), read(2), write(2), lseek(2), truncate(2), sync(2) and their relatives.

Thin: paths are walked in ``fs/lookup.py``, opened in ``fs/opening.py``, bytes are moved in
``fs/transfer.py``.
"""

from __future__ import annotations

from collections.abc import Coroutine

from pytest_kevlar.kernel.abi.files import AT, FALLOC, MFD, RWF, SEEK
from pytest_kevlar.kernel.abi.open import RESOLVE, O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.structs import OPEN_HOW
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    EBADF,
    EFAULT,
    EFBIG,
    EINVAL,
    EOPNOTSUPP,
    ESPIPE,
)
from pytest_kevlar.kernel.fs import attributes, fsnotify
from pytest_kevlar.kernel.fs.file import MAX_OFFSET, File
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.memfd import make_memfd
from pytest_kevlar.kernel.fs.opening import VALID_FLAGS, normalize, open_path
from pytest_kevlar.kernel.fs.pipe import PipeFile
from pytest_kevlar.kernel.fs.rwflags import check_rw_flags, with_rw_flags
from pytest_kevlar.kernel.fs.transfer import (
    CHUNK,
    MAX_COUNT,
    Pieces,
    check_buffer,
    pieces_of,
    read_pieces,
    wait_and_read,
    wait_and_write,
    write_pieces,
)
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.mm.vma import TASK_SIZE
from pytest_kevlar.kernel.syscalls.extensible import read_extensible
from pytest_kevlar.kernel.syscalls.operands import ModeAfter1, ModeAfter2
from pytest_kevlar.kernel.syscalls.pointers import (
    InBytes2,
    InString,
    InVectors,
    OutBytes,
    OutVectors,
)
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    DirFd,
    FallocMode,
    Fd,
    HighHalf,
    Int,
    Long,
    MemfdFlags,
    Mode,
    Off,
    OpenFlags,
    Path,
    Ptr,
    RwFlags,
    Size,
    UInt,
    Whence,
)
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import Sleep


async def _open(
    task: Task, dirfd: int, path: bytes, flags: int, mode: int, resolve: int = 0
) -> int:
    """fs/open.c:do_sys_openat2(): a free descriptor is found before the path is walked."""
    task.files.lowest_free(task.process)
    file = await open_path(task, dirfd, path, flags, mode, resolve)
    if isinstance(file, PipeFile) and file.fifo_unopened:
        await file.wait_partner()
    if isinstance(file, PipeFile):
        fsnotify.opened(file)
    return task.files.install(task.process, file, cloexec=bool(flags & O.CLOEXEC))


@syscall()
async def open(task: Task, path: Path, flags: OpenFlags, mode: ModeAfter1) -> int:
    """open(2). Mirrors fs/open.c:do_sys_open()."""
    return await _open(task, AT.FDCWD, path, normalize(flags), mode)


@syscall()
async def openat(task: Task, dirfd: DirFd, path: Path, flags: OpenFlags, mode: ModeAfter2) -> int:
    """openat(2). Mirrors fs/open.c:do_sys_open()."""
    return await _open(task, dirfd, path, normalize(flags), mode)


@syscall()
async def creat(task: Task, path: Path, mode: Mode) -> int:
    """creat(2): open with O_CREAT|O_WRONLY|O_TRUNC."""
    return await _open(task, AT.FDCWD, path, O.CREAT | O.WRONLY | O.TRUNC, mode)


@syscall()
async def openat2(task: Task, dirfd: DirFd, path: Path, how: Ptr, size: Size) -> int:
    """openat2(2). Mirrors fs/open.c:build_open_flags(): unknown flags are EINVAL."""
    fields = read_extensible(how, size, OPEN_HOW)
    guest_flags, mode, resolve = int(fields.flags), int(fields.mode), int(fields.resolve)
    if guest_flags >> 32:
        raise EINVAL
    flags = task.kernel.arch.open_flags_in(guest_flags)
    if flags & ~VALID_FLAGS or resolve & ~0x3F:
        raise EINVAL
    if flags & (O.CREAT | O.TMPFILE_BIT):
        if mode & ~0o7777:
            raise EINVAL
    elif mode:
        raise EINVAL
    if flags & O.PATH and flags & ~(O.DIRECTORY | O.NOFOLLOW | O.PATH | O.CLOEXEC):
        raise EINVAL
    both = RESOLVE.BENEATH | RESOLVE.IN_ROOT
    if resolve & both == both:
        raise EINVAL
    if resolve & RESOLVE.CACHED and flags & (O.TRUNC | O.CREAT | O.TMPFILE_BIT):
        raise EAGAIN  # all names are in memory, so that only these would have to wait
    return await _open(task, dirfd, path, flags, mode, resolve)


# -- read and write -------------------------------------------------------------------


def _buffer(pointer: UserPtr, count: int) -> Pieces:
    """One buffer of at most MAX_RW_COUNT bytes; EFAULT outside user space."""
    if count >> 63:
        raise EFAULT
    check_buffer(pointer.address, count)
    return [(pointer.address, min(count, MAX_COUNT))]


# Most reads and writes need not sleep: these two start a coroutine only if they must.


@syscall()
def read(task: Task, fd: Fd, buf: OutBytes, count: Size) -> int | Coroutine[Sleep, bool, int]:
    """read(2). Mirrors fs/read_write.c:ksys_read()."""
    file = task.files.get(fd)
    if file.flags & O.WRONLY:
        raise EBADF
    address = buf.address
    if address + count > TASK_SIZE:
        raise EFAULT
    size = min(count, MAX_COUNT)
    if size > CHUNK:
        return read_pieces(task, file, [(address, size)])
    try:
        data = file.read(task, size)
    except EAGAIN:
        if file.flags & O.NONBLOCK:
            raise
        return _read_later(task, file, address, size)
    return _store(task, file, address, data)


async def _read_later(task: Task, file: File, address: int, size: int) -> int:
    return _store(task, file, address, await wait_and_read(task, file, size))


def _store(task: Task, file: File, address: int, data: bytes) -> int:
    done = task.memory.write_partial(address, data)
    if done != len(data):
        file.unread(data[done:])
        if not done:
            raise EFAULT
    task.process.io.read(done)
    if done and file.notifies:
        fsnotify.accessed(file)
    return done


@syscall()
def write(task: Task, fd: Fd, buf: InBytes2, count: Size) -> int | Coroutine[Sleep, bool, int]:
    """write(2). Mirrors fs/read_write.c:ksys_write()."""
    file = task.files.get(fd)
    if not file.flags + 1 & 2:  # File.writable, in short
        raise EBADF
    address = buf.address
    if address + count > TASK_SIZE:
        raise EFAULT
    size = min(count, MAX_COUNT)
    if size > CHUNK:
        return write_pieces(task, file, [(address, size)])
    data = bytes(size) if file.discards else task.memory.read_partial(address, size)
    if len(data) < size:
        data = file.acceptable(data)
        if not data:
            raise EFAULT
    try:
        done = file.write(task, data)
    except EAGAIN:
        if file.flags & O.NONBLOCK:
            raise
        done = 0
    else:
        if done == len(data) or not file.stream or file.flags & O.NONBLOCK:
            task.process.io.write(done)
            if done and file.notifies:
                fsnotify.modified(file)
            return done
    return _write_later(task, file, data, done)


async def _write_later(task: Task, file: File, data: bytes, done: int) -> int:
    done = await wait_and_write(task, file, data, done)
    task.process.io.write(done)
    if done:
        fsnotify.modified(file)
    return done


@syscall()
async def pread64(task: Task, fd: Fd, buf: OutBytes, count: Size, offset: Off) -> int:
    """pread(2). Mirrors fs/read_write.c:ksys_pread64()."""
    if offset < 0:
        raise EINVAL
    return await read_pieces(task, _positional(task, fd), _buffer(buf, count), offset)


@syscall()
async def pwrite64(task: Task, fd: Fd, buf: InBytes2, count: Size, offset: Off) -> int:
    """pwrite(2). Mirrors fs/read_write.c:ksys_pwrite64()."""
    if offset < 0:
        raise EINVAL
    return await write_pieces(task, _positional(task, fd), _buffer(buf, count), offset)


def _positional(task: Task, fd: int) -> File:
    file = task.files.get(fd)
    if not file.positional:
        raise ESPIPE
    return file


@syscall()
async def readv(task: Task, fd: Fd, iov: OutVectors, count: Int) -> int:
    """readv(2). Mirrors fs/read_write.c:do_readv()."""
    return await _read_vectors(task, task.files.get(fd), iov, count)


@syscall()
async def writev(task: Task, fd: Fd, iov: InVectors, count: Int) -> int:
    """writev(2). Mirrors fs/read_write.c:do_writev()."""
    return await _write_vectors(task, task.files.get(fd), iov, count)


@syscall()
async def preadv(task: Task, fd: Fd, iov: OutVectors, count: Int, low: Off, high: HighHalf) -> int:
    """preadv(2): on 64-bit machines `low` is the whole offset."""
    return await _read_vectors(task, _at(task, fd, low), iov, count, low)


@syscall()
async def pwritev(task: Task, fd: Fd, iov: InVectors, count: Int, low: Off, high: HighHalf) -> int:
    """pwritev(2): on 64-bit machines `low` is the whole offset."""
    return await _write_vectors(task, _at(task, fd, low), iov, count, low)


async def _read_vectors(
    task: Task, file: File, iov: UserPtr, count: int, offset: int | None = None, flags: int = 0
) -> int:
    """fs/read_write.c:vfs_readv(): the mode is checked before the pieces."""
    if not file.readable:
        raise EBADF
    pieces = pieces_of(task, iov, count)
    if flags:
        check_rw_flags(file, flags)
    if flags & RWF.NOWAIT and not file.positional and not file.poll() & POLL.IN:
        raise EAGAIN
    return await read_pieces(task, file, pieces, offset)


async def _write_vectors(
    task: Task, file: File, iov: UserPtr, count: int, offset: int | None = None, flags: int = 0
) -> int:
    """fs/read_write.c:vfs_writev()."""
    if not file.writable:
        raise EBADF
    pieces = pieces_of(task, iov, count)
    if not flags:
        return await write_pieces(task, file, pieces, offset)
    check_rw_flags(file, flags)
    with with_rw_flags(file, flags):
        return await write_pieces(task, file, pieces, offset)


@syscall(partial="RWF_NOSIGNAL is EOPNOTSUPP")
async def preadv2(
    task: Task, fd: Fd, iov: OutVectors, count: Int, low: Off, high: HighHalf, flags: RwFlags
) -> int:
    """preadv2(2): offset -1 reads at the position."""
    if low == -1:
        return await _read_vectors(task, task.files.get(fd), iov, count, None, flags)
    return await _read_vectors(task, _at(task, fd, low), iov, count, low, flags)


@syscall(partial="RWF_NOSIGNAL is EOPNOTSUPP")
async def pwritev2(
    task: Task, fd: Fd, iov: InVectors, count: Int, low: Off, high: HighHalf, flags: RwFlags
) -> int:
    """pwritev2(2): offset -1 writes at the position; RWF_APPEND is O_APPEND for once."""
    if low == -1:
        return await _write_vectors(task, task.files.get(fd), iov, count, None, flags)
    return await _write_vectors(task, _at(task, fd, low), iov, count, low, flags)


def _at(task: Task, fd: int, offset: int) -> File:
    if offset < 0:
        raise EINVAL
    return _positional(task, fd)


@syscall()
def lseek(task: Task, fd: Fd, offset: Off, whence: Whence) -> int:
    """lseek(2). Mirrors fs/read_write.c:ksys_lseek(): EINVAL comes before ESPIPE."""
    file = task.files.get(fd)
    if not 0 <= whence <= SEEK.HOLE:
        raise EINVAL
    return file.seek(offset, whence)


# -- sizes ------------------------------------------------------------------------------


@syscall()
async def truncate(task: Task, path: Path, length: Long) -> int:
    """truncate(2). Mirrors fs/open.c:do_sys_truncate()."""
    if length < 0:
        raise EINVAL
    await attributes.truncate(task, lookup(task, AT.FDCWD, path), length)
    return 0


@syscall()
def ftruncate(task: Task, fd: Fd, length: Off) -> int:
    """ftruncate(2). Mirrors fs/open.c:do_sys_ftruncate(): not open for writing is EINVAL."""
    if length < 0:
        raise EINVAL
    file = task.files.get(fd)
    if not file.inode.is_regular or not file.writable:
        raise EINVAL
    file.truncate(task, length)
    return 0


FALLOC_KNOWN = (
    FALLOC.KEEP_SIZE
    | FALLOC.PUNCH_HOLE
    | FALLOC.COLLAPSE_RANGE
    | FALLOC.ZERO_RANGE
    | FALLOC.INSERT_RANGE
    | FALLOC.UNSHARE_RANGE
    | FALLOC.WRITE_ZEROES
)


@syscall()
def fallocate(task: Task, fd: Fd, mode: FallocMode, offset: Off, length: Off) -> int:
    """fallocate(2). Mirrors fs/open.c:vfs_fallocate(); tmpfs knows two modes."""
    file = task.files.get(fd)
    if offset < 0 or length <= 0:
        raise EINVAL
    if mode & ~FALLOC_KNOWN:
        raise EOPNOTSUPP
    if mode & FALLOC.PUNCH_HOLE and not mode & FALLOC.KEEP_SIZE:
        raise EOPNOTSUPP
    if not file.writable:
        raise EBADF
    if isinstance(file, PipeFile):
        raise ESPIPE
    if offset + length > MAX_OFFSET:
        raise EFBIG
    file.allocate(task, mode, offset, length)
    fsnotify.modified(file)
    return 0


# -- write back ---------------------------------------------------------------------------


@syscall()
def fsync(task: Task, fd: Fd) -> int:
    """fsync(2): EINVAL for what has nothing to be synchronised with."""
    task.files.get(fd).sync()
    return 0


@syscall()
def fdatasync(task: Task, fd: Fd) -> int:
    """fdatasync(2): as fsync."""
    task.files.get(fd).sync()
    return 0


@syscall()
def sync(task: Task) -> int:
    """sync(2): what is on block devices; for the rest memory is all there is."""
    task.fs.vfs.blocks.sync()
    return 0


@syscall()
def syncfs(task: Task, fd: Fd) -> int:
    """syncfs(2)."""
    task.files.get(fd).inode.fs.sync()
    return 0


@syscall()
def sync_file_range(task: Task, fd: Fd, offset: Off, nbytes: Off, flags: UInt) -> int:
    """sync_file_range(2). Mirrors fs/sync.c:sync_file_range()."""
    file = task.files.get(fd)
    if flags & ~7 or offset < 0 or nbytes < 0 or offset + nbytes > MAX_OFFSET:
        raise EINVAL
    if not file.inode.is_regular and not file.inode.is_dir and not file.inode.is_symlink:
        raise ESPIPE
    return 0


@syscall()
def fadvise64(task: Task, fd: Fd, offset: Off, length: Off, advice: Int) -> int:
    """posix_fadvise(2): checked, and then there is nothing to do in memory."""
    file = task.files.get(fd)
    if isinstance(file, PipeFile):
        raise ESPIPE
    if length < 0 or not 0 <= advice <= 5:
        raise EINVAL
    return 0


@syscall()
def readahead(task: Task, fd: Fd, offset: Off, count: Size) -> int:
    """readahead(2): everything is in memory already."""
    file = task.files.get(fd)
    if not file.readable:
        raise EBADF
    if not file.inode.is_regular:
        raise EINVAL
    return 0


# -- without a name ------------------------------------------------------------------------


@syscall()
def memfd_create(task: Task, name: InString, flags: MemfdFlags) -> int:
    """memfd_create(2). Mirrors mm/memfd.c; huge pages are not there (ENODEV on Linux too)."""
    if flags & ~(MFD.CLOEXEC | MFD.ALLOW_SEALING | MFD.NOEXEC_SEAL | MFD.EXEC):
        raise EINVAL
    if flags & MFD.EXEC and flags & MFD.NOEXEC_SEAL:
        raise EINVAL
    text = name.memory.read_cstring(name.address, 250)
    if text is None:
        raise EINVAL
    task.files.lowest_free(task.process)
    file = make_memfd(task, text, flags)
    return task.files.install(task.process, file, cloexec=bool(flags & MFD.CLOEXEC))
