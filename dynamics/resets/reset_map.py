"""What a spike does to a cell that is reset: where it is met, and from where the cell goes on."""

import numpy as np

from ...errors import InputError
from ...models.system import FREE
from ...models.text import numeric
from ...models.text.conditions import Gap
from ...models.text.expressions import needed, substitute
from ..continuation.field import Field

STEP = 1e-4  # of a variable's size; resets and thresholds are straight or nearly so


class ResetMap:
    """The threshold and the reset of a model, in display units.

    Parameters
    ----------
    field : Field

    Raises
    ------
    ValueError
        Where no threshold can be located, or the reset draws random numbers.
    """

    def __init__(self, field: Field):
        self.field = field
        system = field.model.system
        if system.gap is None:
            raise InputError(
                f"{field.model.name}: its spike condition {system.threshold!r} is drawn at random, "
                "so it has no cycles; use a fixed threshold"
            )
        self._given = [*field.names, *field.free, *field.fixed, "t", "dt"]
        self._tree = system.gap
        self._leaves = self._compiled(system.gap.leaves)
        self._after = self._compiled(list(system.after_reset().values()))
        self._kind = system.refractory.kind
        self._rule = self._compiled([system.refractory.text]) if self._kind else None
        self._held = system.held
        self._resting = None
        if self._kind == "time" and 0 < len(self._held) < field.n:
            texts, parts = system.slopes(holding=True), system.parts(holding=True)
            outputs = [texts[x] for x in field.names]
            self._resting = numeric.function(self._given, outputs, parts, system.functions)

    def _compiled(self, texts):
        system, free = self.field.model.system, {FREE: "True"}
        named = {k: substitute(t, free) for k, t in needed(texts, system.named).items()}
        texts = [substitute(t, free) for t in texts]
        return numeric.function(self._given, texts, named, system.functions)

    def _arguments(self, x, p):
        return self.field._arguments(x, np.atleast_1d(p))

    def gap(self, x, p) -> np.ndarray:
        """Return a number above zero where the spike condition holds, in SI units."""
        with np.errstate(all="ignore"):
            values = dict(zip(self._tree.leaves, self._leaves(*self._arguments(x, p)), strict=True))
        return _combined(self._tree, values)

    def refractory(self, x, p) -> float:
        """Return for how many ms a cell that lands at a state cannot fire."""
        if self._kind != "time":
            return 0.0
        return float(np.ravel(self._rule(*self._arguments(x, p))[0])[0]) * 1e3

    def pause(self, x, p) -> float:
        """Return for how many ms the cell, or a part of it, stands still after a spike."""
        return self.refractory(x, p) if self._held else 0.0

    def reset(self, x, p) -> np.ndarray:
        """Return the state into which a spike at a state puts the cell."""
        after = np.array([float(v) for v in self._after(*self._arguments(x, p))])
        return after / self.field.scale

    def landed(self, x, p) -> np.ndarray:
        """Return the state from which the cell goes on after a spike at a state."""
        after = self.reset(x, p)
        return self.paused(after, p, self.pause(after, p))

    def paused(self, x, p, time: float) -> np.ndarray:
        """Return where what is not held goes from a state while the cell pauses, in ms."""
        from scipy.integrate import solve_ivp

        if self._resting is None or not time:
            return x

        def slopes(t, y):
            return np.array(self._resting(*self._arguments(y, p)), float) * 1e-3 / self.field.scale

        near = 1e-12 * self.field.limits()
        return solve_ivp(slopes, (0, time), x, "DOP853", rtol=1e-12, atol=near).y[:, -1]

    def check_landing(self, x, p) -> None:
        """Refuse a cell that lands where it fires at once, or is not free to.

        Raises
        ------
        ValueError
        """
        name = self.field.model.name
        if self.gap(x, p) >= 0:
            raise InputError(f"{name}: its reset leaves it above its threshold")
        if self._kind == "condition" and np.all(self._rule(*self._arguments(x, p))[0]):
            raise InputError(
                f"{name}: after its reset it is refractory as long as "
                f"{self.field.model.system.refractory.text!r} holds; give a length of time"
            )

    def threshold_derivatives(self, x, p) -> tuple[np.ndarray, np.ndarray]:
        """Return the derivatives of the gap by state and parameter."""
        return self._by_both(lambda y, q: np.array([float(self.gap(y, q))]), x, p)

    def reset_derivatives(self, x, p) -> tuple[np.ndarray, np.ndarray]:
        """Return the derivatives of `landed` by state and parameter."""
        return self._by_both(self.landed, x, p)

    def by_state(self, function, x, p) -> np.ndarray:
        """Return the derivatives of one of the functions here, shape (outputs, variables)."""
        columns = []
        for k, h in enumerate(STEP * self.field.limits()):
            shift = h * np.eye(len(x))[k]
            columns.append((function(x + shift, p) - function(x - shift, p)) / (2 * h))
        return np.stack(columns, axis=-1)

    def _by_both(self, function, x, p) -> tuple[np.ndarray, np.ndarray]:
        h = STEP * max(abs(float(p)), self.field.usual())
        by_p = (function(x, p + h) - function(x, p - h)) / (2 * h)
        return self.by_state(function, x, p), by_p


def _combined(node: Gap, at) -> np.ndarray:
    if not node.of:
        return at[node.text]
    parts = np.broadcast_arrays(*(_combined(part, at) for part in node.parts))
    return (np.minimum if node.of == "min" else np.maximum).reduce(parts)
