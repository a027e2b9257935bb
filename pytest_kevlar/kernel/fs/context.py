"""What ``CLONE_FS`` shares: root, working directory, umask; and the mount namespace.

Only state: path names are resolved in :mod:`lookup`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import MountNamespace, VfsPath
    from pytest_kevlar.kernel.fs.vfs import Vfs


class FsContext:
    """Linux's ``fs_struct``.

    Attributes:
        root, cwd: places. umask: permission bits that creation clears.
        namespace: the mounts seen.
        users: tasks that share this object.
    """

    __slots__ = ("cwd", "namespace", "root", "umask", "users")

    def __init__(
        self, namespace: MountNamespace, root: VfsPath, cwd: VfsPath, umask: int = 0o022
    ) -> None:
        self.namespace = namespace
        self.root = root
        self.cwd = cwd
        self.umask = umask
        self.users = 1
        namespace.users += 1

    @property
    def vfs(self) -> Vfs:
        """What all file systems of the machine share."""
        return self.namespace.vfs

    def copy(self) -> FsContext:
        """For a child without ``CLONE_FS``."""
        return FsContext(self.namespace, self.root, self.cwd, self.umask)

    def share(self) -> FsContext:
        """For a child with ``CLONE_FS``."""
        self.users += 1
        return self

    def release(self) -> None:
        """A task that used it is gone."""
        self.users -= 1
        if not self.users:
            self.namespace.put()

    def enter(self, namespace: MountNamespace, root: VfsPath, cwd: VfsPath) -> None:
        """Another mount namespace, and where the task is in it."""
        old, self.namespace = self.namespace, namespace.get()
        self.root, self.cwd = root, cwd
        old.put()
