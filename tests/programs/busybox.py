"""Finds Debian's static busybox for an architecture, downloading the foreign one.

Run as a program it fetches what is missing: ``busybox.py DIRECTORY``. It needs neither root
nor a change of the host's list of architectures: apt keeps its state in that directory.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "busybox-static"
DEBIAN_NAME = {"x86_64": "amd64", "arm64": "arm64"}
SECONDS = 120


class NotFound(Exception):
    """There is none to be had; the message says why."""


def find(arch: str, directory: Path) -> Path:
    """Return a static busybox for `arch`, from the host if it is the host's, else from Debian.

    Args:
        directory: keeps what was downloaded. Raises NotFound.
    """
    installed = Path("/bin/busybox")
    if _is_static(installed, arch):
        return installed
    kept = directory / f"busybox-{arch}"
    if not _is_static(kept, arch):
        _download(arch, kept)
    if not _is_static(kept, arch):
        raise NotFound(f"{kept} is no static program for {arch}")
    return kept


def _is_static(path: Path, arch: str) -> bool:
    if not path.is_file():
        return False
    data = path.read_bytes()
    machine = {"x86_64": 62, "arm64": 183}[arch]
    return data[:4] == b"\x7fELF" and data[18] == machine and b"/ld-linux" not in data[:4096]


def _download(arch: str, kept: Path) -> None:
    """Fetch the package with a private apt, and take the program out of it."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NotFound(f"no busybox for {arch}: it comes from Debian, and there is no {tool}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as name:
        place = Path(name)
        for part in ("state/lists/partial", "cache/archives/partial"):
            (place / part).mkdir(parents=True)
        options = {
            "APT::Architecture": DEBIAN_NAME[arch],
            "APT::Architectures": DEBIAN_NAME[arch],
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Dir::Cache": str(place / "cache"),
            "Dir::State": str(place / "state"),
            "Dir::State::status": "/dev/null",
        }
        apt = ["apt-get", "-q"]
        for key, value in options.items():
            apt += ["-o", f"{key}={value}"]
        try:
            for command in (["update"], ["download", PACKAGE]):
                _call([*apt, *command], place)
            (package,) = place.glob("*.deb")
            _call(["dpkg-deb", "-x", str(package), str(place / "files")], place)
            found = next(place.glob("files/**/bin/busybox"))
        except (OSError, ValueError, StopIteration, subprocess.SubprocessError) as error:
            reason = f"Debian's could not be fetched: {error}"
            raise NotFound(f"no busybox for {arch}: {reason}") from None
        found.rename(kept)  # at once, because several processes may do this


def _call(command: list[str], directory: Path) -> None:
    subprocess.run(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )


def main() -> int:
    """Fetch every busybox into the directory that is named; 1 if one is missing."""
    missing = 0
    for arch in DEBIAN_NAME:
        try:
            print(find(arch, Path(sys.argv[1])))
        except NotFound as error:
            missing = 1
            print(error)
    return missing


if __name__ == "__main__":
    raise SystemExit(main())
