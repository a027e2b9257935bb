"""Shared memory segments: a page cache that has an id, and who has it attached.

Mirrors ipc/shm.c. Attaching itself is :func:`attach`; the calls are syscalls/shm.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.ipc import SHM
from pytest_kevlar.kernel.abi.mm import MAP, PROT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.structs import SHMID64_DS
from pytest_kevlar.kernel.errno import EINVAL, ENOMEM, ENOSPC
from pytest_kevlar.kernel.fs.regular import RegularFile
from pytest_kevlar.kernel.fs.tmpfs import RegularInode
from pytest_kevlar.kernel.ipc.ids import ACCESS_BITS, IpcObject
from pytest_kevlar.kernel.mm.mapping import do_mmap, page_align
from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK, SEALED

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.task import Task

SHMMIN = 1


class Segment(IpcObject):
    """One segment.

    Attributes:
        size: in bytes, as asked for. attached: VMAs that show it.
        atime, dtime: of the last attach and detach, seconds. cpid, lpid: creator, and who
            attached or detached last.
        holder: an open file that keeps the pages.
    """

    def __init__(
        self, namespace: IpcNamespace, task: Task, key: int, flags: int, size: int
    ) -> None:
        super().__init__(namespace, task, key, flags)
        self.size = size
        self.attached = 0
        self.atime = self.dtime = 0
        self.cpid = task.process.pid
        self.lpid = 0
        vfs = task.fs.vfs
        inode = RegularInode(
            vfs.shared_memory, S.IFREG | flags & ACCESS_BITS, task.cred.fsuid, task.cred.fsgid
        )
        inode.nlink = 0
        inode.truncate(size)
        name = b"/SYSV%08x (deleted)" % (key & 0xFFFF_FFFF)
        self._place = vfs.shared_memory.place(inode, name)
        self.holder = RegularFile(self._place, O.RDWR)

    @property
    def pages(self) -> int:
        """Whole pages that it may take."""
        return -(-self.size // PAGE)

    @property
    def resident(self) -> int:
        """Bytes that are in memory."""
        return self.holder.inode.pages.pages * PAGE

    def number_inode(self) -> None:
        """The id is known: it is the inode number, too."""
        self.holder.inode.ino = self.ident

    def open(self, flags: int) -> Attachment:
        """An open file for one attach."""
        return Attachment(self, self._place, flags)

    def opened(self) -> None:
        """One VMA more; ipc/shm.c:__shm_open()."""
        self.attached += 1
        self.atime = self.now()
        self._touch()

    def closed(self) -> None:
        """One VMA less; the last one destroys what was removed. ipc/shm.c:__shm_close()."""
        self.attached -= 1
        self.dtime = self.now()
        self._touch()
        self.destroy_if_unused()

    def _touch(self) -> None:
        current = self.namespace.kernel.scheduler.current
        if current is not None:
            self.lpid = current.process.pid

    def remove(self) -> None:
        """IPC_RMID: gone when nobody has it attached; ipc/shm.c:do_shm_rmid()."""
        self.mode |= SHM.DEST
        self.namespace.shm.forget_key(self)
        self.destroy_if_unused()

    def destroy_if_unused(self) -> None:
        """Free a removed segment that nobody has attached."""
        if self.mode & SHM.DEST and not self.attached and not self.deleted:
            self.namespace.shm.remove(self)
            self.namespace.shm_pages -= self.pages
            self.holder.put()

    def status(self, task: Task) -> bytes:
        """``struct shmid64_ds`` as `task` sees it."""
        number = task.pid_ns.number
        return SHMID64_DS.pack(
            shm_perm=self.permissions(task.cred.user_ns),
            shm_segsz=self.size,
            shm_atime=self.atime,
            shm_dtime=self.dtime,
            shm_ctime=self.ctime,
            shm_cpid=number(self.cpid),
            shm_lpid=number(self.lpid),
            shm_nattch=self.attached,
        )


class Attachment(RegularFile):
    """What ``shmat`` maps: its holders are the VMAs that come of one attach."""

    __slots__ = ("segment",)

    merges = False

    def __init__(self, segment: Segment, place: VfsPath, flags: int) -> None:
        super().__init__(place, flags)
        self.segment = segment

    def get(self) -> Attachment:
        """One VMA more."""
        super().get()
        self.segment.opened()
        return self

    def put(self) -> None:
        """One VMA less."""
        super().put()
        self.segment.closed()


def new_segment(task: Task, key: int, flags: int, size: int) -> Segment:
    """Make a segment; ipc/shm.c:newseg()."""
    namespace = task.ipc
    if size < SHMMIN or size > namespace.shmmax:
        raise EINVAL("size")
    pages = -(-size // PAGE)
    if namespace.shm_pages + pages > namespace.shmall:
        raise ENOSPC("shmall")
    if flags & SHM.HUGETLB:
        raise ENOMEM("no huge pages")
    if not flags & SHM.NORESERVE and pages * PAGE > task.kernel.profile.memory_total:
        raise ENOMEM("overcommit")
    return Segment(namespace, task, key, flags, size)


def shmget(task: Task, key: int, size: int, flags: int) -> int:
    """The id of the segment of `key`; ipc/shm.c:ksys_shmget()."""
    namespace = task.ipc

    def check(found: Segment) -> None:
        if found.size < size:
            raise EINVAL("the segment is smaller")

    before = len(namespace.shm)
    ident = namespace.shm.get(task, key, flags, lambda: new_segment(task, key, flags, size), check)
    if len(namespace.shm) > before:
        segment = namespace.shm.find(ident)
        segment.number_inode()
        namespace.shm_pages += segment.pages
    return ident


def attach(task: Task, ident: int, address: int, flags: int) -> int:
    """Map a segment; its address. Mirrors ipc/shm.c:do_shmat()."""
    if ident < 0:
        raise EINVAL("shmid")
    map_flags = MAP.SHARED
    if address:
        if address & PAGE_MASK:
            if not flags & SHM.RND:
                raise EINVAL("address")
            address &= ~PAGE_MASK
            if not address and flags & SHM.REMAP:
                raise EINVAL("address")
        map_flags |= MAP.FIXED
    elif flags & SHM.REMAP:
        raise EINVAL("SHM_REMAP without an address")
    prot, wanted, open_flags = PROT.READ | PROT.WRITE, 0o666, O.RDWR
    if flags & SHM.RDONLY:
        prot, wanted, open_flags = PROT.READ, 0o444, O.RDONLY
    if flags & SHM.EXEC:
        prot |= PROT.EXEC
        wanted |= 0o111
    segment = task.ipc.shm.find(ident)
    segment.need(task, wanted)
    size = page_align(segment.size)
    space = task.memory
    free = address + size <= 1 << 64 and not any(space.overlapping(address, address + size))
    if address and not flags & SHM.REMAP and not free:
        raise EINVAL("something is mapped there")
    file = segment.open(open_flags)
    segment.attached += 1  # the attach itself, until its VMA is there
    try:
        return do_mmap(task, address, segment.size, prot, map_flags, file, 0)
    finally:
        RegularFile.put(file)
        segment.attached -= 1
        segment.destroy_if_unused()


def detach(task: Task, address: int) -> None:
    """Unmap what is left of one attach at `address`; ipc/shm.c:ksys_shmdt()."""
    if address & PAGE_MASK:
        raise EINVAL("address")
    space = task.memory
    file: Attachment | None = None
    end = 0
    for vma in list(space.vmas):
        if vma.end <= address or vma.start - address != vma.offset:
            continue
        if file is None:
            if isinstance(vma.file, Attachment):
                file, end = vma.file, address + page_align(vma.file.segment.size)
        elif vma.file is not file or vma.end > end:
            continue
        if file is not None and not vma.flags & SEALED:
            space.unmap(vma.start, vma.end)
    if file is None:
        raise EINVAL("no segment is attached there")


def statistics(namespace: IpcNamespace) -> bytes:
    """``struct shm_info``: used ids, all, resident and swapped pages; SHM_INFO."""
    segments = namespace.shm.objects
    words = (
        len(segments),
        namespace.shm_pages,
        sum(segment.resident // PAGE for segment in segments),
        0,
        0,
        0,
    )
    return b"".join(word.to_bytes(8, "little") for word in words)


def listing(namespace: IpcNamespace, reader: PidNamespace) -> bytes:
    """/proc/sysvipc/shm; ipc/shm.c:sysvipc_shm_proc_show()."""
    number = reader.number
    head = (
        "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid"
        "  cgid      atime      dtime      ctime                   rss                  swap\n"
    )
    rows = [
        f"{one.key:10d} {one.ident:10d}  {one.mode:4o} {one.size:21d} {number(one.cpid):5d} "
        f"{number(one.lpid):5d}  {one.attached:5d} {one.uid:5d} {one.gid:5d} {one.cuid:5d} "
        f"{one.cgid:5d} {one.atime:10d} {one.dtime:10d} {one.ctime:10d} "
        f"{one.resident:21d} {0:21d}\n"
        for one in namespace.shm.objects
    ]
    return "".join([head, *rows]).encode()
