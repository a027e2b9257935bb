"""What is written is what e2fsck and debugfs find; tmpfs is the measure of what calls do."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from ext2_images import (
    Mounted,
    check,
    debugfs_tree,
    edit,
    make_image,
    needs_e2fsprogs,
    numbers,
    tool,
)
from fs_world import World, finish, world

from pytest_kevlar.kernel.abi.files import AT, SEEK
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import (
    EFBIG,
    EINVAL,
    EMLINK,
    ENAMETOOLONG,
    ENOSPC,
    EOPNOTSUPP,
    LinuxError,
)
from pytest_kevlar.kernel.fs import operations
from pytest_kevlar.kernel.fs.attributes import change_mode, change_owner, change_times, truncate
from pytest_kevlar.kernel.fs.ext2.layout import max_file_size
from pytest_kevlar.kernel.fs.lookup import lookup

pytestmark = needs_e2fsprogs
__all__ = ["world"]

SECOND = 10**9


def outcome(deed: Callable[..., object], *arguments: object) -> str:
    try:
        done = deed(*arguments)
        if isinstance(done, Coroutine):
            finish(done)
    except LinuxError as error:
        return error.name
    return ""


class Twin:
    """The same deeds in two directories, whose results must be the same."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world = world
        self.rng = rng
        world.mkdir(b"/tmp/twin")

    def path(self) -> bytes:
        names = [b"a", b"b", b"c" * 40, b"d" * 200, b"e", b"f"]
        return b"/".join(self.rng.choice(names) for _ in range(self.rng.choice((1, 1, 2, 3))))

    def step(self) -> None:
        rng, task = self.rng, self.world.task
        one, two = self.path(), self.path()
        offset = rng.choice((0, 1, 1023, 5000, 13 << 10, 300 << 10, 2 << 20))
        data = rng.randbytes(rng.choice((1, 100, 4096, 10_000)))
        flags = rng.choice((0, 0, 1))
        target = rng.choice((two, b"nowhere" * 20))

        def write(root: bytes) -> None:
            file = self.world.open(root + one, O.CREAT | O.RDWR)
            file.pwrite(task, data, offset)
            file.put()

        def link(root: bytes) -> None:
            old = lookup(task, AT.FDCWD, root + one, follow=False)
            operations.link(task, old, AT.FDCWD, root + two)

        def rename(root: bytes) -> None:
            operations.rename(task, AT.FDCWD, root + one, AT.FDCWD, root + two, flags)

        deeds: list[Callable[[bytes], object]] = [
            write,
            write,
            lambda root: self.world.mkdir(root + one),
            lambda root: self.world.mkdir(root + one),
            lambda root: self.world.symlink(target, root + one),
            lambda root: operations.unlink(task, AT.FDCWD, root + one),
            lambda root: operations.remove_directory(task, AT.FDCWD, root + one),
            lambda root: truncate(task, lookup(task, AT.FDCWD, root + one, follow=False), offset),
            lambda root: operations.make_node(task, AT.FDCWD, root + one, 0o010644),
            link,
            rename,
            rename,
        ]
        deed = rng.choice(deeds)
        assert outcome(deed, b"/mnt/") == outcome(deed, b"/tmp/twin/")


def links(mounted: Mounted, root: bytes) -> dict[str, int]:
    return {path[len(root) :].decode(): inode.nlink for path, inode in mounted.walk(root)}


@pytest.mark.parametrize(
    "options",
    [
        ("-b", "1024"),
        ("-b", "2048", "-O", "^filetype"),
        ("-b", "4096", "-I", "256"),
        ("-b", "1024", "-g", "1024", "-N", "1024"),
        ("-b", "1024", "-r", "0"),
    ],
    ids=lambda options: " ".join(options),
)
def test_as_tmpfs(world: World, tmp_path: Path, options: tuple[str, ...]) -> None:
    image = make_image(tmp_path / "image", "12M", *options)
    mounted = Mounted(world, image)
    mounted.mount()
    operations.remove_directory(world.task, AT.FDCWD, b"/mnt/lost+found")
    twin = Twin(world, random.Random(repr(options)))
    for _ in range(1500):
        twin.step()
    expected = {path[9:].decode(): inode for path, inode in mounted.walk(b"/tmp/twin")}
    before = mounted.tree()
    assert set(before) == set(expected)
    assert links(mounted, b"/mnt") == links(mounted, b"/tmp/twin")
    for name, inode in expected.items():
        if inode.is_regular:
            assert before[name] == inode.pages.read(0, inode.size), name
    content = mounted.unmount()
    check(tmp_path / "image", content)
    assert numbers(tmp_path / "image")["Filesystem state"] == "clean"
    seen = debugfs_tree(tmp_path / "image")
    assert {name: int(entry[1]) for name, entry in seen.items()} == links(mounted, b"/tmp/twin")
    mounted.mount(read_only=True)
    assert mounted.tree() == before


