"""The engine as Python sees it: a CPU with physical memory that runs until something happens.

A thin, typed face of the C core; engines are kept and reused, because what they have
translated stays warm. Nothing of Linux is in here.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

#: The compiled core is untyped; what is typed is this module.
_core: Any = importlib.import_module("pytest_kevlar.kernel.cpu._core")
ffi: Any = _core.ffi
lib: Any = _core.lib

PAGE_SIZE = 4096
#: Guest physical memory of one engine, in pages (8 GiB of address space, not of host memory).
FRAME_COUNT = 2 << 20
#: Frames of immutable file images that are kept from run to run, at most.
IMAGE_FRAMES = 64 << 10

ARCHS = {"x86_64": lib.KV_X86_64, "arm64": lib.KV_ARM64}


class EngineError(Exception):
    """The engine cannot be made or failed by itself; the text says why."""


class OutOfFrames(Exception):
    """The guest's memory is used up."""


class Context:
    """The saved CPU state of a task that does not run, and the word for its signal mask."""

    __slots__ = ("handle", "mask")

    def __init__(self, handle: Any, mask: Any) -> None:
        self.handle = handle
        self.mask = mask


class Image:
    """The frames of an immutable file; they outlive the machine that loaded it.

    Attributes:
        frames: one per page, or 0 for a page of zeros.
    """

    __slots__ = ("frames", "size")

    def __init__(self, frames: Sequence[int], size: int) -> None:
        self.frames = frames
        self.size = size


def _library() -> bytes:
    """Path of the wheel's libunicorn, found without the 40 ms of ``import unicorn``."""
    spec = importlib.util.find_spec("unicorn")
    if spec is None or spec.origin is None:
        raise EngineError("the unicorn package is not installed: pip install unicorn")
    directory = Path(spec.origin).parent / "lib"
    for name in ("libunicorn.so.2", "libunicorn.2.dylib"):
        if (directory / name).exists():
            return str(directory / name).encode()
    raise EngineError(f"no libunicorn in {directory}: reinstall the unicorn package")


