"""The ``kevlar`` command: run programs on the kernel, trace, compare traces, list contracts.

Options and words only; what each command does is in ``cli_commands.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from pytest_kevlar import __version__
from pytest_kevlar.cli_completion import Completion

_EPILOG = """\
examples:
  kevlar run ./hello world                a static binary of this host
  kevlar run busybox sh                   a shell, on this terminal
  kevlar run --root alpine.tar /bin/sh -c 'echo hi'
  kevlar run -o trace.txt ./hello         and write what it did, as strace would
  kevlar trace -f ./hello                 the system calls, on the terminal
  kevlar trace --linux -o a.jsonl ./hello the same program on Linux, by strace
  kevlar diff a.jsonl b.txt               where two traces part: ours, strace's, DBG lines
  kevlar contracts contracts -k brk       contracts and what they promise
  kevlar doctor                           what this host lacks, and how to get it
"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and where more is to be read."""

    def error(self, message: str) -> NoReturn:
        """End with that line."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _positive(word: str) -> float:
    seconds = float(word)
    if not seconds > 0:
        raise ValueError
    return seconds


_positive.__name__ = "number of seconds"


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = Parser(
        prog="kevlar",
        description="A Linux-compatible kernel in Python, and the traces that explain it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"kevlar {__version__}")
    top.add_argument(
        "--completion", action=Completion, help="print what a shell needs to complete this command"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run(commands.add_parser("run", help="run a Linux program on the Python kernel"))
    _trace(commands.add_parser("trace", help="show the system calls a program makes"))
    _diff(commands.add_parser("diff", help="say where two traces part"))
    _contracts(commands.add_parser("contracts", help="list contracts with their promises"))
    commands.add_parser("doctor", help="what this host lacks, and how to get it")
    return top


def _program(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "program", help="a file of this host, or below --root; without a slash, looked for in PATH"
    )
    one.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="handed to the program as they are"
    ).required = False
    one.add_argument(
        "--arch", choices=("x86_64", "arm64"), help="insist on it (default: the program's)"
    )
    one.add_argument(
        "--root", metavar="DIR|TAR", help="file system that it gets a copy of: libraries, commands"
    )
    one.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="add to its environment; NAME alone: as it is here",
    )
    one.add_argument(
        "--cwd",
        default="/",
        metavar="DIR",
        help="its working directory in the machine (default: /)",
    )
    one.add_argument(
        "--seed", type=int, default=0, metavar="N", help="where chance comes from (default: 0)"
    )
    one.add_argument(
        "--memory",
        default="512M",
        metavar="SIZE",
        help="of the machine, files included (default: 512M)",
    )
    one.add_argument(
        "--timeout",
        type=_positive,
        metavar="SECONDS",
        help="end it after that much host time (default: an hour; never with a terminal)",
    )
    one.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="FILE[=PATH]",
        help="put a copy of a file of this host into the machine (default: /NAME)",
    )
    one.add_argument(
        "--disk",
        action="append",
        default=[],
        metavar="IMAGE[:rw|:ro]",
        help="copied in as /dev/vda, the next one as /dev/vdb; changes go back to it with :rw only",
    )


def _run(one: argparse.ArgumentParser) -> None:
    one.description = (
        "Run a static or dynamic Linux program on the Python kernel. Nothing of this host is "
        "visible to it but the program, --root, --file, and standard input; what it writes into "
        "files is gone afterwards. On a terminal it gets one of its own, and three ^] within a "
        "second end it. The exit status is the program's, 128 + N if signal N killed it, and "
        "125 if the machine could not run it to its end."
    )
    _program(one)
    one.add_argument(
        "-o", "--output", metavar="FILE", help="write the trace: JSON lines if FILE ends in .jsonl"
    )


def _trace(one: argparse.ArgumentParser) -> None:
    one.description = (
        "Run a program, and when it has ended print its system calls as strace -f does, on "
        "standard error or into a file. --linux runs it on this host instead, for kevlar diff."
    )
    _program(one)
    one.add_argument(
        "-o", "--output", metavar="FILE", help="a file; JSON lines if it ends in .jsonl"
    )
    one.add_argument(
        "-e", dest="calls", default="", metavar="CALLS", help="only these, such as brk,mmap"
    )
    one.add_argument("-t", dest="times", action="store_true", help="with virtual times")
    one.add_argument("-f", dest="follow", action="store_true", help="always on, as a courtesy")
    one.add_argument("--linux", action="store_true", help="run it on this host, under strace")


def _diff(one: argparse.ArgumentParser) -> None:
    one.description = (
        "Compare two traces: tasks by their place in the process tree, calls by an optimal "
        "alignment, names (pids, addresses, inodes, descriptors, times) by a consistent "
        "renaming. Exit status 0: the same; 1: they differ; 2: one cannot be read."
    )
    one.add_argument("left", help="trace on Linux: strace's (-f or -ff) or JSON lines")
    one.add_argument("right", help="trace under test")
    one.add_argument("-e", dest="calls", default="", metavar="CALLS", help="only these calls")
    one.add_argument("--all", action="store_true", help="every event, not the first difference")
    one.add_argument(
        "--width", type=int, default=0, metavar="COLUMNS", help="default: the terminal's"
    )
    one.add_argument(
        "--program",
        metavar="FILE",
        help="the binary, with debug information: name the line of its source",
    )
    one.add_argument(
        "--neutral",
        action="store_true",
        help="the traces are of two architectures: open is openat, and so on",
    )


def _contracts(one: argparse.ArgumentParser) -> None:
    one.description = "List contracts: key, requirements, and the first sentence of each promise."
    one.add_argument("directory", nargs="?", default="contracts", help="default: ./contracts")
    one.add_argument(
        "-k",
        dest="word",
        default="",
        metavar="TEXT",
        help="only those with it in their key or promise",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    from pytest_kevlar import cli_commands
    from pytest_kevlar.cli_trouble import Trouble

    given = parser().parse_args(arguments)
    try:
        return cli_commands.COMMANDS[given.command](given)
    except Trouble as error:
        print(f"kevlar: {error}", file=sys.stderr)
        return 125 if given.command in ("run", "trace") else 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
