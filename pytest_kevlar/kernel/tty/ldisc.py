"""N_TTY: from what is typed to what is read. Lines, editing, echo, signal characters.

Mirrors drivers/tty/n_tty.c. It knows one terminal through :class:`Keyboard` and never
sleeps; EXTPROC is not supported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_kevlar.kernel.abi.ioctl import CC, IFLAG, LFLAG
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.tty.output import (
    NEWLINE,
    RETURN,
    TAB,
    Screen,
    is_alnum,
    is_control,
    to_lower,
)

if TYPE_CHECKING:
    from pytest_kevlar.kernel.tty.termios import Termios

BUFFER = 4096
SIGNALS = ((CC.VINTR, SIG.INT), (CC.VQUIT, SIG.QUIT), (CC.VSUSP, SIG.TSTP))
#: What the input queue in front of the buffer holds before the writer has to wait.
BACKLOG = 8192


class Keyboard(Protocol):
    """What the discipline does to the terminal around it."""

    @property
    def stopped(self) -> bool:
        """Output is held back, by ^S or TCOOFF."""

    def echo(self, data: bytes) -> None:
        """Bytes for the screen."""

    def signal(self, signo: int) -> None:
        """A signal for the foreground group."""

    def stop(self) -> None:
        """Hold the output back."""

    def start(self) -> None:
        """Let the output go on, unless TCOOFF holds it."""

    def flush_output(self) -> None:
        """Throw away what the screen has not got yet."""

    def flushed(self) -> None:
        """What was typed has been thrown away."""

    def arrived(self) -> None:
        """Something can be read now."""


class LineDiscipline:
    """The input side of a terminal.

    Attributes:
        data: characters that were typed and not read; at most BUFFER.
        ends: for each, whether it ends a line.
        lines: how many of them belong to finished lines (``canon_head``).
        backlog: what did not fit yet.
    """

    __slots__ = (
        "_column",
        "_echoes",
        "_erasing",
        "_literal",
        "backlog",
        "data",
        "ends",
        "keyboard",
        "lines",
        "modes",
        "screen",
    )

    def __init__(self, modes: Termios, screen: Screen, keyboard: Keyboard) -> None:
        self.modes = modes
        self.screen = screen
        self.keyboard = keyboard
        self.data = bytearray()
        self.ends = bytearray()
        self.lines = 0
        self.backlog = bytearray()
        self._literal = False
        self._column = 0
        self._erasing = False  # ECHOPRT shows erased characters since a backslash
        self._echoes = bytearray()  # shown once the whole batch is taken and output may go on

    # -- questions --------------------------------------------------------------------

    @property
    def readable(self) -> int:
        """Characters that a read may take now."""
        return self.lines if self.modes.canonical else len(self.data)

    @property
    def room(self) -> int:
        """How much the writer may still write."""
        return max(0, BACKLOG - len(self.backlog))

    def queued(self) -> int:
        """FIONREAD: end-of-file marks do not count in lines."""
        if not self.modes.canonical:
            return len(self.data)
        marks = sum(1 for at in range(self.lines) if self.ends[at] and not self.data[at])
        return self.lines - marks

    # -- reading ----------------------------------------------------------------------

    def take(self, size: int) -> bytes:
        """Read: in canonical mode at most a line; the caller saw that something is there."""
        if not self.modes.canonical:
            taken = bytes(self.data[:size])
            self._drop(len(taken))
            return taken
        end = self.ends.find(1, 0, min(size, self.lines))
        if end < 0:
            taken = bytes(self.data[: min(size, self.lines)])
            after = len(taken)
            if after < self.lines and self.ends[after] and not self.data[after]:
                after += 1  # n_tty.c:canon_skip_eof()
        else:
            after = end + 1
            taken = bytes(self.data[: end if not self.data[end] else after])
        self._drop(after)
        return taken

    def untake(self, data: bytes) -> None:
        """Put back what the reader had no room for."""
        self.data[:0] = data
        self.ends[:0] = bytes(len(data) - 1) + bytes((self.modes.canonical,)) if data else b""
        if self.modes.canonical:
            self.lines += len(data)

    def _drop(self, count: int) -> None:
        del self.data[:count]
        del self.ends[:count]
        self.lines = max(0, self.lines - count)
        self.pump()

    def flush(self) -> None:
        """Forget everything that was typed."""
        self.backlog.clear()
        self.data.clear()
        self.ends.clear()
        self.lines = 0
        self._erasing = False
        self.keyboard.flushed()

    def modes_changed(self, iflag: int, lflag: int) -> None:
        """The flags were `iflag` and `lflag`; n_tty_set_termios().

        When ICANON is switched, what is there becomes one line, or none.
        """
        if (lflag ^ self.modes.lflag) & LFLAG.ICANON:
            self.ends = bytearray(len(self.data))
            self.lines = 0
            if self.modes.canonical and self.data:
                self.ends[-1] = 1
                self.lines = len(self.data)
            self._literal = self._erasing = False
            if self.readable:
                self.keyboard.arrived()
        if iflag & ~self.modes.iflag & IFLAG.IXON:
            self._start()  # nobody could type ^Q any more
        self.pump()

    # -- typing -----------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """The master wrote `data`."""
        self.backlog += data
        self.pump()

    def pump(self) -> None:
        """Take from the backlog what has room; n_tty_receive_buf_common()."""
        backlog = self.backlog
        before = self.readable
        while backlog:
            room = BUFFER - len(self.data) - 1
            if room <= 0:
                if not self.modes.canonical or self.lines:
                    break
                if room < 0:
                    self._pop()  # a line without an end: only its last place is used
            code = backlog.pop(0)
            self._char(code)
        self.show_echoes()
        if self.readable > before:
            self.keyboard.arrived()

    def show_echoes(self) -> None:
        """Let the screen have what is to be echoed; n_tty.c:process_echoes()."""
        if self._echoes and not self.keyboard.stopped:
            self.keyboard.echo(bytes(self._echoes))
            self._echoes.clear()
        del self._echoes[:-BUFFER]  # the oldest are lost

    def _start(self) -> None:
        self.keyboard.start()
        self.show_echoes()

    def _char(self, code: int) -> None:
        modes = self.modes
        iflag, lflag = modes.iflag, modes.lflag
        if iflag & IFLAG.ISTRIP:
            code &= 0x7F
        if iflag & IFLAG.IUCLC and lflag & LFLAG.IEXTEN:
            code = to_lower(code)
        if self._literal:
            self._literal = False
            self._ordinary(code)
            return
        if self._flow(code) or (lflag & LFLAG.ISIG and self._signal(code)):
            return
        if self.keyboard.stopped and iflag & IFLAG.IXON and iflag & IFLAG.IXANY:
            self._start()
        newline = False
        if code == RETURN:
            if iflag & IFLAG.IGNCR:
                return
            if iflag & IFLAG.ICRNL:
                code = NEWLINE
                newline = True
        elif code == NEWLINE and iflag & IFLAG.INLCR:
            code = RETURN
        if not (lflag & LFLAG.ICANON and self._edit(code)):
            self._ordinary(code, newline=newline)

    def _flow(self, code: int) -> bool:
        modes = self.modes
        if not modes.iflag & IFLAG.IXON:
            return False
        if modes.is_char(CC.VSTART, code):
            self._start()
        elif modes.is_char(CC.VSTOP, code):
            self.keyboard.stop()
        else:
            return False
        return True

    def _signal(self, code: int) -> bool:
        for index, signo in SIGNALS:
            if self.modes.is_char(index, code):
                self._interrupt(code, signo)
                return True
        return False

    def _interrupt(self, code: int, signo: int) -> None:
        """A signal character; n_tty.c:n_tty_receive_signal_char()."""
        rest = bytes(self.backlog)
        self.keyboard.signal(signo)
        if not self.modes.lflag & LFLAG.NOFLSH:
            self._echoes.clear()  # isig(): what was not shown yet never is
            self.keyboard.flush_output()
            self.flush()
            self.backlog += rest
        if self.modes.iflag & IFLAG.IXON:
            self.keyboard.start()
        if self.modes.lflag & LFLAG.ECHO:
            self._echoes += self.screen.echoed(code)

    def _edit(self, code: int) -> bool:
        """The characters that only canonical input knows; False for all others."""
        modes, lflag = self.modes, self.modes.lflag
        extended = bool(lflag & LFLAG.IEXTEN)
        if any(modes.is_char(one, code) for one in (CC.VERASE, CC.VKILL)) or (
            extended and modes.is_char(CC.VWERASE, code)
        ):
            self._erase(code)
        elif extended and modes.is_char(CC.VLNEXT, code):
            self._literal = True
            self._finish_erasing()
            if lflag & LFLAG.ECHO and lflag & LFLAG.ECHOCTL:
                self._show(b"^\b")
        elif extended and lflag & LFLAG.ECHO and modes.is_char(CC.VREPRINT, code):
            self._finish_erasing()
            self._echoes += self.screen.echoed(code)
            self._show(b"\n")
            for typed in self.data[self.lines :]:
                self._echoes += self.screen.echoed(typed)
        elif code == NEWLINE:
            if lflag & (LFLAG.ECHO | LFLAG.ECHONL):
                self._show(b"\n")
            self._put(code, ends=True)
        elif modes.is_char(CC.VEOF, code):
            self._put(0, ends=True)
        elif modes.is_char(CC.VEOL, code) or (extended and modes.is_char(CC.VEOL2, code)):
            self._echo(code)
            if modes.iflag & IFLAG.PARMRK and code == 0xFF:
                self._put(code)
            self._put(code, ends=True)
        else:
            return False
        return True

    def _ordinary(self, code: int, *, newline: bool = False) -> None:
        """A character without a meaning; `newline`: a RETURN that became one."""
        if newline and self.modes.lflag & LFLAG.ECHO:
            self._finish_erasing()
            self._show(b"\n")
        else:
            self._finish_erasing()
            self._echo(code)
        if self.modes.iflag & IFLAG.PARMRK and code == 0xFF:
            self._put(code)
        self._put(code)

    def _echo(self, code: int) -> None:
        if self.modes.lflag & LFLAG.ECHO:
            if len(self.data) == self.lines:
                self._column = self.screen.column
            self._echoes += self.screen.echoed(code)

    def _finish_erasing(self) -> None:
        """Close what ECHOPRT opened."""
        if self._erasing and self.modes.lflag & LFLAG.ECHO:
            self._erasing = False
            self._show(b"/")

    def _show(self, data: bytes) -> None:
        """Echo without ECHOCTL."""
        self._echoes += self.screen.process(data)

    def _put(self, code: int, *, ends: bool = False) -> None:
        self.data.append(code)
        self.ends.append(ends)
        if ends:
            self.lines = len(self.data)

    def _pop(self) -> int:
        self.ends.pop()
        return self.data.pop()

    # -- erasing ----------------------------------------------------------------------

    def _erase(self, key: int) -> None:
        """The erase, word-erase or kill character; n_tty.c:eraser()."""
        modes, lflag = self.modes, self.modes.lflag
        if len(self.data) == self.lines:
            return
        one = modes.is_char(CC.VERASE, key)
        word = not one and modes.is_char(CC.VWERASE, key)
        visible = LFLAG.ECHO | LFLAG.ECHOK | LFLAG.ECHOKE | LFLAG.ECHOE
        if not one and not word and lflag & visible != visible:
            self._kill(key)
            return
        seen = False
        while len(self.data) > self.lines:
            start = len(self.data) - 1
            while start > self.lines and self.screen.is_continuation(self.data[start]):
                start -= 1
            code = self.data[start]
            if self.screen.is_continuation(code):
                break
            if word:
                if is_alnum(code) or code == 0x5F:
                    seen = True
                elif seen:
                    break
            erased = bytes(self.data[start:])
            while len(self.data) > start:
                self._pop()
            if lflag & LFLAG.ECHO:
                self._wipe(erased, key, one=one)
            if one:
                break
        if len(self.data) == self.lines:
            self._finish_erasing()

    def _kill(self, key: int) -> None:
        """Throw the line away without taking it off the screen."""
        lflag = self.modes.lflag
        del self.data[self.lines :]
        del self.ends[self.lines :]
        if lflag & LFLAG.ECHO:
            self._finish_erasing()
            self._echoes += self.screen.echoed(key)
            if lflag & LFLAG.ECHOK:
                self._show(b"\n")

    def _wipe(self, erased: bytes, key: int, *, one: bool) -> None:
        """Take a character off the screen, or with ECHOPRT show that it is gone."""
        lflag, code = self.modes.lflag, erased[0]
        if lflag & LFLAG.ECHOPRT:
            if not self._erasing:
                self._show(b"\\")
                self._erasing = True
            self._echoes += self.screen.echoed(code) + erased[1:]
        elif one and not lflag & LFLAG.ECHOE:
            self._echoes += self.screen.echoed(key)
        elif code == TAB:
            self._wipe_tab()
        else:
            if lflag & LFLAG.ECHOCTL and is_control(code):
                self._wipe_cell()
            if not is_control(code) or lflag & LFLAG.ECHOCTL:
                self._wipe_cell()

    def _wipe_cell(self) -> None:
        self.screen.column = max(0, self.screen.column - 1)
        self._echoes += b"\b \b"

    def _wipe_tab(self) -> None:
        """As many steps back as the TAB was wide."""
        width = 0
        line = True
        for code in reversed(self.data[self.lines :]):
            if code == TAB:
                line = False
                break
            if is_control(code):
                width += 2 if self.modes.lflag & LFLAG.ECHOCTL else 0
            elif not self.screen.is_continuation(code):
                width += 1
        if line:
            width += self._column
        steps = 8 - (width & 7)
        self.screen.column = max(0, self.screen.column - steps)
        self._echoes += b"\b" * steps
