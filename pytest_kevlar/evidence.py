"""What is known about one item, as plain data that travels with its report.

Reports cross process borders under pytest-xdist; everything that shows a result, in the
terminal, in JUnit or in HTML, is drawn from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_kevlar.outcome import Ending, Outcome, Status, Verdict
from pytest_kevlar.trace.explain import Explanation

#: Bytes of one stream that travel with a report; the middle of a longer one is left out.
KEPT_BYTES = 64 << 10

#: Fields of `Evidence` that are texts and numbers as they are.
_PLAIN = (
    "contract",
    "category",
    "arch",
    "target",
    "rerun",
    "known",
    "objection",
    "reference",
    "seed",
    "first_seed",
    "schedules",
    "column",
    "profile",
)


@dataclass(slots=True)
class Evidence:
    """One item's part of the report.

    Attributes:
        contract: ``category.name``.
        category: the contract's category.
        arch: architecture of the side under test.
        target: name of the runner under test.
        rerun: a command that runs this item again.
        known: why it is expected to differ, or empty.
        objection: why the known divergence does not excuse what was found, or empty.
        verdict: the comparison; None before there was one.
        status: what the item is in the end; None while pytest has not decided.
        trace: what its system calls explain; None if they were not compared.
        reference: what it was compared with.
        used: what it exercised of the interface, by side; None if nobody asked.
        seed: of the run that the verdict is about.
        first_seed: the seed that was tried first. schedules: how many were to be tried.
        column: target and profile, as far as there are several; empty if there are not.
        profile: name of the profile it ran under; empty if the target has none.
    """

    contract: str
    category: str
    arch: str
    target: str
    rerun: str
    known: str = ""
    objection: str = ""
    verdict: Verdict | None = None
    status: Status | None = None
    trace: Explanation | None = None
    used: dict[str, Any] | None = None
    seed: int = 0
    first_seed: int = 0
    schedules: int = 1
    reference: str = "linux"
    column: str = ""
    profile: str = ""

    @property
    def label(self) -> str:
        """What the side under test is called beside ``linux``."""
        return "under test" if self.target == "linux" else self.target

    def reason(self) -> str:
        """Return the one line that says what is wrong."""
        if self.verdict is None:
            return ""
        words = f"{self.verdict.status.value}: {self.verdict.reason}"
        if self.objection:
            words += f" (not the known divergence: {self.objection})"
        if self.schedules > 1 and self._ran():
            words += f" (seed {self.seed})"
        return words

    def schedule(self) -> str:
        """Say under which seed it ran; empty if nobody chose one or it did not run."""
        if self.schedules > 1 and self._ran():
            number = self.seed - self.first_seed + 1
            return f"{self.seed} (schedule {number} of {self.schedules})"
        return str(self.seed) if self.seed else ""

    def _ran(self) -> bool:
        return self.verdict is not None and self.verdict.candidate is not None

    def milliseconds(self) -> tuple[str, str]:
        """Return the time on Linux and under test in milliseconds, empty where not run."""
        if self.verdict is None:
            return "", ""
        runs = (self.verdict.reference, self.verdict.candidate)
        first, second = (f"{run.seconds * 1000:.1f}" if run else "" for run in runs)
        return first, second

    def boot(self) -> str:
        """Return the time that the machine under test took to come up, as `milliseconds` does."""
        run = self.verdict.candidate if self.verdict else None
        return f"{run.boot * 1000:.1f}" if run and run.boot else ""

    def properties(self) -> list[tuple[str, object]]:
        """Return what JUnit shows of this item."""
        linux, kernel = self.milliseconds()
        verdict = self.verdict.status.value if self.verdict else ""
        traced = [("kevlar_trace", self.trace.summary)] if self.trace else []
        booted = [("kevlar_boot_ms", self.boot())] if self.boot() else []
        return [
            *traced,
            *booted,
            ("kevlar_category", self.category),
            ("kevlar_arch", self.arch),
            ("kevlar_target", self.target),
            ("kevlar_profile", self.profile),
            ("kevlar_seed", self.seed),
            ("kevlar_schedules", self.schedules),
            ("kevlar_verdict", verdict),
            ("kevlar_linux_ms", linux),
            ("kevlar_kernel_ms", kernel),
        ]

    def to_data(self) -> dict[str, Any]:
        """Return everything as dictionaries, lists, texts and numbers."""
        data: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        data["status"] = self.status.value if self.status else None
        data["trace"] = self.trace.to_data() if self.trace else None
        data["used"] = self.used
        data["verdict"] = None
        if self.verdict:
            data["verdict"] = {
                "status": self.verdict.status.value,
                "reason": self.verdict.reason,
                "reference": _outcome_data(self.verdict.reference),
                "candidate": _outcome_data(self.verdict.candidate),
                "differs": list(self.verdict.differs),
            }
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Evidence:
        """Rebuild what `to_data` took apart."""
        fields = dict(data)
        fields["status"] = Status(data["status"]) if data["status"] else None
        fields["trace"] = Explanation.from_data(data["trace"]) if data.get("trace") else None
        verdict = data["verdict"]
        if verdict:
            reference = _outcome(verdict["reference"])
            assert reference is not None
            fields["verdict"] = Verdict(
                Status(verdict["status"]),
                verdict["reason"],
                reference,
                _outcome(verdict["candidate"]),
                tuple(verdict["differs"]),
            )
        return cls(**fields)


def _outcome_data(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {
        "ending": outcome.ending.value,
        "code": outcome.code,
        "signal": outcome.signal,
        # Texts, because reports also go through JSON; latin-1 keeps every byte.
        "stdout": _shorten(outcome.stdout).decode("latin-1"),
        "stderr": _shorten(outcome.stderr).decode("latin-1"),
        "seconds": outcome.seconds,
        "boot": outcome.boot,
        "detail": outcome.detail,
        "state": outcome.state,
        "traceback": outcome.traceback,
        "notes": list(outcome.notes),
    }


def _outcome(data: dict[str, Any] | None) -> Outcome | None:
    if data is None:
        return None
    fields = dict(data)
    fields["ending"] = Ending(data["ending"])
    fields["stdout"] = data["stdout"].encode("latin-1")
    fields["stderr"] = data["stderr"].encode("latin-1")
    fields["notes"] = tuple(data["notes"])
    return Outcome(**fields)


def _shorten(data: bytes) -> bytes:
    if len(data) <= KEPT_BYTES:
        return data
    half = KEPT_BYTES // 2
    left_out = len(data) - 2 * half
    return data[:half] + f"\n[{left_out} bytes left out]\n".encode() + data[-half:]