def test_sizes_and_holes(world: World, tmp_path: Path) -> None:
    """Single, double and triple indirect blocks, and every boundary between them."""
    path = tmp_path / "image"
    mounted = Mounted(world, make_image(path, "8M", "-b", "1024"))
    fs = mounted.mount()
    free = fs.statistics().free
    file = world.open(b"/mnt/file", O.CREAT | O.RDWR)
    boundaries = (12, 12 + 256, 12 + 256 + 256**2, 12 + 256 + 256**2 + 256**3 - 1)
    spots = [block * 1024 + delta for block in boundaries for delta in (-1500, -10, 0)]
    for number, spot in enumerate(spots):
        file.pwrite(world.task, b"%04d" % number, spot)
    for number, spot in enumerate(spots):
        assert file.pread(world.task, 4, spot) == b"%04d" % number
    assert file.pread(world.task, 100, 50_000) == bytes(100)
    assert fs.sb.has_ro_compat(2), "large_file"
    assert file.seek(5, SEEK.HOLE) == file.inode.size
    assert file.seek(5, SEEK.DATA) == 5
    for size in reversed([0, *(spot + 2 for spot in spots)]):
        file.truncate(world.task, size)
        file.sync()
        check(path, clean(mounted))
    assert fs.statistics().free == free
    assert file.inode.blocks == 0


def clean(mounted: Mounted) -> bytes:
    """The image as it would be after unmounting here and now."""
    fs = mounted.device.holder
    assert fs is not None
    fs.sync()
    content = mounted.content
    return content[: 1024 + 58] + b"\1\0" + content[1024 + 60 :]


def test_largest_file(world: World, tmp_path: Path) -> None:
    assert max_file_size(1024) == 17_247_252_480
    assert max_file_size(4096) == 2_196_873_666_560
    mounted = Mounted(world, make_image(tmp_path / "image", "2M", "-b", "1024"))
    fs = mounted.mount()
    file = world.open(b"/mnt/file", O.CREAT | O.RDWR)
    end = fs.max_file_size
    assert file.pwrite(world.task, b"end", end - 2) == 2
    with pytest.raises(EFBIG):
        file.pwrite(world.task, b"x", end)
    with pytest.raises(EFBIG):
        file.truncate(world.task, end + 1)
    with pytest.raises(EINVAL):
        file.seek(end + 1, SEEK.SET)
    with pytest.raises(EOPNOTSUPP):
        file.allocate(world.task, 0, 0, 1)
    file.put()
    check(tmp_path / "image", mounted.unmount())


@pytest.mark.parametrize("block", ["1024", "4096"])
def test_full_disk(world: World, tmp_path: Path, block: str) -> None:
    image = make_image(tmp_path / "image", "1M", "-b", block, "-m", "10", "-N", "32")
    mounted = Mounted(world, image)
    fs = mounted.mount()
    ordinary = world.new_task(1000)
    change_mode(world.task, lookup(world.task, AT.FDCWD, b"/mnt"), 0o777)
    for task, left in ((ordinary, fs.sb.disk.s_r_blocks_count), (world.task, 0)):
        world.kernel.scheduler.current = task
        file = world.open(b"/mnt/file", O.CREAT | O.WRONLY | O.APPEND, task=task)
        file.flags |= O.APPEND
        for piece in (12_000, 100):  # a page that does not fit whole is not begun
            with pytest.raises(ENOSPC):
                while file.write(task, b"f" * piece):
                    pass
        assert left <= fs.statistics().free <= left + 1
        file.put()
        check(tmp_path / "image", clean(mounted))
    with pytest.raises(ENOSPC):
        world.mkdir(b"/mnt/directory")
    with pytest.raises(ENOSPC):
        world.symlink(b"long" * 50, b"/mnt/link")
    check(tmp_path / "image", clean(mounted))
    made = 0
    with pytest.raises(ENOSPC):
        while made < 100:
            world.write(b"/mnt/empty %d" % made, b"")
            made += 1
    assert fs.statistics().files_free == 0 and made
    check(tmp_path / "image", mounted.unmount())


