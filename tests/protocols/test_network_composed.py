"""Networks composed of populations and projections, against plain Brian2 and closed forms."""

import contextlib

import brian2
import numpy as np
import pandas as pd
import pytest
from brian2 import (
    Hz,
    NeuronGroup,
    Quantity,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    Unit,
    cm,
    mS,
    ms,
    mV,
    nA,
    nS,
    pA,
    pF,
    second,
    uS,
)
from brian2.utils.logger import catch_logs
from excitable.models import CONNOR_STEVENS, LIF, QIF, NeuronModel, Parameter
from excitable.protocols import (
    Constant,
    Drawn,
    GapJunctions,
    Network,
    Normal,
    Poisson,
    Population,
    Projection,
    Recorded,
    Step,
    StepNoise,
    Synapse,
    Uniform,
    WhiteNoise,
    response,
)
from excitable.simulation import build, reference
from excitable.simulation.backends import Backend, has_compiler, preferences

from excitable.errors import UnresolvedError

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")

# Brette & Gerstner 2005, with the numerical threshold of 20 mV; the adaptation is called w.
ADEX = NeuronModel(
    name="adex",
    title="Adaptive exponential integrate-and-fire",
    equations="""
        dv/dt = (g_L*(E_L - v) + g_L*D*exp((v - V_T)/D) - w + I)/C : volt
        dw/dt = (a*(v - E_L) - w)/tau_w : amp
    """,
    parameters={
        "C": Parameter(281, pF, "capacitance"),
        "g_L": Parameter(30, nS, "leak conductance"),
        "E_L": Parameter(-70.6, mV, "resting potential"),
        "V_T": Parameter(-50.4, mV, "effective threshold"),
        "D": Parameter(2, mV, "slope factor"),
        "a": Parameter(4, nS, "subthreshold adaptation"),
        "b": Parameter(80.5, pA, "adaptation by a spike"),
        "tau_w": Parameter(144, ms, "time constant of the adaptation"),
    },
    input_unit=nA,
    input_range=(0, 3),
    initial={"v": "E_L", "w": 0 * nA},
    threshold="v > 20*mV",
    reset="v = E_L; w += b",
    method="euler",
    dt=0.02 * ms,
)
AMPA = Synapse.conductance(3 * ms, 0 * mV, 4 * nS)
NMDA = Synapse.conductance(40 * ms, 0 * mV, 0.4 * nS, "alpha")
GABA = Synapse.current(8 * ms, -0.2 * nA)
# LIF's membrane: time constant in ms, resistance in mV/nA, rest and threshold in mV
TAU, R, REST, THRESHOLD = 10.0, 10.0, -65.0, -50.0


def plain_run(duration, *parts):
    """Run plain Brian2 on numpy."""
    with preferences(Backend("numpy")):
        brian2.Network(*parts).run(duration, namespace={})


def connected(table, projection: str, synapses: Synapses, first: dict, **weight) -> Synapses:
    """Connect plain synapses as a row of the table of connections each says.

    Who is connected is read from the table, because it is drawn; `first` has each population's
    first cell, by which the table numbers the cells.
    """
    rows = table[table["projection"] == projection]
    assert len(rows) > 0
    source, target = rows["source"].iloc[0], rows["target"].iloc[0]
    synapses.connect(
        i=rows["pre"].to_numpy() - first[source], j=rows["post"].to_numpy() - first[target]
    )
    ((name, unit),) = weight.items()
    setattr(synapses, name, rows["weight"].to_numpy() * unit)
    synapses.delay = rows["delay_ms"].to_numpy() * ms
    return synapses


def same_spikes(net, monitors: dict) -> int:
    """Compare every spike; return how many there are."""
    for name, monitor in monitors.items():
        mine = net.spikes[net.spikes["population"] == name]
        first = net.population(name).start
        found = sorted(zip(mine["t_ms"].round(6), mine["neuron"] - first, strict=True))
        assert found == sorted(zip(np.round(monitor.t / ms, 6), np.asarray(monitor.i), strict=True))
        assert len(found) > 50
    return len(net.spikes)


def test_three_populations_and_two_kinds_of_synapse_between_two_are_those_of_plain_brian2():
    drive = np.linspace(1.6, 2.4, 30) * nA
    tau = np.linspace(8, 14, 40) * ms
    pairs = (np.arange(60) % 40, (7 * np.arange(60)) % 15)
    given = np.linspace(0.02, 0.3, 60) * nA
    populations = [
        Population("thal", LIF, 30, Constant(drive)),
        Population("exc", LIF, 40, Constant(1.3 * nA), vary={"tau": tau}),
        Population("inh", LIF.with_(t_ref=2 * ms), 15, Constant(1.45 * nA)),
    ]
    projections = [
        Projection("thal", "exc", AMPA, p=0.2, delay=1.5 * ms),
        Projection("thal", "exc", NMDA, in_degree=6),
        Projection("exc", "inh", Synapse.current(2 * ms, 1 * nA), pairs=pairs, weight=given),
        Projection("exc", "inh", Synapse.delta(Uniform(0 * mV, 0.5 * mV)), p=0.3,
                   delay=Uniform(0.5 * ms, 2 * ms)),
        Projection("inh", "exc", GABA, wiring="all_to_all", delay=1 * ms),
    ]  # fmt: skip
    net = Network(populations, projections).run(200 * ms, seed=5, backend="numpy")

    membrane = "dv/dt = (-65*mV - v + 10*Mohm*I)/tau : volt (unless refractory)\n"
    common = {"threshold": "v > -50*mV", "reset": "v = -65*mV", "method": "rk4", "dt": 0.05 * ms}
    thal = NeuronGroup(
        30, membrane + "I : amp (constant)\ntau : second (constant)", refractory=0 * ms, **common
    )
    exc = NeuronGroup(
        40,
        membrane + """
        I = 1.3*nA + ga*(0*mV - v) + gn*(0*mV - v) + Ii : amp
        dga/dt = -ga/(3*ms) : siemens
        dgn/dt = (gn_rise - gn)/(40*ms) : siemens
        dgn_rise/dt = -gn_rise/(40*ms) : siemens
        dIi/dt = -Ii/(8*ms) : amp
        tau : second (constant)""",
        refractory=0 * ms, **common,
    )  # fmt: skip
    inh = NeuronGroup(
        15,
        membrane + "I = 1.45*nA + Ie : amp\ndIe/dt = -Ie/(2*ms) : amp\ntau : second (constant)",
        refractory=2 * ms, **common,
    )  # fmt: skip
    for group, values in ((thal, 10 * ms), (exc, tau), (inh, 10 * ms)):
        group.v = -65 * mV
        group.tau = values
    thal.I = drive
    first = {"thal": 0, "exc": 30, "inh": 70}
    siemens = {"model": "w : siemens"}
    synapses = [
        connected(net.connections, name, Synapses(*ends, **arguments), first, w=unit)
        for name, ends, arguments, unit in (
            ("thal_to_exc", (thal, exc), {**siemens, "on_pre": "ga_post += w"}, nS),
            ("thal_to_exc_2", (thal, exc), {**siemens, "on_pre": "gn_rise_post += w*exp(1)"}, nS),
            ("exc_to_inh", (exc, inh), {"model": "w : amp", "on_pre": "Ie_post += w"}, nA),
            ("exc_to_inh_2", (exc, inh), {"model": "w : volt", "on_pre": "v_post += w"}, mV),
            ("inh_to_exc", (inh, exc), {"model": "w : amp", "on_pre": "Ii_post += w"}, nA),
        )
    ]
    monitors = {"thal": SpikeMonitor(thal), "exc": SpikeMonitor(exc), "inh": SpikeMonitor(inh)}
    plain_run(200 * ms, thal, exc, inh, *synapses, *monitors.values())
    assert same_spikes(net, monitors) > 500


