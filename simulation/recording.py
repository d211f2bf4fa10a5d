"""What a run returns: spikes, rates, traces and final states as plain arrays. Needs no Brian2."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import DivergenceError
from .input_rules import with_units

CELLS = "cells"  # the group of a plan that has one


@dataclass(frozen=True)
class CellsRecording:
    """What one group of cells did.

    Attributes
    ----------
    n : int
    spike_neuron : array of int, shape (spikes,)
    spike_ms : array of float, shape (spikes,)
        Spike times in ms, ascending.
    t_ms : array, shape (samples,)
    traces : dict of str to array, shape (cells sampled, samples)
        In SI units.
    method, dt_ms, backend, precision, threads
        How it was integrated.
    state : dict of str to array, shape (n,)
        State at the end, in SI units.
    located : bool
        Whether spikes were located inside the step.
    """

    n: int
    spike_neuron: np.ndarray
    spike_ms: np.ndarray
    t_ms: np.ndarray
    traces: Mapping[str, np.ndarray]
    method: str
    dt_ms: float
    backend: str
    precision: str = "float64"
    threads: int = 1
    state: Mapping[str, np.ndarray] = field(default_factory=dict)
    located: bool = False

    @property
    def timing(self) -> str:
        """Where spikes lie, as `Numerics.spikes` has it; what is drawn is never located."""
        return "located" if self.located else "grid"


@dataclass(frozen=True)
class Connections:
    """The synapses of a projection, one value each.

    Attributes
    ----------
    pre, post : array of int, shape (synapses,)
        Indices within the groups that hold source and target.
    individual : dict of str to array
        What differs between synapses (``w``, ``delay``), in SI units.
    """

    pre: np.ndarray
    post: np.ndarray
    individual: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Recording:
    """What the run of a plan returns.

    Attributes
    ----------
    cells : dict of str to CellsRecording
        For each group of cells.
    rates : dict of str to array, shape (steps,)
        For each population, in Hz, where the plan asked for them.
    synapse_counts : dict of str to int
        For each projection.
    synapses : dict of str to Connections
        Empty if connections were not asked for.
    backend, precision, threads
        What ran it.
    """

    cells: Mapping[str, CellsRecording]
    rates: Mapping[str, np.ndarray] = field(default_factory=dict)
    synapse_counts: Mapping[str, int] = field(default_factory=dict)
    synapses: Mapping[str, Connections] = field(default_factory=dict, repr=False)
    backend: str = ""
    precision: str = "float64"
    threads: int = 1

    @property
    def spikes(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """For each group the cells that fired and when, in ms, ascending in time."""
        return {name: (c.spike_neuron, c.spike_ms) for name, c in self.cells.items()}

    @property
    def traces(self) -> dict[str, tuple[np.ndarray, Mapping[str, np.ndarray]]]:
        """For each group with traces the sampling times in ms, and the variables in SI units."""
        return {name: (c.t_ms, c.traces) for name, c in self.cells.items() if c.traces}

    @property
    def states(self) -> dict[str, Mapping[str, np.ndarray]]:
        """For each group its state at the end, in SI units."""
        return {name: c.state for name, c in self.cells.items()}

    @property
    def only(self) -> CellsRecording:
        """The recording of a plan's only group."""
        (found,) = self.cells.values()
        return found


# --- from an engine's results ------------------------------------------------------------------


def qualified(owner: str, name: str) -> str:
    """Return the name that an input or a result of a part of the plan has.

    Examples
    --------
    >>> qualified("cells", "spike_t"), qualified("inh", "spike_t")
    ('spike_t', 'inh.spike_t')
    """
    return name if owner == CELLS else f"{owner}.{name}"


def recording_of(plan, found: Mapping[str, np.ndarray], backend) -> Recording:
    """Return the recording of a plan.

    Parameters
    ----------
    plan : Plan
    found : dict of str to array
        Results under the names of `excitable.simulation.backends.brian.assembly.results`.
    backend : Backend
    """
    recorded = plan.recorded
    numerics = {
        "backend": backend.name, "precision": backend.precision, "threads": backend.threads,
    }  # fmt: skip
    cells = {
        c.name: cells_recording(
            found, c.name, c.text.n, list(c.state), recorded.variables(c.name),
            method=str(c.text.method), dt_ms=plan.dt_ms, located=c.located, **numerics,
        )
        for c in plan.cells
    }  # fmt: skip
    return Recording(
        cells=cells,
        rates={p.name: found[f"{p.name}.rate"] for p in plan.populations if recorded.rates},
        synapse_counts={p.name: int(found[f"{p.name}.count"][0]) for p in plan.projections},
        synapses={
            p.name: Connections(
                found[f"{p.name}.pre"],
                found[f"{p.name}.post"],
                {x: found[f"{p.name}.each_{x}"] for x in p.individual},
            )
            for p in plan.projections
            if recorded.connections
        },
        **numerics,
    )


