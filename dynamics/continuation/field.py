"""A model as a vector field of its state and of free parameters, with exact derivatives.

Everything is in the units in which tables show it, and in ms: the numbers that a continuation works
with are then of moderate size.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from brian2 import get_dimensions
from brian2.units.fundamentalunits import DIMENSIONLESS

from ...errors import InputError
from ...models.checks import check_name
from ...models.steady import steady_states
from ...models.text import numeric
from ...models.text.expressions import NoDerivative, calls, names, needed
from ...models.units import own_columns
from ..conserved import conserved, shown
from . import jets

_JUMPS = frozenset({"floor", "ceil", "timestep"})


class Field:
    """dx/dt = f(x, p) of a model, in display units per ms.

    Parameters
    ----------
    model : NeuronModel
    free : sequence of str
        Parameters that are arguments (the input, under the model's name for it, among them).
    values : dict of str to float, optional
        In SI units, instead of the model's own values. The input counts as 0.

    Attributes
    ----------
    names : tuple of str
        State variables, in the order of the text.
    units, free_units : list of Unit
    membrane : int
        Which of `names` is the membrane potential.
    fixed : dict of str to float
        All other parameters (and the input), in SI units.
    """

    def __init__(self, model, free: Sequence[str], values: Mapping[str, float] | None = None):
        check_smooth(model)
        for name in free:
            check_name("parameter", name, [*model.parameters, model.input])
        self.model, self.free = model, tuple(free)
        system = model.system
        self.names = system.states
        self.membrane = self.names.index(model.membrane)
        self.units = [model.unit_of(x) for x in self.names]
        self.free_units = [model.unit_of(x) for x in self.free]
        self.scale = np.array([float(u) for u in self.units])
        self.free_scale = np.array([float(u) for u in self.free_units])
        fixed = {**model.values, model.input: 0.0} | dict(values or {})
        self.fixed = {k: v for k, v in fixed.items() if k not in self.free}
        self._limits: np.ndarray | None = None
        self._compile(system)
        self._check_sums()

    def _check_sums(self) -> None:
        """Refuse a cell whose equilibria are no points: it has one for every value of a sum."""

        def slopes(x):
            p = np.zeros((len(self.free), x.shape[1]))
            return self.slopes(x / self.scale[:, None], p) * self.scale[:, None]

        for row in conserved(self.model, self.names, slopes) if self.n > 1 else ():
            last = self.names[np.flatnonzero(row)[-1]]
            raise InputError(
                f"{self.model.name}: {shown(row, self.names)} never changes, so its equilibria and "
                f"cycles are not single ones; in place of d{last}/dt write what {last} is, by the "
                "others (or as a parameter)"
            )

    def columns(self, others: Collection[str]) -> list[str]:
        """Return the columns of the free parameters and the states in a table with `others`."""
        units = zip([*self.free, *self.names], [*self.free_units, *self.units], strict=True)
        return [*own_columns(dict(units), others, what=self.model.name).values()]

    @property
    def n(self) -> int:
        """Number of state variables."""
        return len(self.names)

    def _compile(self, system) -> None:
        given = [*self.names, *self.free, *self.fixed, "t", "dt"]
        slopes, parts = system.slopes(), system.parts()
        outputs = [slopes[x] for x in self.names]
        self._tail = [*self.fixed.values(), 0.0, float(self.model.dt)]
        self._slopes = numeric.function(given, outputs, parts, system.functions)
        self._numbers = numeric.function(given, outputs, parts, system.functions, scalar=True)
        self._jets = numeric.function(given, outputs, parts, {**system.functions, **jets.FUNCTIONS})
        try:
            moved, entries = system.jacobian([*self.names, *self.free])
        except NoDerivative as error:
            raise InputError(
                f"{self.model.name}: {error}, so its equations cannot be followed over a "
                "parameter; write the function out in the equations"
            ) from None
        self._places = list(entries)
        self._entries = numeric.function(
            given, list(entries.values()), {**parts, **moved}, system.functions
        )
        columns = [*self.names, *self.free]
        row, column = self.names.index, columns.index
        self._index = [(row(x), column(y)) for x, y in self._places]
        all_scales = np.concatenate([self.scale, self.free_scale])
        self._factor = [1e-3 * all_scales[j] / self.scale[i] for i, j in self._index]

    def _arguments(self, x, p):
        own = [x[k] * s for k, s in enumerate(self.scale)]
        return [*own, *(p[k] * s for k, s in enumerate(self.free_scale)), *self._tail]

    def slopes(self, x, p) -> np.ndarray:
        """Return dx/dt per ms; `x` has shape (variables, ...), `p` (free parameters, ...)."""
        found = np.empty(np.shape(x))
        with np.errstate(all="ignore"):
            for k, value in enumerate(self._slopes(*self._arguments(x, p))):
                found[k] = value * (1e-3 / self.scale[k])
        return found

    def point_slopes(self, x, p) -> np.ndarray:
        """Return dx/dt at one state, faster than `slopes`; NaN where it is not defined."""
        try:
            values = self._numbers(*(float(a) for a in self._arguments(x, p)))
        except (ArithmeticError, ValueError):
            return np.full(self.n, np.nan)
        return np.array(values) * (1e-3 / self.scale)

    def derivatives(self, x, p) -> np.ndarray:
        """Return derivatives by state and free parameters, shape (..., variables, both)."""
        shape = np.shape(x)[1:]
        found = np.zeros((*shape, self.n, self.n + len(self.free)))
        with np.errstate(all="ignore"):
            values = self._entries(*self._arguments(x, p))
        for (i, j), factor, value in zip(self._index, self._factor, values, strict=True):
            found[..., i, j] = value * factor
        return found

    def jacobian(self, x, p) -> np.ndarray:
        """Return the derivatives by the state alone."""
        return self.derivatives(x, p)[..., : self.n]

    def series(self, x, p, directions: np.ndarray, order: int) -> np.ndarray:
        """Return Taylor coefficients of f along directions.

        Parameters
        ----------
        x : array, shape (variables,)
        p : array, shape (free,)
        directions : array, shape (variables + free, count)
            In state and free parameters.
        order : int

        Returns
        -------
        array, shape (order + 1, variables, count)
            The k-th is the k-th directional derivative over k!.
        """
        count = directions.shape[1]
        start = np.concatenate([x * self.scale, np.asarray(p) * self.free_scale])
        scales = np.concatenate([self.scale, self.free_scale])
        arguments = []
        for k, at in enumerate(start):
            c = np.zeros((order + 1, count))
            c[0], c[1] = at, directions[k] * scales[k]
            arguments.append(jets.Jet(c))
        pattern = arguments[0]
        values = self._jets(*arguments, *self._tail)
        found = [pattern.like(v).c * (1e-3 / s) for v, s in zip(values, self.scale, strict=True)]
        return np.stack(found, axis=1)

    def form(self, x, p, *vectors: np.ndarray) -> np.ndarray:
        """Return the multilinear form of the derivatives of f, of order ``len(vectors)``.

        By polarisation: it is a sum of directional derivatives along sums and differences of the
        vectors, which may be complex. Vectors are of the state, or of state and free parameters.
        """
        size = self.n + len(self.free)
        padded = [np.concatenate([v, np.zeros(size - len(v))]) for v in vectors]
        total = np.zeros(self.n, dtype=complex)
        real, weights = [], []
        for choice in np.ndindex(*[2] * len(vectors)):
            split = [v.imag if c else v.real for v, c in zip(padded, choice, strict=True)]
            if not all(np.any(v) for v in split):
                continue
            for signs in np.ndindex(*[2] * (len(vectors) - 1)):
                sign = [1, *(1 - 2 * s for s in signs)]
                real.append(sum(s * v for s, v in zip(sign, split, strict=True)))
                weights.append(1j ** sum(choice) * np.prod(sign))
        if real:
            order = len(vectors)
            values = self.series(x, p, np.stack(real, axis=1), order)[order]
            total = values @ np.array(weights) / 2 ** (order - 1)
        return total

    def limits(self) -> np.ndarray:
        """Return how large each variable is, roughly.

        A potential: 25 mV; a number: 1 or what it starts at; anything else: that, or how far its
        steady state moves over 50 mV.
        """
        if self._limits is None:
            self._limits = self._sizes()
        return self._limits.copy()

    def usual(self) -> float:
        """Return how large the free parameter is in the model itself; 1 where it is 0 there."""
        name = self.free[0]
        if name == self.model.input:
            return max(map(abs, self.model.input_range)) or 1.0
        return abs(self.model.parameters[name].value) or 1.0

    def start(self) -> np.ndarray:
        """Return the model's initial state."""
        from ...models.initial import initial_state

        first = initial_state(self.model, {})
        return np.array([float(np.ravel(first[x])[0]) for x in self.names]) / self.scale

    def _sizes(self) -> np.ndarray:
        start = self.start()
        moved = self._moved(start[self.membrane] * self.scale[self.membrane])
        sizes = []
        for k, (name, unit, scale) in enumerate(
            zip(self.names, self.units, self.scale, strict=True)
        ):
            is_number = get_dimensions(unit) is DIMENSIONLESS
            least = 1.0 if is_number else moved.get(name, 0.0) / scale or 1e-3
            sizes.append(25.0 if str(unit) == "mV" else max(abs(start[k]), least))
        return np.array(sizes)

    def _moved(self, v: float) -> dict[str, float]:
        """Return how far the others' steady states move over 50 mV, in SI units."""
        system, name = self.model.system, self.names[self.membrane]
        if str(self.units[self.membrane]) != "mV":
            return {}
        found = steady_states(system, [name])
        given = [name, *self.free, *self.fixed, "t", "dt"]
        named = {**found.statements, **system.parts()}
        others = numeric.function(given, list(found.order), named, system.functions)
        ends = np.array([v - 0.025, v + 0.025])
        with np.errstate(all="ignore"):
            values = others(ends, *[0.0] * len(self.free), *self._tail)
        sizes = {x: float(np.ptp(y)) for x, y in zip(found.order, values, strict=True)}
        return {x: size for x, size in sizes.items() if np.isfinite(size)}


def check_smooth(model) -> None:
    """Refuse what has no vector field: time, noise, random numbers, jumps; the term is named."""
    system = model.system
    if system.draws:
        raise InputError(
            f"{model.name}: a cell that draws {system.draws} has no equilibria or cycles; take "
            "that out of the model"
        )
    slopes = system.slopes()
    texts = {f"d{x}/dt": t for x, t in slopes.items()}
    texts |= needed(slopes.values(), system.parts())
    for name, text in texts.items():
        if "t" in names(text):
            raise InputError(
                f"{model.name}: {name} = {text} depends on time, so the cell has no equilibria or "
                "cycles of its own; replace what depends on t by a constant"
            )
        if jumps := calls(text) & _JUMPS:
            raise InputError(
                f"{model.name}: {name} = {text} jumps ({sorted(jumps)[0]}) and has no derivative"
            )
