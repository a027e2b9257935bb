"""Names: lookup, create, link, rename, remove. After fs/namei.c."""

from __future__ import annotations

import pytest
from fs_world import World, finish, world

from pytest_kevlar.kernel.abi.files import AT, RENAME
from pytest_kevlar.kernel.abi.open import RESOLVE, O
from pytest_kevlar.kernel.errno import (
    EACCES,
    EBUSY,
    EEXIST,
    EINVAL,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    EPERM,
    EXDEV,
    LinuxError,
)
from pytest_kevlar.kernel.fs import operations
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import path_text
from pytest_kevlar.kernel.fs.opening import open_path

__all__ = ["world"]


def find(world: World, path: bytes, **options: bool) -> bytes:
    task = world.task
    return path_text(lookup(task, AT.FDCWD, path, **options), task.fs.root)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (b"", ENOENT),
        (b"/nope", ENOENT),
        (b"/tmp/f/", ENOTDIR),
        (b"/tmp/f/x", ENOTDIR),
        (b"/tmp/f/..", ENOTDIR),
        (b"/tmp/" + b"n" * 256, ENAMETOOLONG),
        (b"/tmp/loop", ELOOP),
        (b"/tmp/dangling", ENOENT),
    ],
)
def test_walk_fails(world: World, path: bytes, error: type[LinuxError]) -> None:
    world.write(b"/tmp/f", b"")
    world.symlink(b"loop", b"/tmp/loop")
    world.symlink(b"nowhere", b"/tmp/dangling")
    with pytest.raises(error):
        find(world, path)


def test_walk(world: World) -> None:
    world.mkdir(b"/tmp/d")
    world.symlink(b"/tmp/d/", b"/tmp/l")
    assert find(world, b"//tmp/./d/../d//") == b"/tmp/d"
    assert find(world, b"/../../tmp") == b"/tmp"
    assert find(world, b"/tmp/l") == b"/tmp/d"
    assert find(world, b"/tmp/l", follow=False) == b"/tmp/l"
    assert find(world, b"/tmp/l/", follow=False) == b"/tmp/d"
    assert find(world, b"/proc/..") == b"/"


def test_forty_links_are_followed_and_one_more_is_not(world: World) -> None:
    world.write(b"/tmp/0", b"end")
    for number in range(41):
        world.symlink(b"%d" % number, b"/tmp/%d" % (number + 1))
    assert find(world, b"/tmp/40") == b"/tmp/0"
    with pytest.raises(ELOOP):
        find(world, b"/tmp/41")


@pytest.mark.parametrize(
    ("path", "resolve", "error"),
    [
        (b"/etc", RESOLVE.BENEATH, EXDEV),
        (b"../etc", RESOLVE.BENEATH, EXDEV),
        (b"l", RESOLVE.NO_SYMLINKS, ELOOP),
        (b"/proc/version", RESOLVE.NO_XDEV, EXDEV),
    ],
)
def test_confined_walk(world: World, path: bytes, resolve: int, error: type[LinuxError]) -> None:
    world.symlink(b"/etc", b"/l")
    with pytest.raises(error):
        finish(open_path(world.task, AT.FDCWD, path, O.RDONLY, 0, resolve))


def test_directory_entries_newest_first_and_stable(world: World) -> None:
    world.mkdir(b"/tmp/d")
    for name in (b"a", b"b", b"c"):
        world.write(b"/tmp/d/" + name, b"")
    assert world.names(b"/tmp/d") == [b".", b"..", b"c", b"b", b"a"]
    directory = world.open(b"/tmp/d")
    directory.pos = next(e.cookie for e in directory.entries(world.task) if e.name == b"b")
    operations.unlink(world.task, AT.FDCWD, b"/tmp/d/b")
    assert [e.name for e in directory.entries(world.task) if e.name] == [b"a"]


def rename(world: World, old: bytes, new: bytes, flags: int = 0) -> None:
    operations.rename(world.task, AT.FDCWD, b"/tmp/" + old, AT.FDCWD, b"/tmp/" + new, flags)


