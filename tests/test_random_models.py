"""Random small models: on the grid spike by spike as Brian2 runs the text; located as scipy does.

Brian2's group is made here from the text that a user would write, not from what we print.
"""

import numpy as np
import pytest
from brian2 import Hz, Network, NeuronGroup, Quantity, SpikeMonitor, ms, mV, nA, nS, pF, seed
from excitable.models import NeuronModel
from excitable.protocols import Constant
from excitable.simulation import simulate
from excitable.simulation.backends import Backend, preferences
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# Far above what holds the membrane at the highest threshold (0.5 nA), where spike times are
# smooth in everything; and one that stays below the lowest.
CURRENTS = Quantity([0.1, 0.8, 1.1, 1.5], nA.dim) * 1e-9
DURATION = 80 * ms
FASTEST = 2 * ms  # no time constant below is shorter

# What a cell may have beside its membrane: equations, a current, its start, what a spike adds.
EXTRAS = {
    "adaptation": ("dw/dt = (a*(v - E_L) - w)/tau_w : amp", "- w", {"w": 0 * nA}, "w += b"),
    "gate": (
        "dm/dt = (m_inf - m)/tau_m : 1\nm_inf = 1/(1 + exp((-45*mV - v)/(4*mV))) : 1",
        "+ g_m*m*(E_K - v)",
        {"m": 0.1},
        "",
    ),
    "named gate": (
        "dm/dt = (1/(1 + exp((-45*mV - v)/(4*mV))) - m)/tau_m : 1  # half open at -45 mV\n"
        "I_m = g_m*m**2*(v - E_K) : amp",
        "- I_m",
        {"m": 0.1},
        "",
    ),
    "moving threshold": (
        "dtheta/dt = (V_th - theta)/tau_w : volt",
        "",
        {"theta": -50 * mV},
        "theta += 3*mV",
    ),
    "filter": ("dx/dt = -x/tau_m : amp{held}", "+ x", {"x": 0.2 * nA}, "x += 0.1*nA"),
    "rhythm": ("", "+ I_1*sin(2*pi*f*t)", {}, ""),
}
THRESHOLDS = (
    "v > V_th",
    "V_th < v",
    "v >= V_th and v < 0*mV",
    "v - V_th > 0*mV  # crossed",
    "int(v > V_th)*int(v < 20*mV) > 0",
)
# Text of a time, a parameter, an expression of parameters, a quantity, nothing; and a condition
# that ends below the threshold, which is felt by what it holds.
HYSTERESIS = "v < -56*mV"
REFRACTORY = ("3*ms", "t_ref", "2*t_ref + 0.7*ms", 1.3 * ms, "", HYSTERESIS)
VALUES = {
    "C": 200 * pF,
    "g_L": 20 * nS,
    "E_L": -65 * mV,
    "V_th": -50 * mV,
    "V_r": -60 * mV,
    "E_K": -80 * mV,
    "a": 2 * nS,
    "b": 0.03 * nA,
    "g_m": 4 * nS,
    "tau_w": 40 * ms,
    "tau_m": 2.5 * ms,
    "t_ref": 1.1 * ms,
    "I_1": 0.05 * nA,
    "f": 30 * Hz,
    "sigma": 0.01 * nA,
}


