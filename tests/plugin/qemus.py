"""Stands in for a QEMU with a machine: speaks as `init.c` does, or fails as it is told.

    qemus.py HOW QEMU-ARGUMENTS...

Written into a script of QEMU's name by the tests, so that no failure needs a real machine.
"""

from __future__ import annotations

import os
import re
import signal
import struct
import sys
import time
import zlib

_sequence = 0


def say(text: str) -> None:
    os.write(1, text.encode())


def record(kind: str, number: int, payload: str = "") -> None:
    global _sequence
    body = f"@kevlar {_sequence} {kind} {number} {payload}"
    _sequence += 1
    say(f"\n{body} {zlib.crc32(body.encode()):08x}\n")


#: What a tracer sends: records of kernel/remote.py, here exit_group(0) of x86_64 and the end.
TRACE = struct.pack("<IIIIQ", 68, 1, 7, 7, 5)
TRACE += struct.pack("<Q6QQI", 231, 0, 0, 0, 0, 0, 0, 0x401000, 0)
TRACE += struct.pack("<IIIIQI", 4, 6, 7, 7, 6, 0)


def send_trace(how: str, number: int) -> None:
    """What the tracer has, by the way that ``how`` says."""
    if how == "traces-by-port":
        port = re.search(r"file,id=port,path=(\S+)", " ".join(sys.argv))
        with open(port[1], "ab") as file:
            file.write(TRACE)
    if how in ("traces-on-console", "prints-otherwise", "ends-otherwise"):
        record("trace", number, "".join(f"\\{byte:02x}" for byte in TRACE))
    if how == "has-no-ptrace":
        record("untraced", number, "Function not implemented")
    else:
        record("traced", number, str(len(TRACE)))


def serve(how: str) -> None:
    """Run programs by order, as badly as ``how`` says."""
    global _sequence
    record("ready", 0, "1000")
    for line in sys.stdin:
        number = int(line.split()[1])
        if not line.startswith("run"):
            record("start", number, "30000")
            record("out", number, r"answer: 42\0aCONTRACT_PASS\0a")
            if how == "prints-otherwise":
                record("out", number, r"traced\0a")
            if how == "dies-when-traced":
                return
            send_trace(how, number)
            record("exit", number, "256 12" if how == "ends-otherwise" else "0 12")
            continue
        if how == "dies-at-2" and number == 1:
            say("Kernel panic - not syncing: Oops\n")
            return
        record("start", number, "30000")
        record("out", number, r"answer: 42\0a")
        if how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "quits":
            sys.exit("qemu-system-x86_64: out of luck")
        if how == "panics":
            say("[   12.345678] Kernel panic - not syncing: Fatal exception\r\n[   12.3] more\r\n")
            return
        if how == "hangs":
            time.sleep(60)
        if how == "garbles":
            _sequence += 1
        if how == "confuses":
            record("exit", number + 1, "0 5")
        if how == "late":
            record("late", number, "9 1000")
            continue
        if how == "killed":
            record("exit", number, "139 5")
            continue
        if how == "lacks":
            record("lack", number, "capability=21")
            continue
        if how == "full":
            record("full", number, "9 5")
            continue
        if how == "traces":
            say('DBG {"name": "getpid", "pid": 1, "args": [], "ret": 1}\r\n')
        record("out", number, r"CONTRACT_PASS\0a")
        record("exit", number, "0 12")


def main(how: str) -> None:
    if how == "refuses":
        sys.exit("qemu-system-x86_64: -cpu max: no such CPU")
    if how == "never":
        time.sleep(60)
    if how == "garbage":
        while True:
            say("\x00\xff\x1b[31m\n@kevlar 0 ready 0 1 00000000\n")
            time.sleep(0.01)
    if how == "panics-at-boot":
        say("[    0.5] Kernel panic - not syncing: No working init found.\r\n")
        time.sleep(60)
    if how.startswith("plain:"):
        say(how.removeprefix("plain:").encode().decode("unicode_escape"))
        if how.endswith("!"):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)
    serve(how)


if __name__ == "__main__":
    if sys.argv[2:] == ["--version"]:
        print("QEMU emulator version 7.2.22")
    else:
        main(sys.argv[1])
