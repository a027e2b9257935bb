"""Joins evidence with pytest's reports: what an item is in the end, and in which words.

pytest decides about skips, expected failures and unexpected passes; this reads its decision.
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import Status
from pytest_kevlar.report import FailureRepr


def attach(report: pytest.TestReport, evidence: Evidence) -> None:
    """Put ``evidence`` on ``report``, with the status pytest's decision makes of it."""
    status = _status(report, evidence)
    evidence.status = status or evidence.status
    data = evidence.to_data()
    if status is None:
        data["status"] = None  # one report of an item counts, not three
    vars(report)["kevlar"] = data


def _status(report: pytest.TestReport, evidence: Evidence) -> Status | None:
    """Return what this phase makes of the item; None if it decides nothing."""
    if report.skipped:
        return Status.XFAIL if hasattr(report, "wasxfail") else Status.SKIP
    if report.when != "call":
        return Status.ERROR if report.failed else None
    if evidence.verdict is None:
        return Status.ERROR
    if report.failed and evidence.verdict.status is Status.PASS:
        return Status.XPASS
    return evidence.verdict.status


def evidence_of(report: pytest.TestReport) -> Evidence | None:
    """Return the evidence that travels with ``report``, or None."""
    data = getattr(report, "kevlar", None)
    return Evidence.from_data(data) if data else None


def restore(report: Any, verbosity: int) -> None:
    """Replace the flat text of a failure from a worker by what can be coloured."""
    if not isinstance(report, pytest.TestReport) or not report.failed or report.when != "call":
        return
    evidence = evidence_of(report)
    failed = evidence is not None and evidence.verdict is not None and evidence.verdict.reason
    if evidence is not None and failed:
        place = report.location[0]
        report.longrepr = FailureRepr(evidence, place, verbosity)
