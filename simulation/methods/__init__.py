"""Which of our own integration methods there are, and how Brian2 is handed one of them."""

from collections.abc import Callable, Collection

from .half_steps import HALF_STEPS, half_steps
from .runge_kutta import TABLEAUS, System, step
from .shared_exponentials import economical_system
from .splitting import SPLITTINGS, check_splits, split_step

# Steps of the system's text over one dt: statements, and where each variable's new value is.
STEPS: dict[str, Callable[[System], tuple[list[str], dict[str, str]]]] = {
    **{name: lambda parts, name=name: step(parts, "rk", "t", "dt", name) for name in TABLEAUS},
    **{name: lambda parts, name=name: split_step(parts, name) for name in SPLITTINGS},
}


def check_method(method: str, equations: str) -> None:
    """Raise ValueError if a method cannot integrate these equations."""
    if method in SPLITTINGS:
        check_splits(equations, method)


def updater(method: str, stochastic: bool, names: Collection[str]):
    """Return what Brian2 takes as `method`: one of ours where there is one, else the name.

    `names` are those of the group's namespace.
    """
    if method == HALF_STEPS:
        return half_steps
    if stochastic or method not in STEPS:
        return method

    def state_updater(equations, variables=None, method_options=None) -> str:
        lines, results = STEPS[method](economical_system(equations, names))
        return "\n".join(lines + [f"{x} = {result}" for x, result in results.items()])

    return state_updater
