"""The UTS namespace: host name and domain name."""

from __future__ import annotations

from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

#: include/uapi/linux/nsfs.h:UTS_NS_INIT_INO
INITIAL_INO = 4026531838


class UtsNamespace:
    """What ``CLONE_NEWUTS`` copies; names are bytes without a NUL, 64 at most.

    Attributes:
        ino: inode number in nsfs, by which ``/proc/PID/ns/uts`` tells namespaces apart.
        user_ns: to whom it belongs.
    """

    __slots__ = ("domainname", "ino", "nodename", "user_ns")

    def __init__(
        self,
        nodename: bytes,
        domainname: bytes,
        ino: int = INITIAL_INO,
        user_ns: UserNamespace = INITIAL,
    ) -> None:
        self.ino = ino
        self.user_ns = user_ns
        self.nodename = nodename
        self.domainname = domainname

    def copy(self, ino: int, user_ns: UserNamespace) -> UtsNamespace:
        """A namespace of its own with the same names."""
        return UtsNamespace(self.nodename, self.domainname, ino, user_ns)
