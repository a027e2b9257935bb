"""The UTS namespace: host name and domain name."""

from __future__ import annotations


class UtsNamespace:
    """What ``CLONE_NEWUTS`` copies; names are bytes without a NUL, 64 at most."""

    __slots__ = ("domainname", "nodename")

    def __init__(self, nodename: bytes, domainname: bytes) -> None:
        self.nodename = nodename
        self.domainname = domainname

    def copy(self) -> UtsNamespace:
        """A namespace of its own with the same names."""
        return UtsNamespace(self.nodename, self.domainname)
