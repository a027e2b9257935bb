"""Guests for tests: C programs built once into a shared cache, and machines to run them on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from machines import Build, Run

from pytest_kevlar.build import BuildCache
from pytest_kevlar.contract import Contract, Trees
from pytest_kevlar.kernel import Limits, Machine, Result
from pytest_kevlar.runners.base import ARCHITECTURES
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains

_toolchains = Toolchains()

# Whoever runs the tests in the background has their children ignore these.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


@pytest.fixture(params=ARCHITECTURES)
def arch(request: pytest.FixtureRequest) -> str:
    """Each architecture in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def build(request: pytest.FixtureRequest) -> Build:
    """Build a C source statically for an architecture; skips if there is no compiler."""
    cache = request.config.cache
    assert cache is not None, "these tests keep their binaries in pytest's cache"
    builds = BuildCache(Path(cache.mkdir("kevlar-guests")))
    trees = Trees([], request.config.rootpath)

    def compile_guest(source: Path, arch: str) -> bytes:
        try:
            compiler = _toolchains.target(arch)
        except ToolchainMissing as missing:
            pytest.skip(str(missing))
        contract = trees.contract(source) or Contract(source, source.parent)
        return builds.build(contract, compiler).path.read_bytes()

    return compile_guest


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a program as the first process of a fresh machine, which is closed afterwards."""

    def boot(
        arch: str,
        program: bytes,
        *arguments: str,
        limits: Limits | None = None,
        files: dict[str, bytes] | None = None,
        stdin: bytes = b"",
        seed: int = 0,
        trace: bool = False,
    ) -> Result:
        with Machine(arch, limits=limits, seed=seed, trace=trace) as machine:
            machine.add_file("/bin/guest", program)
            for path, data in (files or {}).items():
                machine.add_file(path, data)
            return machine.run(["/bin/guest", *arguments], stdin=stdin)

    return boot
