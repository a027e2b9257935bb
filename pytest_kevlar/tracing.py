"""Explains one contract by its system calls: runs both sides traced, compares, keeps files.

The same binary runs on Linux under strace and on the side under test; where the host cannot
run it, another reference is chosen and named.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kevlar.build import Build
from pytest_kevlar.compare import broken_promise
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners import strace
from pytest_kevlar.runners.base import Job, capabilities, host_architecture
from pytest_kevlar.runners.kevlar import WORKING_DIRECTORY
from pytest_kevlar.runners.strace import TracedRun
from pytest_kevlar.toolchain import ToolchainMissing
from pytest_kevlar.trace import jsonl
from pytest_kevlar.trace.chance import Chance
from pytest_kevlar.trace.compare import Comparison, compare
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.explain import Explanation, explain
from pytest_kevlar.trace.neutral import neutral
from pytest_kevlar.trace.source import lines_of

if TYPE_CHECKING:
    from pytest_kevlar.contract import Contract
    from pytest_kevlar.recording import Recording
    from pytest_kevlar.runners.base import Runner
    from pytest_kevlar.session import Session

#: What a comparison needs the side under test to record.
NEEDED = ("syscall", "signal", "fault", "process")
#: Further runs on Linux that tell chance from a bug, and how long the first may have taken.
RETRIES = 3
RETRY_SECONDS = 5.0
#: A contract that takes longer under strace waits for what a tracer hides.
TRACED_SECONDS = 10.0


#: Asks Linux what a program does. Raises OSError or NoReference.
Ask = Callable[[], TracedRun]


class NoReference(Exception):
    """There is no trace of Linux to compare with; the message says why."""


class Explainer:
    """Explains contracts; one for each session."""

    def __init__(self, session: Session, directory: Path) -> None:
        self._session = session
        self._directory = directory

    def channels(self) -> tuple[str, ...]:
        """What the side under test has to record from the start; empty if nothing."""
        settings = self._session.settings
        if settings.trace == "all" or settings.strict or settings.debug or settings.coverage:
            return tuple(dict.fromkeys((*NEEDED, *settings.debug)))
        return ()

    def wanted(self, failed: bool) -> bool:
        """Whether an item that failed, or passed, is to be explained."""
        settings = self._session.settings
        return settings.strict or settings.trace == "all" or (settings.trace == "fail" and failed)

    def explain(
        self,
        contract: Contract,
        runner: Runner,
        job: Job,
        build: Build,
        native: Outcome,
        outcome: Outcome,
        recording: Recording | None = None,
        asked: TracedRun | None = None,
    ) -> Explanation:
        """Compare the traces of both sides.

        Args:
            runner: the side under test.
            job: what ran there; build: its binary.
            native: the run on Linux, untraced: under strace it must do the same.
            recording: what to compare with if Linux is not to be asked.
            asked: what :meth:`on_linux` gave for the same job, if it was called.
            outcome: of the side under test; it runs again if nothing was recorded.
        """
        several = len(self._session.targets) > 1
        label = f"{contract.key} {job.arch}" + (f" {runner.name}" if several else "")
        settings = self._session.settings
        if not outcome.events:
            outcome = self._again(runner, job)
        events = [event for event in outcome.events if event.kind not in _CHANNELS_ONLY]
        if not outcome.events:
            if outcome.untraced:
                summary = f"kevlar-trace {label}: {outcome.untraced}"
                return Explanation(trouble=outcome.untraced, summary=summary)
            return Explanation(trouble=f"the {runner.name} runner records no events")
        if recording is not None:
            return self._explain_recorded(recording, contract, job, build, label, events)
        ask, why, other = self._reference(contract, job, build, outcome, native, asked)
        if ask is None:
            found = Explanation(trouble=why)
            found.files = self._write(label, [], list(outcome.events), runner.name)
            return found
        try:
            comparison, traced = self._compare(ask, native, events, job.arch, other)
        except NoReference as error:
            return Explanation(trouble=str(error), summary=f"kevlar-trace {label}: {error}")
        found = explain(comparison, label, lines_of(build.path), contract.path)
        found.reference = why
        if settings.trace or found.bugs:
            found.files = self._write(label, traced.events, list(outcome.events), runner.name)
        return found

    def on_linux(self, job: Job) -> TracedRun | None:
        """What ``job`` does on Linux; None if that cannot be recorded on this host."""
        if strace.unavailable(job.arch):
            return None
        return strace.run(_bounded(job), WORKING_DIRECTORY)

    def transcript(self, job: Job, native: Outcome, reference: str) -> tuple[str, ...]:
        """The system calls of ``job`` on Linux as JSON lines; none if it does otherwise there.

        The directories of the run are called what they are called under test.
        """
        if reference != "linux" or strace.unavailable(job.arch):
            return ()
        run = strace.run(replace(job, trace=()), WORKING_DIRECTORY)
        if run.outcome.stdout != native.stdout:
            return ()
        text = io.StringIO()
        jsonl.write(text, jsonl.Trace(run.events, {"arch": job.arch}))
        lines = text.getvalue()
        for ours, theirs in run.aliases:
            lines = lines.replace(ours.decode(), theirs.decode())
        return tuple(lines.splitlines())

    def _explain_recorded(
        self,
        recording: Recording,
        contract: Contract,
        job: Job,
        build: Build,
        label: str,
        events: list[Event],
    ) -> Explanation:
        left = jsonl.read(recording.transcript).events
        if not left:
            return Explanation(trouble="the recording has no system calls")
        across = recording.arch != job.arch
        if across:
            left, events = neutral(left, recording.arch), neutral(events, job.arch)
        only = self._session.settings.trace_filter
        comparison = compare(left, events, (), only, across=across)
        found = explain(comparison, label, lines_of(build.path), contract.path)
        found.reference = f"recorded: {recording.by}"
        return found

    def _again(self, runner: Runner, job: Job) -> Outcome:
        """Run once more, recorded, for a runner that can."""
        able = capabilities(runner)
        if not able.records:
            return Outcome(Ending.NOEXEC)
        channels = tuple(dict.fromkeys((*NEEDED, *self._session.settings.debug)))
        with self._session.places.one(runner.name, able.parallel):
            return runner.run(replace(job, trace=channels))

    def _reference(
        self,
        contract: Contract,
        job: Job,
        build: Build,
        under_test: Outcome,
        native: Outcome,
        asked: TracedRun | None,
    ) -> tuple[Ask | None, str, bool]:
        """How to ask Linux, what to call it, and whether its architecture is another."""
        place = under_test.directory or WORKING_DIRECTORY
        judge = self._session.reference
        if judge is not None and capabilities(judge).witness:
            first = [native]  # it was asked already

            def ask() -> TracedRun:
                return self._witness(judge, job, under_test, first.pop() if first else None)

            return ask, f"{judge.name}, same binary", False
        host = host_architecture()
        trouble = strace.unavailable(host)
        if trouble:
            return None, trouble, False
        bounded = _bounded(job)
        if job.arch == host:
            before = [asked] if asked is not None and place == WORKING_DIRECTORY else []
            return (
                lambda: before.pop() if before else strace.run(bounded, place),
                "linux, same binary",
                False,
            )
        try:
            toolchains = self._session.toolchains
            target = toolchains.target(job.arch)
            # The same C library makes the same calls.
            same = target.musl or target.zig
            compiler = toolchains.target(host) if same else toolchains.reference()
        except ToolchainMissing as error:
            return None, str(error), False
        program = self._session.builds.build(contract, compiler).path
        translated = replace(bounded, arch=host, program=program)
        title = f"linux {host} ({compiler.title}), neutral names"
        return functools.partial(strace.run, translated, place), title, True

    def _witness(
        self, judge: Runner, job: Job, under_test: Outcome, known: Outcome | None
    ) -> TracedRun:
        """What the reference recorded itself. Raises NoReference."""
        run = known if known is not None and (known.events or known.untraced) else None
        run = run or self._again(judge, replace(job, callers=False))
        if not run.events:
            why = run.untraced or f"the {judge.name} runner records no events"
            raise NoReference(f"on the reference: {why}")
        names = (
            (run.program or job.argv[0], under_test.program or job.argv[0]),
            (run.directory, under_test.directory or WORKING_DIRECTORY),
        )
        aliases = tuple((a.encode(), b.encode()) for a, b in names if a and a != b)
        return TracedRun(run, list(run.events), aliases, 0)

    def _compare(
        self, ask: Ask, native: Outcome, events: list[Event], arch: str, other: bool
    ) -> tuple[Comparison, TracedRun]:
        """Compare with Linux; where they differ, ask Linux again what is chance."""
        only = self._session.settings.trace_filter
        right = neutral(events, arch) if other else events
        runs: list[TracedRun] = []
        best: tuple[int, Comparison, TracedRun] | None = None
        for _ in range(1 + RETRIES):
            run = ask()
            broken = broken_promise(run.outcome)
            if broken:
                raise NoReference(f"the contract does not hold on Linux under strace: {broken}")
            if run.outcome.stdout != native.stdout:
                raise NoReference("the contract prints something else on Linux under strace")
            left = neutral(run.events) if other else run.events
            comparison = compare(left, right, run.aliases, only, across=other)
            runs.append(run)
            bugs = comparison.total("BUG")
            if best is None or bugs < best[0]:
                best = bugs, comparison, run
            if not bugs or run.outcome.seconds > RETRY_SECONDS:
                break
        assert best is not None
        _, comparison, run = best
        if comparison.total("BUG") and len(runs) > 1:
            others = (one for one in runs if one is not run)
            chance = Chance(compare(one.events, run.events, _same(one, run)) for one in others)
            chance.excuse(comparison)
        return comparison, run

    def _write(self, label: str, left: list[Event], right: list[Event], runner: str) -> list[str]:
        """Write both traces; gives their paths."""
        paths = []
        for side, events in (("linux", left), (runner, right)):
            if not events:
                continue
            self._directory.mkdir(parents=True, exist_ok=True)
            name = f"{label.replace(' ', '.').replace('/', '.')}.{side}.jsonl"
            path = self._directory / name
            with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
                jsonl.write(file, jsonl.Trace(events, {"contract": label, "runner": side}))
            paths.append(str(path))
        return paths


def _bounded(job: Job) -> Job:
    """The same without a trace of its own, and with less time: a tracer may wait for ever."""
    return replace(job, trace=(), timeout=min(job.timeout, TRACED_SECONDS))


_CHANNELS_ONLY = ("sched", "mm", "time")


def _same(one: TracedRun, other: TracedRun) -> list[tuple[bytes, bytes]]:
    """Aliases between two runs on Linux."""
    back = {theirs: ours for ours, theirs in other.aliases}
    return [(ours, back[theirs]) for ours, theirs in one.aliases if theirs in back]
