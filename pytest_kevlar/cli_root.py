"""The file system that ``--root`` brings into the machine, and the program that is looked for.

A directory or an archive becomes one index of paths; links in it lead to paths in it.
"""

from __future__ import annotations

import functools
import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kevlar.cli_trouble import Trouble, opened

if TYPE_CHECKING:
    from pytest_kevlar.kernel import Machine

_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}
_EXECUTABLE, _SHARED = 2, 3
_PT_INTERP = 3
_ELF_HEADER = 64
#: Links that a path may lead through, and interpreters of interpreters.
_LINKS, _SCRIPTS = 40, 5
#: Where a program without a slash is looked for below a root.
SEARCH = ("/", "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")


@dataclass(frozen=True, slots=True)
class Entry:
    """One path: `read` is there for files, `link` is a link's target, else it is a directory.

    `modified` is in nanoseconds since 1970, 0 if it is not known; `size` in bytes, of files.
    """

    mode: int = 0o755
    read: Callable[[], bytes] | None = None
    link: str = ""
    modified: int = 0
    size: int = 0


class Tree:
    """Entries by absolute path, parents first."""

    def __init__(self, entries: dict[str, Entry], name: str = "") -> None:
        self.entries = entries
        self.name = name

    def fill(self, machine: Machine) -> None:
        """Copy everything into the machine."""
        for path, entry in self.entries.items():
            if entry.link:
                machine.add_link(path, entry.link)
            elif entry.read is None:
                machine.add_directory(path, entry.mode)
            else:
                machine.add_file(path, entry.read(), entry.mode)
        for path, entry in self.entries.items():  # directories are modified by what is put there
            if entry.modified:
                machine.set_modified(path, entry.modified)

    @property
    def newest(self) -> int:
        """When anything was last modified, nanoseconds since 1970; 0 if that is not known."""
        return max((entry.modified for entry in self.entries.values()), default=0)

    def check_size(self, memory: int) -> None:
        """Refuse what cannot be held by a machine of so many bytes, before it is read."""
        size = sum(entry.size for entry in self.entries.values())
        if size > memory:
            whole = f"{size >> 20:,} MiB of files, more than the machine's {memory >> 20:,}"
            raise Trouble(f"--root {self.name}: {whole}; --memory gives more")

    def resolve(self, path: str) -> str:
        """The path after all its links; empty if there is nothing."""
        here, parts, links = "", path.split("/")[::-1], 0
        while parts:
            part = parts.pop()
            if part in ("", "."):
                continue
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            entry = self.entries.get(f"{here}/{part}")
            if entry is None:
                return ""
            if not entry.link:
                here += f"/{part}"
                continue
            links += 1
            if links > _LINKS:
                return ""
            parts += entry.link.split("/")[::-1]
            here = "" if entry.link.startswith("/") else here
        return here or "/"

    def data(self, path: str) -> bytes | None:
        """The content of a file, None if it is none."""
        entry = self.entries.get(self.resolve(path))
        return entry.read() if entry is not None and entry.read is not None else None

    def find(self, program: str) -> str:
        """The path of a program; one without a slash is looked for as a shell would."""
        places = ("/",) if "/" in program else SEARCH
        for place in places:
            path = f"{place.rstrip('/')}/{program.lstrip('/')}"
            if self.data(path) is not None:
                return path
        raise Trouble(f"{program}: no such file in {self.name}")

    def architecture(self, path: str, name: str, depth: int = 0) -> str:
        """What the program `name` at a path is for, once it is sure that it can be started."""
        data = self.data(path) or b""
        if data[:2] == b"#!":
            words = data[2:256].partition(b"\n")[0].decode("latin-1").split()
            if not words or depth > _SCRIPTS:
                raise Trouble(f"{name}: a script without an interpreter")
            return self._needed(f"{name} is a script for", words[0], depth)
        arch, interpreter = program_of(data, name)
        if interpreter:
            self._needed(f"{name} is linked dynamically by", interpreter, depth)
        return arch

    def _needed(self, why: str, path: str, depth: int) -> str:
        if self.data(path) is None:
            where = f"is not in {self.name}" if self.name else "can come with --root DIR|TAR"
            raise Trouble(f"{why} {path}, which {where}")
        return self.architecture(path, path, depth + 1)


