"""One declaration per system call: the decorator, and the tables built from it.

A handler is a typed function whose name is the call's and whose annotations say how
each argument is decoded and shown. Nothing here knows any particular call.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_kevlar.kernel.errno import ENOSYS

if TYPE_CHECKING:
    from pytest_kevlar.kernel.abi.names import Names
    from pytest_kevlar.kernel.arch.base import Arch
    from pytest_kevlar.kernel.syscalls.contents import Content
    from pytest_kevlar.kernel.task.task import Task

Handler = TypeVar("Handler", bound=Callable[..., Any])

#: Turns a raw register value into what the handler takes.
Decode = Callable[["Task", int], Any]
#: Turns a raw register value into trace text.
Show = Callable[["Task", int], str]


class Expression:
    """A decoder that is one expression of the names ``task`` and ``raw``.

    Args:
        text: Python source; anything else it names comes from `names`.
    """

    def __init__(self, text: str, **names: Any) -> None:
        self.text = text
        self.names = names
        self._call: Decode = eval(f"lambda task, raw: {text}", dict(names))

    def __call__(self, task: Task, raw: int) -> Any:
        """What the handler gets for a register's value."""
        return self._call(task, raw)


@dataclass(frozen=True, slots=True)
class Arg:
    """How one argument is decoded and shown.

    Attributes:
        decode: may raise a :class:`LinuxError`, which becomes the call's result.
        show: for the trace; never raises.
        out: shown after the call rather than before it.
        content: what a pointer points at, for traces; None for anything else.
        role: what the value names: ``fd``, ``pid`` or ``address``; empty for plain values.
        both: the content is looked at before the call and again after one that succeeded.
        among: text of a value whose meaning the other arguments decide, such as the third of
            ``fcntl``, empty if they leave it out; None for anything else.
        shown: whether a trace shows it at all.
        space: the names of its values; None if they have none, or another argument decides.
    """

    decode: Decode
    show: Show
    out: bool = False
    content: Content | None = None
    role: str = ""
    both: bool = False
    among: Callable[[Sequence[int], Arch], str] | None = None
    shown: bool = True
    space: type[Names] | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What ``@syscall`` recorded of one call."""

    name: str
    handler: Callable[..., Any]
    partial: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One row of an architecture's table.

    Attributes:
        call: takes the task and its six raw arguments, returns what the handler does: a
            result, or a coroutine that may sleep before it has one.
        refused: why it fails as on a Linux that does not have it; empty if it works.
    """

    name: str
    number: int
    call: Callable[[Task, Sequence[int]], Any]
    args: tuple[tuple[str, Arg], ...]
    partial: str
    doc: str
    refused: str = ""


_declarations: dict[str, Declaration] = {}
_refusals: dict[str, Declaration] = {}


def syscall(
    name: str | None = None, *, partial: str = "", refused: str = ""
) -> Callable[[Handler], Handler]:
    """Declare a system call.

    Args:
        name: the call's name if the function must be called otherwise.
        partial: what is missing, for the generated support table; empty if nothing is.
        refused: why Linux itself would refuse it, if that is all the handler does.
    """

    def declare(handler: Handler) -> Handler:
        call_name = name or handler.__name__
        declaration = Declaration(call_name, handler, partial, refused)
        if call_name in _declarations and _declarations[call_name].handler is not handler:
            raise TypeError(f"{call_name} is declared twice")
        _declarations[call_name] = declaration
        return handler

    return declare


def refuse(*names: str, because: str) -> None:
    """Declare calls that are ENOSYS on Linux too, unless ``@syscall`` declares them."""
    for name in names:
        _refusals[name] = Declaration(name, _no_such_call, refused=because)


def _no_such_call(task: Task) -> int:
    """kernel/sys_ni.c:sys_ni_syscall()."""
    raise ENOSYS


def declared() -> Mapping[str, Declaration]:
    """Every declaration made so far, by name."""
    return _declarations


def _arguments(handler: Callable[..., Any]) -> tuple[tuple[str, Arg], ...]:
    # The task parameter needs no decoding, so its module need not import the class.
    hints = typing.get_type_hints(handler, localns={"Task": object}, include_extras=True)
    arguments = []
    for parameter in list(inspect.signature(handler).parameters)[1:]:
        metadata = getattr(hints[parameter], "__metadata__", ())
        arg = next((item for item in metadata if isinstance(item, Arg)), None)
        if arg is None:
            raise TypeError(f"{handler.__name__}: parameter {parameter} has no Arg annotation")
        arguments.append((parameter, arg))
    return tuple(arguments)


def _bind(
    handler: Callable[..., Any], decoders: Sequence[Decode]
) -> Callable[[Task, Sequence[int]], Any]:
    """A function that decodes exactly as many arguments as the handler takes.

    It is made for the handler, as :mod:`dataclasses` makes its methods: a decoder that is an
    expression is written out, so that a call costs one frame and not one per argument.
    """
    names: dict[str, Any] = {"handler": handler}
    arguments = ["task"]
    for i, decode in enumerate(decoders):
        if isinstance(decode, Expression):
            arguments.append(decode.text.replace("raw", f"raw[{i}]"))
            names |= decode.names
        else:
            arguments.append(f"decode{i}(task, raw[{i}])")
            names[f"decode{i}"] = decode
    source = f"lambda task, raw: handler({', '.join(arguments)})"
    call = eval(compile(source, f"<{handler.__name__}>", "eval"), names)
    return typing.cast("Callable[[Task, Sequence[int]], Any]", call)


def build_table(numbers: Mapping[str, int]) -> dict[int, Entry]:
    """The dispatch table of one architecture, by number.

    Calls that the architecture does not number are left out: that is how ``fork`` is
    missing on arm64.
    """
    table: dict[int, Entry] = {}
    for name, declaration in {**_refusals, **_declarations}.items():
        number = numbers.get(name)
        if number is None:
            continue
        args = _arguments(declaration.handler)
        table[number] = Entry(
            name,
            number,
            _bind(declaration.handler, [arg.decode for _, arg in args]),
            args,
            declaration.partial,
            inspect.getdoc(declaration.handler) or "",
            declaration.refused,
        )
    return table
