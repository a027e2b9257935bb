"""Architecture-neutral names: old calls of x86_64 as the newer ones that every architecture has.

For comparing a trace of one architecture with one of another; within one, names stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_kevlar.trace.event import Event

_HERE = ("0xffffff9c /* AT_FDCWD */", (1 << 32) - 100)
_NONE = ("0", 0)
_NULL = ("NULL", 0)

#: New name, and the new arguments: positions in the old call, or a fixed text and value.
_CALLS: dict[str, tuple[str, tuple[int | tuple[str, int], ...]]] = {
    "open": ("openat", (_HERE, 0, 1, 2)),
    "creat": ("openat", (_HERE, 0, ("0x241 /* O_WRONLY|O_CREAT|O_TRUNC */", 0x241), 1)),
    "stat": ("newfstatat", (_HERE, 0, 1, _NONE)),
    "lstat": ("newfstatat", (_HERE, 0, 1, ("0x100 /* AT_SYMLINK_NOFOLLOW */", 0x100))),
    "access": ("faccessat", (_HERE, 0, 1)),
    "mkdir": ("mkdirat", (_HERE, 0, 1)),
    "mknod": ("mknodat", (_HERE, 0, 1, 2)),
    "rmdir": ("unlinkat", (_HERE, 0, ("0x200 /* AT_REMOVEDIR */", 0x200))),
    "unlink": ("unlinkat", (_HERE, 0, _NONE)),
    "link": ("linkat", (_HERE, 0, _HERE, 1, _NONE)),
    "symlink": ("symlinkat", (0, _HERE, 1)),
    "readlink": ("readlinkat", (_HERE, 0, 1, 2)),
    "rename": ("renameat2", (_HERE, 0, _HERE, 1, _NONE)),
    "renameat": ("renameat2", (0, 1, 2, 3, _NONE)),
    "chmod": ("fchmodat", (_HERE, 0, 1)),
    "chown": ("fchownat", (_HERE, 0, 1, 2, _NONE)),
    "lchown": ("fchownat", (_HERE, 0, 1, 2, ("0x100 /* AT_SYMLINK_NOFOLLOW */", 0x100))),
    "pipe": ("pipe2", (0, _NONE)),
    "dup2": ("dup3", (0, 1, _NONE)),
    "epoll_create": ("epoll_create1", (_NONE,)),
    "epoll_wait": ("epoll_pwait", (0, 1, 2, 3, _NULL)),
    "eventfd": ("eventfd2", (0, _NONE)),
    "signalfd": ("signalfd4", (0, 1, 2, _NONE)),
    "inotify_init": ("inotify_init1", (_NONE,)),
}
_NAMES = {
    "fork": "clone",
    "vfork": "clone",
    "clone3": "clone",
    "poll": "ppoll",
    "select": "pselect6",
    "getdents": "getdents64",
    "alarm": "setitimer",
    "pause": "ppoll",
    "getpgrp": "getpgid",
    "time": "gettimeofday",
    "utimes": "utimensat",
    "utime": "utimensat",
    "futimesat": "utimensat",
    "fchmodat2": "fchmodat",
    "faccessat2": "faccessat",
}
#: Calls that set up one architecture and no other.
_OWN = ("arch_prctl", "rseq")


#: ``O_*`` that have other bits on arm64 than on x86_64: O_DIRECTORY, O_NOFOLLOW, O_DIRECT,
#: O_LARGEFILE.
_ARM64_FLAGS = {0x4000: 0x10000, 0x8000: 0x20000, 0x10000: 0x4000, 0x20000: 0x8000}


def neutral(events: Iterable[Event], arch: str = "x86_64") -> list[Event]:
    """The same events under neutral names; texts whose meaning changes are left out."""
    found = []
    for event in events:
        if event.name in _OWN:
            continue
        if event.name == "alarm" and event.result:
            event = replace(event, result=0)  # it tells the rest itself
        if arch == "arm64" and event.name == "fcntl" and "F_GETFL" in event.text:
            event = replace(event, result=_open_flags(event.result))
        if event.name in _CALLS:
            name, plan = _CALLS[event.name]
            texts: list[str] = []
            args: list[int | None] = []
            for item in plan:
                if isinstance(item, tuple):
                    texts.append(item[0])
                    args.append(item[1])
                elif item < len(event.texts):
                    texts.append(event.texts[item])
                    args.append(event.args[item] if item < len(event.args) else None)
            event = replace(event, name=name, texts=tuple(texts), args=tuple(args))
        elif event.name in _NAMES:
            event = replace(event, name=_NAMES[event.name], texts=(), args=())
        elif event.name == "clone":
            event = replace(event, texts=(), args=())
        found.append(event)
    return found


def _open_flags(value: int | None) -> int | None:
    """What arm64 tells of an open file, in the bits of x86_64."""
    if value is None or value < 0:
        return value
    moved = sum(_ARM64_FLAGS)
    return value & ~moved | sum(new for old, new in _ARM64_FLAGS.items() if value & old)
