"""What the list of methods says of them, against what they do."""

import numpy as np
import pytest
from brian2 import Unit, ms
from excitable.models import NeuronModel
from excitable.models.methods import METHODS
from excitable.protocols import Constant
from excitable.simulation import simulate
from excitable.simulation.methods import STEPS, check_method

# x' = I - x*x splits trivially: one variable, but not linear in itself; y relaxes to it.
SMOOTH = NeuronModel(
    name="smooth",
    equations="dx/dt = (I - x)/(10*ms) : 1\ndy/dt = (x**2 - y)/(5*ms) : 1",
    parameters={},
    input_unit=Unit(1),
    initial={"x": 0, "y": 1},
    dt=1 * ms,
)
FINITE = [m for m in METHODS.values() if np.isfinite(m.order)]


def final(method, dt):
    run = simulate(SMOOTH, Constant(1.0), 1, 16 * ms, start="initial", method=method, dt=dt * ms,
                   backend="numpy")  # fmt: skip
    return run.state["y"][0]


@pytest.mark.parametrize("method", [m.name for m in FINITE])
def test_orders_are_those_in_the_list(method):
    """Closed form: x = 1 - e^(-t/10); y solves a linear equation with that squared as input."""
    t = 16.0
    # y' = (x^2 - y)/5 with x^2 = 1 - 2 e^(-t/10) + e^(-t/5)
    right = 1 - 4 * np.exp(-t / 10) + (t / 5) * np.exp(-t / 5) + 4 * np.exp(-t / 5)
    steps = (2.0, 1.0, 0.5)
    errors = [abs(final(method, dt) - right) for dt in steps]
    order = np.log2(errors[0] / errors[-1]) / 2
    assert order == pytest.approx(METHODS[method].order, abs=0.35)


def test_own_methods_are_those_that_brian2_does_not_know():
    own = {name for name in STEPS if not METHODS[name].of_brian}
    assert own == {m.name for m in METHODS.values() if not m.of_brian}


@pytest.mark.parametrize("method", [m.name for m in FINITE if np.isfinite(m.decay)])
def test_decay_is_where_a_step_stops_being_stable(method):
    """x' = -x/tau with dt = decay*tau*(1 -+ 1e-3): shrinks, and grows."""
    decay = METHODS[method].decay
    sizes = []
    for factor in (0.99, 1.01):
        model = NeuronModel(
            name="decay", equations="dx/dt = (I - x)/tau : 1", parameters={"tau": 1 * ms},
            input_unit=Unit(1), initial={"x": 1}, dt=decay * factor * ms,
        )  # fmt: skip
        if factor > 1:
            with pytest.raises(ValueError, match="cannot follow"):
                simulate(model, Constant(0.0), 1, 500 * ms, start="initial", method=method)
            continue
        run = simulate(model, Constant(0.0), 1, 500 * ms, start="initial", method=method,
                       backend="numpy")  # fmt: skip
        sizes.append(abs(run.state["x"][0]))
    assert sizes[0] < 1


def test_a_system_that_does_not_split_names_why():
    with pytest.raises(ValueError, match=r"strang.*linear in their own variable"):
        check_method("strang", NeuronModel(
            name="square", equations="dx/dt = (I - x**2)/(1*ms) : 1", parameters={},
            input_unit=Unit(1), initial={"x": 1},
        ).system)  # fmt: skip


@pytest.mark.parametrize(
    "backend", ["numpy", pytest.param("cpp_standalone", marks=pytest.mark.slow)]
)
def test_equations_that_brian2_cannot_integrate_are_refused_in_a_sentence(backend):
    with pytest.raises(
        ValueError, match=r"smooth: method 'exact' cannot .*linear.*use method='rk4'"
    ):
        simulate(
            SMOOTH, Constant(0.0), 1, 10 * ms, start="initial", method="exact", backend=backend
        )
