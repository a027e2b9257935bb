"""Consistent renaming: which pid, descriptor, address or inode on one side is which on the other.

A name once paired stays paired; where it does not, that is a difference. Nothing here
knows which argument is a name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

#: Around an address of an unknown mapping, so much belongs to the same one: the stack.
_STACK = 8 << 20
#: How far the heap may grow from where it began.
_HEAP = 1 << 30
#: Names of what has none: ``socket:[1234]``, ``uts:[4026531838]``.
_INODES = re.compile(rb":\[\d+\]")
#: A pseudo-terminal's number is whichever was free.
_TERMINALS = re.compile(rb"/dev/pts/(\d+)")
#: Ports of sockets that were not bound to one; ``net.ipv4.ip_local_port_range``.
EPHEMERAL = range(32768, 61000)
_TOKENS = re.compile(rb"0x[0-9a-f]+|\d+")


class ProcessNames:
    """Descriptors and addresses of one pair of processes."""

    def __init__(self) -> None:
        self.fds: dict[int, int] = {}
        self.paths: dict[int, str] = {}
        self._starts: list[int] = []
        self._regions: list[tuple[int, int, int, bool]] = []

    def copy(self) -> ProcessNames:
        """What a child process begins with."""
        other = ProcessNames()
        other.fds = dict(self.fds)
        other.paths = dict(self.paths)
        other._starts = list(self._starts)
        other._regions = list(self._regions)
        return other

    def forget(self) -> None:
        """Another program: no address means what it did."""
        self._starts, self._regions = [], []

    def bind_region(self, left: int, right: int, size: int, sure: bool = True) -> None:
        """`size` bytes at `left` are what is at `right`; what was there before is forgotten."""
        kept = []
        for low, high, delta, known in self._regions:
            if high <= left or low >= left + size:
                kept.append((low, high, delta, known))
                continue
            if low < left:
                kept.append((low, left, delta, known))
            if high > left + size:
                kept.append((left + size, high, delta, known))
        kept.append((left, left + size, right - left, sure))
        kept.sort()
        self._regions = kept
        self._starts = [region[0] for region in kept]

    def bind_heap(self, left: int, right: int) -> None:
        """The heap begins here on either side."""
        self.bind_region(left, right, _HEAP)

    def address(self, left: int, right: int) -> bool | None:
        """Whether two addresses are the same; None if that cannot be told for sure."""
        if left == right:
            return True
        if not left or not right:
            return False
        at = bisect_right(self._starts, left) - 1
        for index in (at, at - 1):  # the end of a region belongs to it, too
            if index >= 0:
                low, high, delta, sure = self._regions[index]
                if low <= left <= high:
                    if left + delta == right:
                        return True
                    if index == at and left < high:
                        return False if sure else None
        if left < 0x10000 or right < 0x10000:
            return False
        low = max(left - _STACK, self._regions[at][1] if at >= 0 else 0)
        high = min(left + _STACK, self._starts[at + 1] if at + 1 < len(self._starts) else left * 2)
        self.bind_region(low, low + right - left, high - low, sure=False)
        return None

    def known_region(self, left: int) -> int | None:
        """Where an address of a known mapping is on the other side."""
        at = bisect_right(self._starts, left) - 1
        if at >= 0:
            low, high, delta, sure = self._regions[at]
            if sure and low <= left < high:
                return left + delta
        return None

    def fd(self, left: int, right: int) -> bool:
        """Whether two descriptors are the same."""
        return self.fds.get(left, left) == right


class Names:
    """What is known of a pair of traces as a whole.

    Args:
        aliases: texts that name the same thing, such as working directories.
    """

    def __init__(self, aliases: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self.pids: dict[int, int] = {}
        self._back: dict[int, int] = {}
        self.ipcs: dict[int, int] = {}
        self.others: dict[int, int] = {}
        self.terminals: dict[bytes, bytes] = {}
        self.ports: dict[int, int] = {}
        self.aliases = sorted(aliases, key=lambda pair: -len(pair[0]))

    def bind_pid(self, left: int, right: int) -> None:
        """These are the same task."""
        self.pids[left] = right
        self._back[right] = left

    def pid(self, left: int, right: int) -> bool:
        """Whether two ids are the same task or group; unknown ones are from now on."""
        if left < 0 and right < 0:
            left, right = -left, -right
        if left <= 0 or right <= 0:
            return left == right
        if left in self.pids or right in self._back:
            return self.pids.get(left) == right
        self.bind_pid(left, right)
        return True

    def terminal(self, left: int, right: int) -> bool:
        """Whether two numbers are the same pseudo-terminal; new ones are from now on."""
        ours, theirs = str(left).encode(), str(right).encode()
        if ours not in self.terminals and theirs not in self.terminals.values():
            self.terminals[ours] = theirs
        return self.terminals.get(ours) == theirs

    def port(self, left: int, right: int) -> bool:
        """Whether two ports are the same: only those that the kernel chose may differ."""
        if left == right:
            return True
        if left not in EPHEMERAL or right not in EPHEMERAL:
            return False
        if left not in self.ports:  # the other side may choose one again that was free
            self.ports = {ours: theirs for ours, theirs in self.ports.items() if theirs != right}
            self.ports[left] = right
        return self.ports[left] == right

    def ipc(self, left: int, right: int) -> bool:
        """Whether two System V ids or keys are the same; unknown ones are from now on."""
        if left <= 0 or right <= 0:
            return left >= 0 and right >= 0
        return self.ipcs.setdefault(left, right) == right

    def text(self, left: bytes, right: bytes, process: ProcessNames) -> bool:
        """Whether two texts are the same once names in them are replaced."""
        if left == right:
            return True
        for ours, theirs in self.aliases:
            left = left.replace(ours, theirs)
        left, right = _INODES.sub(b":[0]", left), _INODES.sub(b":[0]", right)
        left = _TERMINALS.sub(lambda match: self._terminal(match, right), left)
        if left == right:
            return True
        if _TOKENS.sub(b"0", left) != _TOKENS.sub(b"0", right):
            return False
        pairs = zip(_TOKENS.findall(left), _TOKENS.findall(right), strict=True)
        return all(one == other or self._number(one, other, process) for one, other in pairs)

    def _terminal(self, match: re.Match[bytes], right: bytes) -> bytes:
        """A terminal of the left side under its name on the right."""
        theirs = _TERMINALS.search(right)
        if match[1] not in self.terminals and theirs and theirs[1] not in self.terminals.values():
            self.terminals[match[1]] = theirs[1]
        return b"/dev/pts/" + self.terminals.get(match[1], match[1])

    def _number(self, left: bytes, right: bytes, process: ProcessNames) -> bool:
        base = 16 if left.startswith(b"0x") else 10
        first, second = int(left, base), int(right, base)
        if self.others.get(first) == second:
            return True
        return self.pids.get(first) == second or process.known_region(first) == second