def test_what_is_wired_is_what_was_asked():
    pairs = ([3, 0, 0], [1, 1, 4])
    net = Network(
        [Population("a", LIF, 8), Population("b", LIF, 8)],
        [
            Projection("a", "b", GABA, pairs=pairs, weight=[1, 2, 3] * nA, delay=1 * ms),
            Projection("a", "b", GABA, wiring="one_to_one"),
            Projection("a", "a", GABA, wiring="all_to_all", weight=Normal(0 * nA, 1 * nA)),
            Projection("b", "a", GABA, wiring="all_to_all", weight=Drawn("(2 + rand())*nA")),
            Projection("b", "b", GABA, in_degree=7),
        ],
    ).run(1 * ms, backend="numpy")
    by = {name: rows for name, rows in net.connections.groupby("projection", observed=True)}
    assert by["a_to_b"][["pre", "post", "weight"]].to_numpy().tolist() == [
        [3, 9, 1], [0, 9, 2], [0, 12, 3]
    ]  # fmt: skip
    assert (by["a_to_b"]["delay_ms"] == 1).all()
    assert by["a_to_b_2"][["pre", "post"]].to_numpy().tolist() == [[k, 8 + k] for k in range(8)]
    assert (by["a_to_b_2"]["weight"] == -0.2).all()
    others = {(i, j) for i in range(8) for j in range(8) if i != j}
    assert set(zip(by["a_to_a"]["pre"], by["a_to_a"]["post"], strict=True)) == others
    assert by["a_to_a"]["weight"].nunique() == 56
    assert len(by["b_to_a"]) == 64
    assert by["b_to_a"]["weight"].between(2, 3).all()
    inner = by["b_to_b"][["pre", "post"]] - 8
    assert set(map(tuple, inner.to_numpy())) == others
    assert net.summary["synapses"].tolist() == [3, 8, 56, 64, 56]


@pytest.mark.parametrize("pairs", [
    ([0, 2, 2], [3, 0, 1]), np.array([[0, 2, 2], [3, 0, 1]]), [np.array([0, 2, 2]), (3, 0, 1)],
    np.empty((2, 0), int),
], ids=["lists", "one array", "mixed", "none"])  # fmt: skip
def test_pairs_may_be_any_two_rows_of_numbers(pairs):
    net = Network([Population("a", LIF, 4)], [Projection("a", "a", GABA, pairs=pairs)])
    run = net.run(1 * ms, backend="numpy")
    given = [list(map(int, side)) for side in pairs]
    found = run.connections if len(given[0]) else pd.DataFrame({"pre": [], "post": []})
    assert [found["pre"].tolist(), found["post"].tolist()] == given
    assert run.parameters["projections"]["a_to_a"]["pairs"] == given


@pytest.mark.parametrize("wiring", [None, {"p": 0.0}, {"in_degree": 0}, {"pairs": ([], [])}])
def test_a_network_without_synapses_has_an_empty_table_of_them(wiring):
    projections = [] if wiring is None else [Projection("exc", "inh", GABA, **wiring)]
    some = Network(PAIR, [Projection("exc", "inh", GABA, wiring="all_to_all")])
    none = Network(PAIR, projections)
    columns = [list(net.run(0.1 * ms, backend="numpy").connections) for net in (none, some)]
    assert columns[0] == columns[1]
    assert len(none.run(0.1 * ms, backend="numpy").connections) == 0


def test_parts_of_a_population_are_wired_by_themselves():
    net = Network(
        [Population("cells", LIF, {"exc": 4, "inh": 3, "som": 3}), Population("thal", LIF, 3)],
        [
            Projection("inh", "exc", GABA, pairs=([0, 2, 2], [3, 0, 1]), weight=[1, 2, 3] * nA),
            Projection("inh", "som", GABA, wiring="one_to_one"),
            Projection("som", "cells", GABA, wiring="all_to_all"),
            Projection("thal", "inh", GABA, wiring="one_to_one"),
            Projection("inh", "som", GapJunctions(1 * nS), wiring="one_to_one"),
        ],
    ).run(1 * ms, backend="numpy")
    by = {name: rows for name, rows in net.connections.groupby("projection", observed=True)}
    ends = {name: rows[["pre", "post"]].to_numpy().tolist() for name, rows in by.items()}
    assert ends["inh_to_exc"] == [[4, 3], [6, 0], [6, 1]]
    assert by["inh_to_exc"]["weight"].tolist() == [1, 2, 3]
    assert ends["inh_to_som"] == ends["inh_to_som_2"] == [[4, 7], [5, 8], [6, 9]]
    assert ends["som_to_cells"] == [[i, j] for i in (7, 8, 9) for j in range(10) if i != j]
    assert ends["thal_to_inh"] == [[10, 4], [11, 5], [12, 6]]
    onto = by["som_to_cells"]["target"].astype(str).value_counts()
    assert onto.to_dict() == {"exc": 12, "inh": 9, "som": 6}


def test_an_exact_in_degree_onto_each_part():
    """Onto a whole that the sources belong to it is refused, unless a cell may drive itself."""
    cells = [Population("cells", LIF, {"head": 5, "tail": 7})]
    with pytest.raises(ValueError, match="give a projection onto each part"):
        Network(cells, [Projection("tail", "cells", GABA, in_degree=4)])
    both = [Projection("tail", "cells", GABA, in_degree=4, autapses=True)]
    each = [Projection("tail", name, GABA, in_degree=4) for name in ("head", "tail")]
    for projections in (both, each):
        table = Network(cells, projections).run(1 * ms, backend="numpy", seed=2).connections
        assert table["pre"].between(5, 11).all()
        assert table.groupby("post").size().tolist() == [4] * 12
        assert not table.duplicated(["pre", "post"]).any()
        assert (table["pre"] == table["post"]).any() == (projections is both)


# --- models that have the names that a network needs --------------------------------------------


