"""Times the same static binaries natively, under qemu-user, under gVisor and on our kernel.

``python benchmarks/run.py [WORKLOAD…]``. Every contestant runs every workload in turn,
several rounds, and the fastest round counts; what is printed are ratios to native Linux of
the same session. Not installed: that column is empty.
"""

from __future__ import annotations

import argparse
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pytest_kevlar.kernel import Checks, End, Limits, Machine, Tuning

HERE = Path(__file__).resolve().parent


class Workload(NamedTuple):
    """A workload: how often it runs, and what one count is."""

    count: int
    unit: str


WORKLOADS = {
    "none": Workload(0, "start to exit"),
    "syscall": Workload(300_000, "getpid"),
    "integer": Workload(50_000_000, "integer loop iteration"),
    "float": Workload(5_000_000, "float loop iteration"),
    "sieve": Workload(200, "sieve of 64 Ki"),
    "memcpy": Workload(10_000, "memcpy of 64 KiB"),
    "recursion": Workload(2_000, "fibonacci(20)"),
    "fork": Workload(1_000, "fork + exit + wait"),
    "exec": Workload(100, "fork + exec + wait"),
    "faults": Workload(1_000, "mmap + 64 faults + munmap"),
    "pipe": Workload(20_000, "pipe write + read"),
    "pingpong": Workload(3_000, "4 KiB there and back, pipes"),
    "echo": Workload(3_000, "4 KiB echo, unix socket"),
    "file": Workload(3_000, "64 KiB file write + read"),
    "epoll100": Workload(5_000, "event among 100 files"),
    "epoll1000": Workload(5_000, "event among 1000 files"),
    "find": Workload(10_000, "file made, found, removed"),
    "walk": Workload(20_000, "stat of a path 8 deep"),
    "signal": Workload(10_000, "signal to handler"),
}
LIMITS = Limits(steps=1 << 60, seconds=600)

Contestant = Callable[[str, int], float]


def process(command: list[str]) -> Contestant:
    """A contestant that is a command line; seconds from start to exit."""

    def run(name: str, count: int) -> float:
        begin = time.perf_counter()
        # Pipes, because gVisor gives its standard streams away, and /dev/null is the host's.
        subprocess.run([*command, name, str(count)], check=True, input=b"", capture_output=True)
        return time.perf_counter() - begin

    return run


