"""`Projection`: the synapses of one kind from one population to another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from brian2 import Quantity, TimedArray, Unit, ms, second

from ...errors import InputError
from ...models.checks import check_quantity
from ...models.units import base_unit
from ...models.warn import warn_caller
from ...simulation import plan
from .distributions import Distribution, Drawn, highest, lowest, sample
from .gap_junctions import GapJunctions
from .names import check_own_name, names_of, weight_name
from .synapses import Synapse
from .wiring import Wiring


@dataclass(frozen=True, eq=False)
class Projection:
    """Synapses of one kind between two populations of a `Network`, or gap junctions.

    Parameters
    ----------
    source, target : str
        Names of populations, or of parts of them.
    synapse : Synapse or GapJunctions
        What a spike of the source does to its targets.
    p : float, optional
        Probability that a cell of the source is connected to one of the target.
    in_degree : int, optional
        Instead: exactly so many synapses on every target cell, from different cells at random.
    pairs : (array of int, array of int), optional
        Instead: the cell of the source and that of the target for each synapse, numbered from 0
        within their populations.
    wiring : {"all_to_all", "one_to_one", "blocks"}, optional
        Instead: a rule. ``"blocks"`` are copies of one small network side by side: with weights
        of shape (m, n) the first m cells of the source are connected with the first n of the
        target, the next m with the next n, and so on.
    weight : Quantity, Uniform, Normal or Drawn, optional
        Instead of the synapse's own; with `pairs` also an array with one value for each, with
        ``"blocks"`` one of shape (cells of the source, cells of the target) in a block.
    delay : Quantity, Uniform or Normal
        From spike to effect; rounded to steps. Default 0: the effect is there in the next step.
    autapses : bool
        Whether a cell may be connected to itself; `pairs` are taken as they are.
    name : str, optional
        In tables. Default ``"exc_to_inh"``, with a number for another between the same two.
    label : str, optional
        After which the variables are called that the synapses add to their targets (``g_exc``,
        ``I_exc``). Default: the source; with a number for another kind of synapse from there, or
        if the model has such names already. Projections with one label and the same time course
        share the variables.

    Raises
    ------
    ValueError
        When built, unless exactly one of `p`, `in_degree`, `pairs` and `wiring` is given; the
        `Network` checks what depends on the populations.

    Examples
    --------
    >>> from brian2 import ms, mV, nS
    >>> fast = Synapse.conductance(tau=2*ms, E_rev=0*mV, weight=3*nS)
    >>> to_inhibition = Projection("exc", "inh", fast, p=0.1, delay=1.5*ms)
    >>> given = Projection("exc", "inh", fast, pairs=([0, 0, 1], [2, 3, 2]), weight=[1, 2, 3]*nS)
    """

    source: str
    target: str
    synapse: Synapse | GapJunctions
    p: float | None = None
    in_degree: int | None = None
    pairs: tuple | None = None
    wiring: str | None = None
    weight: Quantity | Distribution | None = None
    delay: Quantity | Distribution | None = None
    autapses: bool = False
    name: str | None = None
    label: str | None = None

    def __post_init__(self):
        where = f"projection from {self.source} to {self.target}"
        if not isinstance(self.synapse, Synapse | GapJunctions):
            raise InputError(f"{where}: expected a Synapse or GapJunctions, got {self.synapse!r}")
        for kind, name in (("projection", self.name), ("label", self.label)):
            if name is not None:
                check_own_name(kind, name)
        if self.is_gap:
            if self.synapse.p is not None or self.synapse.within is not None:
                raise InputError(
                    f"{where}: give p to the Projection, not to the GapJunctions, which are "
                    "within its source and target"
                )
            if self.delay is not None:
                raise InputError(f"{where}: gap junctions have no delay")
        if self.wiring == "blocks":
            if (
                self.is_gap
                or isinstance(self.strength, Distribution)
                or np.ndim(self.strength) != 2
            ):
                raise InputError(
                    f"{where}: blocks need a Synapse and weights of shape (cells of the source, "
                    "cells of the target) in a block"
                )
        elif self.pairs is None and self._each:
            raise InputError(f"{where}: an array of weights needs pairs, one weight for each")
        check_delay(self.delay)
        if isinstance(self.delay, Distribution) and getattr(self.synapse, "form", "") == "pulse":
            raise InputError(f"{where}: a pulse needs one delay for all, or it would have no end")

    @property
    def is_gap(self) -> bool:
        """Whether these are gap junctions."""
        return isinstance(self.synapse, GapJunctions)

    @property
    def rule(self) -> Wiring:
        """Who is connected to whom."""
        block = np.shape(self.strength) if self.wiring == "blocks" else None
        return Wiring(
            self.p, self.in_degree, self.pairs, self.wiring, self.autapses, self.is_gap, block
        )

    @property
    def strength(self):
        """The weight: its own, or the synapse's."""
        return self.synapse.weight if self.weight is None else self.weight

    @property
    def is_drawn(self) -> bool:
        """Whether every synapse draws its weight."""
        return isinstance(self.strength, Distribution)

    @property
    def _each(self) -> bool:
        return not self.is_drawn and np.ndim(self.strength) > 0

    def check(self, source: plan.Population, target: plan.Population, models) -> None:
        """Raise if these cells cannot be connected like this.

        Parameters
        ----------
        source, target : simulation's Population
        models : (NeuronModel, NeuronModel)
            Of source and target.
        """
        from_model, to_model = models
        for model in models if isinstance(self.delay, Distribution) else ():
            if "delay" in names_of(model):
                raise InputError(
                    f"delay from {self.source} to {self.target}: {model.name} has a 'delay' of its "
                    "own, which Brian2 takes for the synapses' where theirs are drawn; rename it "
                    "in the model, or give one delay for all"
                )
        if self.is_gap:
            self.synapse.check(to_model, from_model, self.strength)
        else:
            self.synapse.check(to_model, self.strength)
        _, expected = self.rule.connect(source, target)
        if self._each and self.pairs is not None and np.shape(self.strength) != (expected,):
            raise InputError(
                f"weight from {self.source} to {self.target}: expected {expected:.0f} values, one "
                f"for each pair, got shape {np.shape(self.strength)}"
            )

    def planned(self, name, label, source, target, models, dt) -> plan.Projection | None:
        """Return what the simulation connects; None where there is no synapse.

        Parameters
        ----------
        name, label : str
        source, target : simulation's Population
        models : (NeuronModel, NeuronModel)
        dt : Quantity
        """
        connect, expected = self.rule.connect(source, target)
        if not expected:
            return None
        from_model, to_model = models
        w, unit = self.synapse_weight(models)
        drawn, values, each, functions = {}, {}, {}, {}
        if isinstance(self.strength, Distribution):
            drawn[w] = self.strength.text(f"weight from {self.source}", unit)
        elif self.wiring == "blocks":
            functions[f"weights_{name}"], drawn[w] = _table(f"weights_{name}", self.strength)
        elif self._each:
            each[w] = np.asarray(self.strength, dtype=float)
        else:
            values[w] = float(self.strength)
        if self.is_gap:
            model = self.synapse.model(to_model, label, from_model, each=not values)
            pathways = {}
        else:
            model = f"{w} : {base_unit(unit)} ({'shared, ' if values else ''}constant)"
            pathways = self._pathways(self.synapse.on_pre(to_model, label, w), dt)
        return plan.Projection(
            name=name, source=source, target=target, model=model, pathways=pathways,
            connect=connect, expected=expected, values=values, drawn=drawn,
            **({"each": each} if each else {}), functions=functions,
        )  # fmt: skip

    def strengths(self, model) -> np.ndarray:
        """Return the weights onto cells of `model` in SI units; a sample of drawn ones."""
        if not self.is_drawn:
            return np.asarray(self.strength, dtype=float)
        unit = self.synapse.weight_unit(model)
        return sample("weight", self.strength, unit) * float(unit)

    def conductances(
        self, source: plan.Population, target: plan.Population, model
    ) -> tuple[list[np.ndarray], float]:
        """Return what gap junctions conduct in all at each cell of both ends, and the strongest.

        In SI units; `model` is the target's. Of those that are drawn this is what is to be
        expected.
        """
        connect, expected = self.rule.connect(source, target)
        values = self.strengths(model)
        each = np.mean(values) if self.is_drawn else values
        if self.pairs is None:
            found = [np.full(end.n, each * expected / end.n) for end in (source, target)]
        else:
            each, sides = np.broadcast_to(each, int(expected)), (("i", source), ("j", target))
            found = [np.bincount(connect[side], each, end.n) for side, end in sides]
        return found, float(np.max(values))

    def synapse_weight(self, models) -> tuple[str, Unit]:
        """Return name and unit of the synapses' weight between cells of these models."""
        from_model, to_model = models
        return weight_name(from_model, to_model), self.synapse.weight_unit(to_model)

    def _pathways(self, texts: Mapping[str, str], dt: Quantity) -> dict[str, plan.Pathway]:
        if isinstance(self.delay, Distribution):
            drawn = self.delay.text("delay", ms)
            late = highest(self.delay)
            return {k: plan.Pathway(text, late, drawn) for k, text in texts.items()}
        delay = on_grid("delay", 0 * ms if self.delay is None else self.delay, dt)
        late = {"pre": delay}
        if "end" in texts:
            duration = on_grid("duration of a pulse", self.synapse.tau, dt)
            if not duration:
                raise InputError(
                    f"duration of a pulse: {self.synapse.tau} is less than half a step of {dt}; "
                    "use a smaller dt"
                )
            late["end"] = delay + duration
        return {k: plan.Pathway(text, float(f"{late[k]:.12g}")) for k, text in texts.items()}