def test_adex_whose_adaptation_is_w_is_that_of_plain_brian2():
    drive = np.linspace(0.8, 1.4, 20) * nA
    net = Network(
        [Population("exc", ADEX, 20, Constant(drive)),
         Population("inh", LIF, 10, Constant(1.4 * nA))],
        [
            Projection("exc", "inh", AMPA, p=0.4, delay=1 * ms),
            Projection("inh", "exc", GABA, p=0.4),
            Projection("exc", "exc", AMPA, p=0.3, weight=Uniform(1 * nS, 6 * nS)),
        ],
    ).run(300 * ms, seed=3, dt=0.02 * ms, record={"exc": ["w"]}, cells={"exc": [4]},
          backend="numpy")  # fmt: skip
    exc = NeuronGroup(
        20,
        """
        dv/dt = (30*nS*(-70.6*mV - v + 2*mV*exp((v + 50.4*mV)/(2*mV))) - w + I)/(281*pF) : volt
        dw/dt = (4*nS*(v + 70.6*mV) - w)/(144*ms) : amp
        I = I_0 + Ii + ge*(0*mV - v) : amp
        dIi/dt = -Ii/(8*ms) : amp
        dge/dt = -ge/(3*ms) : siemens
        I_0 : amp (constant)
        """,
        threshold="v > 20*mV", reset="v = -70.6*mV; w += 80.5*pA", method="euler", dt=0.02 * ms,
    )  # fmt: skip
    inh = NeuronGroup(
        10,
        """
        dv/dt = (-65*mV - v + 10*Mohm*(1.4*nA + ge*(0*mV - v)))/(10*ms) : volt
        dge/dt = -ge/(3*ms) : siemens
        """,
        threshold="v > -50*mV", reset="v = -65*mV", method="rk4", dt=0.02 * ms,
    )  # fmt: skip
    exc.v, inh.v, exc.I_0 = resting_adex() * mV, -65 * mV, drive
    exc.w = 4 * nS * (exc.v + 70.6 * mV)
    first = {"exc": 0, "inh": 20}
    synapses = [
        connected(
            net.connections, name, Synapses(
                *ends, f"strength : {dimension}", on_pre=f"{state}_post += strength", dt=0.02 * ms
            ), first, strength=unit,
        )
        for name, ends, dimension, state, unit in (
            ("exc_to_inh", (exc, inh), "siemens", "ge", nS),
            ("inh_to_exc", (inh, exc), "amp", "Ii", nA),
            ("exc_to_exc", (exc, exc), "siemens", "ge", nS),
        )
    ]  # fmt: skip
    monitors = {"exc": SpikeMonitor(exc), "inh": SpikeMonitor(inh)}
    adaptation = StateMonitor(exc, "w", record=[4])
    plain_run(300 * ms, exc, inh, *synapses, adaptation, *monitors.values())
    assert same_spikes(net, monitors) > 200
    np.testing.assert_allclose(net.traces["w_nA"], adaptation.w[0] / nA, atol=1e-9)


def resting_adex() -> float:
    """Where AdEx rests without input, in mV: (g_L + a)(E_L - v) + g_L D exp((v - V_T)/D) = 0."""
    from scipy.optimize import brentq

    return brentq(
        lambda v: 34 * (-70.6 - v) + 60 * np.exp((v + 50.4) / 2), -75, -65, xtol=1e-13, rtol=1e-14
    )


def test_the_weight_says_its_name_to_a_foreign_script():
    assert AMPA.weight_name(LIF) == "w"
    assert AMPA.weight_name(ADEX) == AMPA.weight_name(LIF, ADEX) == "w_syn"
    kwargs = AMPA.brian_kwargs(LIF, "exc", source=ADEX)
    assert kwargs == {
        "model": "w_syn : siemens (shared, constant)", "on_pre": "g_exc_post += w_syn"
    }  # fmt: skip
    adex, lif = ADEX.group(1), LIF.group(1, AMPA.input("exc"), dt=0.02 * ms)
    synapses = Synapses(adex, lif, **kwargs)  # Brian2 refuses a weight called w here
    synapses.connect()
    synapses.w_syn = 1 * nS
    plain_run(0.1 * ms, adex, lif, synapses)


def with_parameter(name: str) -> NeuronModel:
    """Return the LIF neuron whose leak potential has another name."""
    parameters = {k if k != "E_L" else name: p for k, p in LIF.parameters.items()}
    return NeuronModel(
        name="renamed", title="LIF", equations=LIF.equations.replace("E_L", name),
        parameters=parameters, input_unit=nA, input_range=(0, 5), initial={"v": name},
        threshold=LIF.threshold, reset=LIF.reset, refractory=LIF.refractory, method="rk4",
        dt=0.05 * ms,
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["E_src", "g_src", "I_src", "g_src_rise", "w_ext", "rate_ext", "E_ext",
             "I_gap_1", "w", "w_syn"],
)  # fmt: skip
def test_a_parameter_keeps_its_value_whatever_it_is_called(name):
    """Silent synapses leave the membrane where it was: 1 nA moves it to rest + R I."""
    model = with_parameter(name)
    net = Network(
        [Population("src", model, 2, Constant(1 * nA)),
         Population("cells", model, 2, [Constant(1 * nA), Poisson(50 * Hz, NMDA_SILENT)])],
        [Projection("src", "cells", NMDA_SILENT, wiring="all_to_all"),
         Projection("src", "cells", GapJunctions(5 * nS), wiring="one_to_one")],
    ).run(150 * ms, record=["v"], cells=range(4), record_dt=149 * ms, backend="numpy")  # fmt: skip
    last = net.traces[net.traces["t_ms"] > 0]["v_mV"]
    np.testing.assert_allclose(last, REST + R * 1.0, rtol=1e-5)


NMDA_SILENT = Synapse.conductance(40 * ms, 0 * mV, 0 * nS, "alpha")


def test_a_model_with_a_delay_of_its_own_takes_one_delay_for_all():
    """Brian2 would give the synapses other delays than those drawn, without a word."""
    model = with_parameter("delay")
    ends = [Population("src", model, 2), Population("cells", LIF, 2)]
    with pytest.raises(ValueError, match="renamed has a 'delay' of its own"):
        Network(ends, [Projection("src", "cells", GABA, p=1, delay=Uniform(0 * ms, 1 * ms))])
    net = Network(ends, [Projection("src", "cells", GABA, p=1, delay=2 * ms)])
    assert (net.run(1 * ms, backend="numpy").connections["delay_ms"] == 2).all()


def test_a_population_may_be_called_as_the_models_letters():
    """The synapses of a population L do not move the leak potential E_L."""
    net = Network(
        [Population("L", LIF, 1, Constant(2 * nA)), Population("M", LIF, 1)],
        [Projection("L", "M", AMPA, wiring="one_to_one", weight=0 * nS)],
    )
    assert net.labels == {"L_to_M": "L_2"}
    run = net.run(30 * ms, record={"M": "v"}, cells={"M": [0]}, backend="numpy")
    assert (run.traces["v_mV"] == REST).all()


