"""Which items there are, what they are called, and how they are chosen."""

from __future__ import annotations

import pytest


def ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line and " " not in line]


def test_one_item_per_contract_and_architecture(tree, run) -> None:
    tree("signals/kill", "vm/brk")
    result = run("contracts", "--collect-only", "-q", "--kevlar-arch=all")
    assert ids(result) == [
        "contracts/signals/kill.c::x86_64",
        "contracts/signals/kill.c::arm64",
        "contracts/vm/brk.c::x86_64",
        "contracts/vm/brk.c::arm64",
    ]


def test_x86_64_is_the_default_and_arm64_can_be_asked_for(tree, run) -> None:
    tree("signals/kill")
    assert ids(run("contracts", "--collect-only", "-q")) == ["contracts/signals/kill.c::x86_64"]
    chosen = run("contracts", "--collect-only", "-q", "--kevlar-arch=arm64")
    assert ids(chosen) == ["contracts/signals/kill.c::arm64"]


def test_an_id_on_the_command_line_chooses_its_architecture(tree, run) -> None:
    tree("signals/kill", "vm/brk")
    result = run("contracts/signals/kill.c::arm64", "--collect-only", "-q")
    assert ids(result) == ["contracts/signals/kill.c::arm64"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("signals", ["signals/kill"]), ("brk", ["vm/brk"]), ("x86_64", ["signals/kill", "vm/brk"])],
)
def test_k_matches_category_name_and_architecture(tree, run, expression, expected) -> None:
    tree("signals/kill", "vm/brk")
    result = run("contracts", "--collect-only", "-q", "-k", expression, "--kevlar-arch=all")
    assert sorted({name.split("::")[0] for name in ids(result)}) == [
        f"contracts/{name}.c" for name in expected
    ]


def test_markers_choose_and_are_registered(tree, run) -> None:
    tree("signals/kill")
    result = run(
        "contracts", "--collect-only", "-q", "--strict-markers", "-m", "arm64", "--kevlar-arch=all"
    )
    assert ids(result) == ["contracts/signals/kill.c::arm64"]


def test_c_files_elsewhere_are_no_contracts(tree, run, pytester) -> None:
    tree("signals/kill")
    pytester.makefile(".c", other="int main(void) { return 0; }")
    source = pytester.mkdir("src")
    (source / "main.c").write_text("int main(void) { return 0; }")
    assert ids(run("--collect-only", "-q")) == ["contracts/signals/kill.c::x86_64"]


def test_a_header_above_the_root_directory_makes_no_tree(tree, run, pytester) -> None:
    tree("signals/kill")
    inner = pytester.path / "contracts" / "signals"
    (inner / "pytest.ini").write_text("[pytest]\n")
    result = run("--collect-only", "-q", f"--rootdir={inner}", str(inner))
    assert ids(result) == []


def test_a_tree_without_header_can_be_declared(tree, run, pytester, shared_cache) -> None:
    tree()
    promises = pytester.mkdir("promises")
    (promises / "one.c").write_text("int main(void) { return 0; }")
    pytester.makeini(f"[pytest]\nkevlar_cache = {shared_cache}\nkevlar_contracts = promises\n")
    assert ids(run("--collect-only", "-q")) == ["promises/one.c::x86_64"]


def test_nothing_is_compiled_at_collection(tree, run, pytester, tmp_path, monkeypatch) -> None:
    tree(signals__broken="this is not C")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("contracts", "--collect-only", "-q")
    assert result.ret == 0


def test_last_failed_works_with_our_ids(tree, run) -> None:
    tree("signals/diverges", "signals/kill")
    run("contracts").assert_outcomes(passed=1, failed=1)
    run("contracts", "--lf").assert_outcomes(failed=1)


def test_projects_without_contracts_see_nothing_of_us(pytester, run) -> None:
    pytester.makepyfile("def test_one(): pass")
    result = run(target="kevlar")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*kevlar:*")
    result.stdout.no_fnmatch_line("*PASS*")
    assert not (pytester.path / ".pytest_cache" / "d").exists()


def test_workers_run_the_architecture_an_id_names(tree, run) -> None:
    tree("signals/kill")
    result = run("contracts/signals/kill.c::arm64", "-n1", "-v", subprocess=True)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*PASSED contracts/signals/kill.c::arm64*"])


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--kevlar-arch=sparc", "--kevlar-arch: unknown architecture 'sparc'; choose x86_64, *"),
        ("--kevlar-target=plan9", "--kevlar-target: unknown runner 'plan9'; known are fake, *"),
        ("--kevlar-timeout=soon", "--kevlar-timeout: 'soon' is not a number of seconds above 0"),
        ("--kevlar-timeout=nan", "--kevlar-timeout: 'nan' is not a number of seconds above 0"),
        ("--kevlar-timeout=-1", "--kevlar-timeout: '-1' is not a number of seconds above 0"),
        ("--kevlar-seed=x", "--kevlar-seed: 'x' is not a whole number from 0"),
        ("--kevlar-memory=1K", "--kevlar-memory: '1K' is not a size of at least 16M, *"),
    ],
)
def test_a_bad_value_is_one_usage_line(tree, run, argument, message) -> None:
    tree("signals/kill")
    result = run("contracts", argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_ini_keys_are_defaults(tree, run, pytester, shared_cache) -> None:
    tree("signals/kill")
    pytester.makeini(f"[pytest]\nkevlar_cache = {shared_cache}\nkevlar_arch = arm64\n")
    assert ids(run("contracts", "--collect-only", "-q")) == ["contracts/signals/kill.c::arm64"]
    pytester.makeini("[pytest]\nkevlar_arch = vax\n")
    run("contracts").stderr.fnmatch_lines(["ERROR: kevlar_arch: unknown architecture 'vax'*"])


def test_runners_that_are_none_or_called_alike_are_usage_errors(tree, run, pytester) -> None:
    tree("signals/kill")
    pytester.makeconftest("def pytest_kevlar_runners(config): return [object()]")
    run("contracts").stderr.fnmatch_lines(["ERROR: pytest_kevlar_runners: *is no runner*"])
    pytester.makeconftest(
        "from pytest_kevlar.runners.linux import LinuxRunner\n"
        "def pytest_kevlar_runners(config): return [LinuxRunner()]"
    )
    run("contracts").stderr.fnmatch_lines(["ERROR: *two runners are called 'linux'"])
