"""JSON lines: our own format there and back, and what other kernels print."""

from __future__ import annotations

import io

from pytest_kevlar.trace import jsonl
from pytest_kevlar.trace.event import Buffer, Event

EVENTS = [
    Event(0, 100, "syscall", "read", (3, None, 1), ("3", '"x"', "1"), 1, 5, 9, 0, 100, "", 0x401000,
          (0x401234,), (Buffer(1, "out", b"\xffx"),)),
    Event(1, 100, "signal", "SIGUSR1", texts=("{si_signo=10}",), step=1, process=100),
    Event(2, 101, "exit", "exit", result=256, process=101),
]  # fmt: skip


def test_there_and_back() -> None:
    file = io.StringIO()
    jsonl.write(file, jsonl.Trace(EVENTS, {"contract": "vm.brk", "arch": "x86_64"}))
    again = jsonl.read(file.getvalue().splitlines())
    assert again.events == EVENTS
    assert again.about == {"contract": "vm.brk", "arch": "x86_64"}
    assert again.skipped == 0


def test_debug_lines_with_bare_hex_and_noise_between() -> None:
    trace = jsonl.read(
        [
            "booting...",
            'DBG {"name": "brk", "tid": 0x1, "args": [0x0], "ret": 0x430000}',
            "[  0.1] hello DBG {not json}",
            '[  0.2] DBG {"syscall": "open", "pid": 2, "args": ["/x", 0x8000], "ret": 0xfffffffe}',
            'DBG {"call": "read", "task": 2, "a": {"fd": 3}, "result": "-EAGAIN"}',
            '{"unrelated": true}',
        ]
    )  # fmt: skip
    assert [(event.task, event.name, event.result) for event in trace.events] == [
        (1, "brk", 0x430000),
        (2, "open", -2),
        (2, "read", -11),
    ]
    assert trace.events[1].args == (None, 0x8000)
    assert trace.skipped == 3
