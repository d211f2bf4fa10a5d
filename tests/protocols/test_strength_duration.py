"""Strength-duration curves against Lapicque's law, and the reference integrator."""

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, Unit, cm, ms, msiemens, mV, nA, uA
from excitable.analysis.plots import close_figure, plot_strength_duration
from excitable.analysis.rates.strength_duration_laws import lapicque, weiss
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, NeuronModel, Parameter
from excitable.protocols import Step, strength_duration
from excitable.simulation import reference
from scipy.optimize import brentq

from tests.user_models import theta_neuron

UNIT = uA / cm**2


def test_a_pulse_takes_a_theta_neuron_to_its_unstable_equilibrium():
    """There x = sqrt(0.3), after x' = x**2 + I - 0.3 from -sqrt(0.3) on."""
    durations = np.array([1.0, 2.0, 5.0])
    table = strength_duration(theta_neuron(), durations * ms, settle=50 * ms, backend="numpy")

    def way(I, d):
        speed = np.sqrt(I - 0.3)
        return 2 * np.arctan(np.sqrt(0.3) / speed) / speed - d

    expected = [brentq(way, 0.3001, 10, args=(d,)) for d in durations]
    np.testing.assert_allclose(table["I"], expected, rtol=2e-4)


@pytest.fixture(scope="module")
def lif():
    return strength_duration(LIF, [0.5, 2, 10, 50] * ms, settle=1 * ms)


@pytest.fixture(scope="module")
def squid():
    return strength_duration(HODGKIN_HUXLEY, [0.2, 1, 5, 40] * ms, settle=40 * ms)


def test_lif_threshold_is_lapicques_law(lif):
    """1.5 nA/(1 - exp(-d/10 ms)), bracketed, within the default tolerance."""
    exact = 1.5 / (1 - np.exp(-lif["duration_ms"] / 10))
    np.testing.assert_allclose(lif["I"], exact, rtol=1e-4)
    # The cell has no memory of where in a step the threshold lies: both ends bracket it.
    assert (lif["I_silent"] <= exact * (1 + 1e-7)).all()
    assert (lif["I"] >= exact * (1 - 1e-7)).all()
    assert lif["duration_ms"].tolist() == [0.5, 2, 10, 50]


def test_lif_fits_name_lapicque(lif):
    fits = lif.attrs["fits"]
    assert lif.attrs["better_fit"] == "lapicque"
    assert fits["lapicque"]["rheobase"] == pytest.approx(1.5, rel=1e-4)
    assert fits["lapicque"]["chronaxie_ms"] == pytest.approx(10 * np.log(2), rel=3e-4)
    assert fits["lapicque"]["rms_error"] < 1e-4 < fits["weiss"]["rms_error"]
    np.testing.assert_allclose(lif["lapicque"], lif["I"], rtol=2e-4)


def test_charge_is_amplitude_times_duration(lif):
    np.testing.assert_allclose(lif["charge"], lif["I"] * lif["duration_ms"])
    assert set(lif["charge_unit"]) == {"pC"}
    assert set(lif["I_unit"]) == {"nA"}


def test_squid_long_pulse_has_the_single_spike_threshold(squid):
    """2.240 uA/cm2 from rest; going on firing would need 6.26."""
    assert squid["I"].iloc[-1] == pytest.approx(2.240, abs=5e-4)
    assert set(squid["charge_unit"]) == {"nC/cm**2"}


def test_squid_short_pulses_need_one_charge(squid):
    """Far below the time constants of the gates only the charge counts, and more for longer."""
    charge = squid["charge"].to_numpy()
    assert np.all(np.diff(charge) > 0)
    assert charge[1] / charge[0] == pytest.approx(1, abs=0.1)
    assert charge[3] / charge[0] > 10


