"""The plugin's options and ini keys: their names, their defaults, their checks.

Everything that reads a setting reads it from `Settings`, checked once; a bad value is one
usage line that names the option and what it takes.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_kevlar import trace_options
from pytest_kevlar.divergences import FILE_NAME
from pytest_kevlar.qemu import settings as qemu_settings
from pytest_kevlar.runners.base import ARCHITECTURES

_DEFAULTS = {
    "arch": "x86_64",
    "target": "kevlar",
    "reference": "linux",
    "timeout": "30",
    "seed": "0",
    "schedules": "1",
    "memory": "512M",
    "profile": "balanced",
}
#: Schedules that one contract may be asked to run under.
_MOST_SCHEDULES = 1_000_000
_COMMAND = re.compile(r"(?:^|,)\s*cmd(?:\+[\w-]+)?:")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for.

    Attributes:
        archs: architectures to run, in the order they are listed.
        targets: names of the runners under test, in the order they were given.
        timeout: seconds of host time that each side of a contract may take.
        seed: seed of everything that is left to chance on the side under test.
        schedules: seeds to try, from `seed` on.
        memory: bytes of memory of the machine under test.
        divergences: name of the list of known divergences, below each tree's root.
        reference: name of the runner that is right by definition, or ``recorded``.
        record: write what the reference did.
        trace: when system calls are compared: ``""`` (never), ``fail`` or ``all``.
        trace_filter: names of calls to compare; all if empty.
        trace_directory: where traces are written; None for a place near the report.
        debug: channels that the kernel under test records.
        strict: a passing contract must make the same system calls, too.
        coverage: ``""``, or where to write the coverage of the interface (``-`` for the
            terminal only).
    """

    archs: tuple[str, ...]
    targets: tuple[str, ...]
    timeout: float
    seed: int
    schedules: int
    memory: int
    divergences: str
    reference: str = "linux"
    record: bool = False
    trace: str = ""
    trace_filter: tuple[str, ...] = ()
    trace_directory: Path | None = None
    debug: tuple[str, ...] = ()
    strict: bool = False
    coverage: str = ""


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and ini key."""
    group = parser.getgroup("kevlar", "C contracts on Linux and on a kernel under test")
    texts = {
        "arch": ("ARCH", "architectures to run: x86_64, arm64 or all (default: x86_64)"),
        "target": (
            "NAME",
            "runners under test, with commas (default: kevlar); linux is built in, too",
        ),
        "reference": ("NAME", "what is right: linux (default), qemu-user, qemu-system or recorded"),
        "timeout": ("SECONDS", "host time each side of a contract may take (default: 30)"),
        "seed": ("N", "seed of what is left to chance under test (default: 0)"),
        "schedules": (
            "K",
            "run each contract under K schedules, those of K seeds from --kevlar-seed on, "
            "until one breaks it (default: 1)",
        ),
        "memory": ("SIZE", "memory of the machine under test, such as 512M (the default)"),
        "profile": (
            "NAME",
            "settings of the target, by name: fortress, balanced (default), performance, "
            "ludicrous, those of kevlar_profiles, several with commas, or all",
        ),
    }
    for name, (metavar, text) in texts.items():
        group.addoption(f"--kevlar-{name}", metavar=metavar, default=None, help=text)
        parser.addini(f"kevlar_{name}", f"default of --kevlar-{name}", default=None)
    parser.addini(
        "kevlar_commands", "targets that are commands, as NAME = COMMAND", "linelist", default=[]
    )
    parser.addini("kevlar_profiles", "profiles, as NAME: KEY=VALUE …", type="linelist", default=[])
    trace_options.add_options(group)
    qemu_settings.add_options(parser, group)
    group.addoption(
        "--kevlar-record",
        action="store_true",
        help="write what the reference did, for --kevlar-reference=recorded",
    )
    parser.addini("kevlar_cache", "directory of the build cache (default: in pytest's cache)")
    parser.addini(
        "kevlar_contracts", "directories to take for trees of contracts", "paths", default=[]
    )
    parser.addini(
        "kevlar_divergences",
        f"name of the list of known divergences in a tree (default: {FILE_NAME})",
        default=FILE_NAME,
    )


def read_settings(config: pytest.Config) -> Settings:
    """Check every value. Raises pytest.UsageError with one line."""
    return Settings(
        archs=_archs(*_value(config, "arch")),
        targets=_targets(*_value(config, "target")),
        timeout=timeout(*_value(config, "timeout")),
        seed=_seed(*_value(config, "seed")),
        schedules=_schedules(*_value(config, "schedules")),
        memory=memory(*_value(config, "memory")),
        reference=_value(config, "reference")[1],
        record=bool(config.getoption("--kevlar-record")),
        divergences=str(config.getini("kevlar_divergences")),
        **trace_options.read(config),
    )


def _value(config: pytest.Config, name: str) -> tuple[str, str]:
    """Return where a value comes from, for messages, and the value."""
    given = config.getoption(f"--kevlar-{name}")
    if given is not None:
        return f"--kevlar-{name}", str(given)
    configured = config.getini(f"kevlar_{name}")
    return f"kevlar_{name}", str(configured or _DEFAULTS[name]).strip()


def _archs(source: str, value: str) -> tuple[str, ...]:
    if value == "all":
        return ARCHITECTURES
    names = [name.strip() for name in value.split(",")]
    for name in names:
        if name not in ARCHITECTURES:
            raise pytest.UsageError(
                f"{source}: unknown architecture {name!r}; choose {', '.join(ARCHITECTURES)} or all"
            )
    return tuple(arch for arch in ARCHITECTURES if arch in names)


def _targets(source: str, value: str) -> tuple[str, ...]:
    found = _COMMAND.search(value)  # a command may hold commas: it is all up to the end
    plain = value[: found.start()] if found else value
    names = [name.strip() for name in plain.split(",")] if plain or not found else []
    if found:
        names.append(value[found.start() :].lstrip(",").strip())
    for name in names:
        if not name:
            raise pytest.UsageError(f"{source}: {value!r} names a runner that has no name")
        if names.count(name) > 1:
            raise pytest.UsageError(f"{source}: {name!r} is there twice")
    return tuple(names)


def profile_names(config: pytest.Config) -> tuple[str, str]:
    """Return where the names of profiles come from, and the names."""
    return _value(config, "profile")


def timeout(source: str, value: str) -> float:
    """Seconds of host time. Raises pytest.UsageError."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86400:
        raise pytest.UsageError(f"{source}: {value!r} is not a number of seconds above 0")
    return seconds


