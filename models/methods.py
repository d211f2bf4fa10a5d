"""Which integration methods there are: name, order, cost, and what each can integrate.

These are facts about methods; how a step of one is written stands in ``simulation/methods``.
"""

import math
from dataclasses import dataclass

from ..errors import InputError
from .checks import check_name


@dataclass(frozen=True)
class Method:
    """An integration method.

    Attributes
    ----------
    name : str
    order : int or float
        Of convergence for smooth equations without noise; infinite for an exact solution.
    cost : float
        Of a step, where one evaluation of all rates of a Hodgkin-Huxley cell is 1 (measured).
    decay : float
        The fastest decay, per step, at which it is still stable: where its stability function
        reaches 1 (Hairer & Wanner 1996, Solving Ordinary Differential Equations II, IV.2).
    noise : bool
        Whether it integrates additive white noise, or what is drawn once a step.
    of_brian : bool
        Whether a NeuronGroup knows it by this name.
    needs : str
        What the equations must be like; empty for any.
    """

    name: str
    order: float
    cost: float
    decay: float = math.inf
    noise: bool = False
    of_brian: bool = True
    needs: str = ""


METHODS = {
    method.name: method
    for method in (
        Method("exact", math.inf, 1.0, needs="linear equations"),
        Method("exponential_euler", 1, 1.3, needs="equations linear in their own variable"),
        Method("euler", 1, 0.8, decay=2.0, noise=True),
        # Heun and Milstein for the noise; what is without noise in them is an Euler step.
        Method("heun", 1, 0.8, decay=2.0, noise=True),
        Method("milstein", 1, 0.8, decay=2.0, noise=True),
        Method("rk2", 2, 1.6, decay=2.0),
        Method("rk4", 4, 3.2, decay=2.785293563),
        Method("strang", 2, 1.0, of_brian=False, needs="equations that split"),
        Method("exponential_strang", 2, 1.3, of_brian=False, needs="equations that split"),
        Method("extrapolated_strang", 4, 2.9, of_brian=False, needs="equations that split"),
    )
}


def method_named(name: str, *, noise: str = "") -> Method:
    """Return a method by its name.

    Parameters
    ----------
    name : str
    noise : str
        What is drawn in each step that it must integrate, such as "white noise"; empty for none.

    Raises
    ------
    ValueError
        For an unknown name, with the nearest right one, and where it cannot integrate noise.

    Examples
    --------
    >>> method_named("rk4").order
    4
    """
    found = METHODS[check_name("method", name, METHODS)]
    if noise and not found.noise:
        able = tuple(m.name for m in METHODS.values() if m.noise)
        raise InputError(f"method {name!r} cannot integrate {noise}; use one of {able}")
    return found
