"""devpts: ``/dev/pts``, where the slaves of pseudo-terminals have their names.

An instance numbers its terminals; opening a master makes a name, closing it takes it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EACCES, EBUSY, EIO, EPERM
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.devices import make_device_number
from pytest_kevlar.kernel.fs.filesystem import FileSystem
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.tmpfs import DirectoryInode
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.tty.files import MasterFile, SlaveFile
    from pytest_kevlar.kernel.tty.terminal import Terminal

SLAVE_MAJOR = 136
FIRST_INO = 3


class DevPts(FileSystem):
    """One devpts.

    Attributes:
        terminals: by index.
        mode: permission bits of slaves.
    """

    name = b"devpts"
    magic = MAGIC.DEVPTS_SUPER_MAGIC

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.mode = 0o600
        self.terminals: dict[int, Terminal] = {}
        self.directory = PtsDirectory(self, S.IFDIR | 0o755)
        self.root = Dentry(b"/", None, self.directory)
        self.ptmx = PtsInode(self, S.IFCHR, rdev=make_device_number(5, 2))
        self.directory.add(self.root, b"ptmx", self.ptmx)

    @property
    def options(self) -> bytes:
        """fs/devpts/inode.c:devpts_show_options()."""
        return b"mode=%03o,ptmxmode=%03o" % (self.mode, self.ptmx.mode & 0o7777)

    def set_ptmx_mode(self, mode: int) -> None:
        """``ptmxmode=``."""
        self.ptmx.mode = S.IFCHR | mode

    def open_master(self, task: Task | None, path: VfsPath, flags: int) -> MasterFile:
        """A new pair; drivers/tty/pty.c:ptmx_open()."""
        from pytest_kevlar.kernel.tty.files import MasterFile
        from pytest_kevlar.kernel.tty.terminal import Terminal

        index = 0
        while index in self.terminals:
            index += 1
        terminal = self.terminals[index] = Terminal(self, index)
        uid, gid = (task.cred.fsuid, task.cred.fsgid) if task is not None else (0, 0)
        number = make_device_number(SLAVE_MAJOR, index)
        node = PtsInode(self, S.IFCHR | self.mode, uid, gid, number, FIRST_INO + index)
        node.special = terminal
        terminal.dentry = self.directory.add(self.root, b"%d" % index, node)
        return MasterFile(path, flags, terminal)

    def forget(self, terminal: Terminal) -> None:
        """The master is closed: index and name are free."""
        del self.terminals[terminal.index]
        self.directory.drop(self.root, terminal.dentry)


class PtsDirectory(DirectoryInode):
    """The root: names come and go with terminals only."""

    __slots__ = ()

    def new_child(self, mode: int, uid: int, gid: int, rdev: int = 0, target: bytes = b"") -> Inode:
        """Nobody can create anything."""
        raise EACCES if mode & S.IFMT == S.IFREG else EPERM

    def remove(self, dentry: Dentry, child: Dentry) -> None:
        """Nobody can remove anything."""
        raise EPERM

    def create(self, dentry: Dentry, name: bytes, inode: Inode) -> Dentry:
        """Nobody can link anything."""
        raise EPERM

    def move(
        self, dentry: Dentry, child: Dentry, target: Dentry, name: bytes, victim: Dentry | None
    ) -> None:
        """Nobody can rename anything."""
        raise EPERM

    def exchange(self, first: Dentry, second: Dentry) -> None:
        """Nobody can swap anything."""
        raise EPERM

    def add(self, dentry: Dentry, name: bytes, inode: Inode) -> Dentry:
        """Enter the name of a new terminal."""
        child = super().create(dentry, name, inode)
        self.size = 0
        return child

    def drop(self, dentry: Dentry, child: Dentry) -> None:
        """Take the name of a closed terminal out."""
        super().remove(dentry, child)
        self.size = 0


class PtsInode(Inode):
    """A slave, or the instance's own ``ptmx``."""

    __slots__ = ()

    @property
    def block_size(self) -> int:
        """``st_blksize``."""
        return 1024

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file of this kind."""
        from pytest_kevlar.kernel.tty.terminal import Terminal

        terminal = self.special
        if isinstance(terminal, Terminal):
            return open_slave(task, path, flags, terminal)
        assert isinstance(self.fs, DevPts)
        return self.fs.open_master(task, path, flags)


def open_slave(task: Task | None, path: VfsPath, flags: int, terminal: Terminal) -> SlaveFile:
    """Open the slave by whatever name; drivers/tty/pty.c:pty_open(), tty_io.c:tty_open().

    Raises:
        EIO: it is locked, or the master is closed.
        EBUSY: TIOCEXCL.
    """
    from pytest_kevlar.kernel.tty.files import SlaveFile

    if terminal.exclusive and (task is None or not task.cred.capable(CAP_SYS_ADMIN)):
        raise EBUSY
    terminal.broken = terminal.locked or not terminal.master
    if terminal.broken:
        raise EIO
    file = SlaveFile(path, flags, terminal)
    if task is not None and not flags & O.NOCTTY and file.readable:
        terminal.opened(task.process)
    return file
