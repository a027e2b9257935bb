"""How a command says that it cannot do what is asked: in one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


class Trouble(Exception):
    """A command cannot do what is asked; the message is one line."""


@contextlib.contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """A file to read, whatever goes wrong with it being Trouble."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise Trouble(f"{name}: {words}") from None
