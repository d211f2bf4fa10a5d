"""`simulate`: the one way from a model and a stimulus to spikes and traces."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import brian2
import numpy as np
from brian2 import Network, Quantity, SpikeMonitor, StateMonitor, device, ms, second

from ..dynamics.equilibria import rest
from ..models.checks import check_name, check_positive, check_quantity
from ..models.grouping import GroupText, build, describe, initial_state
from . import backends
from .progress import reporter
from .runge_kutta import updater
from .within_step import SINCE, locate_spikes


class DivergenceError(ArithmeticError):
    """The integration left the numbers: a state became NaN or infinite."""


@dataclass(frozen=True)
class Recording:
    """What a simulation returns, as plain arrays.

    Attributes
    ----------
    n : int
    spike_neuron : array of int, shape (spikes,)
    spike_ms : array of float, shape (spikes,)
        Spike times in ms, ascending.
    t_ms : array, shape (samples,)
    traces : dict of str to array, shape (neurons, samples)
        In SI units.
    method, dt_ms, backend : str, float, str
        How it was integrated.
    """

    n: int
    spike_neuron: np.ndarray
    spike_ms: np.ndarray
    t_ms: np.ndarray
    traces: Mapping[str, np.ndarray]
    method: str
    dt_ms: float
    backend: str


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
    backend: str | None = None,
    spikes: str = "located",
    seed: int | None = None,
    label: str = "",
) -> Recording:
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
    backend : {"auto", "numpy", "cython", "cpp_standalone"}
    spikes : {"located", "grid"}
        Locate spikes, and resets, inside the step; or on the time grid as plain Brian2 does.
    seed : int, optional
        For noise.
    label : str
        What the progress bar says.

    Returns
    -------
    Recording

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.
    DivergenceError
        If a state is not finite at the end.
    """
    name = backends.choose(backend)
    length = check_positive("duration", duration, ms) * ms
    for variable in record:
        check_name("variable to record", variable, recordable(model))
    check_name("spike timing", spikes, ("located", "grid"))
    text = describe(model, n, stimulus, vary=vary, method=method, dt=dt)
    state = starting_state(model, text, start)
    if record_dt is not None:
        check_positive("record_dt", record_dt, ms)
    if spikes == "located":
        text = locate_spikes(text)
    plan = _Plan(text, state, length, tuple(record), record_dt, seed, label or model.name)
    run = _run_standalone if name == "cpp_standalone" else _run_in_process
    found = run(plan, name)
    _check_finite(model, text, found["state"])
    located = SINCE in text.equations
    times = found["t"] + (text.dt / ms - found["since"] * 1e3 if located else 0)
    order = np.argsort(times, kind="stable")
    return Recording(
        n=n,
        spike_neuron=found["i"][order],
        spike_ms=times[order],
        t_ms=found["trace_t"],
        traces=found["traces"],
        method=text.method,
        dt_ms=float(text.dt / ms),
        backend=name,
    )


def recordable(model) -> list[str]:
    """Return the names of everything that a run of `model` can sample."""
    form = model.symbolic
    return [*form.rhs, *form.named, model.input]


def starting_state(model, text: GroupText, start) -> dict[str, np.ndarray]:
    """Return the state at time 0, in SI units; see `simulate`."""
    if isinstance(start, str):
        check_name("start", start, ("rest", "initial"))
    first = initial_state(model, text.values)
    if start == "initial":
        return first
    if isinstance(start, Mapping):
        for name, value in start.items():
            check_name("state variable", name, first)
            check_quantity(f"start {name}", value, model.unit_of(name))
        changed = {name: np.asarray(value, dtype=float) for name, value in start.items()}
        return first | changed
    varied = {k: v for k, v in text.arrays.items() if k in model.parameters}
    resting = rest(model, varied, text.n)
    return {name: np.where(np.isnan(x), first[name], x) for name, x in resting.items()}


@dataclass(frozen=True)
class _Plan:
    text: GroupText
    state: Mapping[str, np.ndarray]
    duration: Quantity
    record: tuple[str, ...]
    record_dt: Quantity | None
    seed: int | None
    label: str


