"""One contract as a file: where its tree is, what it is called, what its header says.

Reads sources only; nothing is compiled or run here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

#: The file that makes a directory the root of a tree of contracts.
HEADER = "contract.h"

_COMMENT = re.compile(r"\A\s*(?:/\*(?P<block>.*?)\*/|(?P<lines>(?://[^\n]*\n?\s*)+))", re.DOTALL)
_DECORATION = re.compile(r"^[ \t]*(?:\*|//)?[ \t]?", re.MULTILINE)
_REQUIRES = re.compile(r"^[ \t]*Requires:[ \t]*(.*)$", re.MULTILINE)
_ANY_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


class BadHeader(Exception):
    """A ``Requires:`` that would not be read; the text begins with the number of its line."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One C file in a tree of contracts.

    Attributes:
        path: the file.
        root: root of its tree; its header directory, too.
        category: directories between the two, joined with ``/``; the root's own name for
            a file that lies in the root.
        name: the file's name without ``.c``.
    """

    path: Path
    root: Path

    @property
    def category(self) -> str:
        """Directories between root and file, joined with ``/``."""
        between = self.path.parent.relative_to(self.root).as_posix()
        return self.root.name if between == "." else between

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem

    @property
    def key(self) -> str:
        """The name used in the list of known divergences: ``category.name``."""
        return f"{self.category}.{self.name}"

    def requirements(self) -> tuple[str, ...]:
        """Return the words of the ``Requires:`` line in the opening comment, in order.

        Raises OSError if the file cannot be read, BadHeader if a ``Requires:`` is elsewhere in
        a comment or goes on in the next line.
        """
        source = self.path.read_text("utf-8", "replace")
        comment = _COMMENT.match(source)
        text = _DECORATION.sub("", comment["block"] or comment["lines"]) if comment else ""
        lines = _REQUIRES.findall(text)
        _refuse_unread(source, comment.end() if comment else 0)
        words = (word.strip().rstrip(".") for line in lines for word in line.split(","))
        return tuple(word for word in words if word)


def _refuse_unread(source: str, end: int) -> None:
    """Raise BadHeader for a ``Requires:`` that is not, or not wholly, a line before `end`."""
    for comment in _ANY_COMMENT.finditer(source):
        first = source.count("\n", 0, comment.start()) + 1
        for number, line in enumerate(comment[0].splitlines(), first):
            if "Requires:" not in line:
                continue
            opens = line.lstrip("/* \t").startswith("Requires:")
            if not opens or comment.start() >= end:
                raise BadHeader(f"{number}: 'Requires:' must open a line of the opening comment")
            if line.rstrip("*/ \t").endswith(","):
                raise BadHeader(f"{number}: 'Requires:' must have all its words on one line")


def all_contracts(root: Path) -> list[Contract]:
    """Return every contract below ``root``, sorted by path."""
    return [Contract(path, root) for path in sorted(root.rglob("*.c")) if path.is_file()]


class Trees:
    """Which directories are roots of contract trees.

    A root is a directory that holds ``contract.h``, or one that the ini key
    ``kevlar_contracts`` names. What lies above `top`, pytest's root directory, is nobody's
    business there. Answers are remembered, so that a directory is looked at once.
    """

    def __init__(self, declared: list[Path], top: Path) -> None:
        self._declared = [path.resolve() for path in declared]
        self._top = top
        self._known: dict[Path, Path | None] = {}

    def root_of(self, directory: Path) -> Path | None:
        """Return the root whose tree ``directory`` is in, the nearest one, or None."""
        if directory not in self._known:
            if (directory / HEADER).is_file() or directory.resolve() in self._declared:
                self._known[directory] = directory
            elif directory in (self._top, directory.parent):
                self._known[directory] = None
            else:
                self._known[directory] = self.root_of(directory.parent)
        return self._known[directory]

    def contract(self, path: Path) -> Contract | None:
        """Return the contract that ``path`` is, or None if it is no contract."""
        if path.suffix != ".c":
            return None
        root = self.root_of(path.parent)
        return Contract(path, root) if root else None

    def near(self, directory: Path) -> list[Path]:
        """Return the root ``directory`` is in, or the roots at most two levels below it.

        A quick look for a header line or an early check, not a collection.
        """
        above = self.root_of(directory)
        if above:
            return [above]
        found = [path for path in self._declared if path.is_relative_to(directory.resolve())]
        level = [directory]
        for _ in range(2):
            level = [child for parent in level for child in _children(parent)]
            found += [child for child in level if (child / HEADER).is_file()]
        return list(dict.fromkeys(found))


def _children(directory: Path) -> list[Path]:
    try:
        return sorted(
            child
            for child in directory.iterdir()
            if not child.name.startswith(".") and child.is_dir() and not child.is_symlink()
        )
    except OSError:
        return []
