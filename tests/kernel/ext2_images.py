"""Images of ext2: made by mke2fs, judged by e2fsck, looked into by debugfs."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fs_world import World

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.fs import boot
from pytest_kevlar.kernel.fs.block.device import Disk
from pytest_kevlar.kernel.fs.block.mounting import mount_device, put_super
from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import Mount

SBIN = os.pathsep.join((os.environ.get("PATH", ""), "/sbin", "/usr/sbin"))
needs_e2fsprogs = pytest.mark.skipif(
    any(shutil.which(tool, path=SBIN) is None for tool in ("mke2fs", "e2fsck", "debugfs")),
    reason="e2fsprogs is not installed",
)


def tool(name: str, *arguments: str | Path, status: tuple[int, ...] = (0,)) -> str:
    program = shutil.which(name, path=SBIN)
    assert program is not None
    done = subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode in status, f"{name}: {done.stdout}{done.stderr}"
    # debugfs tells its failures there, after its version, and succeeds.
    assert name != "debugfs" or done.stderr.count("\n") == 1, done.stderr
    return done.stdout


def make_image(
    path: Path, size: str, *options: str | Path, tree: Path | None = None, feature: str = "ext2"
) -> bytes:
    """What mke2fs makes, with the content of `tree`."""
    if tree is not None:
        options = (*options, "-d", tree)
    path.unlink(missing_ok=True)
    tool("mke2fs", "-q", "-F", "-t", feature, *options, path, size)
    return path.read_bytes()


def edit(path: Path, *commands: str) -> bytes:
    """Change an image with debugfs commands."""
    script = path.with_suffix(".commands")
    script.write_text("".join(f"{command}\n" for command in commands))
    tool("debugfs", "-w", "-f", script, path)
    return path.read_bytes()


def check(path: Path, image: bytes) -> None:
    """e2fsck finds nothing to say about an image."""
    path.write_bytes(image)
    report = tool("e2fsck", "-fn", path)
    assert "clean" not in report and "Fix?" not in report, report


def numbers(path: Path) -> dict[str, str]:
    """What dumpe2fs -h calls what."""
    lines = tool("dumpe2fs", "-h", path).splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def debugfs_tree(path: Path) -> dict[str, tuple[str, str, int]]:
    """Path to mode, link count and size of everything in an image, as debugfs sees it."""
    found: dict[str, tuple[str, str, int]] = {}
    pending = [""]
    while pending:
        directory = pending.pop()
        listing = tool("debugfs", "-R", f'ls -p "{directory or "/"}"', path)
        for line in listing.splitlines():
            parts = line.split("/")
            if len(parts) < 7 or parts[1] == "0" or parts[5] in (".", ".."):
                continue
            name = f"{directory}/{parts[5]}"
            links = re.search(r"Links: (\d+)", tool("debugfs", "-R", f"stat <{parts[1]}>", path))
            assert links is not None
            size = 0 if parts[2].startswith("04") else int(parts[6] or 0)
            found[name] = (parts[2], links[1], size)
            if parts[2].startswith("04"):
                pending.append(name)
    return found


def host_tree(root: Path) -> dict[str, bytes]:
    """Path to content of every file and link below a directory of this host."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = f"/{path.relative_to(root)}"
        if path.is_symlink():
            found[name] = b"-> " + os.readlink(bytes(path))
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = b"dir" if path.is_dir() else b"special"
    return found


class Mounted:
    """A world of cardboard with one disk, mounted on /mnt when asked."""

    def __init__(self, world: World, image: bytes, *, read_only: bool = False) -> None:
        self.world = world
        world.kernel.scheduler = type("Scheduler", (), {"current": None})()
        context = boot.build_namespace(world.kernel, [Disk(image, read_only)])
        world.task.fs = context
        world.kernel.tasks = {}
        self.device = context.vfs.blocks.disks[0]

    def mount(self, options: bytes = b"", *, read_only: bool = False) -> Ext2:
        task = self.world.task
        fs = mount_device(task, b"/dev/vda", read_only, options, Ext2)
        flags = MS.RELATIME | (MS.RDONLY if read_only else 0)
        mount = Mount(task.fs.vfs.new_mount_id(), fs, fs.root, b"/dev/vda", flags)
        mount.attach(lookup(task, AT.FDCWD, b"/mnt"))
        assert isinstance(fs, Ext2)
        return fs

    def unmount(self) -> bytes:
        lookup(self.world.task, AT.FDCWD, b"/mnt").mount.detach()
        assert self.device.holder is not None
        put_super(self.device.holder)
        return self.content

    @property
    def content(self) -> bytes:
        return self.device.read(0, self.device.size)

    def walk(self, path: bytes = b"/mnt") -> Iterator[tuple[bytes, Any]]:
        """Everything below a directory: its path and inode."""
        for name in self.world.names(path):
            if name not in (b".", b".."):
                child = path + b"/" + name
                place = lookup(self.world.task, AT.FDCWD, child, follow=False)
                yield child, place.inode
                if place.inode.is_dir:
                    yield from self.walk(child)

    def tree(self) -> dict[str, bytes]:
        """As :func:`host_tree`."""
        found = {}
        for path, inode in self.walk():
            name = path[4:].decode()
            if inode.is_symlink:
                found[name] = b"-> " + inode.readlink(self.world.task)
            elif stat.S_ISREG(inode.mode):
                file = self.world.open(path)
                found[name] = file.pread(self.world.task, inode.size, 0)
                file.put()
            else:
                found[name] = b"dir" if inode.is_dir else b"special"
        return found
