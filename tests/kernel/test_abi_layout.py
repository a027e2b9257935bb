"""Structures, constants and numbers against the real headers of both architectures."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import cffi
import header_probe as probe
import pytest

from pytest_kevlar.kernel import abi, arch, errno
from pytest_kevlar.kernel.abi.names import Names

ARCHES = ["x86_64", "arm64"]
ABI = Path(abi.__file__).parent

SIGINFO = ("siginfo_t", "uapi")

#: Structure to the type in C and whose headers have it. Not listed: ``struct`` + name, uapi.
TYPES: dict[str, tuple[str, str]] = {
    "timex": ("struct __kernel_timex", "uapi"),
    "stat": ("struct stat", "uapi"),
    "utsname": ("struct new_utsname", "uapi"),
    "cap_user_header": ("struct __user_cap_header_struct", "uapi"),
    "cap_user_data": ("struct __user_cap_data_struct", "uapi"),
    "stack": ("stack_t", "uapi"),
    "aarch64_ctx": ("struct _aarch64_ctx", "uapi"),
    "fpstate": ("struct _fpstate_64", "uapi"),
    **{f"siginfo{kind}": SIGINFO for kind in ("", "_kill", "_rt", "_timer", "_chld")},
    **{f"siginfo{kind}": SIGINFO for kind in ("_fault", "_poll", "_sys")},
    **{
        name: (f"struct {name}", "libc")
        for name in (
            "dirent64",
            "file_handle",
            "sched_param",
            "sockaddr",
            "msghdr",
            "mmsghdr",
            "cmsghdr",
            "linger",
            "ucred",
        )
    },
}

#: No header shows these to user space, or (Linux 6.8) none that compilers commonly come with.
INTERNAL = {
    "aio_ring",
    "dirent",
    "sigset_argpack",
    "rt_sigframe",
    "frame_record",
    "regs",
    "mnt_id_req",
    "xattr_args",
    "cachestat",
    "cachestat_range",
    "ustat",
    "statmount",
    "ext2_super_block",
    "ext2_group_desc",
    "ext2_inode",
}

#: Only one architecture has these.
OWNED = {
    "aarch64_ctx": "arm64",
    "fpsimd_context": "arm64",
    "esr_context": "arm64",
    "extra_context": "arm64",
    "fpstate": "x86_64",
}

#: Fields whose C spelling differs.
SPELLED = {
    **{f"stat.st_{kind}time_sec": f"st_{kind}time" for kind in "amc"},
    "siginfo_timer.si_timerid": "si_tid",
    **{
        f"fpstate.{field}": f"sw_reserved.{field}"
        for field in ("magic1", "extended_size", "xfeatures", "xstate_size")
    },
}

#: Fields, and the length of structures, by the Linux that brought them.
SINCE = {
    "statx.stx_subvol": (6, 10),
    "statx.stx_atomic_write_unit_min": (6, 11),
    "statx.stx_atomic_write_unit_max": (6, 11),
    "statx.stx_atomic_write_segments_max": (6, 11),
    "statx.stx_dio_read_offset_align": (6, 13),
    "statx.stx_atomic_write_unit_max_opt": (6, 16),
    "rseq.node_id": (6, 3),
    "rseq.mm_cid": (6, 3),
}

#: A name of any length follows, or newer headers have more at the end.
OPEN_ENDED = {"dirent64", "rseq"}

#: Namespaces that only the C library's headers have.
LIBC_NAMES = [
    "files.ACCESS",
    "files.DT",
    "files.FADV",
    "files.SPLICE",
    "files.UTIME",
    "mount.MNT",
    "mount.ST",
    "ipc.LOGLEVEL",
    "sockets.AF",
    "sockets.SOCK",
    "sockets.SHUT",
    "sockets.SOL",
    "sockets.SCM",
    "sockets.MSG",
    "sockets.IPPROTO",
    "sockets.TCPSTATE",
    "sockets.SOCKLIMIT",
]

#: Namespaces whose members are enumerators, which #ifdef does not see, but for these newer ones.
ENUMERATED = [
    "process.PERS",
    "process.KCMP",
    "sched.IOPRIO",
    "sched.MEMBARRIER",
    "sched.RSEQ",
    "mm.MPOL",
    "sockets.TCPSTATE",
]
NEWER_ENUMERATORS = {"MPOL_WEIGHTED_INTERLEAVE", "MEMBARRIER_CMD_GET_REGISTRATIONS"}

#: The kernel headers name these by something that they keep to themselves.
NOT_CONSTANT = {"SIGRTMAX"}

HEADERS = {"uapi": probe.UAPI, "libc": probe.LIBC}


def need_compiler(name: str) -> None:
    try:
        probe.compiler(name)
    except probe.Unavailable as reason:
        pytest.skip(str(reason))


def since(major: int, minor: int) -> str:
    return f"#if LINUX_VERSION_CODE >= KERNEL_VERSION({major}, {minor}, 0)\n"


def declared() -> cffi.FFI:
    ffi = cffi.FFI()
    ffi.cdef((ABI / "structs.h").read_text())
    ffi.cdef((ABI / "structs_packed.h").read_text(), packed=True)
    return ffi


def structures(ffi: cffi.FFI, name: str) -> dict[str, cffi.FFI.CType]:
    """Plain name to type, of all structures of one architecture."""
    found = {}
    for full in ffi.list_types()[1]:
        plain = full.removeprefix("kv_")
        owner = next((other for other in ARCHES if plain.endswith(f"_{other}")), None)
        plain = plain.removesuffix(f"_{owner}")
        if (owner or OWNED.get(plain) or name) == name:
            found[plain] = ffi.typeof(f"struct {full}")
    return found


@pytest.mark.parametrize("name", ARCHES)
@pytest.mark.parametrize("source", ["uapi", "libc"])
def test_structures(name: str, source: str) -> None:
    need_compiler(name)
    ffi = declared()
    expressions: dict[str, str] = {}
    ours: dict[str, int] = {}
    for plain, ctype in structures(ffi, name).items():
        c_type, where = TYPES.get(plain, (f"struct {plain}", "uapi"))
        if plain in INTERNAL or where != source:
            continue
        if plain not in OPEN_ENDED:
            ours[plain] = ffi.sizeof(ctype)
            expressions[plain] = f"sizeof({c_type})"
        for field, info in ctype.fields:
            if field.startswith("_pad"):
                continue
            key = f"{plain}.{field}"
            spelled = SPELLED.get(key, field)
            guard = since(*SINCE[key]) if key in SINCE else ""
            ours[f"{key}@"] = info.offset
            expressions[f"{key}@"] = f"{guard}offsetof({c_type}, {spelled})"
            if key != "dirent64.d_name":
                ours[f"{key}#"] = ffi.sizeof(info.type)
                expressions[f"{key}#"] = f"{guard}sizeof((({c_type} *)0)->{spelled})"
    theirs = probe.evaluate(name, HEADERS[source], expressions)
    assert {key: value for key, value in ours.items() if key in theirs} == theirs
    assert set(ours) - set(theirs) <= {f"{key}{mark}" for key in SINCE for mark in "@#"}


def namespaces() -> dict[str, type[Names]]:
    """``"mm.MAP"`` to the namespace, of all of ``kernel/abi``."""
    found = {}
    for info in pkgutil.iter_modules(abi.__path__):
        module = importlib.import_module(f"{abi.__name__}.{info.name}")
        for key, value in vars(module).items():
            if isinstance(value, type) and issubclass(value, Names) and value is not Names:
                found[f"{info.name}.{key}"] = value
    return found


@pytest.mark.parametrize("name", ARCHES)
@pytest.mark.parametrize("source", ["uapi", "libc"])
def test_constants(name: str, source: str) -> None:
    need_compiler(name)
    translate = arch.get(name).open_flags_out
    expressions: dict[str, str] = {}
    ours: dict[str, int] = {}
    for place, space in namespaces().items():
        if (place in LIBC_NAMES) != (source == "libc"):
            continue
        for word, value in space.members.items():
            if word in NOT_CONSTANT:
                continue
            key = f"{place}:{word}"
            ours[key] = translate(value) if place == "open.O" else value
            enumerated = place in ENUMERATED and word not in NEWER_ENUMERATORS
            expressions[key] = word if enumerated else f"#ifdef {word}\n{word}"
    theirs = probe.evaluate(name, HEADERS[source], expressions)
    for key, value in theirs.items():
        # Unsigned here; some headers say (1 << 31) or a plain int that is negative.
        if ours[key] >= 0 > value:
            theirs[key] = value & (0xFFFF_FFFF if ours[key] < 1 << 32 else (1 << 64) - 1)
    assert {key: ours[key] for key in theirs} == theirs
    # Headers are older than some of the constants, but not than nine in ten of them.
    assert len(theirs) > 0.9 * len(ours), sorted(set(ours) - set(theirs))


@pytest.mark.parametrize("name", ARCHES)
def test_system_call_numbers(name: str) -> None:
    need_compiler(name)
    found = probe.macros(name, ["asm/unistd.h"])
    theirs = {}
    for macro, value in found.items():
        while value in found:
            value = found[value]
        if macro.startswith("__NR_") and value.isdigit():
            theirs[macro.removeprefix("__NR_")] = int(value)
    for marker in ("syscalls", "arch_specific_syscall"):
        theirs.pop(marker, None)
    numbers = arch.get(name).numbers
    assert len(theirs) > 250
    # Newer headers may know calls that are newer than the table.
    known = {call: number for call, number in theirs.items() if number <= max(numbers.values())}
    assert {call: numbers.get(call) for call in known} == known
    assert arch.get(name).names[numbers["openat2"]] == "openat2"


@pytest.mark.parametrize("name", ARCHES)
def test_error_numbers(name: str) -> None:
    need_compiler(name)
    found = probe.macros(name, ["asm/errno.h"])
    words = {key: value for key, value in found.items() if re.fullmatch(r"E[A-Z0-9]+", key)}
    theirs = {int(value): key for key, value in words.items() if value.isdigit()}
    ours = {number: cls.name for number, cls in errno.BY_NUMBER.items()}
    # Newer headers may go on after the last.
    assert ours == {number: key for number, key in theirs.items() if number <= max(ours)}
    for key, value in words.items():
        if hasattr(errno, key):  # newer headers may have more second names
            assert getattr(errno, key).number == int(words.get(value, value))


@pytest.mark.parametrize("name", ARCHES)
def test_sizes_of_signal_stacks(name: str) -> None:
    need_compiler(name)
    found = probe.evaluate(name, ["asm/signal.h"], {"min": "MINSIGSTKSZ"})
    assert found["min"] == arch.get(name).minsigstksz
