"""Names, numbers and words of errnos for traces, without the kernel."""

from __future__ import annotations

import errno
import os

#: Numbers by name.
ERRNO = {name: number for number, name in errno.errorcode.items()}
ERRNO |= {"EAGAIN": 11, "EDEADLK": 35, "EOPNOTSUPP": 95}
_NAMES = dict(errno.errorcode)
# Of several names for one number, the one strace prints.
_NAMES |= {11: "EAGAIN", 35: "EDEADLK", 95: "EOPNOTSUPP"}


def name_of(number: int) -> str:
    """``ENOENT`` for 2; the number itself if it has no name."""
    return _NAMES.get(number, str(number))


def describe(number: int) -> str:
    """``ENOENT (No such file or directory)``."""
    return f"{name_of(number)} ({os.strerror(number)})"
