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

    def fit(self, data: bytes, room: int) -> tuple[bytes, int]:
        """What the first bytes of `data` become, at most `room`, and how many those are."""
        if not self.modes.oflag & OFLAG.OPOST:
            return data[:room], min(room, len(data))
        parts: list[bytes] = []
        for done, code in enumerate(data):
            column = self.column
            text = self.char(code)
            room -= len(text)
            if room < 0:
                self.column = column
                return b"".join(parts), done
            parts.append(text)
        return b"".join(parts), len(data)

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
            if flags & OFLAG.OLCUC:
                code = to_upper(code)
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


# The kernel's table of characters, lib/ctype.c, is that of Latin-1 without its controls.


def is_control(code: int) -> bool:
    """iscntrl()."""
    return code < 0x20 or code == 0x7F


def is_alnum(code: int) -> bool:
    """isalnum()."""
    if code < 0x80:
        return chr(code).isalnum()
    return code >= 0xC0 and code not in (0xD7, 0xF7)


def to_upper(code: int) -> int:
    """toupper(); sharp s has no capital, and becomes 0xBF all the same."""
    lower = 0x61 <= code <= 0x7A or (code >= 0xDF and code != 0xF7)
    return code - 0x20 if lower else code


def to_lower(code: int) -> int:
    """tolower()."""
    upper = 0x41 <= code <= 0x5A or (0xC0 <= code <= 0xDE and code != 0xD7)
    return code + 0x20 if upper else code
