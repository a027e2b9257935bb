"""What travels with AF_UNIX messages: open files and credentials, and collecting the garbage.

A socket that only messages refer to, whose queue only such sockets could read, is closed
with everything in its queue. Mirrors net/core/scm.c and net/unix/garbage.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.sockets import SCM, SOL
from pytest_kevlar.kernel.abi.structs import UCRED
from pytest_kevlar.kernel.errno import EBADF, EINVAL, EPERM, ESRCH, ETOOMANYREFS
from pytest_kevlar.kernel.net.message import Identity
from pytest_kevlar.kernel.task.cred import (
    CAP_SETGID,
    CAP_SETUID,
    CAP_SYS_ADMIN,
    CAP_SYS_RESOURCE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.net.message import Control
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket
    from pytest_kevlar.kernel.task.task import Task

#: Descriptors that one message may carry.
MAX_RIGHTS = 253


def effective_identity(task: Task) -> Identity:
    """What SO_PEERCRED tells of `task`."""
    cred = task.cred
    return Identity(task.process.pid, cred.euid, cred.egid, cred.groups)


def real_identity(task: Task) -> Identity:
    """What SCM_CREDENTIALS says if the sender says nothing."""
    return Identity(task.process.pid, task.cred.uid, task.cred.gid)


class Enclosure:
    """What one message carries besides bytes.

    Attributes:
        files: open files, each held. cred: what the sender says it is, or None.
        user: whose limit the files count against. queued: in a queue, which holds the files.
    """

    __slots__ = ("cred", "files", "queued", "user")

    def __init__(self, user: int) -> None:
        self.files: list[File] = []
        self.cred: Identity | None = None
        self.user = user
        self.queued = False


def enclose(task: Task, control: Iterable[Control]) -> Enclosure:
    """Decode control messages; net/core/scm.c:__scm_send(). The files are held."""
    enclosure = Enclosure(task.cred.uid)
    try:
        for item in control:
            if item.level != SOL.SOCKET:
                continue
            if item.kind == SCM.RIGHTS:
                _add_files(task, enclosure, item.data)
            elif item.kind == SCM.CREDENTIALS:
                enclosure.cred = _identity(task, item.data)
            else:
                raise EINVAL
    except BaseException:
        discard(enclosure)
        raise
    return enclosure


def discard(enclosure: Enclosure) -> None:
    """The message is not sent after all; nothing if it was."""
    if enclosure.queued:
        return
    files, enclosure.files = enclosure.files, []
    for file in files:
        file.put()


def _add_files(task: Task, enclosure: Enclosure, data: bytes) -> None:
    count = len(data) // 4
    if len(enclosure.files) + count > MAX_RIGHTS:
        raise EINVAL
    for at in range(0, count * 4, 4):
        fd = int.from_bytes(data[at : at + 4], "little", signed=True)
        if fd < 0:
            raise EBADF
        enclosure.files.append(task.files.get_any(fd).get())


def _identity(task: Task, data: bytes) -> Identity:
    """net/core/scm.c:scm_check_creds()."""
    if len(data) != UCRED.size:
        raise EINVAL
    fields = UCRED.unpack(data)
    cred = task.cred
    uid, gid = cred.user_ns.uids.given(fields.uid), cred.user_ns.gids.given(fields.gid)
    owner = task.pid_ns.user_ns
    mine = fields.pid == task.process.vpid or cred.capable_in(owner, CAP_SYS_ADMIN)
    own_uid = uid in (cred.uid, cred.euid, cred.suid) or cred.capable_here(CAP_SETUID)
    own_gid = gid in (cred.gid, cred.egid, cred.sgid) or cred.capable_here(CAP_SETGID)
    if not (mine and own_uid and own_gid):
        raise EPERM
    sender = task.pid_ns.process(fields.pid)
    if sender is None:
        raise ESRCH
    return Identity(sender.pid, uid, gid)


# -- in flight ----------------------------------------------------------------------------


def attach(task: Task, net: NetNamespace, enclosure: Enclosure) -> None:
    """The files are in a queue now; ETOOMANYREFS if the user has too many in queues."""
    if not enclosure.files:
        return
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket

    limit = task.process.limit(RLIMIT.NOFILE)
    cred = task.cred
    if net.rights.get(enclosure.user, 0) > limit and not (
        cred.capable(CAP_SYS_RESOURCE) or cred.capable(CAP_SYS_ADMIN)
    ):
        raise ETOOMANYREFS
    enclosure.queued = True
    net.rights[enclosure.user] = net.rights.get(enclosure.user, 0) + len(enclosure.files)
    for file in enclosure.files:
        if isinstance(file, UnixSocket):
            net.inflight[file] = net.inflight.get(file, 0) + 1


def detach(net: NetNamespace, enclosure: Enclosure) -> list[File]:
    """The files leave the queue: whoever gets them holds them now."""
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket

    files, enclosure.files = enclosure.files, []
    if files:
        net.rights[enclosure.user] -= len(files)
    for file in files:
        if isinstance(file, UnixSocket):
            left = net.inflight[file] - 1
            if left:
                net.inflight[file] = left
            else:
                del net.inflight[file]
    return files


def collect_garbage(net: NetNamespace) -> None:
    """Close what only unreachable messages hold; called when a socket is closed."""
    if all(sock.refs > count for sock, count in net.inflight.items()):
        return  # somebody has each of them open
    reachable: dict[UnixSocket, None] = {}
    # Roots: sockets in flight that somebody has open too, and all that are not in flight.
    pending = [sock for sock in net.unix_anywhere if sock.refs > net.inflight.get(sock, 0)]
    pending = [sock for sock in pending if not sock.embryo]
    while pending:
        sock = pending.pop()
        if sock in reachable:
            continue
        reachable[sock] = None
        pending.extend(sock.holds())
    garbage = [sock for sock in net.inflight if sock not in reachable]
    # All are taken out before any is closed, as closing one may close the next.
    lost: list[File] = []
    for sock in garbage:
        lost.extend(sock.empty_queue())
    for file in lost:
        file.put()
