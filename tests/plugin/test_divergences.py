"""The list of known divergences: both forms, what they excuse, and what is wrong with them."""

from __future__ import annotations

import json

import pytest

from pytest_kevlar import divergences


def write(root, data) -> None:
    text = data if isinstance(data, str) else json.dumps(data)
    (root / "known-divergences.json").write_text(text)


def test_a_flat_entry_makes_an_expected_failure(tree, run) -> None:
    write(tree("a/diverges", "a/one"), {"_": "a comment", "a.diverges": "off by one"})
    result = run("contracts", "-rx")
    assert result.ret == 0
    result.assert_outcomes(passed=1, xfailed=1)
    result.stdout.fnmatch_lines(["1 PASS | 1 XFAIL", "XFAIL *diverges.c::x86_64 - off by one"])


def test_a_reason_may_bind_to_an_architecture(tree, run) -> None:
    write(tree("a/diverges"), {"a.diverges": "ARM64 only: rounding"})
    result = run("contracts", "--kevlar-arch=all")
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["1 XFAIL | 1 DIVERGE"])


def test_the_rich_form(tree, run) -> None:
    entry = {"contract": "a.diverges", "arch": "x86_64", "reason": "off by one", "issue": "#12"}
    write(tree("a/diverges"), [entry])
    run("contracts", "-rx").stdout.fnmatch_lines(["XFAIL * - off by one (#12)"])


@pytest.mark.parametrize("name", ["diverges", "hangs", "spins", "dies", "writes"])
def test_what_an_entry_without_a_pin_excuses(tree, run, name) -> None:
    write(tree(f"a/{name}"), {f"a.{name}": "known"})
    run("contracts").assert_outcomes(xfailed=1)


@pytest.mark.parametrize("name", ["crashes", "raises"])
def test_a_crash_needs_a_pin_that_says_so(tree, run, name) -> None:
    root = tree(f"a/{name}")
    write(root, {f"a.{name}": "known"})
    result = run("contracts")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["CRASH: *(not the known divergence: an entry without a pin*"])
    write(root, [{"contract": f"a.{name}", "reason": "known", "pin": {"status": "CRASH"}}])
    run("contracts").assert_outcomes(xfailed=1)


def test_failing_on_linux_is_never_excused(tree, run) -> None:
    root = tree(a__wrong="int main(void) { return 1; }")
    write(root, {"a.wrong": "known"})
    run("contracts").assert_outcomes(failed=1)


GOOD_PIN = {
    "status": "DIVERGE",
    "exit": "exit status 0",
    "differs": ["stdout"],
    "lines": ["-answer: 42", "+answer: 41"],
}


def test_a_pin_that_fits_excuses(tree, run) -> None:
    root = tree("a/diverges")
    write(root, [{"contract": "a.diverges", "reason": "known", "pin": GOOD_PIN}])
    run("contracts").assert_outcomes(xfailed=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "HANG"}, 'status is pinned as "HANG", but is "DIVERGE"'),
        ({"exit": "exit status 1"}, 'exit is pinned as "exit status 1", but is "exit status 0"'),
        ({"differs": ["exit", "stdout"]}, "differs is pinned as *"),
        ({"lines": ["-answer: 42", "+answer: 40"]}, "lines is pinned as *"),
    ],
)
def test_a_new_failure_of_a_listed_contract_is_not_swallowed(tree, run, change, message) -> None:
    root = tree("a/diverges")
    pin = {**GOOD_PIN, **change}
    write(root, [{"contract": "a.diverges", "reason": "known", "pin": pin}])
    result = run("contracts")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"DIVERGE: *(not the known divergence: {message}*"])
    result.stdout.fnmatch_lines(["known divergence: known"])


def test_a_contract_that_is_not_to_be_run_is_not(tree, run) -> None:
    root = tree("a/one")
    write(root, [{"contract": "a.one", "reason": "kills the host", "run": False}])
    run("contracts").assert_outcomes(xfailed=1)


def test_passing_unexpectedly_fails_and_the_entry_is_stale(tree, run) -> None:
    write(tree("a/one"), {"a.one": "known"})
    result = run("contracts")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["stale known divergence a.one: passes on x86_64; remove the entry", "1 XPASS"]
    )


def test_an_entry_that_is_too_wide_is_stale_in_part(tree, run) -> None:
    write(tree("a/diverges_on_arm64"), {"a.diverges_on_arm64": "known"})
    result = run("contracts", "--kevlar-arch=all")
    result.stdout.fnmatch_lines(
        [
            "stale known divergence a.diverges_on_arm64: passes on x86_64; bind the entry to arm64",
            "1 XFAIL | 1 XPASS",
        ]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("contracts", "-k", "one"),
        ("contracts", "-m", "x86_64"),
        ("contracts/a",),
        ("contracts/a/one.c::x86_64",),
    ],
)
def test_a_narrowed_run_does_not_judge_entries(tree, run, arguments) -> None:
    write(tree("a/one"), {"a.one": "known"})
    result = run(*arguments)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("stale*")


