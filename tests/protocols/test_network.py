"""Networks: synapses against closed forms, wiring against what was asked, bad input refused."""

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    SpikeGeneratorGroup,
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
    second,
    uA,
)
from excitable.models import (
    CONNOR_STEVENS,
    HODGKIN_HUXLEY,
    IZHIKEVICH,
    IZHIKEVICH_2007,
    LIF,
    QIF,
    TRAUB_MILES,
)
from excitable.protocols import (
    Constant,
    GapJunctions,
    Normal,
    Poisson,
    Synapse,
    Uniform,
    WhiteNoise,
    ei_network,
    network_preset,
)
from excitable.simulation import memory as network_memory
from excitable.simulation.backends import Backend, has_compiler, preferences
from excitable.simulation.backends.compiled.compile import has_openmp

needs_compiler = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
needs_openmp = pytest.mark.skipif(not has_openmp(), reason="needs a compiler with OpenMP")
EXCITATION = Synapse.current(5 * ms, 0.1 * nA)
SMALL = {"n_exc": 40, "n_inh": 10, "p": 0.2, "duration": 20 * ms, "backend": "numpy"}
# LIF's membrane: time constant in ms, resistance in mV/nA
TAU, R = 10.0, 10.0
DT = 0.05 * ms


# --- synapses as text in a foreign script -------------------------------------------------------


def psp(synapse: Synapse) -> tuple[np.ndarray, np.ndarray]:
    """Return times after the spike in ms and the depolarisation in mV, from a plain script."""
    cells = LIF.group(1, synapse.input("x"), dt=DT, name="target*")
    source = SpikeGeneratorGroup(1, [0], [0] * ms, dt=DT)
    kwargs = synapse.brian_kwargs(LIF, "x")
    synapses = Synapses(source, cells, **kwargs, delay=0 * ms)
    synapses.connect()
    synapses.w = synapse.weight
    monitor = StateMonitor(cells, "v", record=True, dt=DT)
    with preferences(Backend("numpy")):
        Network(source, cells, synapses, monitor).run(40 * ms, namespace={})
    return (monitor.t - DT) / ms, (monitor.v[0] - LIF.values["E_L"] * 1000 * mV) / mV


def test_exponential_current():
    """V(t) = R w tau_s/(tau_s - tau) (exp(-t/tau_s) - exp(-t/tau))."""
    t, v = psp(Synapse.current(5 * ms, 0.3 * nA))
    expected = R * 0.3 * 5 / (5 - TAU) * (np.exp(-t / 5) - np.exp(-t / TAU))
    np.testing.assert_allclose(v[1:], expected[1:], atol=1e-7)


def test_alpha_current():
    """The convolution of w t/tau_s exp(1 - t/tau_s) with the membrane's exponential."""
    t, v = psp(Synapse.current(5 * ms, 0.3 * nA, kind="alpha"))
    k = 1 / 5 - 1 / TAU
    area = (1 - np.exp(-k * t) * (1 + k * t)) / k**2
    expected = R * 0.3 * np.e / 5 / TAU * np.exp(-t / TAU) * area
    np.testing.assert_allclose(v[1:], expected[1:], atol=1e-7)


