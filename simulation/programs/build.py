"""`build`: from a model and a stimulus to a compiled program that takes other values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from brian2 import Quantity, ms, second

from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_column, check_count, check_name, check_positive
from ...models.grouping import MOST_CELLS, BrianText, InputText, describe
from ...models.initial import initial_state
from ..backends.backend import Backend, check_compilable, choose, makes_program
from ..backends.compiled import programs
from ..backends.compiled.starting_state import has_rest, start_of, starting_state_sources
from ..input_rules import check_length
from ..plan import Plan, single_cells
from ..resolution import check_resolved
from ..run import check_written, names_to_record, with_spikes
from .describe import describe_program
from .description import ProgramDescription
from .neuron_program import NeuronProgram


@takes_names
def build(
    model,
    stimulus,
    n: int,
    duration: Quantity = 1 * second,
    *,
    record: Sequence[str] = ("spikes",),
    vary: Sequence[str] = (),
    record_dt: Quantity | None = None,
    start: str = "rest",
    method: str | None = None,
    dt: Quantity | None = None,
    spikes: str = "located",
    backend: str | Backend | None = None,
) -> NeuronProgram:
    """Compile a program of `n` neurons, to be run with other values again and again.

    Parameters
    ----------
    model : NeuronModel
    stimulus : Stimulus
    n : int
    duration : Quantity
        How long a run is, unless it is told otherwise.
    record : sequence of str
        ``"spikes"``, and names of state variables, currents, rates or the input to sample.
    vary : sequence of str
        What may differ between neurons: parameters of the model; ``"I"``, the stimulus's
        amplitude; and the stimulus's other parameters, such as ``"I_onset"``. All other
        numbers can be changed from run to run too, for all neurons alike.
    record_dt : Quantity, optional
        Sampling interval of the traces; default `dt`.
    start : {"rest", "initial"}
        Where a run begins, unless it is told otherwise: at rest without input (for the values of
        the run; a cell that has no rest starts at the model's initial values), or at these.
    method, dt : optional
        Instead of the model's.
    spikes : {"located", "grid"}
        As in `excitable.simulation.simulate`.
    backend : Backend, optional
        ``Backend("cpp_standalone", precision="float32")`` computes in single precision;
        ``threads=2`` runs one program on two threads where otherwise chunks run side by side.

    Returns
    -------
    NeuronProgram

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.

    Examples
    --------
    >>> from brian2 import nA, ms
    >>> from excitable.models import LIF
    >>> from excitable.protocols import Step
    >>> program = build(LIF, Step(2*nA), n=16, duration=200*ms, vary=("I",))  # doctest: +SKIP
    >>> program.run(I=2*nA)["rate_Hz"].round(3)[0]  # doctest: +SKIP
    72.135
    """
    chosen = choose(makes_program(backend))
    plan, description = plan_program(
        model, stimulus, n, duration, record=record, vary=vary, record_dt=record_dt,
        start=start, method=method, dt=dt, spikes=spikes, backend=chosen,
    )  # fmt: skip
    sized = plan.resized(_size(plan.cells[0].text, chosen.threads))
    program = programs.cached_program(
        sized, chosen, description.to_json(), starting_state_sources(model, sized.cells[0].text)
    )
    return NeuronProgram(program, description)


def plan_program(
    model, stimulus, n, duration, *, record, vary, record_dt, start, method, dt, spikes, backend
) -> tuple[Plan, ProgramDescription]:
    """Return what `build` and `export` make into a program, checked; see `build`."""
    n = check_count("n", n, most=MOST_CELLS)
    length = check_positive("duration", duration, ms)
    if record_dt is not None:
        check_positive("record_dt", record_dt, ms)
    wanted = names_to_record(model, record, also=["spikes"])
    sampled = tuple(name for name in wanted if name != "spikes")
    check_name("spike timing", spikes, ("located", "grid"))
    start = start_of(model, start)
    names = settable_names(model, stimulus, n, dt)
    varied = [names[check_name("name in vary", v, names)] for v in _listed(vary)]
    for name in varied:
        check_column(model, name)
    parameters = {
        k: np.full(n, p.value) * p.unit for k, p in model.parameters.items() if k in varied
    }
    driven = _Varied(stimulus, tuple(varied))
    text = describe(model, n, driven, vary=parameters, method=method, dt=dt)
    check_written(model, stimulus)
    check_length(length, float(text.dt / ms))
    state = initial_state(model, text.values)
    check_resolved(model, text, state)
    timed, located = with_spikes(text, state, spikes)
    plan = single_cells(
        timed,
        dict.fromkeys(model.symbolic.states, 0.0),  # the program finds it; see `starting_state`
        length * ms,
        record=sampled,
        record_dt=record_dt,
        located=located,
    ).with_arguments(names.values())
    description = describe_program(
        model, stimulus, plan.cells[0].text, names, sampled,
        duration_ms=length,
        record_dt_ms=None if record_dt is None else float(record_dt / ms),
        start=start,
        has_rest=has_rest(model),
        spikes="located" if located else "grid",
        precision=backend.precision,
    )  # fmt: skip
    check_compilable(plan.functions)
    return plan, description


@dataclass(frozen=True)
class _Varied:
    """A stimulus with some of its parameters as arrays, one value per neuron."""

    stimulus: object
    names: tuple[str, ...]

    def text(self, model, n: int, dt: Quantity | None = None) -> InputText:
        text = self.stimulus.text(model, n, dt)
        arrays = {
            name: Quantity(value) * np.ones(n)
            for name, value in text.parameters.items()
            if name in self.names
        }
        return replace(text, parameters={**text.parameters, **arrays})


def settable_names(model, stimulus, n: int, dt: Quantity | None) -> dict[str, str]:
    """Return, for every number that can be set, the user's name and the name in the text."""
    if not hasattr(stimulus, "text"):
        raise InputError(
            f"stimulus: expected a Stimulus such as Constant or Step, got {stimulus!r}"
        )
    names = {name: name for name in model.parameters}
    own = list(stimulus.text(model, n, model.dt if dt is None else dt).parameters)
    level = [f"{model.input}{_}{end}" for _ in ("_", "__") for end in ("amplitude", "mean")]
    main = next((name for name in level if name in own), None)
    if main and "I" in model.parameters:
        raise InputError(
            f"{model.name} has a parameter called I, which is what a program calls the current; "
            "give the parameter another name"
        )
    return names | {("I" if name == main else name): name for name in own}


def _listed(names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _size(text: BrianText, threads: int) -> int:
    """Return how many neurons the program has; noise depends on it, so it is as many as asked."""
    if text.stochastic and text.n <= programs.LARGEST:
        return text.n
    return programs.size_of(text, threads)
