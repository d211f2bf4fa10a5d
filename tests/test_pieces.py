"""Pieces that fit together: what one function returns, or a model's name, goes into the next."""

import importlib
import inspect

import numpy as np
import pandas as pd
import pytest
from brian2 import cm, mA, ms, mV, nA, uA
from excitable.analysis import fit_all, fit_fi, plots
from excitable.dynamics import equilibria, phase_plane, steady_current, velocity
from excitable.models import IZHIKEVICH, LIF, QIF, NeuronModel, find_model
from excitable.protocols import (
    PATTERNS_2004,
    Constant,
    Network,
    Population,
    Step,
    ei_network,
    fi_curve,
    gating_curves,
    latency,
    response,
)
from scipy.optimize import minimize_scalar

import excitable
from excitable.errors import InputError

RATES = pd.DataFrame({"I": np.linspace(0, 5, 21), "rate_Hz": np.linspace(-20, 80, 21).clip(0)})


def test_two_equilibria_that_just_meet_are_one_half_stable_row():
    """V0 + V**2 touches zero for V0 = 0; for small V0 < 0 the roots are -sqrt(-V0), sqrt(-V0)."""
    one = equilibria(QIF, 0)
    assert one["half_stable"].tolist() == [True]
    assert one["type"].tolist() == ["saddle-node"]
    assert one["v"][0] == pytest.approx(0, abs=1e-6)
    for V0 in (-1e-6, -1.0):
        pair = equilibria("qif", V0)
        assert pair["v"].to_numpy() == pytest.approx([-((-V0) ** 0.5), (-V0) ** 0.5], rel=1e-6)
        assert pair[["stable", "half_stable"]].to_numpy().tolist() == [[True, False], [False] * 2]


def test_equilibria_have_the_same_columns_when_there_are_none():
    none, two = equilibria(QIF, 1e-6), equilibria(QIF, -1)
    assert none.empty
    assert none.dtypes.to_dict() == two.dtypes.to_dict()
    assert len(none.query("stable or half_stable")) == 0


def test_saddle_node_of_a_model_of_two_variables():
    """At the extremum of the steady current of the persistent-sodium cell two rows are one."""
    model = find_model("persistent_sodium")
    top = minimize_scalar(
        lambda v: -steady_current(model, v), bounds=(-70, -50), method="bounded",
        options={"xatol": 1e-8},
    )  # fmt: skip
    fold = -top.fun
    counts = [len(equilibria(model, (fold + d) * uA / cm**2)) for d in (-0.01, 0.01)]
    assert counts[0] - counts[1] == 2
    met = equilibria(model, fold * uA / cm**2).query("half_stable")
    assert met["v_mV"].to_numpy() == pytest.approx([top.x], abs=2e-3)
    assert met["eigenvalue_per_ms"].to_numpy() == pytest.approx([0], abs=1e-3)


def test_phase_line_of_a_model_is_that_of_its_equation():
    ax = plots.plot_phase_line(QIF, I=[-1, 0, 1])
    curves = [line for line in ax.lines if len(line.get_xdata()) > 100]
    assert len(curves) == 3
    for line, V0 in zip(curves, (-1, 0, 1), strict=True):
        assert line.get_ydata() == pytest.approx((V0 + line.get_xdata() ** 2) / 10, abs=1e-9)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"half-stable fixed point", "I = −1", "I = 0", "I = 1"} < set(names)
    plots.close_figure(ax.figure)
    ax = plots.plot_phase_line("lif", I=[1, 2] * nA, span=[-70, -40] * mV)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["I = 1 nA", "I = 2 nA", "stable fixed point", "threshold"]
    (threshold,) = (line for line in ax.lines if line.get_label() == "threshold")
    assert threshold.get_xdata() == pytest.approx([-50, -50])  # V_th of the model
    assert ax.get_ylabel().endswith("(mV/ms)")
    assert ax.lines[0].get_ydata()[0] == pytest.approx((-65 + 70 + 10) / 10)
    plots.close_figure(ax.figure)


def test_the_table_of_fits_is_drawn_as_the_fits_are():
    table = RATES.assign(I_unit="nA")
    whole = plots.plot_fits(table, fit_all(table["I"], table["rate_Hz"]))
    single = plots.plot_fits(table, [fit_fi(table["I"], table["rate_Hz"], "relu")])
    best = whole.lines[1].get_ydata()
    assert best == pytest.approx(single.lines[1].get_ydata(), abs=1e-9)
    for ax in (whole, single):
        plots.close_figure(ax.figure)


def test_currents_by_their_names():
    traces = pd.DataFrame({"t_ms": [0.0, 1], "I_Na_uA_per_cm2": [0.0, -3], "I_K_nA": [0.0, 1]})
    ax = plots.plot_currents(traces, ["I_Na"])
    assert ax.get_ylabel() == "ionic current (µA/cm²)"
    plots.close_figure(ax.figure)
    with pytest.raises(ValueError, match="needs the column I_Ka"):
        plots.plot_currents(traces, ["I_Ka"])
    with pytest.raises(ValueError, match="draw those of one unit"):
        plots.plot_currents(traces, ["I_Na", "I_K"])


