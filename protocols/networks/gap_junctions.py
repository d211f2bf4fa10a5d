"""Gap junctions: currents between two cells, in proportion to the difference of potential."""

from dataclasses import dataclass

from brian2 import Quantity, Unit, get_dimensions

from ...errors import InputError
from ...models.units import base_unit
from .distributions import Distribution
from .names import weight_name
from .synapses import check_conductance, conductance_unit, membrane_of


@dataclass(frozen=True)
class GapJunctions:
    """Electrical synapses: each conducts ``conductance*(v_1 - v_2)`` from cell 1 to cell 2.

    Parameters
    ----------
    conductance : Quantity, Uniform or Normal
        In input unit per unit of the membrane potential.
    p : float, optional
        For `ei_network`: probability that a pair of cells is coupled. In a `Projection` the
        wiring says it.
    within : {"inh", "exc"}, optional
        For `ei_network`: the population whose cells are coupled; ``"inh"`` by default.

    Notes
    -----
    The current is computed once a step, from the potentials at its beginning. A step in which it
    would carry a cell past its neighbours is refused.

    Examples
    --------
    >>> from brian2 import nS
    >>> from excitable.protocols import Projection
    >>> coupled = Projection("inh", "inh", GapJunctions(2*nS), p=0.1)
    """

    conductance: Quantity | Distribution
    p: float | None = None
    within: str | None = None

    @property
    def weight(self) -> Quantity | Distribution:
        """The conductance."""
        return self.conductance

    def received(self, label: str) -> tuple[str, str]:
        """Return what the input of the second cell of a pair is called, and that of the first."""
        return f"I_{label}_1", f"I_{label}_2"

    def model(self, model, label: str = "gap", source=None, *, each: bool = False) -> str:
        """Return the Brian2 equations of the synapses; the conductance is their weight.

        They add to ``I_gap_1`` of the one cell and to ``I_gap_2`` of the other.

        Parameters
        ----------
        model : NeuronModel
            Of the second cells of the pairs.
        label : str
        source : NeuronModel, optional
            Of the first cells, where it is another.
        each : bool
            Whether every junction has a conductance of its own.
        """
        source = model if source is None else source
        w, (first, second) = weight_name(source, model), self.received(label)
        pre, post = f"{membrane_of(source)}_pre", f"{membrane_of(model)}_post"
        shared = "" if each else "shared, "
        return (
            f"{w} : {base_unit(self.weight_unit(model))} ({shared}constant)\n"
            f"{first}_post = {w}*({pre} - {post}) : {base_unit(model.input_unit)} (summed)\n"
            f"{second}_pre = {w}*({post} - {pre}) : {base_unit(source.input_unit)} (summed)"
        )

    def weight_unit(self, model) -> Unit:
        """Return the unit that the conductance has between cells of `model`."""
        return conductance_unit(model)

    def check(self, model, source=None, weight=None) -> None:
        """Raise unless current can flow between cells of these models.

        Parameters
        ----------
        model, source : NeuronModel
        weight : optional
            Conductance in place of this one's own.
        """
        source = model if source is None else source
        for what, one, other in (
            ("inputs", model.input_unit, source.input_unit),
            ("potentials", *(m.unit_of(membrane_of(m)) for m in (model, source))),
        ):
            if get_dimensions(one) is not get_dimensions(other):
                raise InputError(
                    f"gap junctions between {source.name} and {model.name}: their {what} have "
                    "different units, so that no current can flow from one to the other"
                )
        weight = self.conductance if weight is None else weight
        check_conductance(
            f"conductance between cells of {model.name}", weight, self.weight_unit(model)
        )
