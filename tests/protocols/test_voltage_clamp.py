"""Clamp currents against their closed form: exponentials between steady states."""

import numpy as np
import pytest
from brian2 import cm, ms, msiemens, mV, nA, uA, uF, um
from excitable.analysis.plots import close_figure, plot_voltage_clamp
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, TRAUB_MILES, NeuronModel
from excitable.protocols.clamp.clamp_curves import activation
from excitable.protocols.clamp.voltage_clamp import clamped, currents, voltage_clamp
from numpy import exp
from scipy.special import exprel

from tests.user_models import CONNOR_STEVENS_AHP, MORRIS_LECAR, PINSKY_RINZEL

# Dayan & Abbott 2001, chapter 6, appendix, in mV and ms: steady state and time constant.
KINETICS = {
    "a": lambda v: (
        (0.0761 * exp(0.0314 * (v + 94.22)) / (1 + exp(0.0346 * (v + 1.17)))) ** (1 / 3),
        0.3632 + 1.158 / (1 + exp(0.0497 * (v + 55.96))),
    ),
    "b": lambda v: (
        (1 / (1 + exp(0.0688 * (v + 53.3)))) ** 4,
        1.24 + 2.678 / (1 + exp(0.0624 * (v + 50))),
    ),
    "n": lambda v: from_rates(
        0.02 * (v + 45.7) / (1 - exp(-0.1 * (v + 45.7))), 0.25 * exp(-0.0125 * (v + 55.7))
    ),
}


def from_rates(alpha, beta):
    return alpha / (alpha + beta), 1 / (alpha + beta)


def relaxed(gate, start, v, t):
    """Value of a gate a time `t` after the potential went to `v`."""
    x_inf, tau = KINETICS[gate](v)
    return x_inf + (start - x_inf) * exp(-t / tau)


@pytest.fixture(scope="module")
def family():
    """Steps from -110 mV after 1 ms, for 8 ms, then back to -70 mV for 3 ms."""
    return voltage_clamp(
        CONNOR_STEVENS,
        [-90, -40, 0, 40] * mV,
        hold=-110 * mV,
        hold_duration=1 * ms,
        duration=8 * ms,
        tail=(-70 * mV, 3 * ms),
        record=("a", "b"),
        backend="numpy",
    )


@pytest.mark.parametrize("neuron", range(4))
def test_a_current_is_its_closed_form(family, neuron):
    """I_A = g_A a^3 b (v - E_A) in every sample, through all three steps."""
    rows = family[family["neuron"] == neuron]
    t, command = rows["t_ms"].to_numpy(), rows["command_mV"].iloc[0]
    since = t - 1
    gates = {}
    for gate in ("a", "b"):
        held = KINETICS[gate](-110.0)[0]
        during = relaxed(gate, held, command, since)
        after = relaxed(gate, relaxed(gate, held, command, 8.0), -70.0, since - 8)
        edges = [since < -1e-9, since < 8 - 1e-9]
        gates[gate] = np.select(edges, [held, during], after)
        np.testing.assert_allclose(rows[gate], gates[gate], rtol=1e-10)
    v = np.select([since < -1e-9, since < 8 - 1e-9], [-110.0, command], -70.0)
    np.testing.assert_allclose(rows["v_mV"], v, rtol=1e-12)
    expected = 47.7 * gates["a"] ** 3 * gates["b"] * (v + 75)  # mS/cm2 times mV is uA/cm2
    np.testing.assert_allclose(rows["I_A_uA_per_cm2"], expected, rtol=1e-9, atol=1e-12)


def test_ohmic_leak_steps_with_the_potential(family):
    np.testing.assert_allclose(family["I_L_uA_per_cm2"], 0.3 * (family["v_mV"] + 17), rtol=1e-12)


