"""The textbooks' small cells: their bifurcations, at values that AUTO and the books give."""

import numpy as np
import pytest
from excitable.dynamics import bifurcations, equilibria, rest
from excitable.models import find_model
from excitable.models.zoo.textbook import TEXTBOOK

EVERY = [m for top in TEXTBOOK for m in (top, *top.variants.values())]


@pytest.mark.parametrize(
    ("name", "kind", "places", "high"),
    [
        ("morris_lecar", "Hopf", [93.8576184, 212.0188163], 250),
        ("morris_lecar_snic", "saddle-node", [39.9631531], 150),
        ("morris_lecar_snic", "Hopf", [97.6461639], 150),
        ("morris_lecar_homoclinic", "Hopf", [36.3162175], 150),
        ("wang_buzsaki", "saddle-node", [0.1600863], 10),
        ("persistent_sodium", "saddle-node", [4.5128676], 50),
        ("persistent_sodium_low", "Hopf", [14.65904], 50),
    ],
)
def test_bifurcations_of_the_books(name, kind, places, high):
    model = find_model(name)
    found = bifurcations(model, "I", [0, high] * model.input_unit, cycles=False)
    own = found.points.query("type == @kind")[found.parameter_column].to_numpy()
    for place in places:
        assert np.abs(own - place).min() < 1e-6 * max(place, 1)


def test_hindmarsh_rose_rests_where_a_cubic_is_zero():
    # y = c - d*x**2 and z = s*(x - x_R): a*x**3 + (d - b)*x**2 + s*(x - x_R) - c = I
    roots = np.roots([1.0, 2.0, 4.0, 4 * 1.6 - 1])
    real = roots[np.abs(roots.imag) < 1e-12].real
    assert equilibria(find_model("hindmarsh_rose"))["x"].to_numpy() == pytest.approx(
        real, abs=1e-12
    )


@pytest.mark.parametrize("model", EVERY, ids=lambda m: m.name)
def test_starts_at_rest_and_documents_itself(model):
    assert model.references
    assert all(p.meaning and p.range for p in model.parameters.values())
    at_rest = rest(model, {}, 1)[model.membrane].item()
    assert np.isfinite(at_rest)