@pytest.mark.parametrize("row", range(4))
def test_squid_thresholds_separate_spike_from_silence(squid, row):
    """Just above the reference integrator spikes, just below it does not."""
    found = squid.iloc[row]
    length = found["duration_ms"]
    for amplitude, spikes in ((found["I"] * (1 + 1e-4), 1), (found["I_silent"] * (1 - 1e-4), 0)):
        stimulus = Step(amplitude * UNIT, offset=length * ms)
        solved = reference(HODGKIN_HUXLEY, stimulus, (length + 40) * ms)
        assert len(solved.spike_ms) == spikes


def test_laws_at_chronaxie_and_in_the_limits():
    """Chronaxie is where the threshold is twice the rheobase; for short pulses charge counts."""
    for law, charge in ((lapicque, 3 / np.log(2)), (weiss, 3.0)):
        assert law(2.0, 1.5, 2.0) == pytest.approx(3.0, rel=1e-12)
        assert law(1e9, 1.5, 2.0) == pytest.approx(1.5, rel=1e-8)
        assert law(1e-9, 1.5, 2.0) * 1e-9 == pytest.approx(charge, rel=1e-8)


def test_durations_are_whole_steps_and_two_make_no_fit():
    table = strength_duration(LIF, [2.01, 4] * ms, settle=1 * ms, tolerance=1e-2)
    np.testing.assert_allclose(table["duration_ms"], [2.0, 4.0])
    assert table.attrs["fits"] == {}
    assert table.attrs["better_fit"] is None
    assert "weiss" not in table


def test_varied_parameters_have_lapicques_law_each():
    """15 mV/R/(1 - exp(-d/tau)): rheobase 15 mV/R and chronaxie tau*ln(2) of each set."""
    vary = {"tau": [10, 20] * ms, "R": [5, 10, 20] * Mohm}
    table = strength_duration(LIF, [0.5, 5, 40] * ms, vary=vary, settle=1 * ms)
    assert list(table)[:3] == ["tau", "R", "duration_ms"]
    assert table["tau"].tolist() == [10] * 9 + [20] * 9
    assert table["R"].tolist() == ([5] * 3 + [10] * 3 + [20] * 3) * 2
    assert table["duration_ms"].round(9).tolist() == [0.5, 5, 40] * 6
    exact = 15 / table["R"] / (1 - np.exp(-table["duration_ms"] / table["tau"]))
    np.testing.assert_allclose(table["I"], exact, rtol=1e-4)
    np.testing.assert_allclose(table["lapicque"], exact, rtol=3e-4)
    fits = pd.DataFrame(table.attrs["fits"]["lapicque"])
    np.testing.assert_allclose(fits["rheobase"], 15 / fits["R"], rtol=1e-4)
    np.testing.assert_allclose(fits["chronaxie_ms"], fits["tau"] * np.log(2), rtol=3e-4)
    assert table.attrs["better_fit"] == ["lapicque"] * 6
    _, lapicques, _ = plot_strength_duration(table[(table["tau"] == 20) & (table["R"] == 5)]).lines
    lengths, drawn = lapicques.get_data()
    np.testing.assert_allclose(drawn, 3 / (1 - np.exp(-lengths / 20)), rtol=3e-4)
    assert len(lengths) > 100


def test_one_varied_value_is_the_changed_cell():
    """As of `with_`; a column of one value, and lists of one fit."""
    durations, how = [1, 5, 20] * ms, {"settle": 1 * ms, "tolerance": 1e-3}
    varied = strength_duration(LIF, durations, vary={"V_th": [-55] * mV}, **how)
    changed = strength_duration(LIF.with_(V_th=-55 * mV), durations, **how)
    assert varied["I"].tolist() == changed["I"].tolist()
    ((chronaxie,), other) = (x.attrs["fits"]["weiss"]["chronaxie_ms"] for x in (varied, changed))
    assert chronaxie == pytest.approx(other, rel=1e-12)


