"""Disks of ``kevlar run`` and ``kevlar trace``: images of this host, copied in and perhaps back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kevlar.cli_trouble import Trouble

if TYPE_CHECKING:
    from pytest_kevlar.kernel import Disk, Machine


def _parse(word: str) -> tuple[Path, str]:
    """The image that a ``--disk`` names, and its mode: ``rw``, ``ro``, or empty."""
    name, _, mode = word.rpartition(":")
    return (Path(name), mode) if name and mode in ("rw", "ro") else (Path(word), "")


def disks(words: Sequence[str]) -> list[Disk]:
    """The disks of a machine."""
    from pytest_kevlar.kernel import Disk

    found = []
    for word in words:
        path, mode = _parse(word)
        try:
            found.append(Disk(path.read_bytes(), read_only=mode == "ro"))
        except OSError as error:
            raise Trouble(f"--disk: {path}: {error.strerror}") from None
    return found


def write_back(machine: Machine, words: Sequence[str]) -> None:
    """Bring the disks that are ``rw`` back to their files; what was no whole sector stays."""
    for index, word in enumerate(words):
        path, mode = _parse(word)
        if mode == "rw":
            try:
                with path.open("r+b") as file:
                    file.write(machine.disk(index))
            except OSError as error:
                raise Trouble(f"--disk: {path}: {error.strerror}") from None
