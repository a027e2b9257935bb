"""What a contract may ask of the host in its ``Requires:`` line, and whether it has it.

Every word is looked up in one table; a word that is not there is the author's mistake
and is reported as such, never skipped over.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pytest_kevlar.hostprofile import process_status
from pytest_kevlar.runners.base import ARCHITECTURES

#: Capabilities by bit number, as in ``linux/capability.h``.
CAPABILITIES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID"),
    *("SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST"),
    *("NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO"),
    *("SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"),
    *("SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE"),
    *("AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM"),
    *("BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)


#: A release of Linux, for what older ones do in another way.
_RELEASE = re.compile(r"Linux (\d+)\.(\d+)")


class UnknownRequirement(Exception):
    """A word in a ``Requires:`` line that means nothing here."""

    def __init__(self, word: str) -> None:
        super().__init__(
            f"unknown requirement {word!r}; known are {', '.join(_CHECKS)}, "
            f"cgroup2:CONTROLLER, an architecture ({', '.join(ARCHITECTURES)}), "
            f"a release of Linux (Linux 6.6) and any CAP_* name"
        )


def missing(word: str, arch: str) -> str:
    """Return why the requirement ``word`` is not met for ``arch``; empty if it is.

    Raises UnknownRequirement for a word that is neither in the table, nor an architecture,
    nor a release, nor a capability.
    """
    if word in ARCHITECTURES:
        return "" if word == arch else f"this contract is for {word} only"
    if word.startswith("CAP_") and word.removeprefix("CAP_") in CAPABILITIES:
        return _lacks_capability(word)
    if release(word):
        return _too_old(word)
    if word.startswith("cgroup2:"):
        return _lacks_controller(word.removeprefix("cgroup2:"))
    if word not in _CHECKS:
        raise UnknownRequirement(word)
    return _CHECKS[word]()


def release(word: str) -> tuple[int, int] | None:
    """Return the release that ``word`` asks for, if it asks for one."""
    found = _RELEASE.fullmatch(word)
    return (int(found[1]), int(found[2])) if found else None


def words_to_judge(requires: frozenset[str]) -> list[str]:
    """Return what a place that is not this host has to look for itself, in words of its own.

    ``qemu/requires.h`` understands them; none holds a space.
    """
    words = []
    for word in sorted(requires - set(ARCHITECTURES)):
        name, asked = word.removeprefix("CAP_"), release(word)
        if asked:
            words.append("release={}.{}".format(*asked))
        elif word != name and name in CAPABILITIES:
            words.append(f"capability={CAPABILITIES.index(name)}")
        else:
            words.append(word)
    return words


def lacked(word: str, place: str) -> str:
    """Say what ``place`` does not have, of a word of `words_to_judge`."""
    name, _, value = word.partition("=")
    if name == "release":
        return f"Linux {value} is required, and this {place} is older"
    if name == "capability":
        name = f"CAP_{CAPABILITIES[int(value)]}"
    return f"{name} is required, and this {place} does not have it"


def _too_old(word: str) -> str:
    running = os.uname().release
    number = tuple(int(part) for part in re.findall(r"\d+", running)[:2])
    return "" if number >= (release(word) or ()) else f"{word} is required; this is {running}"


def _not_root() -> str:
    return "" if os.geteuid() == 0 else "root is required"


def _lacks_capability(word: str) -> str:
    bit = CAPABILITIES.index(word.removeprefix("CAP_"))
    held = int(process_status()["CapEff"], 16) >> bit & 1
    return "" if held else f"{word} is required"


@functools.cache
def _no_user_namespace() -> str:
    """Try it in a process that is thrown away: too many switches decide about it."""
    attempt = (
        "import ctypes, sys; libc = ctypes.CDLL(None); "
        "sys.exit(libc.unshare(0x10000000) != 0)"  # CLONE_NEWUSER
    )
    done = subprocess.run([sys.executable, "-c", attempt], capture_output=True, check=False)
    return "" if done.returncode == 0 else "user namespaces are required"


@functools.cache
def _cgroup_controllers() -> frozenset[str] | None:
    """Controllers of cgroup2, which is mounted to see, out of sight; None if it cannot be."""
    attempt = (
        "import ctypes, sys; libc = ctypes.CDLL(None); place = sys.argv[1].encode(); "
        "libc.unshare(0x20000) and sys.exit(1); "  # CLONE_NEWNS
        "libc.mount(None, b'/', None, 0x44000, None) and sys.exit(1); "  # MS_REC | MS_PRIVATE
        "libc.mount(b'none', place, b'cgroup2', 0, None) and sys.exit(1); "
        "print(open(sys.argv[1] + '/cgroup.controllers').read())"
    )
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", attempt, place]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode else frozenset(done.stdout.split())


def _no_cgroup2() -> str:
    return "cgroup2 is required" if _cgroup_controllers() is None else ""


def _lacks_controller(name: str) -> str:
    held = name in (_cgroup_controllers() or ())
    return "" if held else f"the {name} controller of cgroup2 is required"


def _no_tmpfs() -> str:
    return "" if tmpfs_directory() else "a writable tmpfs is required"


@functools.cache
def tmpfs_directory() -> str | None:
    """Return a directory on a tmpfs where files can be made and run, or None."""
    candidates = (tempfile.gettempdir(), "/dev/shm", os.environ.get("XDG_RUNTIME_DIR", ""))
    mounts = _mounts()
    for candidate in filter(os.path.isdir, candidates):
        path = Path(os.path.realpath(candidate))
        point = next(place for place in (path, *path.parents) if str(place) in mounts)
        kind, options = mounts[str(point)]
        if kind == "tmpfs" and "noexec" not in options and os.access(path, os.W_OK | os.X_OK):
            return str(path)
    return None


def _mounts() -> dict[str, tuple[str, list[str]]]:
    """Return file system type and options by mount point; the last mount on a point wins."""
    mounts: dict[str, tuple[str, list[str]]] = {"/": ("", [])}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        mounts[fields[4]] = (after.split()[0], fields[5].split(","))
    return mounts


_CHECKS: dict[str, Callable[[], str]] = {
    "root": _not_root,
    "userns": _no_user_namespace,
    "tmpfs": _no_tmpfs,
    "cgroup2": _no_cgroup2,
    "host": lambda: "",
}
