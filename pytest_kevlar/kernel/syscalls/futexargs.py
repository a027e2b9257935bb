"""The arguments of ``futex(2)`` as traces show them: what each is depends on the operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi.structs import TIMESPEC
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.contents import Struct
from pytest_kevlar.kernel.syscalls.operands import Choice, Operand, bits, pointer
from pytest_kevlar.kernel.syscalls.registry import Arg
from pytest_kevlar.kernel.syscalls.types import show_hex, show_u64, to_pointer, to_u32

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch

VAL, TIMEOUT, VAL2, UADDR2, VAL3 = range(5)
_REGISTER = {VAL: 2, TIMEOUT: 3, VAL2: 3, UADDR2: 4, VAL3: 5}
#: What follows the operation, by its number: WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP,
#: UNLOCK_PI, TRYLOCK_PI, WAIT_BITSET, WAKE_BITSET, WAIT_REQUEUE_PI, CMP_REQUEUE_PI.
_FOLLOWS: dict[int, tuple[int, ...]] = {
    0: (VAL, TIMEOUT),
    1: (VAL,),
    3: (VAL, VAL2, UADDR2),
    4: (VAL, VAL2, UADDR2, VAL3),
    5: (VAL, VAL2, UADDR2, VAL3),
    7: (),
    8: (),
    9: (VAL, TIMEOUT, VAL3),
    10: (VAL, VAL3),
    11: (VAL, TIMEOUT, UADDR2),
    12: (VAL, VAL2, UADDR2, VAL3),
}
_ALL = (VAL, TIMEOUT, UADDR2, VAL3)
_TIMED = (0, 6, 9, 11, 13)
_TIMEOUT: Choice = (Struct(TIMESPEC), False)


def _text(position: int) -> Callable[[Sequence[int], Arch], str]:
    """What stands at a position of the text; empty if nothing does."""

    def among(args: Sequence[int], arch: Arch) -> str:
        follows = _FOLLOWS.get(args[1] & 0x7F, _ALL)
        if position - 2 >= len(follows):
            return ""
        what = follows[position - 2]
        value = args[_REGISTER[what]]
        if what in (TIMEOUT, UADDR2):
            return pointer(value)
        return bits(value & 0xFFFF_FFFF) if what == VAL3 else str(value & 0xFFFF_FFFF)

    return among


FutexValue: TypeAlias = Annotated[int, Arg(to_u32, show_u64, among=_text(2))]
FutexTimeout: TypeAlias = Annotated[
    UserPtr,
    Arg(
        to_pointer,
        show_hex,
        content=Operand(lambda args: _TIMEOUT if args[1] & 0x7F in _TIMED else None),
        among=_text(3),
        role="address",
    ),
]
FutexAddress2: TypeAlias = Annotated[
    UserPtr, Arg(to_pointer, show_hex, among=_text(4), role="address")
]
FutexValue3: TypeAlias = Annotated[int, Arg(to_u32, show_u64, among=_text(5))]