def _seed(source: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise pytest.UsageError(f"{source}: {value!r} is not a whole number from 0")
    return int(value)


def _schedules(source: str, value: str) -> int:
    count = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 0
    if not 1 <= count <= _MOST_SCHEDULES:
        raise pytest.UsageError(
            f"{source}: {value!r} is not a whole number from 1 to {_MOST_SCHEDULES}"
        )
    return count


def memory(source: str, value: str) -> int:
    """Bytes of memory. Raises pytest.UsageError."""
    match = re.fullmatch(r"([0-9]{1,12})([KMG]?)(?:i?B)?", value, re.IGNORECASE)
    size = int(match[1]) * _UNITS[match[2].upper()] if match else 0
    if size < 16 << 20:
        raise pytest.UsageError(f"{source}: {value!r} is not a size of at least 16M, such as 512M")
    return size


def is_given(config: pytest.Config, name: str) -> bool:
    """Return whether the command line has an option, which profiles then leave alone."""
    return config.getoption(f"--kevlar-{name}") is not None


def cache_directory(config: pytest.Config) -> Path:
    """Return the directory of the build cache; pytest's own cache is made if it holds it.

    Raises OSError if it cannot be made. Not part of the settings, so that a run without
    contracts leaves no trace.
    """
    configured = str(config.getini("kevlar_cache") or "")
    if configured:
        path = Path(os.path.expandvars(configured)).expanduser()
        return path if path.is_absolute() else config.rootpath / path
    cache = getattr(config, "cache", None)  # not there under -p no:cacheprovider
    if cache is not None:
        return Path(cache.mkdir("kevlar"))
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pytest-kevlar"
