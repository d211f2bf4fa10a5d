"""`simulate`: the one way from a model and a stimulus to spikes and traces."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from brian2 import Quantity, ms

from ..models.checks import check_name, check_positive
from ..models.grouping import GroupText, describe
from . import recording
from .backends.backend import Backend, choose
from .methods import check_method
from .methods.upstroke import with_anticipation
from .methods.within_step import locate_spikes
from .plan import Plan, single_cells
from .recording import CellsRecording, DivergenceError
from .resolution import check_resolved
from .start import starting_state

__all__ = ["DivergenceError", "Recording", "recordable", "run_network", "simulate"]

Recording = CellsRecording  # the name by which the reference solution knows it


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
    for variable in record:
        check_name("variable to record", variable, recordable(model))
    check_name("spike timing", spikes, ("located", "grid"))
    text = describe(model, n, stimulus, vary=vary, method=method, dt=dt)
    check_method(text.method, text.system)
    chosen = choose(backend, steps=float(length / text.dt))
    state = starting_state(model, text, start)
    check_resolved(model, text, state)
    if record_dt is not None:
        check_positive("record_dt", record_dt, ms)
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
        model=model.name,
        parameters={name: p.value for name, p in model.parameters.items()},
    )
    return chosen.run(plan).only


def with_spikes(text: GroupText, state: Mapping, spikes: str) -> tuple[GroupText, bool]:
    """Return the group's text with its spikes timed as asked, and whether they are located.

    Parameters
    ----------
    text : GroupText
    state : dict of str to float or array, shape (n,)
        At time 0, in SI units.
    spikes : {"located", "grid"}
    """
    if spikes == "grid":
        return with_anticipation(text, state), False
    located = locate_spikes(text, state)
    return located, located is not text  # noise has no crossing that could be located


def recordable(model) -> list[str]:
    """Return the names of everything that a run of `model` can sample."""
    return [*model.system.rhs, *model.system.named, model.input]


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
    return choose(backend).run(replace(plan, seed=_generators_seed(plan.seed)))


def _generators_seed(seed: int) -> int:
    """Return a seed for the generators of a run; those of neighbouring seeds are unrelated."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0]) or 1
