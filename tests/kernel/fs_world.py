"""A kernel of cardboard with real file systems, for tests that need no guest program."""

from __future__ import annotations

import random
from collections.abc import Coroutine, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_kevlar.kernel import arch
from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.cpu import engine as engines
from pytest_kevlar.kernel.fs import boot, operations
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.opening import open_path
from pytest_kevlar.kernel.profile import HostProfile
from pytest_kevlar.kernel.result import Limits
from pytest_kevlar.kernel.task.cred import Credentials
from pytest_kevlar.kernel.task.fdtable import FdTable
from pytest_kevlar.kernel.task.pidns import PidNamespace


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000

    def realtime_ns(self) -> int:
        self.now += 1000
        return self.now

    monotonic_ns = boottime_ns = realtime_ns


class World:
    """One task with a root directory, and shorthands for what tests do to files."""

    def __init__(self, engine: engines.Engine) -> None:
        self.kernel: Any = SimpleNamespace(
            engine=engine,
            arch=arch.get("x86_64"),
            clock=Clock(),
            profile=HostProfile(),
            limits=Limits(),
            rng=random.Random(0),
            seed=0,
            tasks={},
            processes={},
            nested_pids={},
        )
        self.kernel.pid_ns = PidNamespace(self.kernel)
        self.process: Any = SimpleNamespace(
            pid=7,
            vpid=7,
            pid_ns=self.kernel.pid_ns,
            unkillable=False,
            limit=lambda number: {1: (1 << 64) - 1, 7: 32}[number],
            threads={},
            zombie=False,
            dumpable=1,
        )
        self.task = self.new_task()

    def new_task(self, uid: int = 0) -> Any:
        capabilities = Credentials().effective if uid == 0 else 0
        cred = Credentials(uid, uid, uid, uid, uid, uid, uid, uid, (), capabilities)
        context = self.task.fs if hasattr(self, "task") else boot.build_namespace(self.kernel)
        return SimpleNamespace(
            kernel=self.kernel,
            cred=cred,
            fs=context,
            files=FdTable(),
            process=self.process,
            alive=True,
            tid=7,
            vtid=7,
            pid_ns=self.kernel.pid_ns,
        )

    def open(self, path: bytes, flags: int = 0, mode: int = 0o644, task: Any = None) -> File:
        return finish(open_path(task or self.task, AT.FDCWD, path, flags, mode))

    def write(self, path: bytes, data: bytes) -> None:
        file = self.open(path, O.CREAT | O.WRONLY | O.TRUNC)
        file.write(self.task, data)
        file.put()

    def read(self, path: bytes) -> bytes:
        file = self.open(path)
        data = file.read(self.task, 1 << 20)
        file.put()
        return data

    def mkdir(self, path: bytes, mode: int = 0o755) -> None:
        operations.make_node(self.task, AT.FDCWD, path, 0o40000 | mode)

    def symlink(self, target: bytes, path: bytes) -> None:
        operations.make_node(self.task, AT.FDCWD, path, 0o120777, target=target)

    def names(self, path: bytes) -> list[bytes]:
        return [entry.name for entry in self.open(path).entries(self.task) if entry.name]


@pytest.fixture
def world() -> Iterator[World]:
    engine = engines.acquire("x86_64")
    engine.raw.frame_limit = engine.raw.frame_count
    yield World(engine)
    engines.release(engine)


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a call that does not sleep; sleeping fails the test."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise AssertionError("the call sleeps")


def sleeps(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The first sleep of a call that has to wait."""
    sleep = coroutine.send(None)
    coroutine.close()
    return sleep
