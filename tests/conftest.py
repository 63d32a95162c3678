"""What holds for every test: no hub is asked, nothing is drawn on a screen, no user's data, and the guards."""

from __future__ import annotations

import os

# Before any library reads them; a test that needs another value sets it for the program that it starts.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

pytest_plugins = ["pytester", "tests.helpers.guards", "tests.helpers.folders"]
