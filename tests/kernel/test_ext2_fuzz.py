"""Damaged images: errors that Linux has, and never anything else; no endless work either."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from ext2_images import Mounted, make_image, needs_e2fsprogs, tool
from fs_world import World, finish, world

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import LinuxError
from pytest_kevlar.kernel.fs import operations
from pytest_kevlar.kernel.fs.attributes import truncate
from pytest_kevlar.kernel.fs.lookup import lookup

pytestmark = needs_e2fsprogs
__all__ = ["world"]

BLOCK = 1024
#: Blocks that are neither in a table nor a file's own.
INNER: list[int] = []
#: What a mutation writes: extremes, and what looks like a block or an inode.
VALUES = (0, 1, 2, 5, 11, 12, 13, 40, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    root = tmp_path_factory.mktemp("tree")
    (root / "directory" / "below").mkdir(parents=True)
    for number in range(40):
        (root / "directory" / f"file {number}").write_bytes(b"x" * number * 700)
    (root / "big").write_bytes(random.Random(0).randbytes(700 << 10))
    (root / "slow").symlink_to("s" * 200)
    (root / "fast").symlink_to("directory/below")
    path = tmp_path_factory.mktemp("image") / "image"
    image = make_image(path, "2M", "-b", str(BLOCK), "-N", "256", "-g", "1024", tree=root)
    INNER[:] = inner_blocks(path)
    return image


def inner_blocks(path: Path) -> list[int]:
    """The blocks of directories, and indirect ones."""
    found = []
    for name in ("/", "/directory", "/directory/below", "/big", "/slow"):
        text = tool("debugfs", "-R", f'stat "{name}"', path)
        found += [int(block) for block in re.findall(r"\((?:[DT]?IND|0)\):(\d+)", text)]
    return found


def mutate(rng: random.Random, image: bytes) -> bytes:
    """A few changes, all of them where the file system keeps its own things."""
    damaged = bytearray(image)
    tables = [
        int.from_bytes(image[at : at + 4], "little") * BLOCK
        for group in range(2)
        for at in range(2 * BLOCK + 32 * group, 2 * BLOCK + 32 * group + 12, 4)
    ]
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        what = rng.randrange(6)
        if what == 0:
            place = 1024 + rng.randrange(0, 264, 2)
        elif what == 1:
            place = 2 * BLOCK + rng.randrange(0, 64, 2)
        elif what == 2:  # a bitmap
            place = rng.choice((tables[0], tables[1], tables[3], tables[4])) + rng.randrange(BLOCK)
        elif what == 3:  # an inode
            place = rng.choice((tables[2], tables[5])) + 128 + rng.randrange(0, 60 * 128, 2)
        else:  # a directory or an indirect block
            place = (
                rng.choice(INNER) * BLOCK + rng.choice((64, BLOCK)) * rng.randrange(1000) // 1000
            )
        size = rng.choice((1, 2, 4))
        value = rng.choice(VALUES) if rng.random() < 0.7 else rng.getrandbits(32)
        damaged[place : place + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    return bytes(damaged[: len(image)])


def attempt(world: World, deeds: list[str], rng: random.Random) -> None:
    """All that a program may do to a tree, whatever comes of each part."""
    task = world.task
    paths = [b"/mnt/big", b"/mnt/slow", b"/mnt/directory/file 7", b"/mnt/directory/file 39"]

    def listing() -> None:
        for name in world.names(b"/mnt") + world.names(b"/mnt/directory"):
            deeds.append(repr(name))

    def reading() -> None:
        for path in (paths[0], paths[2], paths[3], paths[1]):
            world.open(path).pread(task, 1 << 20, rng.randrange(1 << 20))

    def writing() -> None:
        file = world.open(paths[rng.choice((0, 2, 3))], O.RDWR)
        file.pwrite(task, b"w" * 5000, rng.choice((0, 700, 300 << 10, 1 << 33)))
        file.put()

    def making() -> None:
        world.mkdir(b"/mnt/directory/new")
        world.write(b"/mnt/directory/new/file", b"n" * 3000)
        world.symlink(b"y" * 99, b"/mnt/directory/new/link")

    def renaming() -> None:
        operations.rename(task, AT.FDCWD, b"/mnt/directory/below", AT.FDCWD, b"/mnt/moved", 0)
        operations.rename(task, AT.FDCWD, b"/mnt/fast", AT.FDCWD, b"/mnt/slow", 0)

    def cutting() -> None:
        place = lookup(task, AT.FDCWD, b"/mnt/big")
        finish(truncate(task, place, rng.choice((0, 5, 13 << 10))))

    def removing() -> None:
        for path in paths:
            operations.unlink(task, AT.FDCWD, path)

    def emptying() -> None:
        operations.remove_directory(task, AT.FDCWD, b"/mnt/moved")

    for deed in (
        *(listing, reading, writing, making, renaming),
        *(listing, cutting, removing, emptying, listing),
    ):
        try:
            deed()
            deeds.append(deed.__name__)
        except LinuxError as error:
            deeds.append(f"{deed.__name__}: {error.name}")


@pytest.mark.parametrize("part", range(6))
def test_damaged_images(world: World, image: bytes, part: int) -> None:
    rng = random.Random(f"damage {part}")
    mounted_once = 0
    for number in range(100):
        damaged = mutate(rng, image)
        # Errors are to go on here: read-only from the first one on would hide the rest.
        damaged = damaged[: 1024 + 60] + rng.choice((b"\1\0", b"\1\0", b"\2\0")) + damaged[1086:]
        mounted = Mounted(world, damaged)
        deeds: list[str] = []
        began = time.monotonic()
        try:
            fs = mounted.mount(read_only=number % 5 == 0)
        except LinuxError as error:
            assert error.name in ("EINVAL", "EIO", "EUCLEAN", "ESTALE"), (number, error)
            continue
        mounted_once += 1
        attempt(world, deeds, rng)
        fs.statistics()
        mounted.device.holder = fs
        mounted.unmount()
        assert number % 5 or mounted.content == damaged, "a read-only mount wrote"
        assert time.monotonic() - began < 20, (number, deeds)
    assert mounted_once > 30
