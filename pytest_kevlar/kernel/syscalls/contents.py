"""What lies behind a pointer argument: how many bytes are kept for a trace, and their text.

A content only looks: it reads guest memory without faulting pages in, so that a traced
run and an untraced one do the same. Texts follow ``strace -v -X verbose``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.layout import Layout, ffi
from pytest_kevlar.kernel.abi.signals import SIG

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch

#: Bytes of one buffer that are kept, and items of one array.
KEPT_BYTES = 256
KEPT_ITEMS = 64
#: ``IOV_MAX``
MOST_VECTORS = 1024

#: Reads ``size`` bytes at an address, fewer if pages are not there; changes nothing.
Peek = Callable[[int, int], bytes]


#: In the place of an argument that tells a number of items: there is one, or the result does.
ONE, RESULT = -2, -1


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a content looks from an address, for a recorder that does not run Python.

    It may look less far, never farther.

    Attributes:
        limit: bytes at most; of what is behind a pointer there, of each.
        kind: ``bytes``; a ``string`` that a NUL ends; ``strings``, pointers to such;
            ``vectors``, as of readv(2); a ``message``, as of sendmsg(2).
        count: which argument tells how many items there are, `RESULT` or `ONE`.
        unit: bytes of one item. per: items that have so many bytes.
        pointed: the argument points at the number.
    """

    limit: int
    kind: str = "bytes"
    count: int = ONE
    unit: int = 1
    per: int = 1
    pointed: bool = False


class Content(Protocol):
    """What an argument points at."""

    def reach(self) -> Reach:
        """Say which memory `take` looks at."""
        ...

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Copy what is there; plain data, empty if it cannot be read."""

    def show(self, taken: Any, arch: Arch) -> str:
        """Its text, later."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What stands there before the call, and what stands there after it."""

    content: Content

    def reach(self) -> Reach:
        """See `Reach`."""
        return self.content.reach()

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """As the content takes it, alone."""
        return [self.content.take(peek, address, args, result)]

    def again(self, peek: Peek, address: int, args: Sequence[int], result: int, before: Any) -> Any:
        """What became of it, behind what it was."""
        return [*before, self.content.take(peek, address, args, result)]

    def show(self, taken: Any, arch: Arch) -> str:
        """With an arrow, if it changed."""
        texts = [self.content.show(one, arch) for one in taken if one]
        return " => ".join(dict.fromkeys(text for text in texts if text))


class ChangedInt:
    """An int that the call reads and writes: a length and the room for it."""

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(4)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """What it was."""
        return [peek(address, 4)]

    def again(self, peek: Peek, address: int, args: Sequence[int], result: int, before: Any) -> Any:
        """And what it became."""
        return [*before, peek(address, 4)]

    def show(self, taken: Any, arch: Arch) -> str:
        """In one pair of brackets."""
        texts = [str(int.from_bytes(data, "little", signed=True)) for data in taken if data]
        return f"[{' => '.join(dict.fromkeys(texts))}]" if texts else ""


def quoted(data: bytes, whole: bool = True) -> str:
    """A C string in strace's spelling; three dots follow one that was cut."""
    text = data.decode("latin-1")
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        text = _STRANGE.sub(_spelled, text)
    return f'"{text}"' if whole else f'"{text}"...'


def named(space: type[names.Names], value: int) -> str:
    """A number and its name, as ``strace -X verbose`` has them."""
    text = names.name(space, value)
    text = f"{space.prefix}???" if text.startswith("0x") else text
    return f"{value:#x} /* {text} */" if value else f"0 /* {text} */"


def named_flags(space: type[names.Names], value: int) -> str:
    """A flag word and its names; 0 if no bit is set."""
    return f"{value:#x} /* {names.flags(space, value)} */" if value else "0"


_SHORT = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_SHORT |= {34: '\\"', 92: "\\\\"}
#: What cannot stand for itself, and whether a digit follows: then an octal number needs all
#: of its digits.
_STRANGE = re.compile(r"([^ !#-\[\]-~])(?=([0-9])?)")
_SPELLINGS: dict[tuple[str, bool], str] = {}


def _spelled(match: re.Match[str]) -> str:
    key = (match[1], match[2] is not None)
    found = _SPELLINGS.get(key)
    if found is None:
        byte = ord(match[1])
        found = _SHORT.get(byte) or (f"\\{byte:03o}" if key[1] else f"\\{byte:o}")
        _SPELLINGS[key] = found
    return found


