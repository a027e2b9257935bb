"""Calls that are newer than the strace that recorded them: it prints their numbers.

From 424 on, where that can be, the numbers of all architectures agree.
"""

from __future__ import annotations

import re

from pytest_kevlar.trace.event import Event

_NUMBER = re.compile(r"syscall_0x([0-9a-f]+)")


def name_unknown(event: Event) -> None:
    """Give a call that is a number its name, and leave it the arguments that it has."""
    number = _NUMBER.fullmatch(event.name)
    if number is None:
        return
    from pytest_kevlar.kernel import arch, interface

    name = arch.get("x86_64").names.get(int(number[1], 16))
    if name is None:
        return
    event.name = name
    parameters = interface.parameters().get(name)
    if parameters is not None:
        event.texts = event.texts[: len(parameters)]
        event.args = event.args[: len(parameters)]
