"""The example of a package with a runner: built, installed apart, and found by pytest."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_kevlar.runners.base import host_architecture

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "pytest-kevlar-bare"

LONE = """
/* Contract: the first process of a namespace is its own 1. */
#include "contract.h"
#include <unistd.h>
int main(void) { step("alone", "%d", getpid() == 1); contract_pass(); }
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / "package")
    place = tmp_path_factory.mktemp("site")
    words = ("install", "--quiet", "--no-deps", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", *words, "--target", str(place), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if "No matching distribution found for setuptools" in done.stderr:
        pytest.skip("no index to take setuptools from")
    assert done.returncode == 0, done.stderr
    return place


@pytest.mark.skipif(host_architecture() != "x86_64", reason="the items are for x86_64")
def test_the_installed_package_is_a_target(tree, run, installed, monkeypatch) -> None:
    works = ["unshare", "--map-root-user", "--pid", "--fork", "true"]
    if not shutil.which("unshare") or subprocess.run(works, capture_output=True).returncode:
        pytest.skip("this host makes no namespaces")
    tree("a/one", a__lone=LONE)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    result = run("contracts", target="linux,bare", subprocess=True)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["kevlar targets: linux * | bare *", "contract * bare * linux", "a.lone * DIVERGE * PASS"]
    )
