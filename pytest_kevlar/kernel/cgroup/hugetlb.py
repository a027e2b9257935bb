"""The hugetlb controller. There are no huge pages here, and so nothing that it could count."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cgroup.controller import ControlFile, Controller, Opener
from pytest_kevlar.kernel.cgroup.values import memparse, strip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task

#: Sizes that both architectures have with pages of 4 KiB, biggest first as Linux makes the files.
SIZES = {"1GB": 1 << 30, "2MB": 2 << 20}
PAGE_COUNTER_MAX = ((1 << 63) - 1) // 4096


class Hugetlb:
    """Limits in bytes by the name of the file; None once ``max`` was written."""

    __slots__ = ("limits",)

    def __init__(self) -> None:
        self.limits: dict[str, int | None] = {}


def _show_max(name: str, task: Task, group: Cgroup) -> bytes:
    limit = group.states["hugetlb"].limits.get(name, PAGE_COUNTER_MAX * 4096)
    return b"max\n" if limit is None else b"%d\n" % limit


def _store_max(name: str, size: int, task: Task, group: Cgroup, data: bytes, _: Opener) -> None:
    """mm/hugetlb_cgroup.c:hugetlb_cgroup_write(): whole huge pages."""
    text = strip(data)
    limit = None if text == b"max" else memparse(text) // size * size
    group.states["hugetlb"].limits[name] = limit


def _constant(text: bytes, task: Task, group: Cgroup) -> bytes:
    return text


def _files() -> Iterator[ControlFile]:
    for label, size in SIZES.items():
        for kind in ("", "rsvd."):
            name = f"hugetlb.{label}.{kind}max"
            show, store = partial(_show_max, name), partial(_store_max, name, size)
            yield ControlFile(name.encode(), show, store)
        for name, text in (
            ("current", b"0\n"),
            ("rsvd.current", b"0\n"),
            ("events", b"max 0\n"),
            ("events.local", b"max 0\n"),
            ("numa_stat", b"total=0 N0=0\n"),
        ):
            yield ControlFile(f"hugetlb.{label}.{name}".encode(), partial(_constant, text))


class HugetlbController(Controller):
    """hugetlb."""

    name = "hugetlb"
    files = tuple(_files())

    def make(self, group: Cgroup) -> Hugetlb:
        """What is kept for a group."""
        return Hugetlb()
