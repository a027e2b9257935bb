"""From a fresh kernel to a first process that is ready to run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.signals import SIG, SIGHANDLER
from pytest_kevlar.kernel.errno import ENOENT, ENOTDIR, LinuxError
from pytest_kevlar.kernel.exec.execve import execve
from pytest_kevlar.kernel.fs import boot
from pytest_kevlar.kernel.fs.block.device import Disk
from pytest_kevlar.kernel.fs.block.mounting import put_all
from pytest_kevlar.kernel.fs.context import FsContext
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.kernel import Kernel
from pytest_kevlar.kernel.live import LiveInput
from pytest_kevlar.kernel.mm.space import AddressSpace
from pytest_kevlar.kernel.signals.actions import NSIG, Action, SignalActions
from pytest_kevlar.kernel.signals.pending import PendingSignals
from pytest_kevlar.kernel.task.cred import Credentials
from pytest_kevlar.kernel.task.fdtable import FdTable
from pytest_kevlar.kernel.task.process import Process
from pytest_kevlar.kernel.task.scheduler import RunEnded
from pytest_kevlar.kernel.task.task import State, Task


def make_file_systems(kernel: Kernel, disks: Sequence[Disk] = ()) -> FsContext:
    """The mounted tree of a fresh machine."""
    return boot.build_namespace(kernel, disks)


def read_disk(fs: FsContext, index: int) -> bytes:
    """What is on a disk, once everything is written back as when a machine is shut down."""
    blocks = fs.vfs.blocks
    with suppress(RunEnded):  # the option errors=panic
        put_all(blocks)
    device = blocks.disks[index]
    return device.read(0, device.size)


def add_file(kernel: Kernel, fs: FsContext, path: str, data: bytes, mode: int) -> None:
    """Put a regular file into the tree."""
    boot.install_file(kernel, fs, path.encode(), data, mode)


def add_directory(fs: FsContext, path: str, mode: int) -> None:
    """Make a directory and those above it."""
    boot.make_directory(fs, path.encode(), mode)


def add_link(fs: FsContext, path: str, target: str) -> None:
    """Make a symbolic link."""
    boot.install_link(fs, path.encode(), target.encode())


def set_modified(fs: FsContext, path: str, modified: int) -> None:
    """Set when a path was last modified."""
    boot.set_modified(fs, path.encode(), modified)


def _credentials(kernel: Kernel) -> Credentials:
    profile = kernel.profile
    uid, gid = profile.uid, profile.gid
    return Credentials(
        uid,
        uid,
        uid,
        uid,
        gid,
        gid,
        gid,
        gid,
        profile.groups,
        profile.cap_effective,
        profile.cap_permitted,
        profile.cap_inheritable,
        profile.cap_bounding,
        profile.cap_ambient,
    )


def add_bystanders(kernel: Kernel, fs: FsContext) -> None:
    """Init and whoever started the guest: processes like any other that never do anything.

    They own nothing, ignore every signal, SIGKILL too, and so have no zombies.
    """
    own = _credentials(kernel)
    _add_bystander(kernel, fs, kernel.init, Credentials(), b"init")
    _add_bystander(kernel, fs, kernel.starter, own, b"starter")


def _add_bystander(
    kernel: Kernel, fs: FsContext, process: Process, cred: Credentials, name: bytes
) -> None:
    task = _first_task(kernel, fs, process, cred)
    task.comm = name
    task.state = State.SLEEPING
    for signo in range(1, NSIG + 1):
        task.actions[signo] = Action(SIGHANDLER.IGN)


def _first_task(kernel: Kernel, fs: FsContext, process: Process, cred: Credentials) -> Task:
    """The leader of a process that nobody forked, and both of them made known."""
    pid, engine = process.pid, kernel.engine
    task = Task(
        kernel,
        pid,
        process,
        memory=AddressSpace(engine),
        files=FdTable(),
        fs=fs.copy(),
        actions=SignalActions(),
        pending=PendingSignals(),
        cred=cred,
        context=engine.new_context(),
    )
    task.uts = kernel.uts
    task.affinity = (1 << kernel.profile.cpus) - 1
    task.start_time = kernel.clock.now
    task.exit_signal = SIG.CHLD
    process.leader = task
    process.threads[pid] = task
    kernel.tasks[pid] = task
    kernel.processes[pid] = process
    return task


def start(
    kernel: Kernel,
    fs: FsContext,
    argv: Sequence[bytes],
    envp: Sequence[bytes],
    cwd: str,
    stdin: bytes | LiveInput,
) -> Task:
    """Make the first process, in a session of its own, and exec its program.

    Raises:
        LinuxError: as ``execve(2)`` and ``chdir(2)`` would fail.
    """
    if not argv:
        raise ENOENT("no program given")
    add_bystanders(kernel, fs)
    pid = kernel.pid_ns.next_number()
    kernel.forks += 1
    limits = dict(kernel.profile.rlimits)
    process = Process(pid, kernel.starter, PendingSignals(), limits, kernel.pid_ns)
    process.pgid = process.sid = pid
    process.autogroup = kernel.autogroups.new()
    kernel.starter.children[pid] = process
    task = _first_task(kernel, fs, process, _credentials(kernel))
    task.nice = kernel.profile.nice
    kernel.first = process
    for file in boot.open_standard_streams(kernel, fs, process, stdin):
        task.files.install(process, file)
    try:
        directory = lookup(task, AT.FDCWD, cwd.encode())
    except LinuxError as error:
        raise type(error)(f"working directory {cwd}") from None
    if not directory.inode.is_dir:
        raise ENOTDIR(f"working directory {cwd}")
    task.fs.cwd = directory
    execve(task, lookup(task, AT.FDCWD, argv[0]), argv[0], argv, envp)
    process.did_exec = False
    kernel.scheduler.enqueue(task)
    return task