@dataclass(frozen=True, slots=True)
class Bytes:
    """A buffer; its size is an argument or what the call returned.

    Attributes:
        size: which argument; -1 for the result; below -1 no argument tells.
        text: a NUL at the end is not shown, as strace does with values of attributes.
    """

    size: int
    text: bool = False

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(KEPT_BYTES, count=self.size if self.size >= RESULT else ONE)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Bytes, and how many there were."""
        count = result if self.size == -1 else args[self.size]
        if count < 0 or count >> 63:
            return b""
        data = peek(address, count if count < KEPT_BYTES else KEPT_BYTES)
        return (data, count) if data or not count else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """In quotes."""
        data, count = taken
        whole = len(data) == count
        return quoted(data[:-1] if self.text and whole and data[-1:] == b"\0" else data, whole)


@dataclass(frozen=True, slots=True)
class CString:
    """A string that a NUL ends: path names.

    Attributes:
        limit: bytes that the call looks at.
    """

    limit: int = 4096

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(self.limit, "string")

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Up to 4096 bytes, page by page."""
        found = b""
        while len(found) < self.limit:
            part = peek(address + len(found), 4096 - ((address + len(found)) & 4095))
            end = part.find(b"\0")
            if 0 <= end <= self.limit - len(found):
                return found + part[:end], True
            if not part:
                return b""
            found += part
        return found[: self.limit], False

    def show(self, taken: Any, arch: Arch) -> str:
        """In quotes."""
        return quoted(*taken)


@dataclass(frozen=True, slots=True)
class Strings:
    """An array of pointers to strings that NULL ends: argv and envp."""

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(4096, "strings")

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """The strings, or the address of one that cannot be read."""
        found: list[Any] = []
        while len(found) < KEPT_ITEMS:
            word = peek(address + 8 * len(found), 8)
            if len(word) < 8:
                return found or b""
            pointer = int.from_bytes(word, "little")
            if not pointer:
                return [*found, None]
            found.append(CString().take(peek, pointer, args, result) or pointer)
        return found

    def show(self, taken: Any, arch: Arch) -> str:
        """In brackets."""
        items = [quoted(*item) if isinstance(item, tuple) else item for item in taken if item]
        texts = [f"{item:#x}" if isinstance(item, int) else item for item in items]
        if taken[-1] is not None:
            texts.append("...")
        return f"[{', '.join(texts)}]"


@dataclass(frozen=True, slots=True)
class Struct:
    """One structure, every field by name.

    Attributes:
        layout: or a function of the architecture that gives it.
        spelled: how single fields are shown, if not as numbers.
    """

    layout: Layout | Callable[[Arch], Layout]
    spelled: tuple[tuple[str, Callable[[int], str]], ...] = ()

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(self.layout.size if isinstance(self.layout, Layout) else 256)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Its bytes, all or none."""
        size = self.layout.size if isinstance(self.layout, Layout) else 256
        return peek(address, size)

    def show(self, taken: Any, arch: Arch) -> str:
        """In braces."""
        layout = self.layout if isinstance(self.layout, Layout) else self.layout(arch)
        if len(taken) < layout.size:
            return ""
        return _fields(layout.unpack(taken), dict(self.spelled))


def _names(view: Any) -> list[str]:
    """The fields of a C structure, in order."""
    return [name for name, _ in ffi.typeof(view).item.fields]


def _fields(view: Any, spelled: dict[str, Callable[[int], str]]) -> str:
    keys = vars(view) if isinstance(view, SimpleNamespace) else _names(view)
    texts = []
    for key in keys:
        if key.startswith("_"):
            continue
        value = getattr(view, key)
        if key in spelled:
            text = spelled[key](value)
        elif isinstance(value, bytes):
            text = quoted(value.partition(b"\0")[0])
        elif isinstance(value, int):
            text = str(value)
        elif isinstance(value, tuple):
            text = f"[{', '.join(map(str, value))}]"
        else:
            text = _fields(value, spelled)
        texts.append(f"{key}={text}")
    return "{" + ", ".join(texts) + "}"


@dataclass(frozen=True, slots=True)
class Array:
    """Structures or integers, one after the other.

    Attributes:
        item: a structure, or the size of an integer in bytes (negative: signed).
        count: which argument says how many; -1 for the result; below -1 that many + 1
            are there, whatever the arguments say (-3: two).
        spelled: how an integer is shown.
        most: items that the call looks at all; told of more it fails.
    """

    item: Struct | int
    count: int
    spelled: Callable[[int], str] = str
    most: int = 1 << 32

    def _size(self) -> int:
        if isinstance(self.item, int):
            return abs(self.item)
        return self.item.layout.size if isinstance(self.item.layout, Layout) else 0

    def reach(self) -> Reach:
        """See `Reach`."""
        size = self._size() or 16
        if self.count < RESULT:
            return Reach((-self.count - 1) * size)
        return Reach(KEPT_ITEMS * size, count=self.count, unit=size)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """The bytes of the items kept, and how many items there are."""
        count = -self.count - 1 if self.count < -1 else args[self.count]
        count = result if self.count == -1 else count & 0xFFFF_FFFF
        if count < 0 or count > self.most:
            return b""
        size = self._size() or 16
        data = peek(address, min(count, KEPT_ITEMS) * size)
        return (data, count) if len(data) >= size or not count else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """In brackets."""
        data, count = taken
        size = self._size()
        if isinstance(self.item, int):
            signed = self.item < 0
            parts = [data[at : at + size] for at in range(0, len(data) - size + 1, size)]
            texts = [self.spelled(int.from_bytes(part, "little", signed=signed)) for part in parts]
        else:
            layout = self.item.layout
            size = size or (layout.size if isinstance(layout, Layout) else layout(arch).size)
            ends = range(size, min(len(data), count * size) + 1, size)
            texts = [self.item.show(data[end - size : end], arch) for end in ends]
        if len(texts) < count:
            texts.append("...")
        return f"[{', '.join(texts)}]"


@dataclass(frozen=True, slots=True)
class Vectors:
    """``struct iovec`` and the buffers behind it.

    Attributes:
        count: which argument says how many.
        filled: the buffers were filled by the call, as far as its result says.
    """

    count: int
    filled: bool = False

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(KEPT_BYTES, "vectors", self.count)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Base, length and content of each."""
        if args[self.count] & 0xFFFF_FFFF > MOST_VECTORS:
            return b""  # nobody looks at them
        count = min(args[self.count] & 0xFFFF_FFFF, KEPT_ITEMS)
        raw = peek(address, 16 * count)
        if len(raw) < 16 * count:
            return b""
        left = result if self.filled else 1 << 40
        found = []
        for at in range(0, len(raw), 16):
            base = int.from_bytes(raw[at : at + 8], "little")
            length = int.from_bytes(raw[at + 8 : at + 16], "little")
            used = max(0, min(length, left))
            left -= used
            found.append((base, length, used, peek(base, min(used, KEPT_BYTES)) if base else b""))
        return (found, args[self.count] & 0xFFFF_FFFF > count)

    def show(self, taken: Any, arch: Arch) -> str:
        """Each with its content; three dots for those that were not kept."""
        texts = []
        for base, length, used, data in taken[0]:
            known = base and (data or not used)
            text = quoted(data, len(data) == used) if known else f"{base:#x}" if base else "NULL"
            texts.append(f"{{iov_base={text}, iov_len={length}}}")
        if taken[1]:
            texts.append("...")
        return f"[{', '.join(texts)}]"


