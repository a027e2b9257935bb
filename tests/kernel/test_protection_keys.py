"""What a processor without protection keys makes of pkey_alloc(2): not the same on both.

A contract cannot say it, because its reference may be of the other architecture.
"""

from __future__ import annotations

from errno import EINVAL, ENOSPC
from pathlib import Path

from machines import Build, Run

GUEST = Path(__file__).parent / "guests" / "pkeys.c"

#: As Linux 6.18 answers on such an x86_64, and Debian's 6.12 under QEMU on an arm64.
LINUX = {
    "x86_64": {0: EINVAL, 1: ENOSPC, 3: ENOSPC, 4: EINVAL, 15: EINVAL, 16: EINVAL},
    "arm64": {0: ENOSPC, 1: ENOSPC, 3: ENOSPC, 4: ENOSPC, 15: ENOSPC, 16: EINVAL},
}


def test_rights_are_refused_as_on_each_architecture(arch: str, build: Build, run: Run) -> None:
    said = run(arch, build(GUEST, arch)).stdout.decode().splitlines()
    assert said == [f"{rights}: -1 {error}" for rights, error in LINUX[arch].items()]