def test_projections_of_one_label_and_time_course_share_variables():
    populations = [Population(name, LIF, 2) for name in ("a", "b", "c")]
    shared = Network(populations, [Projection(s, "c", AMPA, p=1, label="ampa") for s in "ab"])
    assert set(shared.labels.values()) == {"ampa"}
    run = shared.run(1 * ms, record={"c": ["g_ampa"]}, cells={"c": [0]}, backend="numpy")
    assert "g_ampa_nS" in run.traces
    with pytest.raises(ValueError, match=r"label 'ampa': the cells of c have a 'E_ampa' already"):
        Network(populations, [Projection(s, "c", k, p=1, label="ampa") for s, k in
                              zip("ab", (AMPA, NMDA), strict=True)])  # fmt: skip


# --- inputs against closed forms ----------------------------------------------------------------


def test_cells_differ_in_parameters_and_populations_in_their_drives():
    """First spikes at tau ln(R I/(R I - 15 mV)), found at the beginning of the step."""
    tau, current = np.array([5.0, 10.0, 20.0]), np.array([1.8, 2.5, 4.0])
    net = Network([
        Population("varied", LIF, 3, Constant(2 * nA), vary={"tau": tau * ms}),
        Population("driven", LIF, 3, Constant(current * nA)),
    ]).run(60 * ms, backend="numpy")  # fmt: skip
    first = net.spikes.groupby("neuron")["t_ms"].min().to_numpy()
    reach = np.r_[tau * np.log(4), TAU * np.log(R * current / (R * current - 15))]
    np.testing.assert_allclose(first, reach, atol=0.05)


def test_poisson_trains_of_each_population_have_campbells_mean():
    """The mean depolarisation is n rate w tau for jumps of the potential."""
    rates = {"slow": 20.0, "fast": 80.0}
    net = Network(
        [Population(k, LIF, 300, Poisson(rate * Hz, Synapse.delta(0.2 * mV), n=20))
         for k, rate in rates.items()]
    ).run(80 * ms, record=["v"], cells=range(600), record_dt=79 * ms, method="exact",
          backend="numpy")  # fmt: skip
    last = net.traces[net.traces["t_ms"] > 0]
    for name, rate in rates.items():
        mean = 20 * rate * 1e-3 * 0.2 * TAU
        deviation = np.sqrt(20 * rate * 1e-3 * 0.2**2 * TAU / 2)
        v = last.loc[last["population"] == name, "v_mV"] - REST
        assert v.mean() == pytest.approx(mean, abs=4 * deviation / np.sqrt(300))


def test_gap_junctions_between_two_populations_settle_where_currents_balance():
    """v_1 = R I (1 + R g)/(1 + 2 R g), v_2 = R I - v_1, in pairs of a strength of their own."""
    g = np.array([20.0, 80.0])
    net = Network(
        [Population("a", LIF, 2, Constant(1 * nA)), Population("b", LIF, 2)],
        [Projection("a", "b", GapJunctions(1 * nS), pairs=([0, 1], [1, 0]), weight=g * nS)],
    ).run(150 * ms, record=["v"], cells=range(4), record_dt=149 * ms, backend="numpy")
    last = net.traces[net.traces["t_ms"] > 0].set_index("neuron")["v_mV"] - REST
    coupling = R * g * 1e-3
    first = R * (1 + coupling) / (1 + 2 * coupling)
    np.testing.assert_allclose(last[[0, 1]], first, rtol=1e-5)
    np.testing.assert_allclose(last[[3, 2]], R - first, rtol=1e-5)
    assert net.connections["weight"].tolist() == pytest.approx(g)


DRAWN = [
    lambda g: Uniform(0.999 * g, 1.001 * g),
    lambda g: Drawn(f"{float(g)!r}*(1 + 0.001*sin(randn()))*siemens"),
    lambda g: Normal(-1000 * g, 1 * nS, low=g),
]


@pytest.mark.parametrize(
    ("wiring", "rate"),
    [({"pairs": ([0], [1])}, 2), ({"pairs": ([0, 1, 2], [1, 2, 0])}, 3),
     ({"wiring": "all_to_all"}, 4), ({"p": 0.5}, 2.5)],
)  # fmt: skip
@pytest.mark.parametrize("drawn", [None, *DRAWN])
def test_gap_junctions_that_carry_a_cell_past_its_neighbours_are_refused(wiring, rate, drawn):
    """Differences between cells of 1 nF fall at `rate`*g/C: within a step of 0.05 ms at 20 uS."""
    for factor in (0.99, 1.01):
        g = factor * 20 / rate * uS
        given = drawn(g) if drawn else g
        junctions = [Projection("a", "a", GapJunctions(given), **wiring)]
        network = Network([Population("a", LIF, 4, Constant([2, 1.8, 1, 0] * nA))], junctions)
        small = pytest.raises(ValueError, match=r"lif: gap junctions .* use a smaller dt")
        with small if factor > 1 else contextlib.nullcontext():
            network.run(0.2 * ms, dt=0.05 * ms, backend="numpy")


OPENING = {  # of g and a synapse: drives and projections that open g at times
    "one": lambda g, s: ([], [Projection("b", "a", s(g), p=1)]),
    "pairs": lambda g, s: ([], [Projection("b", "a", s(g), pairs=([0, 1], [0, 0]),
                                           weight=Quantity([g / 9, g]))]),
    "drawn": lambda g, s: ([], [Projection("b", "a", s(g), p=1,
                                           weight=Uniform(0.999 * g, 1.001 * g))]),
    "two": lambda g, s: ([], [Projection("b", "a", s(x), p=1) for x in (g, g / 9)]),
    "train": lambda g, s: (Poisson(1 * Hz, s(g)), []),
    "trains": lambda g, s: (Poisson(40 * Hz, s(g / 80), n=500), []),  # 80 spikes in 4 ms
}  # fmt: skip


@pytest.mark.parametrize("kind", OPENING)
def test_a_conductance_that_the_step_cannot_follow_is_refused(kind):
    """Euler's method overshoots twice over where (1/tau + g/C)*dt is above 2, here at 39.9 uS."""
    for factor in (0.99, 1.01):
        g = factor * (2 / 0.05 - 1 / TAU) * uS
        drive, projections = OPENING[kind](g, lambda g: Synapse.conductance(4 * ms, -80 * mV, g))
        cells = [Population("a", LIF, 1, drive, method="euler"), Population("b", LIF, 2)]
        open_ = pytest.raises(ValueError, match=r"lif: while its synapses g_\w+ are open .* euler")
        with open_ if factor > 1 else contextlib.nullcontext():
            Network(cells, projections).run(0.2 * ms, dt=0.05 * ms, backend="numpy")


def test_two_projections_of_gap_junctions_add_up():
    """Two junctions of g between the same cells are one of 2 g."""
    ends = [Population("a", LIF, 1, Constant(1 * nA)), Population("b", LIF, 1)]
    half = [Projection("a", "b", GapJunctions(25 * nS), wiring="one_to_one")] * 2
    net = Network(ends, half).run(150 * ms, record=["v"], cells=[0, 1], record_dt=149 * ms,
                                  backend="numpy")  # fmt: skip
    last = net.traces[net.traces["t_ms"] > 0]["v_mV"] - REST
    coupling = R * 0.05
    np.testing.assert_allclose(last.iloc[0], R * (1 + coupling) / (1 + 2 * coupling), rtol=1e-5)


