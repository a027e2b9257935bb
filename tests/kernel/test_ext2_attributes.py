"""Extended attributes of ext2: written for e2fsck and debugfs, and read from them."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import pytest
from ext2_images import Mounted, check, edit, make_image, needs_e2fsprogs, tool
from fs_world import World, world

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.errno import EEXIST, EIO, ENODATA, ENOSPC, EOPNOTSUPP, ERANGE, LinuxError
from pytest_kevlar.kernel.fs import operations
from pytest_kevlar.kernel.fs.ext2.attributes import encode, parse
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.xattr import (
    get_attribute,
    list_attributes,
    remove_attribute,
    set_attribute,
)

pytestmark = needs_e2fsprogs
__all__ = ["world"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    (tmp_path / "content").write_bytes(b"content")
    make_image(path, "1M", "-b", "1024", "-I", "128")
    edit(path, f"write {tmp_path / 'content'} file")
    return path


def place(world: World, name: bytes = b"file") -> VfsPath:
    return lookup(world.task, AT.FDCWD, b"/mnt/" + name, follow=False)


def everything(world: World, where: VfsPath) -> dict[bytes, bytes]:
    names = list_attributes(world.task, where).split(b"\0")[:-1]
    return {name: get_attribute(world.task, where, name) for name in names}


def test_of_debugfs(world: World, path: Path) -> None:
    acl = path.parent / "acl"
    owner, group, other = ((tag, 6, 0xFFFF_FFFF) for tag in (1, 4, 0x20))
    acl.write_bytes(struct.pack("<IHHIHHIHHI", 2, *owner, *group, *other))
    image = edit(
        path,
        "ea_set file user.first one",
        "ea_set file trusted.second two-two",
        "ea_set file security.third x",
        f"ea_set -f {acl} file system.posix_acl_access",
    )
    mounted = Mounted(world, image)
    mounted.mount()
    expected = {b"user.first": b"one", b"trusted.second": b"two-two", b"security.third": b"x"}
    assert everything(world, place(world)) == expected
    with pytest.raises(EOPNOTSUPP):
        get_attribute(world.task, place(world), b"system.posix_acl_access")
    set_attribute(world.task, place(world), b"user.fourth", b"4", 0)
    path.write_bytes(mounted.unmount())
    told = tool("debugfs", "-R", "ea_list file", path)
    for name in ("user.first", "user.fourth", "trusted.second", "system.posix_acl_access"):
        assert name in told


def test_for_debugfs(world: World, path: Path) -> None:
    mounted = Mounted(world, path.read_bytes())
    fs = mounted.mount()
    free, task, file = fs.statistics().free, world.task, place(world)
    set_attribute(task, file, b"user.name", b"value", 0)
    set_attribute(task, file, b"user.empty", b"", 0)
    set_attribute(task, file, b"trusted.binary", bytes(range(100, 200)), 0)
    with pytest.raises(EEXIST):
        set_attribute(task, file, b"user.name", b"", 1)
    with pytest.raises(ENODATA):
        set_attribute(task, file, b"user.absent", b"", 2)
    with pytest.raises(ENOSPC):
        set_attribute(task, file, b"user.big", bytes(1000), 0)
    with pytest.raises(ERANGE):
        set_attribute(task, file, b"user.big", bytes(1025), 0)
    assert list_attributes(task, file) == b"user.name\0user.empty\0trusted.binary\0"
    assert fs.statistics().free == free - 1
    kept = everything(world, file)
    content = mounted.unmount()
    check(path, content)
    assert 'user.name (5) = "value"' in tool("debugfs", "-R", "ea_list file", path)
    mounted.mount()
    file = place(world)
    assert everything(world, file) == kept
    for name in kept:
        remove_attribute(world.task, file, name)
    assert list_attributes(world.task, file) == b""
    assert mounted.device.holder is not None
    assert mounted.device.holder.statistics().free == free
    set_attribute(world.task, file, b"user.again", b"1", 0)
    operations.unlink(world.task, AT.FDCWD, b"/mnt/file")
    assert mounted.device.holder.statistics().free == free + 1
    check(path, mounted.unmount())


def test_shared_block(world: World, path: Path) -> None:
    """A block that two inodes refer to is not changed under the other's feet."""
    make_image(path, "1M", "-b", "1024", "-I", "128")
    content = path.parent / "content"
    edit(path, f"write {content} one", f"write {content} two", "ea_set one user.x common")
    told = tool("debugfs", "-R", "stat one", path)
    block = int(told.split("File ACL: ")[1].split()[0])
    image = bytearray(edit(path, f"sif two file_acl {block}", "sif two blocks 4"))
    image[block * 1024 + 4] = 2
    check(path, bytes(image))
    mounted = Mounted(world, bytes(image))
    mounted.mount()
    set_attribute(world.task, place(world, b"one"), b"user.y", b"own", 0)
    assert everything(world, place(world, b"two")) == {b"user.x": b"common"}
    assert everything(world, place(world, b"one")) == {b"user.x": b"common", b"user.y": b"own"}
    check(path, mounted.unmount())


def test_damaged_blocks() -> None:
    rng = random.Random("attributes")
    good = encode({b"user.%d" % i: b"v" * i * 3 for i in range(12)}, 1024)
    assert len(parse(good)) == 12
    outcomes: list[Any] = []
    for _ in range(2000):
        damaged = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.choice((rng.randrange(300), rng.randrange(1024)))] = rng.randrange(256)
        try:
            found = parse(bytes(damaged))
            encode(found, 4096)
            outcomes.append(True)
        except LinuxError as error:
            outcomes.append(type(error))
    assert {True, EIO} <= set(outcomes)
