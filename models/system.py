"""`System`: a cell as mathematics, parsed once. Every engine reads it; none parses text again.

The mathematics stays in the model's own terms: named currents and rates are never written out into
one another, so whatever is derived from a system grows with the length of its text and not faster.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial

from brian2 import Equations, TimedArray, second, volt
from brian2.equations.equations import DIFFERENTIAL_EQUATION, SUBEXPRESSION, SingleEquation

from .text import numeric
from .text.computable import computable
from .text.conditions import RANDOM, Gap, gap_of, is_random, with_flags_compared
from .text.expressions import (
    calls,
    chain,
    depends,
    derivative,
    is_zero,
    names,
    needed,
    substitute,
    tree,
)
from .text.remembered import remembered
from .text.statements import Assignment, assignments

# What is 1 while a cell may fire and 0 while it is refractory.
FREE = "not_refractory"
HELD = "unless refractory"
ONCE_A_STEP = "constant over dt"


@dataclass(frozen=True)
class Refractory:
    """When a cell that has fired cannot fire again.

    Attributes
    ----------
    kind : "", "time" or "condition"
        For no time; for a length of time; or as long as a condition holds.
    text : str
    """

    kind: str = ""
    text: str = ""

    @property
    def brian(self) -> str | bool:
        """What a NeuronGroup takes."""
        return self.text or False


@dataclass(frozen=True)
class System:
    """A cell as mathematics: what moves, what is named, what a spike is.

    Attributes
    ----------
    name : str
    rhs : dict of str to str
        Right-hand side of every state variable, as Brian2 text in SI units without white noise.
    noise : dict of str to dict of str to str
        For each state variable that white noise drives: the coefficient of each noise ``xi``.
    named : dict of str to str
        Named currents, rates and conditions, in the order in which they are needed.
    order : tuple of str
        Names of the equations in the order of the text.
    dims : dict of str to Dimension
        Of everything in `rhs` and `named`.
    booleans : frozenset of str
        Those named parts that are conditions.
    held : frozenset of str
        State variables that stand still while the cell is refractory.
    constants : frozenset of str
        Parameters, the input where it is open, and whatever else has a value but no equation.
    input : str
    membrane : str
    threshold : str
    reset : tuple of Assignment
    refractory : Refractory
    functions : dict of str to Function or TimedArray
        What the text calls beside Brian2's own functions.
    """

    name: str
    rhs: Mapping[str, str]
    noise: Mapping[str, Mapping[str, str]]
    named: Mapping[str, str]
    order: tuple[str, ...]
    dims: Mapping[str, object]
    booleans: frozenset[str]
    held: frozenset[str]
    constants: frozenset[str]
    input: str
    membrane: str
    threshold: str = ""
    reset: tuple[Assignment, ...] = ()
    refractory: Refractory = Refractory()
    functions: Mapping[str, object] = field(default_factory=dict)

    # --- what it consists of -----------------------------------------------------------------

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the state variables, in the order of the text."""
        return tuple(self.rhs)

    @property
    def drawn_each_step(self) -> str:
        """What its equations draw in each step: "white noise", "random numbers", or nothing."""
        if self.noise:
            return "white noise"
        return "random numbers" if self.random == "the equations" else ""

    @property
    def stochastic(self) -> bool:
        """Whether white noise or random numbers drive it."""
        return bool(self.drawn_each_step)

    @property
    def random(self) -> str:
        """What draws random numbers beside white noise: where that is, or nothing."""
        for where, texts in {
            "the equations": [*self.rhs.values(), *self.named.values()],
            "the reset": [s.right for s in self.reset],
        }.items():
            if any(calls(text) & RANDOM for text in texts):
                return where
        for where, text in {
            "the threshold": self.threshold,
            "the refractory period": self.refractory.text,
        }.items():
            if text and is_random(text, self.named):
                return where
        return ""

    @property
    def draws(self) -> str:
        """What makes every trial another: random numbers, or white noise; empty without any."""
        if self.random:
            return f"random numbers in {self.random}"
        terms = [f"{xi} in d{x}/dt" for x, noise in self.noise.items() for xi in noise]
        return f"white noise ({', '.join(terms)})" if terms else ""

    @cached_property
    def gap(self) -> Gap | None:
        """Where the spike condition begins to hold; None without one, or where it is drawn."""
        if not self.threshold or is_random(self.threshold, self.named):
            return None
        return self.gap_of(self.threshold)

    def gap_of(self, condition: str) -> Gap:
        """Return where a condition begins to hold; see `conditions.gap_of`."""
        moving = {x for x, slope in self.rhs.items() if not is_zero(tree(slope))}
        moving |= {"t", self.input}
        return gap_of(condition, self.named, self.booleans).settled(
            lambda text: not depends(text, moving, self.named)
        )

    @property
    def keeps_firing(self) -> bool:
        """Whether a spike leaves its own condition as it is: no reset ends it."""
        if not self.threshold or is_random(self.threshold, self.named):
            return False
        return not depends(self.threshold, [s.target for s in self.reset], self.named)

    @property
    def timed(self) -> bool:
        """Whether the text depends on time itself."""
        return any("t" in names(text) for text in (*self.rhs.values(), *self.named.values()))

    @property
    def restless(self) -> str:
        """Why it can have no resting state, whatever its parameters; or nothing."""
        if self.timed:
            return "its equations depend on time, so it never rests"
        drawn = self.random == "the equations"
        return "its equations draw random numbers, so it never rests" if drawn else ""

    def slopes(self, *, holding: bool = False) -> dict[str, str]:
        """Return the right-hand sides, those of a refractory cell if `holding`.

        A held variable stands still; ``not_refractory`` in the text is false.
        """
        free = {FREE: "False" if holding else "True"}
        return {
            x: "0" if holding and x in self.held else substitute(text, free)
            for x, text in self.rhs.items()
        }

    def parts(self, *, holding: bool = False) -> dict[str, str]:
        """Return the named parts that the right-hand sides need; see `slopes`."""
        free = {FREE: "False" if holding else "True"}
        used = needed(self.slopes(holding=holding).values(), self.named)
        return {name: substitute(text, free) for name, text in used.items()}

    def after_reset(self) -> dict[str, str]:
        """Return the reset as a map: each state variable after it, in terms of those before it.

        The statements are carried out one after the other; what they set beside state variables
        lives until the last of them.
        """
        state = {x: x for x in self.rhs}
        local: dict[str, str] = {}
        for statement in self.reset:
            current = {x: text for x, text in (state | local).items() if text != x}
            for name, text in self.named.items():  # also parts of parts follow what was set
                if (new := substitute(text, current)) != text:
                    current[name] = new
            value = substitute(statement.value, current)
            (state if statement.target in state else local)[statement.target] = value
        return state

    # --- what follows from it ----------------------------------------------------------------

    def rate_of(self, text: str, slopes: Mapping[str, str]) -> tuple[dict[str, str], str]:
        """Return how fast an expression changes, given what the slopes are called; see `chain`."""
        arrays = [name for name, f in self.functions.items() if isinstance(f, TimedArray)]
        return chain(text, [*self.rhs, "t"], self.named, {**slopes, "t": "1"}, arrays)

    def effect_of(self, cause: str) -> dict[str, str]:
        """Return by how much each slope changes with a name, through named parts too.

        Raises
        ------
        NoDerivative
            If a function on the way has no known derivative.
        """
        found = {}
        for x, text in self.rhs.items():
            slopes = {cause: "1"}
            for name, part in needed([text], self.named).items():
                total = total_derivative(part, slopes)
                if total != "0":
                    slopes[name] = total
            total = total_derivative(text, slopes)
            if total != "0":
                found[x] = total
        return found

    def jacobian(self, by: Sequence[str] = ()) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
        """Return the exact derivatives of all slopes, in linear size.

        Parameters
        ----------
        by : sequence of str
            State variables and parameters; default: all state variables.

        Returns
        -------
        parts : dict of str to str
            Derivatives of named parts, in the order in which they are needed; behind them stand
            the model's named parts.
        entries : dict of (str, str) to str
            Derivative of the slope of the first by the second; what is missing is 0.
        """
        return _jacobian(self.slopes(), self.parts(), tuple(by) or self.states)

    def function(
        self, arguments: Sequence[str], outputs: Sequence[str], *, scalar: bool = False
    ) -> Callable:
        """Compile expressions in the system's terms to a Python function; see `numeric`."""
        return numeric.function(arguments, outputs, self.named, self.functions, scalar=scalar)