def test_recordings_of_two_populations_are_each_their_own():
    """Held for ten time constants each settles at E_L + R I; Brian2 has nothing to say of names."""
    held = {"a": 0.2, "b": -0.4}
    cells = [Population(k, LIF, 1, Recorded([I] * nA, dt=200 * ms)) for k, I in held.items()]
    with catch_logs() as logs:
        run = Network(cells).run(100 * ms, record=["v"], cells=[0, 1], backend="numpy")
    last = run.traces.groupby("neuron")["v_mV"].last()
    np.testing.assert_allclose(last, [REST + R * I for I in held.values()], atol=1e-3)
    assert not logs


def test_projections_without_synapses_have_their_row():
    """Each of a run's projections has its number, wherever in the list it stands."""
    given = [{"p": 0}, {"in_degree": 0}, {"wiring": "all_to_all"}, {"pairs": ([], [])}]
    names = ["first", "second", "third", "fourth"]
    projections = [
        Projection("exc", "inh", GABA, **how, name=name)
        for how, name in zip(given, names, strict=True)
    ]
    run = Network(PAIR, projections).run(1 * ms, backend="numpy")
    assert run.summary["projection"].tolist() == names
    assert run.summary["synapses"].tolist() == [0, 0, 12, 0]
    assert len(run.connections) == 12


def test_a_pulse_charges_the_membrane_for_its_duration():
    """v = R w (1 - exp(-t/tau)) during 4 ms, then decays; in a network and in a plain script."""
    pulse, dt = Synapse.pulse(4 * ms, 0.5 * nA), 0.05 * ms
    cells = LIF.group(1, pulse.input("x"), dt=dt)
    source = SpikeGeneratorGroup(1, [0], [0] * ms, dt=dt)
    synapses = Synapses(source, cells, **pulse.brian_kwargs(LIF, "x"))
    synapses.connect()
    synapses.w = pulse.weight
    monitor = StateMonitor(cells, "v", record=True, dt=dt)
    plain_run(20 * ms, source, cells, synapses, monitor)
    t = (monitor.t - dt) / ms
    charged = 1 - np.exp(-np.clip(t, 0, 4) / TAU)
    expected = R * 0.5 * charged * np.exp(-np.clip(t - 4, 0, None) / TAU)
    np.testing.assert_allclose(monitor.v[0] / mV - REST, expected, atol=1e-6)

    net = Network(
        [Population("src", LIF, 1, Constant(2 * nA)), Population("cells", LIF, 1)],
        [Projection("src", "cells", pulse, p=1, delay=1 * ms)],
    ).run(25 * ms, record={"cells": ["v"]}, cells={"cells": [0]}, backend="numpy")
    spike = net.spikes["t_ms"].iloc[0]
    assert len(net.spikes) == 1  # tau ln 4 = 13.9 ms apart
    t = net.traces["t_ms"] - spike - 1.05
    charged = 1 - np.exp(-np.clip(t, 0, 4) / TAU)
    expected = R * 0.5 * charged * np.exp(-np.clip(t - 4, 0, None) / TAU)
    np.testing.assert_allclose(net.traces["v_mV"] - REST, expected, atol=1e-6)


def test_the_input_of_one_step_lasts_a_step():
    """Euler: v jumps by R w dt/tau and then shrinks by 1 - dt/tau a step."""
    net = Network(
        [Population("src", LIF, 1, Constant(2 * nA)), Population("cells", LIF, 1)],
        [Projection("src", "cells", Synapse.step(0.5 * nA), p=1)],
    ).run(20 * ms, method="euler", dt=0.1 * ms, record={"cells": ["v"]}, cells={"cells": [0]},
          backend="numpy")  # fmt: skip
    v = net.traces["v_mV"].to_numpy() - REST
    (risen,) = np.flatnonzero(v > 1e-9)[:1]
    steps = np.arange(len(v) - risen)
    np.testing.assert_allclose(v[risen:], R * 0.5 * 0.01 * 0.99**steps, rtol=1e-9)
    assert (risen - 2) * 0.1 == pytest.approx(net.spikes["t_ms"].iloc[0])


def test_noise_of_each_step_has_the_variance_of_an_autoregressive_process():
    """Euler: v' = (1 - dt/tau) v + R s dt/tau n; q = dt/tau gives the

    variance (R s q)**2/(1 - (1 - q)**2).
    """
    sd = np.repeat([0.2, 0.6], 400)
    net = Network([Population("cells", LIF.with_(V_th=100 * mV), 800, StepNoise(sd * nA))]).run(
        100 * ms, method="euler", dt=1 * ms, record=["v"], cells=range(800), record_dt=99 * ms,
        backend="numpy",
    )  # fmt: skip
    v = net.traces[net.traces["t_ms"] > 0]["v_mV"].to_numpy() - REST
    for strength, values in ((0.2, v[:400]), (0.6, v[400:])):
        variance = (R * strength * 0.1) ** 2 / (1 - 0.9**2)
        assert values.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / 400))


# --- recorded, seeded, compiled -----------------------------------------------------------------


def test_traces_of_each_population():
    parts = Population("cells", LIF, {"exc": 4, "inh": 3}, Constant(1 * nA))
    net = Network(
        [parts, Population("thal", CONNOR_STEVENS, 2)], [Projection("exc", "cells", AMPA, p=0.5)]
    ).run(1 * ms, record={"inh": ["v"], "thal": ["v", "m"]}, cells={"inh": [1], "thal": [0, 1]},
          record_dt=0.5 * ms, backend="numpy")  # fmt: skip
    assert net.traces["neuron"].unique().tolist() == [5, 7, 8]
    by = net.traces.groupby("population", observed=True)
    assert by.get_group("inh")["m"].isna().all()
    assert by.get_group("thal")["m"].notna().all()
    assert net.connections["source"].unique().tolist() == ["exc"]
    assert set(net.connections["target"]) == {"exc", "inh"}
    assert [net.population(name).start for name in ("exc", "inh", "thal")] == [0, 4, 7]
    described = net.parameters["populations"]
    assert described["cells"]["n"] == {"exc": 4, "inh": 3}
    assert net.parameters["projections"]["exc_to_cells"]["p"] == 0.5


