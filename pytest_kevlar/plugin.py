"""The hooks pytest calls: each hands on to the part of the plugin that knows.

There is no logic here; what a hook does is one or two lines, or a guard.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_kevlar import hookspecs, options, report, report_html, verdicts
from pytest_kevlar.collect import ContractFile, ContractItem
from pytest_kevlar.qemu import settings as qemu_settings
from pytest_kevlar.runners.base import ARCHITECTURES, Runner
from pytest_kevlar.runners.kevlar import KevlarRunner
from pytest_kevlar.runners.linux import LinuxRunner
from pytest_kevlar.runners.qemu_system import QemuSystemRunner
from pytest_kevlar.runners.qemu_user import QemuUserRunner
from pytest_kevlar.runners.runsc import PLATFORMS, RunscRunner
from pytest_kevlar.session import KEY, Session


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    options.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks third parties may implement."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Register markers, check every setting, start counting."""
    config.addinivalue_line("markers", "kevlar: a C contract compared with Linux")
    for arch in ARCHITECTURES:
        config.addinivalue_line("markers", f"{arch}: a contract under test on {arch}")
    session = config.stash[KEY] = Session(config)
    config.pluginmanager.register(report.Tally(session), "kevlar-tally")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the runners."""
    session = config.stash.get(KEY, None)
    if session is not None:
        session.close()


def pytest_kevlar_runners(config: pytest.Config) -> Sequence[Runner]:
    """Offer the runners of this package."""

    def cache() -> Path:
        return options.cache_directory(config)

    gvisor = [RunscRunner(platform, cache) for platform in ("", *PLATFORMS)]
    qemu = QemuSystemRunner(qemu_settings.read(config), cache)
    return [KevlarRunner(), LinuxRunner(), QemuUserRunner(), qemu, *gvisor]


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Describe the host, if there are contracts where the command line points."""
    session = config.stash[KEY]
    return report.header(session) if session.nearby_roots() else []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Check the lists of known divergences early where workers will do the collecting."""
    ours = session.config.stash[KEY]
    if session.config.pluginmanager.hasplugin("dsession"):
        ours.check_lists(ours.nearby_roots())


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect ``.c`` files that are in a tree of contracts."""
    contract = parent.config.stash[KEY].trees.contract(file_path)
    return ContractFile.of(parent, contract) if contract else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Stop with a usage error if a list of known divergences is wrong."""
    config.stash[KEY].check_lists()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the evidence travel with the report, once pytest has judged it."""
    made = yield
    if isinstance(item, ContractItem):
        verdicts.attach(made, item.evidence)
    return made


@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(
    config: pytest.Config,
) -> Generator[None, Any, Any]:
    """Give a failure that comes from a worker its colours back."""
    made = yield
    verdicts.restore(made, config.get_verbosity())
    return made


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    """Put the summary line on top of pytest-html's page."""
    tally = session.config.pluginmanager.get_plugin("kevlar-tally")
    if isinstance(tally, report.Tally) and tally.line():
        report_html.summary(prefix, tally.page_top(session.config))


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    """Add columns to pytest-html's table."""
    report_html.header_cells(cells)


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: list[str]) -> None:
    """Fill the columns."""
    report_html.row_cells(cells, verdicts.evidence_of(report))


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_html(report: pytest.TestReport, data: list[str]) -> None:
    """Fill the inside of a row that can be opened."""
    evidence = verdicts.evidence_of(report)
    if evidence is not None and evidence.verdict is not None:
        data[:] = [report_html.details(evidence)]
