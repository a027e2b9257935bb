"""The kernel's invariants: a guest that has something of everything keeps all of them, and each
way to break one is noticed by the right one, after the right call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from machines import Build

from pytest_kevlar.kernel import Checks, End, Machine, Result, Tuning
from pytest_kevlar.kernel.cpu.engine import lib
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.pipe import PipeFile
from pytest_kevlar.kernel.fs.tmpfs import DirectoryInode
from pytest_kevlar.kernel.invariants import INVARIANTS
from pytest_kevlar.kernel.invariants.checked import CheckedScheduler
from pytest_kevlar.kernel.mm.vma import Vma
from pytest_kevlar.kernel.net.unix.socket import UnixSocket
from pytest_kevlar.kernel.task.task import State, Task
from pytest_kevlar.kernel.task.wait import Sleep

SOURCE = Path(__file__).parent / "guests" / "everything.c"
CHECKED = Tuning(checks=Checks.CALLS)
Break = Callable[[Task], object]


def start(arch: str, program: bytes, breaking: Break | None = None) -> Result:
    """Run the guest under all checks; its ``getcpu`` breaks something."""
    with Machine(arch, tuning=CHECKED) as machine:
        kernel = machine.kernel
        if breaking is not None:
            scheduler = kernel.scheduler
            assert isinstance(scheduler, CheckedScheduler)
            entry = next(one for one in kernel.table.values() if one.name == "getcpu")

            def call(task: Task, args: object) -> int:
                breaking(task)
                return 0

            kernel.table[entry.number] = scheduler._checked(replace(entry, call=call))
        machine.add_file("/bin/guest", program)
        machine.add_directory("/tmp", 0o1777)
        return machine.run(["/bin/guest"])


def test_a_guest_with_everything_keeps_all_invariants(arch: str, build: Build) -> None:
    """On either architecture, and no check changes what it prints."""
    result = start(arch, build(SOURCE, arch))
    assert (result.end, result.detail, result.stdout) == (End.EXITED, "", b"done\n")


# -- what can be broken ---------------------------------------------------------------------


def _vma(task: Task, shared: bool) -> Vma:
    """A mapping of the guest with a resident page: of its file, or its own."""
    space = task.memory
    return next(
        vma
        for vma in space.vmas
        if vma.prot == 3
        and vma.shared == shared
        and (vma.pages is None) != shared
        and space.mapped_pages(vma.start, vma.end)
    )


def _file(task: Task, kind: type[File]) -> File:
    return next(file for _, file in task.files if isinstance(file, kind))


def _charge_too_much(task: Task) -> None:
    """For a page of a group, which nobody has."""
    raw = task.kernel.engine.raw
    lib.kv_owner(raw, lib.kv_owner_new(raw, 0)).pages += 1


def _pipe(task: Task) -> PipeFile:
    """An end of the pipe that holds bytes and a page."""
    return next(
        file for _, file in task.files if isinstance(file, PipeFile) and len(file.pipe.buffers) > 1
    )


def _sleeper(task: Task, what: str) -> Sleep:
    sleeps = (one.sleep for one in task.kernel.tasks.values())
    return next(one for one in sleeps if one is not None and what in one.what)


def _child(task: Task) -> Task:
    (process,) = task.process.children.values()
    assert process.leader is not None
    return process.leader


def _directory(task: Task) -> DirectoryInode:
    inode = task.fs.cwd.inode
    assert isinstance(inode, DirectoryInode)
    found = inode.children[b"tmp"].inode
    assert isinstance(found, DirectoryInode)
    return found


def _set(thing: object, name: str, by: int = 1) -> None:
    setattr(thing, name, getattr(thing, name) + by)


def _allow_writing(task: Task) -> None:
    """A page-table entry becomes writable behind the mapping's back."""
    vma = _vma(task, shared=False)
    task.memory.vmas[task.memory.vmas.index(vma)] = vma.with_(prot=1)
    lib.kv_space_set_range(task.memory.raw, vma.start, vma.end, 1)


def _forget_mapping(task: Task) -> None:
    """A mapping goes, its pages stay."""
    vma = _vma(task, shared=False)
    task.memory.vmas.remove(vma)
    lib.kv_space_set_range(task.memory.raw, vma.start, vma.end, 0)


