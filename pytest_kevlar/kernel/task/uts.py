"""The UTS namespace: host name and domain name."""

from __future__ import annotations

#: include/uapi/linux/nsfs.h:UTS_NS_INIT_INO
INITIAL_INO = 4026531838


class UtsNamespace:
    """What ``CLONE_NEWUTS`` copies; names are bytes without a NUL, 64 at most.

    Attributes:
        ino: inode number in nsfs, by which ``/proc/PID/ns/uts`` tells namespaces apart.
    """

    __slots__ = ("domainname", "ino", "nodename")

    def __init__(self, nodename: bytes, domainname: bytes, ino: int = INITIAL_INO) -> None:
        self.ino = ino
        self.nodename = nodename
        self.domainname = domainname

    def copy(self, ino: int) -> UtsNamespace:
        """A namespace of its own with the same names."""
        return UtsNamespace(self.nodename, self.domainname, ino)
