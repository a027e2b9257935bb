"""Constants of asynchronous I/O: ``io_submit(2)``."""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class IOCB(Names, prefix="IOCB_CMD_"):
    """``aio_lio_opcode``."""

    PREAD: Final = 0
    PWRITE: Final = 1
    FSYNC: Final = 2
    FDSYNC: Final = 3
    POLL: Final = 5
    NOOP: Final = 6
    PREADV: Final = 7
    PWRITEV: Final = 8


class IOCBFLAG(Names, prefix="IOCB_FLAG_"):
    """``aio_flags``."""

    RESFD: Final = 1
    IOPRIO: Final = 2
