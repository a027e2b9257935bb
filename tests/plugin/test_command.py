"""Targets that are a command line: what they may say, and how each of them may fail."""

from __future__ import annotations

import shutil
import sys

import pytest

from pytest_kevlar.runners import command
from pytest_kevlar.runners.command import BadCommand

#: Says one thing on the console before it becomes the program.
TALKS = """#!/bin/sh
echo 'DBG {"tid": 1, "name": "getpid", "args": [], "ret": 0x1}'
echo 'DBG {"tid": 1, "name": "exit_group", "args": [0x0]}' >&2
exec "$@"
"""


@pytest.fixture
def script(tmp_path):
    def write(text: str, name: str = "kernel"):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    return write


def test_a_command_is_a_target(tree, run) -> None:
    tree("a/one")
    result = run("contracts", target="cmd:/usr/bin/env {program}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar targets: cmd:env (/usr/bin/env '{program}')", "1 PASS"])


def test_a_command_goes_last_and_may_hold_commas(tree, run, script) -> None:
    tree("a/one")
    path = script('#!/bin/sh\ntest "$1" = a,b || exit 9\nexec "$2"\n')
    result = run("contracts", target=f"fake,cmd:{path} a,b {{program}}")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["contract* cmd:kernel * fake"])


def test_a_command_may_have_a_name(tree, run, pytester, script, shared_cache) -> None:
    tree("a/one", a__other="int main(void) { return 3; }")
    path = script('#!/bin/sh\ntest "$2" = x86_64 && test "$3" = /kevlar/one && exec "$1"\n')
    pytester.makeini(
        f"[pytest]\nkevlar_cache = {shared_cache}\nkevlar_commands =\n"
        f"    mine = {path} {{program}} {{arch}} {{argv0}}\n    other = no-such-thing {{program}}\n"
    )
    run("contracts/a/one.c", target="mine").assert_outcomes(passed=1)
    result = run("contracts", target="other")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*: other: there is no program 'no-such-thing'"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kill -9 $$", "DIVERGE: stdout line 1: *, under test has ended (killed by SIGKILL (9))"),
        ("sleep 60", "TIMEOUT: no end after 1 s"),
        ("exit 1", "DIVERGE: stdout line 1: *, under test has ended (exit status 1)"),
        ("printf '\\001\\377' && exec $1", "DIVERGE: stdout line 1: *under test '\\x01\\xff*"),
        ("exec yes", "DIVERGE: stopped for writing too much: more than 8388608 bytes"),
        ("exec /no/such/program", "DIVERGE: * (exit status 127)"),
    ],
)
def test_every_failure_is_one_verdict_and_one_sentence(tree, run, script, text, reason) -> None:
    tree("a/one")
    target = f"cmd:{script(f'#!/bin/sh{chr(10)}{text}{chr(10)}')} {{program}}"
    limit = 1 if "no end" in reason else 30
    result = run("contracts", f"--kevlar-timeout={limit}", target=target)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([reason.replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_cannot_be_executed_is_not_started(tree, run, script) -> None:
    tree("a/one")
    result = run("contracts", target=f"cmd:{script('no interpreter')} {{program}}")
    result.stdout.fnmatch_lines(["DIVERGE: could not be started: Exec format error: *kernel"])


def test_a_command_that_is_not_there_is_a_usage_error(tree, run) -> None:
    tree("a/one")
    result = run("contracts", target="cmd:no-such-kernel {program}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cmd:no-such-kernel: there is no program 'no-such-kernel'"])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("cmd:", "there is no command"),
        ("cmd:blink", "the command has no {program}, the place of the contract's binary"),
        ("cmd:blink {program} {disk}", "{disk} means nothing here; known are {program}, *"),
        ("cmd:blink '{program}", "*: no closing quotation"),
        ("cmd+elf:blink {program}", "unknown trace format 'elf'; choose none, strace, dbg-jsonl"),
        ("cmd+strace:blink {program}", "a trace of strace needs {trace}, *"),
    ],
)
def test_what_is_wrong_with_a_command_is_one_line(tree, run, spec, message) -> None:
    with pytest.raises(BadCommand):
        command.from_spec(spec)
    tree("a/one")
    run("contracts", target=spec).stderr.fnmatch_lines([f"*--kevlar-target: {message}"])


def test_debug_lines_on_the_console_are_the_trace_and_not_output(tree, run, script) -> None:
    tree("a/one")
    target = f"cmd+dbg-jsonl:{script(TALKS)} {{program}}"
    result = run("contracts", "--kevlar-trace=all", target=target)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar-trace a.one x86_64: *"])
    plain = run("contracts", target=target.replace("+dbg-jsonl", ""))
    plain.assert_outcomes(failed=1)


def test_strace_itself_gives_the_same_calls(tree, run) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    tree("a/one")
    tracer = "strace -f -v -s 256 -X verbose -q -ttt -o {trace} {program}"
    result = run("contracts", "--kevlar-strict", target=f"cmd+strace:{tracer}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar-trace a.one x86_64: 0 BUG, *"])


def test_a_command_without_a_trace_says_so(tree, run, script) -> None:
    tree("a/one")
    quiet = script(f'#!/bin/sh\nexec {sys.executable} -c "print(3)"\n')
    result = run("contracts", "--kevlar-trace", target=f"cmd+dbg-jsonl:{quiet} {{program}}")
    result.stdout.fnmatch_lines(["*the command left no trace in the format dbg-jsonl"])
