"""The parts of qemu-system that need no QEMU: archive, kernel, records, console."""

from __future__ import annotations

import stat
import zlib

import pytest

from pytest_kevlar.qemu import console, image, records
from pytest_kevlar.qemu.console import BadPattern, Exit, Patterns, Screen
from pytest_kevlar.qemu.cpio import Archive
from pytest_kevlar.qemu.image import MAGIC, SLOT_BYTES, BadKernel, Kind


def members(archive: bytes) -> dict[str, tuple[int, bytes, tuple[int, int]]]:
    """Take an archive of the format "newc" apart: mode, content and device by name."""
    found, at = {}, 0
    while True:
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        size, name_size = fields[6], fields[11]
        name = archive[at + 110 : at + 110 + name_size]
        assert name.endswith(b"\0")
        start = (at + 110 + name_size + 3) & ~3
        if name == b"TRAILER!!!\0":
            return found
        content = archive[start : start + size]
        found[name[:-1].decode()] = (fields[1], content, (fields[9], fields[10]))
        at = (start + size + 3) & ~3


def test_an_archive_holds_what_was_put_into_it() -> None:
    archive = Archive()
    archive.character_device("/dev/console", 5, 1)
    archive.file("kevlar/0/a", b"12345", 0o755)
    archive.symlink("kevlar/link", "0/a")
    archive.directory("empty", 0o700)
    content = archive.content()
    assert len(content) % 512 == 0
    assert members(content) == {
        "dev": (stat.S_IFDIR | 0o755, b"", (0, 0)),
        "dev/console": (stat.S_IFCHR | 0o600, b"", (5, 1)),
        "kevlar": (stat.S_IFDIR | 0o755, b"", (0, 0)),
        "kevlar/0": (stat.S_IFDIR | 0o755, b"", (0, 0)),
        "kevlar/0/a": (stat.S_IFREG | 0o755, b"12345", (0, 0)),
        "kevlar/link": (stat.S_IFLNK | 0o777, b"0/a", (0, 0)),
        "empty": (stat.S_IFDIR | 0o700, b"", (0, 0)),
    }


@pytest.mark.parametrize("name", ["", "/", "a/../b", "a//b", "./a", "a\0b", "twice"])
def test_an_archive_refuses_what_is_no_name(name) -> None:
    archive = Archive()
    archive.file("twice", b"")
    with pytest.raises(ValueError, match=r"no name|already"):
        archive.file(name, b"")


def elf(tmp_path, *slots: bytes, machine: int = 62):
    path = tmp_path / "kernel"
    header = b"\x7fELF\2\1\1".ljust(18, b"\0") + machine.to_bytes(2, "little")
    path.write_bytes(header.ljust(200, b"\1") + b"".join(slots) + b"\1" * 50)
    return path


SLOT = (MAGIC + b"/init").ljust(SLOT_BYTES, b"\0")


@pytest.mark.parametrize("before", [b"/init", b"", b"x" * (SLOT_BYTES - len(MAGIC) - 1)])
def test_a_slot_is_patched_in_a_copy(tmp_path, before) -> None:
    path = elf(tmp_path, (MAGIC + before).ljust(SLOT_BYTES, b"\0"))
    original = path.read_bytes()
    kernel = image.inspect(path)
    assert (kernel.kind, kernel.arch, kernel.slot) == (Kind.ELF, "x86_64", 200)
    changed = image.patched(kernel, "/kevlar/brk")
    assert changed[200 : 200 + SLOT_BYTES] == (MAGIC + b"/kevlar/brk").ljust(SLOT_BYTES, b"\0")
    assert changed[:200] == original[:200]
    assert changed[200 + SLOT_BYTES :] == original[200 + SLOT_BYTES :]
    assert path.read_bytes() == original


def test_the_longest_name_fits_and_one_byte_more_is_refused(tmp_path) -> None:
    kernel = image.inspect(elf(tmp_path, SLOT))
    room = SLOT_BYTES - len(MAGIC) - 1
    slot = image.patched(kernel, "/" * room)[200 : 200 + SLOT_BYTES]
    assert slot == MAGIC + b"/" * room + b"\0"
    with pytest.raises(
        BadKernel, match=f"has {room + 1} bytes, and the slot of .* room for {room}"
    ):
        image.patched(kernel, "/" * (room + 1))


def test_a_mention_of_the_magic_is_no_slot(tmp_path) -> None:
    kernel = image.inspect(elf(tmp_path, MAGIC + b"\0another string", SLOT))
    assert kernel.slot == 200 + len(MAGIC) + 15
    none = image.inspect(elf(tmp_path, MAGIC + b"\0another string"))
    with pytest.raises(BadKernel, match="has no slot that begins with KEVLAR_INIT:"):
        image.patched(none, "/init")


def test_two_slots_are_refused(tmp_path) -> None:
    with pytest.raises(BadKernel, match="has 2 slots"):
        image.inspect(elf(tmp_path, SLOT, SLOT))


