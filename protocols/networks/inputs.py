"""What arrives at the cells of a population, under which names, and as which equation text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

import numpy as np
from brian2 import Quantity, Unit

from ...errors import InputError
from ...models.checks import check_name, check_quantity
from ...models.grouping import BrianText, check_free_names, describe
from ...simulation.methods import check_method
from ...simulation.methods.half_steps import HALF_STEPS
from ...simulation.methods.upstroke import with_anticipation
from ...simulation.plan import Cells, Operation
from ...simulation.resolution import check_coupling, check_opened, check_resolved
from ...simulation.start import one_per_cell, starting_state
from ..stimuli import Constant, Received, Stimulus
from .distributions import Distribution, sample
from .drives import Poisson, StepInput, StepNoise
from .names import free_name, names_of
from .population import Population
from .projection import Projection


@dataclass
class Inputs:
    """Everything that arrives at a population, gathered part by part.

    Attributes
    ----------
    population : Population
    stimuli : list of Stimulus
        Their sum is the model's input.
    states : dict of str to Unit
        State variables that are added to the model's.
    received : dict of str to Unit
        Variables that others write in every step.
    operations : list of Operation
    opened : dict of str to float or array
        How much of each conductance there will be at times: one spike's, or the mean of a drive.
    labels : dict
        Under which label each kind of synapse acts.
    taken : set of str
        Names that the text has already.
    """

    population: Population
    stimuli: list[Stimulus] = field(default_factory=list)
    states: dict[str, Unit] = field(default_factory=dict)
    received: dict[str, Unit] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    opened: dict[str, np.ndarray] = field(default_factory=dict)
    labels: dict[tuple, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def __post_init__(self):
        self.taken |= names_of(self.model)
        self.stimuli += [d for d in self.population.drives if isinstance(d, Stimulus)]

    @property
    def model(self):
        """The population's model."""
        return self.population.model

    @property
    def stimulus(self) -> Stimulus:
        """All parts together."""
        return reduce(add, self.stimuli or [Constant(0 * self.model.input_unit)])

    # --- gathered -----------------------------------------------------------------------------

    def synapses(self, projection: Projection) -> str:
        """Take up what these synapses add, once for each kind; return their label."""
        synapse = projection.synapse
        wish = projection.label or projection.source
        kind = (wish, _kinetics(synapse))
        if kind not in self.labels:
            given = projection.label is not None
            self.labels[kind] = self._synapses(synapse, wish, given)
        label = self.labels[kind]
        self._opens(synapse, label, np.max(projection.strengths(self.model)))
        return label

    def _synapses(self, synapse, wish: str, given: bool) -> str:
        if synapse.form == "step":
            return self._step()
        label = self._label(wish, synapse.names, given=given)
        self.stimuli.append(synapse.input(label))
        self.states |= synapse.states(self.model, label)
        return label

    def _opens(self, synapse, label: str, strength) -> None:
        """Note how much of a conductance there will be at times, in SI units."""
        if synapse.form == "conductance":
            (shown, *_) = synapse.states(self.model, label)
            self.opened[shown] = np.maximum(strength, self.opened.get(shown, 0.0))

    def drives(self) -> None:
        """Take up spike trains and the noise of each step."""
        trains = [d for d in self.population.drives if isinstance(d, Poisson)]
        for k, drive in enumerate(trains):
            drive.synapse.check(self.model)
            label = self._label(f"ext_{k}" if k else "ext", drive.names)
            self.stimuli.append(drive.input(label))
            self.states |= drive.synapse.states(self.model, label)
            self._opens(drive.synapse, label, drive.strength)
            text = drive.statement(self.model, label)
            self.operations.append(Operation(text, when="before_synapses"))
        if any(isinstance(d, StepNoise) for d in self.population.drives):
            self._step()

    def junctions(self, wish: str, others: set[str], names, given: bool) -> str:
        """Return a label for gap junctions that is free here and among `others`."""
        return self._label(wish, names, given=given, others=others)

    def receive(self, variable: str) -> None:
        """Take up an input that others write in every step."""
        self.taken.add(variable)
        self.stimuli.append(Received(variable))
        self.received[variable] = self.model.input_unit

    def _step(self) -> str:
        """Take up the input of one step, once; return its label."""
        if ("step",) not in self.labels:
            label = self._label("step", lambda label: StepInput.names(f"I_{label}"))
            noise = [d for d in self.population.drives if isinstance(d, StepNoise)]
            part = StepInput(f"I_{label}", *noise)
            self.stimuli.append(part)
            self.received[part.variable] = self.model.input_unit
            text = part.statement(self.model)
            self.operations.append(Operation(text, when="before_thresholds"))
            self.labels["step",] = label
        return self.labels["step",]

    def _label(self, wish: str, names, *, given: bool = False, others: set[str] = frozenset()):
        taken = self.taken | others
        clash = sorted(taken & set(names(wish))) if given else []
        if clash:
            raise InputError(
                f"label {wish!r}: the cells of {self.population.name} have a {clash[0]!r} "
                "already; choose another label"
            )
        label = free_name(wish, taken=taken, adds=names)
        self.taken |= set(names(label))
        return label

    # --- as text ------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise if a drive does not fit the model, or its text has a name of the model's."""
        text = self.stimulus.text(self.model, self.population.size)
        # Names of the drives' own, which are numbered through; the labels' are free by choice.
        check_free_names(self.model, text, f"drive of {self.population.name}: ")
        start = self.population.start
        for name, value in start.items() if isinstance(start, Mapping) else ():
            check_name("state variable", name, [*self.model.initial, *self.states])
            unit = self._unit_of(name)
            if isinstance(value, Distribution):
                sample(f"start {name}", value, unit)
            else:
                check_quantity(f"start {name}", value, unit)

    def cells(self, method: str | None, dt: Quantity, coupling: np.ndarray) -> Cells:
        """Return the group of cells that the simulation takes; `coupling` is by gap junctions."""
        text = self._text(self.population.method or method, dt)
        state, drawn = self._start(text)
        check_method(text.method, text.system)
        if text.method != HALF_STEPS:  # a published program, step by step as it is
            begin = {**state, **dict.fromkeys(self.received, 0.0)}
            check_resolved(self.model, text, begin)
            check_opened(self.model, text, begin, self.opened)
            check_coupling(self.model, text, begin, coupling)
            text = with_anticipation(text, begin)
        return Cells(
            self.population.name, text, state, drawn, tuple(self.operations),
            self.population.update_when,
        )  # fmt: skip

    def _text(self, method: str | None, dt: Quantity) -> BrianText:
        own = method == HALF_STEPS
        text = describe(
            self.model, self.population.size, self.stimulus, vary=self.population.vary,
            method=None if own else method, dt=dt,
        )  # fmt: skip
        return replace(text, method=HALF_STEPS) if own else text

    def _start(self, text: BrianText) -> tuple[dict, dict]:
        """Return initial values: numbers in SI units, and text of those that are drawn."""
        start = self.population.start
        given = dict(start) if isinstance(start, Mapping) else {}
        own = {k: v for k, v in given.items() if k in self.model.initial}
        fixed = {k: v for k, v in own.items() if not isinstance(v, Distribution)}
        state = starting_state(self.model, text, fixed if isinstance(start, Mapping) else start)
        state |= dict.fromkeys(self.states, 0.0)
        drawn = {}
        for name, value in given.items():
            unit = self._unit_of(name)
            if isinstance(value, Distribution):
                drawn[name] = value.text(f"start {name}", unit)
            elif name in self.states:
                state[name] = one_per_cell(name, value, text.n)
        return {k: np.broadcast_to(v, text.n) for k, v in state.items()}, drawn

    def _unit_of(self, name: str) -> Unit:
        return self.states[name] if name in self.states else self.model.unit_of(name)


