"""Phase planes against nullclines in closed form."""

import numpy as np
import pytest
from brian2 import cm, mV, uA
from excitable.dynamics import equilibria, phase_plane
from excitable.models import HODGKIN_HUXLEY, find_model

from excitable.errors import InputError

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
    # One branch of the unstable manifold goes to rest, straight or round the cycle.
    rest = found.iloc[0][["v_mV", "w"]].to_numpy(float)
    ends = plane.separatrices.query("kind == 'unstable'").groupby("branch").last()
    assert np.abs(ends[["v_mV", "w"]].to_numpy() - rest).max() < 1e-2


def test_what_is_slaved_and_frozen_is_said():
    plane = phase_plane(HODGKIN_HUXLEY, ("v", "n"), [-90, 50] * mV, [0, 1], freeze={"h": 0.4})
    assert (plane.slaved, plane.frozen) == (("m",), ("h",))
    with pytest.raises(InputError, match="lower end first"):
        phase_plane(HODGKIN_HUXLEY, ("v", "n"), [50, -90] * mV, [0, 1])
