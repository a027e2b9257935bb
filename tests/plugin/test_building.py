"""Compilers that are missing or refuse, the build cache, and ``Requires:`` lines."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_kevlar import build, requirements, toolchain
from pytest_kevlar.contract import Contract


def no_zig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_zig_program", lambda: None)


def only(directory: Path, *names: str) -> str:
    """Return a PATH with these programs and nothing else."""
    for name in names:
        found = shutil.which(name)
        assert found, f"{name} is needed for this test"
        (directory / name).symlink_to(os.path.realpath(found))
    return str(directory)


def test_without_any_compiler_items_skip_and_say_what_to_install(
    tree, run, tmp_path, monkeypatch
) -> None:
    tree("signals/kill")
    no_zig(monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("contracts", "-rs")
    assert result.ret == 0
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        [
            "kevlar compilers: no C compiler for *",
            "1 SKIP",
            "SKIPPED * no C compiler for x86_64 Linux: install gcc (apt-get install gcc libc6-dev)*"
            "pip install 'pytest-kevlar*zig*'*",
        ]
    )


def test_without_a_static_compiler_items_skip_and_say_what_to_install(
    tree, run, tmp_path, monkeypatch
) -> None:
    tree("signals/kill")
    no_zig(monkeypatch)
    monkeypatch.setenv("PATH", only(tmp_path, "gcc"))
    result = run("contracts", "-rs", "--kevlar-arch=all")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED * no static compiler for x86_64: install musl-gcc (apt-get*musl-tools*",
            "SKIPPED * no static compiler for arm64: install aarch64-linux-gnu-gcc*",
        ]
    )


def test_a_compiler_that_does_not_work_is_none(tmp_path, monkeypatch) -> None:
    no_zig(monkeypatch)
    (tmp_path / "gcc").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "gcc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(toolchain.ToolchainMissing):
        toolchain.Toolchains().reference()


def test_a_contract_that_does_not_compile_is_an_error_with_the_compilers_words(tree, run) -> None:
    tree("signals/kill", signals__broken='#include "contract.h"\nint main(void) { retrun 0; }\n')
    result = run("contracts")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "contracts/signals/broken.c does not compile for x86_64 with gcc",
            "*signals/broken.c:2:*error:*retrun*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*another exception*")


def test_known_divergences_do_not_hide_what_does_not_compile(tree, run) -> None:
    root = tree(signals__broken="int main(")
    (root / "known-divergences.json").write_text('{"signals.broken": "differs"}')
    run("contracts").assert_outcomes(errors=1)


def test_warnings_are_kept_with_the_report(tree, run) -> None:
    tree(a__diverges='#include "contract.h"\nint main(void) { int unused; contract_pass(); }\n')
    run("contracts").stdout.fnmatch_lines(["*Captured gcc setup*", "*unused variable*unused*"])


def test_musl_sees_the_kernels_headers_and_only_those(tree, run) -> None:
    tree(
        a__one='#include "contract.h"\n#include <linux/futex.h>\n#include <asm/unistd.h>\n'
        "#include <asm-generic/errno.h>\nint main(void) { contract_pass(); }\n",
        a__two='#include "contract.h"\n#include <gnu/libc-version.h>\nint main(void) { return 0; }',
    )
    result = run("contracts", target="linux")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["contracts/a/two.c does not compile for x86_64 with musl-gcc"])


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    root = tmp_path / "tree"
    (root / "a").mkdir(parents=True)
    path = root / "a" / "one.c"
    path.write_text('#include "common.h"\nint main(void) { return VALUE; }\n')
    (root / "common.h").write_text('#include "more.h"\n')
    (root / "more.h").write_text("#define VALUE 0\n")
    return Contract(path, root)


def test_a_binary_is_built_once_for_one_content(contract, tmp_path, monkeypatch) -> None:
    compiler = toolchain.Toolchains().reference()
    cache = build.BuildCache(tmp_path / "cache")
    first = cache.build(contract, compiler).path
    monkeypatch.setattr(cache, "_compile", None)
    assert cache.build(contract, compiler).path == first
    assert first.name == "one"


def test_a_change_of_an_included_header_is_a_new_binary(contract, tmp_path) -> None:
    compiler = toolchain.Toolchains().reference()
    cache = build.BuildCache(tmp_path / "cache")
    first = cache.build(contract, compiler).path
    (contract.root / "more.h").write_text("#define VALUE 1\n")
    assert cache.build(contract, compiler).path != first


def test_nothing_half_done_is_left_in_the_cache(contract, tmp_path) -> None:
    cache = build.BuildCache(tmp_path / "cache")
    contract.path.write_text("int main(")
    with pytest.raises(build.CompileError):
        cache.build(contract, toolchain.Toolchains().reference())
    assert list((tmp_path / "cache").iterdir()) == []


def test_losing_the_race_for_a_binary_is_no_error(contract, tmp_path, monkeypatch) -> None:
    compiler = toolchain.Toolchains().reference()
    winner, loser = (build.BuildCache(tmp_path / "cache") for _ in range(2))
    invoke = loser._invoke

    def late(*arguments):
        said = invoke(*arguments)
        winner.build(contract, compiler)
        return said

    monkeypatch.setattr(loser, "_invoke", late)
    assert loser.build(contract, compiler).path.is_file()
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_gcc_without_a_static_library_links_dynamically_and_says_so(
    contract, tmp_path, monkeypatch
) -> None:
    cache = build.BuildCache(tmp_path / "cache")
    call = cache._call

    def without_library(command, directory):
        if "-static" in command:
            return 1, "/usr/bin/ld: cannot find -lc: No such file or directory\n"
        return call(command, directory)

    monkeypatch.setattr(cache, "_call", without_library)
    made = cache.build(contract, toolchain.Toolchains().reference())
    assert made.path.is_file()
    assert made.remarks.startswith("linked dynamically: there is no static C library")


def test_without_pytests_cache_binaries_go_to_the_users_cache(
    tree, run, pytester, tmp_path, monkeypatch
) -> None:
    tree("signals/kill")
    pytester.makeini("[pytest]\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    run("contracts", "-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert list((tmp_path / "xdg" / "pytest-kevlar").glob("*/kill"))


def test_a_cache_that_cannot_be_written_is_an_error_in_one_line(tree, run, pytester) -> None:
    tree("signals/kill")
    pytester.makeini("[pytest]\nkevlar_cache = /proc/nowhere\n")
    result = run("contracts")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["contracts/signals/kill.c cannot be built: *"])


def header(line: str) -> str:
    return f'/* Contract: one.\n * {line}\n */\n#include "contract.h"\n' + (
        'int main(void) { step("answer", "%d", 42); contract_pass(); }\n'
    )


def test_an_unmet_requirement_skips_with_its_reason(tree, run, monkeypatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setitem(requirements._CHECKS, "userns", lambda: "")
    tree(
        a__root=header("Requires: userns, root"),
        a__other=header("Requires: arm64"),
        a__both=header("Requires: userns"),
    )
    result = run("contracts", "-rs")
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines_random(
        ["SKIPPED * root is required", "SKIPPED * this contract is for arm64 only"]
    )


@pytest.mark.parametrize(
    ("running", "trouble"),
    [
        ("6.6.0", ""),
        ("6.10.1-amd64", ""),
        ("7.0", ""),
        ("6.5.13-9-generic", "Linux 6.6 is required; this is 6.5.13-9-generic"),
        ("5.19.0", "Linux 6.6 is required; this is 5.19.0"),
    ],
)
def test_a_release_is_compared_by_its_numbers(monkeypatch, running, trouble) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=running))
    assert requirements.missing("Linux 6.6", "x86_64") == trouble


def test_an_unknown_requirement_is_an_error_that_names_the_known_ones(tree, run) -> None:
    tree(a__one=header("Requires: moonlight"))
    result = run("contracts")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["contracts/a/one.c: Requires: unknown requirement 'moonlight'; known are root, *"]
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/* Contract: x.\n * Requires: root, tmpfs.\n */", ("root", "tmpfs")),
        ("// Contract: x.\n// Requires: CAP_SYS_ADMIN\n", ("CAP_SYS_ADMIN",)),
        ("/* Contract: x.\n *   Requires: root */", ("root",)),
        ('/* x */ char *it = "Requires: root";', ()),
        ("", ()),
    ],
)
def test_requirements_are_read_from_the_opening_comment(tmp_path, text, words) -> None:
    path = tmp_path / "one.c"
    path.write_text(text)
    assert Contract(path, tmp_path).requirements() == words


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("int x; /* Requires: root */", "1: 'Requires:' must open a line of the opening comment"),
        ("/* x */\n// Requires: y\n", "2: 'Requires:' must open a line of the opening comment"),
        ("/* It\n * is. Requires: x */", "2: 'Requires:' must open a line of the opening comment"),
        ("/* Requires: root,\n * tmpfs */", "1: 'Requires:' must have all its words on one line"),
    ],
)
def test_requirements_that_would_not_be_read_are_an_error(tree, run, text, trouble) -> None:
    tree(a__one=text + "\nint main(void) { return 0; }\n", a__two=header(""))
    result = run("contracts")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"contracts/a/one.c:{trouble}"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_capabilities_are_looked_up_by_name(monkeypatch) -> None:
    monkeypatch.setattr(requirements, "process_status", lambda: {"CapEff": f"{1 << 21:x}"})
    assert requirements.missing("CAP_SYS_ADMIN", "x86_64") == ""
    assert requirements.missing("CAP_SYS_TIME", "x86_64") == "CAP_SYS_TIME is required"
    with pytest.raises(requirements.UnknownRequirement):
        requirements.missing("CAP_MOONLIGHT", "x86_64")


def test_a_contract_that_asks_for_tmpfs_starts_on_one(tree, run) -> None:
    if requirements.tmpfs_directory() is None:
        pytest.skip("this host has no tmpfs to work on")
    source = (
        '#include "contract.h"\n#include <sys/vfs.h>\n#include <linux/magic.h>\n'
        'int main(void) { struct statfs s; expect(statfs(".", &s) == 0, "statfs");\n'
        ' expect(s.f_type == TMPFS_MAGIC, "tmpfs"); step("answer", "%d", 42);'
        " contract_pass(); }\n"
    )
    tree(a__one="/* Contract: one.\n * Requires: tmpfs\n */\n" + source)
    run("contracts", target="linux").assert_outcomes(passed=1)
