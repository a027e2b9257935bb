"""--kevlar-profile: named settings of a target, several at once, and what must be equal then."""

from __future__ import annotations

import pytest

#: A runner whose settings decide what it answers.
SETTINGS = """
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import Capabilities
from pytest_kevlar.trace.event import Event


class Tunable:
    name = "tunable"
    capabilities = Capabilities(
        records=("syscall",),
        settings={"answer": ("41", "42"), "depth": (), "calls": (), "ends": ()},
        silent=("depth",),
    )

    def unavailable(self, arch):
        return ""

    def run(self, job):
        settings = job.settings
        with open("jobs", "a") as file:
            print(sorted(settings.items()), job.timeout, job.memory >> 20, file=file)
        answer = settings.get("answer", "42").encode()
        if settings.get("ends") == "badly":
            return Outcome(Ending.SIGNALED, signal=9, stdout=b"answer: 42\\nCONTRACT_PASS\\n")
        read = Event(0, 100, "syscall", "read", (3,), ("3",), int(settings.get("calls", 1)))
        depth = int(settings.get("depth", 1))
        late = Event(1, 100, "syscall", "close", (3,), ("3",), 0, time=depth)
        return Outcome(
            Ending.EXITED, stdout=b"answer: %s\\nCONTRACT_PASS\\n" % answer, events=[read, late]
        )

    def close(self):
        pass


class Plain(Tunable):
    name = "plain"
    capabilities = Capabilities()


def pytest_kevlar_runners(config):
    return [Tunable(), Plain()]
"""


@pytest.fixture
def tunable(tree, run, pytester):
    """Run a contract on that runner with these lines of ``kevlar_profiles``."""

    def start(profile: str, *lines: str, target: str = "tunable", options: tuple[str, ...] = ()):
        tree("a/kill")
        pytester.makeconftest(SETTINGS)
        value = "".join(f"\n    {line}" for line in lines)
        extra = () if not lines else ("-o", f"kevlar_profiles={value}")
        return run("contracts", f"--kevlar-profile={profile}", *extra, *options, target=target)

    return start


def test_ids_matrix_and_header_name_the_profiles(tunable) -> None:
    result = tunable("one,two", "one: depth=1", "two: depth=1 timeout=7", options=("-v",))
    result.stdout.fnmatch_lines(
        [
            "kevlar profiles: one depth=1 | two depth=1 timeout=7",
            "contracts/a/kill.c::x86_64-one PASSED *",
            "contracts/a/kill.c::x86_64-two PASSED *",
            "contract * one * two",
            "a.kill * PASS * PASS",
        ]
    )


def test_a_single_profile_changes_no_id(tunable, pytester) -> None:
    result = tunable("deep", "deep: depth=5 timeout=7 memory=64M", options=("-v",))
    result.stdout.fnmatch_lines(["contracts/a/kill.c::x86_64 PASSED *"])
    assert (pytester.path / "jobs").read_text() == "[('depth', '5')] 7.0 64\n"


def test_the_command_line_goes_before_a_profile(tunable, pytester) -> None:
    tunable("deep", "deep: timeout=7 memory=64M", options=("--kevlar-timeout=9",))
    assert (pytester.path / "jobs").read_text() == "[] 9.0 64\n"


def test_a_target_without_settings_knows_no_profiles(tunable) -> None:
    result = tunable("fortress,ludicrous", target="plain", options=("-v",))
    result.stdout.no_fnmatch_line("kevlar profiles: *")
    result.stdout.fnmatch_lines(["contracts/a/kill.c::x86_64 PASSED *"])


def test_all_are_those_built_in_and_ones_own(tunable) -> None:
    result = tunable("all", "mine: depth=2", options=("--collect-only", "-q"))
    found = [line.rpartition("-")[2] for line in result.outlines if "::" in line]
    assert found == ["fortress", "balanced", "performance", "ludicrous", "mine"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("ends=badly", "exit: under balanced exit status 0, here killed by SIGKILL (9)"),
        ("answer=41", "stdout line 1: under balanced 'answer: 42', here 'answer: 41'"),
        ("calls=2", "result of a call: under balanced * read(3) = 1, here * read(3) = 2"),
        ("depth=2", "event 1: under balanced * close(3) = 0 at 1 ns, here * close(3) = 0 at 2 ns"),
    ],
)
def test_what_differs_between_profiles_fails(tunable, setting, words) -> None:
    """With the first difference, and how to see it again; the profile compared with passes."""
    result = tunable("balanced,odd", f"odd: {setting}")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            f"*DIVERGE: not as under the profile balanced: {words.replace('[', '[[]')}*",
            "run again: pytest contracts/a/kill.c::x86_64-odd * --kevlar-profile=balanced,odd",
        ]
    )


def test_time_may_differ_where_a_setting_changes_it(tunable) -> None:
    result = tunable("balanced,odd", "odd: depth=2 ends=well")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("profile", "lines", "words"),
    [
        ("none", (), "--kevlar-profile: unknown profile 'none'; choose fortress, *"),
        ("balanced,balanced", (), "--kevlar-profile: 'balanced' is there twice"),
        ("x", ("x",), "kevlar_profiles: 'x' is not of the form NAME: KEY=VALUE *"),
        ("x", ("x: depth",), "kevlar_profiles: x: 'depth' is not of the form KEY=VALUE"),
        ("x", ("x: checks=some",), "kevlar_profiles: x: checks is none or calls, not 'some'"),
        ("x", ("x: speed=1",), "kevlar_profiles: x: unknown setting 'speed'; known are *depth*"),
        ("x", ("x: timeout=0",), "kevlar_profiles: x: timeout: '0' is not a number of seconds *"),
        ("all", ("all: depth=1",), "kevlar_profiles: all: that name stands for all profiles"),
    ],
)
def test_what_makes_no_sense_is_one_usage_line(tunable, profile, lines, words) -> None:
    result = tunable(profile, *lines)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {words}"])


#: Under test the first process has this number, on Linux it has another.
LOOPS = """
/* Contract: it ends (on purpose, not under test). */
#include "contract.h"
#include <unistd.h>
int main(void)
{
    while (getpid() == 100)
        for (;;)
            ;
    contract_pass();
}
"""


def test_without_counting_a_loop_still_ends(tree, run) -> None:
    """The host's clock ends slices then."""
    tree(vm__loops=LOOPS)
    result = run(
        "contracts",
        "--kevlar-profile=ludicrous",
        "--kevlar-timeout=2",
        target="kevlar",
        subprocess=True,
    )
    result.stdout.fnmatch_lines(["*TIMEOUT: after 2 s of host time*"])


def test_the_kernel_knows_the_settings_of_its_runner() -> None:
    from pytest_kevlar.kernel import Checks
    from pytest_kevlar.runners.kevlar import KevlarRunner

    known = KevlarRunner.capabilities.settings["checks"]
    assert set(known) == {one.value for one in Checks}
