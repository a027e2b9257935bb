"""A small tree of contracts for pytester, and a runner of a third party to run it on.

The runner is called ``fake``; it answers by the contract's name, so that every verdict can
be had without the kernel.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

CONTRACT_H = Path(__file__).resolve().parents[2] / "contracts" / "contract.h"

#: What the contracts of these tests print on Linux unless they say otherwise.
HOLDS = """
/* Contract: the answer is 42. */
#include "contract.h"
int main(void) { step("answer", "%d", 42); contract_pass(); }
"""

FAKE = """
import signal
from pytest_kevlar.outcome import Ending, Outcome

GOOD = b"answer: 42\\nCONTRACT_PASS\\n"


class Fake:
    name = "fake"

    def unavailable(self, arch):
        return ""

    def run(self, job):
        name = job.program.name
        if name == "raises":
            raise RuntimeError("the engine fell over\\nand more")
        if name == "diverges" or name == f"diverges_on_{job.arch}":
            return Outcome(Ending.EXITED, stdout=b"answer: 41\\nCONTRACT_PASS\\n", seconds=0.0123)
        if name == "dies":
            return Outcome(Ending.SIGNALED, signal=signal.SIGSEGV, stdout=b"answer: 42\\n")
        if name == "hangs":
            return Outcome(Ending.DEADLOCK, stdout=b"answer: 42\\n", detail="task 1 waits for pipe")
        if name == "spins":
            return Outcome(Ending.TIMEOUT, stdout=b"answer: 42\\n", detail="no end after 30 s")
        if name == "writes":
            return Outcome(Ending.OUTPUT, stdout=b"x" * 100, detail="more than 8388608 bytes")
        if name == "crashes":
            return Outcome(
                Ending.CRASH,
                detail="KeyError: 'vma'",
                state="rip 0x401000\\nlast calls:\\n  brk(0) = 0x1000",
                traceback="Traceback (most recent call last):\\n  KeyError: 'vma'",
                notes=("syscall_999 is not implemented",),
            )
        return Outcome(Ending.EXITED, stdout=GOOD, seconds=0.0123)

    def close(self):
        print("fake closed")


def pytest_kevlar_runners(config):
    return [Fake()]
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build cache for all these tests: most of them build the same contract."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture
def tree(
    pytester: pytest.Pytester, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Write contracts by name (``signals/kill``), each with its source or with `HOLDS`."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    root = pytester.mkdir("contracts")
    shutil.copy(CONTRACT_H, root)
    pytester.makeconftest(FAKE)
    pytester.makeini(f"[pytest]\nkevlar_cache = {shared_cache}\n")

    def write(*names: str, **sources: str) -> Path:
        wanted = dict.fromkeys(names, HOLDS)
        wanted.update({name.replace("__", "/"): source for name, source in sources.items()})
        for name, source in wanted.items():
            path = root / f"{name}.c"
            path.parent.mkdir(exist_ok=True)
            path.write_text(source)
        return root

    return write


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run pytest in this process against the fake runner, or another ``--kevlar-target``."""

    def call(*arguments: str, target: str = "fake", subprocess: bool = False) -> pytest.RunResult:
        words = ("-p", "pytest_kevlar.plugin", f"--kevlar-target={target}", *arguments)
        start = pytester.runpytest_subprocess if subprocess else pytester.runpytest_inprocess
        return start(*words)

    return call
