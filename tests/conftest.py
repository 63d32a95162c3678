"""What holds for every test: no hub is asked, nothing is drawn on a screen, no user's data, and the guards."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Before any library reads them; a test that needs another value sets it for the program that it starts.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

# No example is timed: a busy machine is no defect.
settings.register_profile("wardnote", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wardnote")

pytest_plugins = ["pytester", "tests.helpers.guards", "tests.helpers.folders"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long forms run only when they are asked for by name: `-m long`."""
    if "long" in config.option.markexpr:
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
