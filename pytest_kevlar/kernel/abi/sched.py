"""Constants of scheduling and of waiting in user space: ``sched(7)``, ``futex(2)``, ``rseq(2)`` ….

Policies are accepted and reported; what they mean here is the scheduler's business.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class SCHED(Names, mask=0xFF):
    """``sched_setscheduler(2)`` policies."""

    OTHER: Final = 0
    NORMAL: Final = 0
    FIFO: Final = 1
    RR: Final = 2
    BATCH: Final = 3
    IDLE: Final = 5
    DEADLINE: Final = 6
    EXT: Final = 7
    RESET_ON_FORK: Final = 0x40000000


class SCHEDFLAG(Names, prefix="SCHED_FLAG_"):
    """``sched_setattr(2)`` sched_flags."""

    RESET_ON_FORK: Final = 1
    RECLAIM: Final = 2
    DL_OVERRUN: Final = 4
    KEEP_POLICY: Final = 8
    KEEP_PARAMS: Final = 0x10
    UTIL_CLAMP_MIN: Final = 0x20
    UTIL_CLAMP_MAX: Final = 0x40


class FUTEX(Names, mask=0x7F):
    """``futex(2)`` operations; the low 7 bits are the command."""

    WAIT: Final = 0
    WAKE: Final = 1
    FD: Final = 2
    REQUEUE: Final = 3
    CMP_REQUEUE: Final = 4
    WAKE_OP: Final = 5
    LOCK_PI: Final = 6
    UNLOCK_PI: Final = 7
    TRYLOCK_PI: Final = 8
    WAIT_BITSET: Final = 9
    WAKE_BITSET: Final = 10
    WAIT_REQUEUE_PI: Final = 11
    CMP_REQUEUE_PI: Final = 12
    LOCK_PI2: Final = 13
    PRIVATE_FLAG: Final = 128
    CLOCK_REALTIME: Final = 256


class FUTEXWORD(Names, prefix="FUTEX_"):
    """Bits of a robust or PI futex word, and the bit set that matches all."""

    TID_MASK: Final = 0x3FFFFFFF
    OWNER_DIED: Final = 0x40000000
    WAITERS: Final = 0x80000000
    BITSET_MATCH_ANY: Final = 0xFFFFFFFF


class FUTEXOP(Names, prefix="FUTEX_OP_"):
    """FUTEX_WAKE_OP operations and comparisons."""

    SET: Final = 0
    CMP_EQ: Final = 0
    ADD: Final = 1
    CMP_NE: Final = 1
    OR: Final = 2
    CMP_LT: Final = 2
    ANDN: Final = 3
    CMP_LE: Final = 3
    XOR: Final = 4
    CMP_GT: Final = 4
    CMP_GE: Final = 5
    OPARG_SHIFT: Final = 8


class FUTEX2(Names):
    """``futex_waitv(2)``, ``futex_wait(2)`` flags."""

    SIZE_U8: Final = 0
    SIZE_U16: Final = 1
    SIZE_U32: Final = 2
    SIZE_U64: Final = 3
    SIZE_MASK: Final = 3
    NUMA: Final = 4
    MPOL: Final = 8
    PRIVATE: Final = 0x80


class MEMBARRIER(Names, prefix="MEMBARRIER_CMD_"):
    """``membarrier(2)`` commands."""

    QUERY: Final = 0
    GLOBAL: Final = 1
    GLOBAL_EXPEDITED: Final = 2
    REGISTER_GLOBAL_EXPEDITED: Final = 4
    PRIVATE_EXPEDITED: Final = 8
    REGISTER_PRIVATE_EXPEDITED: Final = 16
    PRIVATE_EXPEDITED_SYNC_CORE: Final = 32
    REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: Final = 64
    PRIVATE_EXPEDITED_RSEQ: Final = 128
    REGISTER_PRIVATE_EXPEDITED_RSEQ: Final = 256
    GET_REGISTRATIONS: Final = 512


class RSEQ(Names, prefix="RSEQ_FLAG_"):
    """``rseq(2)`` flags."""

    UNREGISTER: Final = 1


class IOPRIO_WHO(Names):
    """``ioprio_set(2)`` kinds of id."""

    PROCESS: Final = 1
    PGRP: Final = 2
    USER: Final = 3


class IOPRIO_CLASS(Names):
    """``ioprio_set(2)`` classes."""

    NONE: Final = 0
    RT: Final = 1
    BE: Final = 2
    IDLE: Final = 3