def _table(name: str, weights: Quantity) -> tuple[TimedArray, str]:
    """Return weights of a block as a function, and the text that looks a synapse's up."""
    rows, columns = np.shape(weights)
    # Brian2's one function of two indices; its first is a time, here in steps of a second.
    table = TimedArray(Quantity(weights), dt=1 * second, name=f"{name}_table")
    return table, f"{name}((i % {rows})*second, j % {columns})"


def check_delay(delay) -> None:
    """Raise unless a delay is a time (or drawn) that is never negative."""
    if delay is None:
        return
    if isinstance(delay, Drawn):
        raise InputError(
            f"delay: {delay} is text, of which is not known whether it can be negative; give "
            "Uniform, or Normal with a low of 0*ms or above"
        )
    if isinstance(delay, Distribution):
        sample("delay", delay, ms)
        if lowest(delay) < 0:
            raise InputError(f"delay: {delay} can be negative; give it a low of 0*ms or above")
    elif check_quantity("delay", delay, ms, scalar=True) < 0:
        raise InputError(f"delay: must not be negative, got {delay}")


def on_grid(name: str, value: Quantity, dt: Quantity) -> float:
    """Return a time in seconds, rounded to steps; say so if that changes it."""
    given, step = check_quantity(name, value, ms, scalar=True), float(dt / ms)
    used = round(given / step) * step
    if abs(used - given) > 1e-6 * step:
        warn_caller(f"{name}: {given:g} ms is no multiple of dt = {step:g} ms; {used:g} ms is used")
    return float(f"{used * 1e-3:.12g}")
