"""Who is connected to whom: from what a user says to Brian2's arguments of ``connect``."""

from dataclasses import dataclass

import numpy as np
from brian2 import Unit

from ...errors import InputError
from ...models.checks import check_name, check_quantity
from ...simulation import plan

RULES = ("all_to_all", "one_to_one", "blocks")


@dataclass(frozen=True, eq=False)
class Wiring:
    """Which cells of a source are connected to which of a target; one of the four is given.

    Attributes
    ----------
    p : float, optional
        Probability of each connection.
    in_degree : int, optional
        Exactly so many synapses on every target, from different sources at random.
    pairs : (array of int, array of int), optional
        Source and target of each synapse, as numbers within their populations.
    rule : {"all_to_all", "one_to_one", "blocks"}, optional
    block : (int, int), optional
        Cells of the source and of the target in each block.
    autapses : bool
        Whether a cell may connect to itself; explicit pairs are taken as they are.
    mutual : bool
        Whether a connection has no direction, so that each pair of cells counts once.
    """

    p: float | None = None
    in_degree: int | None = None
    pairs: tuple | None = None
    rule: str | None = None
    autapses: bool = False
    mutual: bool = False
    block: tuple[int, int] | None = None

    def __post_init__(self):
        given = {"p": self.p, "in_degree": self.in_degree, "pairs": self.pairs,
                 "wiring": self.rule}  # fmt: skip
        count = sum(value is not None for value in given.values())
        if count != 1:
            shown = ", ".join(name for name, value in given.items() if value is not None)
            raise InputError(
                f"p, in_degree, pairs, wiring: give one of them, got {shown or 'none'}"
            )
        if self.rule is not None:
            check_name("wiring", self.rule, RULES)
        if self.mutual and self.in_degree is not None:
            raise InputError("in_degree: gap junctions have no direction; give p, pairs or wiring")

    def connect(self, source: plan.Population, target: plan.Population) -> tuple[dict, float]:
        """Return Brian2's arguments of `connect`, and the expected number of synapses.

        Raises
        ------
        ValueError
            If the populations cannot be wired like that.
        """
        where = "of gap junctions" if self.mutual else f"from {source.name}"
        if self.pairs is not None:
            return self._explicit(source, target)
        if self.rule == "blocks":
            return self._blocks(source, target)
        if self.rule == "one_to_one":
            return self._one_to_one(source, target)
        if self.in_degree is not None:
            return self._with_in_degree(where, source, target)
        p = 1.0 if self.p is None else check_probability(f"p {where}", self.p)
        condition, possible = self._allowed(source, target)
        chance = {} if self.p is None else {"p": p}
        return {**condition, **chance}, p * possible

    def _allowed(self, source, target) -> tuple[dict, float]:
        """Return the condition that a pair must fulfil, and about how many pairs there are."""
        shared = _overlap(source, target)
        if self.mutual and shared:
            if (source.start, source.stop) != (target.start, target.stop):
                raise InputError(
                    f"gap junctions from {source.name} to {target.name}: the two share cells; "
                    "couple a population with itself, or two that share none"
                )
            return {"condition": "i < j"}, source.n * (source.n - 1) / 2
        if shared and not self.autapses:
            condition = {"condition": f"i + {source.start} != j + {target.start}"}
            return condition, source.n * target.n
        return {}, source.n * target.n

    def _explicit(self, source, target) -> tuple[dict, float]:
        pre, post = check_pairs(self.pairs, source, target)
        same = pre + source.start == post + target.start
        if self.mutual and source.cells == target.cells and same.any():
            raise InputError(
                f"pairs: pair {np.flatnonzero(same)[0]} couples a cell with itself by a gap "
                "junction, which conducts nothing; leave it out"
            )
        return {"i": pre, "j": post}, float(len(pre))

    def _blocks(self, source, target) -> tuple[dict, float]:
        """Connect all cells of each block of the source with all of its block of the target."""
        rows, columns = self.block
        blocks = source.n // rows
        if source.n != blocks * rows or target.n != blocks * columns:
            raise InputError(
                f"blocks from {source.name} to {target.name}: weights of shape {self.block} need "
                f"a multiple of {rows} and the same one of {columns} cells, got {source.n} and "
                f"{target.n}"
            )
        if _overlap(source, target):
            raise InputError(
                f"blocks from {source.name} to {target.name}: the two share cells; connect two "
                "populations"
            )
        first = f"(i // {rows})*{columns}"
        return {"j": f"k for k in range({first}, {first} + {columns})"}, blocks * rows * columns

    def _one_to_one(self, source, target) -> tuple[dict, float]:
        if source.n != target.n:
            raise InputError(
                f"one_to_one from {source.name} to {target.name}: needs as many cells in both, "
                f"got {source.n} and {target.n}"
            )
        if _overlap(source, target) and not (self.autapses and not self.mutual):
            remedy = "couple two populations" if self.mutual else "give autapses=True"
            raise InputError(
                f"one_to_one from {source.name} to {target.name}: would connect each cell to "
                f"itself; {remedy} if that is meant"
            )
        return {"j": "i"}, float(source.n)

    def _with_in_degree(self, where, source, target) -> tuple[dict, float]:
        k, own = self.in_degree, bool(_overlap(source, target)) and not self.autapses
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0:
            raise InputError(f"in_degree {where}: expected a whole number, got {k!r}")
        if k > source.n - own:
            raise InputError(
                f"in_degree {where}: {k} is above the {source.n - own} cells of that "
                "population that a cell can be connected to"
            )
        text = f"k for k in sample(0, {source.n}, size={k})"
        if own:  # draw among all others: from the cell itself on, take the next one
            text = f"k + int(k >= j) for k in sample(0, {source.n - 1}, size={k})"
        if own and (source.start, source.stop) != (target.start, target.stop):
            raise InputError(
                f"in_degree {where}: the targets, {target.name}, are these cells and others; "
                "give a projection onto each part, or autapses=True"
            )
        return {"i": text}, float(k * target.n)


def _overlap(a: plan.Population, b: plan.Population) -> int:
    """Return how many cells two populations share."""
    if a.cells != b.cells:
        return 0
    return max(0, min(a.stop, b.stop) - max(a.start, b.start))


def check_probability(name: str, p) -> float:
    """Return a probability; raise unless it lies between 0 and 1."""
    value = check_quantity(name, p, Unit(1), scalar=True)
    if not 0 <= value <= 1:
        raise InputError(f"{name}: expected a probability between 0 and 1, got {p}")
    return float(value)


def check_pairs(pairs, source: plan.Population, target: plan.Population) -> list[np.ndarray]:
    """Return the indices of sources and targets as arrays; raise for what is no cell."""
    try:
        found = [np.asarray(side) for side in pairs]
    except TypeError:
        found = []
    if len(found) != 2 or found[0].ndim != 1 or found[0].shape != found[1].shape:
        raise InputError(
            "pairs: expected two arrays of the same length, the sources' and the targets' "
            f"numbers, got {pairs!r}"
        )
    for what, numbers, population in zip(
        ("source", "target"), found, (source, target), strict=True
    ):
        if len(numbers) and not np.issubdtype(numbers.dtype, np.integer):
            raise InputError(f"pairs: {what} numbers must be whole, got {numbers.dtype}")
        outside = np.flatnonzero((numbers < 0) | (numbers >= population.n))
        if len(outside):
            raise InputError(
                f"pairs: {what} {numbers[outside[0]]} of pair {outside[0]} is none of the cells "
                f"0 to {population.n - 1} of {population.name}"
            )
    return [numbers.astype(np.int32) for numbers in found]
