"""Entry points, one module per family; thin."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.syscalls.registry import Entry, build_table

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch import Arch


_tables: dict[str, dict[int, Entry]] = {}


def table_for(arch: Arch) -> dict[int, Entry]:
    """The dispatch table of `arch`: every declared call that it numbers.

    Every module of this package is imported first: declaring a call is enough.
    """
    table = _tables.get(arch.name)
    if table is None:
        for module in pkgutil.iter_modules(__path__):
            importlib.import_module(f"{__name__}.{module.name}")
        table = _tables[arch.name] = build_table(arch.numbers)
    return table