@dataclass(frozen=True, slots=True)
class SignalSet:
    """``sigset_t``: the numbers of its signals.

    Attributes:
        size: which argument tells its size; below 0 it has eight bytes.
        exact: a call that is told another size than eight bytes does not look at it.
    """

    size: int = -1
    exact: bool = False

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(8, count=self.size) if self.size >= 0 else Reach(8)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Eight bytes, zeros where it has fewer."""
        if self.exact and args[self.size] != 8:
            return b""
        size = 8 if self.size < 0 else min(8, args[self.size])
        data = peek(address, size)
        return data.ljust(8, b"\0") if len(data) == size else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """In brackets; the complement of a set that has most signals."""
        return signal_set(int.from_bytes(taken, "little")) if len(taken) == 8 else ""


def signal_set(mask: int) -> str:
    """A mask as strace shows it."""
    inverted = mask.bit_count() >= 64 * 2 // 3
    if inverted:
        mask = ~mask & (1 << 64) - 1
    numbers = [number for number in range(1, 65) if mask >> number - 1 & 1]
    texts = [f"{number} /* {signal_word(number)} */" for number in numbers]
    return ("~" if inverted else "") + f"[{' '.join(texts)}]"


def signal_word(number: int) -> str:
    """``USR1``, ``RT_2``."""
    if number > 32:
        return f"RT_{number - 32}"
    return names.name(SIG, number).removeprefix("SIG")


@dataclass(frozen=True, slots=True)
class WaitStatus:
    """What ``wait4(2)`` tells of a child."""

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(4)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Four bytes, if there is a child."""
        return peek(address, 4) if result > 0 else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """By the macros that take it apart."""
        return f"[{{{wait_status(int.from_bytes(taken, 'little'))}}}]"


def wait_status(status: int) -> str:
    """``WIFEXITED(s) && WEXITSTATUS(s) == 7``."""
    if status == 0xFFFF:
        return "WIFCONTINUED(s)"
    if status & 0xFF == 0x7F:
        number = status >> 8 & 0xFF
        return f"WIFSTOPPED(s) && WSTOPSIG(s) == {number:#x} /* SIG{signal_word(number)} */"
    if status & 0x7F:
        number = status & 0x7F
        core = " && WCOREDUMP(s)" if status & 0x80 else ""
        return f"WIFSIGNALED(s) && WTERMSIG(s) == {number:#x} /* SIG{signal_word(number)} */{core}"
    return f"WIFEXITED(s) && WEXITSTATUS(s) == {status >> 8 & 0xFF}"
