"""--kevlar-schedules: a contract with a race fails, with the seed that shows it again."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

#: Almost nothing to do, so that on Linux one thread has ended before the next one begins.
RACES = """
/* Contract: no update is lost (on purpose, some are). */
#include <pthread.h>
#include "contract.h"
static volatile int counter;
__attribute__((noinline)) static int successor(int number)
{
    __asm__ volatile("" ::: "memory");
    return number + 1;
}
static void *work(void *unused)
{
    for (int i = 0; i < 20; i++)
        counter = successor(counter);
    return unused;
}
int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    step("counter", "%d", counter);
    if (counter != 40)
        contract_fail("counter", "updates were lost");
    contract_pass();
}
"""


@pytest.fixture
def on_kevlar(run: Run) -> Run:
    """Run pytest in a process of its own on the kernel of this package."""
    return functools.partial(run, target="kevlar", subprocess=True)


def seed_of(result: pytest.RunResult) -> int:
    """The seed in the command that runs the failed item again."""
    found = re.search(r"^run again: .* --kevlar-seed=(\d+)$", result.stdout.str(), re.MULTILINE)
    assert found
    return int(found[1])


def test_the_race_is_found_and_its_seed_shows_it_again(tree, on_kevlar, pytester) -> None:
    tree("signals/kill", threads__races=RACES)
    on_kevlar("contracts").assert_outcomes(passed=2)
    found = on_kevlar(
        "contracts", "--kevlar-schedules=100", "--junitxml=out.xml", "--html=out.html"
    )
    found.assert_outcomes(passed=1, failed=1)
    seed = seed_of(found)
    assert 0 < seed < 100
    reason = f"under test 'counter: * (seed {seed})"
    found.stdout.fnmatch_lines(
        [f"DIVERGE: *{reason}", f"seed:       {seed} (schedule {seed + 1} of 100)"]
    )
    junit = (pytester.path / "out.xml").read_text()
    assert f'name="kevlar_seed" value="{seed}"' in junit
    assert 'name="kevlar_schedules" value="100"' in junit
    assert f"seed {seed} (schedule {seed + 1} of 100)" in (pytester.path / "out.html").read_text()
    again = [
        on_kevlar("contracts/threads/races.c", f"--kevlar-seed={seed}", "--kevlar-debug=all",
                  "--kevlar-trace=all", f"--kevlar-trace-dir={name}")
        for name in ("one", "two")
    ]  # fmt: skip
    for result in again:
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([f"seed:       {seed}"])
    name = "threads.races.x86_64.kevlar.jsonl"
    one, two = ((pytester.path / place / name).read_bytes() for place in ("one", "two"))
    assert one == two


def test_under_xdist_the_same_seed_is_found(tree, on_kevlar) -> None:
    tree("signals/kill", threads__races=RACES)
    words = ("contracts", "--kevlar-schedules=100")
    alone = on_kevlar(*words)
    spread = on_kevlar(*words, "--kevlar-strict", "-n2")
    spread.assert_outcomes(passed=1, failed=1)
    assert seed_of(alone) == seed_of(spread)


def test_schedules_begin_at_the_seed(tree, run) -> None:
    tree("signals/diverges")
    result = run("contracts", "--kevlar-schedules=3", "--kevlar-seed=7")
    result.stdout.fnmatch_lines(["seed:       7 (schedule 1 of 3)", "run again: *--kevlar-seed=7"])


@pytest.mark.parametrize("value", ["0", "x", "-1", "1000001"])
def test_a_bad_number_is_one_line(tree, run, value) -> None:
    tree("signals/kill")
    result = run("contracts", f"--kevlar-schedules={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"*--kevlar-schedules: '{value}' is not a whole number from 1 to 1000000"]
    )
