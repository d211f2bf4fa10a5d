"""Shared by all tests."""

import matplotlib
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True, scope="session")
def _no_progress_bars():
    from excitable.simulation.progress import set_progress

    set_progress(False)
