"""Runs a contract in gVisor: a container of its own for each run, thrown away afterwards.

The container sees this host's files under an overlay, the contract under its own name, and
a private directory; its network is the sandbox's own loopback. Its first process is ours: the
contract is a child with a session of its own, as on Linux.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_kevlar.build import BuildCache, CompileError
from pytest_kevlar.contract import Contract
from pytest_kevlar.hostprofile import process_status
from pytest_kevlar.outcome import Ending, Outcome, first_line
from pytest_kevlar.requirements import CAPABILITIES, lacked, words_to_judge
from pytest_kevlar.runners.base import Capabilities, Job, Unmet, host_architecture
from pytest_kevlar.runners.linux import run_in_private
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains
from pytest_kevlar.trace.gvisor import GvisorReader

#: The private, empty directory a contract starts in, as it sees it.
WORKING_DIRECTORY = "/tmp/contract"
#: Ways of gVisor to get hold of system calls, the faster first.
PLATFORMS = ("systrap", "ptrace")

#: The source of our first process, and what it is called in the container.
FIRST = Path(__file__).with_name("runsc_init.c")
_FIRST_NAME = ".first"
#: The source of what starts runsc, so that no sandbox outlives this process.
LEASH = Path(__file__).with_name("runsc_leash.c")
#: Its last word, on standard error.
_LAST_WORD = re.compile(rb"@kevlar (end|lack|noexec) ([^\n]*)\n\Z")

_SIGNAL_BASE = 128
#: The capabilities that gVisor has.
_KNOWN = CAPABILITIES[:38]


class RunscRunner:
    """gVisor's ``runsc``.

    Args:
        platform: one of `PLATFORMS`, or empty for the first that it knows.
        cache: gives the directory of the build cache.
    """

    capabilities = Capabilities(records=("syscall", "signal", "process"), parallel=4, judges=True)

    def __init__(
        self,
        platform: str = "",
        cache: Callable[[], Path] = lambda: Path(tempfile.gettempdir()) / "kevlar-runsc",
    ) -> None:
        self.name = f"runsc-{platform}" if platform else "runsc"
        self._wanted = platform
        self._found: tuple[str, str] | None = None
        self._cache = cache
        self._built = functools.cache(self._build)

    def unavailable(self, arch: str) -> str:
        """Return a sentence if runsc is not there, does not start, or ``arch`` is another."""
        if arch != host_architecture():
            return f"gVisor runs programs of the host only, which is {host_architecture()}"
        if shutil.which("runsc") is None:
            return "no runsc on this host (apt-get install runsc)"
        return self._platform()[1]

    def version(self) -> str:
        """Return runsc's version and the platform in use."""
        program = shutil.which("runsc")
        if program is None:
            return "not installed"
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
        return f"{first_line(done.stdout).rpartition(' ')[2]} {self._platform()[0]}".strip()

    def run(self, job: Job) -> Outcome:
        """Make a container, run ``job`` in it, and take it away. Raises Unmet."""
        platform, trouble = self._platform()
        if trouble:
            return Outcome(Ending.NOEXEC, detail=trouble)
        try:
            first, leash = self._built(FIRST), self._built(LEASH)
        except (ToolchainMissing, CompileError, OSError) as error:
            return Outcome(Ending.NOEXEC, detail=f"no first process: {first_line(str(error))}")
        place = Path(tempfile.mkdtemp(prefix="kevlar-runsc-"))
        try:
            outcome = self._run(job, place, platform, first, leash)
            if job.trace:
                reader = GvisorReader(supervised=True)
                for log in sorted(place.glob("log/*.boot.txt")):
                    with log.open(encoding="utf-8", errors="backslashreplace") as lines:
                        reader.feed(lines)
                outcome = replace(outcome, events=reader.finish())
            return outcome
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def close(self) -> None:
        """Nothing outlives a run."""

    def _run(self, job: Job, place: Path, platform: str, first: Path, leash: Path) -> Outcome:
        bundle, log = place / "bundle", place / "log"
        bundle.mkdir()
        log.mkdir()
        (bundle / "config.json").write_text(json.dumps(_config(job, bundle)))
        (bundle / "program").mkdir()
        shutil.copy(job.program, bundle / "program" / Path(job.argv[0]).name)
        shutil.copy(first, bundle / "program" / _FIRST_NAME)
        recording = ("--debug", "--strace", f"--debug-log={log}/") if job.trace else ()
        command = _command(place, platform, *recording)
        container = place.name
        leashed = (str(leash), str(os.getpid()), *command)
        argv = (*leashed, "run", f"--bundle={bundle}", container)
        outcome, _ = run_in_private(replace(job, program=leash, argv=argv), pipe_input=True)
        if outcome.ending is not Ending.EXITED:
            _take_away(command, container)
        return _translate(replace(outcome, directory=WORKING_DIRECTORY))

    def _build(self, source: Path) -> Path:
        """Build a program of ours. Raises ToolchainMissing, CompileError or OSError."""
        contract = Contract(source, source.parent)
        compiler = Toolchains().target(host_architecture())
        return BuildCache(self._cache()).build(contract, compiler).path

    def _platform(self) -> tuple[str, str]:
        """Return the platform in use, and why there is none; tried once with /bin/true."""
        if self._found is None:
            wanted = (self._wanted,) if self._wanted else PLATFORMS
            trouble = ""
            for platform in wanted:
                trouble = _attempt(platform)
                if not trouble:
                    self._found = platform, ""
                    break
            else:
                self._found = "", f"runsc does not start here: {trouble}"
        return self._found