def test_kernels_are_told_apart(tmp_path) -> None:
    path = tmp_path / "kernel"
    path.write_bytes(bytes(0x202) + b"HdrS" + bytes(100))
    assert image.inspect(path).kind is Kind.BZIMAGE
    path.write_bytes(bytes(0x38) + b"ARM\x64" + bytes(100))
    assert (image.inspect(path).kind, image.inspect(path).arch) == (Kind.IMAGE, "arm64")
    assert image.inspect(elf(tmp_path, machine=183)).arch == "arm64"
    path.write_bytes(b"MZ and no more")
    with pytest.raises(BadKernel, match="is no kernel: neither ELF, nor bzImage, nor an Image"):
        image.inspect(path)
    with pytest.raises(BadKernel, match="cannot be read: No such file or directory"):
        image.inspect(tmp_path / "nothing")


def record(text: str) -> bytes:
    body = f"@kevlar {text}".encode()
    return body + b" %08x" % zlib.crc32(body)


def test_a_record_is_read() -> None:
    found = records.parse(record(r"7 out 3 a b\0a\5c\ff "))
    assert found is not None
    assert (found.sequence, found.kind, found.number) == (7, "out", 3)
    assert found.payload == b"a b\n\\\xff "
    assert records.parse(b"[    1.2] noise " + record("0 ready 0 12")) is not None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"@kevlar ",
        record("0 out 0 text")[:-1],
        record("0 out 0 text").replace(b"text", b"tent"),
        b"@kevlar 0 out 0 text 00000000",
        record("0 out zero text"),
    ],
)
def test_what_was_damaged_is_no_record(line) -> None:
    assert records.parse(line) is None


def test_an_order_is_one_line() -> None:
    line = records.order(3, 0.0001, 100, ["root", "capability=21"])
    assert line == b"run 3 1 100 root capability=21\n"


def screen(data: bytes, pieces: int = 7, **patterns) -> Screen:
    shown = Screen(Patterns(**patterns))
    for at in range(0, len(data), pieces):
        shown.feed(data[at : at + pieces])
    shown.finish()
    return shown


def test_the_console_of_a_linux_is_taken_apart() -> None:
    shown = screen(
        b"\x1bc\x1b[?7l\x1b[2JSeaBIOS (version 1.16)\r\nBooting from ROM...\r\n"
        b"[    0.000000] Linux version 6.1\r\n"
        b"\x1b[32manswer: 42\x1b[0m\r\n\r\nCONTRACT_PASS\r\n"
        b"[    1.5] not noise\r\n"
        b"[    1.7927] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300\r\n"
        b"[    1.792771]  dump_stack_lvl+0x44/0x5c\r\nrest"
    )
    assert bytes(shown.output) == b"answer: 42\n\nCONTRACT_PASS\n[    1.5] not noise\n"
    assert shown.end == Exit(3)
    assert not shown.panic


def test_a_signal_that_kills_the_first_process_is_seen() -> None:
    shown = screen(b"Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b\n")
    assert shown.end == Exit(0, 11)


@pytest.mark.parametrize(
    "line",
    [
        b"[    0.5] Kernel panic - not syncing: VFS: Unable to mount root fs",
        b"[    0.5][    T1] Kernel panic - not syncing: VFS: Unable to mount root fs",
        b"\x1b[31mKernel panic - not syncing: VFS: Unable to mount root fs\x1b[0m\r",
    ],
)
def test_a_panic_is_a_sentence(line) -> None:
    shown = screen(b"before\n" + line + b"\nafter\n")
    assert shown.panic == "Kernel panic - not syncing: VFS: Unable to mount root fs"
    assert bytes(shown.output) == b"before\n"


def test_a_trace_is_taken_out_of_the_output() -> None:
    shown = screen(
        b'a: 1\nDBG {"name": "brk", "pid": 1}\nb: DBG {"name": "exit"}\nlast'
        b'\n[INFO] DBG {"x": 1}\n',
        noise=[r"^\[INFO\]"],
    )
    assert bytes(shown.output) == b"a: 1\nb: \nlast\n"
    assert shown.debug == ['DBG {"name": "brk", "pid": 1}', 'DBG {"name": "exit"}', 'DBG {"x": 1}']


def test_patterns_of_the_user_come_first() -> None:
    own = {"noise": ["^boot: "], "panics": ["^DIED"], "exits": [r"^bye (?P<code>\d+)"]}
    shown = screen(b"boot: kernel panic is a word\nout\nbye 300\nmore\n", **own)
    assert (bytes(shown.output), shown.end, shown.panic) == (b"out\n", Exit(300 & 255), "")
    assert screen(b"DIED here\n", **own).panic == "DIED here"


@pytest.mark.parametrize(
    ("patterns", "reason"),
    [
        ({"noise": ["("]}, r"'\(' is no regular expression"),
        ({"exits": ["bye"]}, "'bye' has no group 'code', 'signal' or 'wait'"),
    ],
)
def test_a_pattern_that_is_none_is_refused(patterns, reason) -> None:
    with pytest.raises(BadPattern, match=reason):
        Patterns(**patterns)


def test_bytes_that_are_no_text_become_printable() -> None:
    assert console.message(b"[    1.0] \xff\x07 bell") == "�  bell"
