"""`simulate`: the one way from a model and a stimulus to spikes and traces."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import brian2
import numpy as np
from brian2 import Quantity, ms, second
from brian2.core.base import BrianObjectException

from ..dynamics.equilibria import rest
from ..models.checks import check_name, check_positive, check_quantity
from ..models.grouping import GroupText, describe, initial_state
from . import backends
from .generate import assemble
from .methods import check_method
from .programs import run_program
from .progress import reporter
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
    length = check_positive("duration", duration, ms) * ms
    for variable in record:
        check_name("variable to record", variable, recordable(model))
    check_name("spike timing", spikes, ("located", "grid"))
    text = describe(model, n, stimulus, vary=vary, method=method, dt=dt)
    check_method(text.method, text.equations)
    name = backends.choose(backend, steps=float(length / text.dt))
    state = starting_state(model, text, start)
    if record_dt is not None:
        check_positive("record_dt", record_dt, ms)
    if spikes == "located":
        text = locate_spikes(text)
    plan = Plan(text, state, length, tuple(record), record_dt, seed, label or model.name)
    try:
        found = run_program(plan) if name == "cpp_standalone" else _run_in_process(plan, name)
    except BrianObjectException as error:
        if not isinstance(error.__cause__, ZeroDivisionError):  # a rate of an infinite potential
            raise
        raise _diverged(model, text, "a state became infinite during the run") from None
    _check_finite(model, text, {x: found[f"state_{x}"] for x in state})
    neurons, times = _spikes(text, found)
    if not np.isfinite(times).all():  # the way back over a step that is too long for its gates
        raise _diverged(model, text, "a spike could not be located inside its step")
    return Recording(
        n=n,
        spike_neuron=neurons,
        spike_ms=times,
        t_ms=found.get("trace_t", np.empty(0)) * 1e3,
        traces={x: found[f"trace_{x}"] for x in record},
        method=text.method,
        dt_ms=float(text.dt / ms),
        backend=name,
    )


def _spikes(text: GroupText, found: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return neurons and times in ms, in the order of time."""
    times = found.get("spike_t", np.empty(0)) * 1e3
    if "spike_since" in found:  # Brian2 labels a spike with the beginning of its step
        times = times + float(text.dt / ms) - found["spike_since"] * 1e3
    order = np.argsort(times, kind="stable")
    return found.get("spike_neuron", np.empty(0, int))[order], times[order]


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
class Plan:
    """A group's text, its state at time 0, and what is to be run and recorded."""

    text: GroupText
    state: Mapping[str, np.ndarray]
    duration: Quantity
    record: tuple[str, ...]
    record_dt: Quantity | None
    seed: int | None
    label: str


def _run_in_process(plan: Plan, target: str) -> dict[str, np.ndarray]:
    """Run with Brian2 as it is, on numpy or cython."""
    text = plan.text
    # A state that leaves the numbers is found at the end; numpy need not warn on the way there.
    with backends.target(target), _seeded(plan.seed), np.errstate(all="ignore"):
        network, parts = assemble(text, plan.record, plan.record_dt)
        cells = parts["cells"]
        cells.set_states({**text.arrays, **plan.state}, units=False)
        with reporter(plan.label) as report:

            def tell(elapsed, completed, start, duration):
                report(completed)

            network.run(
                plan.duration,
                namespace=dict(text.namespace),
                report=report and tell,
                report_period=0.2 * second,
            )
    found = {f"state_{x}": np.array(cells.variables[x].get_value()) for x in plan.state}
    if "spikes" in parts:
        spikes = parts["spikes"]
        found["spike_neuron"] = np.array(spikes.i[:], dtype=int)
        found["spike_t"] = np.array(spikes.t_[:])
        if SINCE in text.equations:
            found["spike_since"] = np.array(getattr(spikes, f"{SINCE}_")[:])
    if "traces" in parts:
        found["trace_t"] = np.array(parts["traces"].t_[:])
        for name in plan.record:
            found[f"trace_{name}"] = np.array(getattr(parts["traces"], f"{name}_"))
    return found


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


def _check_finite(model, text: GroupText, state: Mapping[str, np.ndarray]) -> None:
    """Raise if the integration diverged, naming what was integrated and how."""
    for name, values in state.items():
        values = np.broadcast_to(values, text.n)
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            own = {p: np.broadcast_to(v, text.n)[bad[0]] for p, v in text.arrays.items()}
            raise _diverged(
                model,
                text,
                f"{name} is {values[bad[0]]} for {len(bad)} of {text.n} neurons (first: neuron "
                f"{bad[0]}, {own or 'no varied values'} in SI units)",
            )


def _diverged(model, text: GroupText, what: str) -> DivergenceError:
    parameters = ", ".join(f"{name}={p.value:g}" for name, p in model.parameters.items())
    return DivergenceError(
        f"{model.name} diverged: {what}; parameters {parameters}; method {text.method}, "
        f"dt = {float(text.dt / ms):g} ms. Try a smaller dt or another method"
    )
