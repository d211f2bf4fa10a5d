"""Quantities and plain numbers at the doors of measures: the same result, or refused."""

import inspect
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from brian2 import Hz, Mohm, Unit, ms, mV, nA, pA, second, volt
from excitable.analysis import plain_numbers, plots
from excitable.dynamics import steady_current, velocity
from excitable.models import HODGKIN_HUXLEY, LIF, QIF
from excitable.models.checks import check_quantity
from excitable.protocols import fi_curve

from excitable import analysis
from excitable.errors import InputError

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


class Foreign(np.ndarray):
    """As of astropy and unyt: numpy reads its numbers and forgets its unit."""

    def to_value(self, unit):
        """Tell such arrays from plain ones."""


class Labelled:
    """As of xarray: an array beside what is known of it."""

    dims, attrs = ("time",), {}

    def __init__(self, data, **attrs):
        self.data, self.attrs = np.asarray(data).view(type(data)), attrs

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.data, dtype=dtype)


FOREIGN = np.array([2.0, 5.0]).view(Foreign)
OF_BRIAN = {
    "array": [2, 5] * nA,
    "list": [2 * nA, 5000 * pA],
    "array of objects": np.array([2 * nA, 5 * nA], dtype=object),
    "Series": pd.Series([2 * nA, 5 * nA], dtype=object),
    "Index": pd.Index([2 * nA, 5 * nA], dtype=object),
}
LOST = {
    "mixed list": [2.0, 5 * nA],
    "mixed list, unit first": [2 * nA, 5.0],
    "foreign array": FOREIGN,
    "list of foreign arrays": [FOREIGN[:1].reshape(()), FOREIGN[1:].reshape(())],
    "labelled foreign array": Labelled(FOREIGN),
    "labelled array": Labelled(np.array([2.0, 5.0]), units="uA"),
    "masked array": np.ma.array([2.0, 5.0], mask=[False, True]),
    "time differences": np.array([2, 5], dtype="timedelta64[ms]"),
    "Series of them": pd.Series([2, 5], dtype="timedelta64[ns]"),
}
PLAIN = {
    "Series": pd.Series([2.0, 5.0], index=["unit", "units"]),
    "float32": np.float32([2, 5]),
    "tuple": (2, np.float64(5)),
    "labelled": Labelled(np.array([2.0, 5.0])),
}
CELL = {name: p.quantity for name, p in LIF.parameters.items()}
NUMBERS = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}
EXPECTED = 1e3 / (10 * np.log([20 / 5, 50 / 35]))  # 1/(tau*ln(R I/(R I - 15 mV)))


@pytest.mark.parametrize("form", OF_BRIAN)
def test_every_form_of_a_quantity_keeps_its_unit(form):
    assert analysis.lif_rate(OF_BRIAN[form], **CELL) == pytest.approx(EXPECTED)
    assert check_quantity("I", OF_BRIAN[form], nA) == pytest.approx([2, 5])
    for refused in (
        lambda: analysis.lif_rate(OF_BRIAN[form], **NUMBERS),
        lambda: check_quantity("k", OF_BRIAN[form], Unit(1)),
        lambda: analysis.fit_fi(OF_BRIAN[form], [1.0, 2.0], "relu").predict(2),
    ):
        with pytest.raises(InputError):
            refused()


@pytest.mark.parametrize("form", LOST)
def test_no_unit_and_no_mask_is_lost(form):
    for refused in (
        lambda: analysis.lif_rate(LOST[form], **NUMBERS),
        lambda: analysis.lif_rate(LOST[form], **CELL),
        lambda: analysis.steady_rate(LOST[form]),
        lambda: check_quantity("k", LOST[form], Unit(1)),
        lambda: analysis.fano_factors(LOST[form]),
    ):
        with pytest.raises(InputError, match=r"mask|unit|quantity|plain numbers"):
            refused()


@pytest.mark.parametrize("form", PLAIN)
def test_plain_numbers_of_any_kind(form):
    assert analysis.lif_rate(PLAIN[form], **NUMBERS) == pytest.approx(EXPECTED)
    assert check_quantity("k", PLAIN[form], Unit(1)) == pytest.approx([2, 5])


