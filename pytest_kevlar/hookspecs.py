"""What third parties may implement; the plugin calls nothing else of theirs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_kevlar.runners.base import Runner


@pytest.hookspec
def pytest_kevlar_runners(config: pytest.Config) -> Sequence[Runner]:  # type: ignore[empty-body]
    """Return the runners this plugin offers; each is chosen by name with ``--kevlar-target``.

    Called once per process, early: constructing a runner must be cheap, and heavy imports
    belong into ``run``. Two runners of one name are a usage error.
    """
