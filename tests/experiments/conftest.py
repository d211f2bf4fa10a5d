"""The quick version of the study that a test file names as ``STUDY``, run once for the file."""

import pytest
from excitable.analysis.plots import close_figure
from excitable.experiments.study import Settings


@pytest.fixture(scope="module")
def result(request):
    found = request.module.STUDY.run(Settings(quick=True, progress=False))
    yield found
    for section in found.sections:
        for figure in section.figures.values():
            close_figure(figure)


@pytest.fixture(scope="module")
def numbers(result):
    return result.numbers


@pytest.fixture(scope="module")
def tables(result):
    return {name: table for section in result.sections for name, table in section.tables.items()}
