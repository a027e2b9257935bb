"""What ``fsopen`` and ``fspick`` give: a file system under construction, or under change.

Mirrors fs/fsopen.c. What parameters mean is :mod:`fstypes`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import FSCONFIG
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EBUSY, EINVAL, EMSGSIZE, ENODATA
from pytest_kevlar.kernel.fs.block.mounting import unmounted
from pytest_kevlar.kernel.fs.ext2.options import is_option
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.fstypes import Context
from pytest_kevlar.kernel.fs.mount import Mount
from pytest_kevlar.kernel.fs.mounting import change_file_system

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.task.task import Task


class Phase(Enum):
    """How far it is; include/linux/fs_context.h."""

    CREATE_PARAMS = auto()
    AWAITING_MOUNT = auto()
    RECONF_PARAMS = auto()
    FAILED = auto()


class ContextFile(File):
    """One context.

    Attributes:
        context: what has been collected. fs: what was made, or is to be changed.
        root: what a mount of what was made shows.
    """

    __slots__ = ("context", "fs", "phase", "root")

    root: Dentry

    def __init__(self, context: Context, fs: FileSystem | None = None) -> None:
        super().__init__(context.vfs.anonymous_place(b"[fscontext]"), O.RDWR)
        self.context = context
        self.fs = fs
        self.phase = Phase.CREATE_PARAMS if fs is None else Phase.RECONF_PARAMS

    def read(self, task: Task, size: int) -> bytes:
        """The next message; ENODATA if there is none, EMSGSIZE if it does not fit."""
        log = self.context.log
        if not log:
            raise ENODATA
        message = log.pop(0)
        if len(message) > size:
            raise EMSGSIZE
        return message

    def configure(self, task: Task, command: int, key: bytes, value: bytes | None) -> None:
        """fsconfig(2) after its arguments are checked; fs/fsopen.c:vfs_fsconfig_locked()."""
        if command in (FSCONFIG.CMD_CREATE, FSCONFIG.CMD_CREATE_EXCL):
            self._expect(Phase.CREATE_PARAMS)
            self.context.check_capable(task)
            self.context.exclusive = command == FSCONFIG.CMD_CREATE_EXCL
            self._create(task)
        elif command == FSCONFIG.CMD_RECONFIGURE:
            self._expect(Phase.RECONF_PARAMS)
            assert self.fs is not None
            self.context.check_change(task, self.fs)
            self._change(task)
        else:
            self._expect(Phase.CREATE_PARAMS, Phase.RECONF_PARAMS)
            self.context.set(key, value)

    def refuse(self, key: bytes) -> None:
        """A value of a kind that no file system here takes."""
        self._expect(Phase.CREATE_PARAMS, Phase.RECONF_PARAMS)
        kind = self.context.kind
        if key in kind.words:
            raise self.context.fail(b"Unexpected value for '%s'" % key)
        known = key in kind.parameters or (kind.keeps_text and is_option(key))
        raise self.context.fail(
            (b"Bad value for '%s'" if known else b"Unknown parameter '%s'") % key
        )

    def keeps(self, fs: FileSystem) -> bool:
        """What was made, or is to be changed, stays."""
        return self.fs is fs

    def release(self) -> None:
        """The last holder is gone, and what was made if nobody has mounted it."""
        if self.fs is not None:
            unmounted(self.fs)

    def _expect(self, *phases: Phase) -> None:
        if self.phase not in phases:
            raise EBUSY

    def _create(self, task: Task) -> None:
        self.phase = Phase.FAILED
        self.fs = self.context.make(task)
        self.root = self.fs.root_for(task)
        self.phase = Phase.AWAITING_MOUNT

    def _change(self, task: Task) -> None:
        assert self.fs is not None
        self.phase = Phase.FAILED
        change_file_system(task, self.fs, self.context)
        self._begin_again()

    def _begin_again(self) -> None:
        old = self.context
        self.context = Context(old.vfs, old.kind, user_ns=old.user_ns, log=old.log)
        self.phase = Phase.RECONF_PARAMS

    def mount(self, flags: int) -> Mount:
        """A mount of what was made, with ``MS_*`` `flags`; EINVAL, EBUSY."""
        if self.fs is None:
            raise EINVAL
        self._expect(Phase.AWAITING_MOUNT)
        source = self.context.source if self.context.source is not None else b"none"
        fs = self.fs
        mount = Mount(fs.vfs.new_mount_id(), fs, self.root, source, flags)
        self._begin_again()
        return mount


def context_of(file: File) -> ContextFile:
    """The context behind an open file; EINVAL if it is another kind."""
    if not isinstance(file, ContextFile):
        raise EINVAL
    return file