def test_many_entries(world: World, tmp_path: Path) -> None:
    mounted = Mounted(world, make_image(tmp_path / "image", "4M", "-b", "1024", "-N", "4096"))
    mounted.mount()
    world.mkdir(b"/mnt/many")
    names = [b"%d-%s" % (number, b"n" * (number * 7 % 200)) for number in range(2000)]
    for name in names:
        world.write(b"/mnt/many/" + name, b"")
    assert sorted(world.names(b"/mnt/many")) == sorted([b".", b"..", *names])
    size = lookup(world.task, AT.FDCWD, b"/mnt/many").inode.size
    for name in names[::2]:
        operations.unlink(world.task, AT.FDCWD, b"/mnt/many/" + name)
    for name in names[::2]:
        world.write(b"/mnt/many/" + name[::-1], b"")
    assert lookup(world.task, AT.FDCWD, b"/mnt/many").inode.size <= size + 1024
    check(tmp_path / "image", mounted.unmount())
    mounted.mount()
    assert len(world.names(b"/mnt/many")) == 2002
    for name in world.names(b"/mnt/many"):
        if name not in (b".", b".."):
            operations.unlink(world.task, AT.FDCWD, b"/mnt/many/" + name)
    operations.remove_directory(world.task, AT.FDCWD, b"/mnt/many")
    check(tmp_path / "image", mounted.unmount())


def test_attributes(world: World, tmp_path: Path) -> None:
    path = tmp_path / "image"
    mounted = Mounted(world, make_image(path, "1M"))
    mounted.mount()
    world.write(b"/mnt/file", b"content")
    place = lookup(world.task, AT.FDCWD, b"/mnt/file")
    change_mode(world.task, place, 0o4711)
    change_owner(world.task, place, 70_000, 1_000_000)
    change_times(world.task, place, 5 * SECOND + 7, (1 << 40) * SECOND, now=False)
    assert place.inode.atime == 5 * SECOND
    assert place.inode.mtime == ((1 << 31) - 1) * SECOND
    assert place.inode.ctime % SECOND == 0
    operations.make_node(world.task, AT.FDCWD, b"/mnt/null", 0o020666, 0x103)
    operations.make_node(world.task, AT.FDCWD, b"/mnt/far", 0o060600, 0x11112C70)
    check(path, mounted.unmount())
    told = tool("debugfs", "-R", "stat file", path)
    assert "User: 70000" in told and "Group: 1000000" in told and "Mode:  0711" in told
    assert "Device major/minor number: 01:03" in tool("debugfs", "-R", "stat null", path)
    mounted.mount()
    assert lookup(world.task, AT.FDCWD, b"/mnt/null").inode.rdev == 0x103
    assert lookup(world.task, AT.FDCWD, b"/mnt/far").inode.rdev == 0x11112C70
    with pytest.raises(ENAMETOOLONG):
        world.symlink(b"x" * 1024, b"/mnt/link")
    world.symlink(b"x" * 1023, b"/mnt/link")
    with pytest.raises(EINVAL):  # neither exchanges nor whiteouts, as on Linux
        operations.rename(world.task, AT.FDCWD, b"/mnt/null", AT.FDCWD, b"/mnt/far", 2)
    check(path, mounted.unmount())


def test_link_counts(world: World, tmp_path: Path) -> None:
    path = tmp_path / "image"
    make_image(path, "1M")
    image = edit(
        path, "mkdir crowd", "mkdir other", "mkdir other/child", "sif crowd links_count 32000"
    )
    mounted = Mounted(world, image)
    mounted.mount()
    with pytest.raises(EMLINK):
        world.mkdir(b"/mnt/crowd/one more")
    with pytest.raises(EMLINK):
        operations.rename(
            world.task, AT.FDCWD, b"/mnt/other/child", AT.FDCWD, b"/mnt/crowd/child", 0
        )
    world.write(b"/mnt/file", b"")
    place = lookup(world.task, AT.FDCWD, b"/mnt/file")
    place.inode.nlink = 32_000
    with pytest.raises(EMLINK):
        operations.link(world.task, place, AT.FDCWD, b"/mnt/link")


def test_open_without_a_name(world: World, tmp_path: Path) -> None:
    """What is removed while it is open stays on the disk until it is closed."""
    mounted = Mounted(world, make_image(tmp_path / "image", "1M"))
    fs = mounted.mount()
    world.mkdir(b"/mnt/directory")
    world.write(b"/mnt/file", b"content")
    before = fs.statistics()
    file, directory = world.open(b"/mnt/file"), world.open(b"/mnt/directory")
    operations.unlink(world.task, AT.FDCWD, b"/mnt/file")
    operations.remove_directory(world.task, AT.FDCWD, b"/mnt/directory")
    assert fs.statistics() == before
    assert file.pread(world.task, 100, 0) == b"content"
    file.put()
    directory.put()
    after = fs.statistics()
    assert (after.files_free, after.free) == (before.files_free + 2, before.free + 2)
    nameless = world.open(b"/mnt", O.TMPFILE | O.RDWR)
    nameless.write(world.task, b"from nowhere")
    operations.link(world.task, nameless.path, AT.FDCWD, b"/mnt/named")
    nameless.put()
    assert world.read(b"/mnt/named") == b"from nowhere"
    world.open(b"/mnt", O.TMPFILE | O.RDWR).write(world.task, b"lost with the machine")
    check(tmp_path / "image", mounted.unmount())
