"""Times the same static binaries natively, under qemu-user, under gVisor and on our kernel.

``python benchmarks/run.py [WORKLOAD…]``. Every contestant runs every workload in turn,
several rounds, and the fastest round counts; what is printed are ratios to native Linux of
the same session. Workloads of many tasks run with a few and with ten times as many. Not
installed, or not able to: that column is empty.
"""

from __future__ import annotations

import argparse
import math
import resource
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
    """A workload.

    Attributes:
        count: how often it runs. unit: what one count is.
        tasks: among how many tasks or timers, 0 if it has one only.
    """

    count: int
    unit: str
    tasks: int = 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of tasks that it is measured with."""
        return (self.tasks, 10 * self.tasks) if self.tasks else (0,)

    def title(self, tasks: int) -> str:
        """What one count is, among so many tasks."""
        return self.unit.format(tasks)


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
    "futex": Workload(10_000, "futex ring, {} threads", 2),
    "thread": Workload(2_000, "create + join by {} asleep", 10),
    "ring": Workload(10_000, "pipe ring, {} processes", 10),
    "relay": Workload(5_000, "signal ring, {} processes", 2),
    "crowd": Workload(1_000, "fork + wait by {} asleep", 10),
    "timers": Workload(10_000, "POSIX timer, {} armed", 100),
    "timerfds": Workload(10_000, "timerfd and epoll, {} armed", 100),
}
LIMITS = Limits(steps=1 << 60, seconds=600)
#: The most that one run of another contestant may take; gVisor may hang.
PATIENCE = 20

#: Runs a workload, so often, among so many tasks; returns seconds.
Contestant = Callable[[str, int, int], float]


def arguments(name: str, count: int, tasks: int) -> list[str]:
    """The command line of the program."""
    return [name, str(count), *([str(tasks)] if tasks else [])]


def children_time() -> float:
    """CPU seconds of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def process(command: list[str], clock: Callable[[], float] = time.perf_counter) -> Contestant:
    """A contestant that is a command line; seconds from start to exit."""

    def run(name: str, count: int, tasks: int) -> float:
        begin = clock()
        # Pipes, because gVisor gives its standard streams away, and /dev/null is the host's.
        subprocess.run(
            [*command, *arguments(name, count, tasks)],
            check=True,
            input=b"",
            capture_output=True,
            timeout=PATIENCE,
        )
        return clock() - begin

    return run