def test_exponential_conductance():
    """v = E + (E_L - E) y with y' = (1 - y)/tau - R g y, by scipy."""
    from scipy.integrate import solve_ivp

    t, v = psp(Synapse.conductance(5 * ms, 0 * mV, 20 * nS))
    solution = solve_ivp(
        lambda s, u: (-u - R * 0.02 * np.exp(-s / 5) * (u - 65)) / TAU, (0, 40), [0],
        t_eval=t[1:], rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    np.testing.assert_allclose(v[1:], solution.y[0], atol=1e-6)


# --- what the network does ----------------------------------------------------------------------


def two_cells(**options):
    """Cell 0 fires at 2 nA, cell 1 only listens."""
    options = {"in_degree": {"exc": 1}, "backend": "numpy"} | options
    return ei_network(
        LIF, 2, 0, drive=Constant([2, 0] * nA), duration=30 * ms, record=("v",), cells=[1],
        **options,
    )  # fmt: skip


def test_a_spike_arrives_after_its_delay():
    net = two_cells(synapse=Synapse.delta(3 * mV), delay=2.5 * ms)
    spike = net.spikes["t_ms"].iloc[0]
    v = net.traces.set_index("t_ms")["v_mV"]
    risen = v.index[v > -65 + 1e-9][0]
    # The trace shows the state at the beginning of a step, the spike acts at the end of one.
    assert risen == pytest.approx(spike + 2.5 + 0.05)
    assert v[risen] == pytest.approx(-62)
    assert net.connections["delay_ms"].tolist() == [2.5, 2.5]


def test_a_jump_leaves_a_refractory_cell_alone():
    model = LIF.with_(t_ref=5 * ms)
    net = ei_network(
        model, 2, 0, in_degree={"exc": 1}, synapse=Synapse.delta(3 * mV), duration=30 * ms,
        drive=Constant([2, 2] * nA), record=("v",), cells=[0], backend="numpy",
    )  # fmt: skip
    spike = net.spikes["t_ms"].iloc[0]
    held = net.traces[net.traces["t_ms"].between(spike + 0.05, spike + 4.9)]
    assert (held["v_mV"] == -65).all()


def test_poisson_drive_has_campbells_mean_and_variance():
    """Below threshold: mean w rate tau, variance w**2 rate tau/2 (Campbell's theorem)."""
    drive = Poisson(50 * Hz, Synapse.delta(0.5 * mV), n=20)
    net = ei_network(
        LIF, 400, 0, p=0, synapse=EXCITATION, drive=drive, duration=60 * ms, record=("v",),
        cells=range(400), record_dt=30 * ms, method="exact", backend="numpy", seed=4,
    )  # fmt: skip
    v = net.traces.loc[net.traces["t_ms"] > 0, "v_mV"].to_numpy() + 65
    mean, variance = 0.5 * 1.0 * TAU * (1 - np.exp(-3)), 0.5**2 * 1.0 * TAU / 2 * (1 - np.exp(-6))
    assert v.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / len(v)))
    assert v.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / len(v)))


def test_gap_junction_settles_where_the_currents_balance():
    """Two coupled cells, current into one: v_1 = R I (1 + R g)/(1 + 2 R g), v_2 = R I - v_1."""
    net = ei_network(
        LIF, 1, 2, p=0, synapse=EXCITATION, gap=GapJunctions(50 * nS, 1.0),
        drive=Constant([0, 1, 0] * nA), duration=150 * ms, record=("v",), cells=[1, 2],
        record_dt=149 * ms, backend="numpy",
    )  # fmt: skip
    last = net.traces[net.traces["t_ms"] > 0]["v_mV"].to_numpy() + 65
    coupling = R * 0.05
    first = R * (1 + coupling) / (1 + 2 * coupling)
    np.testing.assert_allclose(last, [first, R - first], rtol=1e-5)


@pytest.mark.parametrize(
    ("model", "weight", "strength"),
    [
        (LIF, Synapse.conductance(5 * ms, 0 * mV, 2 * nS), 1 * nA),
        (QIF, Synapse.current(5 * ms, 0.1 * Unit(1)), 5 * Unit(1)),
        (HODGKIN_HUXLEY, Synapse.conductance(5 * ms, 0 * mV, 0.05 * mS / cm**2), 10 * uA / cm**2),
        (TRAUB_MILES, Synapse.conductance(5 * ms, 0 * mV, 2 * nS, "alpha"), 0.5 * nA),
        (CONNOR_STEVENS, Synapse.conductance(5 * ms, 0 * mV, 0.05 * mS / cm**2), 10 * uA / cm**2),
        (IZHIKEVICH, Synapse.current(5 * ms, 0.5 * mV / ms), 10 * mV / ms),
        (IZHIKEVICH_2007, Synapse.current(5 * ms, 20 * pA, "alpha"), 300 * pA),
    ],
    ids=lambda x: getattr(x, "name", ""),
)  # fmt: skip
def test_every_model_runs_in_a_network(model, weight, strength):
    net = ei_network(
        model, 8, 2, p=0.5, synapse=weight, drive=Constant(3 * strength), duration=12 * ms,
        dt=0.05 * ms, backend="numpy",
    )  # fmt: skip
    assert len(net.spikes) > 0
    assert net.parameters["exc"]["model"] == model.name


def test_white_noise_drives_conductance_models():
    drive = WhiteNoise(30 * uA / cm**2, 20 * uA / cm**2 * ms**0.5)
    net = ei_network(
        CONNOR_STEVENS, 8, 2, p=0.5, synapse=Synapse.conductance(5 * ms, 0 * mV, 0.1 * mS / cm**2),
        drive=drive, duration=10 * ms, dt=0.05 * ms, backend="numpy",
    )  # fmt: skip
    assert net.parameters["methods"] == {"cells": "heun"}
    assert net.spikes["t_ms"].nunique() > 1


