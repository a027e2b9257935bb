"""setxattr(2), getxattr(2), listxattr(2), removexattr(2) and relatives.

What an attribute is, and who may touch it, is ``fs/xattr.py``.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.files import AT, XATTR
from pytest_kevlar.kernel.abi.structs import XATTR_ARGS
from pytest_kevlar.kernel.errno import E2BIG, EFAULT, EINVAL, ERANGE
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.xattr import (
    get_attribute,
    list_attributes,
    remove_attribute,
    set_attribute,
)
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.extensible import read_extensible
from pytest_kevlar.kernel.syscalls.pointers import (
    InString,
    InValue,
    OutBytes,
    OutValue,
)
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    AtFlags,
    DirFd,
    Fd,
    OptPath,
    Path,
    Ptr,
    Size,
    XattrFlags,
)
from pytest_kevlar.kernel.task.task import Task

NO_ACL = "no system.posix_acl_*"


def _name(pointer: UserPtr) -> bytes:
    """fs/xattr.c:import_xattr_name(): 1 to 255 bytes, ERANGE."""
    text = pointer.memory.read_cstring(pointer.address, XATTR.NAME_MAX + 1)
    if not text:
        raise ERANGE
    return text


def _checked(name: UserPtr, value: UserPtr, size: int, flags: int) -> tuple[bytes, bytes]:
    """fs/xattr.c:setxattr_copy(): flags, then the name, then the value."""
    if flags & ~(XATTR.CREATE | XATTR.REPLACE):
        raise EINVAL
    text = _name(name)
    if size > XATTR.SIZE_MAX:
        raise E2BIG
    return text, value.read(size) if size else b""


def _answer(data: bytes, pointer: UserPtr, size: int) -> int:
    """Size 0 asks how much there is; ERANGE for a buffer that is too small."""
    if size:
        if len(data) > size:
            raise ERANGE
        pointer.write(data)
    return len(data)


def _at(task: Task, path: bytes) -> VfsPath:
    return lookup(task, AT.FDCWD, path)


def _link(task: Task, path: bytes) -> VfsPath:
    return lookup(task, AT.FDCWD, path, follow=False)


def _check_at(flags: int) -> None:
    if flags & ~(AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH):
        raise EINVAL


def _place(task: Task, dirfd: int, path: bytes | None, flags: int) -> VfsPath:
    """What the calls with `dirfd` are about; NULL counts as empty where that is allowed."""
    if not path and flags & AT.EMPTY_PATH:
        return task.fs.cwd if dirfd == AT.FDCWD else task.files.get(dirfd).path
    if path is None:
        raise EFAULT
    return lookup(task, dirfd, path, follow=not flags & AT.SYMLINK_NOFOLLOW)


@syscall(partial=NO_ACL)
def setxattr(
    task: Task, path: Path, name: InString, value: InValue, size: Size, flags: XattrFlags
) -> int:
    """setxattr(2). Mirrors fs/xattr.c:path_setxattrat()."""
    text, data = _checked(name, value, size, flags)
    set_attribute(task, _at(task, path), text, data, flags)
    return 0


@syscall(partial=NO_ACL)
def lsetxattr(
    task: Task, path: Path, name: InString, value: InValue, size: Size, flags: XattrFlags
) -> int:
    """lsetxattr(2): of a symbolic link itself."""
    text, data = _checked(name, value, size, flags)
    set_attribute(task, _link(task, path), text, data, flags)
    return 0


@syscall(partial=NO_ACL)
def fsetxattr(
    task: Task, fd: Fd, name: InString, value: InValue, size: Size, flags: XattrFlags
) -> int:
    """fsetxattr(2): of an open file."""
    text, data = _checked(name, value, size, flags)
    set_attribute(task, task.files.get(fd).path, text, data, flags)
    return 0


@syscall(partial=NO_ACL)
def getxattr(task: Task, path: Path, name: InString, value: OutValue, size: Size) -> int:
    """getxattr(2). Mirrors fs/xattr.c:path_getxattrat()."""
    text = _name(name)
    return _answer(get_attribute(task, _at(task, path), text), value, size)


@syscall(partial=NO_ACL)
def lgetxattr(task: Task, path: Path, name: InString, value: OutValue, size: Size) -> int:
    """lgetxattr(2): of a symbolic link itself."""
    text = _name(name)
    return _answer(get_attribute(task, _link(task, path), text), value, size)


@syscall(partial=NO_ACL)
def fgetxattr(task: Task, fd: Fd, name: InString, value: OutValue, size: Size) -> int:
    """fgetxattr(2): of an open file."""
    text = _name(name)
    return _answer(get_attribute(task, task.files.get(fd).path, text), value, size)


@syscall()
def listxattr(task: Task, path: Path, names: OutBytes, size: Size) -> int:
    """listxattr(2). Mirrors fs/xattr.c:path_listxattrat()."""
    return _answer(list_attributes(task, _at(task, path)), names, size)


@syscall()
def llistxattr(task: Task, path: Path, names: OutBytes, size: Size) -> int:
    """llistxattr(2): of a symbolic link itself."""
    return _answer(list_attributes(task, _link(task, path)), names, size)


@syscall()
def flistxattr(task: Task, fd: Fd, names: OutBytes, size: Size) -> int:
    """flistxattr(2): of an open file."""
    return _answer(list_attributes(task, task.files.get(fd).path), names, size)


@syscall(partial=NO_ACL)
def removexattr(task: Task, path: Path, name: InString) -> int:
    """removexattr(2). Mirrors fs/xattr.c:path_removexattrat()."""
    text = _name(name)
    remove_attribute(task, _at(task, path), text)
    return 0


@syscall(partial=NO_ACL)
def lremovexattr(task: Task, path: Path, name: InString) -> int:
    """lremovexattr(2): of a symbolic link itself."""
    text = _name(name)
    remove_attribute(task, _link(task, path), text)
    return 0


@syscall(partial=NO_ACL)
def fremovexattr(task: Task, fd: Fd, name: InString) -> int:
    """fremovexattr(2): of an open file."""
    text = _name(name)
    remove_attribute(task, task.files.get(fd).path, text)
    return 0


@syscall(partial=NO_ACL)
def setxattrat(
    task: Task,
    dirfd: DirFd,
    path: OptPath,
    at_flags: AtFlags,
    name: InString,
    uargs: Ptr,
    usize: Size,
) -> int:
    """setxattrat(2). Mirrors fs/xattr.c:path_setxattrat()."""
    given = read_extensible(uargs, usize, XATTR_ARGS)
    _check_at(at_flags)
    value = UserPtr(task.memory, given.value)
    text, data = _checked(name, value, given.size, given.flags)
    set_attribute(task, _place(task, dirfd, path, at_flags), text, data, given.flags)
    return 0


@syscall(partial=NO_ACL)
def getxattrat(
    task: Task,
    dirfd: DirFd,
    path: OptPath,
    at_flags: AtFlags,
    name: InString,
    uargs: Ptr,
    usize: Size,
) -> int:
    """getxattrat(2). Mirrors fs/xattr.c:path_getxattrat(); its structure has no flags."""
    given = read_extensible(uargs, usize, XATTR_ARGS)
    if given.flags:
        raise EINVAL
    _check_at(at_flags)
    text = _name(name)
    data = get_attribute(task, _place(task, dirfd, path, at_flags), text)
    return _answer(data, UserPtr(task.memory, given.value), given.size)


@syscall()
def listxattrat(
    task: Task, dirfd: DirFd, path: OptPath, at_flags: AtFlags, names: OutBytes, size: Size
) -> int:
    """listxattrat(2). Mirrors fs/xattr.c:path_listxattrat()."""
    _check_at(at_flags)
    return _answer(list_attributes(task, _place(task, dirfd, path, at_flags)), names, size)


@syscall(partial=NO_ACL)
def removexattrat(
    task: Task, dirfd: DirFd, path: OptPath, at_flags: AtFlags, name: InString
) -> int:
    """removexattrat(2). Mirrors fs/xattr.c:path_removexattrat()."""
    _check_at(at_flags)
    text = _name(name)
    remove_attribute(task, _place(task, dirfd, path, at_flags), text)
    return 0
