"""Arguments as values: the text of ``strace -v -X verbose`` taken apart.

Numbers keep their name, strings their bytes; what has no structure here stays a word, and
no text is too strange to be read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Num:
    """A number; `name` is what C calls it."""

    value: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Str:
    """A string; `whole` is False if the end was left out."""

    data: bytes
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """An array; `whole` is False if the end was left out."""

    items: tuple[Value, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Bits:
    """A set of signals, complements worked out."""

    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Fields:
    """A structure, its fields in order."""

    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Word:
    """Anything else, as it was written."""

    text: str


Value = Num | Str | Items | Bits | Fields | Word

_NUMBER = re.compile(r"-?(?:0x[0-9a-fA-F]+|\d+)(?![\w.])")
_FACTOR = re.compile(r"\*(\d+)(?![\w.])")
#: A comment; strace puts one into another where it knows no bit of a word of flags.
_NAME = re.compile(r"\s*/\*((?:[^*]*/\*.*?\*/)?.*?)\*/", re.DOTALL)
_KEY = re.compile(r"([A-Za-z_]\w*)=")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_PLAIN = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f", b"a": b"\a", b"b": b"\b"}
_DEVICE = re.compile(r"makedev\((0x[0-9a-fA-F]+|\d+), (0x[0-9a-fA-F]+|\d+)\)")
_NETWORK_ORDER = re.compile(r"hton[sl]\((\d+)\)")
_SIGNALS = re.compile(r"~?\[((?:\d+ /\* \w+ \*/ ?)*)\]")


def parse(text: str) -> Value:
    """The value of one argument."""
    if len(text) > 400:
        return _Reader(text).whole()
    return _parse(text)


@lru_cache(maxsize=65536)
def _parse(text: str) -> Value:
    return _Reader(text).whole()


def number(text: str) -> int | None:
    """The number a text begins with, or None."""
    found = _NUMBER.match(text)
    return _int(found[0]) if found else 0 if text == "NULL" else None


def _int(text: str) -> int:
    digits = text.removeprefix("-")
    if digits.startswith(("0x", "0X")):
        value = int(digits, 16)
    elif len(digits) > 1 and digits[0] == "0" and not set(digits) & {"8", "9"}:
        value = int(digits, 8)
    else:
        value = int(digits)
    return -value if text.startswith("-") else value


def unquote(text: str) -> bytes:
    """The bytes of what stands between two quotes."""

    def one(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 16)])
        if match[2]:
            return bytes([int(match[2], 8) & 0xFF])
        return _PLAIN.get(match[3], match[3])

    return _ESCAPE.sub(one, text.encode("utf-8", "surrogateescape"))


def comment_end(text: str, at: int) -> int:
    """Behind the comment that begins at `at`; another may be inside."""
    depth = 0
    while at < len(text):
        if text.startswith("/*", at):
            depth += 1
            at += 2
        elif text.startswith("*/", at):
            depth -= 1
            at += 2
            if depth == 0:
                return at
        else:
            at += 1
    return at


def split(text: str) -> list[str]:
    """Take an argument list apart at its outermost commas."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        character = text[at]
        if character == '"':
            at = _string_end(text, at)
            continue
        if character == "/" and text.startswith("/*", at):
            at = comment_end(text, at)
            continue
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _string_end(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


class _Reader:
    """One text and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> Value:
        text = self.text.strip()
        found = _SIGNALS.fullmatch(text)
        if found and ("/*" in text or text in ("[]", "~[]")):
            numbers = frozenset(int(n) for n in re.findall(r"(\d+) /\*", text))
            if text == "[]":
                return Items(())
            everything = frozenset(range(1, 65))
            return Bits(everything - numbers if text[0] == "~" else numbers)
        self.text = text
        try:
            value = self.value()
        except (ValueError, IndexError, RecursionError):
            return Word(text)
        rest = self.text[self.at :].strip()
        if rest.startswith("=>"):  # what it was, and what it became
            return _Reader(rest[2:]).whole()
        return value if not rest else Word(text)

    def value(self) -> Value:
        text = self.text
        character = text[self.at] if self.at < len(text) else ""
        if character == '"':
            return self._string()
        if character == "[":
            return self._items()
        if character == "{":
            return self._fields()
        if character == "~" and text.startswith("~[", self.at):
            return self._word()
        if text.startswith("NULL", self.at):
            self.at += 4
            return Num(0, "NULL")
        found = _NUMBER.match(text, self.at)
        if found:
            self.at = found.end()
            value = _int(found[0])
            times = _FACTOR.match(text, self.at)  # strace without -X: 8192*1024
            if times:
                self.at = times.end()
                value *= _int(times[1])
            name = self._name()
            if name and text.startswith("|", self.at):
                self.at += 1
                rest = self.value()
                if isinstance(rest, Num):
                    return Num(value | rest.value, f"{name}|{rest.name or hex(rest.value)}")
            return Num(value, name)
        device = _DEVICE.match(text, self.at)
        if device:
            self.at = device.end()
            major, minor = _int(device[1]), _int(device[2])
            return Num((major << 8) | (minor & 0xFF) | (minor & ~0xFF) << 12, device[0])
        return self._word()

    def _spaces(self) -> None:
        while self.text[self.at] == " ":
            self.at += 1

    def _name(self) -> str:
        found = _NAME.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found[1].strip()

    def _string(self) -> Value:
        end = _string_end(self.text, self.at)
        data = unquote(self.text[self.at + 1 : end - 1])
        self.at = end
        whole = not self.text.startswith("...", end)
        if not whole:
            self.at += 3
        name = self._name()
        found = _NETWORK_ORDER.fullmatch(name)
        return Num(int(found[1]), name) if found else Str(data, whole)

    def _items(self) -> Value:
        items: list[Value] = []
        whole = True
        self.at += 1
        while self.text[self.at] != "]":
            if self.text.startswith("...", self.at):
                whole = False
                self.at += 3
                continue
            if self.text[self.at] in ", ":
                self.at += 1
                continue
            if self.text.startswith("=>", self.at):  # what the last item became
                self.at += 2
                self._spaces()
                items[-1] = self.value()
                continue
            items.append(self.value())
            self._name()  # what a structure means, as strace says of times
        self.at += 1
        return Items(tuple(items), whole)

    def _fields(self) -> Value:
        fields: list[tuple[str, Value]] = []
        self.at += 1
        while self.text[self.at] != "}":
            if self.text.startswith("...", self.at):
                self.at += 3
                continue
            if self.text[self.at] in ", ":
                self.at += 1
                continue
            if self.text.startswith("=>", self.at):  # what the last field became
                self.at += 2
                self._spaces()
                fields[-1] = (fields[-1][0], self._field_value())
                continue
            found = _KEY.match(self.text, self.at)
            if found:
                self.at = found.end()
                fields.append((found[1], self._field_value()))
            else:
                fields.append(("", self._word()))
        self.at += 1
        self._name()  # the same in words: a date, or UTIME_NOW
        return Fields(tuple(fields))

    def _field_value(self) -> Value:
        """A value; a set of signals reads as one even inside a structure."""
        found = _SIGNALS.match(self.text, self.at)
        if found and ("/*" in found[0] or found[0] in ("[]", "~[]")):
            self.at = found.end()
            return _Reader(found[0]).whole()
        return self.value()

    def _word(self) -> Value:
        """Up to the next comma or closing bracket on this level."""
        start, depth = self.at, 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == '"':
                self.at = _string_end(self.text, self.at)
                continue
            if self.text.startswith("/*", self.at):
                self.at = comment_end(self.text, self.at)
                continue
            if character in "([{":
                depth += 1
            elif character in ")]}":
                if depth == 0:
                    break
                depth -= 1
            elif character == "," and depth == 0:
                break
            self.at += 1
        if self.at == start:
            raise ValueError("nothing to read")
        return Word(self.text[start : self.at].strip())


def plain(text: str) -> str:
    """An argument as people read it: names where there are some, numbers elsewhere."""
    return _VERBOSE.sub(_shorter, text)


_VERBOSE = re.compile(r'("(?:\\.|[^"\\])*"|-?\b(?:0x[0-9a-fA-F]+|\d+))(?: /\* ([^*]*) \*/)?')


def _shorter(match: re.Match[str]) -> str:
    name = match[2]
    if name is None:
        return match[0]
    return match[1] if "???" in name or (name[:1].isdigit() and "T" in name) else name


def join(texts: Sequence[str]) -> str:
    """Arguments as people read them."""
    return ", ".join(plain(text) for text in texts)
