"""How much a machine watches itself while it runs a guest; what the guest sees stays the same."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Checks(enum.Enum):
    """When the kernel's invariants are looked at."""

    NONE = "none"
    CALLS = "calls"  # after every system call, sleep, fault and slice


@dataclass(frozen=True, slots=True)
class Tuning:
    """What is paid for in speed.

    Attributes:
        checks: when invariants are looked at; one that is broken is :attr:`End.CRASH`.
        history: remember the last system calls, for the state that a report shows.
        counting: count the blocks that the guest enters. They are its time, its slices and
            its bound in steps; without them only system calls take time, slices end by the
            host's clock, and a run that preempts is not deterministic.
    """

    checks: Checks = Checks.NONE
    history: bool = True
    counting: bool = True
