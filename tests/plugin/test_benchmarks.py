"""The benchmark's script: its workloads do what they say in a guest, and its tables are whole."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pytest_kevlar.kernel import Limits, Machine
from pytest_kevlar.runners.base import ARCHITECTURES

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "run.py"
COMPILERS = {"x86_64": "musl-gcc", "arm64": "aarch64-linux-gnu-gcc"}


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kevlar_benchmarks", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = _script()
#: What the programs print for a count of 20 among 3 tasks, where it is known.
SUMS = {
    "syscall": 20,
    "fork": 140,
    "exec": 20,
    "pipe": 40,
    "find": 21,
    "walk": 20,
    "signal": 20,
    "futex": 3,
    "thread": 20,
    "ring": 2,
    "relay": 2,
    "crowd": 140,
    "timers": 21,
    "timerfds": 21,
}


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("benchmarks")
    built = {arch: script.build(COMPILERS[arch], directory / arch) for arch in ARCHITECTURES}
    return {arch: path for arch, path in built.items() if path is not None}


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("name", list(script.WORKLOADS))
def test_workloads_do_their_work(arch: str, name: str, binaries: dict[str, Path]) -> None:
    if arch not in binaries:
        pytest.skip(f"{COMPILERS[arch]} is not installed")
    tasks = 3 if script.WORKLOADS[name].tasks else 0
    for count in (0, 20):
        with Machine(arch, limits=Limits(seconds=30)) as guest:
            guest.add_file("/work", binaries[arch].read_bytes())
            result = guest.run(["/work", *script.arguments(name, count, tasks)])
        assert result.code == 0, result.detail
        if count and name in SUMS:
            assert int(result.stdout.split()[-1]) == SUMS[name]


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ([], ["futex ring, 2 threads * µs *", "futex ring, 20 threads * µs *"]),
        (["--growth"], ["futex ring, 2 threads * 2 *×*", "futex ring, n threads * 2 *×*×*"]),
        (["--profiles"], ["futex ring, 2 threads * ms *×*×*×*"]),
    ],
)
def test_tables(
    options: list[str],
    lines: list[str],
    binaries: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "x86_64" not in binaries:
        pytest.skip("musl-gcc is not installed")
    small = script.Workload(20, script.WORKLOADS["futex"].unit, 2)
    monkeypatch.setitem(script.WORKLOADS, "futex", small)
    monkeypatch.setattr(script.shutil, "which", lambda name: name if "gcc" in name else None)
    monkeypatch.setattr(script, "measure", lambda runners, *_: dict.fromkeys(runners, 1e-6))
    monkeypatch.setattr(sys, "argv", ["run.py", "--rounds=1", *options, "futex"])
    script.main()
    pytest.LineMatcher(capsys.readouterr().out.splitlines()).fnmatch_lines(lines)


def test_unknown_workloads_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "nothing"])
    with pytest.raises(SystemExit):
        script.main()
    assert "no workload 'nothing': choose from none, " in capsys.readouterr().err