def test_a_varied_cell_that_spikes_by_itself_is_named():
    vary = {"g_A": [47.7, 0] * msiemens / cm**2}
    with pytest.raises(ValueError, match=r"spikes without a pulse at g_A = 0 mS/cm\*\*2, so"):
        strength_duration(CONNOR_STEVENS, [1] * ms, vary=vary, settle=15 * ms, start="initial")


@pytest.mark.parametrize("values", [2, 8])
def test_the_figure_colours_by_the_varied_parameter(values):
    """A legend for few, a colour bar for many; the points are those of the table."""
    tau = np.linspace(5, 40, values)
    table = pd.DataFrame({"tau": np.repeat(tau, 3), "duration_ms": [1.0, 5.0, 20.0] * values})
    table["I"] = 1.5 / (1 - np.exp(-table["duration_ms"] / table["tau"]))
    table.attrs["units"] = {"tau": "ms"}
    ax = plot_strength_duration(table, by="tau")
    curves = ax.lines[:values]
    assert len({curve.get_color() for curve in curves}) == values
    np.testing.assert_allclose(np.concatenate([c.get_ydata() for c in curves]), table["I"])
    if values == 2:
        assert ax.get_legend().get_title().get_text() == r"$\tau$ (ms)"
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["5", "40"]
    else:
        assert ax.figure.axes[1].get_ylabel() == r"$\tau$ (ms)"
    close_figure(ax.figure)


def test_a_cell_that_spikes_by_itself_is_refused():
    """Without A-current and with the leak at -17 mV the Connor-Stevens cell fires at 156 Hz."""
    spontaneous = CONNOR_STEVENS.with_(g_A=0 * msiemens / cm**2)
    with pytest.raises(ValueError, match="spikes without a pulse"):
        strength_duration(spontaneous, [1] * ms, settle=15 * ms, start="initial")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"durations": [1.0]}, "durations: expected ms"),
        ({"durations": [1] * nA}, "durations: expected ms"),
        ({"durations": [] * ms}, "durations: is empty"),
        ({"durations": [0.01] * ms}, "each of at least one time step"),
        ({"durations": [-1] * ms}, "each of at least one time step"),
        ({"durations": [1] * ms, "settle": 0 * ms}, "settle: must be above zero"),
        ({"durations": [1] * ms, "tolerance": 0}, "tolerance: expected a number between"),
        ({"durations": [1] * ms, "dt": 0 * ms}, "dt: must be above zero"),
        ({"durations": [1] * ms, "vary": {"tua": [1] * ms}}, "did you mean 'tau'"),
        ({"durations": [1] * ms, "vary": {"tau": [1] * mV}}, "tau: expected ms"),
        ({"durations": [1] * ms, "vary": {"tau": [0] * ms}}, "tau: "),
        ({"durations": [1] * ms, "vary": {"I": [1] * nA}}, "unknown parameter 'I'"),
        ({"durations": [1] * ms, "backend": "fast"}, "unknown backend 'fast'"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        strength_duration(LIF, **arguments)


def test_a_pulse_that_makes_no_spike_is_said():
    """A membrane that shunts its own input cannot be driven above 1."""
    shunted = NeuronModel(
        name="shunted", title="shunted", equations="dv/dt = (tanh(I) - v)/tau : 1",
        parameters={"tau": Parameter(5, ms, "time constant")}, input_unit=Unit(1),
        input_range=(0, 1), initial={"v": 0.0}, threshold="v > 2", reset="v = 0", method="rk4",
        dt=0.5 * ms,
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"a pulse of 2 ms makes no spike up to 10001 1; is the"):
        strength_duration(shunted, [2] * ms, settle=5 * ms, start="initial")
    with pytest.raises(ValueError, match=r"a pulse of 2 ms at tau = 4 ms makes no spike up to"):
        strength_duration(shunted, [2] * ms, vary={"tau": [4] * ms}, settle=5 * ms,
                          start="initial")  # fmt: skip
