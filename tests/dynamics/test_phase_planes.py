"""Phase planes against nullclines in closed form."""

import numpy as np
import pytest
from brian2 import cm, ms, mV, nA, pA, uA
from excitable.dynamics import equilibria, phase_line, phase_plane, slaving
from excitable.dynamics.continuation.field import Field
from excitable.dynamics.equilibria import settled
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, QIF, TRAUB_MILES, find_model
from excitable.simulation import reference

from excitable import Constant
from excitable.errors import InputError
from tests.user_models import theta_neuron

DENSITY = uA / cm**2


def test_nullclines_of_fitzhugh_nagumo():
    plane = phase_plane(find_model("fitzhugh_nagumo"), ("v", "w"), [-2.5, 2.5], [-1, 2], I=0.5)
    cubic = plane.nullclines.query("nullcline == 'v'")
    line = plane.nullclines.query("nullcline == 'w'")
    v = cubic["v"].to_numpy()
    assert cubic["w"].to_numpy() == pytest.approx(v - v**3 / 3 + 0.5, abs=1e-3)
    assert line["w"].to_numpy() == pytest.approx((line["v"].to_numpy() + 0.7) / 0.8, abs=1e-9)
    (v,) = plane.equilibria["v"]
    assert v - v**3 / 3 + 0.5 == pytest.approx((v + 0.7) / 0.8, abs=1e-12)


def test_morris_lecar_with_a_saddle_between_rest_and_focus():
    model = find_model("morris_lecar_snic")
    plane = phase_plane(model, ("v", "w"), [-70, 50] * mV, [-0.1, 0.8], I=30 * DENSITY)
    expected = equilibria(model, 30 * DENSITY)
    found = plane.equilibria.sort_values("v_mV")
    assert found["v_mV"].to_numpy() == pytest.approx(expected["v_mV"].to_numpy(), abs=1e-9)
    assert found["type"].tolist() == expected["type"].tolist()
    assert set(plane.separatrices["kind"]) == {"stable", "unstable"}
    # They end a tenth of each axis beyond it.
    low, high = np.array([-82, -0.19]), np.array([62, 0.89])
    lines = plane.separatrices[["v_mV", "w"]].to_numpy()
    assert (lines > low - 1e-6).all()
    assert (lines < high + 1e-6).all()
    # One branch of the unstable manifold goes to rest, straight or round the cycle.
    rest = found.iloc[0][["v_mV", "w"]].to_numpy(float)
    ends = plane.separatrices.query("kind == 'unstable'").groupby("branch").last()
    assert np.abs(ends[["v_mV", "w"]].to_numpy() - rest).max() < 1e-2


def test_what_is_slaved_and_frozen_is_said():
    plane = phase_plane(HODGKIN_HUXLEY, ("v", "n"), [-90, 50] * mV, [0, 1], freeze={"h": 0.4})
    assert (plane.slaved, plane.frozen) == (("m",), ("h",))
    with pytest.raises(InputError, match="lower end first"):
        phase_plane(HODGKIN_HUXLEY, ("v", "n"), [50, -90] * mV, [0, 1])
    with pytest.raises(InputError, match="two different names"):
        phase_plane(HODGKIN_HUXLEY, ("n", "n"), [0, 1], [0, 1])


def test_a_trajectory_through_the_reset_spikes_when_the_reference_does():
    model = find_model("izhikevich_2007_rs")
    plane = phase_plane(
        model, ("v", "u"), [-80, 40] * mV, [-100, 400] * pA, I=100 * pA,
        starts=[(-60 * mV, 0 * pA)], duration=300 * ms,
    )  # fmt: skip
    path = plane.trajectories
    spikes = path.groupby("spikes")["t_ms"].last().to_numpy()[:-1]
    expected = reference(model, Constant(100 * pA), 300 * ms, start="initial").spike_ms
    assert spikes == pytest.approx(expected, rel=1e-6)
    first = path[path["spikes"] == 1].iloc[0]
    assert first["v_mV"] == -50
    with pytest.raises(InputError, match="exactly its variables"):
        phase_plane(model, ("u", "v"), [0, 1] * pA, [0, 1] * mV, starts=[(0 * pA, 0 * mV)])


