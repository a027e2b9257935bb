"""seccomp(2): restricting the system calls of a thread. The work is in :mod:`task.seccomp`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pytest_kevlar.kernel.abi.credentials import SECCOMP
from pytest_kevlar.kernel.errno import EINVAL, EOPNOTSUPP
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Bits, Ptr, show_bits, to_u32
from pytest_kevlar.kernel.task import seccomp as secure
from pytest_kevlar.kernel.task.task import Task

#: Of struct seccomp_notif, seccomp_notif_resp and seccomp_data.
NOTIFY_SIZES = (80, 24, 64)

Operation: TypeAlias = Annotated[int, Arg(to_u32, show_bits)]


@syscall()
def seccomp(task: Task, operation: Operation, flags: Bits, args: Ptr) -> int:
    """seccomp(2). Mirrors kernel/seccomp.c:do_seccomp()."""
    if operation == SECCOMP.SET_MODE_FILTER:
        return secure.add_filter(task, flags, args)
    if flags:
        raise EINVAL("flags")
    if operation == SECCOMP.SET_MODE_STRICT:
        if args:
            raise EINVAL("args")
        secure.enter_strict(task)
    elif operation == SECCOMP.GET_ACTION_AVAIL:
        if args.read_int(4, signed=False) not in secure.ACTIONS:
            raise EOPNOTSUPP
    elif operation == SECCOMP.GET_NOTIF_SIZES:
        args.write(b"".join(size.to_bytes(2, "little") for size in NOTIFY_SIZES))
    else:
        raise EINVAL("operation")
    return 0
