"""Guests at work on disks, on both architectures: what they see, and what they leave."""

from __future__ import annotations

from pathlib import Path

import pytest
from ext2_images import check, debugfs_tree, make_image, needs_e2fsprogs, numbers, tool
from machines import Build

from pytest_kevlar.kernel import Disk, End, Machine, Result

pytestmark = needs_e2fsprogs

GUESTS = Path(__file__).parent / "guests"
BUSYBOX = Path("/bin/busybox")


class Disks:
    """Two disks, and a file with an image for loop devices."""

    def __init__(self, path: Path) -> None:
        self.path = path / "image"
        self.small = make_image(path / "small", "1M", "-b", "4096", "-N", "64")
        self.image = make_image(self.path, "8M", "-b", "1024")

    def run(self, arch: str, program: bytes, *arguments: str) -> Result:
        with Machine(arch, disks=[self.image, Disk(self.small, read_only=True)]) as machine:
            machine.add_file("/bin/guest", program)
            machine.add_file("/image", self.small, 0o644)
            result = machine.run(["/bin/guest", *arguments], env={"PATH": "/bin"})
            self.image = machine.disk(0)
            assert machine.disk(1) == self.small
        assert (result.end, result.stderr) == (End.EXITED, b""), result
        return result


@pytest.fixture
def disks(tmp_path: Path) -> Disks:
    return Disks(tmp_path)


@pytest.mark.parametrize("what", ["work", "mounts", "loops", "block", "contexts"])
def test_guests(arch: str, build: Build, disks: Disks, what: str) -> None:
    result = disks.run(arch, build(GUESTS / "disks.c", arch), what)
    assert result.stdout.decode() == (GUESTS / f"disks-{what}.txt").read_text()
    if what != "block":
        check(disks.path, disks.image)
        assert numbers(disks.path)["Filesystem state"] == "clean"
    if what == "work":
        seen = debugfs_tree(disks.path)
        files = {f"/file-{number}" for number in range(300) if number % 3} - {"/file-1", "/file-2"}
        others = {"/below", "/below/directory", "/below/directory/moved", "/hard", "/fast", "/slow"}
        assert set(seen) == files | others | {"/null", "/fifo", "/fifo2", "/sparse", "/lost+found"}
        assert seen["/hard"] == ("100644", "2", 6) == seen["/file-5"]
        assert seen["/below/directory"][:2] == ("040755", "2")
        assert seen["/sparse"] == ("100600", "1", 20 << 20)
        assert tool("debugfs", "-R", "cat /sparse", disks.path).startswith("sTored\0")


def test_program_on_a_disk(arch: str, build: Build, disks: Disks) -> None:
    program = build(GUESTS / "disks.c", arch)
    result = disks.run(arch, program, "execute")
    assert result.stdout.decode().splitlines()[1:-1] == [
        'open("/mnt/program", O_WRONLY): ETXTBSY',
        'umount("/mnt"): EBUSY',
        "status 7",
    ]
    check(disks.path, disks.image)
    kept = disks.path.with_name("program")
    tool("debugfs", "-R", f"dump program {kept}", disks.path)
    assert kept.read_bytes() == program


def test_shut_down_without_unmounting(arch: str, build: Build, disks: Disks) -> None:
    """What was mounted and in use when the run ended is as clean as if it were unmounted."""
    for _ in range(2):
        disks.run(arch, build(GUESTS / "disks.c", arch), "leave")
        check(disks.path, disks.image)
        assert numbers(disks.path)["Filesystem state"] == "clean"
    assert tool("debugfs", "-R", "cat /left", disks.path) == "left mounted"


def test_file_system_in_a_file_system(arch: str, build: Build, disks: Disks) -> None:
    """Loops over files are shut down before what the files are on."""
    result = disks.run(arch, build(GUESTS / "disks.c", arch), "nest")
    assert result.stdout.decode().splitlines()[-1] == 'umount("/mnt"): EBUSY'
    check(disks.path, disks.image)
    inner = disks.path.with_name("inner")
    tool("debugfs", "-R", f"dump image {inner}", disks.path)
    check(inner, inner.read_bytes())
    assert tool("debugfs", "-R", "cat deep", inner) == "Inside the inside"


def test_same_run_same_disk(build: Build, tmp_path: Path) -> None:
    program = build(GUESTS / "disks.c", "x86_64")
    disks = Disks(tmp_path)
    image, contents = disks.image, []
    for _ in range(2):
        disks.image = image
        disks.run("x86_64", program, "work")
        contents.append(disks.image)
    assert contents[0] == contents[1] != image


@pytest.mark.skipif(not BUSYBOX.exists(), reason="busybox is not installed")
def test_busybox_mounts_a_file(disks: Disks) -> None:
    script = """
        mount -o loop /image /mnt && echo hello >/mnt/file && umount /mnt
        mount -t ext2 -o loop,ro /image /mnt && cat /mnt/file && grep loop /proc/mounts
        echo more >>/mnt/file; umount /mnt; losetup -f
    """
    with Machine("x86_64") as machine:
        machine.add_file("/bin/busybox", BUSYBOX.read_bytes())
        for name in ("sh", "mount", "umount", "losetup", "cat", "grep"):
            machine.add_link(f"/bin/{name}", "busybox")
        machine.add_file("/image", disks.small, 0o644)
        result = machine.run(["/bin/sh", "-c", script], env={"PATH": "/bin"})
    assert result.stdout == b"hello\n/dev/loop0 /mnt ext2 ro,relatime 0 0\n/dev/loop0\n"
    assert b"Read-only file system" in result.stderr
