"""``siginfo_t`` in trace text: which fields a code stands for, as strace shows them.

Used for arguments and for delivered signals; what signals carry is ``kernel/signals``.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.signals import BUS, CLD, FPE, SEGV, SI, SIG
from pytest_kevlar.kernel.syscalls.contents import Peek, Reach, signal_word

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch

_CODES = {SIG.SEGV: SEGV, SIG.BUS: BUS, SIG.FPE: FPE, SIG.CHLD: CLD}
_FAULTS = (SIG.ILL, SIG.BUS, SIG.FPE, SIG.SEGV, SIG.TRAP)


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """A ``siginfo_t`` in guest memory."""

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(48)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Its used part."""
        return peek(address, 48)

    def show(self, taken: Any, arch: Arch) -> str:
        """In braces."""
        return show_siginfo(taken) if len(taken) == 48 else ""


def show_siginfo(data: bytes) -> str:
    """The fields that matter for its signal and code."""
    signo, errno, code = struct.unpack_from("<iii", data)
    space = SI if code <= 0 or code == SI.KERNEL else _CODES.get(signo, SI)
    fields = [
        f"si_signo={signo} /* SIG{signal_word(signo)} */",
        f"si_code={code & 0xFFFF_FFFF:#x} /* {names.name(space, code)} */"
        if code
        else "si_code=0 /* SI_USER */",
    ]
    if errno:
        fields.append(f"si_errno={errno}")
    pid, uid = struct.unpack_from("<iI", data, 16)
    if signo == SIG.CHLD and code > 0 and code != SI.KERNEL:
        status, _, utime, stime = struct.unpack_from("<iIqq", data, 24)
        shown = str(status)
        if code != CLD.EXITED:
            shown = f"{status} /* SIG{signal_word(status)} */"
        fields += [f"si_pid={pid}", f"si_uid={uid}", f"si_status={shown}"]
        fields += [f"si_utime={utime}", f"si_stime={stime}"]
    elif signo in _FAULTS and code > 0 and code != SI.KERNEL:
        (address,) = struct.unpack_from("<Q", data, 16)
        fields.append(f"si_addr={address:#x}" if address else "si_addr=NULL")
    elif code == SI.TIMER:
        value, pointer = struct.unpack_from("<iQ", data, 24)[0], 0
        (pointer,) = struct.unpack_from("<Q", data, 24)
        fields += [f"si_timerid={pid:#x}", f"si_overrun={uid}"]
        fields += [f"si_int={value}", f"si_ptr={pointer:#x}" if pointer else "si_ptr=NULL"]
    elif code != SI.KERNEL:
        fields += [f"si_pid={pid}", f"si_uid={uid}"]
        (pointer,) = struct.unpack_from("<Q", data, 24)
        if pointer or code == SI.QUEUE:
            (value,) = struct.unpack_from("<i", data, 24)
            fields += [f"si_int={value}", f"si_ptr={pointer:#x}" if pointer else "si_ptr=NULL"]
    return "{" + ", ".join(fields) + "}"
