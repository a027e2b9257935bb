"""What the fixtures of these tests give: types only, so that tests can name them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_kevlar.kernel import Result

#: A C source and an architecture to a static binary.
Build = Callable[[Path, str], bytes]
#: An architecture, a program and its arguments to what it left behind.
Run = Callable[..., Result]
