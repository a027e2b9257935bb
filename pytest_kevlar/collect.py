"""Turns contracts into pytest nodes, and runs one when pytest says so.

``contracts/signals/kill.c`` becomes a file with one item per architecture. Nothing is
compiled at collection; what a comparison means is decided elsewhere.
"""

from __future__ import annotations

import functools
import os
import shlex
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import TerminalRepr

from pytest_kevlar import coverage, hostprofile, recording, requirements
from pytest_kevlar.agreement import disagreement
from pytest_kevlar.build import Build, CompileError
from pytest_kevlar.compare import broken_promise, compare
from pytest_kevlar.contract import BadHeader, Contract
from pytest_kevlar.divergences import Entry
from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import (
    ContractFailure,
    Divergence,
    Ending,
    Outcome,
    Status,
    Verdict,
    first_line,
)
from pytest_kevlar.profiles import DEFAULT, Profile
from pytest_kevlar.recording import Recording
from pytest_kevlar.report import FailureRepr
from pytest_kevlar.runners.base import (
    ARCHITECTURES,
    Batching,
    Job,
    Runner,
    Unmet,
    capabilities,
    version,
)
from pytest_kevlar.session import KEY, Session
from pytest_kevlar.toolchain import Compiler, ToolchainMissing
from pytest_kevlar.tracing import NEEDED

if TYPE_CHECKING:
    from pytest_kevlar.kernel import HostProfile

#: Directory that ``argv[0]`` names on every side. It exists on none of them by promise.
PROGRAM_DIRECTORY = "/kevlar"


class ContractFile(pytest.File):
    """One ``.c`` file of a tree of contracts."""

    contract: Contract

    @classmethod
    def of(cls, parent: pytest.Collector, contract: Contract) -> ContractFile:
        """Make the node for ``contract``."""
        node: ContractFile = cls.from_parent(parent, path=contract.path)
        node.contract = contract
        return node

    def collect(self) -> Iterator[ContractItem]:
        """Yield one item per architecture and target asked for, here or by an id."""
        session = self.config.stash[KEY]
        self._check_header()
        named = [str(argument).rpartition("::") for argument in self.config.args]
        explicit = {name for path, _, name in named if path.endswith(self.path.name)}
        places = [
            (runner, profile, _column(session, runner, profile))
            for runner in session.targets
            for profile in session.profiles_of(runner)
        ]
        for arch in ARCHITECTURES:
            for runner, profile, column in places:
                name = f"{arch}-{column}" if column else arch
                if arch in session.settings.archs or name in explicit:
                    yield ContractItem.of(self, self.contract, arch, runner, profile, column)

    def _check_header(self) -> None:
        trouble = ""  # raising inside an except clause would show both exceptions
        try:
            self.contract.requirements()
        except BadHeader as error:
            trouble = f"{_place(self.config, self.path)}:{error}"
        except OSError:
            pass  # said when its turn comes
        if trouble:
            raise self.CollectError(trouble)


def _place(config: pytest.Config, path: Path) -> str:
    """Return ``path`` as seen from where pytest was called."""
    here = config.invocation_params.dir
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _column(session: Session, runner: Runner, profile: Profile) -> str:
    """What tells this target and profile from others; empty if there are none."""
    names = [runner.name] if len(session.targets) > 1 else []
    if len(session.profiles_of(runner)) > 1:
        names.append(profile.name)
    return "-".join(names)


