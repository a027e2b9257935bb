"""The table of supported system calls, made from the declarations themselves.

``python -m pytest_kevlar.kernel.support`` prints it; ``docs/system-calls.md`` is its output.
"""

from __future__ import annotations

from pytest_kevlar.kernel import arch as architectures
from pytest_kevlar.kernel.syscalls import table_for
from pytest_kevlar.kernel.syscalls.registry import Entry

HEADER = """# System calls

Made by `python -m pytest_kevlar.kernel.support` from the declarations; do not edit.

*yes*: as on Linux, as far as contracts and tests show. *partial*: with the limit that the
note names. *refused*: fails as on a Linux that does not have the call either, for the reason
that the note gives. *no*: missing here; ENOSYS, and the run's report names the call. *—*: the
architecture has no such call.
"""


def rows() -> list[tuple[str, tuple[str, ...], str]]:
    """Name, state per architecture in the order of ``arch.NAMES``, and note of every call."""
    archs = [architectures.get(name) for name in architectures.NAMES]
    tables = [table_for(arch) for arch in archs]
    result = []
    for name in sorted({name for arch in archs for name in arch.numbers}):
        states, note = [], ""
        for arch, table in zip(archs, tables, strict=True):
            number = arch.numbers.get(name)
            entry = table.get(number) if number is not None else None
            if number is None:
                states.append("—")
            elif entry is None:
                states.append("no")
            else:
                states.append(_state(entry))
                note = entry.partial or entry.refused or note
        result.append((name, tuple(states), note))
    return result


def _state(entry: Entry) -> str:
    if entry.refused:
        return "refused"
    return "partial" if entry.partial else "yes"


def markdown() -> str:
    """The whole page."""
    lines = [HEADER]
    table = rows()
    for index, name in enumerate(architectures.NAMES):
        states = [states[index] for _, states, _ in table]
        have = states.count("yes") + states.count("partial")
        refused, total = states.count("refused"), len(states) - states.count("—")
        lines.append(f"{name}: {have} of {total} system calls, and {refused} refused.\n")
    lines.append(f"| call | {' | '.join(architectures.NAMES)} | note |")
    lines.append("|---" * (len(architectures.NAMES) + 2) + "|")
    lines += [f"| {name} | {' | '.join(states)} | {note} |" for name, states, note in table]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
