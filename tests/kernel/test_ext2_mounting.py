"""Mount options of ext2, remounting, sharing, and what follows an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from ext2_images import Mounted, check, edit, make_image, needs_e2fsprogs, numbers, tool
from fs_world import World, world

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EBUSY, EINVAL, EIO, EROFS
from pytest_kevlar.kernel.fs import operations
from pytest_kevlar.kernel.fs.attributes import change_owner
from pytest_kevlar.kernel.fs.block.file import BlockFile
from pytest_kevlar.kernel.fs.block.mounting import mount_device
from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.result import End
from pytest_kevlar.kernel.task.scheduler import RunEnded

pytestmark = needs_e2fsprogs
__all__ = ["world"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "image"


@pytest.fixture
def image(path: Path) -> bytes:
    return make_image(path, "1M", "-b", "1024", "-I", "128")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"", b""),
        (b"bsddf,check=none,nocheck,orlov,noreservation,user_xattr,acl", b""),
        (b"minixdf", b"minixdf"),
        (b"grpid", b"grpid"),
        (b"bsdgroups,sysvgroups", b""),
        (b"resuid=5,resgid=6", b"resuid=5,resgid=6"),
        (b"errors=continue", b""),
        (b"errors=remount-ro,nouid32", b"errors=remount-ro,nouid32"),
        (b"errors=panic", b"errors=panic"),
    ],
)
def test_options(world: World, image: bytes, given: bytes, shown: bytes) -> None:
    fs = Mounted(world, image).mount(given)
    assert fs.options == shown


@pytest.mark.parametrize("given", [b"unknown", b"errors=never", b"resuid=x", b"data=journal"])
def test_bad_options(world: World, image: bytes, given: bytes) -> None:
    mounted = Mounted(world, image)
    with pytest.raises(EINVAL):
        mounted.mount(given)
    fs = mounted.mount(b"minixdf")
    with pytest.raises(EINVAL):
        fs.remount(True, given)
    assert (fs.read_only, fs.options) == (False, b"minixdf")
    fs.remount(False, b"resuid=3")
    assert fs.options == b"minixdf,resuid=3"


def test_options_of_the_image(world: World, path: Path, image: bytes) -> None:
    tool("tune2fs", "-o", "bsdgroups", "-e", "remount-ro", "-r", "50", "-u", "9", path)
    fs = Mounted(world, path.read_bytes()).mount()
    assert (fs.mount_options.group_of_directory, fs.mount_options.reserved_uid) == (True, 9)
    assert fs.options == b"grpid,resuid=9"


def test_groups_and_short_ids(world: World, path: Path, image: bytes) -> None:
    mounted = Mounted(world, image)
    mounted.mount(b"grpid,nouid32")
    world.mkdir(b"/mnt/shared")
    change_owner(world.task, lookup(world.task, AT.FDCWD, b"/mnt/shared"), 70_000, 42)
    world.write(b"/mnt/shared/file", b"")
    assert lookup(world.task, AT.FDCWD, b"/mnt/shared/file").inode.gid == 42
    mounted.unmount()
    mounted.mount()
    assert lookup(world.task, AT.FDCWD, b"/mnt/shared").inode.uid == 70_000 & 0xFFFF
    check(path, mounted.unmount())


def test_state_and_times_of_the_super_block(world: World, path: Path, image: bytes) -> None:
    mounted = Mounted(world, image)
    fs = mounted.mount()
    path.write_bytes(mounted.content)
    said = numbers(path)
    assert said["Filesystem state"] == "not clean"
    assert said["Mount count"] == "1"
    world.write(b"/mnt/file", bytes(5000))
    fs.sync()
    path.write_bytes(mounted.content)
    said = numbers(path)
    assert int(said["Free blocks"]) == fs.statistics().free
    assert int(said["Free inodes"]) == fs.statistics().files_free
    fs.remount(True, b"")
    path.write_bytes(mounted.content)
    assert numbers(path)["Filesystem state"] == "clean"
    fs.remount(False, b"")
    path.write_bytes(mounted.unmount())
    said = numbers(path)
    assert (said["Filesystem state"], said["Mount count"]) == ("clean", "2")
    check(path, mounted.content)


def test_one_super_block_for_two_mounts(world: World, image: bytes) -> None:
    mounted = Mounted(world, image)
    task = world.task
    world.kernel.tasks = {7: task}
    task.memory = type("Memory", (), {"vmas": []})()
    fs = mounted.mount()
    assert mount_device(task, b"/dev/vda", False, b"", Ext2) is fs
    with pytest.raises(EBUSY):
        mount_device(task, b"/dev/vda", True, b"", Ext2)
    with pytest.raises(EBUSY):
        world.open(b"/dev/vda", O.EXCL)
    assert isinstance(world.open(b"/dev/vda", O.RDWR), BlockFile)


def damaged(path: Path) -> bytes:
    return edit(path, "mkdir hollow", "sif hollow block[0] 0")


def test_errors_continue(world: World, path: Path, image: bytes) -> None:
    mounted = Mounted(world, damaged(path))
    fs = mounted.mount(b"errors=continue")
    with pytest.raises(EIO):
        world.names(b"/mnt/hollow")
    world.write(b"/mnt/file", b"still writable")
    assert not fs.read_only
    path.write_bytes(mounted.unmount())
    assert numbers(path)["Filesystem state"] == "clean with errors"


def test_errors_remount_read_only(world: World, path: Path, image: bytes) -> None:
    mounted = Mounted(world, damaged(path))
    fs = mounted.mount(b"errors=remount-ro")
    with pytest.raises(EIO):
        world.names(b"/mnt/hollow")
    assert fs.read_only
    with pytest.raises(EROFS):
        world.write(b"/mnt/file", b"")


def test_errors_panic(world: World, path: Path, image: bytes) -> None:
    mounted = Mounted(world, damaged(path))
    mounted.mount(b"errors=panic")
    with pytest.raises(RunEnded) as raised:
        world.names(b"/mnt/hollow")
    assert raised.value.end is End.CRASH
    assert "EXT2-fs (vda): panic forced after error" in raised.value.detail


def test_blocks_of_attributes_are_freed(world: World, path: Path, image: bytes) -> None:
    (path.parent / "content").write_bytes(b"content")
    with_attributes = edit(
        path,
        f"write {path.parent / 'content'} file",
        "symlink short target",
        "ea_set file user.one value",
        "ea_set short trusted.two value",
    )
    mounted = Mounted(world, with_attributes)
    fs = mounted.mount()
    free = fs.statistics().free
    for name in (b"/mnt/file", b"/mnt/short"):
        place = lookup(world.task, AT.FDCWD, name, follow=False)
        assert place.inode.blocks == (4 if name == b"/mnt/file" else 2)
        if place.inode.is_symlink:
            assert place.inode.readlink(world.task) == b"target"
        operations.unlink(world.task, AT.FDCWD, name)
    assert fs.statistics().free == free + 3
    check(path, mounted.unmount())