def _assemble(plan: _Plan) -> tuple[Network, dict]:
    """Return the network. Fixed names let Brian2 find its compiled code again."""
    text = plan.text
    cells = build(replace(text, method=updater(text.method, text.stochastic)), "cells")
    cells.set_states(dict(plan.state), units=False)
    parts = {"cells": cells}
    if plan.text.threshold:
        located = SINCE in plan.text.equations
        when = {"when": "after_resets"} if located and plan.text.reset else {}
        variables = [SINCE] if located else None
        parts["spikes"] = SpikeMonitor(cells, variables=variables, name="spikes", **when)
    if plan.record:
        parts["traces"] = StateMonitor(
            cells, plan.record, record=True, dt=plan.record_dt or plan.text.dt, name="traces"
        )
    return Network(*parts.values()), parts


def _run_in_process(plan: _Plan, name: str) -> dict:
    with backends.target(name), _seeded(plan.seed):
        network, parts = _assemble(plan)
        with reporter(plan.label, plan.duration) as report:
            network.run(plan.duration, namespace=dict(plan.text.namespace), **report)
        return _collect(plan, parts)


def _run_standalone(plan: _Plan, name: str) -> dict:
    folder = tempfile.mkdtemp(prefix="excitable-")
    before = brian2.get_device()
    brian2.set_device(name, directory=folder, build_on_run=False)
    try:
        with _seeded(plan.seed):
            network, parts = _assemble(plan)
            network.run(plan.duration, namespace=dict(plan.text.namespace))
            device.build(directory=folder, compile=True, run=True, with_output=False)
            return _collect(plan, parts)
    finally:
        device.reinit()
        brian2.set_device(before.__class__.__name__ == "RuntimeDevice" and "runtime" or name)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _seeded(seed: int | None):
    """Seed Brian2 for the block and give numpy's global generator back to the user after it."""
    if seed is None:
        yield
        return
    before = np.random.get_state()  # noqa: NPY002  Brian2 draws from the global generator
    brian2.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _collect(plan: _Plan, parts: dict) -> dict:
    """Copy results out of Brian2's objects as plain arrays."""
    cells = parts["cells"]
    found = {
        "state": {x: np.array(cells.variables[x].get_value()) for x in plan.state},
        "i": np.empty(0, int),
        "t": np.empty(0),
        "since": np.empty(0),
        "trace_t": np.empty(0),
        "traces": {},
    }
    if "spikes" in parts:
        spikes = parts["spikes"]
        found["i"] = np.array(spikes.i[:], dtype=int)
        found["t"] = np.array(spikes.t[:] / ms)
        if SINCE in plan.text.equations:
            found["since"] = np.array(getattr(spikes, SINCE)[:] / second)
    if "traces" in parts:
        traces = parts["traces"]
        found["trace_t"] = np.array(traces.t[:] / ms)
        found["traces"] = {x: np.array(getattr(traces, f"{x}_")) for x in plan.record}
    return found


def _check_finite(model, text: GroupText, state: Mapping[str, np.ndarray]) -> None:
    """Raise if the integration diverged, naming what was integrated and how."""
    for name, values in state.items():
        bad = np.flatnonzero(~np.isfinite(np.broadcast_to(values, text.n)))
        if len(bad):
            k = bad[0]
            own = {p: np.broadcast_to(v, text.n)[k] for p, v in text.arrays.items()}
            raise DivergenceError(
                f"{model.name} diverged: {name} is {np.broadcast_to(values, text.n)[k]} for "
                f"{len(bad)} of {text.n} neurons (first: neuron {k}, {own or 'no varied values'} "
                f"in SI units; parameters {text_of(model)}) with method {text.method} and "
                f"dt = {float(text.dt / ms):g} ms; try a smaller dt or another method"
            )


def text_of(model) -> str:
    """Return the model's parameters on one line."""
    return ", ".join(f"{name}={p.value:g}" for name, p in model.parameters.items())
