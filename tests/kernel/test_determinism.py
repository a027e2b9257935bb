"""Same binary, same seed: the same trace, byte for byte, whatever the engine ran before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Build, Run

from pytest_kevlar.kernel import End, Limits, Result
from pytest_kevlar.kernel.cpu import engine as engines

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
GUESTS = Path(__file__).parent / "guests"

#: Signals, threads, timers, preemption, processes, what /proc says, and chance itself.
SAMPLE = (
    "process/exec_passes_auxv",
    "process/rusage_moves",
    "programs/allocator_survives_stress",
    "programs/producers_and_consumers",
    "programs/shell_runs_pipelines",
    "programs/workers_share_a_matrix",
    "scheduling/sched_yield_returns_zero",
    "signals/preemption_keeps_registers",
    "signals/preempts_busy_loop",
    "signals/siginfo_of_timer",
    "signals/stop_and_continue",
    "subsystems/dev_random_urandom_and_getrandom",
    "subsystems/proc_shows_another_process",
    "time/cpu_clocks_count_work",
    "time/setitimer_cpu_time",
    "time/timer_overrun",
    "vm/rewritten_code_runs_anew",
)


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next machine gets an engine that has never run anything."""
    monkeypatch.setattr(engines, "_idle", {})
    yield


def seen(result: Result) -> tuple[object, ...]:
    """Everything that a run left behind."""
    return (
        result.end,
        result.code,
        result.signal,
        result.stdout,
        result.stderr,
        result.virtual_ns,
        result.events,
    )


def assert_same(first: Result, second: Result) -> None:
    """The two runs are one; if not, say where they part."""
    for one, other in zip(first.events, second.events, strict=False):
        assert one == other
    assert seen(first) == seen(second)


def disturb(run: Run, build: Build, arch: str) -> None:
    """Let other guests fill the engine's caches, frames and code."""
    endless = build(GUESTS / "endless.c", arch)
    for name in ("threads_that_end", "recurses", "forks_and_waits", "fires_timers"):
        limits = Limits(memory=32 << 20, tasks=16, steps=300_000)
        assert run(arch, endless, name, limits=limits).end is not End.CRASH


@pytest.mark.parametrize("name", SAMPLE)
def test_traces_do_not_depend_on_what_ran_before(
    arch: str, name: str, build: Build, run: Run, cold: None
) -> None:
    program = build(CONTRACTS / f"{name}.c", arch)
    first = run(arch, program, trace=True)
    assert first.end is End.EXITED and first.events
    warm = run(arch, program, trace=True)
    assert_same(first, warm)
    disturb(run, build, arch)
    assert_same(first, run(arch, program, trace=True))


def test_recording_changes_nothing(arch: str, build: Build, run: Run) -> None:
    for source in (
        CONTRACTS / "programs/workers_share_a_matrix.c",
        CONTRACTS / "signals/preempts_busy_loop.c",
        GUESTS / "masks.c",  # calls that the engine does by itself when nobody records them
    ):
        program = build(source, arch)
        recorded, not_recorded = run(arch, program, trace=True), run(arch, program)
        assert seen(recorded)[:-1] == seen(not_recorded)[:-1]


def test_chance_comes_from_the_seed(arch: str, build: Build, run: Run) -> None:
    program = build(GUESTS / "chance.c", arch)
    by_seed = [run(arch, program, seed=seed, trace=True) for seed in (0, 1, 2, 3)]
    again = run(arch, program, seed=3, trace=True)
    assert_same(by_seed[3], again)
    lines = [result.stdout.decode().splitlines() for result in by_seed]
    for values in zip(*lines, strict=True):
        if not values[0].startswith("fixed "):
            assert len(set(values)) == len(values), f"seeds do not change {values}"
        else:
            assert len(set(values)) == 1, f"seeds change {values}"


@pytest.mark.parametrize("kind", ["counter", "announcement", "order", "fork"])
def test_a_race_is_found_and_shown_again(arch: str, kind: str, build: Build, run: Run) -> None:
    """One of a hundred schedules breaks what the default one never does."""
    program = build(GUESTS / "race.c", arch)
    usual = run(arch, program, kind)
    for seed in range(1, 100):
        found = run(arch, program, kind, seed=seed, trace=True)
        assert found.end is End.EXITED
        if found.stdout != usual.stdout:
            assert_same(found, run(arch, program, kind, seed=seed, trace=True))
            return
    raise AssertionError(f"100 schedules always print {usual.stdout!r}")


@pytest.mark.parametrize("kind", ["counter", "announcement", "order", "fork"])
def test_the_default_seed_never_flakes(arch: str, kind: str, build: Build, run: Run) -> None:
    program = build(GUESTS / "race.c", arch)
    assert len({run(arch, program, kind).stdout for _ in range(50)}) == 1


@pytest.mark.parametrize("name", SAMPLE)
def test_what_linux_promises_holds_under_every_schedule(
    arch: str, name: str, build: Build, run: Run
) -> None:
    program = build(CONTRACTS / f"{name}.c", arch)
    for seed in range(1, 4):
        result = run(arch, program, seed=seed)
        assert result.end is End.EXITED and result.code == 0, result.stdout[-400:]


def test_counters_follow_virtual_time(build: Build, run: Run) -> None:
    """The time-stamp counter is the machine's own: nanoseconds since its boot."""
    program = build(GUESTS / "counter.c", "x86_64")
    first, second = run("x86_64", program), run("x86_64", program)
    assert first.code == 0, first.stdout
    assert first.stdout == second.stdout
