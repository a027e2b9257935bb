"""An example of a runner: Linux in user and process namespaces of its own, by ``unshare``.

What it takes to offer a target of one's own: an object with a name and three methods, two
more that say what it can do, and one hook.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile

from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import Capabilities, Job, host_architecture


class BareRunner:
    """The host's kernel, and processes that are alone in the world."""

    name = "bare"
    capabilities = Capabilities(parallel=2)

    def unavailable(self, arch: str) -> str:
        """Return a sentence if there is no ``unshare``, or ``arch`` is another."""
        if arch != host_architecture():
            return f"this host runs no {arch} programs"
        return "" if shutil.which("unshare") else "no unshare on this host (util-linux)"

    def version(self) -> str:
        """Return the version of unshare."""
        done = subprocess.run(["unshare", "--version"], capture_output=True, text=True)
        return done.stdout.split()[-1]

    def run(self, job: Job) -> Outcome:
        """Run ``job`` as the child of a first process of a new process namespace."""
        command = [
            "unshare",
            "--map-root-user",
            "--pid",
            "--fork",
            "--kill-child",
            str(job.program),
        ]
        with tempfile.TemporaryDirectory() as directory:
            try:
                done = subprocess.run(
                    command,
                    cwd=directory,
                    env=dict(job.environment),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=job.timeout,
                )
            except subprocess.TimeoutExpired as late:
                detail = f"no end after {job.timeout:g} s"
                return Outcome(Ending.TIMEOUT, stdout=late.stdout or b"", detail=detail)
        streams = {"stdout": done.stdout, "stderr": done.stderr}
        if done.returncode < 0:
            return Outcome(Ending.SIGNALED, signal=-done.returncode, **streams)
        return Outcome(Ending.EXITED, code=done.returncode, **streams)

    def close(self) -> None:
        """Nothing outlives a run."""


def pytest_kevlar_runners() -> list[BareRunner]:
    """Offer it to ``--kevlar-target``."""
    return [BareRunner()]
