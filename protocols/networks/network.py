"""`Network`: populations and projections, composed, checked and run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from brian2 import Quantity, ms

from ...errors import InputError
from ...models.checks import check_name, check_positive
from ...simulation.input_rules import check_length
from ...simulation.memory import check_memory
from ...simulation.numerics import numerics_of
from ...simulation.plan import Plan
from ...simulation.run import run_network
from .. import tables
from .inputs import Inputs, gather
from .names import check_array_names, check_distinct, check_object_names, free_name
from .network_result import NetworkRun, network_run, recorded, units_of
from .openings import check_openings
from .population import Population
from .projection import Projection

# What the run of a network cannot use.
NOT_FOR_NETWORKS = {
    "tolerance": "nothing is known of a network's spikes by which a step could be chosen; choose "
    "dt, and repeat the run with half of it",
    "spikes": "spikes of a network lie on the time grid, where they act on their targets; "
    "record_spikes says whether their table is kept",
}


@dataclass(frozen=True, eq=False)
class Network:
    """Populations of cells and the projections between them.

    Parameters
    ----------
    populations : sequence of Population
    projections : sequence of Projection
        In any number, several between the same two populations too.
    title : str, optional
        What messages call it. Default: after its models.

    Attributes
    ----------
    labels : dict of str to str
        For each projection the label of the variables that it adds to its targets: ``"exc"``
        where they are called ``I_exc`` and ``g_exc``.

    Raises
    ------
    ValueError
        When built: for an unknown population (the nearest right name is given), a name that is
        there twice or that none may have, a weight that does not fit the target's model, cells
        that do not exist, or wiring that cannot be.

    Notes
    -----
    Spikes act on the time grid: a spike found in a step reaches its targets at the end of that
    step plus the delay.

    Examples
    --------
    >>> from brian2 import Hz, cm, mS, ms, mV, nA, uA
    >>> from excitable.models import CONNOR_STEVENS, LIF
    >>> from excitable.protocols import Constant, Poisson, Synapse
    >>> AMPA = Synapse.conductance(tau=2*ms, E_rev=0*mV, weight=0.05*mS/cm**2)
    >>> NMDA = Synapse.conductance(tau=50*ms, E_rev=0*mV, weight=0.01*mS/cm**2)
    >>> net = Network(
    ...     [Population("thal", LIF, 20, drive=Constant(2*nA)),
    ...      Population("exc", CONNOR_STEVENS, 40, drive=Poisson(200*Hz, AMPA))],
    ...     [Projection("thal", "exc", AMPA, in_degree=5, delay=1*ms),
    ...      Projection("thal", "exc", NMDA, p=0.1),
    ...      Projection("exc", "exc", AMPA, p=0.1)])
    >>> net.labels
    {'thal_to_exc': 'thal', 'thal_to_exc_2': 'thal_2', 'exc_to_exc': 'exc'}
    >>> run = net.run(20*ms, record={"exc": ["v", "g_thal_2"]}, cells={"exc": [0, 1]},
    ...               seed=2, backend="numpy")
    >>> list(run.traces)
    ['neuron', 'population', 't_ms', 'v_mV', 'g_thal_2_mS_per_cm2']
    """

    populations: Sequence[Population]
    projections: Sequence[Projection] = ()
    title: str = ""
    _gathered: tuple = field(init=False, repr=False)

    def __post_init__(self):
        for name, kind in (("populations", Population), ("projections", Projection)):
            given = getattr(self, name)
            given = (given,) if isinstance(given, kind) else tuple(given)
            for one in given:
                if not isinstance(one, kind):
                    raise InputError(f"{name}: expected a {kind.__name__}, got {one!r}")
            object.__setattr__(self, name, given)
        if not self.populations:
            raise InputError("populations: a network needs at least one")
        names = [name for p in self.populations for name in (p.name, *p.parts)]
        check_distinct("populations", names, "give each its own")
        for projection in self.projections:
            for end in ("source", "target"):
                check_name(f"population as {end} of a projection:", getattr(projection, end), names)
        check_object_names([p.name for p in self.populations], names, self._named)
        for projection in self.projections:
            projection.check(*self._ends(projection), self._models(projection))
        object.__setattr__(self, "_gathered", gather(self.populations, self._named, self._group_of))
        for inputs in self._inputs.values():
            inputs.check()

    # --- what it consists of ------------------------------------------------------------------

    @property
    def labels(self) -> dict[str, str]:
        """The label of each projection; see the class."""
        return dict(self._gathered[1])

    @property
    def _inputs(self) -> dict[str, Inputs]:
        return self._gathered[0]

    @cached_property
    def _named(self) -> dict[str, Projection]:
        """The projections, each under its name."""
        given = [p.name for p in self.projections if p.name is not None]
        check_distinct("projections", given, "give each its own")
        found = {}
        for p in self.projections:
            wish = f"{p.source}_to_{p.target}"
            found[p.name or free_name(wish, taken={*given, *found})] = p
        return found

    @cached_property
    def _group_of(self) -> dict[str, str]:
        return {name: p.name for p in self.populations for name in (p.name, *p.parts)}

    def _population(self, name: str) -> Population:
        return next(p for p in self.populations if p.name == self._group_of[name])

    def _ends(self, projection: Projection) -> tuple:
        names = (projection.source, projection.target)
        return tuple(self._population(name).range_of(name) for name in names)

    def _models(self, projection: Projection) -> tuple:
        names = (projection.source, projection.target)
        return tuple(self._population(name).model for name in names)

    # --- run ----------------------------------------------------------------------------------

    def run(
        self,
        duration: Quantity,
        *,
        record: Sequence[str] | Mapping[str, Sequence[str]] = (),
        cells: Sequence[int] | Mapping[str, Sequence[int]] = (),
        record_dt: Quantity | None = None,
        record_spikes: bool = True,
        connections: bool = True,
        seed: int = 1,
        about: Mapping[str, object] | None = None,
        **numerics,
    ) -> NetworkRun:
        """Run it.

        Parameters
        ----------
        duration : Quantity
        record : dict of str to sequence of str, or sequence of str
            For each population the variables to be sampled; or the same ones wherever `cells` lie.
        cells : dict of str to sequence of int, or sequence of int
            For each population the cells in which they are sampled, numbered within it; or
            numbered through all populations, in their order.
        record_dt : Quantity, optional
            Sampling interval; default: every step.
        record_spikes, connections : bool
            Whether these tables are kept.
        seed : int
            Decides connections, drawn values and noise. The same seed gives the same spikes on the
            same backend and number of threads.
        about : dict, optional
            What the tables say of their origin instead of a description of the parts.
        **numerics
            See `excitable.simulation.Numerics`. `dt` holds for the whole network; default: the
            smallest of the models' steps. ``backend="cpp_standalone", threads=2`` runs the
            compiled program on OpenMP threads. There is no tolerance, spikes are on the time
            grid, and the precision is float64.

        Returns
        -------
        NetworkRun

        Raises
        ------
        ValueError
            For bad input, before anything is compiled; see the message.
        excitable.simulation.DivergenceError
            If the integration diverged.
        excitable.errors.UnresolvedError
            If the step is too long for the cells: at the start, or when most spikes came at once.

        Warns
        -----
        UserWarning
            If a delay is no multiple of the step; the message says what is used.
        """
        chosen = numerics_of(Network.run, numerics, without=NOT_FOR_NETWORKS, spikes="grid")
        step = self._step(chosen.dt)
        length = check_positive("duration", duration, ms) * ms
        check_length(float(length / ms), float(step / ms))
        units = {
            name: units_of(i.model, {**i.states, **i.received}) for name, i in self._inputs.items()
        }
        ranges = tuple(part for p in self.populations for part in p.ranges())
        kept = recorded(units, ranges, record, cells, record_dt, record_spikes, connections)
        coupling = self._coupling()
        plan = Plan(
            cells=tuple(i.cells(chosen.method, step, coupling[n]) for n, i in self._inputs.items()),
            populations=ranges,
            projections=self._planned(step),
            recorded=kept,
            duration=length,
            dt=step,
            seed=seed,
            label=self.title or self._named_by_models(),
        )
        _check_arrays(plan)
        check_memory(plan)
        weights = {n: p.synapse_weight(self._models(p)) for n, p in self._named.items()}
        result = run_network(plan, chosen.engine)
        check_openings(plan, result, self._named, self._inputs, self.labels)
        return network_run(plan, result, units, weights, about or self._describe())

    def _step(self, dt: Quantity | None) -> Quantity:
        if dt is not None:
            return dt
        return min((p.model.dt for p in self.populations), key=float)

    def _coupling(self) -> dict[str, np.ndarray]:
        """Return how strongly gap junctions couple each cell; see `check_coupling`."""
        total = {p.name: np.zeros(p.size) for p in self.populations}
        strongest = {p.name: np.zeros(p.size) for p in self.populations}
        for projection in self.projections:
            if not projection.is_gap:
                continue
            ends = self._ends(projection)
            model = self._models(projection)[1]
            conducts, largest = projection.conductances(*ends, model)
            for end, found in zip(ends, conducts, strict=True):
                cells = slice(end.start, end.stop)
                total[end.cells][cells] += found
                strongest[end.cells][cells] = np.maximum(
                    strongest[end.cells][cells], largest * (found > 0)
                )
        return {name: total[name] + strongest[name] for name in total}

    def _planned(self, step: Quantity) -> tuple:
        found = (
            p.planned(name, self.labels[name], *self._ends(p), self._models(p), step)
            for name, p in self._named.items()
        )
        return tuple(p for p in found if p is not None)

    def _named_by_models(self) -> str:
        return f"network of {', '.join(dict.fromkeys(p.model.name for p in self.populations))}"

    def _describe(self) -> dict:
        """Return what the tables say of their origin."""
        return {
            "protocol": "Network",
            "populations": {p.name: describe_population(p) for p in self.populations},
            "projections": {
                name: {
                    **{k: getattr(p, k) for k in ("source", "target", "p", "in_degree", "wiring")},
                    **{k: repr(getattr(p, k)) for k in ("synapse", "weight", "delay")},
                    "pairs": None if p.pairs is None else [list(map(int, x)) for x in p.pairs],
                    "autapses": p.autapses,
                    "label": self.labels[name],
                }
                for name, p in self._named.items()
            },
        }


def describe_population(population: Population) -> dict:
    """Return what the tables say of a population."""
    units = {name: population.model.parameters[name].unit for name in population.vary}
    return {
        **tables.describe_model(population.model),
        "n": dict(population.n) if population.parts else population.n,
        "drive": repr(population.drive),
        "start": repr(population.start),
        "vary": {k: (v / float(units[k])).tolist() for k, v in population.varied.items()},
    }


def _check_arrays(plan: Plan) -> None:
    """Raise where a compiled program would have two arrays of one name."""
    texts = {c.name: c.text.equations for c in plan.cells}
    constants = {c.name: c.text.values for c in plan.cells}
    check_array_names(texts | {p.name: p.model for p in plan.projections}, constants)