def test_workers_report_stale_entries_too(tree, run) -> None:
    write(tree("a/one", "a/two"), {"a.one": "known"})
    result = run("contracts", "-n2", subprocess=True)
    result.stdout.fnmatch_lines(
        ["stale known divergence a.one: passes on x86_64; remove the entry", "1 PASS | 1 XPASS"]
    )


BAD = [
    ("{", "not valid JSON: *"),
    ("", "not valid JSON: *"),
    ("[" * 100_000, "not valid JSON: *"),
    ("3", "the file: must be an object or a list of objects"),
    ({"quite.another": "x"}, "entry 'quite.another': there is no such contract"),
    ({"a.onn": "x"}, "entry 'a.onn': there is no such contract; did you mean 'a.one'?"),
    ({"a.one": 3}, "entry 'a.one': the reason must be a text, not 3"),
    ({"a.one": ""}, "entry 'a.one': the reason must be a text*"),
    ('{"a.one": "x", "a.one": "y"}', "entry 'a.one' is there twice"),
    ([3], "entry 1: must be an object, not 3"),
    ([{"reason": "x"}], "entry 1: 'contract' must be a text, not null"),
    ([{"contract": "a.one"}], "entry 'a.one': 'reason' must be a text, not null"),
    ([{"contract": "a.one", "reason": "x", "arch": "vax"}], "entry 'a.one': 'arch' must be one *"),
    ([{"contract": "a.one", "reason": "x", "arch": []}], "entry 'a.one': 'arch' must be one *"),
    ([{"contract": "a.one", "reason": "x", "why": 1}], "entry 'a.one': unknown key 'why'; *"),
    ([{"contract": "a.one", "reason": "x", "issue": []}], "entry 'a.one': 'issue' must be *"),
    ([{"contract": "a.one", "reason": "x", "run": 1}], "entry 'a.one': 'run' must be *"),
    ([{"contract": "a.one", "reason": "x", "pin": {}}], "entry 'a.one': 'pin' must be *"),
    (
        [{"contract": "a.one", "reason": "x", "pin": {"status": "FAIL"}}],
        "entry 'a.one': 'status' must be one of DIVERGE, HANG, TIMEOUT, CRASH*",
    ),
    (
        [{"contract": "a.one", "reason": "x", "pin": {"status": []}}],
        "entry 'a.one': 'status' must be one of *",
    ),
    (
        [{"contract": "a.one", "reason": "x", "pin": {"differs": ["time"]}}],
        "entry 'a.one': 'differs' holds 'time'; known are exit, stdout, stderr",
    ),
    (
        [{"contract": "a.one", "reason": "x", "pin": {"lines": "x"}}],
        "entry 'a.one': 'lines' must be a list of texts*",
    ),
    (
        [{"contract": "a.one", "reason": "x"}, {"contract": "a.one", "arch": "arm64"}],
        "entry 'a.one': 'reason' must be a text, not null",
    ),
    (
        [{"contract": "a.one", "reason": r, "arch": a} for r, a in (("x", "all"), ("y", "arm64"))],
        "entry 'a.one': is there twice for arm64",
    ),
]


@pytest.mark.parametrize(("data", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_wrong_list_is_one_usage_line_that_names_the_entry(tree, run, data, message) -> None:
    write(tree("a/one"), data)
    result = run("contracts")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    pattern = message.replace("[", "[[]")
    result.stderr.fnmatch_lines([f"ERROR: contracts/known-divergences.json: {pattern}"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_a_wrong_list_is_the_same_line_before_workers_start(tree, run) -> None:
    write(tree("a/one"), {"a.two": "x"})
    result = run("contracts", "-n2", subprocess=True)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: contracts/known-divergences.json: entry 'a.two': there*"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_an_id_that_is_not_utf8_is_a_bad_list(tmp_path) -> None:
    path = tmp_path / "known-divergences.json"
    path.write_bytes(b"\xff")
    with pytest.raises(divergences.BadList, match="cannot be read"):
        divergences.load(path, [])


def test_the_list_of_another_kernel_can_be_named(tree, run, pytester, shared_cache) -> None:
    root = tree("a/diverges")
    (root / "known-on-fake.json").write_text('{"a.diverges": "known"}')
    pytester.makeini(
        f"[pytest]\nkevlar_cache = {shared_cache}\nkevlar_divergences = known-on-fake.json\n"
    )
    run("contracts").assert_outcomes(xfailed=1)
