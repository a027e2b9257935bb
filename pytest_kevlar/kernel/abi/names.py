"""Namespaces of plain integer constants, and how their values are spelled in trace text.

The constants themselves stand in the files named after the man pages; no value is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Texts are remembered, because a trace asks for the same few again and again.
_TEXTS: Final[dict[tuple[type, int], str]] = {}
_TEXTS_MAX: Final = 4096


class Names:
    """Base of a namespace such as ``class MAP(Names): SHARED: Final = 1``.

    Members are plain integers, so that arithmetic on them costs what integers cost.

    Attributes:
        prefix: what C puts before a member's name; ``"MAP_"`` for ``class MAP`` unless given.
        mask: bits of a flag word that are a number of their own (``O_ACCMODE``, ``S_IFMT``);
            0 if every bit is a flag.
        members: C name to value, in the order of declaration.
        by_value: value to C name; of several names for one value the first declared counts.
    """

    prefix: ClassVar[str] = ""
    mask: ClassVar[int] = 0
    members: ClassVar[dict[str, int]] = {}
    by_value: ClassVar[dict[int, str]] = {}

    def __init_subclass__(
        cls,
        *,
        prefix: str | None = None,
        mask: int = 0,
        spelled: Mapping[str, str] | None = None,
    ) -> None:
        """Keep how members are spelled in C; ``spelled`` lists those that are not prefix + name."""
        super().__init_subclass__()
        cls.prefix = cls.__name__ + "_" if prefix is None else prefix
        cls.mask = mask
        cls.members = {}
        cls.by_value = {}
        for key, value in vars(cls).items():
            if isinstance(value, int) and key != "mask":
                # A leading underscore only keeps a digit from coming first: MAP._32BIT.
                plain = key[1:] if key[0] == "_" and key[1:2].isdigit() else key
                word = (spelled or {}).get(key, cls.prefix + plain)
                cls.members[word] = value
                cls.by_value.setdefault(value, word)


def name(space: type[Names], value: int, *, unknown: str = "") -> str:
    """The C name of ``value``, or its hexadecimal form, as strace prints it.

    With ``unknown`` given a value without a name reads ``0x7 /* SEEK_??? */``.
    """
    found = space.by_value.get(value)
    if found is not None:
        return found
    return f"{value:#x} /* {unknown} */" if unknown else f"{value:#x}"


def flags(space: type[Names], value: int) -> str:
    """Bits as C would write them: ``MAP_PRIVATE|MAP_ANONYMOUS|0x800000``, or ``0``.

    What has no name comes last in hexadecimal. A member of several bits (``O_SYNC``) is
    preferred over its parts; bits of ``space.mask`` are named together, as one number.
    """
    text = _TEXTS.get((space, value))
    if text is None:
        if len(_TEXTS) >= _TEXTS_MAX:
            _TEXTS.clear()
        text = _TEXTS[space, value] = _spell(space, value)
    return text


def _spell(space: type[Names], value: int) -> str:
    """Work out what ``flags`` says."""
    words: list[tuple[int, str]] = []
    table = space.by_value
    mask = space.mask
    rest = value
    if mask and value & mask in table:
        words.append((0, table[value & mask]))
        rest &= ~mask
    bits = [(bit, text) for bit, text in table.items() if bit > 0 and not bit & mask]
    for bit, text in sorted(bits, key=lambda item: (-item[0].bit_count(), item[0])):
        if rest & bit == bit:
            words.append((bit & -bit, text))
            rest &= ~bit
    texts = [text for _, text in sorted(words)]
    if rest:
        texts.append(f"{rest:#x}")
    return "|".join(texts) or table.get(0, "0")
