"""Output processing: what OPOST makes of bytes on their way to the screen, and the column.

Mirrors drivers/tty/n_tty.c:do_output_char(). Where the bytes go is :mod:`terminal`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import IFLAG, LFLAG, OFLAG

if TYPE_CHECKING:
    from pytest_kevlar.kernel.tty.termios import Termios

NEWLINE, RETURN, TAB, BACKSPACE = 10, 13, 9, 8


class Screen:
    """Where the cursor is.

    Attributes:
        column: of the cursor, from 0.
    """

    __slots__ = ("column", "modes")

    def __init__(self, modes: Termios) -> None:
        self.modes = modes
        self.column = 0

    def process(self, data: bytes) -> bytes:
        """What `data` becomes."""
        if not self.modes.oflag & OFLAG.OPOST:
            return data
        return b"".join([self.char(code) for code in data])

    def char(self, code: int) -> bytes:
        """What one byte becomes."""
        flags = self.modes.oflag
        if not flags & OFLAG.OPOST:
            return bytes((code,))
        if code == NEWLINE:
            if flags & OFLAG.ONLRET:
                self.column = 0
            if flags & OFLAG.ONLCR:
                self.column = 0
                return b"\r\n"
        elif code == RETURN:
            if flags & OFLAG.ONOCR and not self.column:
                return b""
            if flags & OFLAG.OCRNL:
                if flags & OFLAG.ONLRET:
                    self.column = 0
                return b"\n"
            self.column = 0
        elif code == TAB:
            spaces = 8 - (self.column & 7)
            self.column += spaces
            if flags & OFLAG.TABDLY == OFLAG.TAB3:
                return b" " * spaces
        elif code == BACKSPACE:
            if self.column:
                self.column -= 1
        elif not is_control(code):
            if flags & OFLAG.OLCUC and 0x61 <= code <= 0x7A:
                code -= 0x20
            if not self.is_continuation(code):
                self.column += 1
        return bytes((code,))

    def is_continuation(self, code: int) -> bool:
        """Whether IUTF8 makes it a part of the character before."""
        return bool(self.modes.iflag & IFLAG.IUTF8) and code & 0xC0 == 0x80

    def echoed(self, code: int) -> bytes:
        """An echoed character: with ECHOCTL, controls but TAB look like ``^X``."""
        if self.modes.lflag & LFLAG.ECHOCTL and is_control(code) and code != TAB:
            self.column += 2
            return bytes((0x5E, code ^ 0x40))
        return self.char(code)


def is_control(code: int) -> bool:
    """iscntrl() of the kernel's table: Latin-1 controls do not count."""
    return code < 0x20 or code == 0x7F