def test_populations_may_have_different_models():
    net = ei_network(
        LIF, 6, 3, p=0.5, inh_model=LIF.with_(tau=5 * ms), synapse=EXCITATION,
        drive=Constant(2 * nA), duration=20 * ms, backend="numpy", record=("v",), cells=[0, 8],
    )  # fmt: skip
    first = net.spikes.groupby("population", observed=True)["t_ms"].min()
    # tau ln(R I/(R I - 15 mV)) for each, at the beginning of the step
    assert first["exc"] == pytest.approx(10 * np.log(4), abs=0.05)
    assert first["inh"] == pytest.approx(5 * np.log(4), abs=0.05)
    assert net.spikes.loc[net.spikes["population"] == "inh", "neuron"].min() == 6
    assert net.traces["neuron"].unique().tolist() == [0, 8]
    assert net.traces.loc[net.traces["neuron"] == 8, "population"].unique().tolist() == ["inh"]


# --- wiring -------------------------------------------------------------------------------------


def test_in_degree_is_exact_and_no_cell_drives_itself():
    net = ei_network(
        LIF, 60, 20, in_degree={"exc": 12, "inh": 5}, synapse=EXCITATION, duration=1 * ms,
        backend="numpy",
    )  # fmt: skip
    table = net.connections
    degrees = table.groupby(["source", "post"], observed=True).size().unstack("source")
    assert (degrees["exc"] == 12).all()
    assert (degrees["inh"] == 5).all()
    assert len(degrees) == 80
    assert (table["pre"] != table["post"]).all()
    assert not table.duplicated(["pre", "post"]).any()
    # Every source is as likely: chi-square of the out-degrees over all but the cell itself.
    counts = np.bincount(table.loc[table["source"] == "exc", "pre"], minlength=60)
    assert ((counts - 16) ** 2 / (16 * 0.8)).sum() < 60 + 4 * np.sqrt(2 * 60)


def test_probability_gives_the_binomial_number_of_synapses():
    net = ei_network(LIF, p=0.1, synapse=EXCITATION, duration=1 * ms, backend="numpy", seed=2)
    table = net.connections
    expected = 0.1 * (1000**2 - 1000)
    assert len(table) == pytest.approx(expected, abs=4 * np.sqrt(0.9 * expected))
    assert (table["pre"] != table["post"]).all()
    inhibitory = table[table["source"] == "inh"]
    assert inhibitory["pre"].min() >= 800
    assert (inhibitory["weight"] == -0.4).all()


def test_drawn_weights_and_delays():
    net = ei_network(
        LIF, 80, 0, p=0.5, synapse=Synapse.current(5 * ms, Normal(1 * nA, 0.5 * nA, low=0 * nA)),
        delay=Uniform(1 * ms, 3 * ms), duration=1 * ms, backend="numpy",
    )  # fmt: skip
    table = net.connections
    assert table["weight"].min() == 0
    assert table["weight"].median() == pytest.approx(1, abs=0.05)
    assert table["delay_ms"].between(1, 3).all()
    assert table["delay_ms"].mean() == pytest.approx(2, abs=0.05)


def test_a_delay_off_the_grid_is_said():
    with pytest.warns(UserWarning, match=r"1.53 ms is no multiple of dt = 0.05 ms; 1.55 ms is"):
        net = ei_network(LIF, synapse=EXCITATION, delay=1.53 * ms, **SMALL)
    assert net.connections["delay_ms"].unique() == pytest.approx([1.55])


# --- compiled -----------------------------------------------------------------------------------

COMPILED = {
    "n_exc": 80, "n_inh": 20, "p": 0.2, "synapse": Synapse.conductance(5 * ms, 0 * mV, 1 * nS),
    "drive": WhiteNoise(2 * nA, 1 * nA * ms**0.5), "delay": 1 * ms, "duration": 100 * ms,
    "record": ("v", "g_exc"), "cells": [3, 85], "backend": "cpp_standalone",
}  # fmt: skip


@needs_compiler
def test_compiled_network_has_the_same_tables_and_statistics_as_numpy():
    mine, numpy = (ei_network(LIF, **(COMPILED | {"backend": b})) for b in
                   ("cpp_standalone", "numpy"))  # fmt: skip
    for name in ("spikes", "rates", "traces", "connections", "summary"):
        a, b = getattr(mine, name), getattr(numpy, name)
        assert list(a) == list(b)
        assert (a.dtypes == b.dtypes).all() or name == "traces"
    assert len(mine.spikes) == pytest.approx(len(numpy.spikes), rel=0.08)
    assert mine.traces["t_ms"].tolist() == numpy.traces["t_ms"].tolist()