def program_of(data: bytes, name: str) -> tuple[str, str]:
    """Architecture and interpreter of an ELF program. Raises Trouble if it is none."""
    if data[:4] != b"\x7fELF":
        raise Trouble(f"{name}: no Linux program (it does not begin as ELF files and scripts do)")

    def word(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], "little")

    machine = _MACHINES.get(word(18, 2), "")
    if not machine or data[4:6] != b"\x02\x01":
        raise Trouble(f"{name}: no program for x86_64 or arm64")
    if len(data) < _ELF_HEADER or word(16, 2) not in (_EXECUTABLE, _SHARED):
        raise Trouble(f"{name}: an ELF file, but no program that could be run")
    for at in range(word(32, 8), word(32, 8) + word(56, 2) * word(54, 2), word(54, 2) or 1):
        if word(at, 4) == _PT_INTERP:
            start = word(at + 8, 8)
            path = data[start : start + word(at + 32, 8)]
            return machine, path.rstrip(b"\0").decode("latin-1")
    return machine, ""


def of_program(program: str) -> tuple[Tree, str]:
    """A tree with nothing but a program of this host, and its path there."""
    path = Path(program)
    if "/" not in program and not path.is_file():
        path = Path(shutil.which(program) or program)
    with opened(path, program) as file:
        data = file.read()
    inside = f"/{path.name}"
    return Tree({inside: Entry(0o755, lambda: data)}), inside


def of_root(root: str) -> Tree:
    """The tree in a directory or an archive."""
    path = Path(root)
    if path.is_dir():
        try:
            return Tree(dict(_below(path)), root)
        except OSError as error:
            raise Trouble(f"--root {root}: {error.filename}: {error.strerror}") from None
    if not path.exists():
        raise Trouble(f"--root {root}: no such file or directory")
    try:
        with tarfile.open(path) as archive:
            return Tree(dict(_members(archive)), root)
    except (OSError, EOFError, tarfile.TarError):
        raise Trouble(f"--root {root}: neither a directory nor a complete archive") from None


def _below(root: Path) -> Iterator[tuple[str, Entry]]:
    """Files, directories and links; devices and what is mounted there are left out."""
    device = root.stat().st_dev
    for path, status in _walk(root):
        if status.st_dev != device:
            continue
        inside = "/" + path.relative_to(root).as_posix()
        mode, modified = status.st_mode & 0o7777, status.st_mtime_ns
        if path.is_symlink():
            yield inside, Entry(link=str(path.readlink()), modified=modified)
        elif path.is_dir():
            yield inside, Entry(mode, modified=modified)
        elif path.is_file():
            yield inside, Entry(mode, _reader(path), modified=modified, size=status.st_size)


def _walk(directory: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything below, in order, but for what is below a mount point."""
    device = directory.stat().st_dev
    for path in sorted(directory.iterdir()):
        status = path.lstat()
        yield path, status
        if stat.S_ISDIR(status.st_mode) and status.st_dev == device:
            yield from _walk(path)


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        with opened(path, str(path)) as file:
            return file.read()

    return read


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, Entry]]:
    for member in archive:
        inside = "/" + member.name.removeprefix("./").strip("/")
        mode, modified = member.mode & 0o7777, int(member.mtime) * 1_000_000_000
        if member.isdir() and inside not in ("/", "/."):
            yield inside, Entry(mode, modified=modified)
        elif member.issym():
            yield inside, Entry(link=member.linkname, modified=modified)
        elif member.isfile() or member.islnk():
            file = archive.extractfile(member)
            if file is not None:
                data = file.read()
                read = functools.partial(bytes, data)
                yield inside, Entry(mode, read, modified=modified, size=member.size)
