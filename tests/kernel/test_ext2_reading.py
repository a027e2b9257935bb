"""Images that mke2fs and debugfs made read as they were written."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from ext2_images import Mounted, edit, host_tree, make_image, needs_e2fsprogs, numbers
from fs_world import World, world

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EIO, EROFS, EUCLEAN, LinuxError
from pytest_kevlar.kernel.fs.lookup import lookup

pytestmark = needs_e2fsprogs
__all__ = ["world"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of many sizes, a sparse one, links of both kinds, a full directory."""
    root = tmp_path_factory.mktemp("tree")
    rng = random.Random("tree")
    for size in (0, 1, 1023, 1024, 1025, 12 << 10, (12 << 10) + 1, (268 << 10) + 1, 5 << 20):
        (root / f"file-{size}").write_bytes(rng.randbytes(size))
    with (root / "sparse").open("wb") as file:
        file.write(b"start")
        file.seek(70 << 20)
        file.write(b"end")
    deep = root
    for level in range(12):
        deep = deep / f"level {level}"
        deep.mkdir()
        (deep / "leaf").write_text(str(level))
    many = root / "many"
    many.mkdir()
    for number in range(600):
        (many / f"entry-{number:03}{'x' * (number % 200)}").write_bytes(b"%d" % number)
    for length in (1, 58, 59, 60, 61, 700):
        (root / f"link-{length}").symlink_to("t" * length)
    os.link(root / "file-1025", root / "hard")
    os.mkfifo(root / "fifo")
    (root / "file-1").chmod(0o4751)
    os.utime(root / "file-1", ns=(1_000_000_000_123_456_789, -5_000_000_000))
    return root


@pytest.mark.parametrize(
    "options",
    [
        ("-b", "1024"),
        ("-b", "2048"),
        ("-b", "4096"),
        ("-b", "1024", "-r", "0"),
        ("-b", "1024", "-O", "^filetype,^sparse_super,^resize_inode"),
        ("-b", "1024", "-O", "meta_bg,^resize_inode", "-g", "1024"),
        ("-b", "4096", "-I", "256", "-O", "^dir_index"),
        ("-b", "1024", "-I", "512", "-g", "2048", "-O", "^large_file"),
    ],
    ids=lambda options: " ".join(options),
)
def test_reads_as_written(world: World, tree: Path, tmp_path: Path, options: tuple[str]) -> None:
    image = make_image(tmp_path / "image", "40M", *options, tree=tree)
    mounted = Mounted(world, image)
    mounted.mount(read_only=True)
    found = mounted.tree()
    assert found.pop("/lost+found") == b"dir"
    assert found == host_tree(tree)
    assert mounted.content == image, "reading changed the disk"
    for path, inode in mounted.walk():
        if path.startswith(b"/mnt/lost+found"):
            continue
        host = os.lstat(tree / os.fsdecode(path[5:]))
        assert (inode.mode, inode.uid, inode.gid) == (host.st_mode, host.st_uid, host.st_gid)
        assert inode.nlink == host.st_nlink
        assert inode.mtime // 10**9 == host.st_mtime_ns // 10**9
        if inode.is_regular or inode.is_symlink:
            assert inode.size == host.st_size


def test_counts(world: World, tree: Path, tmp_path: Path) -> None:
    for options in (
        ("-b", "1024"),
        ("-b", "4096"),
        ("-b", "1024", "-O", "^sparse_super,^resize_inode"),
    ):
        image = make_image(tmp_path / "image", "24M", *options, tree=tree)
        fs = Mounted(world, image).mount(read_only=True)
        said = numbers(tmp_path / "image")
        found = fs.statistics()
        assert found.files == int(said["Inode count"])
        assert found.files_free == int(said["Free inodes"])
        assert found.free == int(said["Free blocks"])
        assert found.available == found.free - int(said["Reserved block count"])
        assert found.block_size == int(said["Block size"])
        assert found.blocks == int(said["Block count"]) - fs.sb.overhead