def test_units_in_legends_come_with_the_table():
    table = fi_curve("lif", [2, 3] * nA, vary={"tau": [10, 20] * ms}, duration=100 * ms,
                     discard=20 * ms, backend="numpy")  # fmt: skip
    ax = plots.plot_fi(table, by="tau")
    assert ax.get_legend().get_title().get_text().endswith("(ms)")
    plots.close_figure(ax.figure)


def test_models_by_name_wherever_a_model_is_taken():
    here = {"backend": "numpy"}
    assert latency("LIF", [2] * nA, duration=30 * ms, **here)["latency_ms"][0] > 13
    assert velocity(model="lif", v=np.array([-0.065]), I=2e-9) == pytest.approx([2])
    assert len(gating_curves("hodgkin_huxley", [-65] * mV)) == 3
    plane = phase_plane("fitzhugh_nagumo", ("v", "w"), [-2, 2], [-1, 2])
    assert len(plane.equilibria) == 1
    net = Network([Population("a", "lif", 2, Constant(2 * nA))], [])
    assert len(net.run(15 * ms, **here).spikes) == 2
    with pytest.raises(ValueError, match="did you mean 'lif'"):
        response("lf", Constant(1 * nA), 10 * ms)
    with pytest.raises(ValueError, match="did you mean 'qif'"):
        ei_network("lif", inh_model="qiff", synapse=None)


def test_every_public_function_takes_models_by_name():
    trains = {"coincidence_factor", "compare_spikes"}  # whose `model` is its spikes
    functions = {x: getattr(excitable, x) for x in set(excitable.__all__) - trains}
    taking = {
        name: function
        for name, function in functions.items()
        if inspect.isfunction(function)
        and {"model", "inh_model"} & set(inspect.signature(function).parameters)
    }
    assert len(taking) > 20
    for function in taking.values():
        argument = "model" if "model" in inspect.signature(function).parameters else "inh_model"
        with pytest.raises(InputError, match="did you mean 'lif'"):
            function(**{argument: "lf"})


@pytest.mark.parametrize("nothing", [None, 3, LIF.equations.split(), NeuronModel])
def test_what_is_no_model_is_refused_by_one_sentence(nothing):
    sentence = "model: expected a NeuronModel, or the name of one such as 'connor_stevens', got"
    with pytest.raises(InputError, match=sentence):
        response(nothing, Constant(1 * nA), 10 * ms)
    with pytest.raises(InputError, match=sentence):
        gating_curves(model=nothing)


def test_a_cell_without_its_threshold():
    """The membrane goes to E_L + R*I = -35 mV and is not reset on the way: -35 - 30*exp(-5)."""
    free = LIF.with_(threshold=None, reset=None)
    found = response(free, Step(3 * nA), 50 * ms, backend="numpy")
    assert found.spikes.empty
    assert found.traces["v_mV"].max() == pytest.approx(-35 - 30 * np.exp(-5), abs=0.02)


def test_plain_numbers_of_the_papers_are_explained():
    with pytest.raises(ValueError, match=r"e\.g\. a=0\.1\*1/ms"):
        IZHIKEVICH.with_(a=0.1)
    assert IZHIKEVICH.with_(a=0.1 * 1 / ms).parameters["a"].value == pytest.approx(0.1)
    with pytest.raises(ValueError, match="check the unit"):
        LIF.with_(tau=1 * mA)


def test_a_value_outside_its_range_is_said_where_the_model_is_shown():
    assert "[1 to 50] (outside of it)" in str(LIF.with_(tau=100 * ms))
    assert "outside" not in str(LIF)


def test_published_patterns_are_public():
    tonic = PATTERNS_2004["A"]
    assert tonic.stimulus == Step(14 * mV / ms, onset=10 * ms)  # figure1.m: I = 14 for t > tspan/10
    assert tonic.model.parameters["d"].value == 6


def test_one_import_line_gives_every_name_that_people_use():
    """No name means two things, and none is missing from the front door."""
    doors = [importlib.import_module(f"excitable.{door}") for door in excitable._DOORS]
    names = [name for door in doors for name in door.__all__]
    assert len(names) == len(set(names))
    assert {"CONNOR_STEVENS", "fi_curve", "Step", "plot_fi", "bifurcations", "isi_cv"} < set(names)
    assert set(names) == set(excitable.__all__)
    assert excitable.plot_fi is plots.plot_fi
    assert excitable.equilibria is equilibria
    with pytest.raises(AttributeError, match="has no attribute 'plot_if'"):
        excitable.plot_if  # noqa: B018
