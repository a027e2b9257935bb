"""Writes an initramfs: a cpio archive of the format "newc", which the kernel unpacks at boot.

Nothing is taken from a file system, so device nodes need no root and the bytes depend on the
content alone. Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import stat

_ALIGNMENT = 4
_TRAILER = "TRAILER!!!"
#: What a field of eight hexadecimal digits can hold.
_LARGEST = (1 << 32) - 1


class Archive:
    """An archive in memory; directories above a member are made with it.

    Members belong to root and carry no time.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._names: set[str] = set()

    def directory(self, path: str, mode: int = 0o755) -> None:
        """Add a directory. Raises ValueError if ``path`` is there or is no name."""
        self._add(path, stat.S_IFDIR | mode)

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Add a regular file. Raises ValueError as `directory` does."""
        self._add(path, stat.S_IFREG | mode, content)

    def symlink(self, path: str, target: str) -> None:
        """Add a symbolic link. Raises ValueError as `directory` does."""
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path: str, major: int, minor: int, mode: int = 0o600) -> None:
        """Add a character device. Raises ValueError as `directory` does."""
        self._add(path, stat.S_IFCHR | mode, device=(major, minor))

    def content(self) -> bytes:
        """Return the archive, closed by its trailer."""
        archive = bytes(self._data) + _member(_TRAILER, 0, 0, b"", (0, 0))
        return archive + bytes(-len(archive) % 512)

    def _add(
        self, path: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)
    ) -> None:
        name = path.strip("/")
        if not name or "\0" in name or any(part in ("", ".", "..") for part in name.split("/")):
            raise ValueError(f"{path!r} is no name of a file in an archive")
        if name in self._names:
            raise ValueError(f"{path!r} is in the archive already")
        if len(content) > _LARGEST:
            raise ValueError(f"{path!r} is too large for an archive")
        parent = name.rpartition("/")[0]
        if parent and parent not in self._names:
            self.directory(parent)
        self._names.add(name)
        self._data += _member(name, len(self._names), mode, content, device)


def _member(name: str, inode: int, mode: int, content: bytes, device: tuple[int, int]) -> bytes:
    """One header with its name and content, each padded to a multiple of four bytes."""
    encoded = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (
        *(inode, mode, 0, 0, links, 0, len(content)),  # uid and gid, and the time, are 0
        *(0, 0, *device),  # the device it is on, and the device it is
        *(len(encoded), 0),  # no checksum in this format
    )
    header = b"070701" + b"".join(b"%08X" % value for value in fields) + encoded
    return _padded(header) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
