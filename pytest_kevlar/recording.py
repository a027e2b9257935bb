"""Keeps what the reference did, so that a host without it can judge: one file per contract.

A recording names the sources that it was made from by their content; made from others it is
refused, never trusted.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_kevlar.build import sources
from pytest_kevlar.contract import Contract
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import ARCHITECTURES

if TYPE_CHECKING:
    from pytest_kevlar.kernel import HostProfile

DIRECTORY = "recorded"
FORMAT = "kevlar-recording"
#: Raised when a field changes its meaning.
VERSION = 1


class Missing(Exception):
    """There is no recording; the message says how to make one."""


class Refused(Exception):
    """There is a recording, but not of this contract as it is now; the message says why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What the reference did.

    Attributes:
        arch: architecture it ran on.
        by: what ran it, such as ``linux 6.1.0``.
        outcome: how it ended, and its output.
        profile: the host, for a machine that mirrors it.
        transcript: its system calls as lines of strace; empty if they were not traced.
    """

    arch: str
    by: str
    outcome: Outcome
    profile: HostProfile
    transcript: Sequence[str] = ()


def write(contract: Contract, recording: Recording) -> Path:
    """Write a recording in one step; gives its place. Raises OSError."""
    path = _path(contract, recording.arch)
    outcome = recording.outcome
    data = {
        "format": FORMAT,
        "version": VERSION,
        "contract": contract.key,
        "arch": recording.arch,
        "by": recording.by,
        "sources": _digests(contract),
        "exit": {"code": outcome.code, "signal": outcome.signal},
        "stdout": outcome.stdout.decode("latin-1"),
        "stderr": outcome.stderr.decode("latin-1"),
        "seconds": round(outcome.seconds, 4),
        "profile": dataclasses.asdict(recording.profile),
        "transcript": list(recording.transcript),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")
    os.chmod(scratch, 0o644)
    os.replace(scratch, path)
    return path


def read(contract: Contract, arch: str) -> Recording:
    """Read the recording of ``arch``, or of another if that is the only one.

    Raises Missing or Refused.
    """
    order = (arch, *(other for other in ARCHITECTURES if other != arch))
    path = next((p for p in (_path(contract, one) for one in order) if p.is_file()), None)
    if path is None:
        raise Missing(f"no recording of {contract.key}; make one with --kevlar-record on Linux")
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["format"] != FORMAT or data["version"] != VERSION:
            raise Refused(f"{path.name}: a recording of another version; make it anew")
        _check(contract, path, data)
        return _recording(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"{path.name}: no recording that can be read ({type(error).__name__})"
        ) from None


def _check(contract: Contract, path: Path, data: dict[str, Any]) -> None:
    if data["contract"] != contract.key:
        raise Refused(f"{path.name}: a recording of {data['contract']}, not of {contract.key}")
    now = _digests(contract)
    if data["sources"] != now:
        names = sorted({*now, *data["sources"]})
        changed = [name for name in names if now.get(name) != data["sources"].get(name)]
        raise Refused(
            f"{path.name}: recorded from another {', '.join(changed)}; record it anew "
            "with --kevlar-record on Linux"
        )


def _recording(data: dict[str, Any]) -> Recording:
    from pytest_kevlar.kernel import HostProfile

    facts = dict(data["profile"])
    facts["groups"] = tuple(facts["groups"])
    facts["rlimits"] = {int(n): (soft, hard) for n, (soft, hard) in facts["rlimits"].items()}
    code, signal = int(data["exit"]["code"]), int(data["exit"]["signal"])
    outcome = Outcome(
        Ending.SIGNALED if signal else Ending.EXITED,
        code=code,
        signal=signal,
        stdout=data["stdout"].encode("latin-1"),
        stderr=data["stderr"].encode("latin-1"),
        seconds=float(data["seconds"]),
    )
    transcript = tuple(str(line) for line in data["transcript"])
    return Recording(data["arch"], data["by"], outcome, HostProfile(**facts), transcript)


def _path(contract: Contract, arch: str) -> Path:
    return contract.root / DIRECTORY / contract.category / f"{contract.name}.{arch}.json"


def _digests(contract: Contract) -> dict[str, str]:
    """The content of the source and of the local headers, by name."""
    return {
        Path(os.path.relpath(path, contract.root)).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sources(contract)
    }
