"""The atlas: bifurcations and rates of its quick cells against closed forms."""

import numpy as np
import pytest
from excitable.experiments import excitability_atlas
from excitable.experiments.excitability_atlas.measure import models
from excitable.experiments.study import Settings
from excitable.models import find_model

STUDY = excitability_atlas


def test_where_rest_ends(numbers):
    v = (0.1 - 5) / 0.08  # of Izhikevich's FS cell the trace, 0.08*v + 5 - a, is zero
    hopf = 0.2 * v - 0.04 * v**2 - 5 * v - 140
    assert numbers["lif_rest_ends"] == pytest.approx(1.5, abs=1e-9)
    assert numbers["qif_rest_ends"] == pytest.approx(0, abs=1e-9)
    assert numbers["izhikevich_fs_rest_ends"] == pytest.approx(hopf, rel=1e-9)
    # as XPPAUT's AUTO has it for Rinzel & Ermentrout's constants
    assert numbers["morris_lecar_snic_rest_ends"] == pytest.approx(39.963153, abs=1e-6)


def test_types(tables):
    found = tables["atlas_verdicts"].set_index("cell")["type"].to_dict()
    assert found == {"lif": "I", "qif": "I", "izhikevich_fs": "II", "morris_lecar_snic": "I"}


def test_rates_of_simulated_steps_are_those_of_the_cycles(numbers):
    for name in ("lif", "qif", "izhikevich_fs", "morris_lecar_snic"):
        assert numbers[f"{name}_rate_deviation"] < 1e-4


def test_every_cell_has_its_page(result):
    titles = [section.title for section in result.sections]
    assert titles[1:] == [find_model(name).title for name in models(Settings(quick=True))]
    assert all(section.figures for section in result.sections)


def test_the_full_atlas_has_every_cell_once():
    names = models(Settings())
    cells = [find_model(name) for name in names]
    assert {"connor_stevens", "hodgkin_huxley", "hindmarsh_rose", "izhikevich_2007_tc"} <= set(
        names
    )
    assert "izhikevich" not in names  # it is izhikevich_rs
    for k, cell in enumerate(cells):
        for other in cells[:k]:
            same = cell.equations == other.equations and cell.values == other.values
            assert not same, (cell.name, other.name)


def test_phase_responses_of_the_pages(result):
    """The leaky cell's is 1/(dv/dt): from spike to spike it grows by exp(T/tau)."""
    figure = next(s for s in result.sections if s.title.startswith("Leaky")).figures["atlas_lif"]
    line = next(line for line in figure.axes[3].lines if len(line.get_xdata()) == 200)
    z = np.asarray(line.get_ydata())
    assert np.diff(np.log(z)) == pytest.approx(np.full(199, np.log(z[1] / z[0])), rel=1e-6)
