"""What a memory access that cannot be resolved means to the task that made it."""

from __future__ import annotations

SIGBUS = 7
SIGSEGV = 11
SEGV_MAPERR = 1
SEGV_ACCERR = 2
BUS_ADRERR = 2


class MemoryFault(Exception):
    """A synchronous signal is due.

    Attributes:
        signal: SIGSEGV or SIGBUS.
        code: ``si_code``.
        address: ``si_addr``.
    """

    def __init__(self, signal: int, code: int, address: int) -> None:
        super().__init__(signal, code, address)
        self.signal = signal
        self.code = code
        self.address = address
