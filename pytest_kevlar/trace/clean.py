"""Prepares one side's trace: what belongs to the program, task by task.

Takes out what only one kind of tracer sees (the start of the program, ignored signals, the
halves of a restarted call); it never looks at the other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.shorten import shorten
from pytest_kevlar.trace.value import Fields, Num, Word, parse

FORKS = ("fork", "vfork", "clone", "clone3")
_IGNORED_BY_DEFAULT = ("SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT")
#: Their sender and whoever waits for the task show them; where in its code they hit is chance.
_STOPPING = ("SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU")
_FAULTS = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS")
_KINDS = ("syscall", "unknown", "signal", "exit")


@dataclass(slots=True)
class Side:
    """One trace, by task.

    Attributes:
        tasks: events of each task, in order.
        root: the first task.
        noise: events taken out, by why.
    """

    tasks: dict[int, list[Event]] = field(default_factory=dict)
    root: int = 0
    noise: dict[str, int] = field(default_factory=dict)


def clean(events: Sequence[Event]) -> Side:
    """Sort events by task and take out what is not the program's."""
    side = Side()
    begun = _after_start(events)
    if not begun:
        return side
    side.root = begun[0].task
    dispositions: dict[int, dict[str, str]] = {}
    for event in begun:
        process = event.process or event.task
        known = dispositions.setdefault(process, {})
        if event.kind == "signal":
            if event.name == "SIGKILL" or _ignored(event, known):
                side.noise["library"] = side.noise.get("library", 0) + 1
                continue
        elif event.is_call:
            _track(event, known, dispositions)
        elif event.kind not in _KINDS:
            continue
        side.tasks.setdefault(event.task, []).append(event)
    for task, own in side.tasks.items():
        side.tasks[task], left_out = shorten(_join_restarts(own, side))
        if left_out:
            side.noise["polling"] = side.noise.get("polling", 0) + left_out
    return side


def clock_of(event: Event) -> tuple[str, int | None]:
    """A call, and the clock it asks for: the vDSO answers for some clocks only."""
    asked = event.name in ("clock_gettime", "clock_getres") and event.args
    return event.name, event.args[0] if asked else None


def without(
    side: Side, names: tuple[str, ...], others: set[tuple[str, int | None]], why: str
) -> None:
    """Take those calls out that the other side does not make at all."""
    for task, own in side.tasks.items():
        kept = [e for e in own if e.name not in names or e.errno or clock_of(e) in others]
        if len(kept) < len(own):
            side.noise[why] = side.noise.get(why, 0) + len(own) - len(kept)
            side.tasks[task] = kept


def _after_start(events: Sequence[Event]) -> Sequence[Event]:
    """What the program does itself: everything after its first exec."""
    for position, event in enumerate(events):
        if event.kind == "exec" or (event.name == "execve" and event.result == 0):
            return events[position + 1 :]
        if event.is_call and event.name != "execve":
            break
    return events


def _track(event: Event, known: dict[str, str], dispositions: dict[int, dict[str, str]]) -> None:
    """Follow what the process does about its signals."""
    if event.result is None or event.errno:
        return
    if event.name == "rt_sigaction" and len(event.texts) > 1:
        action = parse(event.texts[1])
        number = parse(event.texts[0])
        if isinstance(action, Fields) and isinstance(number, Num | Word):
            name = number.name if isinstance(number, Num) else number.text
            handler = dict(action.fields).get("sa_handler")
            word = handler.text if isinstance(handler, Word) else ""
            word = handler.name if isinstance(handler, Num) else word
            known[name] = word if word.startswith("SIG_") else "handler"
    elif event.name in FORKS and event.result > 0:
        dispositions[event.made] = dict(known)
    elif event.name in ("execve", "execveat"):
        for name, what in list(known.items()):
            if what == "handler":
                known[name] = "SIG_DFL"


def _ignored(event: Event, known: dict[str, str]) -> bool:
    """Whether nothing comes of a signal; a tracer of Linux is told of it nevertheless."""
    what = known.get(event.name, "SIG_DFL")
    if what == "SIG_IGN":
        info = event.texts[0] if event.texts else ""
        return event.name not in _FAULTS or "SI_USER" in info or "SI_TKILL" in info
    return what == "SIG_DFL" and event.name in (*_IGNORED_BY_DEFAULT, *_STOPPING)


def _join_restarts(events: list[Event], side: Side) -> list[Event]:
    """A call that was interrupted and goes on without a handler in between is one call."""
    joined: list[Event] = []
    for event in events:
        before = joined[-1] if joined else None
        if (
            before is not None
            and event.is_call
            and before.is_call
            and before.result is None
            and before.note.startswith("ERESTART")
            and (
                event.name == "restart_syscall"
                or (event.name == before.name and event.args[:1] == before.args[:1])
            )
        ):
            texts = before.texts if event.name == "restart_syscall" else event.texts
            joined[-1] = replace(
                before, texts=texts, result=event.result, note=event.note, end=event.end
            )
            side.noise["library"] = side.noise.get("library", 0) + 1
            continue
        joined.append(event)
    return joined
