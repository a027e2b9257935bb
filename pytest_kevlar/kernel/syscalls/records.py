"""Contents whose own bytes, or those behind another pointer, say how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.credentials import CAP, CAPVERSION
from pytest_kevlar.kernel.abi.sched import SCHED, SCHEDFLAG
from pytest_kevlar.kernel.abi.structs import CAP_USER_DATA, SCHED_ATTR
from pytest_kevlar.kernel.syscalls.contents import Peek, Reach, named, named_flags

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch

CAP_SETS = ("effective", "permitted", "inheritable")
#: ``sizeof(struct sched_attr)`` as it first was.
SCHED_ATTR_0 = 48


class Capabilities:
    """What ``capget(2)`` writes: one or two words of each set, as the header's version says."""

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(2 * CAP_USER_DATA.size)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """The words."""
        version = int.from_bytes(peek(args[0], 4), "little") if args[0] else 0
        return peek(address, CAP_USER_DATA.size * (1 if version == CAPVERSION._1 else 2))

    def show(self, taken: Any, arch: Arch) -> str:
        """Set by set, the high word behind a bar."""
        size = CAP_USER_DATA.size
        words = [
            CAP_USER_DATA.unpack(taken[at : at + size])
            for at in range(0, len(taken) - size + 1, size)
        ]
        texts = []
        for name in CAP_SETS:
            values = [getattr(word, name) for word in words]
            kept = values[:1] + [value for value in values[1:] if value]
            texts.append(
                f"{name}={'|'.join(_capabilities(value, at) for at, value in enumerate(kept))}"
            )
        return "{" + ", ".join(texts) + "}" if words else ""


def _capabilities(value: int, word: int) -> str:
    bits = [bit for bit in range(32) if value >> bit & 1]
    texts = [f"1<<{CAP.by_value.get(bit + 32 * word, 'CAP_???')}" for bit in bits]
    return f"{value:#x} /* {'|'.join(texts)} */" if value else "0"


class SchedAttributes:
    """``struct sched_attr``, as long as it says it is."""

    #: A size that is wrong is corrected by a call that fails.
    always = True

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(SCHED_ATTR.size)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Its bytes."""
        return [peek(address, SCHED_ATTR.size)]

    def again(self, peek: Peek, address: int, args: Sequence[int], result: int, before: Any) -> Any:
        """Its bytes, and the size behind them."""
        return [*before, peek(address, 4)]

    def show(self, taken: Any, arch: Arch) -> str:
        """By field; if its size became another, only that."""
        text = self._text(taken[0])
        if len(taken) == 1 or not text or taken[0][:4] == taken[1]:
            return text
        return f"{text} => {{size={int.from_bytes(taken[1], 'little')}}}"

    def _text(self, taken: bytes) -> str:
        if len(taken) < SCHED_ATTR_0:
            return ""
        size = int.from_bytes(taken[:4], "little")
        if 0 < size < SCHED_ATTR_0:
            return f"{{size={size}}}"
        attr = SCHED_ATTR.unpack(taken.ljust(SCHED_ATTR.size, b"\0"))
        texts = [
            f"size={attr.size}",
            f"sched_policy={named(SCHED, attr.sched_policy)}",
            f"sched_flags={named_flags(SCHEDFLAG, attr.sched_flags)}",
        ]
        keys = ["nice", "priority", "runtime", "deadline", "period"]
        if attr.size > SCHED_ATTR_0 and len(taken) >= SCHED_ATTR.size:
            keys += ["util_min", "util_max"]
        texts += [f"sched_{key}={getattr(attr, f'sched_{key}')}" for key in keys]
        return "{" + ", ".join(texts) + "}"
