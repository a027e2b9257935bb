"""The open files on a pseudo-terminal: masters, slaves, and ``/dev/tty``.

Reading and writing, and when they wait; requests are :mod:`requests`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import IOCTL, LFLAG, TIOCPKT
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.errno import EAGAIN, EIO, ENOTTY, LinuxError
from pytest_kevlar.kernel.fs.fasync import AsyncList
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep
from pytest_kevlar.kernel.tty import requests
from pytest_kevlar.kernel.tty.terminal import ARRIVED, INPUT, OUTPUT, Terminal

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import WaitQueue

TENTH_NS = 100_000_000
#: The buffer through which reads go piece by piece; what a bad address makes of one is lost.
PIECE = 64


class TerminalFile(File):
    """What both ends have in common."""

    __slots__ = ("terminal",)

    stream = True
    nowait = False
    splices_in = True
    splices_out = True
    sleep_read = "n_tty_read"
    sleep_write = "n_tty_write"

    def __init__(self, path: VfsPath, flags: int, terminal: Terminal) -> None:
        super().__init__(path, flags)
        self.terminal = terminal

    def fasync(self) -> tuple[AsyncList, ...]:
        """drivers/tty/tty_io.c:tty_fasync(), but for the owner that it chooses."""
        terminal = self.terminal
        return (terminal.master_async if isinstance(self, MasterFile) else terminal.slave_async,)

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True


class MasterFile(TerminalFile):
    """An open ``/dev/ptmx``."""

    __slots__ = ()

    def release(self) -> None:
        """The last holder is gone."""
        self.terminal.master_released()

    def read(self, task: Task, size: int) -> bytes:
        """What the slave wrote and what was echoed; EIO once the slave is closed."""
        terminal = self.terminal
        if not size:
            return b""
        if terminal.packet and terminal.status:
            status, terminal.status = terminal.status, 0
            return bytes((status,))
        if not terminal.output:
            raise EIO if terminal.slave_closed else EAGAIN
        size = min(size, ARRIVED)
        if terminal.packet:
            return bytes((TIOCPKT.DATA,)) + terminal.fetch(size - 1)
        return terminal.fetch(size)

    def unread(self, data: bytes) -> None:
        """Take back what the reader had no room for; tty_io.c:iterate_tty_read()."""
        self.terminal.output[:0] = data[PIECE:]

    def write(self, task: Task, data: bytes) -> int:
        """Type."""
        done = self.terminal.type(data)
        if data and not done:
            raise EAGAIN
        return done

    def poll(self) -> int:
        """What is ready."""
        terminal = self.terminal
        events = INPUT if terminal.output else 0
        if terminal.packet and terminal.status:
            events |= INPUT | POLL.PRI
        if terminal.typing_room:
            events |= OUTPUT
        return events | POLL.HUP if terminal.slave_closed else events

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when that changes."""
        return (self.terminal.master_read, self.terminal.master_write)

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of this kind of file."""
        return requests.of_master(task, self, self.terminal, request, argument)

    def fdinfo(self) -> bytes:
        """For ``/proc/PID/fdinfo``."""
        return b"tty-index:\t%d\n" % self.terminal.index


class SlaveFile(TerminalFile):
    """An open ``/dev/pts/N`` or ``/dev/tty``.

    Attributes:
        generation: hang-ups that the terminal had before; another one kills the file.
    """

    __slots__ = ("generation",)

    own_waits = True

    def __init__(self, path: VfsPath, flags: int, terminal: Terminal) -> None:
        super().__init__(path, flags, terminal)
        self.generation = terminal.hung_up
        terminal.slaves += 1
        terminal.slave_closed = False

    @property
    def dead(self) -> bool:
        """The terminal hung up."""
        return self.generation != self.terminal.hung_up

    def release(self) -> None:
        """The last holder is gone."""
        self.terminal.slave_released()

    # -- reading ----------------------------------------------------------------------

    def read(self, task: Task, size: int) -> bytes:
        """Input as VMIN and VTIME want it; nothing after a hang-up. n_tty.c:n_tty_read()."""
        terminal = self.terminal
        if self.dead:
            return b""
        if terminal.broken:
            raise EIO
        terminal.check_change(task, SIG.TTIN)
        if not size:
            return b""
        modes, ready = terminal.modes, terminal.input.readable
        if modes.canonical or self.nonblocking or ready >= min(size, modes.minimum):
            if ready:
                return self._take(size)
            if not modes.canonical and not modes.minimum and not modes.tenths:
                return b""
        raise EAGAIN

    def _take(self, size: int) -> bytes:
        data = self.terminal.input.take(size)
        self.terminal.taken()
        return data

    async def wait_and_read(self, task: Task, size: int) -> bytes:
        """Sleep until there is a line, or what VMIN and VTIME ask for."""
        self.get()
        try:
            return await self._wait(task, size)
        finally:
            self.put()

    async def _wait(self, task: Task, size: int) -> bytes:
        terminal = self.terminal
        modes, typed = terminal.modes, terminal.input
        clock = task.kernel.clock
        before = typed.readable
        since = clock.monotonic_ns()
        while True:
            if self.dead:
                if not terminal.master:
                    raise EIO  # a reader that slept; later ones find the end of file
                return b""
            ready = typed.readable
            if ready != before:
                before, since = ready, clock.monotonic_ns()
            wanted = 1 if modes.canonical else min(size, max(1, modes.minimum))
            if ready >= wanted:
                return self._take(size)
            deadline: int | None = None
            timed = not modes.canonical and (modes.tenths or not modes.minimum)
            if timed and (ready or not modes.minimum):
                deadline = since + modes.tenths * TENTH_NS
            try:
                woken = await Sleep((terminal.slave_read,), self.sleep_read, deadline)
            except Interrupted:
                if typed.readable and not modes.canonical:
                    return self._take(size)
                raise
            if not woken:
                return self._take(size) if typed.readable else b""
            if terminal.input.readable < wanted and self.nonblocking:
                raise EAGAIN

    def unread(self, data: bytes) -> None:
        """Take back what the reader had no room for; tty_io.c:iterate_tty_read()."""
        self.terminal.input.untake(data[PIECE:])

    # -- writing ----------------------------------------------------------------------

    def write(self, task: Task, data: bytes) -> int:
        """Show, after output processing; EIO after a hang-up."""
        terminal = self.terminal
        if self.dead or terminal.broken:
            raise EIO
        if terminal.modes.lflag & LFLAG.TOSTOP:
            terminal.check_change(task, SIG.TTOU)
        return self._show(data)

    def _show(self, data: bytes) -> int:
        done = self.terminal.show(data)
        if data and not done:
            raise EAGAIN
        return done

    async def wait_and_write(self, task: Task, data: bytes, done: int) -> int:
        """Sleep until there is room for everything."""
        self.get()
        try:
            while done < len(data):
                try:
                    await Sleep((self.terminal.slave_write,), self.sleep_write)
                    if self.dead:
                        raise EIO
                    done += self._show(data[done:])
                except EAGAIN:
                    if self.nonblocking:
                        raise
                except (Interrupted, LinuxError):
                    if done:
                        return done
                    raise
            return done
        finally:
            self.put()

    # -- the rest ---------------------------------------------------------------------

    def poll(self) -> int:
        """What is ready."""
        terminal = self.terminal
        if self.dead:
            return INPUT | OUTPUT | POLL.ERR | POLL.HUP
        modes = terminal.modes
        wanted = 1
        if not modes.canonical and not modes.tenths and modes.minimum:
            wanted = modes.minimum
        events = INPUT if terminal.input.readable >= wanted else 0
        return events | OUTPUT if terminal.writable else events

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when that changes."""
        return (self.terminal.slave_read, self.terminal.slave_write)

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of this kind of file."""
        if self.dead:
            raise ENOTTY if request == IOCTL.TIOCSPGRP else EIO
        return requests.of_slave(task, self, self.terminal, request, argument)
