"""Reads ``known-divergences.json``: which contracts are expected to differ, and why.

It checks the list against the contracts that exist and says what an entry excuses; what
becomes of an item is decided where items are made and run.
"""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_kevlar.compare import changed_lines
from pytest_kevlar.outcome import Status, Verdict
from pytest_kevlar.runners.base import ARCHITECTURES

FILE_NAME = "known-divergences.json"

#: What an entry without a pin excuses. A crash of the kernel needs a pin that says so.
EXCUSABLE = (Status.DIVERGE, Status.HANG, Status.TIMEOUT)

_PINNABLE = (*EXCUSABLE, Status.CRASH, Status.PANIC)
_PARTS = ("exit", "stdout", "stderr")
_KEYS = ("contract", "arch", "target", "reason", "issue", "pin", "run")
_PIN_KEYS = ("status", "exit", "differs", "lines")


class BadList(Exception):
    """The list is wrong; the message names the file and the entry, in one line."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What exactly is expected to differ; a part that is None is not looked at.

    Attributes:
        status: the verdict.
        exit: how the run under test ends, in the words of the report (``exit status 1``).
        differs: which of ``exit``, ``stdout``, ``stderr`` differ; no more and no less.
        lines: the changed lines of standard output, ``-`` for Linux, ``+`` for the other.
    """

    status: Status | None = None
    exit: str | None = None
    differs: tuple[str, ...] | None = None
    lines: tuple[str, ...] | None = None

    def mismatch(self, verdict: Verdict) -> str:
        """Return what differs otherwise than pinned, in one line; empty if nothing does."""
        assert verdict.candidate is not None
        found = {
            "status": verdict.status.value,
            "exit": verdict.candidate.describe(),
            "differs": verdict.differs,
            "lines": tuple(changed_lines(verdict.reference, verdict.candidate)),
        }
        expected = {
            "status": self.status.value if self.status else None,
            "exit": self.exit,
            "differs": self.differs,
            "lines": self.lines,
        }
        for name, value in expected.items():
            if value is not None and value != found[name]:
                return f"{name} is pinned as {_show(value)}, but is {_show(found[name])}"
        return ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One known divergence.

    Attributes:
        contract: ``category.name``.
        archs: architectures it binds to.
        reason: why the two sides differ.
        issue: where it is being worked on, or empty.
        pin: what exactly is expected, or None for any excusable verdict.
        run: False if the contract is not even to be started.
        targets: runners it binds to; all if empty.
    """

    contract: str
    archs: tuple[str, ...]
    reason: str
    issue: str = ""
    pin: Pin | None = None
    run: bool = True
    targets: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return the reason, with the issue where there is one."""
        return f"{self.reason} ({self.issue})" if self.issue else self.reason

    def objection(self, verdict: Verdict) -> str:
        """Return why this entry does not excuse ``verdict``; empty if it does."""
        if self.pin is not None:
            return self.pin.mismatch(verdict)
        if verdict.status not in EXCUSABLE:
            return f"an entry without a pin does not excuse {verdict.status.value}"
        return ""


@dataclass(frozen=True, slots=True)
class Divergences:
    """The whole list of one tree of contracts."""

    path: Path
    entries: tuple[Entry, ...] = ()

    def entry(self, contract: str, arch: str, target: str = "") -> Entry | None:
        """Return the entry for one item, or None; one that names the target goes first."""
        fitting = [e for e in self.entries if e.contract == contract and arch in e.archs]
        for entry in fitting:
            if target in entry.targets:
                return entry
        return next((entry for entry in fitting if not entry.targets), None)