def _disorder(task: Task) -> None:
    task.memory.vmas.reverse()


def _free_descriptor(task: Task) -> None:
    task.files._lowest = 5
    task.files._files[3] = None


def _drop_from_queue(task: Task) -> None:
    sleep = _sleeper(task, "pipe_read")
    for queue in sleep.queues:
        queue.remove(sleep)


def _leave_on_queue(task: Task) -> None:
    """Somebody who sleeps no more is on the queue of a pipe that is open."""
    sleep = Sleep((), "nothing")
    _pipe(task).pipe.read_wait.add(sleep)


def _swap_timers(task: Task) -> None:
    heap = task.kernel.timers._heap
    heap[0], heap[-1] = heap[-1], heap[0]


def _move_realtime(task: Task) -> None:
    next(iter(task.kernel.timers.realtime_timers)).deadline += 5


def _unblock_unnoticed(task: Task) -> None:
    task.blocked = 0
    task.interrupt_pending = False


def _two_owners(task: Task) -> None:
    (state,) = task.kernel.locks._states.values()
    state.owner = state.waiters[0].task


def _forget_inflight(task: Task) -> None:
    task.net.rights.clear()


def _forget_epoll(task: Task) -> None:
    (watched,) = (file for _, file in task.files if file.epolls)
    watched.epolls = None


def _lose_page(task: Task) -> None:
    pages = _vma(task, shared=True).pages
    assert pages is not None
    _set(pages, "_pins")


def _unsorted_waiters(task: Task) -> None:
    (waiters,) = task.kernel.futexes._waiters.values()
    waiters[0].woken = True


def _lose_mount(task: Task) -> None:
    mount = task.fs.root.mount
    next(iter(mount.children)).mounts += 1


def _queue_running(task: Task) -> None:
    task.kernel.scheduler._queue.append(task)


def _lose_runnable(task: Task) -> None:
    sleep = _sleeper(task, "pipe_read")
    assert sleep.task is not None
    sleep.stop()
    sleep.task.sleep = None
    sleep.task.state = State.RUNNING


def _forget_sleep(task: Task) -> None:
    other = _sleeper(task, "pipe_read").task
    assert other is not None
    other.sleep = None


def _sleep_for_ever(task: Task) -> None:
    other = _sleeper(task, "pipe_read").task
    assert other is not None and other.sleep is not None
    other.sleep.stop()
    other.sleep.queues = ()
    other.sleep.interruptible = False


def _overfill_buffer(task: Task) -> None:
    _pipe(task).pipe.buffers[0].data.extend(bytes(4096))


def _wrong_name(task: Task) -> None:
    _directory(task).children[b"second"].name = b"third"


def _link_open_file(task: Task) -> None:
    file = next(file for _, file in task.files if file.inode.nlink == 2 and file.inode.is_regular)
    file.inode.nlink = 3


