"""Per-architecture facts: numbers, register roles, structures, signal frames.

Nothing outside this package and the engine names an architecture.
"""

from __future__ import annotations

import functools
import importlib
from typing import Final

from pytest_kevlar.kernel.arch.base import AltStack, Arch, BadFrame, Fault, Restored

__all__ = ["NAMES", "AltStack", "Arch", "BadFrame", "Fault", "Restored", "get"]

NAMES: Final = ("x86_64", "arm64")


@functools.cache
def get(name: str) -> Arch:
    """The architecture of that name; raises KeyError if there is none.

    Loads the compiled core, of which the structures are a part.
    """
    if name not in NAMES:
        raise KeyError(name)
    arch = importlib.import_module(f"{__name__}.{name}").ARCH
    assert isinstance(arch, Arch)
    return arch
