"""The update of Izhikevich's published program, as Brian2 text."""

from .runge_kutta import system

HALF_STEPS = "half_steps"


def half_steps(equations, variables=None, method_options=None) -> str:
    """Return the step of net.m (Izhikevich 2003): v in two halves with the same u, then u."""
    rhs = system(equations).rhs
    half = f"v += 0.5*dt*({rhs['v']})"
    return f"{half}\n{half}\nu += dt*({rhs['u']})"
