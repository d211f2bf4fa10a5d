"""`Population`: cells of one model, with a drive and a start of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from brian2 import Quantity

from ...errors import InputError
from ...models import NeuronModel, find_model
from ...models.checks import check_count, check_name
from ...models.grouping import check_vary
from ...simulation import plan
from .drives import Drive, check_drives
from .names import check_distinct, check_own_name

SLOTS = ("groups", "end")


@dataclass(frozen=True, eq=False)
class Population:
    """Cells of one model in a `Network`.

    Parameters
    ----------
    name : str
        By which projections, tables and recordings call it.
    model : NeuronModel or str
    n : int or dict of str to int
        Number of cells. A dict names parts of the population and their sizes, one after the
        other: each part can be source and target by itself, and tables tell them apart.
    drive : Stimulus, Poisson or StepNoise, or a sequence of them
        What comes from outside. Values that differ between cells are arrays of length `n`.
    start : "rest", "initial" or dict
        As in `excitable.simulation.simulate`; in a dict also Uniform, Normal or Drawn, and
        what synapses add (``"g_exc"``).
    vary : dict of str to Quantity
        Parameters that differ between cells, as arrays of length `n`.
    method : str, optional
        Instead of the model's own, or of the one that `Network.run` is given;
        ``"half_steps"`` is the update of the program of Izhikevich 2003, which moves v and u
        alone.
    update_when : {"groups", "end"}
        Whether the equations are integrated before spikes are found and arrive, as usual, or
        after that, at the end of the step.

    Raises
    ------
    ValueError
        When built, for a name that none may have, a number that is none, parameters that the
        model does not have, or values that are not one per cell.

    Examples
    --------
    >>> import numpy as np
    >>> from brian2 import ms, nA
    >>> from excitable.models import LIF
    >>> from excitable.protocols import Constant
    >>> Population("exc", LIF, 3, Constant(2*nA), vary={"tau": [10, 15, 20]*ms}).size
    3
    >>> Population("cells", LIF, {"exc": 80, "inh": 20}).names
    ('exc', 'inh')
    """

    name: str
    model: NeuronModel
    n: int | Mapping[str, int]
    drive: Drive | Sequence[Drive] | None = None
    start: str | Mapping[str, object] = "rest"
    vary: Mapping[str, Quantity] = field(default_factory=dict)
    method: str | None = None
    update_when: str = "groups"

    def __post_init__(self):
        check_own_name("population", self.name)
        if isinstance(self.model, str):
            object.__setattr__(self, "model", find_model(self.model))
        if not isinstance(self.model, NeuronModel):
            raise InputError(
                f"population {self.name!r}: expected a NeuronModel, got {self.model!r}"
            )
        for name, n in self._sizes.items():
            check_own_name("population", name)
            check_count(f"n of {name}", n)
        check_distinct("populations", [self.name, *self.parts], "choose another for the part")
        check_name("update_when", self.update_when, SLOTS)
        check_drives(f"drive of {self.name}", self.drive)
        check_vary(self.model, self.vary, self.size)
        if isinstance(self.start, str):
            check_name("start", self.start, ("rest", "initial"))
        elif not isinstance(self.start, Mapping):
            raise InputError(
                f"start of {self.name}: expected 'rest', 'initial' or a dict of initial values, "
                f"got {self.start!r}"
            )

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of its parts; empty if it has none."""
        return tuple(self.n) if isinstance(self.n, Mapping) else ()

    @property
    def names(self) -> tuple[str, ...]:
        """What tables call its cells: its parts, or itself."""
        return tuple(self._sizes)

    @property
    def _sizes(self) -> dict[str, int]:
        return dict(self.n) if isinstance(self.n, Mapping) else {self.name: self.n}

    @property
    def size(self) -> int:
        """Number of cells."""
        return sum(self._sizes.values())

    @property
    def varied(self) -> dict[str, np.ndarray]:
        """Parameters that differ between cells, in SI units."""
        checked = check_vary(self.model, self.vary, self.size)
        return {name: np.asarray(value, dtype=float) for name, value in checked.items()}

    @property
    def drives(self) -> tuple[Drive, ...]:
        """All that drives it."""
        return check_drives(f"drive of {self.name}", self.drive)

    def ranges(self) -> tuple[plan.Population, ...]:
        """Return what tables tell apart, each with its first cell and the one after its last."""
        found, begin = [], 0
        for name, n in self._sizes.items():
            found.append(plan.Population(name, self.name, begin, begin + n))
            begin += n
        return tuple(found)

    def range_of(self, name: str) -> plan.Population:
        """Return the cells of a part, or all of them."""
        whole = plan.Population(self.name, self.name, 0, self.size)
        return {self.name: whole, **{part.name: part for part in self.ranges()}}[name]
