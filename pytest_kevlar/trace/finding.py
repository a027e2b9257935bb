"""What a comparison finds: one difference between two events, and what it counts as.

Plain data; who compares is ``judge.py``, who shows is ``render.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_kevlar.trace.event import Event

BUG, NOISE = "BUG", "NOISE"

#: Kinds of differences, in the order in which a summary counts them.
BUG_KINDS = ("order", "name", "errno", "value", "argument", "data", "signal", "exit")
NOISE_KINDS = ("renaming", "time", "amount", "library", "vdso", "polling", "chance", "end")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs.

    Attributes:
        severity: `BUG` or `NOISE`.
        kind: one of the kinds above.
        where: which field: ``result``, ``errno``, ``flags``, ``statbuf.st_mode``, ``call``.
        left, right: what stood there on Linux and under test, as people read it.
    """

    severity: str
    kind: str
    where: str
    left: str
    right: str


@dataclass(slots=True)
class Row:
    """Two events that stand for each other, or one that nothing stands for.

    Attributes:
        left, right: on Linux, under test.
        differences: the worst first.
        place: where in time it belongs: position in the trace under test.
    """

    left: Event | None
    right: Event | None
    differences: list[Difference] = field(default_factory=list)
    place: float = 0.0

    @property
    def event(self) -> Event:
        """The event under test, or the one on Linux if there is none."""
        event = self.right or self.left
        assert event is not None
        return event

    def has(self, severity: str) -> bool:
        """Whether any difference counts as `severity`."""
        return any(one.severity == severity for one in self.differences)
