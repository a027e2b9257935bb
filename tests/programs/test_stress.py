"""stress-ng and sysbench as the distribution ships them, a few hundred operations of each kind."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_kevlar.kernel import End, Limits, Machine, Result
from pytest_kevlar.runners.base import host_architecture

LIMITS = Limits(steps=40_000_000_000, seconds=120, memory=2 << 30, tasks=2000)
#: Stressors and how many operations: two processes of each, which check what they do.
STRESSORS = {
    "locks": {"futex": 300, "sem": 300, "sem-sysv": 300, "mutex": 100},
    "messages": {"pipe": 300, "mq": 300, "msg": 300, "sockpair": 100, "eventfd": 300},
    "tasks": {"clone": 50, "fork": 100, "vfork": 60, "pthread": 30, "wait": 60, "zombie": 60},
    "timers": {"timer": 200, "timerfd": 200, "itimer": 200, "nanosleep": 60, "clock": 20},
    "signals": {"signal": 300, "sigq": 300, "sigrt": 100, "sigfd": 300, "sigpending": 300},
    "scheduling": {"switch": 300, "affinity": 100, "schedpolicy": 60, "nice": 60},
    "faults": {"sigfpe": 20, "sigsegv": 20, "sigabrt": 10, "sigsuspend": 20, "kill": 20},
    "memory": {"brk": 20, "mlock": 20, "msync": 10, "shm": 4, "shm-sysv": 4},
    "files": {"dup": 20, "fcntl": 20, "flock": 20, "locka": 20, "seek": 10, "rename": 10},
    "copies": {"splice": 20, "vm-splice": 20, "hdd": 4, "inotify": 5, "utime": 10, "chmod": 10},
    "programs": {"daemon": 4, "session": 4, "prctl": 4, "seccomp": 10},
    "ends": {"sock": 5, "udp": 10, "pty": 2},
    "asynchrony": {"aio": 100, "poll": 200, "epoll": 60, "sigio": 100},
}


def installed(name: str) -> Path:
    """Where a program is; skips if it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return Path(found)


def run(name: str, *arguments: str) -> Result:
    """Run a dynamic program of this host in a guest that has it and its libraries."""
    program = installed(name)
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    libraries = [Path(word) for word in listed.stdout.split() if word.startswith("/")]
    with Machine(host_architecture(), limits=LIMITS) as machine:
        for path in [program, *libraries]:
            machine.add_file(str(path), path.read_bytes())
        return machine.run([str(program), *arguments], {"HOME": "/", "PATH": "/"})


@pytest.mark.parametrize("group", STRESSORS)
def test_stress_ng(group: str) -> None:
    """What each verifies holds, and none meets a call that is not there."""
    installed("stress-ng")
    for stressor, count in STRESSORS[group].items():
        operations = (f"--{stressor}", "2", f"--{stressor}-ops", str(count))
        result = run("stress-ng", "--verify", "--temp-path", "/", *operations)
        output = result.stdout.decode() + result.stderr.decode()
        assert (result.end, result.code) == (End.EXITED, 0), (stressor, output, result.detail)
        assert "successful run completed" in output, (stressor, output)


@pytest.mark.parametrize("kind", ["threads", "mutex"])
def test_sysbench(kind: str) -> None:
    """Threads that yield under locks, and threads that contend for mutexes."""
    options = {
        "threads": ("--threads=8", "--events=300", "--time=0"),
        "mutex": ("--threads=4", "--mutex-num=16", "--mutex-locks=200", "--mutex-loops=100"),
    }
    result = run("sysbench", kind, *options[kind], "run")
    output = result.stdout.decode() + result.stderr.decode()
    assert (result.end, result.code) == (End.EXITED, 0), (output, result.detail)
    events = 300 if kind == "threads" else 4
    assert f"total number of events:              {events}" in output