def test_table_has_one_row_per_neuron_and_sample(family):
    assert len(family) == 4 * 12 / 0.025
    assert list(family.columns) == [
        "neuron", "command_mV", "t_ms", "v_mV", "I_Na_uA_per_cm2", "I_K_uA_per_cm2",
        "I_A_uA_per_cm2", "I_L_uA_per_cm2", "a", "b",
    ]  # fmt: skip
    assert family.groupby("neuron")["command_mV"].first().tolist() == [-90, -40, 0, 40]
    assert family.attrs["hold_mV"] == -110
    assert family.attrs["hold_duration_ms"] == 1
    assert family.attrs["model"] == "connor_stevens"


def test_time_step_only_spaces_the_samples(family):
    """Exact between steps of the potential: a step 16 times as long gives the same currents."""
    coarse = voltage_clamp(
        CONNOR_STEVENS, [-90, -40, 0, 40] * mV, hold=-110 * mV, hold_duration=1.2 * ms,
        duration=8 * ms, dt=0.4 * ms, backend="numpy",
    )  # fmt: skip
    for name in ("I_Na_uA_per_cm2", "I_K_uA_per_cm2", "I_A_uA_per_cm2"):
        fine = family[family["t_ms"].between(0.999, 8.999)].pivot(
            index="t_ms", columns="neuron", values=name
        )
        rows = coarse[coarse["t_ms"] > 1.199].pivot(index="t_ms", columns="neuron", values=name)
        np.testing.assert_allclose(rows, fine.iloc[::16], rtol=1e-9)


def test_compiled_run_with_varied_parameters():
    """g_A scales its own current only; commands run fastest."""
    table = voltage_clamp(
        CONNOR_STEVENS, [-20, 20] * mV, hold=-110 * mV, duration=4 * ms, hold_duration=1 * ms,
        vary={"g_A": [10, 40] * msiemens / cm**2}, record="b", record_dt=0.5 * ms,
    )  # fmt: skip
    cells = table.groupby("neuron")[["g_A", "command_mV"]].first()
    assert cells.to_numpy().tolist() == [[10, -20], [10, 20], [40, -20], [40, 20]]
    small, large = (table[table["g_A"] == g].reset_index() for g in (10, 40))
    np.testing.assert_allclose(large["I_A_uA_per_cm2"], 4 * small["I_A_uA_per_cm2"], rtol=1e-12)
    np.testing.assert_allclose(large["I_K_uA_per_cm2"], small["I_K_uA_per_cm2"], rtol=1e-12)
    last = table[(table["neuron"] == 3) & np.isclose(table["t_ms"], 4.5)]
    a, b, n = (relaxed(gate, KINETICS[gate](-110.0)[0], 20.0, 3.5) for gate in ("a", "b", "n"))
    assert last["b"].item() == pytest.approx(b, rel=1e-10)
    assert last["I_A_uA_per_cm2"].item() == pytest.approx(40 * a**3 * b * 95, rel=1e-9)
    assert last["I_K_uA_per_cm2"].item() == pytest.approx(20 * n**4 * 92, rel=1e-9)


def test_parameters_of_the_gates_can_be_varied():
    """V_T shifts all rates: steps shifted with it give the same gates from the first sample on."""
    table = voltage_clamp(
        TRAUB_MILES, [-20, -10] * mV, hold=-70 * mV, duration=2 * ms, hold_duration=1 * ms,
        vary={"V_T": [-63, -53] * mV}, record=("m",), backend="numpy",
    )  # fmt: skip
    held = table[table["t_ms"] < 0.9].groupby("V_T")["m"].agg(["min", "max"])
    u = -70.0 - held.index.to_numpy()
    alpha = 0.32 * (13 - u) / (exp((13 - u) / 4) - 1)
    beta = 0.28 * (u - 40) / (exp((u - 40) / 5) - 1)
    for column in held:  # at the steady state of the holding potential, each in its own cell
        np.testing.assert_allclose(held[column], alpha / (alpha + beta), rtol=1e-9)
    assert "I_Na_nA" in table


def test_clamped_cell_keeps_only_what_acts():
    cell = clamped(CONNOR_STEVENS)
    assert cell.input == "v"
    assert cell.symbolic.states == ("m", "h", "n", "a", "b")
    assert set(CONNOR_STEVENS.parameters) - set(cell.parameters) == {"C_m", "V_spike"}
    assert not cell.threshold
    assert currents(HODGKIN_HUXLEY) == ["I_Na", "I_K", "I_L"]


