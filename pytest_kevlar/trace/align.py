"""Optimal alignment of two sequences: which element of one stands for which of the other.

Wavefronts by cost, as in Ukkonen's and Marco-Sola's algorithms: time grows with length and
with the square of what differs, memory with length. Knows nothing of system calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: What leaving out one element costs; a pair may cost from 0 to twice that.
GAP = 6
#: A wavefront costs no more than this before what is sure is kept and the rest begins anew.
#: Where two sequences differ this much everywhere, the result is good but not optimal.
LIMIT = 1200

#: Positions in both sequences; None on the side where nothing stands.
Pair = tuple[int | None, int | None]


def align(
    left: Sequence[int],
    right: Sequence[int],
    cost: Callable[[int, int], int],
    limit: int = LIMIT,
) -> list[Pair]:
    """Pair up two sequences of symbols at the least total cost.

    Args:
        left, right: symbols; equal ones cost nothing.
        cost: of pairing two different symbols, above 0, at most ``2 * GAP``.
        limit: bound of one round of the search.
    """
    pairs: list[Pair] = []
    at_left = at_right = 0
    bound = limit
    same = _common_end(left, right)  # so that a search that is cut short does not miss it
    ends = len(left) - same, len(right) - same
    all_left, all_right = left, right
    left, right = left[: ends[0]], right[: ends[1]]
    while at_left < len(left) or at_right < len(right):
        found = _Search(left, right, at_left, at_right, cost).run(bound)
        pairs += found
        moved = len(found)
        at_left += sum(1 for one, _ in found if one is not None)
        at_right += sum(1 for _, other in found if other is not None)
        # Where nothing fits, short rounds lose little and cost much less.
        bound = limit if moved * GAP > 4 * bound else max(limit // 20, 2 * GAP)
    pairs += [(ends[0] + at, ends[1] + at) for at in range(same)]
    return _late(pairs, all_left, all_right, cost)


def _common_end(left: Sequence[int], right: Sequence[int]) -> int:
    """How many elements at the ends are equal."""
    most = min(len(left), len(right))
    return next((at for at in range(most) if left[-1 - at] != right[-1 - at]), most)


def _late(
    pairs: list[Pair],
    left: Sequence[int],
    right: Sequence[int],
    cost: Callable[[int, int], int],
) -> list[Pair]:
    """Of alignments that cost the same, the one whose gaps come last.

    Where a program took another way, this pairs the call that made it do so with its like,
    rather than with a later call that happens to differ as much.
    """
    for side in (0, 1):
        start = 0  # of a block of elements that stand alone on this side
        for at in range(len(pairs)):
            if pairs[at][1 - side] is None:
                continue
            x, y = pairs[at]
            alone = pairs[start][side] if at > start else None
            if alone is None or x is None or y is None:
                start = at + 1
                continue
            earlier = (alone, y) if side == 0 else (x, alone)
            if _price(*earlier, left, right, cost) > _price(x, y, left, right, cost):
                start = at + 1
                continue
            lone: Pair = (x, None) if side == 0 else (None, y)
            pairs[start : at + 1] = [earlier, *pairs[start + 1 : at], lone]
            start += 1
    return pairs


def _price(
    x: int, y: int, left: Sequence[int], right: Sequence[int], cost: Callable[[int, int], int]
) -> int:
    return 0 if left[x] == right[y] else cost(left[x], right[y])


class _Search:
    """One search from a pair of positions to the ends, or as far as the bound allows."""

    def __init__(
        self,
        left: Sequence[int],
        right: Sequence[int],
        at_left: int,
        at_right: int,
        cost: Callable[[int, int], int],
    ) -> None:
        self.left, self.right = left, right
        self.x0, self.y0 = at_left, at_right
        self.cost = cost
        self.width, self.height = len(left), len(right)
        # For each cost: diagonal (x - y) to the furthest x reached on it, and where from.
        self.fronts: dict[int, dict[int, tuple[int, int, int]]] = {}
        self.furthest: dict[int, int] = {}

    def run(self, limit: int) -> list[Pair]:
        """The pairs found, in order; at least one if there is anything left."""
        start = self._slide(self.x0, self.y0)
        diagonal = self.x0 - self.y0
        self.fronts[0] = {diagonal: (start, -1, 0)}
        self.furthest = {diagonal: start}
        goal = self.width - self.height
        pending: dict[int, dict[int, tuple[int, int, int]]] = {}
        score = 0
        while True:
            front = self.fronts.get(score)
            if front:
                reached = front.get(goal)
                if reached and reached[0] >= self.width:
                    return self._trace(score, goal)
                if score >= limit:
                    return self._best(score)
                self._expand(score, front, pending)
            score += 1
            candidates = pending.pop(score, None)
            if candidates:
                self._settle(score, candidates)

    def _slide(self, x: int, y: int) -> int:
        """How far equal symbols lead."""
        left, right, width, height = self.left, self.right, self.width, self.height
        while x < width and y < height and left[x] == right[y]:
            x += 1
            y += 1
        return x

    def _expand(
        self,
        score: int,
        front: dict[int, tuple[int, int, int]],
        pending: dict[int, dict[int, tuple[int, int, int]]],
    ) -> None:
        """Offer the next steps from every point of a front."""
        left, right, width, height = self.left, self.right, self.width, self.height
        gaps = pending.setdefault(score + GAP, {})
        for diagonal, (x, _, _) in front.items():
            y = x - diagonal
            if x < width:
                _offer(gaps, diagonal + 1, x + 1, score, diagonal)
            if y < height:
                _offer(gaps, diagonal - 1, x, score, diagonal)
                if x < width:
                    price = self.cost(left[x], right[y])
                    _offer(pending.setdefault(score + price, {}), diagonal, x + 1, score, diagonal)

    def _settle(self, score: int, candidates: dict[int, tuple[int, int, int]]) -> None:
        """Keep the candidates that get further than any cheaper way to their diagonal."""
        front: dict[int, tuple[int, int, int]] = {}
        best = self.furthest
        for diagonal, (x, origin, origin_diagonal) in candidates.items():
            if x > best.get(diagonal, -1):
                x_end = self._slide(x, x - diagonal)
                front[diagonal] = (x_end, origin, origin_diagonal)
                best[diagonal] = x_end
        if front:
            self.fronts[score] = front

    def _best(self, score: int) -> list[Pair]:
        """Stop here: the pairs up to the point that is furthest along both sequences."""
        # Every step counts for more than it costs, so that there is always progress.
        reached = [
            ((2 * x - diagonal) * 2 * GAP - at, at, diagonal)
            for at, front in self.fronts.items()
            for diagonal, (x, _, _) in front.items()
        ]
        _, far_score, far_diagonal = max(reached)
        return self._trace(far_score, far_diagonal)

    def _trace(self, score: int, diagonal: int) -> list[Pair]:
        """Walk back from a point to the start."""
        pairs: list[Pair] = []
        x, origin, origin_diagonal = self.fronts[score][diagonal]
        while origin >= 0:
            before_x = self.fronts[origin][origin_diagonal][0]
            before_y = before_x - origin_diagonal
            # The step from `before`, then equal symbols up to x.
            if diagonal > origin_diagonal:
                step: Pair = (before_x, None)
                after_x = before_x + 1
            elif diagonal < origin_diagonal:
                step = (None, before_y)
                after_x = before_x
            else:
                step = (before_x, before_y)
                after_x = before_x + 1
            pairs += [(at, at - diagonal) for at in range(x - 1, after_x - 1, -1)]
            pairs.append(step)
            diagonal, (x, origin, origin_diagonal) = (
                origin_diagonal,
                self.fronts[origin][origin_diagonal],
            )
        pairs += [(at, at - diagonal) for at in range(x - 1, self.x0 - 1, -1)]
        pairs.reverse()
        return pairs


def _offer(
    front: dict[int, tuple[int, int, int]], diagonal: int, x: int, score: int, origin: int
) -> None:
    old = front.get(diagonal)
    if old is None or x > old[0]:
        front[diagonal] = (x, score, origin)
