"""Small programs, built as contracts are, and run on both sides with their traces."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_kevlar.build import Build, BuildCache
from pytest_kevlar.contract import Contract
from pytest_kevlar.runners import strace
from pytest_kevlar.runners.base import Job, host_architecture
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains

CONTRACT_H = Path(__file__).resolve().parents[2] / "contracts" / "contract.h"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> BuildCache:
    return BuildCache(tmp_path_factory.mktemp("builds"))


@pytest.fixture
def build(tmp_path: Path, cache: BuildCache) -> Callable[[str], Build]:
    """Build the body of a contract's ``main``, with musl and debug information."""
    if strace.unavailable(host_architecture()):
        pytest.skip(strace.unavailable(host_architecture()))
    shutil.copy(CONTRACT_H, tmp_path)
    path = tmp_path / "category" / "program.c"
    path.parent.mkdir()

    def make(body: str, includes: str = "") -> Build:
        path.write_text(
            f'#include "contract.h"\n{includes}\nint main(void)\n{{\n{body}\ncontract_pass();\n}}\n'
        )
        try:
            compiler = Toolchains().target(host_architecture())
        except ToolchainMissing as error:
            pytest.skip(str(error))
        return cache.build(Contract(path, tmp_path), compiler)

    return make


@pytest.fixture
def job() -> Callable[[Build], Job]:
    def make(build: Build) -> Job:
        channels = ("syscall", "signal", "fault", "process")
        arch = host_architecture()
        return Job(build.path, arch, ("/kevlar/program",), timeout=10, trace=channels)

    return make
