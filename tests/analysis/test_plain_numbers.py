"""Quantities and plain numbers at the doors of measures: the same result, or refused."""

import inspect

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, ms, mV, nA, pA, second, volt
from excitable.analysis import plain_numbers
from excitable.models import HODGKIN_HUXLEY, LIF, QIF
from excitable.protocols import fi_curve

from excitable import analysis

# Closed forms: tau*ln 4 at 2 nA; (tau/1)*2*atan(10) for QIF from -10 to 10.
LIF_RATE, QIF_RATE = 1e3 / (10 * np.log(4)), 1e3 / (10 * 2 * np.arctan(10))


def test_formulas_take_quantities_and_a_models_values():
    cell = {name: p.quantity for name, p in LIF.parameters.items()}
    assert analysis.lif_rate([2.0] * nA, **LIF.values)[0] == pytest.approx(LIF_RATE, rel=1e-12)
    assert analysis.lif_rate(2000 * pA, **cell) == pytest.approx(LIF_RATE, rel=1e-12)
    assert analysis.noisy_lif_rate(2 * nA, 0 * nA * second**0.5, **cell) == pytest.approx(LIF_RATE)
    assert analysis.qif_rate(1.0, tau=10 * ms, V_reset=-10, V_th=10) == pytest.approx(QIF_RATE)
    assert analysis.qif_rate(1.0, **QIF.values) == pytest.approx(QIF_RATE)
    infinite = analysis.qif_rate(1.0, tau=0.01 * second, V_reset=-np.inf, V_th=np.inf)
    assert infinite == pytest.approx(1e2 / np.pi)
    assert analysis.lif_rheobase(R=10 * Mohm, E_L=-65 * mV, V_th=-0.05 * volt) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: analysis.lif_rate([2.0], **LIF.values), "lif_rate: I=.* has no unit beside R"),
        (lambda: analysis.lif_rate(2 * nA, R=10, tau=10, E_L=-65, V_reset=-65, V_th=-50),
         "R=10 has no unit"),
        (lambda: analysis.qif_rate(1.0, tau=10 * mV, V_reset=-10, V_th=10), "tau: expected ms"),
        (lambda: analysis.fit_fi([1, 2, 3] * nA, [0, 1, 2], "relu"), "takes plain numbers"),
        (lambda: analysis.steady_rate([1, 2] * second, start=0.5), "start=0.5 has no unit"),
        (lambda: fi_curve(LIF, pd.Series([1.0, 2.0]) * nA), "pandas Series loses its unit"),
    ],
)  # fmt: skip
def test_a_mixture_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_trains_take_quantities():
    times = np.array([5.0, 105.0, 125.0, 145.0])
    for measure in (analysis.steady_rate, analysis.isi_cv, analysis.adaptation_index):
        assert measure(times * ms, 100 * ms) == pytest.approx(measure(times, 100), nan_ok=True)
    assert analysis.steady_rate(times / 1e3 * second) == pytest.approx(3 / 0.14)
    table = analysis.spike_table([0, 0, 0, 0], times * ms, 1, start=0 * ms, end=0.2 * second)
    assert table["rate_Hz"][0] == pytest.approx(3 / 0.14)
    assert analysis.spike_latency(times * ms, onset=0.1 * second) == pytest.approx(5)
    spikes = pd.DataFrame({"neuron": 0, "t_ms": times})
    found = analysis.spike_counts(spikes, 1, start=0, end=0.2 * second, width=100 * ms)
    assert found.tolist() == [[1, 3]]


def trace():
    t = np.arange(0, 20, 0.01)
    v = -65 + 100 * np.exp(-(((t - 10) / 0.5) ** 2)) - 10 * np.exp(-((t - 13) ** 2))
    return t, v


def test_spike_shapes_in_units_of_ones_own():
    t, v = trace()
    plain = analysis.spike_shapes(t, v)
    with_units = analysis.spike_shapes(t / 1e3 * second, v / 1e3 * volt)
    assert plain["peak_mV"][0] == pytest.approx(35, abs=0.01)
    pd.testing.assert_frame_equal(plain, with_units, rtol=1e-9)


def test_spike_shapes_of_plain_volts_or_seconds_are_refused():
    t, v = trace()
    with pytest.raises(ValueError, match="if these are volts, multiply by 1000"):
        analysis.spike_shapes(t, v / 1e3)
    with pytest.raises(ValueError, match="if these are seconds"):
        analysis.spike_shapes(t / 1e3, v)


def test_every_documented_unit_is_known_to_the_decorator():
    """A public function whose docstring says ms, mV or nA of an argument takes quantities of it."""
    for name in analysis.__all__:
        function = getattr(analysis, name)
        if not inspect.isfunction(function) or not inspect.getdoc(function):
            continue
        first = inspect.getdoc(function).partition("Returns\n")[0]
        wants = [f"{u}.\n" in first or f"{u};" in first for u in ("ms", "mV", "nA", "MOhm")]
        if any(wants) and "spikes : DataFrame" not in first:
            assert hasattr(function, "__wrapped__"), name


def test_a_models_values_are_floats():
    values = HODGKIN_HUXLEY.values
    assert isinstance(values["C_m"], float)
    assert type(values["C_m"] * 2) is float
    assert plain_numbers.has_unit(values["C_m"])
    assert not plain_numbers.has_unit(float(values["C_m"]))