def test_debugfs_objects(world: World, tmp_path: Path) -> None:
    path = tmp_path / "image"
    make_image(path, "2M", "-b", "1024")
    image = edit(
        path,
        "mkdir /made",
        "symlink /made/short target",
        f"symlink /made/long {'long/' * 30}",
        "cd /made",
        "mknod pipe p",
        "mknod null c 1 3",
        "mknod far b 1 1",
        "sif far block[0] 0",
        "sif far block[1] 0x11112c70",
    )
    mounted = Mounted(world, image)
    mounted.mount(read_only=True)
    found = {path: inode for path, inode in mounted.walk(b"/mnt/made")}
    assert found[b"/mnt/made/short"].readlink(world.task) == b"target"
    assert found[b"/mnt/made/long"].readlink(world.task) == b"long/" * 30
    assert found[b"/mnt/made/pipe"].kind == 0o010000
    assert (found[b"/mnt/made/null"].kind, found[b"/mnt/made/null"].rdev) == (0o020000, 0x103)
    number = (70000 & 0xFF) | 300 << 8 | (70000 & ~0xFF) << 12
    assert (found[b"/mnt/made/far"].kind, found[b"/mnt/made/far"].rdev) == (0o060000, number)


# -- what is refused -------------------------------------------------------------------------


def refused(world: World, image: bytes, *, read_only: bool = False) -> type[LinuxError]:
    mounted = Mounted(world, image)
    with pytest.raises(LinuxError) as raised:
        mounted.mount(read_only=read_only)
    assert mounted.device.holder is None
    return raised.type


def patched(image: bytes, offset: int, value: int, size: int) -> bytes:
    return image[:offset] + value.to_bytes(size, "little") + image[offset + size :]


@pytest.fixture
def image(tmp_path: Path) -> bytes:
    return make_image(tmp_path / "image", "1M", "-b", "1024")


def test_unknown_features(world: World, image: bytes) -> None:
    incompat, ro_compat = 1024 + 96, 1024 + 100
    assert refused(world, patched(image, incompat, 0x42, 4), read_only=True) is EINVAL
    exotic = patched(image, ro_compat, 0x13, 4)
    assert refused(world, exotic) is EINVAL
    mounted = Mounted(world, exotic)
    fs = mounted.mount(read_only=True)
    with pytest.raises(EROFS):
        fs.remount(False, b"")
    unknown_compat = patched(image, 1024 + 92, 0xFFFF_FFFF, 4)
    Mounted(world, unknown_compat).mount()


def test_ext4_is_refused(world: World, tmp_path: Path) -> None:
    image = make_image(tmp_path / "image", "8M", feature="ext4")
    assert refused(world, image, read_only=True) is EINVAL


def test_nonsense(world: World, image: bytes) -> None:
    assert refused(world, b"") is EINVAL
    assert refused(world, bytes(1 << 20)) is EINVAL
    assert refused(world, image[: 100 << 10]) is EINVAL  # shorter than it says
    for offset, value, size in (
        (24, 7, 4),  # block size
        (88, 100, 2),  # inode size
        (40, 0, 4),  # inodes per group
        (32, 0, 4),  # blocks per group
        (0, 1, 4),  # inodes
        (20, 0x7FFF_FFFF, 4),  # first data block
    ):
        assert refused(world, patched(image, 1024 + offset, value, size)) is EINVAL
    assert refused(world, patched(image, 2048 + 8, 0, 4)) is EINVAL  # an inode table at 0


def test_read_only_disk(world: World, image: bytes) -> None:
    mounted = Mounted(world, image, read_only=True)
    with pytest.raises(EACCES):
        mounted.mount()
    mounted.mount(read_only=True)


def test_damaged_objects(world: World, tmp_path: Path) -> None:
    path = tmp_path / "image"
    make_image(path, "1M", "-b", "1024")
    (tmp_path / "content").write_bytes(bytes(2000))
    image = edit(
        path,
        f"write {tmp_path / 'content'} freed",
        f"write {tmp_path / 'content'} astray",
        f"write {tmp_path / 'content'} attributes",
        f"write {tmp_path / 'content'} negative",
        "mkdir hollow",
        "clri freed",
        "sif astray block[0] 4000000",
        "sif attributes file_acl 4000000",
        "sif negative size 0x8000000000000000",
        "sif hollow block[0] 0",
        "set_super_value errors 1",
    )
    mounted = Mounted(world, image)
    mounted.mount()
    task = world.task
    for name, error in (
        (b"freed", EIO),
        (b"attributes", EUCLEAN),
        (b"negative", EUCLEAN),
        (b"hollow/x", EIO),
    ):
        with pytest.raises(error):
            lookup(task, AT.FDCWD, b"/mnt/" + name)
    with pytest.raises(EIO):
        world.open(b"/mnt/astray").read(task, 100)
    with pytest.raises(EIO):
        world.names(b"/mnt/hollow")
    mounted.unmount()
    assert mounted.content[1024 + 58] & 2, "the error is not noted"
