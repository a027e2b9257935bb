"""A pseudo-terminal: what its two ends share, and which session it controls.

Mirrors drivers/tty/pty.c and tty_jobctrl.c. The open files on it are :mod:`files`, what
typed characters become is :mod:`ldisc`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import TIOCPKT
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.signals import POLLCODE, SIG
from pytest_kevlar.kernel.errno import EIO, EPERM
from pytest_kevlar.kernel.fs.fasync import AsyncList
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.jobcontrol import is_orphaned
from pytest_kevlar.kernel.signals.send import send_to_group, send_to_process, sender_info
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.wait import Interrupted, WaitQueue
from pytest_kevlar.kernel.tty.ldisc import LineDiscipline
from pytest_kevlar.kernel.tty.output import Screen
from pytest_kevlar.kernel.tty.termios import Termios

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.tty.devpts import DevPts

#: Bytes on their way to the master before the slave's writers wait.
OUTPUT_ROOM = 7680
#: Of those, how many have arrived at the master and are out of TCOFLUSH's reach.
ARRIVED = 4095
SLAVE, MASTER = 0, 1
INPUT, OUTPUT = POLL.IN | POLL.RDNORM, POLL.OUT | POLL.WRNORM


class Terminal:
    """One pair.

    Attributes:
        index: N of ``/dev/pts/N``. dentry: that name.
        modes: its settings. mode_locks: those that cannot be set (TIOCSLCKTRMIOS).
        locked: the slave cannot be opened (TIOCSPTLCK).
        master, slaves: whether the master is open, and how many slaves are.
        slave_closed: the last slave was closed, so that the master reads EIO.
        broken: an open of the slave failed, and until one succeeds all use of it does.
        hung_up: counts hang-ups; files opened before one are dead.
        session, group: session it controls and foreground process group, 0 if none.
        window: ``struct winsize``, as bytes.
        suspended: TCOOFF holds output back: that of the slave, of the master.
        exclusive: TIOCEXCL.
        packet: TIOCPKT: each read of the master begins with a byte.
        status: ``TIOCPKT_*`` that the master has not been told yet.
    """

    def __init__(self, fs: DevPts, index: int) -> None:
        self.fs = fs
        self.kernel: Kernel = fs.kernel
        self.index = index
        self.dentry: Dentry
        self.modes = Termios()
        self.mode_locks = Termios.unlocked()
        self.screen = Screen(self.modes)
        self.input = LineDiscipline(self.modes, self.screen, self)
        self.output = bytearray()
        self.locked = True
        self.master = True
        self.slaves = 0
        self.slave_closed = False
        self.broken = False
        self.hung_up = 0
        self.session = self.group = 0
        self.window = bytes(8)
        self._flow_stopped = False
        self.suspended = [False, False]
        self.exclusive = False
        self.packet = False
        self.status = 0
        #: Sleepers of the slave's side: readers, writers; then of the master's.
        self.slave_read, self.slave_write = WaitQueue(), WaitQueue()
        self.master_read, self.master_write = WaitQueue(), WaitQueue()
        #: Who gets SIGIO on either side.
        self.slave_async, self.master_async = AsyncList(), AsyncList()

    # -- bytes ------------------------------------------------------------------------

    def type(self, data: bytes) -> int:
        """The master writes; how much was taken."""
        done = min(len(data), self.typing_room)
        if done:
            self.input.receive(data[:done])
        return done

    @property
    def typing_room(self) -> int:
        """How much the master can write."""
        return 0 if self.suspended[MASTER] else self.input.room

    def show(self, data: bytes) -> int:
        """The slave writes; how much was taken."""
        self.input.show_echoes()
        room = 0 if self.stopped else OUTPUT_ROOM - len(self.output)
        if room <= 0:
            return 0
        text, done = self.screen.fit(data, room)
        self.output += text
        self._shown()
        return done

    def _shown(self) -> None:
        """The master can read."""
        self.master_read.wake(events=INPUT)
        self.master_async.kill(POLLCODE.IN)

    def fetch(self, size: int) -> bytes:
        """The master reads."""
        data = bytes(self.output[:size])
        del self.output[:size]
        if data:
            self.slave_write.wake(events=OUTPUT)
        return data

    def taken(self) -> None:
        """The slave has read: there may be room for the master's writers."""
        if self.input.room:
            self.master_write.wake(events=OUTPUT)

    @property
    def writable(self) -> bool:
        """Whether the slave can write."""
        return not self.stopped and len(self.output) < OUTPUT_ROOM

    def flush_output(self) -> None:
        """TCOFLUSH: what has not arrived at the master is forgotten."""
        del self.output[ARRIVED:]
        self.tell_master(TIOCPKT.FLUSHWRITE)
        self.slave_write.wake(events=OUTPUT)

    def flush_input(self) -> None:
        """TCIFLUSH."""
        self.input.flush()
        self.taken()

    # -- what the line discipline asks for ------------------------------------------------

    @property
    def stopped(self) -> bool:
        """Output is held back."""
        return self._flow_stopped or self.suspended[SLAVE]

    def echo(self, data: bytes) -> None:
        """Echo; beyond the room for it, it is lost."""
        if len(self.output) < OUTPUT_ROOM + ARRIVED:
            self.output += data
        self._shown()

    def insert(self, end: int, data: bytes) -> None:
        """An end sends characters past what it has queued; tty_io.c:tty_send_xchar()."""
        if end == SLAVE:
            self.echo(data)
        else:
            self.input.receive(data)

    def modes_changed(self, iflag: int, lflag: int) -> None:
        """The modes were set; `iflag` and `lflag` are what they were."""
        self.input.modes_changed(iflag, lflag)
        self.slave_read.wake(events=INPUT)
        self.slave_write.wake(events=OUTPUT)

    def signal(self, signo: int, info: SigInfo | None = None) -> None:
        """A signal for the foreground group, from the kernel if no `info` says otherwise."""
        if self.group:
            send_to_group(self.kernel, self.group, signo, info or SigInfo.kernel(signo))

    def stop(self) -> None:
        """^S."""
        if not self.stopped:
            self.tell_master(TIOCPKT.STOP, TIOCPKT.START)
        self._flow_stopped = True

    def start(self) -> None:
        """^Q; tty_io.c:__start_tty()."""
        if self._flow_stopped and not self.suspended[SLAVE]:
            self._resume()

    def suspend(self, end: int, *, on: bool) -> None:
        """TCOOFF and TCOON on an end: SLAVE or MASTER."""
        if self.suspended[end] == on:
            return
        if end == SLAVE and on and not self.stopped:
            self.tell_master(TIOCPKT.STOP, TIOCPKT.START)
        self.suspended[end] = on
        if not on and end == SLAVE:
            self._resume()
        elif not on:
            self.master_write.wake(events=OUTPUT)

    def _resume(self) -> None:
        self._flow_stopped = False
        self.tell_master(TIOCPKT.START, TIOCPKT.STOP)
        self.slave_write.wake(events=OUTPUT)

    def flushed(self) -> None:
        """What was typed has been thrown away."""
        self.tell_master(TIOCPKT.FLUSHREAD)

    def tell_master(self, status: int, instead: int = 0) -> None:
        """Packet mode: `status` happened, and takes `instead` back."""
        if self.packet:
            self.status = self.status & ~instead | status
            self.master_read.wake(events=POLL.PRI | INPUT)

    def arrived(self) -> None:
        """Something can be read."""
        self.slave_read.wake(events=INPUT)
        self.slave_async.kill(POLLCODE.IN)

    # -- job control ----------------------------------------------------------------------

    def controls(self, process: Process) -> bool:
        """Whether it is the process's controlling terminal."""
        return process.controlling_tty is self

    def check_change(self, task: Task, signo: int) -> None:
        """Stop background processes that read or change it; tty_jobctrl.c:__tty_check_change().

        Raises:
            EIO: nobody could continue the process, or SIGTTIN would have no effect.
            Interrupted: its process group was sent `signo`.
        """
        process = task.process
        if not self.controls(process) or self.group in (0, process.pgid):
            return
        blocked = task.blocked >> (signo - 1) & 1
        if blocked or task.actions.ignores(signo):
            if signo == SIG.TTIN:
                raise EIO
            return
        if is_orphaned(self.kernel, process.pgid):
            raise EIO
        send_to_group(self.kernel, process.pgid, signo, SigInfo.kernel(signo))
        raise Interrupted

    def adopt(self, process: Process) -> None:
        """Become the controlling terminal of a session leader; __proc_set_tty()."""
        self.session = process.sid
        self.group = process.pgid
        process.controlling_tty = self
        process.old_tty_group = 0

    def opened(self, process: Process) -> None:
        """An open without O_NOCTTY by `process`; tty_open_proc_set_tty()."""
        if process.sid == process.pid and process.controlling_tty is None and not self.session:
            self.adopt(process)

    def claim(self, task: Task, force: int, *, readable: bool) -> None:
        """TIOCSCTTY; tty_jobctrl.c:tiocsctty()."""
        process = task.process
        leader = process.sid == process.pid
        if leader and self.session == process.sid:
            return
        if not leader or process.controlling_tty is not None:
            raise EPERM
        admin = task.cred.capable(CAP_SYS_ADMIN)
        if self.session:
            if force != 1 or not admin:
                raise EPERM
            self.leave_session()
        if not readable and not admin:
            raise EPERM
        self.adopt(process)

    def give_up(self, task: Task) -> None:
        """TIOCNOTTY: a session leader's whole session loses it, and hears of that from it."""
        process = task.process
        if process.sid == process.pid:
            for signo in (SIG.HUP, SIG.CONT):
                self.signal(signo, sender_info(task, signo))
            self.leave_session()
            process.old_tty_group = 0
        process.controlling_tty = None

    def leader_exits(self, process: Process) -> None:
        """The end of a process, which matters if it is the session leader's.

        tty_jobctrl.c:disassociate_ctty(): pseudo-terminals do not hang up for that, only
        the foreground group gets SIGHUP.
        """
        if process.sid == process.pid:
            self.signal(SIG.HUP)
            self.leave_session()
        process.controlling_tty = None

    def leave_session(self) -> None:
        """No process of the session has it any more."""
        for process in self.kernel.processes.values():
            if process.controlling_tty is self:
                process.controlling_tty = None
        self.session = self.group = 0

    def resize(self, window: bytes) -> None:
        """TIOCSWINSZ: SIGWINCH if it is another size."""
        if window != self.window:
            self.window = window
            self.signal(SIG.WINCH)

    # -- ends -------------------------------------------------------------------------

    def hang_up(self) -> None:
        """Every slave dies; the session leader gets SIGHUP and SIGCONT. __tty_hangup()."""
        self.hung_up += 1
        self.input.flush()
        self.modes.reset()
        leader = self.kernel.processes.get(self.session) if self.session else None
        group = self.group
        self.leave_session()
        self.status = 0
        if leader is not None:
            leader.old_tty_group = group
            send_to_process(leader, SIG.HUP, SigInfo.kernel(SIG.HUP))
            send_to_process(leader, SIG.CONT, SigInfo.kernel(SIG.CONT))
        for queue in (self.slave_read, self.slave_write):
            queue.wake(events=INPUT | OUTPUT | POLL.ERR | POLL.HUP)

    def master_released(self) -> None:
        """The master was closed: the name goes, the slaves hang up."""
        self.master = self.packet = False
        self.fs.forget(self)
        self.hang_up()

    def slave_released(self) -> None:
        """A slave was closed; the last one leaves the master with EIO."""
        self.slaves -= 1
        if not self.slaves and not self.broken:
            self.slave_closed = True
            self.master_read.wake(events=INPUT | POLL.HUP)
            self.master_write.wake(events=OUTPUT | POLL.HUP)
