"""The table of system calls: what the declarations say is what the document says."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_kevlar.kernel import arch as architectures
from pytest_kevlar.kernel import support
from pytest_kevlar.kernel.syscalls import table_for

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "system-calls.md"


def test_document_is_up_to_date() -> None:
    """If not: python -m pytest_kevlar.kernel.support > docs/system-calls.md"""
    assert DOCUMENT.read_text() == support.markdown()


@pytest.mark.parametrize("name", architectures.NAMES)
def test_every_call_says_which_manual_page_it_is(name: str) -> None:
    table = table_for(architectures.get(name))
    assert [entry.name for entry in table.values() if not entry.doc] == []


def test_calls_that_an_architecture_lacks_are_not_in_its_table() -> None:
    tables = {name: table_for(architectures.get(name)) for name in architectures.NAMES}
    names = {arch: {entry.name for entry in table.values()} for arch, table in tables.items()}
    assert {"open", "fork", "pipe", "poll"} <= names["x86_64"]
    assert not {"open", "fork", "pipe", "poll"} & names["arm64"]
