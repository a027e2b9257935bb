"""What differs between two runs on Linux, too, and so says nothing about a kernel.

Chance is bound to the place in the program: to the call that differed and to the others made
from the same place by the same task. Only where tasks race, so that a task makes other calls
or what a call gives varies again and again, it is bound to the name of the call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.finding import BUG, NOISE, Difference, Row

if TYPE_CHECKING:
    from pytest_kevlar.trace.compare import Comparison

#: Return addresses that tell one place from another.
_CALLERS = 3
#: What may differ where calls come and go; so may an error that the task sees on Linux, too.
_FOLLOWS = ("order", "name", "value", "argument", "data")

#: Differences of one kind in one call of a task that make it a race, wherever they are.
_OFTEN = 3

#: A place (position in the reference, or an address and its callers), the name of the call,
#: kind and field of the difference.
_Spot = tuple[object, str, str, str]


class Chance:
    """Chance among several runs on Linux.

    Args:
        between: comparisons of other runs (left) with the reference (right).
    """

    def __init__(self, between: Iterable[Comparison]) -> None:
        self._calls: set[_Spot] = set()
        self._racing: set[tuple[int, str]] = set()
        self._often: dict[_Spot, set[int]] = {}
        for comparison in between:
            tasks = dict(comparison.tasks)
            for row in comparison.bugs():
                for one in row.differences:
                    if one.severity == BUG:
                        self._learn(row, one, tasks)

    def _learn(self, row: Row, one: Difference, tasks: dict[int, int]) -> None:
        if row.right is not None:
            self._calls.add((row.right.seq, row.right.name, one.kind, one.where))
            kind = (row.right.task, row.right.name, one.kind, one.where)
            self._often.setdefault(kind, set()).add(row.right.seq)
        if one.kind in ("order", "name"):
            if row.right is not None:
                self._racing.add((row.right.task, row.right.name))
            if row.left is not None:
                self._racing.add((tasks.get(row.left.task, -1), row.left.name))

    def excuse(self, comparison: Comparison) -> None:
        """Make noise of the chance in a comparison of the reference (left) with anything."""
        sites = {
            (_site(row.right), row.left.name, one.kind, one.where)
            for row in comparison.rows
            if row.left is not None and row.right is not None
            for one in row.differences
            if (row.left.seq, row.left.name, one.kind, one.where) in self._calls
        }
        failed = {
            (row.left.task, row.left.name, row.left.errno)
            for row in comparison.rows
            if row.left is not None and row.left.errno
        }
        back = {theirs: ours for ours, theirs in comparison.tasks}
        for row in comparison.rows:
            row.differences = [
                Difference(NOISE, "chance", one.where, one.left, one.right)
                if one.severity == BUG and self._is_chance(row, one, sites, failed, back)
                else one
                for one in row.differences
            ]
        comparison.recount()

    def _is_chance(
        self,
        row: Row,
        one: Difference,
        sites: set[_Spot],
        failed: set[tuple[int, str, int]],
        back: dict[int, int],
    ) -> bool:
        left, right = row.left, row.right
        if left is not None:
            if (left.seq, left.name, one.kind, one.where) in self._calls:
                return True
            often = self._often.get((left.task, left.name, one.kind, one.where), ())
            if len(often) >= _OFTEN:
                return True
            if right is not None and (_site(right), left.name, one.kind, one.where) in sites:
                return True
        if one.kind == "errno" and left is not None and right is not None:
            seen = (left.task, right.name, right.errno) in failed
        else:
            seen = one.kind in _FOLLOWS
        if not seen:
            return False
        made = [(left.task, left.name)] if left is not None else []
        made += [(back.get(right.task, -1), right.name)] if right is not None else []
        return all(call in self._racing for call in made)


def _site(event: Event) -> object:
    """Where in the program a call is made; the call itself if nothing tells."""
    if not event.pc:
        return event.task, event.seq
    return event.task, event.pc, event.stack[:_CALLERS]