def chain_of_three(weights, backend, seed=1):
    """A chain of populations with 1200 explicit pairs; only the weights differ between calls."""
    source = np.arange(1200) % 30
    target = (np.arange(1200) * 7 // 3) % 40
    return Network(
        [Population("a", LIF, 30, Constant(np.linspace(1.6, 3, 30) * nA)),
         Population("b", ADEX, 40, Constant(0.3 * nA)), Population("c", LIF, 20)],
        [Projection("a", "b", AMPA, pairs=(source, target), weight=weights),
         Projection("a", "b", NMDA, p=0.2), Projection("b", "c", AMPA, in_degree=9),
         Projection("b", "c", GapJunctions(0.1 * nS), p=0.1)],
    ).run(80 * ms, seed=seed, dt=0.02 * ms, backend=backend)  # fmt: skip


def test_seed_decides_connections_and_spikes():
    weights = np.full(1200, 0.5) * nS
    one, again, other = (chain_of_three(weights, "numpy", seed) for seed in (1, 1, 2))
    assert one.spikes.equals(again.spikes)
    assert one.connections.equals(again.connections)
    assert not one.connections.equals(other.connections)


@needs_compiler
def test_a_compiled_network_has_the_pairs_and_weights_of_its_call():
    """A program of other weights, which differ in the middle of the array alone, is not taken."""
    weights = np.full(1200, 0.5) * nS
    changed = Quantity(weights, copy=True)
    changed[600] = 9 * nS
    numpy = chain_of_three(weights, "numpy")
    for given in (weights, changed):
        net = chain_of_three(given, "cpp_standalone")
        rows = net.connections[net.connections["projection"] == "a_to_b"]
        np.testing.assert_allclose(rows["weight"], given / nS)
        mine = numpy.connections[numpy.connections["projection"] == "a_to_b"]
        assert rows["pre"].tolist() == mine["pre"].tolist()
        assert rows["post"].tolist() == mine["post"].tolist()
        counts = [run.spikes["population"].value_counts() for run in (net, numpy)]
        assert counts[0]["a"] == counts[1]["a"]  # nothing random acts on it
        for name in "bc":
            assert counts[0][name] == pytest.approx(counts[1][name], rel=0.15)


# --- bad input ----------------------------------------------------------------------------------

PAIR = [Population("exc", LIF, 4), Population("inh", LIF, 3)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"synapse": 3}, "expected a Synapse or GapJunctions, got 3"),
        ({"p": None}, "give one of them, got none"),
        ({"in_degree": 2}, "give one of them, got p, in_degree"),
        ({"p": 1.5}, "p from exc: expected a probability between 0 and 1"),
        ({"p": None, "in_degree": 5}, "in_degree from exc: 5 is above the 4 cells"),
        ({"p": None, "wiring": "all_to_al"}, "did you mean 'all_to_all'"),
        ({"p": None, "wiring": "one_to_one"}, "needs as many cells in both, got 4 and 3"),
        ({"p": None, "wiring": "one_to_one", "target": "exc"}, "give autapses=True"),
        ({"p": None, "pairs": ([0, 4], [0, 1])}, "source 4 of pair 1 is none of the cells 0 to 3"),
        ({"p": None, "pairs": ([0, 1], [0, -1])}, "target -1 of pair 1 is none of the cells 0 to"),
        ({"p": None, "pairs": ([0, 1], [0])}, "two arrays of the same length"),
        ({"p": None, "pairs": ([0.5], [0])}, "source numbers must be whole"),
        ({"p": None, "pairs": ([0, 1], [0, 1]), "weight": [1, 2, 3] * nA}, "expected 2 values"),
        ({"weight": [1, 2] * nA}, "an array of weights needs pairs"),
        ({"weight": 1 * nS}, "weight of a current synapse onto lif: expected nA"),
        ({"weight": Drawn("rand()*mV")}, "expected nA, got .* from 'rand"),
        ({"weight": Drawn("rnd()*nA")}, "unknown name in .* 'rnd'"),
        ({"weight": 1}, r"expected nA, got 1 with no unit; multiply .* e.g. weight=1\*nA"),
        ({"weight": Drawn("log(randn())*nA")}, r"weight .*log\(randn.* values are NaN or infinite"),
        ({"weight": Drawn("1/0*nA")}, "1000 of 1000 values are NaN or infinite"),
        ({"synapse": AMPA, "weight": -1 * nS}, "onto lif: a conductance is never negative, got -1"),
        ({"synapse": AMPA, "weight": Normal(9 * nS, 1 * nS)}, r"never .*; give it a low of 0\*"),
        ({"synapse": AMPA, "weight": Drawn("(rand() - 0.1)*nS")}, "is never negative, got Drawn"),
        ({"synapse": GapJunctions(-1 * nS)}, "between cells of lif: a conductance is never neg"),
        ({"synapse": Synapse.delta(1 * nA)}, "weight of a delta synapse onto lif: expected mV"),
        ({"synapse": Synapse.conductance(5 * ms, 0 * nA, 1 * nS)}, "E_rev onto lif: expected mV"),
        ({"synapse": GapJunctions(1 * nA)}, "conductance between cells of lif"),
        ({"synapse": GapJunctions(1 * nS, p=0.5)}, "give p to the Projection"),
        ({"synapse": GapJunctions(1 * nS), "delay": 1 * ms}, "gap junctions have no delay"),
        ({"synapse": Synapse.pulse(1 * ms, 1 * nA), "delay": Uniform(0 * ms, 1 * ms)},
         "a pulse needs one delay"),
        ({"delay": -1 * ms}, "delay: must not be negative"),
        ({"delay": Drawn("rand()*ms")}, "can be negative; give Uniform, or Normal"),
        ({"source": "ecx"}, "population as source of a projection: 'ecx'; did you mean 'exc'"),
        ({"target": "ihn"}, "did you mean 'inh'"),
        ({"label": "L pre"}, "label 'L pre': a name is a letter followed by"),
        ({"label": "L"}, "label 'L': the cells of inh have a 'E_L' already",),
        ({"name": "exc"}, "the name 'exc' is there twice"),
        ({"name": "exc_stateupdater"}, "is one that Brian2's objects .* have already"),
    ],
)  # fmt: skip
def test_bad_projections_are_refused_before_anything_is_built(arguments, message, monkeypatch):
    monkeypatch.setattr(NeuronGroup, "__init__", None)
    standard = {"source": "exc", "target": "inh", "synapse": GABA, "p": 0.5}
    if arguments.get("label") == "L":
        standard["synapse"] = AMPA
    with pytest.raises(ValueError, match=message):
        Network(PAIR, [Projection(**(standard | arguments))])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "1st"}, "population '1st': a name is a letter followed by"),
        ({"name": "all cells"}, "a name is a letter followed by"),
        ({"name": "pre"}, "must not end in 'pre' or 'post'"),
        ({"name": "inh"}, "populations: the name 'inh' is there twice; give each its own"),
        ({"name": "cells_clock"}, "is one that Brian2's objects .* have already"),
        ({"name": "rate_inh"}, "is one that Brian2's objects .* have already"),
        ({"name": "inh_operation_0"}, "is one that Brian2's objects .* have already"),
        ({"model": 3}, "expected a NeuronModel, got 3"),
        ({"model": "lf"}, "did you mean 'lif'"),
        ({"n": 0}, "n of exc: expected a whole number of at least 1, got 0"),
        ({"n": {"exc": 3}}, "the name 'exc' is there twice"),
        ({"n": {"a": 2.5}}, "n of a: expected a whole number"),
        ({"drive": 2 * nA}, "drive of exc: expected a Stimulus"),
        ({"drive": Constant(1 * mV)}, "Constant amplitude for lif: expected nA"),
        ({"drive": Constant([1, 2] * nA)}, "expected one value or 4 values"),
        ({"drive": [StepNoise(1 * nA)] * 2}, "two StepNoise drives"),
        ({"drive": StepNoise(-1 * nA)}, "StepNoise sd: must not be negative"),
        ({"drive": Poisson(1 * Hz, Synapse.delta(1 * nA))}, "weight of a delta synapse onto lif"),
        ({"vary": {"tua": [1, 2, 3, 4] * ms}}, "did you mean 'tau'"),
        ({"vary": {"tau": [1, 2] * ms}}, "expected 4 values"),
        ({"start": 3}, "expected 'rest', 'initial' or a dict"),
        ({"start": "rset"}, "did you mean 'rest'"),
        ({"start": {"x": 1 * mV}}, "unknown state variable 'x'"),
        ({"start": {"v": 1 * nA}}, "start v: expected mV"),
        ({"start": {"v": Drawn("sqrt(-rand())*mV")}}, "start v .* values are NaN or infinite"),
        ({"update_when": "start"}, "unknown update_when 'start'"),
    ],
)  # fmt: skip
def test_bad_populations_are_refused_before_anything_is_built(arguments, message, monkeypatch):
    monkeypatch.setattr(NeuronGroup, "__init__", None)
    standard = {"name": "exc", "model": LIF, "n": 4}
    with pytest.raises(ValueError, match=message):
        Network([Population(**(standard | arguments)), PAIR[1]])


