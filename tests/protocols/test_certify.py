"""Certificates hold what is known otherwise: closed forms, orders, and where a scheme must fail."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from brian2 import Hz, Mohm, TimedArray, cm, ms, mV, nA, pA, second, uA
from excitable.analysis import lif_rate
from excitable.models import HODGKIN_HUXLEY, LIF, Parameter
from excitable.protocols import (
    Constant,
    OrnsteinUhlenbeck,
    Response,
    Sine,
    certify,
    fi_curve,
    response,
)
from excitable.protocols.certificates.certificate import observed_order
from excitable.protocols.certificates.experiment import Experiment
from excitable.protocols.certificates.method_choice import candidates
from excitable.simulation import Backend

from tests.user_models import leaky_cell

SHORT = {"duration": 100 * ms, "discard": 20 * ms, "backend": "numpy"}
COARSE = {"dt": 0.5 * ms, **SHORT}
CELL = {name: p.value for name, p in LIF.parameters.items()}


@pytest.fixture
def table():
    return fi_curve(LIF, [1, 1.55, 2, 3] * nA, **COARSE)


def test_errors_and_order_are_those_of_the_closed_form(table):
    certificate = certify(table, backend="numpy")
    firing = certificate.rows.query("rate_Hz > 0")
    exact = np.array([lif_rate(I, **CELL) for I in firing["I"]])
    assert firing["reference_Hz"].to_numpy() == pytest.approx(exact, rel=1e-8)
    assert certificate.error == pytest.approx((abs(firing["rate_Hz"] - exact) / exact).max(), 0.05)
    assert certificate.order > 3.5
    assert certificate.converged


def test_certificate_goes_into_attrs_as_plain_values(table):
    certificate = certify(table, backend="numpy")
    plain = json.loads(json.dumps(table.attrs["certificate"]))
    assert plain["order"] == certificate.order
    assert plain["discard_ms"] == 20
    assert plain["detection"] == "v > V_th, located inside the step"


def test_spikes_on_the_grid_do_not_reach_the_tolerance():
    table = fi_curve(LIF, [1, 2, 3] * nA, spikes="grid", **COARSE)
    certificate = certify(table, backend="numpy")
    assert not certificate.converged
    assert "smaller dt" in certificate.message
    assert certificate.detection == "v > V_th, on the time grid"


def test_sample_holds_the_rows_on_both_sides_of_the_onset():
    table = fi_curve(LIF, np.linspace(1.1, 3, 20) * nA, **COARSE)
    rows = certify(table, rows=4, backend="numpy").rows
    assert len(rows) == 4
    assert table.query("rate_Hz > 0")["I"].min() in rows["I"].to_list()
    assert rows["rate_Hz"].max() == table["rate_Hz"].max()
    assert not (rows["rate_Hz"].iloc[0] > 0)


def test_sensitivity_is_largest_at_the_onset():
    table = fi_curve(LIF, np.linspace(1.1, 3, 20) * nA, **COARSE)
    rows = certify(table, rows=5, backend="numpy").rows.query("rate_Hz > 0")
    assert rows["sensitivity"].iloc[0] == rows["sensitivity"].max()


def test_parameters_and_start_of_a_table_are_restored():
    table = fi_curve(
        LIF.with_(V_reset=-60 * mV), [2, 3] * nA, vary={"tau": [10, 20] * ms},
        start={"v": -61 * mV}, **COARSE,
    )  # fmt: skip
    certificate = certify(table, rows=8, backend="numpy")
    assert len(certificate.rows) == 4
    assert certificate.error < 1e-6


def test_changed_table_is_found_out(table):
    table["rate_Hz"] *= 1.0001
    certificate = certify(table, backend="numpy")
    assert not certificate.converged
    assert "changed" in certificate.message


def test_table_of_other_equations_asks_for_its_model(table):
    table.attrs["model"] = "qif"
    with pytest.raises(ValueError, match=r"pass.*model="):
        certify(table)
    assert certify(table, model=LIF, backend="numpy").converged


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"reset": "v = V_reset - 9*mV"}, "reset"),
        ({"threshold": "v > V_th + 1*mV"}, "threshold"),
        ({"refractory": "t_ref + 3*ms"}, "refractory"),
        ({"parameters": LIF.parameters | {"tau": Parameter(0.01, second)}}, "units of parameters"),
        ({"input_unit": pA, "input_range": (0, 5e3)}, "unit of the input"),
    ],
)
def test_table_of_another_cell_is_told_apart_by_all_that_a_spike_is(table, changes, what):
    """Values and currents of the table would be those of another cell, its rates not right."""
    with pytest.raises(ValueError, match=f"made with other {what} than lif has; pass the model"):
        certify(table, model=replace(LIF, **changes), backend="numpy")


def test_result_that_does_not_say_how_it_was_made_is_refused(table):
    out = response(LIF, Constant(2 * nA), 20 * ms, backend="numpy")
    with pytest.raises(ValueError, match="attrs lack"):
        certify(pd.DataFrame(table.to_dict()))
    with pytest.raises(ValueError, match="does not say how"):
        certify(Response(out.traces, out.spikes))
    with pytest.raises(ValueError, match="expected a table"):
        certify("table")
    with pytest.raises(ValueError, match="between 0 and 1"):
        certify(table, tolerance=0)


def test_response_is_certified_by_its_spike_times():
    stimulus = Sine([3, 4] * nA, 25 * Hz, mean=1.5 * nA)
    out = response(LIF, stimulus, 60 * ms, n=2, dt=0.5 * ms, backend="numpy")
    certificate = certify(out, backend="numpy")
    assert certificate.what == "error of a spike time in ms"
    assert certificate.order == pytest.approx(4, abs=1)
    assert certificate.converged
    assert out.spikes.attrs["certificate"]["error"] == certificate.error


def test_response_without_spikes_is_certified_by_its_traces():
    out = response(LIF, Sine(1 * nA, 25 * Hz), 60 * ms, dt=1 * ms, backend="numpy")
    certificate = certify(out, backend="numpy")
    assert certificate.what == "error of a trace relative to its range"
    assert certificate.order == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        (lambda x: {"initial": {"v": (-65 + x) * mV}}, lambda x: 10 * np.log((20 - x) / 5)),
        (lambda x: {"functions": {"more": TimedArray([x] * mV, dt=99 * ms)}},
         lambda x: 10 * np.log((20 + x) / (5 + x))),
    ],
    ids=["initial values", "timed array"],
)  # fmt: skip
def test_a_kept_reference_is_that_of_the_same_model(changes, first):
    for x in (0, 5):
        model = leaky_cell(**{
            "equations": "dv/dt = (E - v + R*I + more(t))/tau : volt",
            "parameters": {"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms},
            "threshold": "v > -50*mV", "reset": "v = E",
            "functions": {"more": TimedArray([0] * mV, dt=99 * ms)},
        } | changes(x))  # fmt: skip
        found = Experiment(model, Constant(2 * nA), 1, 20.0, start="initial").solve(0, 1e-3)
        assert found.spike_ms[0] == pytest.approx(first(x), rel=1e-6)


def test_noise_has_no_certificate():
    noise = OrnsteinUhlenbeck(1 * nA, 1 * nA, 5 * ms)
    out = response(LIF, noise, 10 * ms, backend="numpy")
    with pytest.raises(ValueError, match="no reference"):
        certify(out)


def test_order_at_rounding_level_is_not_a_number(table):
    fine = fi_curve(LIF, [2] * nA, **SHORT | {"duration": 30 * ms, "discard": 0 * ms})
    certificate = certify(fine, backend="numpy")
    assert math.isnan(certificate.order)
    assert "at rounding level" in str(certificate)
    assert "at rounding level" in certificate._repr_html_()
    assert observed_order(1.0, 0.25) == 2


def test_tolerance_takes_a_larger_step_and_is_kept():
    table = fi_curve(LIF, [1, 2, 3] * nA, tolerance=1e-6, **SHORT)
    exact = [0, lif_rate(2, **CELL), lif_rate(3, **CELL)]
    assert table["rate_Hz"].to_numpy() == pytest.approx(exact, rel=1e-6)
    assert table.attrs["dt_ms"] > float(LIF.dt / ms)
    assert table.attrs["certificate"]["converged"]


def test_tolerance_and_method_exclude_each_other():
    with pytest.raises(ValueError, match="leave both out"):
        fi_curve(LIF, [2] * nA, tolerance=1e-3, method="rk4")


def test_candidates_come_cheapest_first_and_suit_the_equations():
    costs = [c.cost for c in candidates(HODGKIN_HUXLEY, Backend("cpp_standalone"), 1e-3)]
    assert costs == sorted(costs)
    assert {c.method for c in candidates(LIF, Backend("numpy"), 1e-3)} == {"rk4"}


def test_single_precision_is_tried_where_it_gains_and_may_suffice():
    def precisions(backend, tolerance):
        found = candidates(HODGKIN_HUXLEY, Backend(backend), tolerance)
        return {c.backend.precision for c in found}

    assert precisions("cpp_standalone", 1e-3) == {"float32", "float64"}
    assert precisions("cpp_standalone", 1e-5) == {"float64"}
    assert precisions("numpy", 1e-3) == {"float64"}


@pytest.mark.slow
def test_every_rate_of_squid_cells_is_within_the_tolerance():
    currents = np.array([6.3, 7, 10, 20, 30, 40]) * uA / cm**2
    table = fi_curve(HODGKIN_HUXLEY, currents, tolerance=1e-3)
    # scipy's DOP853 at rtol 1e-10, computed without this package, from 7 uA/cm2 on
    exact = [58.32706347, 68.32369868, 86.47005254, 98.74521424, 108.60795151]
    assert table["rate_Hz"].to_numpy()[1:] == pytest.approx(exact, rel=1e-3)
    assert table.attrs["method"] == "extrapolated_strang"
    assert table.attrs["precision"] == "float32"
    assert table.attrs["certificate"]["converged"]
