"""`voltage_clamp`: ionic currents under commanded steps of the membrane potential."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np
import pandas as pd
from brian2 import Quantity, get_dimensions, ms, mV, second
from brian2.equations.equations import SingleEquation
from brian2.utils.stringtools import get_identifiers

from ...errors import InputError
from ...models.checks import check_name, check_positive, check_quantity
from ...models.expressions import substitute
from ...models.neuron_model import NeuronModel
from ...models.system import parsed_equations
from ...models.units import base_unit
from ...simulation.numerics import NO_TOLERANCE, Numerics, numerics_of
from ...simulation.recording import CellsRecording
from ...simulation.run import simulate
from ...simulation.start import check_start
from .. import tables
from ..stimuli import Step, Stimulus
from .gating_curves import gate_kinetics, gate_names

NOT_FOR_CLAMP = NO_TOLERANCE | {"spikes": "nothing counts as a spike under voltage clamp"}


def voltage_clamp(
    model,
    commands: Quantity,
    *,
    hold: Quantity,
    duration: Quantity = 50 * ms,
    hold_duration: Quantity = 5 * ms,
    tail: tuple[Quantity, Quantity] | None = None,
    record: Sequence[str] = (),
    record_dt: Quantity | None = None,
    vary=None,
    start="hold",
    **numerics,
) -> pd.DataFrame:
    """Return the ionic currents of a clamped cell for a family of command steps.

    Parameters
    ----------
    model : NeuronModel
        With gates and named ionic currents.
    commands : Quantity, shape (commands,)
        Potentials of the steps; all of them, and all varied parameters, run in one group.
    hold : Quantity
        Potential from which each step is made; the gates are at its steady state.
    duration, hold_duration : Quantity
        Length of the step, and of the holding that is shown before it.
    tail : (Quantity, Quantity), optional
        Potential and length of a last step, for tail currents.
    record : sequence of str
        Gates and rates that are wanted beside the currents.
    record_dt : Quantity, optional
        Sampling interval; default: every step.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with the commands are run.
    start : "hold", "initial" or dict of str to value
        Where the gates start: settled at `hold`, at the model's initial values, or at these
        values with the others settled at `hold`.
    **numerics
        See `excitable.simulation.Numerics`; the default method is exact for steps.

    Returns
    -------
    DataFrame
        One row per neuron and sample: ``neuron``, the varied parameters, ``command_mV``,
        ``t_ms``, ``v_mV``, every ionic current with its unit (``I_Na_uA_per_cm2``; outward
        positive), and what `record` names. The step begins at
        ``attrs["hold_duration_ms"]``.

    Raises
    ------
    ValueError
        For bad input, or a model without gates or named ionic currents, before anything is
        compiled.

    Notes
    -----
    The clamp is ideal: no series resistance, no capacitive transient, no leak subtraction. The
    clamped cell is the model without its equation for the membrane potential, which becomes the
    input (`clamped`). A sample at the moment of a step shows the new potential and the gates
    before they move: the instantaneous current of Hodgkin & Huxley 1952 (J. Physiol. 116:473-496).

    Examples
    --------
    >>> from brian2 import ms, mV
    >>> from excitable.models import CONNOR_STEVENS
    >>> table = voltage_clamp(CONNOR_STEVENS, [-40, 0]*mV, hold=-110*mV, duration=2*ms,
    ...                       hold_duration=0.1*ms, record=("a", "b"), backend="numpy")
    >>> [name for name in table if name.startswith("I_")]
    ['I_Na_uA_per_cm2', 'I_K_uA_per_cm2', 'I_A_uA_per_cm2', 'I_L_uA_per_cm2']
    >>> table.groupby("command_mV")["I_A_uA_per_cm2"].max().round(0).tolist()
    [221.0, 977.0]
    """
    chosen = numerics_of(voltage_clamp, numerics, without=NOT_FOR_CLAMP)
    cell = clamped(model)
    times = {"hold_duration": hold_duration, "duration": duration}
    lengths = {f"{name}_ms": check_positive(name, x, ms) for name, x in times.items()}
    if tail is not None and not (isinstance(tail, tuple) and len(tail) == 2):
        raise InputError(
            f"tail: expected (potential, length) such as (-70*mV, 20*ms), got {tail!r}"
        )
    held = check_quantity("hold", hold, mV, scalar=True)
    sets = tables.cross(cell, commands, vary).rename(columns={"I": "command_mV"})
    steps = [(hold, hold_duration), (sets["command_mV"].to_numpy() * mV, duration)]
    recording = run_steps(
        model,
        steps if tail is None else [*steps, tail],
        len(sets),
        vary=tables.varied(cell, sets),
        record=tuple(dict.fromkeys((cell.input, *currents(model), *record))),
        record_dt=record_dt,
        start=start,
        numerics=chosen,
        label=f"voltage clamp of {model.name}",
    )
    traces = tables.traces_frame(model, recording)
    table = traces.join(sets, on="neuron")
    first = ["neuron", *sets.columns]
    table = table[[*first, *(name for name in traces if name not in first)]]
    table.attrs = tables.describe_run(
        model,
        recording,
        protocol="voltage_clamp",
        hold_mV=held,
        tail=tail and str(tail),
        start=tables.describe_start(cell, start),
        **lengths,
    )
    return table


def currents(model) -> list[str]:
    """Return the names of the ionic currents: the parts of ``dv/dt`` with the input's dimensions.

    Raises
    ------
    ValueError
        For a model that names none.

    Examples
    --------
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> currents(HODGKIN_HUXLEY)
    ['I_Na', 'I_K', 'I_L']
    """
    equations = parsed_equations(model.equations, [*model.parameters, model.input])
    dimensions = get_dimensions(model.input_unit)
    named = {name: equations[name] for name in model.symbolic.named}
    parts = _needed(named, equations[model.membrane].expr.identifiers)
    found = [name for name in named if name in parts and named[name].dim is dimensions]
    if not found:
        raise InputError(
            f"{model.name} names no ionic current; voltage clamp needs a model whose dv/dt is "
            "written with named currents, such as CONNOR_STEVENS"
        )
    return found


def clamped(model) -> NeuronModel:
    """Return the model under voltage clamp: its membrane potential is the input.

    What only the membrane equation needs (the capacitance) is left out, and nothing counts as a
    spike. While the potential stands still every gate relaxes exponentially, so the exponential
    Euler method solves steps of the potential exactly, whatever the time step.

    Raises
    ------
    ValueError
        For a model without gates or named ionic currents, or with other state variables in them.

    Examples
    --------
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> cell = clamped(HODGKIN_HUXLEY)
    >>> cell.input, cell.symbolic.states
    ('v', ('m', 'h', 'n'))
    """
    gates = gate_names(model)
    equations = parsed_equations(model.equations, [*model.parameters, model.input])
    initial = {name: model.initial[name] for name in gates}
    named = set().union(*(get_identifiers(x) for x in initial.values() if isinstance(x, str)))
    kept = _needed(equations, {*gates, *currents(model), *named}) - {model.membrane}
    other = sorted(kept & equations.diff_eq_names - set(gates))
    if other:
        raise InputError(
            f"{model.name}: its currents depend on {other}, which are no gates; voltage clamp "
            "needs currents that follow from the membrane potential and the gates"
        )
    # A named total current that holds the input is that of the cell itself: without it.
    without = {model.input: f"0*{base_unit(model.input_unit)}"}
    code = {n: substitute(equations[n].expr.code, without) for n in equations if n in kept}
    lines = [
        f"d{name}/dt = {text} : 1" if name in gates else f"{name} = {text} : {unit}"
        for name, text in code.items()
        for unit in [base_unit(equations[name].dim)]
    ]
    used = named.union(*(get_identifiers(text) for text in code.values()))
    return NeuronModel(
        name=f"{model.name}_clamped",
        title=f"{model.title}, voltage-clamped",
        equations="\n".join(lines),
        parameters={name: p for name, p in model.parameters.items() if name in used},
        input=model.membrane,
        input_unit=mV,
        input_range=(-100, 50),
        initial=initial,
        threshold="",
        method="exponential_euler",
        dt=model.dt,
        references=model.references,
    )


def run_steps(
    model,
    steps: Sequence[tuple[Quantity, Quantity]],
    n: int,
    *,
    record: Sequence[str],
    vary: Mapping[str, Quantity] | None = None,
    start="hold",
    numerics: Numerics | None = None,
    **options,
) -> CellsRecording:
    """Run `n` clamped cells of a model through steps of the potential.

    Parameters
    ----------
    model : NeuronModel
        The cell before it is clamped.
    steps : sequence of (Quantity, Quantity)
        Potential and length of each step: scalars, or arrays with one value per neuron. The
        gates start settled at the first potential; the last one is held to the end.
    n : int
    start : "hold", "initial" or dict
        As in `voltage_clamp`.
    numerics : Numerics, optional
    record, vary, **options
        As in `excitable.simulation.simulate`.

    Returns
    -------
    CellsRecording
    """
    for potential, length in steps:
        check_quantity("potential of a step", potential, mV)
        if np.any(np.asarray(check_quantity("length of a step", length, ms)) <= 0):
            raise InputError(f"length of a step: must be above zero, got {length}")
    pulses: list[Stimulus] = [Step(potential, offset=length) for potential, length in steps[:-1]]
    stimulus = reduce(Stimulus.then, [*pulses, Step(steps[-1][0])])
    duration = np.max(sum(np.asarray(length) for _, length in steps)) * second
    first = np.broadcast_to(np.asarray(steps[0][0], dtype=float), n)
    values = {name: np.asarray(v, dtype=float) for name, v in (vary or {}).items()}
    chosen, cell = Numerics() if numerics is None else numerics, clamped(model)
    chosen.check_length(cell, float(duration / ms))
    settled = {gate: x_inf for gate, (x_inf, _) in gate_kinetics(model, first, values).items()}
    if isinstance(start, str):
        check_name("start", start, ("hold", "initial"))
        begin = settled if start == "hold" else start
    else:
        check_start(cell, start)
        begin = settled | dict(start)
    return simulate(
        cell, stimulus, n, duration, vary=vary, record=record, start=begin,
        **chosen.of_a_run, **options,
    )  # fmt: skip


def _needed(equations: Mapping[str, SingleEquation], names: Iterable[str]) -> set[str]:
    """Return which equations the given names lead to, themselves included."""
    found: set[str] = set()
    waiting = set(names) & set(equations)
    while waiting:
        found |= waiting
        named = set().union(*(equations[name].expr.identifiers for name in waiting))
        waiting = (named & set(equations)) - found
    return found
