"""The update of Izhikevich's published program, as Brian2 text."""

from ...errors import InputError
from ...models.checks import listed
from ...models.system import System
from .runge_kutta import right_hand_sides

HALF_STEPS = "half_steps"


def check_half_steps(system: System) -> None:
    """Raise unless v and u, moved by nothing that is drawn in the step, are all that moves."""
    left_out = sorted({*system.rhs} - {"v", "u"}) + sorted(
        xi for noise in system.noise.values() for xi in noise
    )
    missing = sorted({"v", "u"} - {*system.rhs})
    if left_out or missing:
        what = f"leave out {listed(left_out)}" if left_out else f"need {listed(missing)}"
        raise InputError(
            f"method {HALF_STEPS!r}: the steps of the program of 2003 move v and u alone, and "
            f"would {what}; choose another method (Synapse.step and StepNoise are that program's)"
        )


def half_steps(system: System) -> str:
    """Return the step of net.m (Izhikevich 2003): v in two halves with the same u, then u."""
    rhs = right_hand_sides(system).rhs
    half = f"v += 0.5*dt*({rhs['v']})"
    return f"{half}\n{half}\nu += dt*({rhs['u']})"