def gather(
    populations: Sequence[Population], projections: Mapping[str, Projection], group_of
) -> tuple[dict[str, Inputs], dict[str, str]]:
    """Return what arrives at each population, and the label of each projection.

    Parameters
    ----------
    populations : sequence of Population
    projections : dict of str to Projection
    group_of : dict of str to str
        The population to which each name that a projection may use belongs.
    """
    inputs = {p.name: Inputs(p) for p in populations}
    labels = {}
    for name, projection in projections.items():
        if not projection.is_gap:
            labels[name] = inputs[group_of[projection.target]].synapses(projection)
    for each in inputs.values():
        each.drives()
    for name, projection in projections.items():
        if projection.is_gap:
            first, second = (inputs[group_of[n]] for n in (projection.source, projection.target))
            names, wish = projection.synapse.received, projection.label or "gap"
            given = projection.label is not None
            labels[name] = second.junctions(wish, first.taken, names, given)
            onto_second, onto_first = names(labels[name])
            second.receive(onto_second)
            first.receive(onto_first)
    return inputs, labels


def _kinetics(synapse) -> tuple:
    """Return what must be alike in synapses that share variables."""
    constants = (None if q is None else float(q) for q in (synapse.tau, synapse.E_rev))
    return synapse.form, synapse.kind, *constants