def test_a_unit_of_an_initial_value_or_parameter_is_not_lost():
    text = LIF.equations + "\ndw/dt = 0/second : 1"
    for wrong in (FOREIGN[:1].reshape(()), np.timedelta64(2, "ms"), [2.0]):
        with pytest.raises(InputError, match=r"initial w.*(unit|one value)"):
            replace(LIF, equations=text, initial={"v": "E_L", "w": wrong})
    with pytest.raises(InputError, match="parameter k: has a unit"):
        replace(LIF, parameters={**LIF.parameters, "k": 1.0}, variants={},
                equations=text.replace("0/second", "k/second"),
                initial={"v": "E_L", "w": 0}).with_(k=FOREIGN[0:1].reshape(()))  # fmt: skip


def test_curves_and_potentials_with_units():
    """The leak's current is (v - E_L)/R, and dv/dt (E_L - v + R I)/tau."""
    for v in ([-60, -50] * mV, [-60 * mV, -50 * mV], [-60.0, -50.0]):
        assert steady_current(LIF, v) == pytest.approx([0.5, 1.5])
    assert velocity(LIF, [-60, -50] * mV, 2 * nA) == pytest.approx([1.5, 0.5])
    with pytest.raises(InputError, match="I: expected nA"):
        velocity(LIF, np.array([-0.06]), 2 * mV)
    I = np.arange(12.0)
    fit = analysis.fit_fi(I, np.maximum(I - 3, 0), "relu")
    curve = analysis.RateCurve(I, np.maximum(I - 3, 0))
    for refused in (
        lambda: fit.predict(5 * nA),
        lambda: curve.rate(5 * nA),
        lambda: curve(5 * nA),
        lambda: analysis.RateCurve(I * nA, np.maximum(I - 3, 0)),
        lambda: analysis.RateCurve(I, np.maximum(I - 3, 0), zero=3 * nA),
    ):
        with pytest.raises(InputError, match="takes plain numbers"):
            refused()
    table = pd.DataFrame({"I": I, "rate_Hz": I})
    with pytest.raises(InputError, match="residuals: rate: has a unit"):
        analysis.residuals(table, I.view(Foreign))


def test_samples_of_a_classifier_are_plain():
    X = np.arange(8.0).reshape(4, 2)
    for wrong in (np.ma.array(X, mask=X > 5), X * nA, X.view(Foreign)):
        with pytest.raises(InputError, match=r"X: (is a masked|takes plain|has a unit)"):
            analysis.train(wrong, [0, 0, 1, 1])


def test_figures_take_quantities():
    spectrum = pd.DataFrame({"frequency_Hz": [0.0, 20, 90], "psd_Hz": 1.0, "poisson_Hz": 1.0})
    assert plots.plot_spectrum(spectrum, up_to=50 * Hz).get_xlim() == (0, 50)
    clamp = pd.DataFrame({"neuron": 0, "t_ms": [0.0, 1.0], "v_mV": 0.0, "command_mV": 0.0,
                          "I_A_uA_per_cm2": [0.0, 9.0]})  # fmt: skip
    upper, _ = plots.plot_voltage_clamp(clamp, window=(0 * ms, 10 * ms))
    assert upper.get_xlim() == (0, 10)


@pytest.mark.parametrize(
    ("name", "argument"),
    [("tau", "tau"), ("parameter tau", "tau"), ("Step amplitude for lif", "amplitude"),
     ("weight of a current synapse onto lif", "weight"), ("E_rev onto lif", "E_rev"),
     ("range of tau", "range"), ("p from E", "p")],
)  # fmt: skip
def test_the_remedy_names_the_argument(name, argument):
    with pytest.raises(InputError, match=rf"e\.g\. {argument}=2\*ms"):
        check_quantity(name, 2, ms)


@pytest.mark.parametrize(
    "value", [True, "20", 20j, np.array([True, False]), np.array(["20"]), pd.Series([2j])], ids=repr
)
def test_what_is_no_number_is_refused(value):
    """A mask, a complex number or text in the place of times and potentials."""
    for refused in (
        lambda: analysis.isi_cv(value),
        lambda: analysis.lif_rate([2.0], **NUMBERS | {"tau": value}),
        lambda: analysis.noisy_lif_rate([2.0], value, **NUMBERS),
        lambda: analysis.spike_counts(pd.DataFrame({"neuron": [0], "t_ms": [1.0]}), 1, start=0,
                                      end=100, width=value),
    ):  # fmt: skip
        with pytest.raises(InputError, match="expected numbers, got"):
            refused()


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