@pytest.mark.parametrize(
    ("old", "new", "flags", "error"),
    [
        (b"nope", b"x", 0, ENOENT),
        (b"f", b"d", 0, EISDIR),
        (b"d", b"f", 0, ENOTDIR),
        (b"d", b"d/x", 0, EINVAL),
        (b"e", b"d", 0, ENOTEMPTY),
        (b"d/f", b"../tmp/d", 0, ENOTEMPTY),
        (b"f", b"g", RENAME.NOREPLACE, EEXIST),
        (b"f", b"x", RENAME.EXCHANGE, ENOENT),
        (b"f", b"x", RENAME.EXCHANGE | RENAME.NOREPLACE, EINVAL),
        (b"f", b"x/", 0, ENOTDIR),
        (b"f", b"..", 0, EBUSY),
        (b"f", b"../proc/x", 0, EXDEV),
    ],
)
def test_rename_fails(
    world: World, old: bytes, new: bytes, flags: int, error: type[LinuxError]
) -> None:
    world.mkdir(b"/tmp/d")
    world.mkdir(b"/tmp/e")
    for name in (b"f", b"g", b"d/f"):
        world.write(b"/tmp/" + name, name)
    with pytest.raises(error):
        rename(world, old, new, flags)


def test_rename_replaces_and_exchanges(world: World) -> None:
    world.write(b"/tmp/f", b"f")
    world.write(b"/tmp/g", b"g")
    rename(world, b"f", b"g", RENAME.EXCHANGE)
    assert (world.read(b"/tmp/f"), world.read(b"/tmp/g")) == (b"g", b"f")
    held = world.open(b"/tmp/g")
    rename(world, b"f", b"g")
    assert world.names(b"/tmp") == [b".", b"..", b"g"]
    assert world.read(b"/tmp/g") == b"g"
    assert (held.inode.nlink, held.read(world.task, 9)) == (0, b"f")


def test_link_counts(world: World) -> None:
    world.mkdir(b"/tmp/d")
    world.mkdir(b"/tmp/d/sub")
    place = lookup(world.task, AT.FDCWD, b"/tmp/d")
    assert (place.inode.nlink, place.inode.size) == (3, 60)
    world.write(b"/tmp/f", b"")
    old = lookup(world.task, AT.FDCWD, b"/tmp/f")
    operations.link(world.task, old, AT.FDCWD, b"/tmp/g")
    assert old.inode.nlink == 2
    with pytest.raises(EPERM):
        operations.link(world.task, place, AT.FDCWD, b"/tmp/h")
    operations.remove_directory(world.task, AT.FDCWD, b"/tmp/d/sub")
    operations.remove_directory(world.task, AT.FDCWD, b"/tmp/d")
    assert place.inode.nlink == 0
    assert path_text(place, world.task.fs.root) == b"/tmp/d (deleted)"


def test_permissions_of_another_user(world: World) -> None:
    world.mkdir(b"/tmp/private", 0o700)
    world.write(b"/tmp/private/f", b"")
    world.write(b"/tmp/f", b"")
    other = world.new_task(1000)
    with pytest.raises(EACCES):
        world.open(b"/tmp/private/f", task=other)
    with pytest.raises(EACCES):
        world.open(b"/tmp/f", O.WRONLY, task=other)
    with pytest.raises(EPERM):  # the sticky bit of /tmp
        operations.unlink(other, AT.FDCWD, b"/tmp/f")
    mine = world.open(b"/tmp/mine", O.CREAT | O.RDWR, 0o000, task=other)
    assert mine.write(other, b"x") == 1  # the creator may, whatever the mode says


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (O.CREAT | O.EXCL, EEXIST),
        (O.NOFOLLOW, ELOOP),
        (O.CREAT | O.DIRECTORY, EINVAL),
        (O.TMPFILE, EINVAL),
    ],
)
def test_open_flags(world: World, flags: int, error: type[LinuxError]) -> None:
    world.symlink(b"/etc/passwd", b"/tmp/l")
    with pytest.raises(error):
        world.open(b"/tmp/l", flags)
