"""What contracts exercised of the kernel's interface: calls, named arguments, errnos.

Collected per item from what the side under test recorded, and held against what the
kernel declares; drawing the page is the business of ``coverage_page.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_kevlar.evidence import Evidence
from pytest_kevlar.trace.errnos import name_of
from pytest_kevlar.trace.event import Event

_NAMES = re.compile(r"/\* ([^*]*) \*/")
_NAME = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+|SIG[A-Z0-9]+")


def used(events: Iterable[Event]) -> dict[str, Any]:
    """What one run exercised: by call, how often, which flags and which errnos."""
    found: dict[str, Any] = {}
    for event in events:
        if not event.is_call:
            continue
        call = found.setdefault(event.name, {"count": 0, "names": [], "errnos": []})
        call["count"] += 1
        if event.errno:
            error = name_of(event.errno)
            if error not in call["errnos"]:
                call["errnos"].append(error)
        for text in event.texts:
            for words in _NAMES.findall(text):
                for word in _NAME.findall(words):
                    if word not in call["names"]:
                        call["names"].append(word)
    return found


def total(items: Iterable[Evidence], archs: Sequence[str]) -> dict[str, Any]:
    """All items together, beside everything that the kernel declares.

    ``calls`` maps each name to ``count``, ``contracts``, ``names``, ``errnos``, ``sides``,
    ``partial`` and ``declared``; ``untouched`` lists the declared that no contract makes.
    """
    from pytest_kevlar.kernel import interface

    calls: dict[str, Any] = {}
    for name, declared in interface.calls().items():
        if set(declared.archs) & set(archs):
            calls[name] = _empty(declared.partial, declared=True)
    for item in items:
        for name, one in (item.used or {}).items():
            call = calls.setdefault(name, _empty("", declared=False))
            call["count"] += one["count"]
            call["contracts"] += 1
            call["names"] = sorted({*call["names"], *one["names"]})
            call["errnos"] = sorted({*call["errnos"], *one["errnos"]})
            side = f"{item.target} {item.arch}"
            call["sides"] = sorted({*call["sides"], side})
    untouched = [name for name, call in calls.items() if call["declared"] and not call["count"]]
    return {"archs": list(archs), "calls": dict(sorted(calls.items())), "untouched": untouched}


def _empty(partial: str, *, declared: bool) -> dict[str, Any]:
    return {
        "count": 0,
        "contracts": 0,
        "names": [],
        "errnos": [],
        "sides": [],
        "partial": partial,
        "declared": declared,
    }


def headline(found: dict[str, Any]) -> str:
    """One line."""
    calls = found["calls"]
    declared = [call for call in calls.values() if call["declared"]]
    touched = sum(1 for call in declared if call["count"])
    pairs = sum(len(call["errnos"]) for call in calls.values())
    return (
        f"kevlar-coverage: {touched} of {len(declared)} calls exercised, "
        f"{pairs} errnos of calls, {len(found['untouched'])} calls untouched"
    )


def table(found: dict[str, Any]) -> list[str]:
    """Lines for the terminal."""
    lines = [headline(found), f"{'call':<22}{'made':>9}{'contracts':>11}  errnos"]
    for name, call in found["calls"].items():
        if not call["count"]:
            continue
        own = "" if call["declared"] else " (not implemented)"
        errnos = " ".join(call["errnos"])
        lines.append(f"{name:<22}{call['count']:>9}{call['contracts']:>11}  {errnos}{own}".rstrip())
    if found["untouched"]:
        lines.append("untouched: " + " ".join(found["untouched"]))
    return lines
