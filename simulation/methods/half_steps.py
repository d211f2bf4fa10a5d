"""The update of Izhikevich's published program, as Brian2 text."""

from ...models.system import System
from .runge_kutta import right_hand_sides

HALF_STEPS = "half_steps"


def half_steps(system: System) -> str:
    """Return the step of net.m (Izhikevich 2003): v in two halves with the same u, then u."""
    rhs = right_hand_sides(system).rhs
    half = f"v += 0.5*dt*({rhs['v']})"
    return f"{half}\n{half}\nu += dt*({rhs['u']})"
