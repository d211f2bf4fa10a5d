"""`simulate`: the one way from a model and a stimulus to spikes and traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from brian2 import Quantity, TimedArray, ms

from ..errors import InputError
from ..models.by_name import takes_names
from ..models.checks import check_name, check_positive, unit_text
from ..models.grouping import BrianText, InputText, describe
from ..models.timed_arrays import jumps
from . import recording
from .backends.backend import Backend, choose
from .methods import check_method
from .methods.upstroke import remedy_of, with_anticipation
from .methods.within_step import locate_spikes
from .plan import Plan, seed_of_32_bits, single_cells
from .recording import CellsRecording, DivergenceError
from .resolution import check_resolved
from .start import starting_state
from .step_check import check_step

__all__ = ["DivergenceError", "exact_plan", "names_to_record", "run_network", "simulate"]


@takes_names
def simulate(
    model,
    stimulus,
    n: int,
    duration: Quantity,
    *,
    vary: Mapping[str, Quantity] | None = None,
    record: Sequence[str] = (),
    record_dt: Quantity | None = None,
    start: str | Mapping[str, Quantity] = "rest",
    method: str | None = None,
    dt: Quantity | None = None,
    backend: str | Backend | None = None,
    spikes: str = "located",
    seed: int | None = None,
    label: str = "",
    checked: bool = False,
) -> CellsRecording:
    """Run `n` neurons of `model` under `stimulus`.

    Parameters
    ----------
    model : NeuronModel
    stimulus : Stimulus
    n : int
    duration : Quantity
    vary : dict of str to Quantity, shape (n,)
        Parameters that differ between neurons.
    record : sequence of str
        State variables, currents, rates or the input, to be sampled.
    record_dt : Quantity
        Sampling interval of the traces; default `dt`.
    start : "rest", "initial" or dict of str to Quantity
        Start at the resting state without input (the stable equilibrium; a cell that has none
        starts at the model's initial values), at the model's initial values, or at these values
        of some variables with the others at the model's initial values.
    method, dt : optional
        Instead of the model's.
    backend : Backend or {"auto", "numpy", "cython", "cpp_standalone"}
    spikes : {"located", "grid"}
        Locate spikes, and resets, inside the step; or on the time grid as plain Brian2 does.
    seed : int, optional
        For noise.
    label : str
        What the progress bar says.
    checked : bool
        Whether to look for what half the step would change; see `step_check`.

    Returns
    -------
    CellsRecording

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.
    DivergenceError
        If a state is not finite at the end.
    """
    length = check_positive("duration", duration, ms) * ms
    record = names_to_record(model, record)
    check_name("spike timing", spikes, ("located", "grid"))
    if record_dt is not None:
        check_positive("record_dt", record_dt, ms)
    step = model.dt if dt is None else check_positive("dt", dt, ms) * ms
    chosen = choose(backend, float(length / step), model.functions)
    if chosen.engine.is_exact:
        _check_exact(chosen, method, spikes)
        every = float(step if record_dt is None else record_dt)
        times = np.arange(0, float(length), every) if record else ()
        plan = exact_plan(model, stimulus, n, length, vary, start, record, times)
        return chosen.run(plan).only
    text = describe(model, n, stimulus, vary=vary, method=method, dt=dt)
    check_written(model, stimulus)
    check_method(text.method, text.system)
    state = starting_state(model, text, start)
    check_resolved(model, text, state)
    timed, located = with_spikes(text, state, spikes)
    plan = single_cells(
        timed,
        state,
        length,
        record=record,
        record_dt=record_dt,
        seed=seed,
        label=f"{label or model.name} ({chosen.name})",
        located=located,
        **_about(model, text),
    )
    found = chosen.run(plan).only
    if checked and _is_halved(plan):
        check_step(
            found, float(length / ms), lambda *shorter: chosen.run(_stepped(plan, *shorter)).only,
            who=model.name, of_cell=timed.of_cell, compiled=chosen.engine.makes_programs,
        )  # fmt: skip
    return found


def _is_halved(plan: Plan) -> bool:
    """Return whether a plan can run with half its step: a recording has one of its own."""
    recorded = any(isinstance(f, TimedArray) for f in plan.functions.values())
    return not recorded and not any(cells.text.system.draws for cells in plan.cells)


def _stepped(plan: Plan, dt_ms: float, duration_ms: float) -> Plan:
    """Return a plan of the same cells with another step and length."""
    dt = dt_ms * ms
    cells = tuple(replace(cells, text=replace(cells.text, dt=dt)) for cells in plan.cells)
    return replace(plan, dt=dt, duration=duration_ms * ms, cells=cells)


def check_written(model, stimulus) -> None:
    """Raise InputError for an input that others write, as there are none around single cells."""
    if writer := getattr(stimulus, "writer", ""):  # of text and numbers there is none
        raise InputError(
            f"{model.name}: {writer} write the input {model.input}, and a single cell has "
            "none; use a Network, or a stimulus that says what the input is"
        )


def exact_plan(
    model, stimulus, n: int, length: Quantity, vary, start, record, times, tolerances=(1e-10, 1e-12)
) -> Plan:
    """Return the plan of cells for an engine without steps; see `simulate`.

    Parameters
    ----------
    times : array
        When the variables in `record` are sampled, in seconds.
    tolerances : (float, float)
        See `Plan`.
    """
    exact = _Exact(stimulus) if hasattr(stimulus, "text") else stimulus
    text = describe(model, n, exact, vary=vary)
    check_written(model, stimulus)
    state = starting_state(model, text, start)
    label = f"reference solution of {model.name}"
    plan = single_cells(text, state, length, record=record, label=label, **_about(model, text))
    return replace(
        plan,
        recorded=replace(plan.recorded, times=np.asarray(times, dtype=float)),
        breakpoints=(
            *getattr(stimulus, "breakpoints", ()),
            *jumps(text.system, float(length)),
        ),
        tolerances=tolerances,
    )


@dataclass(frozen=True)
class _Exact:
    """A stimulus whose samples are met one by one, not as their mean over a step."""

    stimulus: object

    def text(self, model, n: int, dt: Quantity) -> InputText:
        return self.stimulus.text(model, n)


def _check_exact(chosen: Backend, method, spikes: str) -> None:
    """Refuse what an engine without steps does not have."""
    wanted = {"method": method, "spikes": None if spikes == "located" else spikes}
    for name, value in wanted.items():
        if value is not None:
            raise InputError(
                f"{name}={value!r}: the backend {chosen.name!r} has no steps; leave it out, or "
                "choose another backend"
            )


def _about(model, text: BrianText) -> dict:
    """Return what a plan says of its cells' model."""
    units = {x: float(model.unit_of(x)) for x in text.system.rhs if x in model.system.rhs}
    return {
        "model": model.name,
        "parameters": {name: (p.value, unit_text(p.unit)) for name, p in model.parameters.items()},
        "units": units,
        "remedy": remedy_of(text.system),
    }


def with_spikes(text: BrianText, state: Mapping, spikes: str) -> tuple[BrianText, bool]:
    """Return the group's text with its spikes timed as asked, and whether they are located.

    Parameters
    ----------
    text : BrianText
    state : dict of str to float or array, shape (n,)
        At time 0, in SI units.
    spikes : {"located", "grid"}
    """
    if spikes == "grid":
        return with_anticipation(text, state), False
    located = locate_spikes(text, state)
    return located, located is not text  # noise has no crossing that could be located


def names_to_record(model, record, *, also: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of what is to be sampled, each once; `also` are others that may be there.

    Raises
    ------
    ValueError
        For a name of nothing that a run of `model` can sample.
    """
    known = [*also, *model.system.rhs, *model.system.named, model.input]
    names = (record,) if isinstance(record, str) else record
    return tuple(dict.fromkeys(check_name("variable to record", x, known) for x in names))


def run_network(plan: Plan, backend: str | Backend | None = None) -> recording.Recording:
    """Run a network.

    Parameters
    ----------
    plan : Plan
    backend : Backend or {"auto", "numpy", "cython", "cpp_standalone"}

    Raises
    ------
    ValueError
        For a backend that is unknown or cannot run here, or single precision.
    DivergenceError
        If a state is not finite at the end.
    """
    return choose(backend, functions=plan.functions).run(
        replace(plan, seed=seed_of_32_bits(plan.seed))
    )
