"""Which of our own integration methods there are, and how Brian2 is handed one of them."""

from collections.abc import Callable

from ...models.grouping import BrianText
from ...models.system import System
from .half_steps import HALF_STEPS, check_half_steps, half_steps
from .runge_kutta import TABLEAUS, RightHandSides, step
from .shared_exponentials import economical
from .splitting import SPLITTINGS, check_splits, split_step

# Steps of the system's text over one dt: statements, and where each variable's new value is.
STEPS: dict[str, Callable[[RightHandSides], tuple[list[str], dict[str, str]]]] = {
    **{name: lambda parts, name=name: step(parts, "rk", "t", "dt", name) for name in TABLEAUS},
    **{name: lambda parts, name=name: split_step(parts, name) for name in SPLITTINGS},
}


def check_method(method: str, system: System) -> None:
    """Raise ValueError if a method cannot integrate a system."""
    if method in SPLITTINGS:
        check_splits(system, method)
    if method == HALF_STEPS:
        check_half_steps(system)


def updater(text: BrianText):
    """Return what Brian2 takes as `method`: one of ours where there is one, else the name."""
    if text.method == HALF_STEPS:
        return lambda *_, **__: half_steps(text.system)
    if text.stochastic or text.method not in STEPS:
        return text.method

    def state_updater(equations, variables=None, method_options=None) -> str:
        lines, results = STEPS[text.method](economical(text.system))
        return "\n".join(lines + [f"{x} = {result}" for x, result in results.items()])

    return state_updater
