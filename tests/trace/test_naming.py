"""Names that chance gives are the same as long as they are used the same way."""

from __future__ import annotations

from pytest_kevlar.trace.naming import Names, ProcessNames


def test_a_terminal_is_the_same_under_another_number() -> None:
    names, process = Names(), ProcessNames()
    assert names.text(b"/dev/pts/3", b"/dev/pts/0", process)
    assert names.text(b"/dev/pts/4", b"/dev/pts/1", process)
    assert names.text(b"/dev/pts/3", b"/dev/pts/0", process)
    assert not names.text(b"/dev/pts/3", b"/dev/pts/1", process)
    assert not names.text(b"/dev/pts/5", b"/dev/pts/1", process)
