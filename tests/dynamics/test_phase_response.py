"""Phase response of cells that are reset: closed forms, and pushes against the adjoint."""

from dataclasses import replace

import numpy as np
import pytest
from brian2 import Mohm, cm, ms, msiemens, mV, nA, pA, uA
from excitable.dynamics import phase_response
from excitable.dynamics.phase_response import _whole
from excitable.models import CONNOR_STEVENS, LIF, QIF, NeuronModel, find_model
from scipy.integrate import solve_ivp

from excitable.errors import InputError
from tests.user_models import adapting_cell

Z = "z_ms_per_mV"


@pytest.mark.parametrize("t_ref", [0, 2])
def test_leaky_cell_in_closed_form(t_ref):
    """A push moves the spike by 1/(dv/dt), with dv/dt = drive*exp(-t/tau)/tau since the reset."""
    found = phase_response(LIF.with_(t_ref=t_ref * ms), 3 * nA, phases=40)
    period = t_ref + 10 * np.log(2)
    assert found.attrs["period_ms"] == pytest.approx(period, rel=1e-9)
    since = np.maximum(found["phase"] * period - t_ref, 0)  # v waits, and a push with it
    assert found[Z].to_numpy() == pytest.approx(np.exp(since / 10) / 3, rel=1e-8)


def test_quadratic_cell_in_closed_form():
    """tau*dv/dt = I + v**2 from -10 to 10, so v = s*tan(s*t/tau - atan(10/s)), s = sqrt(I)."""
    found = phase_response(QIF, 2.0, phases=40)
    s = np.sqrt(2)
    half = np.arctan(10 / s)
    tau = found.attrs["period_ms"] * s / (2 * half)
    assert tau == pytest.approx(10, rel=1e-9)
    v = s * np.tan(half * (2 * found["phase"] - 1))
    assert found["z_ms"].to_numpy() == pytest.approx(tau / (2 + v**2), rel=1e-7)


def test_a_pause_whose_length_follows_from_where_the_cell_lands():
    """Adaptation w decays during the pause, and the pause is longer the larger it is."""
    cell = adapting_cell(reset="v = V_r + 0.2*w; w += 2*mV", refractory="2*ms + w*ms/mV")
    compare(cell, 3 * nA)


@pytest.mark.parametrize(
    ("name", "current"),
    [
        ("izhikevich_rs", 10),
        ("izhikevich_ch", 10),  # five spikes a round
        ("izhikevich_2007_ib", 480 * pA),
        ("exponential", None),  # dv/dt at its threshold is 1e12 times that at rest
        ("adaptive_exponential", None),
    ],
)
def test_pushes_agree_with_the_adjoint(name, current):
    model = find_model(name)
    if current is None:
        current = 0.7 * model.input_range[-1] * model.input_unit
    elif isinstance(current, int):
        current = current * model.input_unit
    compare(model, current)


def compare(model, current):
    """Hold the direct method against the adjoint, within 1e-3 of the largest response."""
    adjoint, direct = (
        phase_response(model, current, method=m, phases=8) for m in ("adjoint", "direct")
    )
    column = next(name for name in adjoint if name.startswith("z"))
    largest = np.abs(adjoint[column]).max()
    assert direct[column].to_numpy() == pytest.approx(
        adjoint[column].to_numpy(), abs=1e-3 * largest
    )


def test_cells_of_any_pace():
    """Hearts and slow bursters fire once in seconds: FitzHugh's cell, a million times as slow."""
    cell = find_model("fitzhugh_nagumo")
    text = cell.equations.replace("ms", "unit")

    def slopes(t, x):
        v, w = x
        return [v - v**3 / 3 - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w)]

    def up(t, x):
        return x[0]

    up.direction = 1
    run = solve_ivp(slopes, (0, 300), [0, 0], events=up, rtol=1e-9, atol=1e-10)
    period = run.t_events[0][-1] - run.t_events[0][-2]
    for unit in (1e-2 * ms, 1e6 * ms):
        own = replace(cell, equations=text, parameters={**cell.parameters, "unit": unit})
        found = phase_response(own, 0.5, phases=1).attrs["period_ms"]
        assert found == pytest.approx(period * float(unit / ms), rel=1e-7)