@st.composite
def cells(draw, noise=False):
    """Return what a user writes: equations, threshold, reset, refractory, values, start."""
    extras = draw(st.sets(st.sampled_from(sorted(EXTRAS)), max_size=2))
    if {"gate", "named gate"} <= extras:
        extras.remove("gate")
    chosen = [EXTRAS[name] for name in sorted(extras)]
    refractory = draw(st.sampled_from(REFRACTORY))
    # What moves on while a cell is refractory must not take it over the threshold: without
    # `unless refractory` a cell above its threshold fires when the time is over, at a grid point.
    unless = " (unless refractory)" if refractory and draw(st.booleans()) else ""
    held = "" if refractory == HYSTERESIS else unless  # which would hold it below -56 mV for ever
    current = f"g_L*(E_L - v) {' '.join(part[1] for part in chosen)}"
    if noise:
        current += " + sigma*xi*tau_m**0.5"
    membrane = (
        f"dv/dt = ({current} + I)/C : volt{held}"
        if noise or draw(st.booleans())
        else f"dv/dt = I_all/C : volt{held}\nI_all = {current} + I : amp"
    )
    lines = [membrane, *(part[0].format(held=unless) for part in chosen if part[0])]
    threshold = "v > theta" if "moving threshold" in extras else draw(st.sampled_from(THRESHOLDS))
    change = draw(st.sampled_from(("v = V_r", "v -= 11*mV", "v = V_r + 0.2*(V_th - v)")))
    reset = "\n".join([change, *(part[3] for part in chosen if part[3])])
    start = {"v": -63 * mV}
    for part in chosen:
        start |= part[2]
    text = "\n".join(draw(st.permutations(lines)))
    everything = " ".join([text, threshold, reset, str(refractory)])
    used = {n: v for n, v in VALUES.items() if n in set(_words(everything))}
    return {
        "equations": text,
        "threshold": threshold,
        "reset": reset,
        "refractory": refractory,
        "parameters": used,
        "initial": start,
    }


def _words(text):
    return "".join(c if c.isalnum() or c == "_" else " " for c in text).split()


def trains(indices, times):
    """Return each cell's spike times in ms."""
    indices, times = np.asarray(indices), np.asarray(times / ms)
    return [np.sort(times[indices == k]) for k in range(len(CURRENTS))]


def by_brian(cell, method, dt, random_seed=None):
    """Run the user's text in Brian2."""
    text = f"{cell['equations']}\nI : amp (constant)"
    group = NeuronGroup(
        len(CURRENTS),
        text,
        threshold=cell["threshold"].partition("#")[0],
        reset=cell["reset"],
        refractory=cell["refractory"] or False,
        method=method,
        namespace=cell["parameters"],
        dt=dt,
    )
    group.I = CURRENTS
    for name, value in cell["initial"].items():
        setattr(group, name, value)
    monitor = SpikeMonitor(group)
    seed(random_seed)
    with preferences(Backend("numpy")):
        Network(group, monitor).run(DURATION, namespace={})
    return trains(monitor.i, monitor.t)


def by_us(cell, **how):
    model = NeuronModel("random_cell", input_unit=nA, **cell)
    run = simulate(model, Constant(CURRENTS), len(CURRENTS), DURATION, start="initial", **how)
    return trains(run.spike_neuron, run.spike_ms * ms)


QUICK = settings(
    max_examples=12,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@QUICK
@given(cells(), st.sampled_from(("euler", "rk2", "rk4", "exponential_euler")))
def test_grid_is_brian2(cell, method):
    ours = by_us(cell, spikes="grid", method=method, dt=0.1 * ms, backend="numpy")
    theirs = by_brian(cell, method, 0.1 * ms)
    assert sum(map(len, theirs)) > 3
    for mine, true in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, true, atol=1e-9, err_msg=str(cell))


@QUICK
@given(cells(noise=True), st.sampled_from(("euler", "heun")))
def test_noise_on_the_grid_is_brian2(cell, method):
    """The same random numbers, drawn in the same order."""
    ours = by_us(cell, spikes="grid", method=method, dt=0.1 * ms, backend="numpy", seed=3)
    theirs = by_brian(cell, method, 0.1 * ms, random_seed=3)
    assert sum(map(len, theirs)) > 3
    for mine, true in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, true, atol=1e-9, err_msg=str(cell))


@QUICK
@given(cells())
def test_located_is_the_reference(cell):
    """Within the fourth order's global error: the time run times (dt/tau)**4."""
    dt = 0.05 * ms
    ours = by_us(cell, method="rk4", dt=dt, backend="numpy")
    true = by_us(cell, backend="scipy")
    tolerance = float(DURATION / ms) * float(dt / FASTEST) ** 4
    assert sum(map(len, true)) > 3
    for mine, right in zip(ours, true, strict=True):
        assert mine == pytest.approx(right, abs=tolerance, rel=0), cell
