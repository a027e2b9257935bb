"""Packing and unpacking of the structures that structs.h declares.

The declarations are compiled into the engine's extension; nothing here knows a field's name.
"""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

#: The extension is untyped; its ``ffi`` is what every structure of the kernel comes from.
ffi: Any = importlib.import_module("pytest_kevlar.kernel.cpu._core").ffi


class Layout:
    """One structure as guest memory holds it.

    Attributes:
        name: ``"stat_x86_64"`` for ``struct kv_stat_x86_64``.
        size: in bytes, trailing padding included.
    """

    __slots__ = ("_flat", "_pointer", "_struct", "name", "size")

    def __init__(self, name: str) -> None:
        self.name = name
        self._struct = ffi.typeof(f"struct kv_{name}")
        self._pointer = ffi.typeof(f"struct kv_{name} *")
        self._flat = all(field.type.kind == "primitive" for _, field in self._struct.fields)
        self.size: int = ffi.sizeof(self._struct)

    def __repr__(self) -> str:
        return f"Layout({self.name!r}, {self.size} bytes)"

    def new(self, **fields: Any) -> Any:
        """A structure to fill in by attribute; what is not named is zero.

        It must be kept while its parts are used: ``uc = frame.uc`` does not keep ``frame``.
        """
        return ffi.new(self._pointer, fields)

    def pack(self, **fields: Any) -> bytes:
        """The bytes of a structure; what is not named is zero.

        Inner structures are dicts (by name) or tuples (in order), arrays are sequences, text
        is bytes. Raises KeyError for a field that is not declared, OverflowError for a
        number that does not fit.
        """
        return bytes(ffi.buffer(ffi.new(self._pointer, fields)))

    def unpack(self, data: bytes) -> Any:
        """The fields of ``data`` as attributes.

        Inner structures are attributes of attributes, arrays of bytes or text are bytes,
        other arrays tuples. Bytes beyond the structure are ignored. Raises ValueError if
        there are too few.
        """
        view = self.view(data)
        # Numbers can be read from the view itself; anything deeper would be a reference into
        # memory that is gone once the view is.
        return view if self._flat else _decode(self._struct, view)

    def view(self, data: bytes) -> Any:
        """A structure that reads ``data`` in place and must be kept while its parts are used."""
        if len(data) < self.size:
            raise ValueError(f"{self.name} has {self.size} bytes, not {len(data)}")
        return ffi.from_buffer(self._pointer, data)

    def unpack_array(self, data: bytes) -> list[Any]:
        """All structures that fit into ``data``."""
        size = self.size
        ends = range(size, len(data) + 1, size)
        return [self.unpack(data[end - size : end]) for end in ends]

    def offset(self, field: str) -> int:
        """Where a field begins, in bytes from the start."""
        offset: int = ffi.offsetof(self._struct, field)
        return offset


def _decode(kind: Any, view: Any) -> Any:
    """A field's value, free of the memory that it was read from."""
    if kind.kind == "struct":
        fields = {name: _decode(field.type, getattr(view, name)) for name, field in kind.fields}
        return SimpleNamespace(**fields)
    if kind.kind == "array":
        if ffi.sizeof(kind.item) == 1:
            return bytes(ffi.buffer(view))
        return tuple(view)
    return view


def text(data: bytes) -> bytes:
    """The bytes of a ``char`` array up to its first NUL."""
    return data.partition(b"\0")[0]
