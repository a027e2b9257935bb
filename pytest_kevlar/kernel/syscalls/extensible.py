"""Structures that grow from release to release: the caller says how large its own is."""

from __future__ import annotations

from typing import Any

from pytest_kevlar.kernel.abi.layout import Layout
from pytest_kevlar.kernel.errno import E2BIG, EINVAL
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.mm.vma import PAGE


def check_size(size: int, least: int) -> None:
    """Raise EINVAL below the first version's size, E2BIG above a page."""
    if size < least:
        raise EINVAL
    if size > PAGE:
        raise E2BIG


def read_extensible(pointer: UserPtr, size: int, layout: Layout, least: int | None = None) -> Any:
    """The fields of a structure of which the caller has `size` bytes; what it lacks is zero.

    Mirrors include/linux/uaccess.h:copy_struct_from_user().

    Args:
        least: the size of the first version, the layout's if None.

    Raises:
        EINVAL, E2BIG: as :func:`check_size`; E2BIG for a value in a field of a later release too.
        EFAULT: it cannot be read.
    """
    check_size(size, layout.size if least is None else least)
    data = pointer.read(size)
    if any(data[layout.size :]):
        raise E2BIG
    return layout.unpack(data.ljust(layout.size, b"\0"))