@needs_compiler
def test_seed_decides_everything_and_other_values_need_no_new_program(tmp_path, monkeypatch):
    from excitable.simulation.backends.compiled import cache

    monkeypatch.setenv("EXCITABLE_CACHE", str(tmp_path))  # where no other test puts its own

    def run(seed, model=LIF, **changes):
        return ei_network(model, **(COMPILED | changes), seed=seed)

    a, b, c = run(1), run(1), run(2)
    weaker = run(1, synapse=Synapse.conductance(4 * ms, 0 * mV, 0.5 * nS), duration=50 * ms)
    assert len(cache.entries()) == 1
    assert a.spikes.equals(b.spikes)
    assert a.connections.equals(b.connections)
    assert not a.connections.equals(c.connections)
    assert not a.spikes.equals(c.spikes)
    assert weaker.spikes["t_ms"].max() < 50
    assert (weaker.connections["weight"].isin([0.5, 2])).all()


@pytest.mark.slow
@needs_openmp
def test_threads_give_the_same_spikes_again():
    two = Backend("cpp_standalone", threads=2)
    a, b = (ei_network(LIF, **COMPILED | {"backend": two}).spikes for _ in range(2))
    assert len(a) > 0
    assert a.equals(b)


# --- memory -------------------------------------------------------------------------------------


def test_memory_is_said_before_the_run(capsys):
    network_memory._say.cache_clear()
    ei_network(LIF, synapse=EXCITATION, **SMALL)
    said = capsys.readouterr().err
    assert "50 cells" in said
    assert "about 500 synapses at 8 bytes" in said  # its two indices


def test_a_network_above_the_machines_memory_is_refused(monkeypatch):
    monkeypatch.setattr(network_memory, "machine_memory", lambda: 2e9)
    with pytest.raises(ValueError, match=r"would take .* 8.0 GB, but this machine has 2.0 GB"):
        ei_network(LIF, 80_000, 20_000, p=0.1, synapse=EXCITATION, duration=1 * ms)


@pytest.mark.parametrize(
    "delay", [6000 * second, Uniform(0 * ms, 6000 * second), Normal(0 * ms, 750 * second, 0 * ms)]
)
def test_a_delay_that_takes_more_memory_than_there_is_is_refused(monkeypatch, delay):
    """A list of 24 bytes for each of 1.2e8 steps."""
    monkeypatch.setattr(network_memory, "machine_memory", lambda: 2e9)
    with pytest.raises(ValueError, match=r"delays 2.9 GB: 2.9 GB, but this machine has 2.0 GB"):
        ei_network(LIF, 2, 0, p=1, synapse=EXCITATION, delay=delay, duration=1 * ms)


