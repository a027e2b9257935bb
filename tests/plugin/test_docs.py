"""What the documents show works, and what they list is complete."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from pytest_kevlar import requirements

ROOT = Path(__file__).resolve().parents[2]


def indented_block(document: str, start: str) -> str:
    """Return the indented example that begins with ``start``."""
    text = (ROOT / "docs" / document).read_text()
    match = re.search(rf"^    {re.escape(start)}.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    assert match
    return textwrap.dedent(match[0])


def test_the_example_of_a_contract_holds(tree, run) -> None:
    tree(files__dup3=indented_block("writing-a-contract.md", "/* Contract: dup3"))
    result = run("contracts", "-v", target="linux")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*warning:*")


def test_the_example_of_a_runner_runs(tree, run, pytester) -> None:
    if not (shutil.which("qemu-aarch64") and shutil.which("aarch64-linux-gnu-gcc")):
        pytest.skip("qemu-aarch64 or aarch64-linux-gnu-gcc is not installed")
    tree("signals/kill")
    pytester.makeconftest(indented_block("adding-a-runner.md", "# conftest.py"))
    run("contracts", "--kevlar-arch=arm64", target="sketch").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("start", "outcome"), [("{", {"passed": 0}), ("[", {"passed": 0})], ids=["flat", "rich"]
)
def test_the_examples_of_lists_are_valid(tree, run, start, outcome) -> None:
    root = tree("signals/sa_restart")
    (root / "known-divergences.json").write_text(
        indented_block("writing-a-contract.md", start + "\n")
    )
    run("contracts", "--kevlar-arch=arm64", "--collect-only").assert_outcomes(**outcome)


def test_every_option_and_ini_key_is_described(run) -> None:
    text = run("--help", target="kevlar").stdout.str()
    names = set(re.findall(r"--kevlar-\w+|\bkevlar_\w+", text))
    assert len(names) >= 13
    described = (ROOT / "docs" / "options.md").read_text()
    assert [name for name in sorted(names) if f"`{name}" not in described] == []


def test_every_requirement_is_described() -> None:
    described = (ROOT / "docs" / "writing-a-contract.md").read_text()
    assert [word for word in requirements._CHECKS if f"`{word}`" not in described] == []


@pytest.mark.parametrize("document", [*sorted(ROOT.glob("docs/*.md")), ROOT / "README.md"])
def test_links_between_documents_lead_somewhere(document) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target
