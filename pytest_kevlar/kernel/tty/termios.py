"""``struct termios`` as the kernel keeps it: flags, control characters, speed.

The three layouts that user programs know are made here; what the flags do is :mod:`ldisc`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import CC, CFLAG, IFLAG, LFLAG, OFLAG
from pytest_kevlar.kernel.abi.structs import TERMIOS, TERMIOS2

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr

NCCS = 19
#: INIT_C_CC: ^C ^\ DEL ^U ^D, TIME 0, MIN 1, no SWTC, ^Q ^S ^Z, no EOL, ^R ^O ^W ^V.
CONTROL = bytes((3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0))
LOCAL = (
    LFLAG.ISIG
    | LFLAG.ICANON
    | LFLAG.ECHO
    | LFLAG.ECHOE
    | LFLAG.ECHOK
    | LFLAG.ECHOCTL
    | LFLAG.ECHOKE
    | LFLAG.IEXTEN
)
#: CBAUDEX, BOTHER and CIBAUD: the speed is spelled out, or the input's differs.
CBAUDEX, BOTHER, CBAUD, CIBAUD = 0o10000, 0o10000, 0o10017, 0o2003600000
SPEEDS = (0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400)
#: Those with CBAUDEX, in hundreds.
HUNDREDS = (576, 1152, 2304, 4608, 5000, 5760, 9216, 10000, 11520, 15000, 20000, 25000, 30000)
EXTENDED_SPEEDS = tuple(100 * rate for rate in (*HUNDREDS, 35000, 40000))
_TERMIO = struct.Struct("<4HB8sx")


class Termios:
    """Modes of one terminal.

    Attributes:
        iflag, oflag, cflag, lflag: ``c_iflag`` and so on. line: ``c_line``.
        cc: NCCS control characters. ispeed, ospeed: bits a second.
    """

    __slots__ = ("cc", "cflag", "iflag", "ispeed", "lflag", "line", "oflag", "ospeed")

    def __init__(self) -> None:
        self.reset()

    @classmethod
    def unlocked(cls) -> Termios:
        """Locks of which none is set."""
        locks = cls()
        locks.iflag = locks.oflag = locks.cflag = locks.lflag = locks.line = 0
        locks.cc = bytes(NCCS)
        return locks

    def reset(self) -> None:
        """As a new terminal has them; include/linux/tty.h:tty_std_termios."""
        self.iflag = IFLAG.ICRNL | IFLAG.IXON
        self.oflag = OFLAG.OPOST | OFLAG.ONLCR
        self.cflag = CFLAG.B38400 | CFLAG.CS8 | CFLAG.CREAD
        self.lflag = LOCAL
        self.line = 0
        self.cc = CONTROL
        self.ispeed = self.ospeed = 38400

    @property
    def canonical(self) -> bool:
        """Input comes in lines."""
        return bool(self.lflag & LFLAG.ICANON)

    @property
    def minimum(self) -> int:
        """VMIN."""
        return self.cc[CC.VMIN]

    @property
    def tenths(self) -> int:
        """VTIME, in tenths of a second."""
        return self.cc[CC.VTIME]

    @property
    def flows(self) -> bool:
        """^S and ^Q stop and start the output."""
        stop, start = self.cc[CC.VSTOP], self.cc[CC.VSTART]
        return (
            bool(self.iflag & IFLAG.IXON)
            and stop == CONTROL[CC.VSTOP]
            and start == CONTROL[CC.VSTART]
        )

    def is_char(self, index: int, char: int) -> bool:
        """Whether `char` is the control character `index`; NUL never is one."""
        return char != 0 and self.cc[index] == char

    def copy(self) -> Termios:
        """The same modes, of their own."""
        other = Termios()
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def load_locks(self, pointer: UserPtr) -> None:
        """TIOCSLCKTRMIOS: set bits and characters that are not NUL are locked."""
        self._take(TERMIOS.unpack(pointer.read(TERMIOS.size)))

    def load(self, pointer: UserPtr) -> None:
        """TCSETS: the speed follows from ``c_cflag``."""
        self._take(TERMIOS.unpack(pointer.read(TERMIOS.size)))
        self._fix()
        self._speeds()

    def load2(self, pointer: UserPtr) -> None:
        """TCSETS2: with BOTHER the speed is spelled out."""
        new = TERMIOS2.unpack(pointer.read(TERMIOS2.size))
        self._take(new)
        self._fix()
        self.ispeed, self.ospeed = new.c_ispeed, new.c_ospeed
        self._speeds()

    def load_old(self, pointer: UserPtr) -> None:
        """TCSETA: ``struct termio`` has the low halves of the flags, and 8 characters."""
        iflag, oflag, cflag, lflag, line, cc = _TERMIO.unpack(pointer.read(_TERMIO.size))
        self.iflag = self.iflag & ~0xFFFF | iflag
        self.oflag = self.oflag & ~0xFFFF | oflag
        self.cflag = self.cflag & ~0xFFFF | cflag
        self.lflag = self.lflag & ~0xFFFF | lflag
        self.line = line
        self.cc = cc + self.cc[8:]
        self._fix()
        self._speeds()

    def keep(self, old: Termios, locks: Termios) -> None:
        """Undo the changes to modes that are locked; tty_ioctl.c:unset_locked_termios()."""
        for flags in ("iflag", "oflag", "cflag", "lflag"):
            locked = getattr(locks, flags)
            setattr(self, flags, getattr(self, flags) & ~locked | getattr(old, flags) & locked)
        if locks.line:
            self.line = old.line
        characters = zip(self.cc, old.cc, locks.cc, strict=True)
        self.cc = bytes(before if locked else now for now, before, locked in characters)

    def store(self, pointer: UserPtr) -> None:
        """TCGETS."""
        pointer.write(TERMIOS.pack(**self._fields()))

    def store2(self, pointer: UserPtr) -> None:
        """TCGETS2."""
        fields = self._fields()
        pointer.write(TERMIOS2.pack(**fields, c_ispeed=self.ispeed, c_ospeed=self.ospeed))

    def store_old(self, pointer: UserPtr) -> None:
        """TCGETA."""
        low = [flags & 0xFFFF for flags in (self.iflag, self.oflag, self.cflag, self.lflag)]
        pointer.write(_TERMIO.pack(*low, self.line, self.cc[:8]))

    def _fields(self) -> dict[str, int | bytes]:
        return {
            "c_iflag": self.iflag,
            "c_oflag": self.oflag,
            "c_cflag": self.cflag,
            "c_lflag": self.lflag,
            "c_line": self.line,
            "c_cc": self.cc,
        }

    # The argument is a structure of cffi's; its members have no static types.
    def _take(self, new: TermiosView) -> None:
        self.iflag, self.oflag = new.c_iflag, new.c_oflag
        self.cflag, self.lflag = new.c_cflag, new.c_lflag
        self.line = new.c_line
        self.cc = bytes(new.c_cc)

    def _fix(self) -> None:
        """A pseudo-terminal always has 8 bits and no parity; pty.c:pty_set_termios()."""
        self.cflag = self.cflag & ~(CFLAG.CSIZE | CFLAG.PARENB) | CFLAG.CS8 | CFLAG.CREAD

    def _speeds(self) -> None:
        self.ospeed = _speed(self.cflag & CBAUD, self.ospeed)
        code = (self.cflag & CIBAUD) >> 16
        self.ispeed = _speed(code, self.ispeed) if code else self.ospeed


if TYPE_CHECKING:
    from typing import Any, TypeAlias

    TermiosView: TypeAlias = Any


def _speed(code: int, other: int) -> int:
    """Bits a second of a CBAUD code; `other` for BOTHER."""
    if code == BOTHER:
        return other
    if code & CBAUDEX:
        index = (code & ~CBAUDEX) - 1
        return EXTENDED_SPEEDS[index] if index < len(EXTENDED_SPEEDS) else 0
    return SPEEDS[code]