def test_a_delay_of_more_steps_than_can_be_counted_is_refused():
    delay = Uniform(0 * ms, 1e6 * second)
    with pytest.raises(ValueError, match=r"delay: is 2e\+10 steps of dt = 0.05 ms long"):
        ei_network(LIF, 2, 0, p=1, synapse=EXCITATION, delay=delay, duration=1 * ms)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p": 1.2}, "p from exc: expected a probability between 0 and 1, got 1.2"),
        ({"p": {"exc": 0.1, "inh": -0.1}}, "p from inh: .* got -0.1"),
        ({"p": {"exc": 0.1}}, "p: no value for the population 'inh'"),
        ({"p": {"exc": 0.1, "ihn": 0.1}}, "did you mean 'inh'"),
        ({"p": None}, "p, in_degree: give one of the two"),
        ({"in_degree": 5}, "p, in_degree: give one of the two"),
        ({"p": None, "in_degree": 11}, "in_degree from inh: 11 is above the 10 cells"),
        ({"p": None, "in_degree": 2.5}, "in_degree from exc: expected a whole number, got 2.5"),
        ({"g": -4}, "g: inhibition would excite, got -4"),
        ({"delay": -1 * ms}, "delay: must not be negative"),
        ({"delay": 1 * mV}, "delay: expected ms"),
        ({"delay": Normal(1 * ms, 1 * ms)}, "can be negative"),
        ({"synapse": Synapse.current(5 * ms, 1 * mV)}, "weight of a current synapse onto lif"),
        ({"synapse": Synapse.delta(1 * nA)}, "weight of a delta synapse onto lif: expected mV"),
        ({"synapse": Synapse.conductance(5 * ms, 0 * nA, 1 * nS)}, "E_rev onto lif: expected mV"),
        ({"inhibition": Synapse.current(5 * ms, 1 * nS)}, "weight of a current synapse"),
        ({"gap": GapJunctions(1 * nA, 0.5)}, "conductance between cells of lif"),
        ({"gap": GapJunctions(1 * nS, 1.5)}, "p of gap junctions: .* got 1.5"),
        ({"gap": GapJunctions(1 * nS, 0.5, "ihn")}, "did you mean 'inh'"),
        ({"drive": 2 * nA}, "drive: expected a Stimulus"),
        ({"n_exc": 0}, "n_exc: expected a whole number"),
        ({"n_inh": -1}, "n_inh: expected a whole number"),
        ({"start": {"w": 1 * mV}}, "unknown state variable 'w'"),
        ({"start": {"v": Uniform(0 * nA, 1 * nA)}}, "start v low: expected mV"),
        ({"record": ("x",), "cells": [0]}, "unknown variable to record 'x'"),
        ({"record": ("v",), "cells": [50]}, "cells: 50 is none of the cells 0 to 49"),
        ({"dt": 0 * ms}, "dt: must be above zero"),
        ({"method": "rk5"}, "unknown method 'rk5'"),
        ({"backend": Backend("numpy", precision="float32")}, "run in 'float64' only"),
        ({"precision": "float32"}, "run in 'float64' only"),
        ({"tolerance": 1e-3}, "ei_network takes no tolerance"),
        ({"spikes": "grid"}, "ei_network takes no spikes: .* record_spikes"),
        ({"inhibitoin": None}, "keyword of ei_network 'inhibitoin'; did you mean 'inhibition'"),
        ({"record_spike": False}, "did you mean 'record_spikes'"),
    ],
)
def test_bad_input_is_refused_before_the_run(change, message, monkeypatch):
    monkeypatch.setattr(NeuronGroup, "__init__", None)  # nothing may be built
    with pytest.raises(ValueError, match=message):
        ei_network(LIF, **({"synapse": EXCITATION} | SMALL | change))


def test_unknown_preset_names_the_nearest():
    with pytest.raises(ValueError, match="unknown preset 'CUBBA'; did you mean 'CUBA'"):
        network_preset("CUBBA")
    with pytest.raises(ValueError, match="unknown keyword of ei_network 'n_ex'; did you mean"):
        network_preset("CUBA", n_ex=10)


def test_trains_of_rate_0_bring_nothing():
    drive = Poisson(0 * Hz, Synapse.delta(5 * mV), n=20)
    net = ei_network(LIF, 2, 0, p=0, synapse=EXCITATION, drive=drive, duration=5 * ms,
                     record=("v",), cells=[0, 1], backend="numpy")  # fmt: skip
    assert (net.traces["v_mV"] == -65).all()
    with pytest.raises(ValueError, match="Poisson rate: must not be negative, got -1"):
        Poisson(-1 * Hz, Synapse.delta(5 * mV))


def test_a_synapse_needs_a_positive_time_constant():
    with pytest.raises(ValueError, match="synapse tau: must be above zero"):
        Synapse.current(0 * ms, 1 * nA)
    with pytest.raises(ValueError, match="unknown kind of synapse 'alfa'; did you mean 'alpha'"):
        Synapse.current(5 * ms, 1 * nA, kind="alfa")


def test_a_million_spikes_come_back_in_a_table_within_seconds():
    import time

    from excitable.protocols.networks.network_result import _spikes_frame
    from excitable.simulation.plan import Population

    class Plan:
        populations = (Population("exc", "cells", 0, 800), Population("inh", "cells", 800, 1000))

    class Recording:
        spikes = {"cells": (np.arange(10**6) % 1000, np.arange(10**6) * 1e-3)}  # noqa: RUF012

    begin = time.perf_counter()
    table = _spikes_frame(Plan, Recording)
    assert time.perf_counter() - begin < 5
    assert table["population"].value_counts().to_dict() == {"exc": 800_000, "inh": 200_000}


def test_duration_is_checked():
    with pytest.raises(ValueError, match="duration: must be above zero"):
        ei_network(LIF, synapse=EXCITATION, p=0.1, duration=0 * second)
