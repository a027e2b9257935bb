"""The aligner: the least cost, found in time that grows with the length."""

from __future__ import annotations

import random
import time
import tracemalloc

import pytest

from pytest_kevlar.trace.align import GAP, Pair, align


def cost(one: int, other: int) -> int:
    """Near symbols are cheap to pair, others nearly as dear as two gaps."""
    return 3 if one // 10 == other // 10 else 2 * GAP - 1


def price(pairs: list[Pair], left: list[int], right: list[int]) -> int:
    assert [one for one, _ in pairs if one is not None] == list(range(len(left)))
    assert [other for _, other in pairs if other is not None] == list(range(len(right)))
    total = 0
    for one, other in pairs:
        if one is None or other is None:
            total += GAP
        elif left[one] != right[other]:
            total += cost(left[one], right[other])
    return total


def least(left: list[int], right: list[int]) -> int:
    """The textbook's table."""
    row = [GAP * at for at in range(len(right) + 1)]
    for at, one in enumerate(left, start=1):
        before, row = row, [GAP * at]
        for place, other in enumerate(right, start=1):
            pair = 0 if one == other else cost(one, other)
            row.append(min(before[place] + GAP, row[-1] + GAP, before[place - 1] + pair))
    return row[-1]


@pytest.mark.parametrize("seed", range(8))
def test_no_alignment_is_cheaper(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        left = [chance.randrange(40) for _ in range(chance.randrange(30))]
        right = [one for one in left if chance.random() > 0.1]
        if chance.random() < 0.5:
            right = [chance.randrange(40) for _ in range(chance.randrange(30))]
        assert price(align(left, right, cost), left, right) == least(left, right)


@pytest.mark.parametrize("pair", [([], []), ([1], []), ([], [1, 2]), ([1], [1]), ([5], [70])])
def test_small_ones(pair: tuple[list[int], list[int]]) -> None:
    left, right = pair
    assert price(align(left, right, cost), left, right) == least(left, right)


def disturbed(length: int, changes: int) -> tuple[list[int], list[int]]:
    chance = random.Random(length)
    left = [chance.randrange(300) for _ in range(length)]
    right = list(left)
    for _ in range(changes):
        at = chance.randrange(len(right))
        what = chance.random()
        if what < 0.3:
            del right[at]
        elif what < 0.6:
            right.insert(at, chance.randrange(300))
        else:
            right[at] = chance.randrange(300)
    return left, right


def measured(length: int, changes: int) -> float:
    left, right = disturbed(length, changes)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        pairs = align(left, right, cost)
        best = min(best, time.perf_counter() - start)
    price(pairs, left, right)
    return best


def test_time_grows_with_the_length() -> None:
    # Ten times the events with as many changes: far from the hundredfold of a full table.
    assert measured(100_000, 40) < 40 * measured(10_000, 40)


def test_traces_that_have_nothing_in_common_end_too() -> None:
    def run(length: int) -> float:
        chance = random.Random(1)
        left, right = ([chance.randrange(500) for _ in range(length)] for _ in "lr")
        start = time.perf_counter()
        price(align(left, right, cost), left, right)
        return time.perf_counter() - start

    assert run(8_000) < 24 * max(run(1_000), 0.01)


def test_memory_grows_with_the_length() -> None:
    def peak(length: int) -> int:
        left, right = disturbed(length, 40)
        tracemalloc.start()
        align(left, right, cost)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(40_000) < 8 * peak(10_000)


def test_a_missing_tail_is_a_run_of_gaps() -> None:
    left, right = list(range(3000)), list(range(10))
    assert price(align(left, right, cost), left, right) == 2990 * GAP


def test_a_common_end_is_found_however_much_differs_before() -> None:
    left, right = [1, 2, 8, 9], [1, *[2] * 900, 8, 9]
    pairs = align(left, right, lambda one, other: 7, limit=120)
    assert pairs[-2:] == [(2, 901), (3, 902)]
    assert sum(1 for one, _ in pairs if one is None) == 899