def cells_recording(
    found: Mapping[str, np.ndarray], group: str, n: int, states, variables, *, dt_ms, **numerics
) -> CellsRecording:
    """Return what one group of cells did.

    Parameters
    ----------
    found : dict of str to array
        An engine's results.
    group : str
        Its name.
    n : int
    states, variables : sequence of str
        State variables, and variables that were sampled.
    dt_ms : float
    **numerics
        Method, backend, precision and threads, and whether spikes are located.
    """
    own = {
        name: found[qualified(group, name)]
        for name in (
            "spike_neuron", "spike_t", "spike_since", "trace_t",
            *(f"state_{x}" for x in states), *(f"trace_{x}" for x in variables),
        )
        if qualified(group, name) in found
    }  # fmt: skip
    neurons, times = _spikes(own, dt_ms)
    return CellsRecording(
        n=n,
        spike_neuron=neurons,
        spike_ms=times,
        t_ms=own.get("trace_t", np.empty(0)) * 1e3,
        traces={x: own[f"trace_{x}"] for x in variables},
        state={x: own[f"state_{x}"] for x in states},
        dt_ms=dt_ms,
        **numerics,
    )


def _spikes(found: Mapping[str, np.ndarray], dt_ms: float) -> tuple[np.ndarray, np.ndarray]:
    """Return neurons and times in ms of a group's spikes, in the order of time."""
    times = found.get("spike_t", np.empty(0)) * 1e3
    if "spike_since" in found:  # Brian2 labels a spike with the beginning of its step
        times = times + dt_ms - found["spike_since"] * 1e3
    order = np.argsort(times, kind="stable")
    return found.get("spike_neuron", np.empty(0, int))[order], times[order]


# --- whether it stayed among the numbers -------------------------------------------------------


def check_finite(
    recording: CellsRecording,
    who: str,
    of_cell: Callable[[int], Mapping[str, tuple[float, str]]],
    *,
    parameters: str = "",
    remedy: str = "",
) -> None:
    """Raise if the integration diverged, naming what was integrated and how.

    Parameters
    ----------
    recording : CellsRecording
    who : str
        The model.
    of_cell : callable
        ``of_cell(k)`` is what tells a cell from others, in its own units.
    parameters : str
        What they have in common.

    Raises
    ------
    DivergenceError
    """
    n = recording.n
    lost = {x: np.broadcast_to(~np.isfinite(v), n) for x, v in recording.state.items()}
    bad = np.flatnonzero(np.any([*lost.values(), np.zeros(n, bool)], axis=0))
    if len(bad):
        first = bad[0]
        name = next(x for x, where in lost.items() if where[first])
        value = np.broadcast_to(recording.state[name], n)[first]
        values = with_units(of_cell(first)) or "no varied values"
        error = diverged(
            who,
            f"{name} is {value} for {len(bad)} of {n} neurons (first: neuron {first}, {values})",
            recording.method,
            recording.dt_ms,
            parameters,
            remedy,
        )
        error.neurons = tuple(bad.tolist())
        raise error
    if not np.isfinite(recording.spike_ms).all():
        # The way back over a step that is too long for its gates.
        what = "a spike could not be located inside its step"
        raise diverged(who, what, recording.method, recording.dt_ms, parameters, remedy)


def diverged(
    who: str, what: str, method: str, dt_ms: float, parameters: str = "", remedy: str = ""
) -> DivergenceError:
    """Return the error of a run that left the numbers."""
    common = f"parameters {parameters}; " if parameters else ""
    return DivergenceError(
        f"{who} diverged: {what}; {common}method {method}, dt = {dt_ms:g} ms. "
        f"{remedy or 'Try a smaller dt or another method'}"
    )
