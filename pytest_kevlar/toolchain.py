"""Finds the compilers: one for Linux itself, one per architecture for the side under test.

Looks on PATH first and falls back to the ``zig cc`` of the ``ziglang`` wheel; it compiles
nothing.
"""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_kevlar.runners.base import ARCHITECTURES, host_architecture

#: What compilers call our architectures.
TRIPLE = {"x86_64": "x86_64", "arm64": "aarch64"}

#: What to install, by architecture, for the side under test.
_PACKAGES = {
    "x86_64": "musl-gcc (apt-get install musl-tools)",
    "arm64": "aarch64-linux-gnu-gcc (apt-get install gcc-aarch64-linux-gnu)",
}
_WHEEL = "or the zig compiler (pip install 'pytest-kevlar[zig]')"


class ToolchainMissing(Exception):
    """No compiler for what is asked; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler that answered when asked for its version.

    Attributes:
        title: what people call it, such as ``musl-gcc`` or ``zig cc``.
        command: program, absolute, and the arguments that choose target and C library.
        arch: architecture it builds for.
        version: one line it said about itself.
        musl: it is a gcc for musl; as a wrapper it does not see the kernel's headers.
        zig: it is ``zig cc``, which keeps a cache of its own.
    """

    title: str
    command: tuple[str, ...]
    arch: str
    version: str
    musl: bool = False
    zig: bool = False

    def describe(self) -> str:
        """Return title and version for the header of the report."""
        number = next((word for word in self.version.split()[::-1] if word[:1].isdigit()), "")
        return f"{self.title} {number}".strip()


class Toolchains:
    """The compilers of this host; each is looked for once."""

    def __init__(self) -> None:
        self.reference = functools.cache(self._reference)
        self.target = functools.cache(self._target)

    def _reference(self) -> Compiler:
        """Return the compiler for the run on Linux. Raises ToolchainMissing."""
        arch = host_architecture()
        for compiler in self._named(arch, ("gcc",)):
            return compiler
        for compiler in self._zig(arch):
            return compiler
        raise ToolchainMissing(
            f"no C compiler for {arch} Linux: install gcc (apt-get install gcc libc6-dev), {_WHEEL}"
        )

    def _target(self, arch: str) -> Compiler:
        """Return the compiler for the side under test. Raises ToolchainMissing."""
        triple = TRIPLE[arch]
        native = arch == host_architecture()
        names = ["musl-gcc"] if native else []
        names += [f"{triple}-{vendor}linux-musl-gcc" for vendor in ("", "unknown-", "alpine-")]
        if not native:
            names.append(f"{triple}-linux-gnu-gcc")
        for compiler in self._named(arch, names):
            return compiler
        for compiler in self._zig(arch):
            return compiler
        package = _PACKAGES["x86_64"] if native else _PACKAGES[arch]
        raise ToolchainMissing(f"no static compiler for {arch}: install {package}, {_WHEEL}")

    def _named(self, arch: str, names: list[str] | tuple[str, ...]) -> Iterator[Compiler]:
        for name in names:
            path = shutil.which(name)
            version = _answer([path, "--version"]) if path else ""
            if path and version:
                yield Compiler(name, (path,), arch, version, musl="musl" in name)

    def _zig(self, arch: str) -> Iterator[Compiler]:
        path = _zig_program()
        version = _answer([path, "version"]) if path else ""
        if path and version:
            target = f"{TRIPLE[arch]}-linux-musl"
            # Debug builds of zig stop at undefined behaviour that gcc lets pass.
            command = (path, "cc", "-target", target, "-fno-sanitize=undefined")
            yield Compiler("zig cc", command, arch, version, zig=True)


def _zig_program() -> str | None:
    """Return zig from PATH or from the ``ziglang`` wheel, or None."""
    found = shutil.which("zig")
    if found:
        return found
    spec = importlib.util.find_spec("ziglang")
    if spec is None or not spec.submodule_search_locations:
        return None
    program = Path(spec.submodule_search_locations[0]) / "zig"
    return str(program) if program.is_file() else None


def _answer(command: list[str]) -> str:
    """Return the first line ``command`` prints, or an empty string if it does not work."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return next(iter(done.stdout.decode("utf-8", "replace").splitlines()), "").strip()


def main() -> int:
    """Print every compiler that is needed; return 1 if one is missing."""
    toolchains, missing = Toolchains(), 0
    for arch in ("", *ARCHITECTURES):
        try:
            compiler = toolchains.target(arch) if arch else toolchains.reference()
            print(f"{arch or 'linux'}: {compiler.describe()}")
        except ToolchainMissing as error:
            missing = 1
            print(error)
    return missing


if __name__ == "__main__":
    raise SystemExit(main())
