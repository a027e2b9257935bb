"""What contracts exercised of the kernel's interface: calls, named arguments, errnos.

Collected per item from what both sides recorded, and held against what the kernel declares;
drawing the page is the business of ``coverage_page.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_kevlar.evidence import Evidence
from pytest_kevlar.trace.errnos import name_of
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.strace import SIGNAL_NAMES

_NAMES = re.compile(r"/\* ([^*]*) \*/")
_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,}")
#: Members of sets of signals, which are no names that an argument can have.
_MEMBERS = frozenset({"RTMIN", *(name.removeprefix("SIG") for name in SIGNAL_NAMES.values())})


def used(events: Iterable[Event]) -> dict[str, Any]:
    """What one run exercised: by call, how often, which flags and which errnos."""
    found: dict[str, Any] = {}
    for event in events:
        if not event.is_call:
            continue
        call = found.setdefault(event.name, {"count": 0, "names": [], "errnos": []})
        call["count"] += 1
        if event.errno and event.name != "rt_sigreturn":  # its result is the interrupted call's
            error = name_of(event.errno)
            if error not in call["errnos"]:
                call["errnos"].append(error)
        for text in event.texts:
            for words in _NAMES.findall(text):
                for word in _NAME.findall(words):
                    if word not in call["names"] and word not in _MEMBERS:
                        call["names"].append(word)
    return found


def total(items: Iterable[Evidence], archs: Sequence[str]) -> dict[str, Any]:
    """All items together, beside everything that the kernel declares.

    ``calls`` maps each name to ``count`` and ``contracts`` (how many different ones) of the
    sides under test, ``sides`` that made it, ``names`` and ``errnos`` with the sides where they
    were seen, ``archs`` that have the call, ``partial`` and ``declared``. ``untouched`` lists
    the declared that nobody made; ``untouched_on`` by architecture those that were made on
    another one only; ``untouched_names`` by call what its arguments could have been.
    ``references`` are the sides that are no side under test.
    """
    from pytest_kevlar.kernel import interface

    calls: dict[str, Any] = {}
    contracts: dict[str, set[str]] = {}
    known_names: dict[str, tuple[str, ...]] = {}
    sides: set[str] = set()
    tested: set[str] = set()
    for name, declared in interface.calls().items():
        own = [arch for arch in archs if arch in declared.archs]
        if own:
            calls[name] = _empty(own, declared.partial, declared=True)
            known_names[name] = declared.names
    for item in items:
        own_side = side_of(item)
        tested.add(own_side)
        for side, used_there in (item.used or {}).items():
            sides.add(side)
            for name, one in used_there.items():
                call = calls.setdefault(name, _empty(archs, "", declared=False))
                _count(call, one, side)
                if side == own_side:
                    call["count"] += one["count"]
                    contracts.setdefault(name, set()).add(item.contract)
    for name, call in calls.items():
        call["contracts"] = len(contracts.get(name, ()))
        for kind in ("names", "errnos"):
            call[kind] = dict(sorted(call[kind].items()))
    known = {name: call for name, call in sorted(calls.items()) if call["declared"]}
    return {
        "archs": list(archs),
        "references": sorted(sides - tested),
        "calls": dict(sorted(calls.items())),
        "untouched": [name for name, call in known.items() if not call["count"]],
        "untouched_on": {
            arch: [name for name, call in known.items() if _missed(call, arch, sides - tested)]
            for arch in archs
        },
        "untouched_names": {
            name: left
            for name, call in known.items()
            if call["count"] and (left := _never_given(call, known_names[name], tested))
        },
    }


def side_of(item: Evidence) -> str:
    """What the side under test of an item is called."""
    return f"{item.target} {item.arch}"


def _count(call: dict[str, Any], one: dict[str, Any], side: str) -> None:
    call["sides"] = sorted({*call["sides"], side})
    for kind in ("names", "errnos"):
        for word in one[kind]:
            call[kind][word] = sorted({*call[kind].get(word, ()), side})


def _never_given(call: dict[str, Any], names: Iterable[str], tested: set[str]) -> list[str]:
    return [name for name in names if not tested & set(call["names"].get(name, ()))]


def _empty(archs: Sequence[str], partial: str, *, declared: bool) -> dict[str, Any]:
    return {
        "count": 0,
        "contracts": 0,
        "names": {},
        "errnos": {},
        "sides": [],
        "archs": list(archs),
        "partial": partial,
        "declared": declared,
    }


def _missed(call: dict[str, Any], arch: str, references: set[str]) -> bool:
    """Made, and there on this architecture, but not made on it."""
    here = any(side.endswith(f" {arch}") for side in call["sides"] if side not in references)
    return bool(call["count"]) and arch in call["archs"] and not here


def seen(call: dict[str, Any], kind: str, references: Sequence[str] = ()) -> list[str]:
    """The names or errnos of a call.

    ``ENOSPC[arm64]`` was not seen on every architecture that has the call, ``EPERM[linux]`` on
    the reference only.
    """
    words = []
    for word, sides in call[kind].items():
        archs = [side.rpartition(" ")[2] for side in sides if side not in references]
        if not archs:
            words.append(f"{word}[{','.join(side.rpartition(' ')[0] for side in sides)}]")
        elif set(call["archs"]) - set(archs):
            words.append(f"{word}[{','.join(dict.fromkeys(archs))}]")
        else:
            words.append(word)
    return words


def one_sided(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Errnos that a reference gave and nothing under test there, and the other way round.

    A title, and ``CALL ERRNO`` for each. Architectures without a reference are left out.
    """
    there: list[str] = []
    here: list[str] = []
    references = set(found["references"])
    archs = {side.rpartition(" ")[2] for side in references}
    for name, call in found["calls"].items():
        for word, sides in call["errnos"].items():
            own = [side for side in sides if side not in references]
            if not own:
                there.append(f"{name} {word}")
            elif len(own) == len(sides) and archs & {side.rpartition(" ")[2] for side in own}:
                here.append(f"{name} {word}")
    parts = [("errnos on the reference only", there), ("errnos under test only", here)]
    return [(title, pairs) for title, pairs in parts if pairs]


