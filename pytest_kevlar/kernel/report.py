"""The state of a machine in lines for people: registers, tasks, the last system calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cpu.engine import ffi, lib
from pytest_kevlar.kernel.errno import name_of

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel


def describe_state(kernel: Kernel) -> str:
    """Tasks, registers of whoever ran last, and the last system calls, oldest first."""
    lines = [f"tasks: {kernel.describe_waits()}"]
    if kernel.engine.active is not None:
        lines += _registers(kernel)
    lines += _calls(kernel)
    return "\n".join(lines)


def _registers(kernel: Kernel) -> list[str]:
    regs = kernel.engine.read_registers()
    values = []
    for name, field in ffi.typeof(regs).item.fields:
        if field.type.kind == "array":
            values += [(f"{name}{index}", value) for index, value in enumerate(getattr(regs, name))]
        else:
            values.append((name, getattr(regs, name)))
    texts = [f"{name}={value:#x}" for name, value in values]
    return [
        ("registers: " if start == 0 else "           ") + " ".join(texts[start : start + 6])
        for start in range(0, len(texts), 6)
    ]


def _calls(kernel: Kernel) -> list[str]:
    raw = kernel.engine.raw
    count = int(raw.call_count)
    lines = []
    for position in range(max(0, count - lib.KV_CALLS), count):
        call = raw.calls[position % lib.KV_CALLS]
        number = int(call.number) & 0xFFFF_FFFF
        entry = kernel.table.get(number)
        name = kernel.arch.names.get(number, f"syscall_{number}")
        width = len(entry.args) if entry is not None else 6
        args = ", ".join(f"{call.args[index]:#x}" for index in range(width))
        lines.append(f"  [{call.task}] {name}({args}) = {_result(call)}")
    return ["last system calls:", *lines] if lines else []


def _result(call: object) -> str:
    if not getattr(call, "returned", 0):
        return "?"
    value = int(getattr(call, "result", 0))
    if value > (1 << 64) - 4096:
        return f"-1 {name_of((1 << 64) - value)}"
    return f"{value:#x}" if value > 0xFFFF else str(value)
