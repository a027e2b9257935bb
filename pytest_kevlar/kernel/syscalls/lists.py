"""Contents that are lists of things: descriptor and CPU sets, directory entries, messages.

As in ``contents.py`` bytes are copied while the guest runs, and texts made later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.files import DT
from pytest_kevlar.kernel.abi.sockets import MSG, SCM, SOL
from pytest_kevlar.kernel.abi.structs import CMSGHDR, MSGHDR, UCRED
from pytest_kevlar.kernel.syscalls.contents import (
    KEPT_BYTES,
    RESULT,
    Peek,
    Reach,
    Vectors,
    named,
    named_flags,
    quoted,
)
from pytest_kevlar.kernel.syscalls.socketnames import socket_name

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch

#: Bytes of a list that are kept: 1024 descriptors, some hundred directory entries.
KEPT_LIST = 4096


@dataclass(frozen=True, slots=True)
class BitSet:
    """``fd_set`` and ``cpu_set_t``: which bits are set.

    Attributes:
        size: which argument tells the size; -1 for the result.
        bits: it is in bits, not in bytes.
    """

    size: int
    bits: bool = False

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(KEPT_LIST, count=self.size, per=8 if self.bits else 1)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Its bytes, and how many bits of them count."""
        size = result if self.size == -1 else args[self.size] & 0xFFFF_FFFF
        size = min(size if self.bits else 8 * size, 8 * KEPT_LIST)
        data = peek(address, (size + 63) // 64 * 8)
        return (data, size) if data else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """The numbers, in brackets."""
        data, size = taken
        value = int.from_bytes(data, "little")
        found = [str(bit) for bit in range(size) if value >> bit & 1] if value else []
        return f"[{' '.join(found)}]"


@dataclass(frozen=True, slots=True)
class ByteList:
    """One byte for each page: what ``mincore(2)`` writes.

    Attributes:
        size: which argument tells how many bytes of memory there are.
    """

    size: int

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(KEPT_LIST, count=self.size, per=4096)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """The bytes."""
        return peek(address, min(-(-args[self.size] // 4096), KEPT_LIST))

    def show(self, taken: Any, arch: Arch) -> str:
        """Whether each page is there, in brackets."""
        return f"[{', '.join(str(byte & 1) for byte in taken)}]"


class Entries:
    """What ``getdents64(2)`` gives."""

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(KEPT_LIST, count=RESULT)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """The records, and how many bytes there are of them."""
        return (peek(address, min(result, KEPT_LIST)), result)

    def show(self, taken: Any, arch: Arch) -> str:
        """Each in braces."""
        data, size = taken
        texts, at = [], 0
        while at + 19 <= len(data):
            length = int.from_bytes(data[at + 16 : at + 18], "little")
            if length < 19 or at + length > len(data):
                break
            number, offset = (
                int.from_bytes(data[place : place + 8], "little") for place in (at, at + 8)
            )
            name = data[at + 19 : at + length].partition(b"\0")[0]
            kind = named(DT, data[at + 18])
            texts.append(
                f"{{d_ino={number}, d_off={offset}, d_reclen={length}, d_type={kind}, "
                f"d_name={quoted(name)}}}"
            )
            at += length
        if at < size:
            texts.append("...")
        return f"[{', '.join(texts)}]"


@dataclass(frozen=True, slots=True)
class Message:
    """``struct msghdr``: where it goes, its pieces, its control messages.

    Attributes:
        filled: by the call, as far as its result says.
    """

    filled: bool = False

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(KEPT_BYTES, "message")

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """The header, and the bytes that it points at."""
        raw = peek(address, MSGHDR.size)
        if len(raw) < MSGHDR.size:
            return b""
        head = MSGHDR.unpack(raw)
        name = peek(head.msg_name, min(max(head.msg_namelen, 0), 128)) if head.msg_name else b""
        vectors = Vectors(0, filled=self.filled)
        pieces = vectors.take(peek, head.msg_iov, (head.msg_iovlen,), result)
        control = peek(head.msg_control, min(head.msg_controllen, 4096))
        return raw, name, pieces, control if head.msg_control else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """In braces; a name without bytes, and no control messages, as strace has them."""
        raw, name, pieces, control = taken
        head = MSGHDR.unpack(raw)
        where = socket_name(name) if name else f"{head.msg_name:#x}" if head.msg_name else "NULL"
        texts = [f"msg_name={where}", f"msg_namelen={head.msg_namelen}"]
        if pieces:
            texts.append(f"msg_iov={Vectors(0).show(pieces, arch)}")
        texts.append(f"msg_iovlen={head.msg_iovlen}")
        if control:
            texts.append(f"msg_control={_control(control)}")
        texts.append(f"msg_controllen={head.msg_controllen}")
        flags = named_flags(MSG, head.msg_flags & 0xFFFF_FFFF)
        return "{" + ", ".join([*texts, f"msg_flags={flags}"]) + "}"


def _control(data: bytes) -> str:
    """Control messages, each in braces."""
    texts, at = [], 0
    while at + CMSGHDR.size <= len(data):
        head = CMSGHDR.unpack(data[at : at + CMSGHDR.size])
        if head.cmsg_len < CMSGHDR.size:
            break
        body = data[at + CMSGHDR.size : at + head.cmsg_len]
        kind = str(head.cmsg_type)
        content = ""
        if head.cmsg_level == SOL.SOCKET:
            kind = named(SCM, head.cmsg_type)
            content = _control_data(head.cmsg_type, body)
        level = named(SOL, head.cmsg_level)
        parts = [f"cmsg_len={head.cmsg_len}", f"cmsg_level={level}", f"cmsg_type={kind}"]
        texts.append(
            "{" + ", ".join([*parts, *([f"cmsg_data={content}"] if content else [])]) + "}"
        )
        at += (head.cmsg_len + 7) & ~7
    return f"[{', '.join(texts)}]"


def _control_data(kind: int, body: bytes) -> str:
    if kind == SCM.RIGHTS:
        words = [body[at : at + 4] for at in range(0, len(body) - 3, 4)]
        return f"[{', '.join(str(int.from_bytes(w, 'little', signed=True)) for w in words)}]"
    if kind == SCM.CREDENTIALS and len(body) >= UCRED.size:
        who = UCRED.unpack(body[: UCRED.size])
        return f"{{pid={who.pid}, uid={who.uid}, gid={who.gid}}}"
    return ""
