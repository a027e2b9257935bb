"""Builds ``_core``, the engine's C core, as a cffi extension in API mode.

``pip install`` runs this through ``cffi_modules``. Unicorn's headers come from the
``unicorn`` wheel at build time; its library is found at run time.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
ABI = HERE.parent / "abi"

ffi = FFI()
for name in ("shared.h", "core.h"):
    ffi.cdef((HERE / name).read_text())
ffi.cdef((ABI / "structs.h").read_text())
ffi.cdef((ABI / "structs_packed.h").read_text(), packed=True)


def unicorn_headers() -> str:
    """The directory of the wheel's C headers; raises ImportError if it is not installed."""
    spec = importlib.util.find_spec("unicorn")
    if spec is None or spec.origin is None:
        raise ImportError("the unicorn package is not installed: pip install unicorn")
    return str(Path(spec.origin).parent / "include")


ffi.set_source(
    "pytest_kevlar.kernel.cpu._core",
    """
    #include <stdint.h>
    #include "internal.h"
    #include "library.c"
    #include "steps.c"
    #include "flags.c"
    #include "registers.c"
    #include "memory.c"
    #include "check.c"
    #include "strings.c"
    #include "engine.c"
    #include "probe.c"
    #include "probe_flags.c"
    #include "life.c"
    #include "../abi/structs.h"
    #pragma pack(push, 1)
    #include "../abi/structs_packed.h"
    #pragma pack(pop)
    """,
    include_dirs=[str(HERE), unicorn_headers()],
    libraries=["dl", "pthread"],
    extra_compile_args=["-O2", "-Wall", "-Wno-unused-parameter"],
    depends=[str(path) for path in (*HERE.glob("*.[ch]"), *ABI.glob("*.h"))],
)

if __name__ == "__main__":
    ffi.compile(tmpdir=str(HERE.parents[2]), verbose=True)
