"""execve(2): from a path and arguments to a task that runs another program.

Scripts, permissions, size limits and what the old program leaves behind. Mirrors
fs/exec.c and fs/binfmt_script.c; mapping is :mod:`loader`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.errno import E2BIG, EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC
from pytest_kevlar.kernel.exec import elf, loader
from pytest_kevlar.kernel.exec.privilege import new_credentials
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.inode import MAY_EXEC
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.task.exit import end_task, release_vfork
from pytest_kevlar.kernel.task.pidns import release
from pytest_kevlar.kernel.task.robust import release_words
from pytest_kevlar.kernel.task.setid import commit as commit_credentials
from pytest_kevlar.kernel.time.namespace import enter_time

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

MAX_ARG_STRLEN = 32 * 4096
SCRIPT_HEAD = 256
MAX_SCRIPTS = 5
SS_DISABLE = (0, 2, 0)


def open_program(task: Task, place: VfsPath) -> File:
    """Open for execution and deny writing; fs/exec.c:do_open_execat().

    Running needs no read permission, so the check of ``open`` is not made.
    """
    inode = place.inode
    if not inode.is_regular or place.mount.flags & MS.NOEXEC:
        raise EACCES
    inode.permission(task.cred, MAY_EXEC)
    if not inode.mode & 0o111:
        raise EACCES
    inode.deny_write()
    file = inode.open(task, place, O.RDONLY | O.LARGEFILE)
    fsnotify.opened(file)
    return file


def close_program(file: File) -> None:
    """Undo :func:`open_program`."""
    file.inode.allow_write()
    file.put()


def _reader(task: Task, file: File) -> Callable[[int, int], bytes]:
    def read(offset: int, size: int) -> bytes:
        data = file.pread(task, size, offset)
        if data:
            fsnotify.accessed(file)
        return data

    return read


def check_strings(task: Task, strings: Sequence[bytes], count: int) -> None:
    """E2BIG if the strings are larger than Linux allows; fs/exec.c:bprm_stack_limits()."""
    limit = max(min(task.process.limit(RLIMIT.STACK) // 4, 6 << 20), 32 * 4096)
    total = sum(len(item) + 1 for item in strings) + 8 * count
    if total > limit or any(len(item) + 1 > MAX_ARG_STRLEN for item in strings):
        raise E2BIG


def _script(head: bytes) -> tuple[bytes, bytes | None] | None:
    """Interpreter and optional argument of a ``#!`` line, None if it is not a script."""
    if not head.startswith(b"#!"):
        return None
    line, newline, _ = head[2:].partition(b"\n")
    if not newline:
        stripped = line.strip(b" \t")
        end = next((i for i, byte in enumerate(stripped) if byte in b" \t\0"), None)
        if not stripped or (len(head) >= SCRIPT_HEAD and end is None):
            raise ENOEXEC("the interpreter's path is cut off")
    line = line.split(b"\0", 1)[0].strip(b" \t")
    if not line:
        raise ENOEXEC("no interpreter")
    name, _, argument = line.replace(b"\t", b" ").partition(b" ")
    original = line[len(name) :].strip(b" \t")
    del argument
    return name, original or None


def execve(
    task: Task,
    place: VfsPath,
    filename: bytes,
    argv: Sequence[bytes],
    envp: Sequence[bytes],
    reachable: bool = True,
) -> None:
    """Replace the program of the current task.

    Args:
        filename: how the program was named, for AT_EXECFN and scripts.
        argv: an empty one becomes ``[""]``.
        reachable: whether `filename` still leads to the file once close-on-exec
            descriptors are closed.

    Raises:
        LinuxError: the old program goes on.
    """
    argv = list(argv) or [b""]
    check_strings(task, [*argv, *envp, filename], len(argv) + len(envp))
    opened: list[File] = []
    try:
        file, argv = _resolve_scripts(task, place, filename, argv, opened, reachable)
        program = elf.parse(_reader(task, file), task.kernel.arch.elf_machine)
        interpreter = None
        if program.interpreter is not None:
            loader_file = _open(task, lookup(task, AT.FDCWD, program.interpreter), opened)
            try:
                parsed = elf.parse(_reader(task, loader_file), task.kernel.arch.elf_machine)
            except ENOEXEC:
                raise ELIBBAD from None
            interpreter = (loader_file, parsed)
        cred, secure = new_credentials(task, file)
        strings = loader.Strings(argv, envp, filename)
        space, start = loader.load(
            task.kernel,
            file,
            program,
            interpreter,
            strings,
            cred,
            task.process.limits,
            secure,
            task.kernel.cgroups.payer(task.cgroup),
        )
        opened.remove(file)
    finally:
        for each in opened:
            close_program(each)
    old_exe, task.process.exe = task.process.exe, file
    if old_exe is not None:
        close_program(old_exe)
    _commit(task, space, start, cred, secure, filename.rsplit(b"/", 1)[-1])


