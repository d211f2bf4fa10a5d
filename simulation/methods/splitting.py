"""Splitting methods for conductance models, as Brian2 text: half a step of the membrane potential
with the gates held, a step of every gate with the potential held, half a step of the potential.

With the others held each of these equations is linear and its step is in closed form, so none of
them limits the step as it does in a Runge-Kutta method, and the rates, in which the exponentials
are, are evaluated once (Strang 1968, SIAM J. Numer. Anal. 5:506-517, for the symmetric order;
Hines 1984, Int. J. Bio-Med. Comput. 15:69-76, for the scheme on staggered times in NEURON). The
composition is symmetric, so its error has even powers of the step alone, and one extrapolation
from two half steps and one whole one gives the fourth order (Hairer, Norsett & Wanner 1993,
Solving Ordinary Differential Equations I, II.9).
"""

from dataclasses import dataclass, field

from brian2.utils.stringtools import get_identifiers, word_substitute

from ...errors import InputError
from ...models.steady import is_constant
from ...models.system import System, total_derivative
from ...models.text.expressions import needed
from .runge_kutta import RightHandSides, right_hand_sides


@dataclass(frozen=True)
class Splitting:
    """A splitting method.

    Attributes
    ----------
    flow : str
        Step of ``x' = rhs`` over `h` where the rhs is linear in x with the given slope.
    extrapolated : bool
        Whether two half steps and one whole step are combined to the fourth order.
    """

    flow: str
    extrapolated: bool = False


CRANK_NICOLSON = "{x} + ({h})*{rhs}/(1 - 0.5*({h})*{slope})"
EXPONENTIAL = "{x} + ({h})*{rhs}*smooth_exprel(({h})*{slope})"

SPLITTINGS = {
    "strang": Splitting(CRANK_NICOLSON),
    "exponential_strang": Splitting(EXPONENTIAL),
    "extrapolated_strang": Splitting(CRANK_NICOLSON, extrapolated=True),
}


def split_step(parts: RightHandSides, method: str) -> tuple[list[str], dict[str, str]]:
    """Return one step as Brian2 statements.

    Parameters
    ----------
    parts : RightHandSides
    method : str
        A name in `SPLITTINGS`.

    Returns
    -------
    lines : list of str
        Statements; they change no state variable.
    results : dict of str to str
        For each state variable the name that holds its value after the step.

    Raises
    ------
    ValueError
        If the equations do not split.
    """
    splitting = SPLITTINGS[method]
    text = _Text(parts, splitting.flow)
    here = {x: x for x in parts.rhs}
    whole = text.strang(here, "t", "dt")
    if not splitting.extrapolated:
        return text.lines, whole
    middle = text.strang(here, "t", "0.5*dt")
    halves = text.strang(middle, "(t + 0.5*dt)", "0.5*dt")
    results = {x: f"{x}__extrapolated" for x in parts.rhs}
    text.lines += [f"{results[x]} = (4*{halves[x]} - {whole[x]})/3.0" for x in parts.rhs]
    return text.lines, results


def check_splits(system: System, method: str) -> None:
    """Raise ValueError unless a system splits; see `membrane_of` and `slope`."""
    try:
        split_step(right_hand_sides(system), method)
    except ValueError as error:
        raise InputError(f"method {method!r}: {error}") from None


def membrane_of(parts: RightHandSides) -> str:
    """Return the variable that the others wait for: each of them depends on it and itself alone.

    Raises
    ------
    ValueError
        If there is none.
    """
    states = set(parts.rhs)
    uses = {x: _uses(parts, text) & states for x, text in parts.rhs.items()}
    for v in parts.rhs:
        if all(uses[x] <= {x, v} for x in states - {v}):
            return v
    raise InputError(
        "a splitting method needs one variable (the membrane potential) such that every other one "
        f"depends on it and itself alone, but here {uses}; use method='rk4'"
    )


def slope(parts: RightHandSides, x: str) -> str:
    """Return the derivative of a variable's rhs with respect to itself.

    Raises
    ------
    ValueError
        If the rhs is not linear in the variable.
    """
    known = {x: "1"}
    # A rate of another variable may hold a shared exponential, of which nobody has the derivative.
    for name, text in needed([parts.rhs[x]], parts.named).items():
        if (total := total_derivative(text, known)) != "0":
            known[name] = total
    found = total_derivative(parts.rhs[x], known)
    if not is_constant(found, x, parts.named):
        raise InputError(
            f"a splitting method needs equations that are linear in their own variable, but "
            f"d{x}/dt is not linear in {x}; use method='rk4'"
        )
    return found


def _uses(parts: RightHandSides, text: str) -> set[str]:
    """Return all names that a text depends on, through the named parts too."""
    found = get_identifiers(text)
    for name, part in reversed(parts.named.items()):
        if name in found:
            found |= get_identifiers(part)
    return found


@dataclass
class _Text:
    """Statements as they are written; what was evaluated at one state is not evaluated again."""

    parts: RightHandSides
    flow: str
    lines: list[str] = field(default_factory=list)
    known: dict[tuple, str] = field(default_factory=dict)

    def __post_init__(self):
        self.membrane = membrane_of(self.parts)
        self.gates = [x for x in self.parts.rhs if x != self.membrane]
        self.slopes = {x: slope(self.parts, x) for x in self.parts.rhs}

    def strang(self, state: dict[str, str], start: str, h: str) -> dict[str, str]:
        """Write one symmetric step; time runs with the gates."""
        state = self.advance([self.membrane], state, start, f"0.5*{h}")
        state = self.advance(self.gates, state, f"({start} + 0.5*{h})", h)
        return self.advance([self.membrane], state, f"({start} + {h})", f"0.5*{h}")

    def advance(self, variables, state: dict[str, str], t: str, h: str) -> dict[str, str]:
        """Write a step of some variables while the others stand still."""
        moved = {}
        for x in variables:
            rhs = self.evaluate(f"rhs_{x}", self.parts.rhs[x], state, t)
            slope = self.evaluate(f"slope_{x}", self.slopes[x], state, t)
            moved[x] = self.write(x, self.flow.format(x=state[x], h=h, rhs=rhs, slope=slope))
        return state | moved

    def evaluate(self, name: str, text: str, state: dict[str, str], t: str) -> str:
        """Write the value of a text at a state, and before it those of the named parts it needs."""
        here = {
            part: self.evaluate(part, self.parts.named[part], state, t)
            for part in self.parts.named
            if part in get_identifiers(text)
        }
        text = word_substitute(text, {**state, "t": t} | here)
        if (name, text) not in self.known:
            self.known[name, text] = self.write(name, text)
        return self.known[name, text]

    def write(self, name: str, text: str) -> str:
        """Write a statement under a name of its own, which is returned."""
        own = f"{name}__split_{len(self.lines)}"
        self.lines.append(f"{own} = {text}")
        return own