@remembered
def _jacobian(slopes: Mapping[str, str], named: Mapping[str, str], by: Sequence[str]):
    parts, entries = {}, {}
    for y in by:
        known = {y: "1"}
        for name, text in named.items():
            total = total_derivative(text, known)
            if total != "0":
                known[name] = f"d_{name}_by_{y}"
                parts[known[name]] = total
        for x, text in slopes.items():
            total = total_derivative(text, known)
            if total != "0":
                entries[x, y] = total
    return parts, entries


def product_text(a: str, b: str) -> str:
    """Return the product of two expressions as text."""
    return b if a == "1" else a if b == "1" else f"({a})*({b})"


def total_derivative(text: str, slopes: Mapping[str, str]) -> str:
    """Return the derivative of an expression whose names have these slopes, all else held.

    Examples
    --------
    >>> total_derivative("g*v*u", {"v": "1", "u": "2*v"})
    '(g * v)*(2*v) + g * u'
    """
    terms = []
    for name in sorted(names(text) & set(slopes)):
        factor = derivative(text, name)
        if factor == "0":
            continue
        terms.append(product_text(factor, slopes[name]))
    return " + ".join(terms) or "0"


# --- from text -------------------------------------------------------------------------------------


def parsed_equations(equations: str, declared: Sequence[str] = ()) -> Equations:
    """Return equation text as Brian2 reads it, without declarations of what is given elsewhere.

    Parameters
    ----------
    equations : str
    declared : sequence of str
        Parameters and the input: a line such as ``R : ohm (constant)`` says nothing new of them.
    """
    return _parsed(equations, frozenset(declared))


