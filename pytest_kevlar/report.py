"""What the terminal shows: header, failures, the summary line, and stale entries.

It draws from evidence only; HTML has a file of its own, and nothing is judged here but
whether an entry in the list of known divergences has become stale.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter

from pytest_kevlar import coverage, coverage_page, report_matrix, report_summary
from pytest_kevlar.compare import difference, printable
from pytest_kevlar.divergences import Entry
from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import Outcome, Status
from pytest_kevlar.runners.base import host_architecture, version
from pytest_kevlar.session import Session
from pytest_kevlar.toolchain import ToolchainMissing
from pytest_kevlar.trace.render import Line, draw

#: Lines of one output that a failure shows, unless ``-vv`` asks for all that was kept.
SHOWN_LINES = 60

_COLOURS = {
    Status.PASS: "green",
    Status.SKIP: "yellow",
    Status.XFAIL: "yellow",
}


class FailureRepr(TerminalRepr):
    """A failed comparison: reason, exit states, diff, both outputs, how to rerun."""

    def __init__(self, evidence: Evidence, place: str, verbosity: int = 0) -> None:
        self.evidence = evidence
        self.verbosity = verbosity
        self.reprcrash = ReprFileLocation(place, 1, evidence.reason())

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write it, coloured where the writer has colours."""
        for text, markup in failure_lines(self.evidence, self.verbosity, tw.fullwidth):
            tw.line(text, **markup)
        tw.line()
        self.reprcrash.toterminal(tw)


def failure_lines(evidence: Evidence, verbosity: int = 0, width: int = 80) -> list[Line]:
    """Return the report of one failed comparison, line by line."""
    verdict = evidence.verdict
    if verdict is None:
        return []
    red = {"red": True}
    lines: list[Line] = [(evidence.reason(), {"red": True, "bold": True}), ("", {})]
    if evidence.known:
        lines.append((f"known divergence: {evidence.known}", {}))
    lines.append((f"{evidence.reference + ':':<12}{verdict.reference.describe()}", {}))
    under_test = verdict.candidate
    ending = under_test.describe() if under_test else "not run"
    lines.append((f"{evidence.label + ':':<12}{ending}", red if "exit" in verdict.differs else {}))
    if evidence.schedule():
        lines.append((f"{'seed:':<12}{evidence.schedule()}", {}))
    if evidence.boot():
        lines.append((f"{'boot:':<12}{evidence.boot()} ms, in advance", {}))
    if under_test is not None:
        lines += [(f"{'':<12}{note}", {"yellow": True}) for note in under_test.notes]
        for name in ("stdout", "stderr"):
            lines += _diff(evidence, name, verdict.reference, under_test)
        lines += _extra("state of the machine", under_test.state, SHOWN_LINES, verbosity)
    lines += _outputs(evidence, verdict.reference, under_test, verbosity)
    for side, run in ((evidence.reference, verdict.reference), (evidence.label, under_test)):
        if run is None or not run.traceback:
            continue
        if verbosity >= 2:
            lines += _extra(f"traceback of {side}", run.traceback, SHOWN_LINES, verbosity)
        else:
            lines += [("", {}), (f"(the traceback of {side} is shown with -vv)", {})]
    if evidence.trace is not None:
        lines += [("", {}), ("system calls:", {"bold": True})]
        lines += draw(evidence.trace, width, everything=verbosity >= 2)
    lines += [("", {}), (f"run again: {evidence.rerun}", {"bold": True})]
    return lines


def diff_lines(evidence: Evidence, name: str) -> list[str]:
    """Return the unified diff of one stream; empty if equal or not run on both sides."""
    verdict = evidence.verdict
    if verdict is None or verdict.candidate is None:
        return []
    left, right = getattr(verdict.reference, name), getattr(verdict.candidate, name)
    return difference(left, right, (f"{evidence.reference}/{name}", f"{evidence.label}/{name}"))


def _diff(evidence: Evidence, name: str, reference: Outcome, candidate: Outcome) -> list[Line]:
    found = diff_lines(evidence, name)
    if not found:
        return []
    lines: list[Line] = [("", {})]
    for text in found:
        colour = {"-": {"red": True}, "+": {"green": True}, "@": {"cyan": True}}
        lines.append((text, colour.get(text[:1], {})))
    return lines


def _outputs(
    evidence: Evidence, reference: Outcome, candidate: Outcome | None, verbosity: int
) -> list[Line]:
    """Return both outputs of both sides, once where the sides agree."""
    lines: list[Line] = []
    for name in ("stdout", "stderr"):
        left = getattr(reference, name)
        right = getattr(candidate, name) if candidate else None
        if left == right:
            lines += _output(f"{name} on both sides", left, verbosity)
            continue
        lines += _output(f"{name} on {evidence.reference}", left, verbosity)
        if right is not None:
            lines += _output(f"{name} on {evidence.label}", right, verbosity)
    return lines


def _output(title: str, data: bytes, verbosity: int) -> list[Line]:
    if not data:
        return [("", {}), (f"{title}: nothing", {})]
    return _block(title, printable(data), SHOWN_LINES, verbosity)


def _extra(title: str, text: str, limit: int, verbosity: int) -> list[Line]:
    return _block(title, text.rstrip().splitlines(), limit, verbosity) if text.strip() else []


def _block(title: str, texts: list[str], limit: int, verbosity: int) -> list[Line]:
    """Return a titled block; the end of a long one is kept, because that is where it broke."""
    lines: list[Line] = [("", {}), (f"{title}:", {"bold": True})]
    if len(texts) > limit and verbosity < 2:
        lines.append((f"    ({len(texts) - limit} lines before are shown with -vv)", {}))
        texts = texts[-limit:]
    return lines + [(f"    {text}", {}) for text in texts]


