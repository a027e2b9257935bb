"""The machine: what the outside world uses of the kernel.

Put files in, run a program, read what it left. Nothing of the host is reachable from
inside, and no bug inside raises out of :meth:`Machine.run`.
"""

from __future__ import annotations

import contextlib
import gc
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from pytest_kevlar.kernel import bootstrap
from pytest_kevlar.kernel.cpu import engine as engines
from pytest_kevlar.kernel.cpu.engine import OutOfFrames
from pytest_kevlar.kernel.errno import LinuxError
from pytest_kevlar.kernel.fs.block.device import Disk
from pytest_kevlar.kernel.kernel import Kernel
from pytest_kevlar.kernel.live import LiveInput
from pytest_kevlar.kernel.profile import HostProfile
from pytest_kevlar.kernel.report import describe_state
from pytest_kevlar.kernel.result import End, Limits, Result
from pytest_kevlar.kernel.task.scheduler import RunEnded, TaskGone
from pytest_kevlar.kernel.tuning import Tuning

#: Objects made between two looks for garbage while a guest runs.
COLLECT_EVERY = 50_000


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for cyclic garbage less often: a sixth of a fork goes into that."""
    before = gc.get_threshold()
    gc.set_threshold(max(COLLECT_EVERY, before[0]) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Machine:
    """A computer that runs one program, and everything that starts.

    Args:
        arch: ``x86_64`` or ``arm64``.
        profile: the host it pretends to be.
        seed: decides all that Linux leaves to chance; same binary and seed, same trace.
        limits: bounds of the run.
        on_output: called with the stream (1 or 2) and the bytes of every write to standard
            output and error, as it happens; raises BrokenPipeError if nobody reads them.
        keep_output: the result has them as well.
        disks: images of ``/dev/vda``, ``/dev/vdb`` and so on, which are copied in; a
            :class:`Disk` can be read-only.
        trace: record events; channels of the tracer, or True for what a comparison needs.
        tuning: what is checked, counted and remembered.

    Raises:
        KeyError: no such architecture.
        EngineError: the CPU engine cannot be made.
    """

    def __init__(
        self,
        arch: str,
        *,
        profile: HostProfile | None = None,
        seed: int = 0,
        limits: Limits | None = None,
        trace: bool | Collection[str] = False,
        on_output: Callable[[int, bytes], object] | None = None,
        keep_output: bool = True,
        disks: Sequence[bytes | Disk] = (),
        tuning: Tuning | None = None,
    ) -> None:
        tuning = tuning or Tuning()
        self._engine = engines.acquire(arch, counting=tuning.counting)
        self._closed = self._crashed = False
        self._too_big = ""
        self.kernel = Kernel(
            self._engine,
            profile or HostProfile(),
            seed,
            limits or Limits(),
            trace,
            on_output,
            tuning,
        )
        self.kernel.output.keep = keep_output
        self._fs = bootstrap.make_file_systems(
            self.kernel, [one if isinstance(one, Disk) else Disk(one) for one in disks]
        )

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def add_file(self, path: str, data: bytes, mode: int = 0o755) -> None:
        """Put a regular file into the guest, with the directories above it.

        Args:
            path: absolute. data: its bytes; big files are kept warm between machines. If
                they do not fit into the guest's memory, :meth:`run` says so.
            mode: permission bits.
        """
        try:
            bootstrap.add_file(self.kernel, self._fs, path, data, mode)
        except OutOfFrames:
            self._too_big = path

    def add_directory(self, path: str, mode: int = 0o755) -> None:
        """Make a directory in the guest, with those above it."""
        bootstrap.add_directory(self._fs, path, mode)

    def add_link(self, path: str, target: str) -> None:
        """Make a symbolic link in the guest."""
        bootstrap.add_link(self._fs, path, target)

    def set_modified(self, path: str, modified: int) -> None:
        """Set when what was added at `path` was last modified, nanoseconds since 1970."""
        bootstrap.set_modified(self._fs, path, modified)

    def disk(self, index: int) -> bytes:
        """The content of a disk after the run, file systems on it unmounted.

        Args:
            index: 0 is ``/dev/vda``.
        """
        return bootstrap.read_disk(self._fs, index)

    def run(
        self,
        argv: Sequence[str | bytes],
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        stdin: bytes | LiveInput = b"",
    ) -> Result:
        """Run a program until it ends or a bound is reached; once per machine.

        Args:
            argv: program (a path in the guest) and arguments.
            env: its environment. cwd: an existing directory of the guest.
            stdin: what it can read; empty stands for ``/dev/null``. Live input comes while
                it runs; a live terminal becomes the controlling terminal of its session.
        """
        kernel = self.kernel
        arguments = [item.encode() if isinstance(item, str) else item for item in argv]
        environment = [f"{name}={value}".encode() for name, value in (env or {}).items()]
        end, detail, trace = End.CRASH, "", ""
        if self._too_big:
            return self._result(End.NOEXEC, f"{self._too_big} does not fit into the guest's memory")
        try:
            bootstrap.start(kernel, self._fs, arguments, environment, cwd, stdin)
        except LinuxError as error:
            program = arguments[0].decode("latin-1") if arguments else "no program given"
            return self._result(End.NOEXEC, f"{program}: {error}")
        except OutOfFrames:
            return self._result(End.NOEXEC, "the program does not fit into the guest's memory")
        try:
            with _rare_collections():
                kernel.scheduler.run()
        except RunEnded as ended:
            end, detail = ended.end, ended.detail
        except (Exception, TaskGone) as error:
            self._crashed = True
            detail = f"{type(error).__name__}: {error}"
            trace = traceback.format_exc()
        return self._result(end, detail, trace)

    def _result(self, end: End, detail: str, trace: str = "") -> Result:
        kernel = self.kernel
        status = kernel.exit_status
        if kernel.oom_kills and not detail:
            detail = f"out of memory: {kernel.limits.memory >> 20} MiB were not enough"
        if trace:
            # A handler that failed may have left no task current: say what is known.
            detail = detail.splitlines()[0]
        return Result(
            end,
            code=status >> 8 & 0xFF if end is End.EXITED else 0,
            signal=status & 0x7F if end is End.SIGNALED else 0,
            core=bool(status & 0x80) if end is End.SIGNALED else False,
            stdout=kernel.output.collected(1),
            stderr=kernel.output.collected(2),
            detail=detail,
            state="" if end is End.EXITED else describe_state(kernel),
            traceback=trace,
            events=kernel.tracer.events if kernel.tracer else [],
            unknown=tuple(kernel.unknown),
            virtual_ns=kernel.clock.elapsed_ns(),
        )

    def close(self) -> None:
        """Free all that the guest held; the engine goes back, warm, for the next machine.

        That of a kernel that crashed does not: nobody knows what still holds its memory.
        """
        if not self._closed:
            self._closed = True
            for task in self.kernel.tasks.values():
                if task.coroutine is not None and task is not self.kernel.scheduler.current:
                    task.coroutine.close()
                    task.coroutine = None
                if task.alive:
                    self._engine.free_context(task.context)
            self._engine.switch_off()
            if not self._crashed:
                engines.release(self._engine)
