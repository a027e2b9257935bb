"""Runs a contract on a kernel that QEMU boots: Linux from a package, or somebody's own.

The machine has an initramfs made here, with programs and a first process, and a console. By
default that process is ours and runs programs by order, several in one boot where the plugin
says which will come; for a kernel that is not Linux the contract is the first process itself.
"""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_kevlar import hostprofile
from pytest_kevlar.build import BuildCache, CompileError
from pytest_kevlar.contract import Contract
from pytest_kevlar.outcome import Ending, Outcome, first_line
from pytest_kevlar.qemu import image
from pytest_kevlar.qemu.cpio import Archive
from pytest_kevlar.qemu.emulator import PORT, Emulator
from pytest_kevlar.qemu.plain import Plain
from pytest_kevlar.qemu.settings import PACKAGES, PROGRAMS, SERIAL, Settings
from pytest_kevlar.qemu.supervised import Failed, Supervised
from pytest_kevlar.runners.base import Capabilities, Job
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains

#: The source of our first process.
SUPERVISOR = Path(image.__file__).with_name("init.c")
#: Bytes of programs that one boot is given at most.
PROGRAM_BYTES = 256 << 20
#: Consoles that the cache keeps.
_CONSOLES = 100

#: Words for Linux's command line by which calls are some times quicker without acceleration, and
#: no program sees a difference: a second page table for the kernel empties the emulated TLB.
_QUICKER = {"x86_64": (), "arm64": ("kpti=off",)}

#: What tells one program, as it is to be run, from another.
_Key = tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class _Booted:
    """A machine that is up, and the number of each program in it."""

    machine: Supervised
    programs: dict[_Key, int]


