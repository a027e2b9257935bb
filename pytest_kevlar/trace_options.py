"""The options about traces: what to compare, what to record, what counts.

Only declared and checked here; `options` puts them into the settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

#: What ``--kevlar-debug`` may name, as the kernel's tracer does.
CHANNELS = ("syscall", "signal", "fault", "process", "sched", "mm", "time")
_MODES = ("fail", "all")


def add_options(group: pytest.OptionGroup) -> None:
    """Declare them."""
    group.addoption(
        "--kevlar-trace",
        metavar="WHEN",
        nargs="?",
        const="fail",
        default=None,
        help="compare the system calls of both sides: fail (contracts that fail) or all",
    )
    group.addoption(
        "--kevlar-trace-filter",
        metavar="CALLS",
        default="",
        help="compare these calls only, such as brk,mmap",
    )
    group.addoption(
        "--kevlar-trace-dir",
        metavar="DIR",
        default=None,
        help="where traces are written (default: kevlar-traces beside the HTML report, "
        "else in pytest's cache)",
    )
    group.addoption(
        "--kevlar-debug",
        metavar="CHANNELS",
        default="",
        help=f"what the kernel under test records: {','.join(CHANNELS)} or all",
    )
    group.addoption(
        "--kevlar-strict",
        action="store_true",
        help="contracts that pass must make the same system calls, too",
    )
    group.addoption(
        "--kevlar-coverage",
        metavar="PATH",
        nargs="?",
        const="-",
        default="",
        help="which calls, flags and errnos the contracts exercised; PATH.json and PATH.html",
    )


def read(config: pytest.Config) -> dict[str, Any]:
    """Check them. Raises pytest.UsageError with one line."""
    mode = config.getoption("--kevlar-trace")
    if mode is not None and mode not in _MODES:
        raise pytest.UsageError(f"--kevlar-trace: {mode!r} is neither fail nor all")
    debug = _names(str(config.getoption("--kevlar-debug")))
    if debug == ("all",):
        debug = CHANNELS
    for name in debug:
        if name not in CHANNELS:
            raise pytest.UsageError(
                f"--kevlar-debug: unknown channel {name!r}; choose {', '.join(CHANNELS)} or all"
            )
    directory = config.getoption("--kevlar-trace-dir")
    return {
        "trace": mode or "",
        "trace_filter": _names(str(config.getoption("--kevlar-trace-filter"))),
        "trace_directory": config.invocation_params.dir / directory if directory else None,
        "debug": debug,
        "strict": bool(config.getoption("--kevlar-strict")),
        "coverage": str(config.getoption("--kevlar-coverage") or ""),
    }


def trace_directory(config: pytest.Config, given: Path | None, cache: Path) -> Path:
    """Where traces go: where the user said, beside the HTML report, or into the cache."""
    if given is not None:
        return given
    page = getattr(config.option, "htmlpath", None)
    if page:
        return config.invocation_params.dir / Path(page).parent / "kevlar-traces"
    return cache / "traces"


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
