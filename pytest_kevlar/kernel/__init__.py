"""A Linux-compatible kernel in Python on the Unicorn CPU engine; knows nothing of pytest."""

from pytest_kevlar.kernel.fs.block.device import Disk
from pytest_kevlar.kernel.live import LiveInput, LiveTerminal
from pytest_kevlar.kernel.machine import Machine
from pytest_kevlar.kernel.profile import HostProfile
from pytest_kevlar.kernel.result import End, Limits, Result
from pytest_kevlar.kernel.tuning import Checks, Tuning

__all__ = [
    "Checks",
    "Disk",
    "End",
    "HostProfile",
    "Limits",
    "LiveInput",
    "LiveTerminal",
    "Machine",
    "Result",
    "Tuning",
]