def test_phase_lines_in_closed_form():
    line = phase_line(QIF, [-5, 12], I=-4)
    assert line.slope == pytest.approx((line.x**2 - 4) / 10, rel=1e-12)
    assert line.equilibria["v"].to_numpy() == pytest.approx([-2, 2], abs=1e-12)
    assert (line.threshold, line.reset) == pytest.approx((10, -10), abs=1e-9)
    above = phase_line(LIF, [-80, -40] * mV, I=2 * nA)  # its equilibrium lies above the threshold
    assert len(above.equilibria) == 0
    assert (above.threshold, above.reset) == pytest.approx((-50, -65), abs=1e-9)
    with pytest.raises(InputError, match="use phase_plane"):
        phase_line(HODGKIN_HUXLEY, [-80, 40] * mV)


def test_phase_lines_have_the_equilibria_of_their_range():
    assert len(phase_line(LIF, [-80, -66] * mV).equilibria) == 0  # it rests at -65
    assert phase_line(QIF, [60, 150], I=-1e4).equilibria["v"].tolist() == pytest.approx([100])
    root = 2 * np.arctan(np.sqrt(0.3))
    line = phase_line(theta_neuron(), [-7, 4])
    assert line.equilibria["th"].tolist() == pytest.approx([root - 2 * np.pi, -root, root])
    assert line.threshold == pytest.approx(np.pi)


@pytest.mark.parametrize(
    ("model", "current", "others"),
    [
        (HODGKIN_HUXLEY, 10 * DENSITY, {"m": "steady state", "h": "line"}),
        (CONNOR_STEVENS, 10 * DENSITY, {"m": "steady state", "h": "line"}),
        (TRAUB_MILES, 0.1 * nA, {"m": "steady state", "h": "line"}),
    ],
    ids=lambda m: getattr(m, "name", ""),
)
def test_reductions_say_what_follows_what(model, current, others):
    found = slaving(model, ("v", "n"), current).set_index("variable")
    assert others.items() <= found["follows"].to_dict().items()
    better = found[["by_steady_state", "by_line"]].min(axis=1)
    assert better.max() < 0.2
    lines = found.loc[found["follows"] == "line", "text"].to_dict()
    plane = phase_plane(model, ("v", "n"), [-90, 50] * mV, [0, 1], I=current, slave=lines)
    assert plane.lines == lines
    assert set(plane.slaved) == {*found.index} - {*lines}
    # On the nullcline of v the whole model's membrane stands still, with the others as said.
    point = plane.nullclines.query("nullcline == 'v'").iloc[40]
    field = Field(model, ["I"])
    state = settled(model, np.array([point["v_mV"] * 1e-3]), {})
    state |= {"v": point["v_mV"], "n": point["n"]}
    state |= {name: eval(text, {"n": point["n"]}) for name, text in lines.items()}
    x = np.array([float(np.ravel(state[name])[0]) for name in field.names])
    slope = field.point_slopes(x, np.array([float(current / model.input_unit)]))
    assert slope[field.membrane] == pytest.approx(0, abs=0.1)  # mV/ms, between points of the grid


def test_the_line_between_n_and_h_of_the_squid_axon():
    """Rinzel 1985 takes h = 0.8 - n; FitzHugh 1961 that h + n is about 0.85 all along."""
    (text,) = slaving(HODGKIN_HUXLEY, ("v", "n"), 10 * DENSITY).query("variable == 'h'")["text"]
    at_zero, at_one = (eval(text, {"n": n}) for n in (0, 1))
    assert 0.75 < at_zero < 0.95
    assert -1.3 < at_one - at_zero < -0.8