def machine(
    arch: str,
    binary: Path,
    tuning: Tuning | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Contestant:
    """Our kernel in this process; a machine is made for every run."""
    data = binary.read_bytes()

    def run(name: str, count: int) -> float:
        begin = clock()
        with Machine(arch, limits=LIMITS, tuning=tuning) as guest:
            guest.add_file("/work", data)
            result = guest.run(["/work", name, str(count)])
        seconds = clock() - begin
        if result.end is not End.EXITED or result.code:
            sys.exit(f"{arch} {name}: {result.end} {result.detail}\n{result.state}")
        return seconds

    return run


def contestants(arch: str, binary: Path, native: Path | None) -> dict[str, Contestant]:
    """Everything that can run `binary` here, by name; native first."""
    found: dict[str, Contestant] = {}
    if native is not None:
        found["native"] = process([str(native)])
    qemu = shutil.which({"x86_64": "qemu-x86_64", "arm64": "qemu-aarch64"}[arch])
    if qemu:
        found["qemu-user"] = process([qemu, str(binary)])
    runsc = shutil.which("runsc")
    if runsc and arch == "x86_64":
        found["gvisor"] = process(
            [runsc, "--rootless", "--network=none", "--ignore-cgroups", "do", str(binary)]
        )
    found["ours"] = machine(arch, binary)
    return found


def measure(runners: dict[str, Contestant], name: str, rounds: int) -> dict[str, float]:
    """Seconds for one count of a workload, start-up taken off, for each contestant.

    The fastest of all rounds, for the workload and for the start-up alike: what else runs
    on the machine only ever adds.
    """
    count = WORKLOADS[name].count
    empty: dict[str, float] = {}
    full: dict[str, float] = {}
    for _ in range(rounds):
        for who, run in runners.items():
            try:
                seconds = run(name, 0)
                empty[who] = min(empty.get(who, seconds), seconds)
                if count:
                    seconds = run(name, count)
                    full[who] = min(full.get(who, seconds), seconds)
            except (subprocess.CalledProcessError, OSError):
                continue
    if not count:
        return empty
    # What takes less than the start-up varies cannot be told here.
    return {who: (full[who] - empty[who]) / count for who in full if full[who] > 1.05 * empty[who]}


def show(arch: str, names: list[str], runners: dict[str, Contestant], rounds: int) -> None:
    """Print one table of ratios."""
    others = [who for who in runners if who != "native"]
    print(f"\n{arch}, × native Linux; in brackets × qemu-user")
    print(f"{'':28}{'native':>12}" + "".join(f"{who:>18}" for who in others))
    for name in names:
        best = measure(runners, name, rounds)
        base = best.get("native")
        text = f"{base * 1e6:9.3f} µs" if base else "—"
        line = f"{WORKLOADS[name].unit:28}{text:>12}"
        for who in others:
            if who not in best or not base:
                line += f"{'—':>18}"
                continue
            peer = best.get("qemu-user")
            versus = f" ({best[who] / peer:.2f})" if peer and who != "qemu-user" else ""
            line += f"{f'×{best[who] / base:.2f}{versus}':>18}"
        print(line, flush=True)


def show_growth(arch: str, names: list[str], run: Contestant, rounds: int) -> None:
    """Print what one count costs on our kernel when there are few and ten times as many."""
    print(f"\n{arch}, ours: µs for one of n, and of 10 n")
    run("none", 0)  # translates the start
    for name in names:
        count = WORKLOADS[name].count // 10
        if not count:
            continue
        best = [min(run(name, n) for _ in range(rounds)) for n in (0, count, 10 * count)]
        few = (best[1] - best[0]) / count
        many = (best[2] - best[0]) / (10 * count)
        print(
            f"{WORKLOADS[name].unit:28}{count:>10}{few * 1e6:>12.2f}{many * 1e6:>12.2f}"
            f"{f'×{many / few:.2f}':>8}",
            flush=True,
        )


#: The built-in profiles; balanced, which the others are compared with, first.
PROFILES = {
    "balanced": Tuning(),
    "fortress": Tuning(checks=Checks.CALLS),
    "performance": Tuning(history=False),
    "ludicrous": Tuning(history=False, counting=False),
}


def show_profiles(arch: str, names: list[str], binary: Path, rounds: int) -> None:
    """Print what a tenth of the counts takes of CPU time under each profile."""
    print(f"\n{arch}, ours: × the profile balanced")
    print(f"{'':28}{'balanced':>14}" + "".join(f"{name:>14}" for name in list(PROFILES)[1:]))
    runners = {
        name: machine(arch, binary, tuning, time.process_time) for name, tuning in PROFILES.items()
    }
    for name in names:
        count = WORKLOADS[name].count // 10
        best = dict.fromkeys(runners, math.inf)
        for _ in range(rounds):  # in turn, so that what else runs slows all of them alike
            for who, run in runners.items():
                best[who] = min(best[who], run(name, count))
        base = best.pop("balanced")
        line = f"{WORKLOADS[name].unit:28}{base * 1e3:11.2f} ms"
        print(line + "".join(f"{f'×{each / base:.2f}':>14}" for each in best.values()), flush=True)


def build(compiler: str, target: Path) -> Path | None:
    """Build the workloads, or None if there is no such compiler."""
    if shutil.which(compiler) is None:
        print(f"{compiler} is not installed", file=sys.stderr)
        return None
    subprocess.run([compiler, "-static", "-O2", "-o", target, HERE / "work.c"], check=True)
    return target


def main() -> None:
    """Build, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="WORKLOAD")
    parser.add_argument("--rounds", type=int, default=5, help="the fastest counts (default: 5)")
    parser.add_argument(
        "--growth", action="store_true", help="ten times as much: what one costs on our kernel"
    )
    parser.add_argument(
        "--profiles", action="store_true", help="our kernel under each of its profiles"
    )
    options = parser.parse_args()
    for name in options.workloads:
        if name not in WORKLOADS:
            parser.error(f"no workload {name!r}: choose from {', '.join(WORKLOADS)}")
    with tempfile.TemporaryDirectory() as directory:
        x86_64 = build("musl-gcc", Path(directory, "work-x86_64"))
        arm64 = build("aarch64-linux-gnu-gcc", Path(directory, "work-arm64"))
        if options.profiles:
            for arch, binary in (("x86_64", x86_64), ("arm64", arm64)):
                if binary:
                    show_profiles(arch, options.workloads, binary, options.rounds)
            return
        if options.growth:
            for arch, binary in (("x86_64", x86_64), ("arm64", arm64)):
                if binary:
                    run = machine(arch, binary)
                    show_growth(arch, options.workloads, run, options.rounds)
            return
        if x86_64:
            show(
                "x86_64",
                options.workloads,
                contestants("x86_64", x86_64, x86_64),
                options.rounds,
            )
        if arm64:
            show(
                "arm64 (native is x86_64)",
                options.workloads,
                contestants("arm64", arm64, x86_64),
                options.rounds,
            )


if __name__ == "__main__":
    main()