def headline(found: dict[str, Any]) -> str:
    """One line."""
    calls = found["calls"]
    declared = [call for call in calls.values() if call["declared"]]
    touched = sum(1 for call in declared if call["count"])
    pairs = sum(len(call["errnos"]) for call in calls.values())
    flags = sum(len(call["names"]) for call in calls.values())
    left = sum(map(len, found["untouched_names"].values()))
    sides = f"; {', '.join(found['references'])} recorded, too" if found["references"] else ""
    return (
        f"kevlar-coverage: {touched} of {len(declared)} calls exercised, {flags} names and "
        f"{pairs} errnos of calls, {len(found['untouched'])} calls and {left} names untouched"
        f"{sides}"
    )


def untouched(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What no contract made: everywhere, then where it was made on another architecture."""
    parts = [("untouched", found["untouched"])]
    parts += [(f"untouched on {arch}", names) for arch, names in found["untouched_on"].items()]
    return [(title, names) for title, names in parts if names]


def table(found: dict[str, Any]) -> list[str]:
    """Lines for the terminal."""
    references = found["references"]
    lines = [headline(found), f"{'call':<22}{'made':>9}{'contracts':>11}{'names':>7}  errnos"]
    for name, call in found["calls"].items():
        if not call["sides"]:
            continue
        own = "" if call["declared"] else " (not implemented)"
        counts = f"{call['count']:>9}{call['contracts']:>11}{len(call['names']):>7}"
        lines.append(
            f"{name:<22}{counts}  {' '.join(seen(call, 'errnos', references))}{own}".rstrip()
        )
    lines += [f"{title}: {' '.join(names)}" for title, names in untouched(found)]
    lines += [
        f"untouched names of {name}: {' '.join(names)}"
        for name, names in found["untouched_names"].items()
    ]
    return lines + [f"{title}: {', '.join(pairs)}" for title, pairs in one_sided(found)]