def test_a_synapse_that_does_not_fit_its_target_is_refused():
    """QIF has no unit of potential, and cells of other units exchange no current."""
    cells = [Population("exc", LIF, 4), Population("qif", QIF, 4)]
    for synapse, message in (
        (AMPA, "weight of a conductance synapse onto qif"),
        (Synapse.current(5 * ms, 1 * nA), "weight of a current synapse onto qif"),
        (GapJunctions(1 * nS), "gap junctions between lif and qif: .* different units"),
    ):
        with pytest.raises(ValueError, match=message):
            Network(cells, [Projection("exc", "qif", synapse, p=1)])
    Network(cells, [Projection("exc", "qif", Synapse.delta(0.1 * Unit(1)), p=1)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"record": {"exc": ["v"]}}, "give both for the same populations"),
        ({"record": {"ecx": ["v"]}, "cells": {"ecx": [0]}}, "did you mean 'exc'"),
        ({"record": {"exc": ["x"]}, "cells": {"exc": [0]}}, "unknown variable to record 'x'"),
        ({"record": {"exc": ["v"]}, "cells": {"exc": [4]}}, "none of the cells 0 to 3 of exc"),
        ({"record": ["v"], "cells": [7]}, "none of the cells 0 to 6"),
        ({"record": ["v"], "cells": [True, False]}, r"numbers of cells, .* got \[True, False\]"),
        ({"record": ["v"], "cells": [1.5]}, r"numbers of cells, such as \[0, 1\], got \[1.5\]"),
        (
            {"record": {"exc": "v"}, "cells": {"exc": "all"}},
            "numbers of cells of exc, .* got 'all'",
        ),
        ({"record": {"exc": "v"}, "cells": {"exc": slice(2)}}, "numbers of cells of exc"),
        ({"dt": 0 * ms}, "dt: must be above zero"),
        ({"method": "rk5"}, "unknown method 'rk5'"),
        ({"duration": 0 * second}, "duration: must be above zero"),
        ({"dt": 2 * ms}, "dt: the step of 2 ms is longer than the run of 1 ms"),
        ({"tolerance": 1e-3}, "Network.run takes no tolerance: .* choose dt, and repeat the run"),
        ({"spikes": "located"}, "Network.run takes no spikes: .* lie on the time grid"),
        ({"spikes": False}, "record_spikes says whether"),
        ({"precision": "float32"}, "networks run in 'float64' only"),
        ({"threads": 2}, "backend 'numpy' has one thread, got threads=2"),
        ({"backend": "scipy"}, "scipy"),
        ({"thraeds": 2}, "unknown keyword of Network.run 'thraeds'; did you mean 'threads'"),
    ],
)
def test_a_bad_run_is_refused(arguments, message, monkeypatch):
    monkeypatch.setattr(NeuronGroup, "__init__", None)
    with pytest.raises(ValueError, match=message):
        Network(PAIR).run(**({"duration": 1 * ms, "backend": "numpy"} | arguments))


@pytest.mark.parametrize(
    ("cells", "synapse", "arguments", "message"),
    [
        ({"model": LIF.with_(V_reset=-40 * mV)}, None, {}, "would fire in every step"),
        ({"model": LIF, "vary": {"V_reset": [-65, -65, -65, -40] * mV}}, None, {},
         r"would fire in every step.*1 of 4 cells, first: 3, V_reset = -40 mV"),
        ({"model": LIF.with_(t_ref=-4 * ms)}, None, {}, "refractory period .* is negative"),
        ({"model": LIF}, None, {"method": "euler", "dt": 30 * ms}, "relaxes within 10 ms"),
        ({"model": LIF}, Synapse.current(0.02 * ms, 1 * nA), {"method": "euler", "dt": 0.1 * ms},
         "relaxes within 0.02 ms"),
        ({"model": "izhikevich"}, None, {"method": "strang"}, "dv/dt is not linear in v"),
        ({"model": LIF, "method": "half_steps"}, None, {}, "move v and u alone, .* need u"),
        ({"model": "izhikevich", "method": "half_steps"}, Synapse.current(5 * ms, 1 * mV / ms), {},
         "would leave out I_c; .*Synapse.step"),
        ({"model": "izhikevich", "method": "half_steps",
          "drive": WhiteNoise(3 * mV / ms, 5 * mV / ms * ms**0.5)}, None, {}, "leave out xi_I"),
    ],
)  # fmt: skip
def test_a_network_is_asked_what_single_cells_are(cells, synapse, arguments, message, monkeypatch):
    """A step, a reset and a method that a cell alone is refused give no number beside others."""
    monkeypatch.setattr(NeuronGroup, "__init__", None)
    projections = [] if synapse is None else [Projection("c", "c", synapse, p=0.5)]
    network = Network([Population("c", n=4, **cells)], projections)
    with pytest.raises(ValueError, match=message):
        network.run(100 * ms, backend="numpy", **arguments)


@pytest.mark.parametrize("start", [{"v": [-60, -55] * mV}, {"I_a": [0.1, 0.2] * nA}])
def test_a_start_has_one_value_for_each_cell(start, monkeypatch):
    monkeypatch.setattr(NeuronGroup, "__init__", None)
    net = Network([Population("a", LIF, 3, start=start)], [Projection("a", "a", GABA, p=0.5)])
    with pytest.raises(ValueError, match=r"start .*: expected one value or 3 values, .* \(2,\)"):
        net.run(1 * ms, backend="numpy")


