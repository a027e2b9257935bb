"""Asks a C compiler what the real headers say: offsets, sizes and constants, without running.

Values are read from assembly text, as the kernel's own asm-offsets does, so that a cross
compiler is enough.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

TRIPLES = {"x86_64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

#: The kernel's headers; what is missing in an old set is left out.
UAPI = [
    "linux/version.h",
    "linux/types.h",
    "linux/fcntl.h",
    "linux/openat2.h",
    "linux/stat.h",
    "asm/stat.h",
    "asm/statfs.h",
    "linux/fs.h",
    "linux/loop.h",
    "linux/fiemap.h",
    "linux/falloc.h",
    "linux/memfd.h",
    "linux/mount.h",
    "linux/magic.h",
    "linux/xattr.h",
    "linux/limits.h",
    "linux/uio.h",
    "linux/aio_abi.h",
    "linux/close_range.h",
    "linux/eventpoll.h",
    "linux/eventfd.h",
    "linux/inotify.h",
    "asm/poll.h",
    "asm/ioctls.h",
    "asm/termbits.h",
    "asm/termios.h",
    "linux/sockios.h",
    "linux/time.h",
    "linux/utime.h",
    "linux/times.h",
    "linux/timex.h",
    "linux/timerfd.h",
    "linux/wait.h",
    "linux/sched.h",
    "linux/sched/types.h",
    "linux/prctl.h",
    "linux/ptrace.h",
    "linux/elf.h",
    "linux/ioprio.h",
    "linux/resource.h",
    "linux/auxvec.h",
    "linux/futex.h",
    "linux/rseq.h",
    "linux/pidfd.h",
    "linux/capability.h",
    "linux/securebits.h",
    "linux/personality.h",
    "linux/kcmp.h",
    "linux/membarrier.h",
    "linux/ioprio.h",
    "linux/mempolicy.h",
    "linux/mman.h",
    "linux/seccomp.h",
    "linux/filter.h",
    "linux/random.h",
    "linux/reboot.h",
    "linux/sysinfo.h",
    "linux/utsname.h",
    "linux/ipc.h",
    "linux/shm.h",
    "linux/sem.h",
    "linux/msg.h",
    "asm/ipcbuf.h",
    "asm/shmbuf.h",
    "asm/sembuf.h",
    "asm/msgbuf.h",
    "linux/mqueue.h",
    "asm/signal.h",
    "asm-generic/siginfo.h",
    "asm/sigcontext.h",
    "asm/ucontext.h",
    "linux/signalfd.h",
    "asm/socket.h",
    "linux/in.h",
    "linux/in6.h",
    "linux/tcp.h",
    "linux/udp.h",
    "linux/un.h",
    "linux/netlink.h",
    "asm/unistd.h",
]

#: The C library's, for what the kernel keeps to itself.
LIBC = [
    "fcntl.h",
    "unistd.h",
    "dirent.h",
    "sched.h",
    "poll.h",
    "syslog.h",
    "sys/types.h",
    "sys/stat.h",
    "sys/statvfs.h",
    "sys/mount.h",
    "sys/socket.h",
    "sys/un.h",
    "sys/uio.h",
    "netinet/in.h",
    "netinet/tcp.h",
    "netinet/udp.h",
]


class Unavailable(Exception):
    """No compiler for that architecture."""


@functools.cache
def compiler(arch: str) -> tuple[str, ...]:
    """A C compiler with Linux headers for ``arch``; raises Unavailable."""
    triple = TRIPLES[arch]
    for name in (f"{triple}-gcc", "gcc", "cc"):
        path = shutil.which(name)
        if path is None:
            continue
        machine = subprocess.run([path, "-dumpmachine"], capture_output=True, text=True).stdout
        if machine.startswith(triple.partition("-")[0]):
            return (path,)
    if importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "cc", "-target", triple)
    raise Unavailable(f"no C compiler for {arch}: install gcc for {triple}, or ziglang")


def includes(headers: Iterable[str]) -> str:
    """``#include`` lines for the headers that exist."""
    lines = ["#define _GNU_SOURCE", "#include <stddef.h>"]
    for header in headers:
        lines += [f"#if __has_include(<{header}>)", f"#include <{header}>", "#endif"]
    return "\n".join(lines) + "\n"


def macros(arch: str, headers: Iterable[str]) -> dict[str, str]:
    """Every macro without arguments that the headers define, unevaluated."""
    command = [*compiler(arch), "-E", "-dM", "-x", "c", "-"]
    done = subprocess.run(command, input=includes(headers), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(re.findall(r"^#define (\w+) (\S.*)$", done.stdout, re.MULTILINE))


def evaluate(arch: str, headers: Iterable[str], expressions: dict[str, str]) -> dict[str, int]:
    """Integer constant expressions by name, as the compiler for ``arch`` sees them.

    An expression may follow ``#if`` lines of its own; a name that these leave out is missing
    from the answer.
    """
    body = []
    for name, expression in expressions.items():
        *guards, value = expression.split("\n")
        body += guards
        text = f'\\n.ascii \\"=>{name} %0\\"'
        body.append(f'asm volatile("{text}" :: "i"((long long)({value})));')
        body += ["#endif"] * len(guards)
    source = includes(headers) + "void probe(void) {\n" + "\n".join(body) + "\n}\n"
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory) / "probe.s"
        command = [*compiler(arch), "-w", "-S", "-x", "c", "-", "-o", str(output)]
        done = subprocess.run(command, input=source, capture_output=True, text=True)
        assert done.returncode == 0, "\n".join(re.findall(r".*error:.*", done.stderr))
        text = output.read_text()
    return {name: int(value) for name, value in re.findall(r'"=>(\S+) [$#]?(-?\d+)"', text)}
