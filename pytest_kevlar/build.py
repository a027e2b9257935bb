"""Builds contracts into a content-addressed cache that several processes may share.

A binary is found by what it was made from: its source, the local headers it includes, the
compiler and the flags. It enters the cache by one rename, so nobody sees half a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pytest_kevlar.contract import Contract
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.toolchain import TRIPLE, Compiler

#: ``-g`` is for the reports, which name the line of a call; the code is the same without.
FLAGS = ("-std=gnu11", "-O1", "-g", "-Wall", "-pthread")

#: Seconds a compiler may take; the first run of zig builds its C library.
COMPILE_SECONDS = 300

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)
_NO_STATIC_LIBRARY = re.compile(r"cannot find -l(c|pthread)\b")


class CompileError(Exception):
    """The compiler refused; the message is its command and everything it said."""


@dataclass(frozen=True, slots=True)
class Build:
    """A binary in the cache.

    Attributes:
        path: the binary, named like the contract.
        remarks: what the compiler warned of, and how the build had to be changed.
    """

    path: Path
    remarks: str = ""


class BuildCache:
    """Binaries by content, below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def build(self, contract: Contract, compiler: Compiler) -> Build:
        """Return the binary of ``contract``, compiled now if it was not before.

        Raises CompileError if the compiler refuses, OSError if the cache cannot be written.
        """
        place = self.directory / self._key(contract, compiler)
        binary, remarks = place / contract.name, place / "remarks.txt"
        if not binary.is_file():
            self._compile(contract, compiler, place)
        return Build(binary, remarks.read_text("utf-8", "replace") if remarks.is_file() else "")

    def _key(self, contract: Contract, compiler: Compiler) -> str:
        digest = hashlib.sha256()
        facts = [*compiler.command, compiler.version, *FLAGS, contract.name, contract.category]
        for fact in facts:
            digest.update(fact.encode("utf-8", "surrogateescape") + b"\0")
        for path in sources(contract):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:40]

    def _compile(self, contract: Contract, compiler: Compiler, place: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="building-", dir=self.directory))
        try:
            remarks = self._invoke(contract, compiler, scratch / contract.name)
            (scratch / "remarks.txt").write_text(remarks, "utf-8")
            scratch.chmod(0o755)
            # The loser of a race finds the winner's directory in place, with the same content.
            with contextlib.suppress(OSError):
                scratch.rename(place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if not (place / contract.name).is_file():
            raise OSError(f"the build cache {self.directory} cannot be written")

    def _invoke(self, contract: Contract, compiler: Compiler, output: Path) -> str:
        """Compile, and return the compiler's warnings."""
        source = contract.path.relative_to(contract.root).as_posix()
        command = [*compiler.command, *FLAGS, "-I", "."]
        if compiler.musl:
            command += ["-idirafter", str(self._kernel_headers(compiler.arch))]
        command += ["-o", str(output), f"./{source}"]
        code, said = self._call([*command, "-static"], contract.root)
        if code and compiler.title == "gcc" and _NO_STATIC_LIBRARY.search(said):
            code, dynamic = self._call(command, contract.root)
            said = f"linked dynamically: there is no static C library (libc.a)\n{dynamic}"
        if code:
            raise CompileError(f"{' '.join(command)}\n{said}")
        return said

    def _call(self, command: list[str], directory: Path) -> tuple[int, str]:
        zig = self.directory / "zig"
        environment = {
            **os.environ,
            "LC_ALL": "C",
            "ZIG_GLOBAL_CACHE_DIR": str(zig),
            "ZIG_LOCAL_CACHE_DIR": str(zig),
        }
        try:
            done = subprocess.run(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=COMPILE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 1, f"the compiler did not end within {COMPILE_SECONDS} s"
        except OSError as error:
            return 1, f"the compiler could not be started: {error}"
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def _kernel_headers(self, arch: str) -> Path:
        """Return a directory with the kernel's headers and none of the host's C library.

        musl's wrapper hides all of ``/usr/include``, ``linux/futex.h`` with it.
        """
        place = self.directory / f"kernel-headers-{arch}"
        if place.is_dir():
            return place
        triple = f"{TRIPLE[arch]}-linux-gnu"
        parents = [Path(f"/usr/include/{triple}"), Path(f"/usr/{triple}/include")]
        if arch == host_architecture():
            parents.append(Path("/usr/include"))
        scratch = Path(tempfile.mkdtemp(prefix="building-", dir=self.directory))
        for name in ("linux", "asm", "asm-generic"):
            for parent in parents if name == "asm" else (Path("/usr/include"), *parents):
                if (parent / name).is_dir():
                    (scratch / name).symlink_to(parent / name)
                    break
        scratch.chmod(0o755)
        try:
            scratch.rename(place)
        except OSError:  # another process was first
            shutil.rmtree(scratch, ignore_errors=True)
        return place


def sources(contract: Contract) -> list[Path]:
    """Return the source and the local headers it includes, directly or not, in order."""
    found: dict[Path, None] = {}
    waiting = [contract.path]
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        found[path] = None
        for name in _INCLUDE.findall(path.read_text("utf-8", "replace")):
            for directory in (path.parent, contract.root):
                candidate = Path(os.path.normpath(directory / name))
                if candidate.is_file():
                    waiting.append(candidate)
                    break
    return list(found)
