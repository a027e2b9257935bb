"""Directory entries: a name in a directory, and the inode it stands for.

The tree of names is the only store that in-memory file systems have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode


class Dentry:
    """A name.

    Attributes:
        name: the last component; a whole text such as ``pipe:[7]`` on pseudo file systems.
        parent: the directory; the root's is itself.
        cookie: position for ``getdents64`` inside its directory.
        mounts: how many mounts sit on it, so that the common case needs no search.
        unlinked: whether the name is gone.
        holders: how many open files were opened by this name.
    """

    __slots__ = ("cookie", "holders", "inode", "mounts", "name", "parent", "unlinked")

    def __init__(self, name: bytes, parent: Dentry | None, inode: Inode, cookie: int = 0) -> None:
        self.name = name
        self.parent = parent or self
        self.inode = inode
        self.cookie = cookie
        self.mounts = 0
        self.unlinked = False
        self.holders = 0

    def is_below(self, ancestor: Dentry) -> bool:
        """Whether this is `ancestor` or lies under it."""
        here = self
        while here is not ancestor:
            if here.parent is here:
                return False
            here = here.parent
        return True

    def __repr__(self) -> str:
        return f"<dentry {self.name!r}>"