class Engine:
    """One CPU and its memory.

    Attributes:
        counting: it counts blocks; else a slice ends by the host's clock.
        raw: the C structure: exits are read from it, budget and result written to it.
        run: runs the guest; returns one of ``KV_EXIT_*``. Bound once: it is the hot path.
        active: the context whose state is in the CPU, None if nobody's.
        relieve: asked when an owner's bound refused a frame; whether to try again.
    """

    def __init__(self, arch: str, *, counting: bool = True) -> None:
        if lib.kv_load(_library()):
            raise EngineError(ffi.string(lib.kv_error()).decode())
        raw = lib.kv_engine_new(ARCHS[arch], FRAME_COUNT, counting)
        if raw == ffi.NULL:
            raise EngineError(ffi.string(lib.kv_error()).decode())
        self.arch = arch
        self.counting = counting
        self.raw = ffi.gc(raw, lib.kv_engine_free)
        self.memory = ffi.buffer(raw.memory, FRAME_COUNT * PAGE_SIZE)
        self.registers_type = f"struct kv_regs_{arch} *"
        self._registers = ffi.new(self.registers_type)
        self.fpu_size = 512 if arch == "x86_64" else 520
        self._fpu = ffi.new("uint8_t[520]")
        self._pool: list[tuple[Any, Any]] = []
        self._pristine = lib.kv_context_new(self.raw)
        lib.kv_context_save(self.raw, self._pristine)
        self.active: Context | None = None
        self.images: dict[bytes, Image] = {}
        self._image_frames = 0
        self._charged: dict[bytes, None] = {}
        self._first_frame = self._warm_frames = 0
        #: Live page caches and address spaces, so that switching off frees them all.
        self.caches: dict[Any, None] = {}
        self.spaces: dict[Any, None] = {}
        self._pins: dict[int, int] = {}  # how often a frame is in a pipe
        self.relieve: Callable[[bool], bool] | None = None

    # -- CPU state ------------------------------------------------------------

    def run(self) -> int:
        """Run the active context in the current space; returns ``KV_EXIT_*``."""
        return int(lib.kv_run(self.raw))

    def load(self, context: Context) -> None:
        """Make `context` the one in the CPU."""
        if self.active is not context:
            if self.active is not None:
                lib.kv_context_save(self.raw, self.active.handle)
            lib.kv_context_restore(self.raw, context.handle)
            self.active = context

    def new_context(self) -> Context:
        """A context whose state is undefined until it is forked or reset."""
        if self._pool:
            return Context(*self._pool.pop())
        return Context(lib.kv_context_new(self.raw), ffi.new("uint64_t *"))

    def fork_context(self, stack: int, tls: int | None) -> Context:
        """A copy of the active state with result 0, `stack` if not 0, and `tls` if given."""
        context = self.new_context()
        lib.kv_context_fork(
            self.raw, context.handle, stack, tls is not None, 0 if tls is None else tls
        )
        return context

    @contextlib.contextmanager
    def visiting(self, context: Context) -> Iterator[None]:
        """Have another context in the CPU for a while, to look at it and to change it."""
        before = self.active
        self.load(context)
        try:
            yield
        finally:
            if before is not None:
                self.load(before)

    def free_context(self, context: Context) -> None:
        """Give the context back."""
        if self.active is context:
            self.active = None
        self._pool.append((context.handle, context.mask))
        context.mask = (context.mask[0],)  # the last one, for who looks at a zombie

    def reset(self, context: Context) -> None:
        """Make `context` active with the state of a CPU that has just been switched on."""
        if self.active is not None and self.active is not context:
            lib.kv_context_save(self.raw, self.active.handle)
        lib.kv_context_restore(self.raw, self._pristine)
        self.active = context

    def read_registers(self) -> Any:
        """The active context's registers, as ``struct kv_regs_*``; one shared structure."""
        lib.kv_registers_load(self.raw, self._registers)
        return self._registers

    def write_registers(self) -> None:
        """Put the structure that :meth:`read_registers` gave back into the CPU."""
        lib.kv_registers_store(self.raw, self._registers)

    def read_fpu(self) -> bytes:
        """FP state: an FXSAVE image, or 32 V registers, FPSR and FPCR."""
        lib.kv_fpu_load(self.raw, self._fpu)
        return bytes(ffi.buffer(self._fpu, self.fpu_size))

    def write_fpu(self, image: bytes) -> None:
        """Set the FP state from an image as :meth:`read_fpu` gives it."""
        ffi.memmove(self._fpu, image, self.fpu_size)
        lib.kv_fpu_store(self.raw, self._fpu)

    def switch_off(self) -> None:
        """Free every frame but those of images, and forget the CPU's state."""
        lib.kv_context_restore(self.raw, self._pristine)
        self.active = None
        for space in list(self.spaces):
            space.destroy()
        for cache in list(self.caches):
            cache.destroy()
        for frame, count in self._pins.items():
            for _ in range(count):
                self.unref(frame)
        self._pins.clear()
        lib.kv_owners_forget(self.raw)
        self.relieve = None

    # -- frames ---------------------------------------------------------------

    def alloc(self) -> int:
        """A zeroed frame with one reference, for which nobody pays.

        Raises:
            OutOfFrames: the guest's bound is reached.
        """
        frame = int(lib.kv_frame_alloc(self.raw))
        if not frame:
            raise OutOfFrames
        return frame

    def alloc_cached(self, *, disk: bool) -> int:
        """The same for a page cache; the owner of the current space pays for it."""
        kind = lib.KV_CACHE if disk else lib.KV_SHMEM
        frame = int(lib.kv_frame_alloc_cached(self.raw, kind))
        while not frame:
            if not self.relieved(may_fail=True):
                raise OutOfFrames
            frame = int(lib.kv_frame_alloc_cached(self.raw, kind))
        return frame

    def relieved(self, *, may_fail: bool) -> bool:
        """Whether an allocation that has just failed is worth another try.

        Args:
            may_fail: who asks can do without.
        """
        return bool(self.raw.refused) and self.relieve is not None and self.relieve(may_fail)

    def ref(self, frame: int) -> None:
        """One more reference."""
        lib.kv_frame_ref(self.raw, frame)

    def unref(self, frame: int) -> None:
        """One reference less; the last one frees the frame."""
        lib.kv_frame_unref(self.raw, frame)

    def pin(self, frame: int) -> None:
        """One more reference, which does not outlive the machine."""
        self._pins[frame] = self._pins.get(frame, 0) + 1
        self.ref(frame)

    def unpin(self, frame: int) -> None:
        """One reference of :meth:`pin` less."""
        count = self._pins[frame] - 1
        if count:
            self._pins[frame] = count
        else:
            del self._pins[frame]
        self.unref(frame)

    def read_frame(self, frame: int, offset: int, size: int) -> bytes:
        """`size` bytes at `offset` (0..4095) of a frame."""
        start = frame * PAGE_SIZE + offset
        return bytes(self.memory[start : start + size])

    def write_frame(self, frame: int, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Overwrite part of a frame; translations made from it are dropped."""
        lib.kv_frame_write(self.raw, frame, offset, ffi.from_buffer(data), len(data))

    def zero_frame(self, frame: int, offset: int, size: int) -> None:
        """Zero part of a frame; translations made from it are dropped."""
        lib.kv_frame_zero(self.raw, frame, offset, size)

    # -- images ---------------------------------------------------------------

    def image(self, digest: bytes, data: bytes) -> Image:
        """The frames of `data`, shared by every machine that loads the same bytes.

        Args:
            digest: a collision-free key of `data`.
            data: the whole file.

        Raises:
            OutOfFrames: it does not fit.
        """
        image = self.images.pop(digest, None)
        if image is not None:
            self.images[digest] = image
            if digest not in self._charged and not self._charge(len(image.frames)):
                raise OutOfFrames
        else:
            frames: list[int] = []
            try:
                for start in range(0, len(data), PAGE_SIZE):
                    frames.append(self.alloc())
                    self.write_frame(frames[-1], 0, data[start : start + PAGE_SIZE])
            except OutOfFrames:
                for frame in frames:
                    self.unref(frame)
                raise
            image = Image(tuple(frames), len(data))
            self._image_frames += len(frames)
            self.images[digest] = image  # most recently used last
        self._charged[digest] = None
        return image

    def bound(self, frames: int) -> None:
        """Let the next machine have `frames` frames; those of images count when it loads them."""
        self._first_frame = self.raw.frames_used
        self.raw.frame_limit = min(self.raw.frame_count, self._first_frame + frames)
        self._charged = {}
        self._warm_frames = 0

    def _charge(self, frames: int) -> bool:
        """Count the frames of a warm image as if they were allocated now; False if too many."""
        if self.raw.frames_used + frames > self.raw.frame_limit:
            return False
        self.raw.frame_limit -= frames
        self._warm_frames += frames
        return True

    @property
    def frames_in_use(self) -> int:
        """Frames that the machine has taken, whatever was warm when it started."""
        return int(self.raw.frames_used) - self._first_frame + self._warm_frames

    def trim_images(self) -> None:
        """Forget the images used longest ago; call it between runs."""
        while self._image_frames > IMAGE_FRAMES and len(self.images) > 1:
            oldest = self.images.pop(next(iter(self.images)))
            self._image_frames -= len(oldest.frames)
            for frame in oldest.frames:
                self.unref(frame)


_idle: dict[tuple[str, bool], list[Engine]] = {}


def acquire(arch: str, *, counting: bool = True) -> Engine:
    """An engine nobody else uses: a warm one if there is one."""
    idle = _idle.setdefault((arch, counting), [])
    return idle.pop() if idle else Engine(arch, counting=counting)


def release(engine: Engine) -> None:
    """Give an engine back once its machine has freed all it held."""
    engine.trim_images()
    _idle.setdefault((engine.arch, engine.counting), []).append(engine)
