"""A machine whose first process is ours: it runs one program after the other, each by order.

Every way in which a machine may fail becomes an outcome of the program that it was to run.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, replace

from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.qemu import console, records
from pytest_kevlar.qemu.emulator import Emulator, Ended
from pytest_kevlar.qemu.records import Record
from pytest_kevlar.requirements import lacked, words_to_judge
from pytest_kevlar.runners.base import Job, Unmet
from pytest_kevlar.trace import jsonl

#: Seconds beyond its bound after which a machine that says nothing is taken for dead.
SLACK = 10.0
#: Seconds that a trace may take through the port, or its console.
TRACE_SECONDS = 60.0
#: Seconds in which a kernel that dies may say why.
LAST_WORDS = 1.0
#: Lines of the console that a failure shows.
SHOWN_LINES = 25
#: Where a program finds its private, empty directory.
WORKING_DIRECTORY = "/tmp/contract"


class Failed(Exception):
    """The machine cannot go on.

    Attributes:
        ending: what that makes of the program that was running or to be run.
    """

    def __init__(self, ending: Ending, detail: str) -> None:
        super().__init__(detail)
        self.ending = ending


@dataclass(slots=True)
class _Run:
    """What has come of one program so far."""

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    notes: list[str] = field(default_factory=list)
    debug: list[str] = field(default_factory=list)
    trace: bytearray = field(default_factory=bytearray)
    untraced: str = ""


class Supervised:
    """A booted machine.

    Args:
        emulator: a QEMU just started; it is stopped when the machine fails.

    Attributes:
        alive: it may be given another program.
        boot: seconds that it took to come up; 0 before.
        room: what it said of itself, by field of a `HostProfile`.
    """

    def __init__(self, emulator: Emulator, patterns: console.Patterns) -> None:
        self._emulator = emulator
        self._patterns = patterns
        self._lines = console.Lines()
        self._waiting: deque[Record] = deque()
        self._sequence = 0
        self._panic = ""
        self._recent: deque[str] = deque(maxlen=SHOWN_LINES)
        self._run = _Run()
        self._port_read = 0
        self.room: dict[str, str] = {}
        self.alive = True
        self.boot = 0.0

    def wait(self, seconds: float) -> None:
        """Wait until the machine is up. Raises Failed."""
        deadline = self._emulator.started + seconds
        late = f"the machine was not up after {seconds:g} s"
        try:
            while (record := self._next(deadline, late)).kind != "ready":
                if record.kind == "room":
                    key, _, value = record.text.partition(" ")
                    self.room[key] = value
        except Failed:
            self.stop()
            raise
        self.boot = time.monotonic() - self._emulator.started

    def run(self, number: int, job: Job) -> Outcome:
        """Run program ``number``, which ``job`` describes. Raises Unmet.

        If a trace is asked for and the kernel prints none, it runs again under the tracer; its
        events count if it did the same then.
        """
        outcome = self._do("run", number, job)
        if not job.trace:
            return outcome
        events = jsonl.read(self._run.debug).events
        if events or outcome.ending not in (Ending.EXITED, Ending.SIGNALED):
            return replace(outcome, events=events)
        again = self._do("callers" if job.callers else "trace", number, job)
        untraced = self._run.untraced or _apart(outcome, again)
        if untraced:
            return replace(outcome, untraced=untraced)
        from pytest_kevlar.kernel import remote

        return replace(outcome, events=remote.events(job.arch, bytes(self._run.trace)))

    def _do(self, verb: str, number: int, job: Job) -> Outcome:
        """Have it run, and follow it to its end."""
        self._run = _Run()
        start = time.monotonic()
        requires = words_to_judge(job.requires)
        slack = SLACK + (0 if verb == "run" else TRACE_SECONDS)
        try:
            self._emulator.send(records.order(number, job.timeout, job.output, requires, verb))
            outcome = self._follow(number, job, start + job.timeout + slack)
        except Ended as end:
            outcome = self._failed(Ending.CRASH, str(end))
        except Failed as failure:
            outcome = self._failed(failure.ending, str(failure))
        if not outcome.seconds:
            outcome = replace(outcome, seconds=time.monotonic() - start)
        if outcome.ending not in (Ending.EXITED, Ending.SIGNALED):
            self.stop()
        return replace(outcome, program=f"/kevlar/{number}/{job.program.name}")

    def stop(self) -> None:
        """Switch it off."""
        self.alive = False
        self._emulator.stop()

    def failure(self, failed: Failed) -> Outcome:
        """Make an outcome of a machine that did not come up."""
        return self._failed(failed.ending, str(failed))

    def _follow(self, number: int, job: Job, deadline: float) -> Outcome:
        late = f"the machine says nothing after {job.timeout + SLACK:g} s"
        while True:
            record = self._next(deadline, late)
            if record.kind == "note":
                self._run.notes.append(f"in the machine: {record.text}")
            elif record.number != number:
                raise Failed(Ending.CRASH, f"the machine answers {record.kind} to another order")
            elif record.kind == "out":
                self._run.stdout += record.payload
            elif record.kind == "err":
                self._run.stderr += record.payload
            elif record.kind == "trace":
                self._run.trace += record.payload
            elif record.kind == "traced":
                self._take_port(int(record.text))
            elif record.kind == "untraced":
                self._run.untraced = f"the machine cannot trace it: {record.text}"
            elif record.kind == "lack":
                raise Unmet(lacked(record.text, "machine"))
            elif record.kind != "start":
                return self._judge(record, job)

    def _take_port(self, size: int) -> None:
        """Take what has come through the port, if it did not come on the console."""
        deadline = time.monotonic() + TRACE_SECONDS
        port, missing = self._emulator.port, size - len(self._run.trace)
        while missing and time.monotonic() < deadline:
            if port.exists() and port.stat().st_size >= self._port_read + missing:
                with port.open("rb") as file:
                    file.seek(self._port_read)
                    self._run.trace += file.read(missing)
                self._port_read += missing
                return
            time.sleep(0.005)
        if missing:
            self._run.untraced = "the trace was lost on its way out of the machine"

    def _judge(self, record: Record, job: Job) -> Outcome:
        if record.kind == "noexec":
            return self._outcome(Ending.NOEXEC, f"{record.text}: {job.program}")
        status, milliseconds = (int(word) for word in record.text.split())
        seconds = milliseconds / 1000
        if record.kind == "late":
            outcome = self._outcome(Ending.TIMEOUT, f"no end after {job.timeout:g} s")
        elif record.kind == "full":
            outcome = self._outcome(Ending.OUTPUT, f"more than {job.output} bytes")
        elif status & 0x7F:
            outcome = replace(self._outcome(Ending.SIGNALED), signal=status & 0x7F)
        else:
            outcome = replace(self._outcome(Ending.EXITED), code=status >> 8 & 0xFF)
        return replace(outcome, seconds=seconds)

    def _failed(self, ending: Ending, detail: str) -> Outcome:
        outcome = self._outcome(ending, detail)
        notes = (*outcome.notes, f"the console is kept in {self._emulator.log}")
        return replace(outcome, state="\n".join(self._recent), notes=notes)

    def _outcome(self, ending: Ending, detail: str = "") -> Outcome:
        return Outcome(
            ending,
            stdout=bytes(self._run.stdout),
            stderr=bytes(self._run.stderr),
            detail=detail,
            notes=tuple(self._run.notes),
            directory=WORKING_DIRECTORY,
            boot=self.boot,
        )

    def _next(self, deadline: float, late: str) -> Record:
        """Return the next record. Raises Failed."""
        while not self._waiting:
            try:
                data = self._emulator.read(deadline)
            except Ended as end:
                raise self._dead(Ending.CRASH, str(end)) from None
            if data:
                self._sort(data)
            if self._panic:
                raise self._panicked()
            if not data and time.monotonic() >= deadline:
                raise self._dead(Ending.TIMEOUT, late)
        record = self._waiting.popleft()
        if record.sequence != self._sequence:
            raise self._dead(Ending.CRASH, f"record {self._sequence} is missing on the console")
        self._sequence += 1
        return record

    def _dead(self, ending: Ending, detail: str) -> Failed:
        return self._panicked() if self._panic else Failed(ending, detail)

    def _panicked(self) -> Failed:
        """Let the kernel say the rest, for the artifact."""
        end = time.monotonic() + LAST_WORDS
        try:
            while time.monotonic() < end:
                self._sort(self._emulator.read(end))
        except Ended:
            pass
        return Failed(Ending.PANIC, self._panic)

    def _sort(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            record = records.parse(line)
            if record is not None:
                self._waiting.append(record)
                continue
            debug = console.debug_line(line)
            if debug:
                self._run.debug.append(debug)
                continue
            if line:
                self._recent.append(console.message(line))
            if not self._panic and records.MARK not in line and self._patterns.panic(line):
                self._panic = console.message(line)


def _apart(plain: Outcome, traced: Outcome) -> str:
    """Say that a program did something else when it was traced; empty if it did not."""

    def told(run: Outcome) -> tuple[object, ...]:
        return run.ending, run.code, run.signal, run.stdout, run.stderr

    if told(plain) == told(traced):
        return ""
    same = (plain.ending, plain.code, plain.signal) == (traced.ending, traced.code, traced.signal)
    what = "prints something else" if same else f"does otherwise ({traced.describe()})"
    return f"the contract {what} while it is traced"
