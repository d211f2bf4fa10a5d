"""`simulate`: the one way from a model and a stimulus to spikes and traces."""

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import brian2
import numpy as np
from brian2 import Quantity, ms, second
from brian2.core.base import BrianObjectException

from ..models.checks import check_name, check_positive
from ..models.grouping import GroupText, describe
from . import backends
from .backends import Backend
from .backends.compiled.generate import assemble
from .backends.compiled.program import DivergenceError
from .backends.compiled.programs import run_program
from .methods import check_method
from .methods.within_step import SINCE, locate_spikes
from .parallel.progress import reporter
from .results import spikes_of
from .start import starting_state


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
    method, dt_ms, backend, precision, threads
        How it was integrated.
    state : dict of str to array, shape (neurons,)
        At the end, in SI units.
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
    backend : Backend or {"auto", "numpy", "cython", "cpp_standalone"}
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
    chosen = backends.choose(backend, steps=float(length / text.dt))
    state = starting_state(model, text, start)
    if record_dt is not None:
        check_positive("record_dt", record_dt, ms)
    if spikes == "located":
        text = locate_spikes(text)
    label = f"{label or model.name} ({chosen.name})"
    plan = Plan(text, state, length, tuple(record), record_dt, seed, label, chosen)
    try:
        found = run_program(plan) if chosen.name == "cpp_standalone" else _run_in_process(plan)
    except BrianObjectException as error:
        if not isinstance(error.__cause__, ZeroDivisionError):  # a rate of an infinite potential
            raise
        raise _diverged(model, text, "a state became infinite during the run") from None
    final = {x: np.broadcast_to(found[f"state_{x}"], n) for x in state}
    _check_finite(model, text, final)
    neurons, times = spikes_of(found, float(text.dt / ms))
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
        backend=chosen.name,
        precision=chosen.precision,
        threads=chosen.threads,
        state=final,
    )


def recordable(model) -> list[str]:
    """Return the names of everything that a run of `model` can sample."""
    form = model.symbolic
    return [*form.rhs, *form.named, model.input]


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
    backend: Backend


def _run_in_process(plan: Plan) -> dict[str, np.ndarray]:
    """Run with Brian2 as it is, on numpy or cython."""
    text = plan.text
    # A state that leaves the numbers is found at the end; numpy need not warn on the way there.
    with (
        backends.preferences(plan.backend),
        _seeded(plan.seed),
        np.errstate(all="ignore"),
        _divergence_is_ours_to_report(),
    ):
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
    if network.t < plan.duration - text.dt / 2:  # Brian2 ends a run at Ctrl-C without a word
        raise KeyboardInterrupt
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
def _divergence_is_ours_to_report():
    """Silence Brian2's warning of a state that left the numbers: it is raised as an error."""
    logger = logging.getLogger("brian2.groups.group.invalid_values")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


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
    lost = np.stack([np.broadcast_to(~np.isfinite(values), text.n) for values in state.values()])
    bad = np.flatnonzero(lost.any(axis=0))
    if len(bad) == 0:
        return
    first = bad[0]
    name = list(state)[lost[:, first].argmax()]
    value = np.broadcast_to(state[name], text.n)[first]
    own = {p: np.broadcast_to(v, text.n)[first] for p, v in text.arrays.items()}
    error = _diverged(
        model,
        text,
        f"{name} is {value} for {len(bad)} of {text.n} neurons (first: neuron {first}, "
        f"{own or 'no varied values'} in SI units)",
    )
    error.neurons = tuple(bad.tolist())
    raise error


def _diverged(model, text: GroupText, what: str) -> DivergenceError:
    parameters = ", ".join(f"{name}={p.value:g}" for name, p in model.parameters.items())
    return DivergenceError(
        f"{model.name} diverged: {what}; parameters {parameters}; method {text.method}, "
        f"dt = {float(text.dt / ms):g} ms. Try a smaller dt or another method"
    )
