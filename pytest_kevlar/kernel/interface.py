"""What the kernel declares of its system calls, for whoever prints, compares or counts them.

Read from the handlers' signatures; there is no second table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_kevlar.kernel import arch as architectures
from pytest_kevlar.kernel.syscalls import table_for


@dataclass(frozen=True, slots=True)
class Declared:
    """One call: parameters with their roles, what is missing, and who has it.

    Attributes:
        parameters: name and role (``fd``, ``pid``, ``address`` or empty) of each.
        names: what C calls the values that arguments may have; of structures nothing is known.
        partial: what is missing; empty if nothing is.
        archs: architectures that have the call.
    """

    name: str
    parameters: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    partial: str
    archs: tuple[str, ...]


def calls() -> Mapping[str, Declared]:
    """Every call of every architecture that does something, by name, sorted."""
    found: dict[str, Declared] = {}
    for arch in ("x86_64", "arm64"):
        for entry in table_for(architectures.get(arch)).values():
            if entry.refused:
                continue
            old = found.get(entry.name)
            parameters = tuple((name, arg.role) for name, arg in entry.args if arg.shown)
            archs = (*old.archs, arch) if old else (arch,)
            spaces = [arg.space for _, arg in entry.args if arg.space is not None]
            names = tuple(
                word
                for space in spaces
                for value, word in space.by_value.items()
                if not value or value != space.mask
            )
            found[entry.name] = Declared(
                entry.name, old.parameters if old else parameters, names, entry.partial, archs
            )
    return dict(sorted(found.items()))


def parameters() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Parameter names and roles by call."""
    return {name: call.parameters for name, call in calls().items()}