def test_a_cell_in_which_nothing_moves_is_refused():
    with pytest.raises(ValueError, match="lif: nothing moves while v is held"):
        voltage_clamp(LIF, [0] * mV, hold=-70 * mV)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"commands": [0.0]}, "input v: expected mV"),
        ({"commands": [0] * nA}, "input v: expected mV"),
        ({"commands": [] * mV}, "is empty"),
        ({"hold": -70}, "hold: expected mV"),
        ({"hold": [-70, -60] * mV}, "hold: expected one value"),
        ({"duration": 0 * ms}, "duration: must be above zero"),
        ({"hold_duration": -1 * ms}, "hold_duration: must be above zero"),
        ({"tail": -70 * mV}, "tail: expected \\(potential, length\\)"),
        ({"tail": (-70 * mV, 0 * ms)}, "length of a step: must be above zero"),
        ({"record": ("c",)}, "unknown variable to record 'c'"),
        ({"vary": {"g_B": [1] * mV}}, "unknown parameter 'g_B'"),
        ({"backend": "gpu"}, "unknown backend 'gpu'"),
    ],
)
def test_bad_input_is_refused(changes, message):
    arguments = {"commands": [0] * mV, "hold": -70 * mV} | changes
    with pytest.raises(ValueError, match=message):
        voltage_clamp(CONNOR_STEVENS, **arguments)


def test_a_cell_of_other_names_is_clamped_and_recorded_by_its_own():
    """As in a public course: potential vm, input I_e inside a total current named membrane_Im.

    Without input the total is minus the ionic current: a leak of 0.3 mS/cm2 at 60 mV above rest.
    """
    from brian2 import cm, msiemens, uA, uF
    from excitable.models import NeuronModel
    from excitable.protocols import Step, response

    model = NeuronModel(
        name="course", input="I_e", input_unit=uA / cm**2,
        equations="""membrane_Im = I_e + gl*(El - vm) : amp/meter**2
                     dn/dt = (0.5 - n)/(2*ms) : 1
                     dvm/dt = membrane_Im/C : volt""",
        parameters={"gl": 0.3 * msiemens / cm**2, "El": 10 * mV, "C": 1 * uF / cm**2},
        initial={"vm": 10 * mV, "n": 0.5}, threshold="vm > 50*mV",
    )  # fmt: skip
    table = voltage_clamp(model, [70] * mV, hold=10 * mV, duration=2 * ms, backend="numpy")
    late = table["membrane_Im_uA_per_cm2"].iloc[-1]
    assert late == pytest.approx(-0.3 * 60)
    traces = response(model, Step(1 * uA / cm**2), 1 * ms, backend="numpy").traces
    assert list(traces) == ["neuron", "t_ms", "vm_mV"]


def test_currents_without_names_are_their_sum():
    """Morris & Lecar's cell: w relaxes exponentially, all three currents follow from it."""
    table = voltage_clamp(
        MORRIS_LECAR, [-20, 20] * mV, hold=-60 * mV, duration=20 * ms, hold_duration=1 * ms,
        record=("w",), backend="numpy",
    )  # fmt: skip
    since, V = table["t_ms"] - 1, table["V_mV"]
    rate = 0.04 * np.cosh((table["command_mV"] - 2) / 60)
    w_inf = (1 + np.tanh((table["command_mV"] - 2) / 30)) / 2
    held = (1 + np.tanh((-60 - 2) / 30)) / 2
    w = np.where(since < 0, held, w_inf + (held - w_inf) * exp(-rate * since))
    m = (1 + np.tanh((V + 1.2) / 18)) / 2
    total = 2 * (V + 60) + 4.4 * m * (V - 120) + 8 * w * (V + 84)
    np.testing.assert_allclose(table["w"], w, rtol=1e-9)
    np.testing.assert_allclose(table["I_ion_uA_per_cm2"], total, rtol=1e-9, atol=1e-9)


