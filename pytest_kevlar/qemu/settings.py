"""What the user says of the machines: ini keys, their defaults, their checks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_kevlar.qemu.console import BadPattern, Patterns
from pytest_kevlar.runners.base import ARCHITECTURES

#: By architecture: QEMU's program, its package, the arguments that choose machine and CPU, and
#: the kernel's name of the first serial port.
PROGRAMS = {"x86_64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64"}
PACKAGES = {"x86_64": "qemu-system-x86", "arm64": "qemu-system-arm"}
MACHINES = {
    "x86_64": "-machine pc -cpu max -smp 2 -accel tcg",
    "arm64": "-machine virt -cpu cortex-a72 -smp 2 -accel tcg",
}
SERIAL = {"x86_64": "ttyS0", "arm64": "ttyAMA0"}

#: The device that gives a machine a port for traces, which are long for a serial console.
PORT_DEVICE = "virtio-serial-pci"
#: Contracts that share a boot where ``--kevlar-batch`` gives no number.
BATCH = 100
#: Who the first process of a machine may be.
FIRST = ("supervisor", "contract")


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's choices.

    Attributes:
        kernels: kernel by architecture.
        machines: arguments of QEMU by architecture, in the place of the built-in ones.
        append: words for the kernel's command line.
        debug: the word that makes the kernel print its trace.
        port: QEMU's device with the port that traces come by; empty for the console.
        first: one of `FIRST`.
        boot: seconds that a machine may take to come up.
        batch: contracts that may share one boot.
        consoles: where consoles are kept; None for the cache.
    """

    kernels: Mapping[str, Path] = field(default_factory=dict)
    machines: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {arch: tuple(MACHINES[arch].split()) for arch in ARCHITECTURES}
    )
    append: str = ""
    debug: str = "debug=syscall"
    port: str = PORT_DEVICE
    first: str = FIRST[0]
    boot: float = 120.0
    batch: int = 1
    consoles: Path | None = None
    patterns: Patterns = field(default_factory=Patterns)


def add_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Declare every option and ini key."""
    group.addoption(
        "--kevlar-batch",
        metavar="N",
        nargs="?",
        const=str(BATCH),
        default="1",
        help=f"let N contracts share one boot where they can (default: 1; without N: {BATCH})",
    )
    for arch in ARCHITECTURES:
        parser.addini(f"kevlar_qemu_kernel_{arch}", f"kernel that qemu-system boots for {arch}")
        parser.addini(
            f"kevlar_qemu_machine_{arch}",
            f"QEMU's arguments for {arch} (default: {MACHINES[arch]})",
        )
    parser.addini("kevlar_qemu_append", "words for the command line of the kernel")
    parser.addini(
        "kevlar_qemu_debug", "word that makes the kernel print its trace", default="debug=syscall"
    )
    parser.addini(
        "kevlar_qemu_port",
        f"device that traces come by; empty for the console (default: {PORT_DEVICE})",
        default=PORT_DEVICE,
    )
    parser.addini(
        "kevlar_qemu_first",
        f"first process of the machine: {' or '.join(FIRST)}",
        default=FIRST[0],
    )
    parser.addini("kevlar_qemu_boot", "seconds that a boot may take", default="120")
    parser.addini("kevlar_qemu_consoles", "directory for consoles (default: in the cache)")
    for name, text in (
        ("noise", "lines of the console that are not the program's"),
        ("panic", "lines with which the kernel gives up"),
        ("exit", "lines that say how the first process ended"),
    ):
        parser.addini(f"kevlar_qemu_{name}", text, "linelist", default=[])


def read(config: pytest.Config) -> Settings:
    """Check every value. Raises pytest.UsageError with one line."""
    first = str(config.getini("kevlar_qemu_first"))
    if first not in FIRST:
        raise pytest.UsageError(f"kevlar_qemu_first: choose {' or '.join(FIRST)}, not {first!r}")
    return Settings(
        kernels=_kernels(config),
        machines={arch: _machine(config, arch) for arch in ARCHITECTURES},
        append=str(config.getini("kevlar_qemu_append") or "").strip(),
        debug=str(config.getini("kevlar_qemu_debug")).strip(),
        port=str(config.getini("kevlar_qemu_port")).strip(),
        first=first,
        boot=_seconds(str(config.getini("kevlar_qemu_boot"))),
        batch=_batch(str(config.getoption("--kevlar-batch"))),
        consoles=_path(config, str(config.getini("kevlar_qemu_consoles") or "")),
        patterns=_patterns(config),
    )


def _kernels(config: pytest.Config) -> dict[str, Path]:
    found = {}
    for arch in ARCHITECTURES:
        path = _path(config, str(config.getini(f"kevlar_qemu_kernel_{arch}") or ""))
        if path is not None:
            found[arch] = path
    return found


def _path(config: pytest.Config, text: str) -> Path | None:
    return config.rootpath / Path(text).expanduser() if text.strip() else None


def _machine(config: pytest.Config, arch: str) -> tuple[str, ...]:
    key = f"kevlar_qemu_machine_{arch}"
    text = str(config.getini(key) or "") or MACHINES[arch]
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise pytest.UsageError(f"{key}: {text!r}: {str(error).lower()}") from None


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]+)?", text) or not float(text):
        raise pytest.UsageError(f"kevlar_qemu_boot: {text!r} is no number of seconds above 0")
    return float(text)


def _batch(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not int(text):
        raise pytest.UsageError(f"--kevlar-batch: {text!r} is not a whole number from 1")
    return int(text)


def _patterns(config: pytest.Config) -> Patterns:
    try:
        noise, panic, end = (
            config.getini(f"kevlar_qemu_{name}") for name in ("noise", "panic", "exit")
        )
        return Patterns(noise, panic, end)
    except BadPattern as error:
        raise pytest.UsageError(f"kevlar_qemu_noise, _panic, _exit: {error}") from None