def test_a_pulse_shorter_than_a_step_is_refused_and_one_off_the_grid_said():
    pulses = [Projection("exc", "inh", Synapse.pulse(0.12 * ms, 1 * nA), p=0.5)]
    with pytest.raises(ValueError, match="less than half a step"):
        Network(PAIR, pulses).run(1 * ms, dt=0.5 * ms, backend="numpy")
    with pytest.warns(UserWarning, match=r"duration of a pulse: 0.12 ms is no multiple") as said:
        Network(PAIR, pulses).run(1 * ms, dt=0.05 * ms, backend="numpy")
    assert {w.filename for w in said if "no multiple" in str(w.message)} == {__file__}


def test_a_run_takes_the_numerics_of_a_protocol_and_says_them():
    net = Network(PAIR).run(
        1 * ms, dt=0.05 * ms, method="euler", backend="numpy", precision="float64", threads=1,
        record_spikes=False,
    )  # fmt: skip
    said = {"dt_ms": 0.05, "backend": "numpy", "precision": "float64", "threads": 1,
            "spikes": "grid", "methods": {"exc": "euler", "inh": "euler"}}  # fmt: skip
    assert {name: net.parameters[name] for name in said} == said


def test_what_was_not_kept_is_not_nothing():
    """An empty table would be that of a silent network."""
    kept = {"record_spikes": "spikes", "connections": "connections"}
    run = Network(PAIR).run(1 * ms, backend="numpy", **dict.fromkeys(kept, False))
    for option, name in kept.items():
        with pytest.raises(ValueError, match=f"{name}: were not kept; run with {option}=True"):
            getattr(run, name)


def test_white_noise_and_synapses_live_in_one_population():
    noise = WhiteNoise(10 * mV * mS / cm**2, 2 * mV * mS / cm**2 * ms**0.5)
    net = Network(
        [Population("exc", CONNOR_STEVENS, 5, noise)],
        [Projection("exc", "exc", Synapse.conductance(5 * ms, 0 * mV, 0.1 * mS / cm**2), p=0.5)],
    ).run(5 * ms, backend="numpy")  # fmt: skip
    assert net.parameters["methods"] == {"exc": "heun"}


def test_blocks_are_the_pairs_written_out():
    """Copies of one small network: the same spikes and connections as listed one by one."""
    rng = np.random.default_rng(1)
    copies, m, n = 4, 5, 3
    W = rng.normal(0, 0.3, (m, n)) * nA
    drive = Constant(rng.uniform(1.4, 3, copies * m) * nA)
    populations = [
        Population("first", LIF, copies * m, drive),
        Population("second", LIF, copies * n, Constant(1.4 * nA)),
    ]
    synapse = Synapse.current(5 * ms, 1 * nA)
    copy, i, j = (x.ravel() for x in np.mgrid[:copies, :m, :n])
    ways = (
        {"wiring": "blocks", "weight": W},
        {
            "pairs": (copy * m + i, copy * n + j),
            "weight": np.tile(W / nA, (copies, 1)).ravel() * nA,
        },
    )
    runs = [
        Network(populations, [Projection("first", "second", synapse, **way)]).run(
            200 * ms, backend="numpy"
        )
        for way in ways
    ]
    pd.testing.assert_frame_equal(*(run.spikes for run in runs), check_exact=True)
    assert (runs[0].spikes["population"] == "second").sum() > 20
    order = ["pre", "post", "weight"]
    one, other = (run.connections.sort_values(order)[order].to_numpy() for run in runs)
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("sizes", "weight", "message"),
    [
        ((10, 6), np.ones((4, 3)) * nA, "need a multiple of 4"),
        ((8, 9), np.ones((4, 3)) * nA, "need a multiple of 4"),
        ((8, 6), 1 * nA, "blocks need a Synapse and weights of shape"),
        ((8, 6), np.ones((4, 3)) * mV, "weight of a current synapse"),
    ],
)
def test_blocks_that_cannot_be(sizes, weight, message):
    populations = [Population(name, LIF, n) for name, n in zip("ab", sizes, strict=True)]
    with pytest.raises(ValueError, match=message):
        Network(
            populations,
            [Projection("a", "b", Synapse.current(5 * ms, 1 * nA), wiring="blocks", weight=weight)],
        )


def test_a_current_of_the_models_own_may_have_any_name():
    """``I_amplitude`` is what a constant input is called; 0.5 nA of the cell's own add to it."""
    model = LIF.with_(equations=LIF.equations.replace("R*I", "R*(I + I_amplitude)"),
                      parameters={"I_amplitude": 0.5 * nA})  # fmt: skip
    first = 10 * np.log(15 / 5)  # ms; from rest at -60 mV to -50 mV, on the way to -45 mV
    run = Network([Population("cells", model, 2, Constant(1.5 * nA))]).run(20 * ms, backend="numpy")
    assert run.spikes["t_ms"].to_numpy() == pytest.approx([first] * 2, abs=float(LIF.dt / ms))
    alone = response(model, Constant(1.5 * nA), 20 * ms, backend="numpy")
    assert alone.spikes["t_ms"].to_numpy() == pytest.approx([first], abs=1e-4)


WRITTEN = Synapse.current(5 * ms, 1 * nA)


@pytest.mark.parametrize(
    ("stimulus", "writer"),
    [
        (WRITTEN.input("exc"), "synapses"),
        (Constant(2 * nA) + Poisson(100 * Hz, WRITTEN).input(), "spike trains"),
        (Step(1 * nA, offset=5 * ms).then(WRITTEN.input("exc")), "synapses"),
    ],
)
def test_an_input_that_nobody_writes_is_refused(stimulus, writer):
    """Cells whose synapses never got a spike were silent, or fired as if there were none."""
    sentence = f"lif: {writer} write the input I, and a single cell has none"
    for run in (
        lambda: response(LIF, stimulus, 20 * ms, backend="numpy"),
        lambda: reference(LIF, stimulus, 20 * ms),
        lambda: build(LIF, stimulus, 1, 20 * ms),
    ):
        with pytest.raises(ValueError, match=sentence):
            run()
    with pytest.raises(ValueError, match=f"drive of cells: {writer} write this input"):
        Population("cells", LIF, 10, drive=[Constant(1 * nA), stimulus])


@pytest.mark.parametrize("kind", ["exponential", "alpha"])
def test_synapses_that_many_spikes_open_at_once_need_a_smaller_step(kind):
    """20 cells fire together, and each then conducts 38 uS: 3.8 of its 1 nF in 0.1 ms.

    The fourth-order method follows up to 2.8.
    """
    synapse = Synapse.conductance(5 * ms, -65 * mV, 2 * uS, kind=kind)
    cells = Population("exc", LIF, 20, drive=Constant(2 * nA))
    net = Network([cells], [Projection("exc", "exc", synapse, p=1, delay=1 * ms)])
    run = net.run(20 * ms, dt=0.05 * ms, backend="numpy", record={"exc": ["g_exc"]},
                  cells={"exc": [0]})  # fmt: skip
    assert len(run.spikes) == 20
    assert run.traces["g_exc_nS"].max() == pytest.approx(19 * 2000, rel=1e-2)
    with pytest.raises(UnresolvedError, match=r"while its synapses g_exc are open.*smaller dt"):
        net.run(20 * ms, dt=0.1 * ms, backend="numpy")