def _command(place: Path, platform: str, *options: str) -> tuple[str, ...]:
    return (
        shutil.which("runsc") or "runsc",
        f"--root={place}/root",
        *(() if os.geteuid() == 0 else ("--rootless",)),
        "--network=none",
        "--net-raw",
        "--ignore-cgroups",
        "--overlay",
        f"--platform={platform}",
        *options,
    )


def _attempt(platform: str) -> str:
    """Run something that does nothing; gives what is wrong."""
    with tempfile.TemporaryDirectory(prefix="kevlar-runsc-") as place:
        command = [*_command(Path(place), platform), "do", "/bin/true"]
        try:
            done = subprocess.run(command, input="", capture_output=True, text=True, timeout=30)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode == 0:
            return ""
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()
        return last[-1] if last else f"exit status {done.returncode}"


def _config(job: Job, bundle: Path) -> dict[str, Any]:
    """The container as the specification of OCI has it."""
    root = os.geteuid() == 0
    directory = str(Path(job.argv[0]).parent)
    environment = [f"{name}={value}" for name, value in job.environment.items()]
    first = [f"{directory}/{_FIRST_NAME}", *words_to_judge(job.requires), "--", *environment, "--"]
    return {
        "ociVersion": "1.0.0",
        "process": {
            "user": {"uid": os.geteuid() if root else 0, "gid": os.getegid() if root else 0},
            "args": [*first, *job.argv],
            "env": environment,
            "cwd": "/",
            "capabilities": _capabilities() if root else {},
            "rlimits": _limits(),
        },
        "root": {"path": "/", "readonly": False},
        "hostname": os.uname().nodename,
        "mounts": [
            {"destination": "/proc", "type": "proc"},
            {"destination": "/sys", "type": "sysfs"},
            {"destination": "/dev", "type": "devtmpfs"},
            {"destination": "/dev/pts", "type": "devpts"},
            {"destination": "/dev/shm", "type": "tmpfs", "options": ["mode=1777"]},
            {"destination": "/tmp", "type": "tmpfs", "options": ["mode=1777"]},
            {
                "destination": directory,
                "type": "bind",
                "source": str(bundle / "program"),
                "options": ["ro"],
            },
        ],
        "linux": {},
    }


def _capabilities() -> dict[str, list[str]]:
    """This process's capabilities, which a program on Linux inherits, as far as gVisor has them."""
    sets = {
        "bounding": "CapBnd",
        "effective": "CapEff",
        "inheritable": "CapInh",
        "permitted": "CapPrm",
    }
    status = process_status()
    return {
        name: [f"CAP_{one}" for bit, one in enumerate(_KNOWN) if int(status[key], 16) >> bit & 1]
        for name, key in sets.items()
    }


def _limits() -> list[dict[str, Any]]:
    """This process's resource limits, which a program on Linux inherits."""
    names = [
        name for name in dir(resource) if name.startswith("RLIMIT_") and name != "RLIMIT_OFILE"
    ]
    found = []
    for name in names:
        soft, hard = (value % (1 << 64) for value in resource.getrlimit(getattr(resource, name)))
        found.append({"type": name, "soft": soft, "hard": hard})
    return found


def _translate(outcome: Outcome) -> Outcome:
    """Make of the end of runsc that of the program. Raises Unmet.

    Our first process has told it; if that was killed itself, runsc exits as a shell does: 128 and
    the signal. 128 alone is runsc's own failure.
    """
    if outcome.ending is not Ending.EXITED:
        return outcome
    last = _LAST_WORD.search(outcome.stderr)
    if last:
        outcome = replace(outcome, stderr=outcome.stderr[: last.start()])
        return _told(outcome, last[1].decode(), last[2].decode("utf-8", "replace"))
    if outcome.code == _SIGNAL_BASE:
        said = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
        detail = said[-1] if said else "runsc gave up without a word"
        return replace(outcome, ending=Ending.CRASH, code=0, detail=f"runsc: {detail}")
    if _SIGNAL_BASE < outcome.code <= _SIGNAL_BASE + 64:
        return replace(outcome, ending=Ending.SIGNALED, code=0, signal=outcome.code - _SIGNAL_BASE)
    return outcome


def _told(outcome: Outcome, kind: str, text: str) -> Outcome:
    """What our first process said, of the `_LAST_WORD`. Raises Unmet."""
    if kind == "lack":
        raise Unmet(lacked(text, "sandbox"))
    if kind == "noexec":
        return replace(outcome, ending=Ending.NOEXEC, code=0, detail=text)
    status = int(text)
    if status & 0x7F:
        return replace(outcome, ending=Ending.SIGNALED, code=0, signal=status & 0x7F)
    return replace(outcome, code=status >> 8 & 0xFF)


def _take_away(command: tuple[str, ...], container: str) -> None:
    """Kill what a runsc that was killed left behind: its sandbox is another process."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([*command, "delete", "--force", container], capture_output=True, timeout=30)
