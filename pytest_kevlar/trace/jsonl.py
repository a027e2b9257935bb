"""Traces as JSON lines: one header, then one event a line; docs/traces.md says what is what.

Also reads the ``DBG {…}`` lines that other kernels print between their own output, with
bare hexadecimal numbers in them; what cannot be read is passed over and counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pytest_kevlar.trace.errnos import ERRNO
from pytest_kevlar.trace.event import Buffer, Event, number_steps

#: Raised when a field changes its meaning; new fields do not change it.
VERSION = 1
FORMAT = "kevlar-trace"

_DEBUG = re.compile(r"\bDBG\s*(\{.*\})")
_BARE_HEX = re.compile(r"([:\[,]\s*)(-?0[xX][0-9a-fA-F]+)(?=\s*[,}\]])")


@dataclass(slots=True)
class Trace:
    """Events, and where they are from.

    Attributes:
        about: ``arch``, ``runner``, ``contract``, ``program`` and the like, as texts.
        skipped: lines that could not be read.
    """

    events: list[Event]
    about: dict[str, Any] = field(default_factory=dict)
    skipped: int = 0


def write(to: IO[str], trace: Trace) -> None:
    """Write a header and every event."""
    to.write(json.dumps({"format": FORMAT, "version": VERSION, **trace.about}) + "\n")
    for event in trace.events:
        to.write(json.dumps(to_data(event), separators=(",", ":")) + "\n")


def to_data(event: Event) -> dict[str, Any]:
    """One event as plain data; what is empty is left out."""
    data: dict[str, Any] = {
        "seq": event.seq,
        "step": event.step,
        "task": event.task,
        "process": event.process,
        "kind": event.kind,
        "name": event.name,
    }
    if event.args:
        data["args"] = [None if value is None else hex(value) for value in event.args]
    if event.texts:
        data["texts"] = list(event.texts)
    if event.result is not None:
        data["result"] = event.result
    for name in ("child", "note", "time", "end"):
        if getattr(event, name):
            data[name] = getattr(event, name)
    if event.pc:
        data["pc"] = hex(event.pc)
    if event.stack:
        data["stack"] = [hex(address) for address in event.stack]
    if event.buffers:
        data["buffers"] = [
            {"arg": one.index, "when": one.when, "hex": one.data.hex()} for one in event.buffers
        ]
    return data


def from_data(data: Mapping[str, Any]) -> Event:
    """The event that `to_data` took apart.

    Raises KeyError, TypeError or ValueError if it is none.
    """
    buffers = tuple(
        Buffer(int(one["arg"]), str(one["when"]), bytes.fromhex(one["hex"]))
        for one in data.get("buffers", ())
    )
    return Event(
        seq=int(data.get("seq", 0)),
        task=_number(data["task"]) or 0,
        kind=str(data["kind"]),
        name=str(data["name"]),
        args=tuple(_number(value) for value in data.get("args", ())),
        texts=tuple(str(text) for text in data.get("texts", ())),
        result=_number(data.get("result")),
        time=int(data.get("time", 0)),
        end=int(data.get("end", 0)),
        step=int(data.get("step", 0)),
        process=_number(data.get("process")) or 0,
        note=str(data.get("note", "")),
        child=int(data.get("child", 0)),
        pc=_number(data.get("pc")) or 0,
        stack=tuple(_number(value) or 0 for value in data.get("stack", ())),
        buffers=buffers,
    )


def read(lines: Iterable[str]) -> Trace:
    """Read our own format, or whatever ``DBG`` lines there are among other output."""
    trace = Trace([])
    for line in lines:
        text = line.strip()
        if not text:
            continue
        data = _line(text)
        if data is None:
            trace.skipped += 1
        elif "format" in data:
            trace.about = {k: v for k, v in data.items() if k not in ("format", "version")}
        else:
            try:
                event = from_data(data) if "kind" in data else _foreign(data)
            except (KeyError, TypeError, ValueError):
                trace.skipped += 1
            else:
                trace.events.append(event)
    number_steps(trace.events)
    return trace


def read_file(path: Path) -> Trace:
    """Read a file. Raises OSError."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return read(lines)


def _line(text: str) -> dict[str, Any] | None:
    found = _DEBUG.search(text)
    body = found[1] if found else text
    if not body.startswith("{"):
        return None
    for candidate in (body, _BARE_HEX.sub(r'\1"\2"', body)):
        try:
            data = json.loads(candidate)
        except ValueError:
            continue
        return data if isinstance(data, dict) else None
    return None


def _number(value: Any) -> int | None:
    """An integer, or the text of one in any base."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value)
    return int(str(value), 0)


#: What other kernels call our fields, the first that is there counts.
_TASK = ("tid", "task", "pid", "thread")
_NAME = ("name", "syscall", "call", "sc", "nr_name")
_ARGS = ("args", "arguments", "a")
_RESULT = ("ret", "result", "retval", "rv")


def _foreign(data: Mapping[str, Any]) -> Event:
    """An event in somebody else's words."""
    name = _first(data, _NAME)
    if name is None:
        raise KeyError("name")
    task = _number(_first(data, _TASK)) or 0
    given = _first(data, _ARGS) or ()
    if isinstance(given, Mapping):
        given = list(given.values())
    args: list[int | None] = []
    texts: list[str] = []
    for value in given:
        try:
            args.append(_number(value))
            texts.append(str(value))
        except ValueError:
            args.append(None)
            texts.append(json.dumps(value))
    result = _first(data, _RESULT)
    if isinstance(result, str) and result.lstrip("-") in ERRNO:
        result = -ERRNO[result.lstrip("-")]
    number = _number(result)
    if number is not None and number > (1 << 64) - 4096:
        number -= 1 << 64
    elif number is not None and (1 << 32) - 4096 < number < 1 << 32:
        number -= 1 << 32
    kind = str(data.get("event", data.get("type", "syscall")))
    kind = kind if kind in ("signal", "fault", "fork", "exec", "exit") else "syscall"
    return Event(0, task, kind, str(name), tuple(args), tuple(texts), number)


def _first(data: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((data[name] for name in names if name in data), None)
