"""What is taken for right: Linux, qemu-user, or what was recorded of one of them."""

from __future__ import annotations

import json
import shutil

import pytest

#: The kernel can be imported once in a process, and a recording holds its description of a host.
APART = {"subprocess": True}
RECORDED = "contracts/recorded/a/one.x86_64.json"


@pytest.fixture
def recorded(tree, run, pytester):
    root = tree("a/one", "a/diverges")
    run("contracts", "--kevlar-record", target="kevlar", **APART).assert_outcomes(passed=2)
    return root


def test_what_linux_did_judges_later(recorded, run, pytester) -> None:
    data = json.loads((pytester.path / RECORDED).read_text())
    assert data["contract"] == "a.one"
    assert data["stdout"] == "answer: 42\nCONTRACT_PASS\n"
    assert set(data["sources"]) == {"a/one.c", "contract.h"}
    assert data["profile"]["release"]
    result = run("contracts", "--kevlar-reference=recorded", **APART)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "kevlar: x86_64 on fake, compared with recordings",
            "recorded: * exit status 0",
            "--- recorded/stdout",
            "run again: * --kevlar-reference=recorded",
        ]
    )


def test_another_architecture_is_judged_by_the_only_recording(recorded, run) -> None:
    words = ("--kevlar-reference=recorded", "--kevlar-arch=arm64")
    run("contracts/a/one.c", *words, **APART).assert_outcomes(passed=1)


def test_what_this_host_lacks_is_no_matter_of_recordings(tree, run) -> None:
    tree(
        a__needs="""
        /* Contract: a controller that no host has.
         * Requires: cgroup2:none */
        #include "contract.h"
        int main(void) { contract_pass(); }
        """
    )
    words = ("-rs", "--kevlar-reference=recorded")
    result = run("contracts", *words, target="kevlar", **APART)
    result.stdout.fnmatch_lines(["SKIPPED * no recording of a.needs; *"])
    result = run("contracts", "-rs", target="kevlar", **APART)
    result.stdout.fnmatch_lines(["SKIPPED * the none controller of cgroup2 is required"])


@pytest.mark.skipif(not shutil.which("strace"), reason="no strace")
def test_the_transcript_explains_system_calls(recorded, run) -> None:
    words = ("--kevlar-reference=recorded", "--kevlar-strict")
    result = run("contracts/a/one.c", *words, target="kevlar", **APART)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar-trace a.one x86_64: 0 BUG, *"])


def test_the_machine_mirrors_the_recorded_host(tree, run, pytester) -> None:
    source = """
    /* Contract: a host has a name. */
    #include "contract.h"
    #include <sys/utsname.h>
    int main(void) {
        struct utsname name;
        uname(&name);
        step("name", "%s", name.nodename);
        contract_pass();
    }
    """
    tree(a__one=source)
    run("contracts", "--kevlar-record", target="kevlar", **APART).assert_outcomes(passed=1)
    path = pytester.path / RECORDED
    data = json.loads(path.read_text())
    data["stdout"] = "name: elsewhere\nCONTRACT_PASS\n"
    data["profile"]["nodename"] = "elsewhere"
    path.write_text(json.dumps(data))
    run("contracts", "--kevlar-reference=recorded", target="kevlar", **APART).assert_outcomes(
        passed=1
    )


@pytest.mark.parametrize("name", ["a/one.c", "contract.h"])
def test_a_recording_of_another_source_is_refused(recorded, run, name) -> None:
    path = recorded / name
    path.write_text(path.read_text() + "/* changed */\n")
    result = run("contracts/a/one.c", "--kevlar-reference=recorded", **APART)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [f"one.x86_64.json: recorded from another {name}; record it anew *"]
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contract": "a.two"}, "a recording of a.two, not of a.one"),
        ({"version": 0}, "a recording of another version; make it anew"),
        ({"exit": 3}, "no recording that can be read (TypeError)"),
        ({"profile": {"groups": [], "rlimits": {}, "moon": 1}}, "no recording that can be read *"),
    ],
)
def test_what_is_no_recording_of_this_contract_is_refused(
    recorded, run, pytester, change, words
) -> None:
    path = pytester.path / RECORDED
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    result = run("contracts/a/one.c", "--kevlar-reference=recorded", **APART)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"one.x86_64.json: {words}"])


def test_without_a_recording_an_item_is_skipped(tree, run) -> None:
    tree("a/one")
    result = run("contracts", "-rs", "--kevlar-reference=recorded", **APART)
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no recording of a.one; make one with --kevlar-record on Linux"])


def test_a_contract_that_does_not_hold_is_not_recorded(tree, run, pytester) -> None:
    tree(a__one="int main(void) { return 1; }")
    run("contracts", "--kevlar-record").assert_outcomes(failed=1)
    assert not (pytester.path / RECORDED).exists()


@pytest.mark.skipif(not shutil.which("qemu-aarch64"), reason="no qemu-aarch64")
@pytest.mark.skipif(not shutil.which("aarch64-linux-gnu-gcc"), reason="no compiler for arm64")
def test_qemu_may_stand_in_for_an_arm64_linux(tree, run) -> None:
    tree("a/one", "a/diverges")
    words = ("--kevlar-arch=arm64", "--kevlar-reference=qemu-user")
    result = run("contracts", *words)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["kevlar: arm64 on fake, compared with qemu-user *"])
    result.stdout.fnmatch_lines(["--- qemu-user/stdout"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--kevlar-reference=fake"], "--kevlar-reference: 'fake' is none; choose *recorded"),
        (["--kevlar-reference=recorded", "--kevlar-record"], "--kevlar-record: a recording *"),
    ],
)
def test_a_wrong_reference_is_one_usage_line(tree, run, words, message) -> None:
    tree("a/one")
    run("contracts", *words).stderr.fnmatch_lines([f"*{message}"])