def test_slow_relaxation_to_the_cycle_in_closed_form():
    """Polar: r' = a*r*(1 - r**2), angle' = w + q*(1 - r**2), so angle - q/a*log(r) is the phase.

    Each round leaves exp(-2*a*5 ms), 0.9, of a push of the radius.
    """
    cell = NeuronModel(
        "polar", """
        dx/dt = a*x*off - y*(w + q*off) + I/ms : 1
        dy/dt = a*y*off + x*(w + q*off) : 1
        off = 1 - x**2 - y**2 : 1""",
        {"a": 0.01 / ms, "q": 0.1 / ms, "w": 2 * np.pi / (5 * ms)}, 1, {"x": 0.5, "y": 0},
    )  # fmt: skip
    found = phase_response(cell, 0, method="direct", phases=8)
    assert found.attrs["period_ms"] == pytest.approx(5, rel=1e-6)
    angle = 2 * np.pi * found["phase"] - np.pi / 2  # at phase 0 x rises through 0
    expected = (-np.sin(angle) - 10 * np.cos(angle)) * 5 / (2 * np.pi)
    assert found["z_ms"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-3 * 8)


def test_slow_adaptation_through_the_reset():
    cell = adapting_cell(
        equations="""
        dv/dt = (E - v + R*I - w)/tau : volt (unless refractory)
        dw/dt = -w/(2*second) : volt""",
        reset="v = V_r; w += 0.02*mV", refractory="2*ms",
    )  # fmt: skip
    compare(cell, 3 * nA)


@pytest.mark.parametrize(("multiplier", "refused"), [(0.999, False), (0.99, True), (0.05, False)])
def test_what_slow_variables_still_remember_is_added_or_refused(multiplier, refused):
    """Rounds end earlier by 1 - 0.999**k in all, whatever the multiplier that is known."""
    rounds = (np.full(3, 1 - 0.999**k) for k in range(1, 100))
    settings = LIF, rounds, np.array([1, multiplier])
    if refused:
        with pytest.raises(InputError, match=r"lif: slow variables .* leaves 0.99 of it"):
            _whole(*settings)
    else:
        expected = 1 if multiplier > 0.1 else 1 - 0.999**4
        assert _whole(*settings)[-1] == pytest.approx(np.full(3, expected))


def test_parameters_are_varied():
    found = phase_response(LIF, 2 * nA, phases=2, vary={"tau": [5, 10] * ms, "R": [1, 10] * Mohm})
    assert found.columns.tolist() == ["tau", "R", "period_ms", "phase", Z]
    fires = found["R"] == 10
    assert found.loc[fires, Z].tolist() == pytest.approx([0.25, 0.5, 0.5, 1.0], rel=1e-8)
    assert found.loc[fires, "period_ms"].tolist() == pytest.approx(
        [5 * np.log(4)] * 2 + [10 * np.log(4)] * 2
    )
    assert found.loc[~fires, [Z, "period_ms"]].isna().all(axis=None)
    assert len(found) == 8


@pytest.mark.slow
def test_connor_stevens_over_its_a_current():
    both = [
        phase_response(CONNOR_STEVENS, 12 * uA / cm**2, method=method, phases=8,
                       vary={"g_A": [0, 23.85, 47.7] * msiemens / cm**2})
        for method in ("adjoint", "direct")
    ]  # fmt: skip
    for (value, adjoint), (_, direct) in zip(*(t.groupby("g_A") for t in both), strict=True):
        largest = adjoint[Z].abs().max()
        assert direct[Z].to_numpy() == pytest.approx(adjoint[Z].to_numpy(), abs=1e-3 * largest), (
            value
        )
    # type II without A-current: a push delays the spike at some phases; with it, hardly at any
    least = both[0].groupby("g_A")[Z].agg(lambda z: z.min() / z.max())
    assert least.loc[0] < -0.1
    assert least.loc[47.7] > -0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"I": 1 * nA}, "lif: does not fire periodically at I = 1"),
        ({"crossing": -55 * mV}, "crossing: phase 0 of a cell that is reset is its spike"),
        ({"method": "both"}, "method: expected 'adjoint' or 'direct', got 'both'"),
        ({"phases": 0}, "phases"),
        ({"push": [1, 2] * mV}, "push"),
        ({"start": {"w": 1 * mV}}, "unknown variable 'w'"),
        ({"vary": {"taw": [1] * ms}}, "unknown parameter 'taw'; did you mean 'tau'"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(InputError, match=message):
        phase_response(LIF, **{"I": 3 * nA, **arguments})