def load(path: Path, contracts: Iterable[str]) -> Divergences:
    """Read the list at ``path``; a file that is not there is an empty list.

    ``contracts`` are the keys of all contracts that exist. Raises BadList.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Divergences(path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadList(f"{path.name}: cannot be read: {error}") from None
    try:
        data = json.loads(text, object_pairs_hook=_object)
    except _Duplicate as error:
        raise BadList(f"{path.name}: entry {error.args[0]!r} is there twice") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadList(f"{path.name}: not valid JSON: {error}") from None
    try:
        if isinstance(data, dict):
            entries = [_flat(key, value) for key, value in data.items() if key[:1] != "_"]
        elif isinstance(data, list):
            entries = [_rich(position, item) for position, item in enumerate(data, start=1)]
        else:
            raise _Wrong("the file", "must be an object or a list of objects")
        _check(entries, sorted(contracts))
    except _Wrong as error:
        raise BadList(f"{path.name}: {error.args[0]}: {error.args[1]}") from None
    return Divergences(path, tuple(entries))


class _Wrong(Exception):
    """Which entry is wrong, and what is wrong with it."""


class _Duplicate(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _Duplicate(key)
        result[key] = value
    return result


def _flat(key: str, value: Any) -> Entry:
    """Read ``"category.name": "reason"``; the reason may open with an architecture."""
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(f"entry {key!r}", f"the reason must be a text, not {_show(value)}")
    archs: tuple[str, ...] = ARCHITECTURES
    for arch in ARCHITECTURES:
        if value.casefold().startswith(f"{arch.casefold()} only:"):
            archs = (arch,)
    return Entry(key, archs, value.strip())


def _rich(position: int, item: Any) -> Entry:
    where = f"entry {position}"
    if not isinstance(item, Mapping):
        raise _Wrong(where, f"must be an object, not {_show(item)}")
    contract = item.get("contract")
    if not isinstance(contract, str) or not contract:
        raise _Wrong(where, f"'contract' must be a text, not {_show(contract)}")
    where = f"entry {contract!r}"
    _only(where, item, _KEYS)
    reason, issue, run = item.get("reason"), item.get("issue", ""), item.get("run", True)
    if not isinstance(reason, str) or not reason.strip():
        raise _Wrong(where, f"'reason' must be a text, not {_show(reason)}")
    if isinstance(issue, bool) or not isinstance(issue, str | int):
        raise _Wrong(where, f"'issue' must be a text or a number, not {_show(issue)}")
    if not isinstance(run, bool):
        raise _Wrong(where, f"'run' must be true or false, not {_show(run)}")
    arch = item.get("arch", "all")
    names = [*ARCHITECTURES, "all"]
    if arch not in names:
        raise _Wrong(where, f"'arch' must be one of {', '.join(names)}, not {_show(arch)}")
    archs = ARCHITECTURES if arch == "all" else (str(arch),)
    pin = _pin(where, item["pin"]) if "pin" in item else None
    targets = _targets(where, item.get("target", []))
    return Entry(contract, archs, reason.strip(), str(issue), pin, run, targets)


def _targets(where: str, value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
        raise _Wrong(where, f"'target' must be a text or a list of texts, not {_show(value)}")
    return tuple(names)


def _pin(where: str, data: Any) -> Pin:
    if not isinstance(data, Mapping) or not data:
        raise _Wrong(where, f"'pin' must be an object that is not empty, not {_show(data)}")
    _only(f"{where}, 'pin'", data, _PIN_KEYS)
    status, ending = data.get("status"), data.get("exit")
    known = [status.value for status in _PINNABLE]
    if status is not None and status not in known:
        raise _Wrong(where, f"'status' must be one of {', '.join(known)}, not {_show(status)}")
    if ending is not None and not isinstance(ending, str):
        raise _Wrong(where, f"'exit' must be a text, not {_show(ending)}")
    differs, lines = (_texts(where, name, data.get(name)) for name in ("differs", "lines"))
    if differs is not None:
        for part in differs:
            if part not in _PARTS:
                raise _Wrong(where, f"'differs' holds {part!r}; known are {', '.join(_PARTS)}")
        differs = tuple(part for part in _PARTS if part in differs)
    return Pin(Status(status) if status else None, ending, differs, lines)


def _texts(where: str, name: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong(where, f"{name!r} must be a list of texts, not {_show(value)}")
    return tuple(value)


def _only(where: str, item: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in item:
        if key not in keys and not key.startswith("_"):
            raise _Wrong(where, f"unknown key {key!r}; known are {', '.join(keys)}")


def _check(entries: list[Entry], contracts: list[str]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for entry in entries:
        where = f"entry {entry.contract!r}"
        if entry.contract not in contracts:
            close = difflib.get_close_matches(entry.contract, contracts, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise _Wrong(where, f"there is no such contract{hint}")
        for arch, target in itertools.product(entry.archs, entry.targets or ("",)):
            if (entry.contract, arch, target) in seen:
                bound = f"{arch} on {target}" if target else arch
                raise _Wrong(where, f"is there twice for {bound}")
            seen.add((entry.contract, arch, target))


def _show(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 200 else text[:200] + "…"
