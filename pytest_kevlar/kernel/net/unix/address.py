"""Addresses of AF_UNIX: path names and abstract names, and finding who has them.

Mirrors the first part of net/unix/af_unix.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import AT, S
from pytest_kevlar.kernel.abi.sockets import AF
from pytest_kevlar.kernel.errno import (
    EADDRINUSE,
    ECONNREFUSED,
    EEXIST,
    EINVAL,
    ENOSPC,
    EPROTOTYPE,
)
from pytest_kevlar.kernel.fs.inode import MAY_WRITE
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.operations import make_node, unlink

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket
    from pytest_kevlar.kernel.task.task import Task

FAMILY = AF.UNIX.to_bytes(2, "little")
#: ``sizeof(struct sockaddr_un)``
ADDRESS_SIZE = 110


def parse(name: bytes) -> bytes:
    """The path or abstract name of an address; EINVAL. A path ends at its first NUL."""
    if not 2 < len(name) <= ADDRESS_SIZE or name[:2] != FAMILY:
        raise EINVAL
    path = name[2:]
    return path if path[:1] == b"\0" else path.partition(b"\0")[0]


def format_name(path: bytes | None) -> bytes:
    """``struct sockaddr_un`` of a name; a path has its NUL."""
    if path is None:
        return FAMILY
    return FAMILY + path if path[:1] == b"\0" else FAMILY + path + b"\0"


def bind(sock: UnixSocket, task: Task, name: bytes) -> None:
    """bind(2); af_unix.c:unix_bind()."""
    if name == FAMILY:
        autobind(sock)
        return
    path = parse(name)
    if path[:1] == b"\0":
        if sock.address is not None:
            raise EINVAL
        _bind_abstract(sock, path)
    else:
        _bind_path(sock, task, path)


def _bind_abstract(sock: UnixSocket, path: bytes) -> None:
    table = sock.net.abstract
    if (path, sock.kind) in table:
        raise EADDRINUSE
    table[path, sock.kind] = sock
    sock.address = path


def _bind_path(sock: UnixSocket, task: Task, path: bytes) -> None:
    """af_unix.c:unix_bind_bsd(): the node is made first, and taken back if it is too late."""
    mode = S.IFSOCK | sock.inode.mode & 0o7777
    try:
        node = make_node(task, AT.FDCWD, path, mode)
    except EEXIST:
        raise EADDRINUSE from None
    if sock.address is not None:
        unlink(task, AT.FDCWD, path)
        raise EINVAL
    node.inode.special = sock
    sock.bound = node.inode
    sock.address = path


def autobind(sock: UnixSocket) -> None:
    """An abstract name of five hexadecimal digits; nothing if there is a name."""
    if sock.address is not None:
        return
    start = sock.net.kernel.random(1 << 20)
    for step in range(1 << 20):
        path = b"\0%05x" % (start + step & 0xFFFFF)
        if (path, sock.kind) not in sock.net.abstract:
            _bind_abstract(sock, path)
            return
    raise ENOSPC


def find(sock: UnixSocket, task: Task, name: bytes) -> UnixSocket:
    """Who has the address, for `sock` to talk to; af_unix.c:unix_find_other()."""
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket

    path = parse(name)
    if path[:1] == b"\0":
        found = sock.net.abstract.get((path, sock.kind))
        if found is None:
            raise ECONNREFUSED
        return found
    inode = lookup(task, AT.FDCWD, path).inode
    inode.permission(task.cred, MAY_WRITE)
    other = inode.special
    if inode.kind != S.IFSOCK or not isinstance(other, UnixSocket):
        raise ECONNREFUSED
    if other.kind != sock.kind:
        raise EPROTOTYPE
    inode.atime = inode.fs.now()
    return other


def forget(sock: UnixSocket) -> None:
    """The socket is gone: its name means nobody."""
    if sock.bound is not None and sock.bound.special is sock:
        sock.bound.special = None
    if sock.address is not None:
        key = (sock.address, sock.kind)
        if sock.net.abstract.get(key) is sock:
            del sock.net.abstract[key]
