"""ioctl(2) on terminals; see ioctl_tty(2).

Requests about modes work on both ends and mean the slave. Mirrors tty_io.c:tty_ioctl(),
tty_ioctl.c, n_tty.c:n_tty_ioctl(), tty_jobctrl.c and pty.c; TIOCCONS is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import CC, CFLAG, IOCTL, TCFLOW, TCFLUSH, TIOCPKT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.abi.structs import WINSIZE
from pytest_kevlar.kernel.errno import EINVAL, EIO, ENODEV, ENOTTY, EPERM, ESRCH
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.task.cred import CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN
from pytest_kevlar.kernel.tty.devpts import open_slave
from pytest_kevlar.kernel.tty.terminal import MASTER, SLAVE
from pytest_kevlar.kernel.tty.termios import CONTROL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.tty.files import MasterFile, SlaveFile
    from pytest_kevlar.kernel.tty.terminal import Terminal

NOW, DRAIN, FLUSH = 0, 1, 2
BREAKS = (IOCTL.TCSBRK, IOCTL.TCSBRKP, IOCTL.TIOCSBRK, IOCTL.TIOCCBRK)
#: Requests that set modes: the layout, and what happens to queued bytes first.
SETTERS = {
    IOCTL.TCSETS: ("load", NOW),
    IOCTL.TCSETSW: ("load", DRAIN),
    IOCTL.TCSETSF: ("load", FLUSH),
    IOCTL.TCSETS2: ("load2", NOW),
    IOCTL.TCSETSW2: ("load2", DRAIN),
    IOCTL.TCSETSF2: ("load2", FLUSH),
    IOCTL.TCSETA: ("load_old", NOW),
    IOCTL.TCSETAW: ("load_old", DRAIN),
    IOCTL.TCSETAF: ("load_old", FLUSH),
}


def of_master(
    task: Task, file: MasterFile, terminal: Terminal, request: int, argument: UserPtr
) -> int:
    """A request to the master."""
    if request == IOCTL.TIOCSPTLCK:
        terminal.locked = bool(argument.read_int())
    elif request == IOCTL.TIOCGPTLCK:
        argument.write_int(int(terminal.locked))
    elif request == IOCTL.TIOCGPTN:
        argument.write_int(terminal.index)
    elif request == IOCTL.TIOCGPTPEER:
        return _open_peer(task, terminal, argument.address)
    elif request == IOCTL.TIOCSIG:
        if argument.address not in (SIG.INT, SIG.QUIT, SIG.TSTP):
            raise EINVAL
        terminal.signal(argument.address)
    elif request == IOCTL.FIONREAD:
        argument.write_int(len(terminal.output))
    elif request == IOCTL.TCFLSH:
        which = argument.address & 0xFFFF_FFFF
        if which > TCFLUSH.IOFLUSH:
            raise EINVAL
        if which != TCFLUSH.OFLUSH:
            terminal.fetch(len(terminal.output))
        if which != TCFLUSH.IFLUSH:
            terminal.input.backlog.clear()
    elif request == IOCTL.TIOCPKT:
        _set_packet(terminal, on=bool(argument.read_int()))
    elif request == IOCTL.TIOCGPKT:
        argument.write_int(int(terminal.packet))
    elif request == IOCTL.TCXONC:
        _flow(terminal, MASTER, argument.address & 0xFFFF_FFFF)
    elif request in BREAKS:
        pass  # a pseudo-terminal has no line that could be held
    elif request in (IOCTL.TIOCEXCL, IOCTL.TIOCNXCL):
        pass  # a master cannot be opened again anyhow
    elif request == IOCTL.TIOCGEXCL:
        argument.write_int(0)
    elif request == IOCTL.TIOCNOTTY:
        raise ENOTTY
    elif request == IOCTL.TIOCCONS:
        raise EINVAL
    elif request == IOCTL.TIOCGPGRP:
        argument.write_int(task.pid_ns.number(terminal.group))
    elif request == IOCTL.TIOCGSID:
        _session(task, terminal, argument)
    else:
        return _common(task, terminal, request, argument, readable=file.readable)
    return 0


def of_slave(
    task: Task, file: SlaveFile, terminal: Terminal, request: int, argument: UserPtr
) -> int:
    """A request to the slave."""
    if request == IOCTL.FIONREAD:
        argument.write_int(terminal.input.queued())
    elif request == IOCTL.TCFLSH:
        terminal.check_change(task, SIG.TTOU)
        which = argument.address & 0xFFFF_FFFF
        if which > TCFLUSH.IOFLUSH:
            raise EINVAL
        if which != TCFLUSH.OFLUSH:
            terminal.flush_input()
        if which != TCFLUSH.IFLUSH:
            terminal.flush_output()
    elif request == IOCTL.TCXONC:
        terminal.check_change(task, SIG.TTOU)
        _flow(terminal, SLAVE, argument.address & 0xFFFF_FFFF)
    elif request in BREAKS:
        if request != IOCTL.TIOCCBRK:
            terminal.check_change(task, SIG.TTOU)
    elif request in (IOCTL.TIOCEXCL, IOCTL.TIOCNXCL):
        terminal.exclusive = request == IOCTL.TIOCEXCL
    elif request == IOCTL.TIOCGEXCL:
        argument.write_int(int(terminal.exclusive))
    elif request == IOCTL.TIOCNOTTY:
        if not terminal.controls(task.process):
            raise ENOTTY
        terminal.give_up(task)
    elif request == IOCTL.TIOCGPGRP:
        if not terminal.controls(task.process):
            raise ENOTTY
        argument.write_int(task.pid_ns.number(terminal.group))
    elif request == IOCTL.TIOCGSID:
        if not terminal.controls(task.process):
            raise ENOTTY
        _session(task, terminal, argument)
    elif request == IOCTL.TIOCGPTPEER:
        raise EIO
    elif request == IOCTL.TIOCSTI:
        if not terminal.controls(task.process) and not task.cred.capable(CAP_SYS_ADMIN):
            raise EPERM
        terminal.input.receive(argument.read(1))
    else:
        return _common(task, terminal, request, argument, readable=file.readable)
    return 0


def _common(
    task: Task, terminal: Terminal, request: int, argument: UserPtr, *, readable: bool
) -> int:
    """What both ends answer alike."""
    if request == IOCTL.TIOCOUTQ:
        argument.write_int(0)  # a pseudo-terminal has nothing on its way to hardware
    elif request == IOCTL.TIOCGWINSZ:
        argument.write(terminal.window)
    elif request == IOCTL.TIOCSWINSZ:
        terminal.resize(argument.read(WINSIZE.size))
    elif request == IOCTL.TIOCSPGRP:
        _set_group(task, terminal, argument)
    elif request == IOCTL.TIOCSCTTY:
        terminal.claim(task, argument.address & 0xFFFF_FFFF, readable=readable)
    elif request == IOCTL.TIOCGETD:
        argument.write_int(0)
    elif request == IOCTL.TIOCSETD:
        if argument.read_int():
            raise EINVAL
    elif request == IOCTL.TIOCGDEV:
        argument.write_int(terminal.dentry.inode.rdev)
    elif request == IOCTL.TIOCVHANGUP:
        if not task.cred.capable(CAP_SYS_ADMIN):
            raise EPERM
        terminal.hang_up()
    else:
        return _modes(task, terminal, request, argument)
    return 0


def _modes(task: Task, terminal: Terminal, request: int, argument: UserPtr) -> int:
    """tty_ioctl.c:tty_mode_ioctl()."""
    modes = terminal.modes
    if request == IOCTL.TCGETS:
        modes.store(argument)
    elif request == IOCTL.TCGETS2:
        modes.store2(argument)
    elif request == IOCTL.TCGETA:
        modes.store_old(argument)
    elif request in SETTERS:
        terminal.check_change(task, SIG.TTOU)
        load, when = SETTERS[request]
        iflag, lflag, flows = modes.iflag, modes.lflag, modes.flows
        old = modes.copy()
        getattr(modes, load)(argument)
        modes.keep(old, terminal.mode_locks)
        if when == FLUSH:
            terminal.flush_input()
        if modes.flows != flows:
            now, then = TIOCPKT.DOSTOP, TIOCPKT.NOSTOP
            terminal.tell_master(*((now, then) if modes.flows else (then, now)))
        terminal.modes_changed(iflag, lflag)
    elif request == IOCTL.TIOCGLCKTRMIOS:
        terminal.mode_locks.store(argument)
    elif request == IOCTL.TIOCSLCKTRMIOS:
        if not (task.cred.capable(CAP_CHECKPOINT_RESTORE) or task.cred.capable(CAP_SYS_ADMIN)):
            raise EPERM
        terminal.mode_locks.load_locks(argument)
    elif request == IOCTL.TIOCGSOFTCAR:
        argument.write_int(int(bool(modes.cflag & CFLAG.CLOCAL)))
    elif request == IOCTL.TIOCSSOFTCAR:
        local = CFLAG.CLOCAL if argument.read_int() else 0
        modes.cflag = modes.cflag & ~CFLAG.CLOCAL | local
    else:
        raise ENOTTY
    return 0


def _open_peer(task: Task, terminal: Terminal, raw: int) -> int:
    """TIOCGPTPEER: the slave without its name; pty.c:ptm_open_peer()."""
    flags = task.kernel.arch.open_flags_in(raw & 0xFFFF_FFFF)
    mounts = task.fs.namespace.mounts()
    mount = next((one for one in mounts if one.fs is terminal.fs), None)
    if mount is None:
        raise ENODEV
    file = open_slave(task, VfsPath(mount, terminal.dentry), flags, terminal)
    return task.files.install(task.process, file, cloexec=bool(flags & O.CLOEXEC))


def _session(task: Task, terminal: Terminal, argument: UserPtr) -> None:
    if not terminal.session:
        raise ENOTTY
    argument.write_int(task.pid_ns.number(terminal.session))


def _set_group(task: Task, terminal: Terminal, argument: UserPtr) -> None:
    """TIOCSPGRP; tty_jobctrl.c:tiocspgrp()."""
    try:
        terminal.check_change(task, SIG.TTOU)
    except EIO:
        raise ENOTTY from None
    group = argument.read_int()
    if group < 0:
        raise EINVAL
    process = task.process
    if not terminal.controls(process) or terminal.session != process.sid:
        raise ENOTTY
    ident = task.pid_ns.ident(group)
    members = [one for one in task.kernel.processes.values() if one.pgid == ident]
    if ident is None or not members:
        raise ESRCH if task.pid_ns.task(group) is None else EPERM
    if members[0].sid != process.sid:
        raise EPERM
    terminal.group = ident


def _set_packet(terminal: Terminal, *, on: bool) -> None:
    """TIOCPKT; pty.c:pty_set_pktmode()."""
    if on and not terminal.packet:
        terminal.status = 0
    terminal.packet = on


def _flow(terminal: Terminal, end: int, action: int) -> None:
    """TCXONC: stop and start the output of an end, or ask the other side to."""
    if action in (TCFLOW.OOFF, TCFLOW.OON):
        terminal.suspend(end, on=action == TCFLOW.OOFF)
    elif action in (TCFLOW.IOFF, TCFLOW.ION):
        index = CC.VSTOP if action == TCFLOW.IOFF else CC.VSTART
        cc = terminal.modes.cc if end == SLAVE else CONTROL
        if cc[index]:
            terminal.insert(end, bytes((cc[index],)))
    else:
        raise EINVAL
