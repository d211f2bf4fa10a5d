"""Run a plan with Brian2 in this process, on numpy or cython."""

import contextlib
import logging
from collections.abc import Callable
from functools import partial

import brian2
import numpy as np
from brian2 import NeuronGroup, second
from brian2.core.base import BrianObjectException

from ....progress import reporter
from ...plan import Plan, seed_of_32_bits
from ...recording import Recording, recording_of
from ..backend import Backend
from .assembly import Result, assemble, integrable, results
from .preferences import preferences


def run(plan: Plan, backend: Backend) -> Recording:
    """Run with Brian2 as it is; see `Backend.run`."""
    # A state that leaves the numbers is found at the end; numpy need not warn on the way there.
    with (
        preferences(backend),
        _seeded(plan.seed),
        np.errstate(all="ignore"),
        _divergence_is_ours_to_report(),
    ):
        network, parts = assemble(plan, standalone=False)
        for cells in plan.cells:
            _reset_only_after_events(parts[cells.name])
        with reporter(plan.label) as report:

            def tell(elapsed, completed, start, duration):
                report(completed)

            try:
                with integrable(plan, parts):
                    network.run(
                        plan.duration,
                        namespace={},  # each group has its own
                        report=report and tell,
                        report_period=0.2 * second,
                    )
            except BrianObjectException as error:
                # The rate of an infinite potential.
                if not isinstance(error.__cause__, ZeroDivisionError):
                    raise
                raise plan.diverged("a state became infinite during the run") from None
    if network.t < plan.duration - plan.dt / 2:  # Brian2 ends a run at Ctrl-C without a word
        raise KeyboardInterrupt
    found = {name: _value(result, parts) for name, result in results(plan).items()}
    return recording_of(plan, found, backend)


def _reset_only_after_events(group: NeuronGroup) -> None:
    """Have resets run in steps in which an event happened.

    Brian2's numpy code goes through its statements in every step, mostly with no neuron at all;
    a reset at the located time is longer than the step itself.
    """
    for event, resetter in group.resetter.items():
        # Brian2 gives the number of events in its last element.
        happened = group.variables[f"_{event}space"].get_value()
        resetter.run = partial(_run_after_events, resetter.run, happened)


def _run_after_events(run: Callable[[], None], happened: np.ndarray) -> None:
    if happened[-1]:
        run()


def _value(result: Result, parts) -> np.ndarray:
    """Return a copy of a result; of traces as (cells, samples)."""
    values = np.atleast_1d(np.array(result.variable_of(parts).get_value()))
    return values.T if len(result.shape) == 2 else values


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
    # The global generator takes seeds of 32 bits.
    brian2.seed(seed if seed < 2**32 else seed_of_32_bits(seed))
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
