"""Bugs for the running kernel: what a call does wrong, wrapped around what it does right.

A bug is a function of the task, the raw arguments and what the right call gave (a result, or
the LinuxError or Interrupted that it raised); what it returns or raises is what the program gets.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_kevlar.kernel import errno, kernel
from pytest_kevlar.kernel.task.wait import Interrupted

Bug = Callable[[Any, list[int], Any], Any]


def gives(result: Any) -> Bug:
    """The call gives something else wherever it should succeed."""

    def bug(task: Any, raw: list[int], right: Any) -> Any:
        if isinstance(right, Exception):
            return right
        return result(right) if callable(result) else result

    return bug


def fails(error: type[errno.LinuxError], when: Callable[[list[int], Any], bool]) -> Bug:
    """The call fails where it should succeed."""

    def bug(task: Any, raw: list[int], right: Any) -> Any:
        return error() if not isinstance(right, Exception) and when(raw, right) else right

    return bug


def forgives(error: type[errno.LinuxError], result: int = 0) -> Bug:
    """What should fail succeeds."""
    return lambda task, raw, right: result if isinstance(right, error) else right


def confuses(error: type[Exception], other: type[errno.LinuxError]) -> Bug:
    """What should fail fails with another error."""
    return lambda task, raw, right: other() if isinstance(right, error) else right


def writes(argument: int, offset: int, data: bytes) -> Bug:
    """The call leaves something else in the caller's memory."""

    def bug(task: Any, raw: list[int], right: Any) -> Any:
        if raw[argument] and not isinstance(right, Exception):
            task.memory.write_partial(raw[argument] + offset, data)
        return right

    return bug


def when(condition: Callable[[list[int]], bool], bug: Bug) -> Bug:
    """A bug that only some arguments bring out."""
    return lambda task, raw, right: bug(task, raw, right) if condition(raw) else right


def break_call(monkeypatch: pytest.MonkeyPatch, call: str, bug: Bug) -> None:
    """Put a bug into one system call of every machine from now on."""
    table_for = kernel.table_for

    def broken_table(arch: Any) -> Any:
        table = dict(table_for(arch))
        for number, entry in table.items():
            if entry.name == call:
                table[number] = _breaking(entry, bug)
        return table

    monkeypatch.setattr(kernel, "table_for", broken_table)


def _breaking(entry: Any, bug: Bug) -> Any:
    """The same call with a bug in it."""

    def after(task: Any, raw: list[int], right: Any) -> Any:
        found = bug(task, raw, right)
        if isinstance(found, Exception):
            raise found
        return found

    def call(task: Any, raw: Any) -> Any:
        args = list(raw)
        try:
            right = entry.call(task, raw)
        except (errno.LinuxError, Interrupted) as error:
            right = error
        return (
            sleeping(task, args, right) if inspect.iscoroutine(right) else after(task, args, right)
        )

    async def sleeping(task: Any, args: list[int], coroutine: Any) -> Any:
        try:
            right = await coroutine
        except (errno.LinuxError, Interrupted) as error:
            right = error
        return after(task, args, right)

    return replace(entry, call=call)