@lru_cache(maxsize=256)
def _parsed(equations: str, declared: frozenset[str]) -> Equations:
    parsed = Equations(equations)
    kept = [e for e in parsed.values() if e.expr is not None or e.varname not in declared]
    return parsed if len(kept) == len(parsed) else Equations(kept)


def system_of(model) -> System:
    """Return the system of a model, its input left open."""
    declared = frozenset([*model.parameters, model.input])
    found = _undriven(model.equations, declared, model.input)
    ready = _ready(parsed_equations(model.equations, declared), declared)
    threshold = with_flags_compared(model.threshold or "False", model.parameters, condition=True)
    found = replace(
        found,
        name=model.name,
        threshold=ready(threshold) if model.threshold else "",
        reset=tuple(replace(s, right=ready(s.right)) for s in assignments(model.reset)),
        constants=declared,
        functions=dict(model.functions),
    )
    refractory = ready(model.refractory) if model.refractory else ""
    found = replace(found, refractory=_refractory(model, found, refractory))
    return replace(found, membrane=model.membrane or _membrane(found))


@lru_cache(maxsize=256)
def _undriven(equations: str, declared: frozenset[str], given: str) -> System:
    """Return what equation text alone says; variants of a model share it."""
    parsed = _parsed(equations, declared)
    return from_equations("", parsed, computable_texts(parsed, declared), given)


def from_equations(name: str, parsed: Equations, texts: Mapping[str, str], given: str) -> System:
    """Return a system of equations; `texts` are their right-hand sides."""
    states = [n for n, e in parsed.items() if e.type == DIFFERENTIAL_EQUATION]
    drift = {x: substitute(texts[x], {xi: "0" for xi in _noises(parsed[x])}) for x in states}
    noise = {
        x: {xi: derivative(texts[x], xi) for xi in _noises(parsed[x])}
        for x in states
        if _noises(parsed[x])
    }
    ordered = [e.varname for e in parsed.ordered if e.type == SUBEXPRESSION]
    return System(
        name=name,
        rhs=drift,
        noise=noise,
        named={n: texts[n] for n in ordered},
        order=tuple(parsed),
        dims={n: e.dim for n, e in parsed.items()},
        booleans=frozenset(n for n in ordered if parsed[n].var_type == "boolean"),
        held=frozenset(x for x in states if HELD in parsed[x].flags),
        constants=frozenset(),
        input=given,
        membrane=states[0] if states else "",
    )


def computable_texts(parsed: Equations, others: Collection[str]) -> dict[str, str]:
    """Return all right-hand sides so that every engine computes the same; see `computable`."""
    ready = _ready(parsed, others)
    return {n: ready(e.expr.code) for n, e in parsed.items() if e.expr is not None}


def _ready(parsed: Equations, others: Collection[str]) -> Callable[[str], str]:
    """Return `computable` for expressions in the terms of some equations."""
    moving = [e for e in parsed.ordered if e.type == SUBEXPRESSION and ONCE_A_STEP not in e.flags]
    whole = {e.varname for e in parsed.values() if e.var_type == "integer"}
    named = {e.varname: e.expr.code for e in moving}
    ready = partial(computable, own={*others, *parsed}, named=named, whole=whole)
    return lambda text: ready(with_flags_compared(text, others))


def _noises(equation: SingleEquation) -> set[str]:
    return set(equation.stochastic_variables)


def _refractory(model, system: System, text: str) -> Refractory:
    """Return the rule; a cell whose spike condition no reset ends fires once per upward crossing.

    Such a cell is refractory as long as that condition holds, beside one of its own. By its own
    alone, where that is false above the threshold, it would fire in every step.
    """
    from . import validation  # which needs this file

    threshold = system.threshold
    if text and validation.refractory_dimensions(model) is second.dim:
        return Refractory("time", text)
    if not system.keeps_firing or text == threshold:
        return Refractory("condition", text) if text else Refractory()
    return Refractory("condition", f"({text}) or ({threshold})" if text else threshold)


def _membrane(system: System) -> str:
    """Return the state variable that is the membrane potential.

    That is the potential (or, where nothing is in volts, the variable of the spike condition)
    that the input reaches on the shortest way; of several the one of the spike condition.
    """
    volts = [x for x in system.rhs if system.dims[x] is volt.dim]
    spikes = system.threshold or "False"
    spiking = [x for x in system.rhs if depends(spikes, [x], system.named)]
    distance = _distances(system)
    far = len(system.rhs) + 1
    return min(
        volts or spiking or system.rhs,
        key=lambda x: (distance.get(x, far), x not in spiking),
        default="",
    )


def _distances(system: System) -> dict[str, int]:
    """Return over how many equations the input acts on each state variable."""
    found: dict[str, int] = {}
    reached, steps = {system.input}, 0
    while True:
        new = [
            x
            for x, text in system.rhs.items()
            if x not in found and depends(text, reached, system.named)
        ]
        if not new:
            return found
        found |= dict.fromkeys(new, steps)
        reached, steps = reached | set(new), steps + 1
