"""The Izhikevich study: its numbers against the published figures and independent solutions."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import ms, mV, pA
from excitable.experiments import izhikevich_patterns
from excitable.experiments.izhikevich_patterns.claims import CLAIMS, holds
from excitable.experiments.izhikevich_patterns.common import with_peaks
from excitable.experiments.izhikevich_patterns.measure import compare_schemes
from excitable.experiments.study import Settings
from excitable.models import IZHIKEVICH, IZHIKEVICH_2007
from excitable.protocols import Constant, Step, response
from excitable.protocols.firing.izhikevich_patterns import PATTERNS_2004, run_pattern
from excitable.simulation.backends.reference import reference

STUDY = izhikevich_patterns


@pytest.fixture(scope="module")
def table():
    return compare_schemes(Settings(quick=True)).table.set_index("letter")


def test_the_published_program_shows_every_pattern_of_the_paper(table):
    """Izhikevich 2004, figure 1: what each panel is there to show, checked on its own program."""
    assert list(table.index) == list(CLAIMS) == list(PATTERNS_2004)
    assert table["holds_published"].all()


def test_the_equations_show_all_but_five(table):
    assert list(table.index[~table["holds_converged"]]) == ["I", "P", "Q", "S", "T"]


def test_every_change_of_the_port_restores_its_pattern(table):
    adjusted = table[table["change"] != ""]
    assert list(adjusted.index) == ["I", "K", "P", "Q", "S", "T"]
    assert adjusted["holds_adjusted"].astype(bool).all()


@pytest.mark.parametrize("letter", [letter for letter in PATTERNS_2004 if letter != "T"])
def test_converged_number_of_spikes_is_the_references(table, letter):
    p = PATTERNS_2004[letter]
    exact = reference(p.model, p.stimulus, p.duration, start="initial")
    assert table.loc[letter, "spikes_converged"] == len(exact.spike_ms)


def test_pattern_T_has_no_converged_number(table):
    assert np.isnan(table.loc["T", "spikes_converged"])


def test_a_claim_can_fail():
    """The response of a tonic cell does not pass for a phasic one, nor silence for anything."""
    silent = run_pattern(replace(PATTERNS_2004["A"], stimulus=Constant(0 * mV / ms)))
    for letter in set(PATTERNS_2004) - {"G", "H"}:  # these need two spikes to be asked at all
        assert not holds(PATTERNS_2004[letter], silent)


def test_peaks_are_drawn_where_the_threshold_is():
    """LTS 2007: 40 mV - 0.1 mV/pA u (Izhikevich 2007, chapter 8)."""
    model = IZHIKEVICH_2007.variants["LTS"]
    out = response(
        model, Step(300 * pA), 100 * ms, record=("v", "u"), start="initial", backend="numpy"
    )
    drawn = with_peaks(model, out)
    peaks = drawn.loc[drawn["t_ms"].isin(out.spikes["t_ms"])]
    assert len(peaks) == len(out.spikes) > 3
    np.testing.assert_allclose(peaks["v_mV"], 40 - 0.1 * peaks["u_pA"], rtol=1e-9)
    assert len(drawn) == len(out.traces) + len(out.spikes)


@pytest.mark.slow
def test_study_has_its_figures_tables_and_numbers(result):
    names = {name for section in result.sections for name in section.names}
    assert {"cells_2003", "patterns_2004", "step_size", "schemes", "fi_2003", "fi_2007"} <= names
    assert {"cells_2007_cortical", "cells_2007_special"} <= names
    assert result.numbers["patterns_lost"] == 5
    assert result.numbers["rk4_largest_spike_time_error_ms"] < 0.01


@pytest.mark.slow
def test_latency_and_intervals_are_those_of_the_reference(result):
    p = PATTERNS_2004["I"]
    exact = reference(p.model, p.stimulus, p.duration, start="initial").spike_ms
    assert result.numbers["I_latency_converged_ms"] == pytest.approx(exact[0] - 13, abs=1e-4)
    rs = IZHIKEVICH_2007.variants["RS"]
    spikes = reference(rs, Constant(100 * pA), 520 * ms, start="initial").spike_ms
    assert result.numbers["RS_2007_100pA_interval_ms"] == pytest.approx(
        spikes[-1] - spikes[-2], rel=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["RS", "FS", "LTS"])
def test_steady_rates_are_those_of_the_reference(result, cell):
    spikes = reference(IZHIKEVICH.variants[cell], Constant(10 * mV / ms), 600 * ms).spike_ms
    late = spikes[spikes >= 300]
    rate = 1000 / np.diff(late).mean()
    assert result.numbers[f"{cell}_rate_10_Hz"] == pytest.approx(rate, rel=1e-4)