class QemuSystemRunner:
    """QEMU with a kernel.

    Args:
        settings: asked for once, when they are needed.
        cache: gives the directory of the build cache.
    """

    name = "qemu-system"
    capabilities = Capabilities(
        records=("syscall", "signal"),
        parallel=max(2, os.cpu_count() or 1),
        reference=True,
        witness=True,
        judges=True,
    )

    def __init__(
        self,
        settings: Settings | None = None,
        cache: Callable[[], Path] = lambda: Path(tempfile.gettempdir()) / "kevlar-qemu",
    ) -> None:
        self.settings = settings or Settings()
        self._cache = cache
        self._machines: dict[tuple[str, bool], _Booted] = {}
        self._boots = itertools.count(1)
        self._supervisor = functools.cache(self._build_supervisor)

    def unavailable(self, arch: str) -> str:
        """Return a sentence if QEMU is not there or no kernel was named."""
        if arch not in PROGRAMS:
            return f"nothing is built for {arch}"
        if shutil.which(PROGRAMS[arch]) is None:
            return f"no {PROGRAMS[arch]} on this host (apt-get install {PACKAGES[arch]})"
        if arch not in self.settings.kernels:
            return f"no kernel for {arch}: name one with kevlar_qemu_kernel_{arch}"
        return ""

    def version(self) -> str:
        """Return QEMU's version and the kernels by name."""
        program = next(filter(None, map(shutil.which, PROGRAMS.values())), None)
        if program is None:
            return "not installed"
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
        words = first_line(done.stdout).split()
        number = next((word for word in words if word[:1].isdigit()), "")
        names = " ".join(path.name for path in self.settings.kernels.values())
        return f"{number} {names}".strip()

    def run(self, job: Job) -> Outcome:
        """Run ``job``, in a boot of its own if it is not in a machine that is up."""
        return self.run_among(job, lambda: ())

    def run_among(self, job: Job, coming: Callable[[], Iterable[Job]]) -> Outcome:
        """Run ``job``, perhaps in one boot with those that are ``coming``. Raises Unmet."""
        try:
            kernel = self._kernel(job.arch)
            if self.settings.first == "contract":
                return self._run_plain(job, kernel)
            return self._run_supervised(job, kernel, coming)
        except (image.BadKernel, CompileError, ToolchainMissing) as error:
            return Outcome(Ending.NOEXEC, detail=first_line(str(error)))
        except OSError as error:
            return Outcome(Ending.NOEXEC, detail=f"QEMU cannot be started: {error}")

    def close(self) -> None:
        """Switch the machines off."""
        for booted in self._machines.values():
            booted.machine.stop()
        self._machines.clear()

    def _kernel(self, arch: str) -> image.Kernel:
        kernel = image.inspect(self.settings.kernels[arch])
        if kernel.arch != arch:
            raise image.BadKernel(f"{kernel.path} is a kernel for {kernel.arch}, not for {arch}")
        return kernel

    def _run_supervised(
        self, job: Job, kernel: image.Kernel, coming: Callable[[], Iterable[Job]]
    ) -> Outcome:
        place, key = (job.arch, bool(job.trace)), _key(job)
        booted = self._machines.get(place)
        if booted is None or not booted.machine.alive or key not in booted.programs:
            self._forget(place)
            jobs = [job]
            if self.settings.batch > 1:
                jobs += itertools.islice(coming(), self.settings.batch - 1)
            booted = self._boot(kernel, jobs)
            try:
                booted.machine.wait(self.settings.boot)
            except Failed as failed:
                return booted.machine.failure(failed)
            self._machines[place] = booted
        try:
            outcome = booted.machine.run(booted.programs[key], job)
            return replace(outcome, profile=hostprofile.of_machine(booted.machine.room))
        finally:
            if len(booted.programs) == 1 or not booted.machine.alive:
                self._forget(place)

    def _forget(self, place: tuple[str, bool]) -> None:
        booted = self._machines.pop(place, None)
        if booted is not None:
            booted.machine.stop()

    def _boot(self, kernel: image.Kernel, jobs: list[Job]) -> _Booted:
        """Start a machine with as many of ``jobs`` as fit; the first always does."""
        archive = _archive()
        archive.file("init", self._supervisor(kernel.arch), 0o755)
        archive.file("kevlar/limits", _texts(_limits(jobs[0])))
        if jobs[0].trace:
            archive.file("kevlar/calls", _calls(kernel.arch))
        programs: dict[_Key, int] = {}
        size = 0
        for job in jobs:
            key = _key(job)
            content = job.program.read_bytes()
            if key in programs or (programs and size + len(content) > PROGRAM_BYTES):
                continue
            size += len(content)
            number = programs[key] = len(programs)
            program = f"kevlar/{number}/{job.program.name}"
            archive.file(program, content, 0o755)
            archive.file(f"kevlar/{number}/program", _texts([f"/{program}"]))
            archive.file(f"kevlar/{number}/argv", _texts(job.argv))
            archive.file(f"kevlar/{number}/environ", _texts(_variables(job)))
        emulator = self._start(kernel.path, jobs[0], archive.content(), "rdinit=/init")
        return _Booted(Supervised(emulator, self.settings.patterns), programs)

    def _run_plain(self, job: Job, kernel: image.Kernel) -> Outcome:
        program = job.argv[0]
        archive = _archive()
        archive.file(program, job.program.read_bytes(), 0o755)
        if kernel.slot < 0:
            emulator = self._start(
                kernel.path, job, archive.content(), f"rdinit={program} init={program}"
            )
        else:
            emulator = self._start(image.patched(kernel, program), job, archive.content(), "")
        return Plain(emulator, self.settings.patterns, self.settings.boot).run(job)

    def _start(self, kernel: Path | bytes, job: Job, initramfs: bytes, first: str) -> Emulator:
        """Start QEMU with a kernel, by name or by content."""
        place = tempfile.TemporaryDirectory(prefix="kevlar-qemu-")
        try:
            initrd = Path(place.name) / "initramfs"
            initrd.write_bytes(initramfs)
            if isinstance(kernel, bytes):
                copy = Path(place.name) / "kernel"
                copy.write_bytes(kernel)
                kernel = copy
            command = self._command(kernel, initrd, job, first)
            return Emulator(command, self._console(job.arch), place)
        except OSError:
            place.cleanup()
            raise

    def _command(self, kernel: Path, initrd: Path, job: Job, first: str) -> list[str]:
        settings, arch = self.settings, job.arch
        words = (
            settings.debug if job.trace else "",
            f"console={SERIAL[arch]} quiet loglevel=1 panic=-1",
            *(() if settings.first == "contract" else (*_mirrored(job), *_QUICKER[arch])),
            first,
            settings.append,
        )
        traced = bool(job.trace) and settings.first == "supervisor"
        port: tuple[str, ...] = ()
        if traced and settings.port:
            port = ("-chardev", f"file,id=port,path={initrd.with_name(PORT)}")
            port += ("-device", settings.port, "-device", "virtserialport,chardev=port")
        machine = settings.machines[arch]
        if (
            traced
        ):  # a tracer and its tracee take turns: threads of the host would wait for each other
            machine = tuple("tcg,thread=single" if word == "tcg" else word for word in machine)
        memory = -(-(job.memory + 2 * initrd.stat().st_size) // (1 << 20))
        return [
            *(PROGRAMS[arch], *machine),
            *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
            *("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"),
            *port,
            *("-m", f"{memory}M", "-kernel", str(kernel), "-initrd", str(initrd)),
            *("-append", " ".join(filter(None, words))),
        ]

    def _console(self, arch: str) -> Path:
        """Name a file for the next console, and remove what is older than the last ones."""
        directory = self.settings.consoles or self._cache() / "consoles"
        directory.mkdir(parents=True, exist_ok=True)
        if self.settings.consoles is None:
            found = sorted(directory.glob("*.log"), key=lambda path: path.stat().st_mtime)
            for old in found[:-_CONSOLES]:
                old.unlink(missing_ok=True)
        return directory / f"{arch}-{os.getpid()}-{next(self._boots)}.log"

    def _build_supervisor(self, arch: str) -> bytes:
        """Build our first process. Raises ToolchainMissing, CompileError or OSError."""
        contract = Contract(SUPERVISOR, SUPERVISOR.parent)
        builds = BuildCache(self._cache())
        return builds.build(contract, Toolchains().target(arch)).path.read_bytes()


@functools.cache
def _calls(arch: str) -> bytes:
    """What the tracer in a machine looks at."""
    from pytest_kevlar.kernel import remote

    return remote.table(arch)


def _archive() -> Archive:
    """An initramfs in which the kernel finds a console for the first process."""
    archive = Archive()
    archive.character_device("dev/console", 5, 1)
    return archive


def _mirrored(job: Job) -> list[str]:
    """Words of the command line that set what the machine has in common with this host.

    Since Linux 5.8; distributions choose these differently.
    """
    chosen = job.profile.protected if job.profile else hostprofile.protected()
    names = ("symlinks", "hardlinks", "fifos", "regular")
    values = zip(names, chosen, strict=True)
    return [f"sysctl.fs.protected_{name}={value}" for name, value in values]


def _limits(job: Job) -> list[str]:
    """Resource limits as on this host: number, soft and hard limit."""
    chosen = job.profile.rlimits if job.profile else hostprofile.limits()
    return [f"{number} {soft} {hard}" for number, (soft, hard) in chosen.items()]


def _key(job: Job) -> _Key:
    return str(job.program), job.argv, tuple(job.environment.items())


def _variables(job: Job) -> list[str]:
    return [f"{name}={value}" for name, value in job.environment.items()]


def _texts(texts: Iterable[str]) -> bytes:
    """Texts as the supervisor reads them, each with a NUL byte behind it."""
    return b"".join(os.fsencode(text) + b"\0" for text in texts)