BREAKS: dict[str, tuple[str, Break]] = {
    "a child has another parent": (
        "process tree",
        lambda task: setattr(_child(task).process, "parent", task.kernel.init),
    ),
    "a process is forgotten": (
        "process tree",
        lambda task: task.kernel.processes.pop(_child(task).tid),
    ),
    "a zombie has threads": (
        "thread groups",
        lambda task: setattr(_child(task).process, "zombie", True),
    ),
    "a thread is forgotten": (
        "thread groups",
        lambda task: _child(task).process.threads.clear(),
    ),
    "another number than one has": ("numbers", lambda task: _set(task, "vtid")),
    "a group in two sessions": ("sessions", lambda task: _set(_child(task).process, "sid")),
    "a table has a user more": ("shared by tasks", lambda task: _set(task.files, "users")),
    "memory has a user less": ("shared by tasks", lambda task: _set(task.memory, "users", -1)),
    "who runs is queued": ("run queue", _queue_running),
    "who can run is not queued": ("run queue", _lose_runnable),
    "a sleeper is on no queue": ("wait queues", _drop_from_queue),
    "who does not sleep is on a queue": ("wait queues", _leave_on_queue),
    "a sleeper has no sleep": ("wait queues", _forget_sleep),
    "nothing can end a sleep": ("wait queues", _sleep_for_ever),
    "timers are out of order": ("timers", _swap_timers),
    "a timer does not follow the clock": ("timers", _move_realtime),
    "a queued signal is not counted": (
        "pending signals",
        lambda task: _set(task.pending, "count", -1),
    ),
    "more is queued than was sent": (
        "pending signals",
        lambda task: _set(task.kernel, "siginfos", -1),
    ),
    "a queued signal is not pending": (
        "pending signals",
        lambda task: setattr(task.process.pending, "mask", 0),
    ),
    "SIGKILL is blocked": ("pending signals", lambda task: _set(task, "blocked", 1 << 8)),
    "a signal is due, and nobody knows": ("signals that are due", _unblock_unnoticed),
    "a woken task waits on": ("futexes", _unsorted_waiters),
    "a lock's owner waits for it": ("priority inheritance", _two_owners),
    "mappings are out of order": ("mappings", _disorder),
    "a page without mapping": ("page tables", _forget_mapping),
    "a page with more rights": ("page tables", _allow_writing),
    "resident pages are miscounted": (
        "page tables",
        lambda task: setattr(task.memory.raw, "resident", task.memory.raw.resident + 1),
    ),
    "a page cache has a user more": ("page caches", _lose_page),
    "a file system counts a page more": (
        "page caches",
        lambda task: _set(task.fs.root.mount.fs.quota, "used"),  # type: ignore[attr-defined]
    ),
    "a frame leaks": ("page references", lambda task: task.kernel.engine.alloc()),
    "a frame has a reference more": (
        "page references",
        lambda task: task.kernel.engine.ref(
            int(lib.kv_entry(task.memory.raw, _vma(task, shared=True).start)) >> 12
        ),
    ),
    "a group is charged for a page more": (
        "page references",
        _charge_too_much,
    ),
    "a free descriptor is not found": ("descriptor tables", _free_descriptor),
    "a closed descriptor closes on exec": (
        "descriptor tables",
        lambda task: _set(task.files, "_cloexec", 1 << 200),
    ),
    "a file has a holder more": ("open files", lambda task: _pipe(task).get()),
    "a file has a holder less": ("open files", lambda task: _set(_pipe(task), "refs", -1)),
    "a pipe has a reader more": ("pipes", lambda task: _set(_pipe(task).pipe, "readers")),
    "a buffer is more than a page": ("pipes", _overfill_buffer),
    "a page in a pipe is forgotten": (
        "pipes",
        lambda task: _pipe(task).pipe.buffers.pop(),
    ),
    "a sender is charged too little": (
        "sockets",
        lambda task: [_set(sock, "charged", -1) for sock in task.net.unix],
    ),
    "a file in a message is not counted": ("sockets", _forget_inflight),
    "a file does not know who watches": ("epoll", _forget_epoll),
    "a name is open more often": (
        "open counts",
        lambda task: _set(_file(task, UnixSocket).path.dentry, "holders"),
    ),
    "an entry has another name": ("directories", _wrong_name),
    "a directory has another size": ("directories", lambda task: _set(_directory(task), "size")),
    "a file has a link more": ("links", _link_open_file),
    "a directory has a link less": ("links", lambda task: _set(_directory(task), "nlink", -1)),
    "an inode is not counted": (
        "links",
        lambda task: _set(task.fs.root.mount.fs, "inodes", -1),
    ),
    "a mount is not there": ("mounts", _lose_mount),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_broken_is_named(what: str, build: Build) -> None:
    """The invariant, the call, and where the guest was."""
    name, breaking = BREAKS[what]
    result = start("x86_64", build(SOURCE, "x86_64"), breaking)
    assert result.end is End.CRASH
    assert f"invariant of {name} broken: " in result.detail
    assert "after getcpu of task 100 (all held after " in result.detail
    assert "registers: " in result.state and "last system calls:" in result.state


def test_each_invariant_is_broken_by_some_test() -> None:
    """None is there that cannot fail."""
    assert {name for name, _ in BREAKS.values()} == set(INVARIANTS)
