"""The file systems of a fresh machine: what is mounted where, and the standard streams.

Everything is made on demand as far as that is possible: a machine starts in a fraction of
a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import ENOENT, ENOTDIR
from pytest_kevlar.kernel.fs.context import FsContext
from pytest_kevlar.kernel.fs.mount import Mount, MountNamespace, VfsPath
from pytest_kevlar.kernel.fs.output import make_output
from pytest_kevlar.kernel.fs.pipe import make_pipe
from pytest_kevlar.kernel.fs.pipebuffer import Buffer
from pytest_kevlar.kernel.fs.procfs.filesystem import ProcFs
from pytest_kevlar.kernel.fs.tmpfs import DirectoryInode, RegularInode, SymlinkInode, Tmpfs
from pytest_kevlar.kernel.fs.vfs import Vfs
from pytest_kevlar.kernel.live import LiveFile, LiveInput, LiveTerminal, PipeLink, TerminalLink
from pytest_kevlar.kernel.mm.pagecache import PageCache

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.block.device import Disk
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.process import Process

DIRECTORIES = (
    (b"/bin", 0o755),
    (b"/dev", 0o755),
    (b"/etc", 0o755),
    (b"/lib", 0o755),
    (b"/mnt", 0o755),
    (b"/proc", 0o555),
    (b"/root", 0o700),
    (b"/run", 0o755),
    (b"/sys", 0o555),
    (b"/tmp", 0o1777),
    (b"/usr", 0o755),
    (b"/usr/bin", 0o755),
    (b"/usr/lib", 0o755),
    (b"/var", 0o755),
    (b"/var/tmp", 0o1777),
)

FILES = (
    (
        b"/etc/passwd",
        b"root:x:0:0:root:/root:/bin/sh\n"
        b"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    (b"/etc/group", b"root:x:0:\nnogroup:x:65534:\n"),
    (b"/etc/hosts", b"127.0.0.1\tlocalhost\n::1\tlocalhost\n"),
)


def build_namespace(kernel: Kernel, disks: Sequence[Disk] = ()) -> FsContext:
    """Root, working directory and mounts of the first process."""
    vfs = Vfs(kernel, disks)
    bottom_fs = Tmpfs(vfs, 0o755)
    bottom = Mount(1, bottom_fs, bottom_fs.root, b"rootfs", 0)
    root_fs = Tmpfs(vfs, 0o755)
    root_mount = Mount(vfs.new_mount_id(), root_fs, root_fs.root, b"tmpfs")
    root_mount.attach(VfsPath(bottom, bottom.root))
    place = VfsPath(root_mount, root_fs.root)
    namespace = MountNamespace(vfs, bottom).get()
    context = FsContext(namespace, place, place, kernel.profile.umask)
    for path, mode in DIRECTORIES:
        make_directory(context, path, mode)
    for path, data in FILES:
        install_file(kernel, context, path, data, 0o644)
    mounts: tuple[tuple[bytes, FileSystem, int], ...] = (
        (b"/proc", ProcFs(vfs, kernel.pid_ns), 0),
        (b"/sys", vfs.sysfs, 0),
        (b"/dev", vfs.devtmpfs, 0),
        (b"/dev/pts", vfs.devpts, 0),
        (b"/dev/shm", Tmpfs(vfs), 0),
    )
    for path, fs, flags in mounts:
        mount = Mount(vfs.new_mount_id(), fs, fs.root, fs.name, MS.RELATIME | flags)
        mount.attach(_find(context, path))
        mount.namespace = namespace
    root_mount.namespace = namespace
    return context


def _find(context: FsContext, path: bytes) -> VfsPath:
    """A place by an absolute path without links, seen by nobody in particular."""
    here = context.root
    for name in path.split(b"/"):
        if name:
            dentry = here.inode.lookup(None, here.dentry, name)
            here = VfsPath(here.mount, dentry).top()
    return here


def _parent(context: FsContext, path: bytes) -> tuple[VfsPath, bytes]:
    """The directory of `path`, made if it is missing, and the last name."""
    directory, _, name = path.rstrip(b"/").rpartition(b"/")
    try:
        return _find(context, directory), name
    except ENOENT:
        return make_directory(context, directory), name


def make_directory(context: FsContext, path: bytes, mode: int = 0o755) -> VfsPath:
    """Make a directory and those above it; an existing one keeps its mode."""
    place, name = _parent(context, path)
    directory = place.inode
    if not isinstance(directory, DirectoryInode):
        raise ENOTDIR(path.decode("latin-1"))
    if not name:
        return place
    child = directory.children.get(name)
    if child is None:
        inode = DirectoryInode(directory.fs, S.IFDIR | mode)
        child = directory.create(place.dentry, name, inode)
    return VfsPath(place.mount, child).top()


def install_file(
    kernel: Kernel, context: FsContext, path: bytes, data: bytes, mode: int = 0o644
) -> RegularInode:
    """Put a file into the tree, replacing what is there. Big ones share warm frames."""
    place, name = _parent(context, path)
    inode = RegularInode(place.inode.fs, S.IFREG | mode)
    if len(data) >= 4096:
        inode.set_pages(PageCache.from_image(kernel.engine, data))
    elif data:
        inode.store(0, data)
    _enter(place, name, inode)
    return inode


def install_link(context: FsContext, path: bytes, target: bytes) -> None:
    """Put a symbolic link into the tree, replacing what is there."""
    place, name = _parent(context, path)
    _enter(place, name, SymlinkInode(place.inode.fs, target, 0, 0))


def set_modified(context: FsContext, path: bytes, modified: int) -> None:
    """Set when what is at `path` was last modified and read, nanoseconds since 1970."""
    place, name = _parent(context, path)
    directory = place.inode
    entry = directory.children.get(name) if isinstance(directory, DirectoryInode) else None
    if entry is not None:
        entry.inode.mtime = entry.inode.atime = modified


def _enter(place: VfsPath, name: bytes, inode: RegularInode | SymlinkInode) -> Dentry:
    directory = place.inode
    if not isinstance(directory, DirectoryInode):
        raise ENOTDIR(name.decode("latin-1"))
    old = directory.children.get(name)
    if old is not None:
        directory.remove(place.dentry, old)
    return directory.create(place.dentry, name, inode)


def open_standard_streams(
    kernel: Kernel, context: FsContext, process: Process, stdin: bytes | LiveInput
) -> list[File]:
    """Open files for descriptors 0, 1 and 2; empty `stdin` is ``/dev/null``."""
    vfs = context.vfs
    uid, gid = kernel.profile.uid, kernel.profile.gid
    first: File
    if isinstance(stdin, LiveTerminal):
        return _connect_terminal(kernel, context, process, stdin)
    if isinstance(stdin, LiveInput):
        first = _connect_pipe(kernel, vfs, stdin)
    elif stdin:
        read_end, write_end = make_pipe(vfs, uid, gid)
        pipe = read_end.pipe
        pipe.slots = max(pipe.slots, -(-len(stdin) // 4096))
        pipe.buffers.extend(Buffer(stdin[at : at + 4096]) for at in range(0, len(stdin), 4096))
        write_end.put()
        first = read_end
    else:
        place = _find(context, b"/dev/null")
        first = place.inode.open(None, place, O.RDONLY | O.LARGEFILE)
    return [first, make_output(vfs, uid, gid, 1), make_output(vfs, uid, gid, 2)]


def _connect_pipe(kernel: Kernel, vfs: Vfs, stdin: LiveInput) -> File:
    """A pipe that is filled while the guest runs."""
    read_end, write_end = make_pipe(vfs, kernel.profile.uid, kernel.profile.gid)
    link = kernel.scheduler.live = PipeLink(kernel, stdin, read_end.pipe, write_end)
    file = LiveFile(read_end.path, O.RDONLY, read_end.pipe, link)
    read_end.put()
    return file


def _connect_terminal(
    kernel: Kernel, context: FsContext, process: Process, stdin: LiveTerminal
) -> list[File]:
    """A terminal that controls the session of the first process, opened once as by login."""
    uid, gid = kernel.profile.uid, kernel.profile.gid
    place = _find(context, b"/dev/ptmx")
    master = context.vfs.devpts.open_master(None, place, O.RDWR)
    terminal = master.terminal
    terminal.locked = False
    node = _find(context, b"/dev/pts/%d" % terminal.index)
    node.inode.uid, node.inode.gid = uid, gid
    kernel.scheduler.live = TerminalLink(kernel, stdin, master)
    slave = node.inode.open(None, node, O.RDWR)
    terminal.adopt(process)
    if stdin.has_stderr:
        return [slave, slave.get(), slave.get()]
    return [slave, slave.get(), make_output(context.vfs, uid, gid, 2)]
