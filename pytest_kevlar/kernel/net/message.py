"""Messages on their way between a system call and a socket, control messages included.

Only the form: what a control message means is the protocol's business, and user memory is
touched by the system calls alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.sockets import SCM, SOL
from pytest_kevlar.kernel.abi.structs import CMSGHDR
from pytest_kevlar.kernel.errno import EINVAL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.pidns import PidNamespace

ALIGN = 8
HEADER = CMSGHDR.size


class Control(NamedTuple):
    """One control message."""

    level: int
    kind: int
    data: bytes


class Identity(NamedTuple):
    """``struct ucred``: who sent something; `groups` are told by SO_PEERGROUPS alone.

    The process goes by the kernel's own id, which each reader gets in its own PID namespace.
    """

    pid: int
    uid: int
    gid: int
    groups: tuple[int, ...] = ()

    def seen_from(self, pid_ns: PidNamespace) -> Identity:
        """The same with the number that somebody in `pid_ns` gets."""
        return self._replace(pid=pid_ns.number(self.pid))

    def pack(self) -> bytes:
        """As user space sees it; an id that is none reads as the overflow id."""
        uid = 65534 if self.uid == NOBODY.uid else self.uid
        gid = 65534 if self.gid == NOBODY.gid else self.gid
        return b"".join(part.to_bytes(4, "little") for part in (self.pid, uid, gid))


#: Nobody in particular.
NOBODY = Identity(0, 0xFFFF_FFFF, 0xFFFF_FFFF)


@dataclass(slots=True)
class Outgoing:
    """What is to be sent.

    Attributes:
        data: all of it. flags: ``MSG_*``. name: the address given, empty for none.
        control: control messages as they came.
    """

    data: bytes
    flags: int = 0
    name: bytes = b""
    control: tuple[Control, ...] = ()


@dataclass(slots=True)
class Received:
    """What was received.

    Attributes:
        data: what goes into the caller's buffers.
        size: what the call returns, if not ``len(data)`` (MSG_TRUNC).
        name: the sender's address, empty for none.
        flags: ``MSG_*`` that the call reports.
        control: control messages before the descriptors.
        rights: open files that come with it; the receiver takes them over.
        later: control messages after the descriptors.
    """

    data: bytes = b""
    size: int | None = None
    name: bytes = b""
    flags: int = 0
    control: list[Control] = field(default_factory=list)
    rights: list[File] = field(default_factory=list)
    later: list[Control] = field(default_factory=list)

    @property
    def result(self) -> int:
        """What the call returns."""
        return len(self.data) if self.size is None else self.size

    def drop_rights(self) -> None:
        """Nobody wants the descriptors: close them."""
        rights, self.rights = self.rights, []
        for file in rights:
            file.put()


def parse_control(raw: bytes) -> tuple[Control, ...]:
    """The control messages of a buffer; EINVAL for one that does not fit.

    As CMSG_FIRSTHDR, CMSG_NXTHDR and CMSG_OK of include/linux/socket.h take it apart.
    """
    found: list[Control] = []
    at = 0
    while len(raw) - at >= HEADER:
        header = CMSGHDR.unpack(raw[at : at + HEADER])
        length = int(header.cmsg_len)
        if length < HEADER or length > len(raw) - at:
            raise EINVAL("control message does not fit")
        data = raw[at + HEADER : at + length]
        found.append(Control(header.cmsg_level, header.cmsg_type, data))
        at += length + ALIGN - 1 & ~(ALIGN - 1)
    return tuple(found)


def pack_header(length: int, level: int, kind: int) -> bytes:
    """``struct cmsghdr``."""
    return CMSGHDR.pack(cmsg_len=length, cmsg_level=level, cmsg_type=kind)


def credentials_control(identity: Identity) -> Control:
    """SCM_CREDENTIALS."""
    return Control(SOL.SOCKET, SCM.CREDENTIALS, identity.pack())