def header(session: Session) -> list[str]:
    """Return what was chosen and found on this host, for the top of the report."""
    settings, host = session.settings, os.uname()
    against = f"{host.sysname} {host.release} {host_architecture()}"
    if session.reference is None:
        against = "recordings"
    elif session.reference.name != "linux":
        against = f"{session.reference.name} {version(session.reference)}"
    targets = ", ".join(runner.name for runner in session.targets)
    lines = [f"kevlar: {', '.join(settings.archs)} on {targets}, compared with {against}"]
    try:
        compilers = [f"linux {session.toolchains.reference().describe()}"]
    except ToolchainMissing as error:
        compilers = [str(error)]
    for arch in settings.archs:
        try:
            compilers.append(f"{arch} {session.toolchains.target(arch).describe()}")
        except ToolchainMissing as error:
            compilers.append(str(error))
    lines.append(f"kevlar compilers: {' | '.join(compilers)}")
    versions = [f"{runner.name} {version(runner)}" for runner in session.targets]
    lines.append(f"kevlar targets: {' | '.join(text.strip() for text in versions)}")
    chosen = session.profiles
    if any(session.profiles_of(runner) == chosen for runner in session.targets):
        lines.append(f"kevlar profiles: {' | '.join(profile.describe() for profile in chosen)}")
    return lines


class Tally:
    """Counts what items came to, as their reports arrive, from workers too."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._items: dict[str, Evidence] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the final status of an item of ours."""
        data = getattr(report, "kevlar", None)
        if data is None:
            return
        evidence = Evidence.from_data(data)
        if evidence.status is not None:
            self._items[report.nodeid] = evidence

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the summary line, and stale entries where the run can judge them."""
        if not self._items:
            return
        terminalreporter.write_sep("=", "kevlar")
        for evidence in self._items.values():
            if evidence.trace is not None and evidence.trace.summary:
                terminalreporter.write_line(evidence.trace.summary)
        if self._session.settings.coverage:
            for line in self._coverage(terminalreporter.config):
                terminalreporter.write_line(line)
        verbose = terminalreporter.config.get_verbosity() > 0
        for line in report_matrix.table(self.items(), verbose):
            terminalreporter.write_line(line)
        for line in self._stale(terminalreporter.config):
            terminalreporter.write_line(line, yellow=True)
        terminalreporter.write_line(self.line(), **self._colour())

    def line(self) -> str:
        """Return the counts, such as ``100 PASS | 2 XFAIL | 1 DIVERGE``."""
        found = [evidence.status for evidence in self._items.values()]
        counts = [(found.count(status), status.value) for status in Status]
        return " | ".join(f"{count} {name}" for count, name in counts if count)

    def items(self) -> list[Evidence]:
        """What is known of every item that ended."""
        return list(self._items.values())

    def page_top(self, config: pytest.Config) -> str:
        """Return the summary on top of the HTML page."""
        notes = []
        if self._session.settings.coverage:
            found = coverage.total(self._items.values(), self._session.settings.archs)
            notes.append(coverage.headline(found))
        return report_summary.top(self.items(), self.line(), list(self._stale(config)), notes)

    def _coverage(self, config: pytest.Config) -> list[str]:
        """Write the coverage where it was asked for; gives the table."""
        found = coverage.total(self._items.values(), self._session.settings.archs)
        where = self._session.settings.coverage
        if where != "-":
            coverage_page.write(config.invocation_params.dir / where, found)
        return coverage.table(found)

    def _colour(self) -> dict[str, bool]:
        bad = [e.status for e in self._items.values() if e.status not in _COLOURS]
        return {"red" if bad else "green": True, "bold": True}

    def _stale(self, config: pytest.Config) -> Iterable[str]:
        if narrowed(config, self._session):
            return []
        self._session.check_lists(self._session.nearby_roots())  # a controller collects nothing
        return stale_entries(self._session.entries(), self._items.values())


def stale_entries(entries: Iterable[Entry], items: Iterable[Evidence]) -> list[str]:
    """Return a line for every entry whose items passed, all of them or some."""
    statuses = [(evidence, evidence.status) for evidence in items]
    lines = []
    for entry in entries:
        bound = [
            (_where(entry, evidence), status)
            for evidence, status in statuses
            if evidence.contract == entry.contract and _binds(entry, evidence)
        ]
        passed = dict.fromkeys(where for where, status in bound if status is Status.XPASS)
        differed = dict.fromkeys(where for where, status in bound if status is Status.XFAIL)
        if passed and differed:
            advice = f"bind the entry to {', '.join(differed)}"
        elif passed:
            advice = "remove the entry"
        else:
            continue
        lines.append(
            f"stale known divergence {entry.contract}: passes on {', '.join(passed)}; {advice}"
        )
    return lines


def _binds(entry: Entry, evidence: Evidence) -> bool:
    """Whether an entry, and not one that binds closer, is what an item was judged by."""
    return evidence.known == entry.describe() and evidence.arch in entry.archs


def _where(entry: Entry, evidence: Evidence) -> str:
    return f"{evidence.arch} of {evidence.target}" if entry.targets else evidence.arch


def narrowed(config: pytest.Config, session: Session) -> bool:
    """Tell whether the command line left out some contracts of a tree it points at."""
    names = ("keyword", "markexpr", "lf", "stepwise", "deselect", "ignore", "ignore_glob")
    if any(getattr(config.option, name, None) for name in names):
        return True
    for path, argument in zip(session.argument_paths(), config.args, strict=True):
        if "::" in str(argument):
            return True
        root = session.trees.root_of(path if path.is_dir() else path.parent)
        if root is not None and path.resolve() != root.resolve():
            return True
    return False