class ContractItem(pytest.Item):
    """One contract on one architecture of one target, under one profile."""

    contract: Contract
    arch: str
    runner: Runner
    profile: Profile
    entry: Entry | None
    evidence: Evidence
    _recording: Recording | None = None
    #: What a machine of ours is to mirror in the place of this host.
    _mirrored: HostProfile | None = None

    @classmethod
    def of(
        cls,
        parent: ContractFile,
        contract: Contract,
        arch: str,
        runner: Runner,
        profile: Profile,
        column: str,
    ) -> ContractItem:
        """Make the item, with its markers and what the list of divergences says of it."""
        name = f"{arch}-{column}" if column else arch
        item: ContractItem = cls.from_parent(parent, name=name)
        session = parent.config.stash[KEY]
        item.contract, item.arch, item.runner, item.profile = contract, arch, runner, profile
        item.entry = session.known(contract.root).entry(contract.key, arch, runner.name)
        item.evidence = Evidence(
            contract.key,
            contract.category,
            arch,
            runner.name,
            rerun=item._rerun(session, session.settings.seed),
            seed=session.settings.seed,
            first_seed=session.settings.seed,
            schedules=session.settings.schedules,
            column=column,
            profile=profile.name,
        )
        item.evidence.reference = session.settings.reference
        item.add_marker("kevlar")
        item.add_marker(arch)
        if item.entry:
            item.evidence.known = item.entry.describe()
            item.add_marker(
                pytest.mark.xfail(
                    reason=item.entry.describe(),
                    raises=Divergence,
                    run=item.entry.run,
                    strict=True,
                )
            )
        return item

    def setup(self) -> None:
        """Skip what this host cannot run, and build both binaries."""
        session = self.config.stash[KEY]
        self._require()
        for side, runner, arch in (
            ("reference", session.reference, _reference_arch(session, self.arch)),
            ("target", self.runner, self.arch),
        ):
            reason = _unavailable(runner, arch) if runner else ""
            if runner and reason:
                pytest.skip(f"{side} runner {runner.name}: {reason}")
        self._recording = None if session.reference else self._recorded()
        self._mirrored = self._recording.profile if self._recording else None
        try:
            compilers = []
            if session.reference and session.reference.name == "linux":
                compilers.append(session.toolchains.reference())
            compilers.append(session.toolchains.target(self.arch))
        except ToolchainMissing as error:
            raise pytest.skip.Exception(str(error)) from None
        self._builds = [self._build(session, compiler) for compiler in compilers]

    def _recorded(self) -> Recording:
        try:
            return recording.read(self.contract, self.arch)
        except recording.Missing as error:
            raise pytest.skip.Exception(str(error)) from None
        except recording.Refused as error:
            trouble = str(error)
        pytest.fail(trouble, pytrace=False)

    def _require(self) -> None:
        trouble = ""  # failing inside an except clause would show both exceptions
        try:
            for word in self.contract.requirements():
                reason = requirements.missing(word, self.arch)
                if reason and (word in ARCHITECTURES or not self._judged_there()):
                    pytest.skip(reason)
        except requirements.UnknownRequirement as error:
            trouble = f"{self._place()}: Requires: {error}"
        except OSError as error:
            trouble = f"{self._place()}: cannot be read: {error.strerror}"
        if trouble:
            pytest.fail(trouble, pytrace=False)

    def _judged_there(self) -> bool:
        """Whether this host has no say in what the contract requires."""
        session = self.config.stash[KEY]
        return all(capabilities(side).judges for side in (session.reference, self.runner) if side)

    def _build(self, session: Session, compiler: Compiler) -> Build:
        place = self._place()
        try:
            build = session.builds.build(self.contract, compiler)
        except CompileError as error:
            trouble = f"{place} does not compile for {compiler.arch} with {compiler.title}\n{error}"
        except OSError as error:
            trouble = f"{place} cannot be built: {error}"
        else:
            if build.remarks:
                self.add_report_section("setup", compiler.title, build.remarks)
            return build
        pytest.fail(trouble, pytrace=False)

    def runtest(self) -> None:
        """Run both sides and compare. Raises Divergence or ContractFailure."""
        session = self.config.stash[KEY]
        reference = self._reference(session)
        if reference.ending in (Ending.EXITED, Ending.SIGNALED):
            verdict = self._explain(session, self._under_schedules(session, reference))
        else:
            verdict = compare(reference, None)
        self.evidence.verdict = verdict
        apart = self._apart(session, verdict.candidate)
        if apart:
            status = Status.DIVERGE if verdict.status is Status.PASS else verdict.status
            self.evidence.verdict = verdict = replace(verdict, status=status, reason=apart)
        # A report has no use for thousands of events.
        candidate = verdict.candidate and replace(verdict.candidate, events=())
        reference = replace(verdict.reference, events=())
        self.evidence.verdict = verdict = replace(verdict, reference=reference, candidate=candidate)
        self.user_properties += self.evidence.properties()
        if apart:
            self.evidence.rerun = self._rerun(session, self.evidence.seed, compared=True)
            raise ContractFailure(verdict)
        if verdict.status is Status.PASS:
            return
        if verdict.status is Status.FAIL:
            raise ContractFailure(verdict)
        self._excuse(verdict)

    def _under_schedules(self, session: Session, reference: Outcome) -> Verdict:
        """Run under one seed after the other; gives the first that is broken, or the first."""
        chosen: Verdict | None = None
        first = session.settings.seed
        for seed in range(first, first + session.settings.schedules):
            job = self._job(session, self.arch, self._builds[-1], seed)
            verdict = compare(reference, self._run(session, self.runner, job))
            chosen = chosen or verdict
            if verdict.status is not Status.PASS:
                self.evidence.seed = seed
                self.evidence.rerun = self._rerun(session, seed)
                return verdict
        assert chosen is not None
        return chosen

    def _apart(self, session: Session, mine: Outcome | None) -> str:
        """Say what went another way than under the profile that is compared with."""
        first = session.compared(self.runner)
        if first is None or mine is None:
            return ""
        key = (self.contract.path, self.arch, self.runner.name, self.evidence.seed)
        if self.profile is first:
            session.last = key, mine
            return ""
        if session.last is None or session.last[0] != key:
            job = self._job(session, self.arch, self._builds[-1], self.evidence.seed, first)
            session.last = key, self._run(session, self.runner, job)

        def again(profile: Profile, more: int) -> Outcome:
            seed = self.evidence.seed + more
            job = self._job(session, self.arch, self._builds[-1], seed, profile)
            return self._run(session, self.runner, job)

        exact = self.profile.is_like(first, capabilities(self.runner).silent)
        runs = [functools.partial(again, one) for one in (self.profile, first)]
        last = session.last[1]
        found = disagreement(first.name, last, mine, *(() if exact else runs))
        return f"not as under the profile {first.name}: {found}" if found else ""

    def _reference(self, session: Session) -> Outcome:
        """What the reference does, or did; kept if that was asked for."""
        if session.reference is None:
            assert self._recording is not None
            return self._recording.outcome
        arch = _reference_arch(session, self.arch)
        job = replace(self._job(session, arch, self._builds[0]), callers=False)
        outcome = self._run(session, session.reference, job)
        self._mirrored = outcome.profile
        if session.settings.record and arch == self.arch and not broken_promise(outcome):
            job = self._job(session, arch, self._builds[-1])
            lines = session.explainer.transcript(job, outcome, session.reference.name)
            by = f"{session.reference.name} {version(session.reference)}"
            profile = hostprofile.capture()
            recording.write(self.contract, Recording(arch, by, outcome, profile, lines))
        return outcome

    def _run(self, session: Session, runner: Runner, job: Job) -> Outcome:
        """Run ``job``; skips what the place turns out to lack."""
        try:
            return _run(session, runner, job, lambda: self._coming(session, job.arch))
        except Unmet as lack:
            reason = f"{runner.name}: {lack}"
        pytest.skip(reason)

    def _coming(self, session: Session, arch: str) -> Iterator[Job]:
        """Yield the jobs of the items after this one, those that can be built."""
        items = self.session.items
        for item in items[items.index(self) + 1 :]:
            if not isinstance(item, ContractItem) or item.name != self.name:
                continue
            try:
                build = session.builds.build(item.contract, session.toolchains.target(arch))
                yield item._job(session, arch, build)
            except (CompileError, ToolchainMissing, OSError):
                continue  # said when its turn comes

    def _explain(self, session: Session, verdict: Verdict) -> Verdict:
        """Compare the system calls, if that is asked for; gives the verdict that is left."""
        candidate, explainer = verdict.candidate, session.explainer
        if candidate is None:
            return verdict
        build = self._builds[-1]
        job = self._job(session, self.arch, build, self.evidence.seed)
        asked = None
        if session.settings.coverage:
            self.evidence.used = {coverage.side_of(self.evidence): coverage.used(candidate.events)}
            if session.reference is not None and session.reference.name == "linux":
                asked = explainer.on_linux(job)
                made = asked.events[1:] if asked else []  # after the tracer's own execve
                if made:
                    self.evidence.used[f"linux {self.arch}"] = coverage.used(made)
        failed = verdict.status is not Status.PASS
        if not explainer.wanted(failed):
            return verdict
        found = self.evidence.trace = explainer.explain(
            self.contract,
            self.runner,
            job,
            build,
            verdict.reference,
            candidate,
            self._recording,
            asked,
        )
        if session.settings.strict and not failed and found.bugs:
            reason = f"system calls: {found.sentence}"
            return replace(verdict, status=Status.DIVERGE, reason=reason)
        return verdict

    def _excuse(self, verdict: Verdict) -> None:
        """Raise what fits: a divergence, or a failure that the list does not excuse."""
        objection = self.entry.objection(verdict) if self.entry else ""
        if objection:
            self.evidence.objection = objection
            raise ContractFailure(verdict, f"not the known divergence: {objection}")
        raise Divergence(verdict)

    def _job(
        self,
        session: Session,
        arch: str,
        build: Build,
        seed: int = 0,
        profile: Profile | None = None,
    ) -> Job:
        profile = profile or self.profile
        channels = session.explainer.channels()
        if session.compared(self.runner) is not None:
            channels = channels or NEEDED
        return Job(
            program=build.path,
            arch=arch,
            argv=(f"{PROGRAM_DIRECTORY}/{self.contract.name}",),
            timeout=session.timeout(profile),
            seed=seed,
            memory=session.memory(profile),
            requires=frozenset(self.contract.requirements()),
            trace=channels,
            profile=self._mirrored,
            settings=profile.settings,
        )

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str | TerminalRepr:
        """Show a failed comparison as such, and anything else as pytest does."""
        if isinstance(excinfo.value, ContractFailure):
            verbosity = self.config.get_verbosity()
            return FailureRepr(self.evidence, self._place(), verbosity)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int, str]:
        """Return path, line and headline."""
        return self.path, 0, f"{self.contract.key} on {self.name}"

    def _place(self) -> str:
        """Return the contract's path as seen from where pytest was called."""
        return _place(self.config, self.contract.path)

    def _rerun(self, session: Session, seed: int, *, compared: bool = False) -> str:
        settings = session.settings
        first = session.compared(self.runner) if compared else None
        item = f"{self.arch}-{self.profile.name}" if first else self.arch
        words = ["pytest", f"{self._place()}::{item}", f"--kevlar-arch={self.arch}"]
        if settings.targets != ("kevlar",):
            words.append(f"--kevlar-target={session.specs[self.runner.name]}")
        if settings.reference != "linux":
            words.append(f"--kevlar-reference={settings.reference}")
        if first:
            words.append(f"--kevlar-profile={first.name},{self.profile.name}")
        elif self.profile.name not in ("", DEFAULT):
            words.append(f"--kevlar-profile={self.profile.name}")
        if seed or settings.seed:
            words.append(f"--kevlar-seed={seed}")
        return shlex.join(words)


def _reference_arch(session: Session, arch: str) -> str:
    """Return the architecture of the reference: on Linux the host's own."""
    if session.reference is None or session.reference.name != "linux":
        return arch
    try:
        return session.toolchains.reference().arch
    except ToolchainMissing:
        return arch


def _unavailable(runner: Runner, arch: str) -> str:
    try:
        return runner.unavailable(arch)
    except Exception as error:
        return f"it cannot say whether it is available: {type(error).__name__}: {error}"


def _run(
    session: Session, runner: Runner, job: Job, coming: Callable[[], Iterator[Job]]
) -> Outcome:
    """Run ``job`` when there is a place; an exception is the runner's own bug, and a crash."""
    start = time.perf_counter()
    try:
        with session.places.one(runner.name, capabilities(runner).parallel):
            if isinstance(runner, Batching):
                return runner.run_among(job, coming)
            return runner.run(job)
    except Unmet:
        raise
    except Exception as error:
        return Outcome(
            Ending.CRASH,
            seconds=time.perf_counter() - start,
            detail=f"the {runner.name} runner raised {type(error).__name__}: "
            f"{first_line(str(error))}",
            traceback=traceback.format_exc(),
        )
