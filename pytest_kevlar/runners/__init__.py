"""The places a contract can run, one file each, behind the `Runner` protocol."""

from pytest_kevlar.runners.base import ARCHITECTURES, ENVIRONMENT, Job, Runner, host_architecture

__all__ = ["ARCHITECTURES", "ENVIRONMENT", "Job", "Runner", "host_architecture"]