AS_PAPERS_WRITE = NeuronModel(
    name="as_papers_write",
    equations="""dv/dt = (I - I_K - I_Ca)/C : volt
    I_K = g_K*n**4*(v - E_K) : amp/meter**2
    I_Ca = j*n*z*(1 - 2*exp(-z))/(1 - exp(-z)) : amp/meter**2
    z = 2*v/(25*mV) : 1
    dn/dt = alpha*(1 - n) - beta*n : 1
    alpha = 0.01*above/below/ms : Hz
    above = v + 55*mV : volt
    below = (1 - exp(-(v + 55*mV)/(10*mV)))*mV : volt
    beta = 0.125*exp(-(v + 65*mV)/(80*mV))/ms : Hz""",
    parameters={"C": 1 * uF / cm**2, "g_K": 36 * msiemens / cm**2, "E_K": -77 * mV,
                "j": 1 * uA / cm**2},
    input_unit=uA / cm**2, initial={"v": -65 * mV, "n": 0.3}, threshold="v > 0*mV",
)  # fmt: skip


@pytest.mark.parametrize("command", [-55, 0])
def test_rates_and_currents_that_are_zero_by_zero_at_the_command(command):
    """Hodgkin & Huxley's n, 0/0 at -55 mV, and a current as Goldman's, 0/0 at 0 mV."""
    table = voltage_clamp(
        AS_PAPERS_WRITE, [command] * mV, hold=-80 * mV, duration=5 * ms, hold_duration=1 * ms,
        record=("n",), backend="numpy",
    )  # fmt: skip

    def gate(v):
        return from_rates(0.1 / exprel(-(v + 55) / 10), 0.125 * exp(-(v + 65) / 80))

    (held, _), (n_inf, tau) = gate(-80.0), gate(command)
    n = n_inf + (held - n_inf) * exp(-np.maximum(table["t_ms"] - 1, 0) / tau)
    z = table["v_mV"] / 12.5
    np.testing.assert_allclose(table["n"], n, rtol=1e-9)
    flux = (1 - 2 * exp(-z)) / exprel(-z)
    np.testing.assert_allclose(table["I_Ca_uA_per_cm2"], n * flux, rtol=1e-9)


@pytest.mark.parametrize("drive", ["I/area", "density"])
def test_current_densities_of_a_cell_whose_input_is_a_current_are_shown(drive):
    """A current through the whole membrane: the channels' currents are per area."""
    per_area = msiemens / cm**2
    cell = NeuronModel("thalamic", f"""
    dv/dt = ({drive} - I_L - I_T)/C : volt
    density = I/area : amp/meter**2
    I_L = g_L*(v + 70*mV) : amp/meter**2
    I_T = g_T*h*(v - 120*mV) : amp/meter**2
    dh/dt = (1/(1 + exp((v + 83*mV)/(4*mV))) - h)/(20*ms) : 1""",
    {"g_L": 0.05 * per_area, "g_T": 2 * per_area, "C": 1 * uF / cm**2, "area": 29000 * um**2}, nA,
    {"v": -70 * mV, "h": 0.1}, dt=0.1 * ms)  # fmt: skip
    assert currents(cell) == ["I_L", "I_T"]
    table = voltage_clamp(cell, [-50] * mV, hold=-100 * mV, duration=10 * ms, backend="numpy")
    h, held = (1 / (1 + exp((v + 83) / 4)) for v in (-50, -100))
    h = h + (held - h) * exp(-np.maximum(table["t_ms"] - 5, 0) / 20)
    v = table["v_mV"]
    np.testing.assert_allclose(table["I_L_uA_per_cm2"], 0.05 * (v + 70), rtol=1e-9)
    np.testing.assert_allclose(table["I_T_uA_per_cm2"], 2 * h * (v - 120), rtol=1e-9)
    found = activation(cell, "I_T", [-50, 0] * mV, hold=-100 * mV, backend="numpy")
    np.testing.assert_allclose(found["conductance_mS_per_cm2"], 2 * held, rtol=1e-9)


