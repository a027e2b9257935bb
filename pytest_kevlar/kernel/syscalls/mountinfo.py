"""statmount(2) and listmount(2): what /proc/self/mountinfo tells, without reading text."""

from __future__ import annotations

from typing import Any

from pytest_kevlar.kernel.abi.mount import LISTMOUNT, MOUNTATTR, MS, STATMOUNT
from pytest_kevlar.kernel.abi.structs import MNT_ID_REQ
from pytest_kevlar.kernel.abi.structs import STATMOUNT as LAYOUT
from pytest_kevlar.kernel.errno import EINVAL, ENOENT, EOVERFLOW, EPERM
from pytest_kevlar.kernel.fs.devices import major_of, minor_of
from pytest_kevlar.kernel.fs.mount import UNIQUE_OFFSET, Mount, VfsPath, path_text
from pytest_kevlar.kernel.fs.mounting import dominating_group, is_reachable
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.extensible import read_extensible
from pytest_kevlar.kernel.syscalls.mountfds import PLAIN
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Bits, OutPtr, Ptr, Size
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.task import Task

ROOT = (1 << 64) - 1
MAX_IDS = 1_000_000
TEXTS = (
    STATMOUNT.FS_TYPE
    | STATMOUNT.MNT_ROOT
    | STATMOUNT.MNT_POINT
    | STATMOUNT.MNT_OPTS
    | STATMOUNT.SB_SOURCE
)
SUPPORTED = TEXTS | 7 | STATMOUNT.SUPPORTED_MASK


def _request(pointer: UserPtr) -> tuple[int, int]:
    """Id and parameter; fs/namespace.c:copy_mnt_id_req()."""
    size = pointer.read_int(4, signed=False)
    request = read_extensible(pointer, size, MNT_ID_REQ)
    if request.spare or request.mnt_id <= UNIQUE_OFFSET:
        raise EINVAL
    return int(request.mnt_id), int(request.param)


def _find(task: Task, ident: int) -> Mount:
    """The mount of that id in the task's namespace; ENOENT, EPERM if it is out of reach."""
    for mount in task.fs.namespace.mounts():
        if mount.unique_id == ident:
            place = VfsPath(mount, mount.root)
            if not is_reachable(place, task.fs.root) and not task.cred.capable(CAP_SYS_ADMIN):
                raise EPERM
            return mount
    raise ENOENT


def _attributes(mount: Mount) -> int:
    bits = sum(bit for bit, flag in PLAIN.items() if mount.flags & flag)
    if mount.flags & MS.NOATIME:
        bits |= MOUNTATTR.NOATIME
    elif not mount.flags & MS.RELATIME:
        bits |= MOUNTATTR.STRICTATIME
    return bits


def _propagation(mount: Mount) -> int:
    """fs/namespace.c:mnt_to_propagation_flags()."""
    kinds = MS.SHARED if mount.group else 0
    kinds |= MS.SLAVE if mount.master else 0
    kinds |= MS.UNBINDABLE if mount.unbindable else 0
    return kinds or MS.PRIVATE


def _basics(task: Task, mount: Mount, mask: int) -> dict[str, Any]:
    """Fields that are numbers, as far as `mask` asks for them."""
    fs = mount.fs
    fields: dict[str, Any] = {}
    if mask & STATMOUNT.SB_BASIC:
        fields.update(
            sb_dev_major=major_of(fs.device),
            sb_dev_minor=minor_of(fs.device),
            sb_magic=fs.magic,
            sb_flags=fs.flags | (MS.RDONLY if fs.read_only else 0),
        )
    if mask & STATMOUNT.MNT_BASIC:
        parent = mount.parent or mount
        fields.update(
            mnt_id=mount.unique_id,
            mnt_parent_id=parent.unique_id,
            mnt_id_old=mount.id,
            mnt_parent_id_old=parent.id,
            mnt_attr=_attributes(mount),
            mnt_propagation=_propagation(mount),
            mnt_peer_group=mount.group.number if mount.group else 0,
            mnt_master=mount.master.number if mount.master else 0,
        )
    if mask & STATMOUNT.PROPAGATE_FROM and mount.master:
        group = dominating_group(mount.master, task.fs.root)
        fields["propagate_from"] = group.number if group else 0
    if mask & STATMOUNT.SUPPORTED_MASK:
        fields["supported_mask"] = SUPPORTED
    return fields


def _texts(task: Task, mount: Mount, mask: int) -> tuple[dict[str, int], int, bytes]:
    """Where the texts are, which there are, and the texts themselves."""
    wanted = (
        (STATMOUNT.FS_TYPE, "fs_type", mount.fs.name),
        (STATMOUNT.MNT_ROOT, "mnt_root", mount.fs.shown_root(mount.root, task)),
        (STATMOUNT.MNT_POINT, "mnt_point", path_text(VfsPath(mount, mount.root), task.fs.root)),
        (STATMOUNT.MNT_OPTS, "mnt_opts", mount.fs.options),
        (STATMOUNT.SB_SOURCE, "sb_source", mount.source),
    )
    offsets: dict[str, int] = {}
    told = 0
    texts = b"\0" if mask & TEXTS else b""
    for bit, name, text in wanted:
        if mask & bit and text:
            offsets[name] = len(texts)
            texts += text + b"\0"
            told |= bit
    return offsets, told, texts


@syscall(partial="no STATMOUNT_MNT_NS_ID, no option arrays, no id maps; no other namespaces")
def statmount(task: Task, request: Ptr, buffer: OutPtr, size: Size, flags: Bits) -> int:
    """statmount(2). Mirrors fs/namespace.c:do_statmount()."""
    if flags:
        raise EINVAL
    ident, mask = _request(request)
    if mask & TEXTS and size <= LAYOUT.size:
        raise EOVERFLOW
    mount = _find(task, ident)
    offsets, told, texts = _texts(task, mount, mask)
    if LAYOUT.size + len(texts) > size and texts:
        raise EOVERFLOW
    told |= mask & SUPPORTED & ~TEXTS
    fields = _basics(task, mount, mask)
    head = LAYOUT.pack(size=LAYOUT.size + len(texts), mask=told, **fields, **offsets)
    buffer.write(head[:size] + texts)
    return 0


@syscall(partial="no other namespaces")
def listmount(task: Task, request: Ptr, ids: OutPtr, count: Size, flags: Bits) -> int:
    """listmount(2). Mirrors fs/namespace.c:do_listmount()."""
    if flags & ~LISTMOUNT.REVERSE:
        raise EINVAL
    if count > MAX_IDS:
        raise EOVERFLOW
    ident, after = _request(request)
    if after and after <= UNIQUE_OFFSET:
        raise EINVAL
    start = task.fs.root
    if ident != ROOT:
        mount = _find(task, ident)
        start = VfsPath(mount, mount.root)
    mounts = [
        mount.unique_id
        for mount in task.fs.namespace.mounts()
        if mount.unique_id != ident and is_reachable(VfsPath(mount, mount.root), start)
    ]
    if flags & LISTMOUNT.REVERSE:
        mounts.reverse()
        mounts = [one for one in mounts if not after or one < after]
    else:
        mounts = [one for one in mounts if one > after]
    chosen = mounts[:count]
    if chosen:
        ids.write(b"".join(one.to_bytes(8, "little") for one in chosen))
    return len(chosen)