def machine(
    arch: str,
    binary: Path,
    tuning: Tuning | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Contestant:
    """Our kernel in this process; a machine is made for every run."""
    data = binary.read_bytes()

    def run(name: str, count: int, tasks: int) -> float:
        begin = clock()
        with Machine(arch, limits=LIMITS, tuning=tuning) as guest:
            guest.add_file("/work", data)
            result = guest.run(["/work", *arguments(name, count, tasks)])
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


def measure(runners: dict[str, Contestant], name: str, tasks: int, rounds: int) -> dict[str, float]:
    """Seconds for one count of a workload, start-up taken off, for each contestant.

    The fastest of all rounds, for the workload and for the start-up alike: what else runs
    on the machine only ever adds.
    """
    count = WORKLOADS[name].count
    empty: dict[str, float] = {}
    full: dict[str, float] = {}
    unable: set[str] = set()
    for _ in range(rounds):
        for who, run in runners.items():
            if who in unable:
                continue
            try:
                seconds = run(name, 0, tasks)
                empty[who] = min(empty.get(who, seconds), seconds)
                if count:
                    seconds = run(name, count, tasks)
                    full[who] = min(full.get(who, seconds), seconds)
            except (subprocess.SubprocessError, OSError):
                unable.add(who)
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
        for tasks in WORKLOADS[name].sizes:
            best = measure(runners, name, tasks, rounds)
            print(ratios(WORKLOADS[name].title(tasks), best, others), flush=True)


def ratios(title: str, best: dict[str, float], others: list[str]) -> str:
    """One line of the table."""
    base = best.get("native")
    text = f"{base * 1e6:9.3f} µs" if base else "—"
    line = f"{title:28}{text:>12}"
    for who in others:
        if who not in best or not base:
            line += f"{'—':>18}"
            continue
        peer = best.get("qemu-user")
        versus = f" ({best[who] / peer:.2f})" if peer and who != "qemu-user" else ""
        line += f"{f'×{best[who] / base:.2f}{versus}':>18}"
    return line


def show_growth(arch: str, names: list[str], run: Contestant, rounds: int) -> None:
    """Print what one count costs on our kernel when there are few and ten times as many."""
    print(f"\n{arch}, ours: µs of CPU time for one of n, and of 10 n")
    run("none", 0, 0)  # translates the start
    for name in names:
        count, tasks = WORKLOADS[name].count // 10, WORKLOADS[name].tasks
        if not count:
            continue
        best = [min(run(name, n, tasks) for _ in range(rounds)) for n in (0, count, 10 * count)]
        few = (best[1] - best[0]) / count
        many = (best[2] - best[0]) / (10 * count)
        print(
            f"{WORKLOADS[name].title(tasks):28}{count:>10}{few * 1e6:>12.2f}{many * 1e6:>12.2f}"
            f"{f'×{many / few:.2f}':>8}",
            flush=True,
        )


def show_crowds(arch: str, names: list[str], runners: dict[str, Contestant], rounds: int) -> None:
    """Print what one count costs among few tasks and among ten times as many."""
    print(f"\n{arch}: µs of CPU time for one among n tasks or timers, and among 10 n")
    print(f"{'':28}{'n':>6}" + "".join(f"{who:>12}{'':>20}" for who in runners))
    for name in names:
        if not WORKLOADS[name].tasks:
            continue
        few, many = (measure(runners, name, size, rounds) for size in WORKLOADS[name].sizes)
        line = f"{WORKLOADS[name].unit.format('n'):28}{WORKLOADS[name].tasks:>6}"
        for who in runners:
            if who in few and who in many:
                growth = f"×{many[who] / few[who]:.2f}"
                line += f"{few[who] * 1e6:>12.2f}{many[who] * 1e6:>12.2f}{growth:>8}"
            else:
                line += f"{'—':>32}"
        print(line, flush=True)


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
        count, tasks = WORKLOADS[name].count // 10, WORKLOADS[name].tasks
        best = dict.fromkeys(runners, math.inf)
        for _ in range(rounds):  # in turn, so that what else runs slows all of them alike
            for who, run in runners.items():
                best[who] = min(best[who], run(name, count, tasks))
        base = best.pop("balanced")
        line = f"{WORKLOADS[name].title(tasks):28}{base * 1e3:11.2f} ms"
        print(line + "".join(f"{f'×{each / base:.2f}':>14}" for each in best.values()), flush=True)


def build(compiler: str, target: Path) -> Path | None:
    """Build the workloads, or None if there is no such compiler."""
    if shutil.which(compiler) is None:
        print(f"{compiler} is not installed", file=sys.stderr)
        return None
    sources = [HERE / "work.c", HERE / "concurrent.c"]
    subprocess.run([compiler, "-static", "-pthread", "-O2", "-o", target, *sources], check=True)
    return target


def main() -> None:
    """Build, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="WORKLOAD")
    parser.add_argument("--rounds", type=int, default=5, help="the fastest counts (default: 5)")
    parser.add_argument(
        "--growth",
        action="store_true",
        help="ten times as much, and ten times as many tasks: what one costs",
    )
    parser.add_argument(
        "--profiles", action="store_true", help="our kernel under each of its profiles"
    )
    options = parser.parse_args()
    names, rounds = options.workloads, options.rounds
    for name in names:
        if name not in WORKLOADS:
            parser.error(f"no workload {name!r}: choose from {', '.join(WORKLOADS)}")
    with tempfile.TemporaryDirectory() as directory:
        x86_64 = build("musl-gcc", Path(directory, "work-x86_64"))
        arm64 = build("aarch64-linux-gnu-gcc", Path(directory, "work-arm64"))
        for arch, binary in (("x86_64", x86_64), ("arm64", arm64)):
            if binary is None:
                continue
            if options.profiles:
                show_profiles(arch, names, binary, rounds)
                continue
            title = arch if arch == "x86_64" else f"{arch} (native is x86_64)"
            if options.growth:
                ours = machine(arch, binary, clock=time.process_time)
                show_growth(arch, names, ours, rounds)
                sides = {"native": process([str(x86_64)], children_time)} if x86_64 else {}
                show_crowds(title, names, {**sides, "ours": ours}, rounds)
            else:
                show(title, names, contestants(arch, binary, x86_64), rounds)


if __name__ == "__main__":
    main()