def test_a_calcium_pool_runs_on_under_clamp():
    """Where the potential stands still so does the calcium current, and the pool is linear."""
    table = voltage_clamp(
        CONNOR_STEVENS_AHP, [0] * mV, hold=-50 * mV, duration=100 * ms, hold_duration=1 * ms,
        record=("Ca",), record_dt=1 * ms, backend="numpy",
    )  # fmt: skip

    def current(v):
        return (v - 120) / (1 + exp(-(v + 20) / 9)) ** 2

    first, last = (-0.002 * 80 * current(v) for v in (-50.0, 0.0))  # uM
    Ca = last + (first - last) * exp(-np.maximum(table["t_ms"] - 1, 0) / 80)
    np.testing.assert_allclose(table["Ca_mM"] * 1e3, Ca, rtol=1e-7)
    v = table["v_mV"]
    np.testing.assert_allclose(table["I_AHP_uA_per_cm2"], 5 * Ca / (Ca + 30) * (v + 72), rtol=1e-7)
    assert "I_ion_uA_per_cm2" not in table  # every current has a name of its own


def test_a_second_compartment_settles_at_the_holding_potential():
    """Before the step nothing moves: the dendrite is where soma and its own currents leave it."""
    table = voltage_clamp(
        PINSKY_RINZEL, [20] * mV, hold=-4.6 * mV, duration=1 * ms, hold_duration=20 * ms,
        record=("Vd", "Ca", "q", "s"), backend="numpy",
    )  # fmt: skip
    before = table[table["t_ms"] < 19.9]
    for name in ("Vd_mV", "Ca", "q", "s", "I_ion_uA_per_cm2"):
        np.testing.assert_allclose(before[name], before[name].iloc[0], rtol=1e-7)
    row = before.iloc[0]
    Vs, Vd, Ca, s = row["Vs_mV"], row["Vd_mV"], row["Ca"], row["s"]
    assert s == pytest.approx(
        1 / (1 + 0.1 / exprel((Vd - 51.1) / 5) * (1 + exp(-0.072 * (Vd - 65))) / 1.6), rel=1e-6
    )
    assert Ca == pytest.approx(-1.3 * s**2 * (Vd - 140) / 0.075, rel=1e-6)
    assert row["q"] == pytest.approx(2e-5 * Ca / (2e-5 * Ca + 0.001), rel=1e-6)
    soma = 30 * _pinsky_rinzel_sodium(Vs) * (Vs - 120) + 15 * _pinsky_rinzel_n(Vs) * (Vs + 15)
    # The input enters divided by the soma's share of the area, and so does the sum.
    assert row["I_ion_uA_per_cm2"] == pytest.approx(
        0.5 * (soma + 0.1 * Vs - 4.2 * (Vd - Vs)), rel=1e-6
    )


def _pinsky_rinzel_sodium(Vs: float) -> float:
    a_m, b_m = 1.28 / exprel((13.1 - Vs) / 4), 1.4 / exprel((Vs - 40.1) / 5)
    a_h, b_h = 0.128 * exp((17 - Vs) / 18), 4 / (1 + exp((40 - Vs) / 5))
    return (a_m / (a_m + b_m)) ** 2 * a_h / (a_h + b_h)


def _pinsky_rinzel_n(Vs: float) -> float:
    a_n, b_n = 0.08 / exprel((35.1 - Vs) / 5), 0.25 * exp(0.5 - 0.025 * Vs)
    return a_n / (a_n + b_n)


def test_the_clamped_potential_has_the_models_own_name():
    table = voltage_clamp(
        MORRIS_LECAR, [-20, 20] * mV, hold=-60 * mV, hold_duration=1 * ms, duration=1 * ms,
        record_dt=0.5 * ms, backend="numpy",
    )  # fmt: skip
    assert set(table["V_mV"]) == {-60, -20, 20}
    current = next(name for name in table if name.startswith("I_"))
    _, lower = plot_voltage_clamp(table, current=current)
    assert lower.get_ylabel() == "$V$ (mV)"
    drawn = {tuple(np.unique(line.get_ydata())) for line in lower.get_lines()}
    assert drawn == {(-60, -20), (-60, 20)}
    close_figure(lower.figure)