def _open(task: Task, place: VfsPath, opened: list[File]) -> File:
    file = open_program(task, place)
    opened.append(file)
    return file


def _resolve_scripts(
    task: Task,
    place: VfsPath,
    filename: bytes,
    argv: list[bytes],
    opened: list[File],
    reachable: bool,
) -> tuple[File, list[bytes]]:
    """Follow ``#!`` lines to a program that is none; it, and its arguments."""
    file = _open(task, place, opened)
    interpreter = filename
    depth = 0
    while (script := _script(_reader(task, file)(0, SCRIPT_HEAD))) is not None:
        if not reachable:
            raise ENOENT("the script's descriptor is closed before its interpreter reads it")
        depth += 1
        if depth > MAX_SCRIPTS:
            raise ELOOP
        name, argument = script
        argv = [name, *([argument] if argument else []), interpreter, *argv[1:]]
        interpreter = name
        file = _open(task, lookup(task, AT.FDCWD, name), opened)
    return file, argv


def _commit(
    task: Task,
    space: AddressSpace,
    start: loader.Start,
    cred: Credentials,
    secure: bool,
    name: bytes,
) -> None:
    """The point of no return; fs/exec.c:begin_new_exec()."""
    kernel, process = task.kernel, task.process
    for thread in list(process.threads.values()):
        if thread is not task:
            end_task(thread, 0)
    if process.leader is not task:
        _become_leader(task)
    usage = process.usage
    usage.minor_faults += task.memory.minor_faults
    usage.max_rss = max(usage.max_rss, task.memory.peak_rss)
    release_vfork(task)
    release_words(task)
    old = task.memory
    space.inherit_attributes(old)
    task.memory = space
    space.use()
    old.release()
    if task.files.users > 1:
        shared, task.files = task.files, task.files.copy()
        shared.release()
    task.files.close_on_exec()
    if task.actions.users > 1:
        task.actions.release()
        task.actions = task.actions.copy()
    task.actions.flush()
    task.altstack = SS_DISABLE
    task.clear_child_tid = 0
    task.robust_list = 0
    task.rseq = (0, 0, 0)
    task.restart = None
    task.comm = name[:15]
    before = task.cred
    if secure:
        task.parent_death_signal = 0
    process.memory_owner = before.user_ns
    process.dumpable = int((before.euid, before.egid) == (before.uid, before.gid))
    commit_credentials(task, cred)
    process.did_exec = True
    enter_time(task, task.time_for_children)
    task.exit_signal = SIG.CHLD
    if process.timers is not None:
        process.timers.exec()
    engine = kernel.engine
    engine.reset(task.context)
    regs = engine.read_registers()
    kernel.arch.registers.start(regs, start.pc, start.sp)
    engine.write_registers()
    engine.write_fpu(kernel.arch.fpu_initial)
    kernel.record_exec(task)


def _become_leader(task: Task) -> None:
    """A thread that is not the leader execs: it takes the leader's id; fs/exec.c:de_thread()."""
    kernel, process = task.kernel, task.process
    leader = process.leader
    assert leader is not None
    if leader.alive:
        end_task(leader, 0)
    own = task.tid
    kernel.cgroups.released(leader)
    kernel.tasks.pop(own, None)
    process.threads.pop(own, None)
    release(kernel, own)
    task.tid, task.vtid = process.pid, process.vpid
    task.exit_signal = leader.exit_signal
    process.leader = task
    process.threads[task.tid] = task
    kernel.tasks[task.tid] = task


__all__ = ["execve"]
