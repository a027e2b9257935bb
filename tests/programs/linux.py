"""A private Linux: a small tree of files of its own, in namespaces of its own.

What runs there sees no process, file, mount, network or host name of the machine it runs on,
so that what it prints can be compared with what it prints in a guest. And it cannot do what no
namespace confines: it is without the capabilities for the clock, modules, devices and the like,
and /proc/sys and /sys are read-only.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

#: Enter with ROOT an empty directory, BUSYBOX a static one, FILES what else is to be in /.
ENTER = Path(__file__).parent / "enter.sh"
#: Every kind of namespace but the user's, which is needed without root only.
NAMESPACES = "-mnpiuf"
SECONDS = 15
PR_CAPBSET_DROP = 24
#: All that it keeps: what works on its own files, processes, mounts and network.
CAPABILITIES = {
    "chown": 0,
    "dac_override": 1,
    "dac_read_search": 2,
    "fowner": 3,
    "fsetid": 4,
    "kill": 5,
    "setgid": 6,
    "setuid": 7,
    "setpcap": 8,
    "net_bind_service": 10,
    "net_broadcast": 11,
    "net_admin": 12,
    "net_raw": 13,
    "ipc_lock": 14,
    "ipc_owner": 15,
    "sys_chroot": 18,
    "sys_ptrace": 19,
    "sys_admin": 21,
    "sys_nice": 23,
    "mknod": 27,
    "lease": 28,
    "setfcap": 31,
}
CAPABILITY_SET = sum(1 << number for number in CAPABILITIES.values())


class Unavailable(Exception):
    """This host lets nobody make namespaces; the message says what failed."""


class PrivateLinux:
    """Runs shell scripts in a fresh tree each.

    Args:
        busybox: a static one of this host's architecture.
        directory: an empty one; trees are mounted over it, out of the host's sight.
        files: what is in the tree, by absolute path, besides the tools, /proc and /dev.
    """

    def __init__(self, busybox: Path, directory: Path, files: Mapping[str, bytes]) -> None:
        self._busybox = busybox
        self._prctl = ctypes.CDLL(None).prctl
        self._root = directory / "root"
        self._root.mkdir()
        self._files = directory / "files"
        for path, data in files.items():
            place = self._files / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            place.chmod(0o755)
        self._unshare = self._find_unshare()

    @staticmethod
    def _drop_capabilities(prctl: Callable[..., int]) -> None:
        """In the child: what is not in its bounding set, root does not get when it execs."""
        for number in range(64):
            if not CAPABILITY_SET >> number & 1:
                prctl(PR_CAPBSET_DROP, number, 0, 0, 0)  # fails if there is no such capability

    def _find_unshare(self) -> list[str]:
        """How to get into the namespaces here: as root, or as the root of a user namespace."""
        for options in ([NAMESPACES], [NAMESPACES, "-r"]):
            command = [str(self._busybox), "unshare", *options]
            done = subprocess.run([*command, "/bin/true"], capture_output=True, check=False)
            if not done.returncode:
                return command
        raise Unavailable(done.stderr.decode().strip())

    def run(self, script: str, environment: Mapping[str, str]) -> tuple[int, bytes, bytes]:
        """Exit status, standard output and standard error of a script."""
        own = {"ROOT": self._root, "BUSYBOX": self._busybox, "FILES": self._files}
        with Path("/dev/null").open("rb") as empty:  # DEVNULL is open for writing, too
            process = subprocess.Popen(
                [*self._unshare, self._busybox, "sh", ENTER, script],
                env={**environment, **{name: str(path) for name, path in own.items()}},
                stdin=empty,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=functools.partial(self._drop_capabilities, self._prctl),
            )
        try:
            output, error = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with the namespace's init go all its own
            output, error = process.communicate()
            error += b"not done in %d s\n" % SECONDS
        return process.returncode, output, error
