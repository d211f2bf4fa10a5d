"""`voltage_clamp`: ionic currents under commanded steps of the membrane potential."""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
import pandas as pd
from brian2 import Quantity, amp, get_dimensions, meter, ms, mV, second

from ...dynamics.equilibria import settled
from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_name, check_positive, check_quantity
from ...models.initial import initial_state
from ...models.neuron_model import NeuronModel
from ...models.system import FREE, parsed_equations
from ...models.text.expressions import calls, depends, names, needed, substitute
from ...models.units import base_unit, column, own_columns
from ...simulation import results
from ...simulation.numerics import NO_TOLERANCE, Numerics, numerics_of
from ...simulation.recording import CellsRecording
from ...simulation.run import names_to_record, simulate
from ...simulation.start import check_start
from .. import tables
from ..stimuli import Step, Stimulus
from .gating_curves import gates_of

NOT_FOR_CLAMP = NO_TOLERANCE | {"spikes": "nothing counts as a spike under voltage clamp"}

_CURRENTS = (amp.dim, (amp / meter**2).dim)
# The sum of all ionic currents of a model that does not name each.
ION = "I_ion"


@takes_names
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
    commands : Quantity, shape (commands,)
        Potentials of the steps; all of them, and all varied parameters, run in one group.
    hold : Quantity
        Potential from which each step is made; gates, and whatever else moves, are at rest there.
    duration, hold_duration : Quantity
        Length of the step, and of the holding that is shown before it.
    tail : (Quantity, Quantity), optional
        Potential and length of a last step, for tail currents.
    record : sequence of str
        State variables and rates that are wanted beside the currents.
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
        ``t_ms``, the potential under the model's own name for its membrane (``v_mV``), every
        ionic current with its unit (``I_Na_uA_per_cm2``; outward positive), and what `record`
        names. A model that does not name all of its currents has
        their sum as ``I_ion``. The step begins at ``attrs["hold_duration_ms"]``.

    Raises
    ------
    ValueError
        For bad input, or a model that cannot be clamped (see `clamped`), before anything is
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
    unit = cell.input_unit
    command, held = column("command", unit), check_quantity("hold", hold, unit, scalar=True)
    sets = tables.cross(cell, commands, vary).rename(columns={"I": command})
    steps = [(hold, hold_duration), (Quantity(sets[command].to_numpy() * unit), duration)]
    recorded = names_to_record(cell, [cell.input, *currents(model), *names_to_record(cell, record)])
    shown = _shown(model, recorded, sets)
    recording = run_steps(
        model,
        steps if tail is None else [*steps, tail],
        len(sets),
        vary=tables.varied(cell, sets),
        record=recorded,
        record_dt=record_dt,
        start=start,
        numerics=chosen,
        label=f"voltage clamp of {model.name}",
    )
    traces = results.traces_frame(recording.n, recording.t_ms, recording.traces, shown, "")
    table = traces.join(sets, on="neuron")
    first = ["neuron", *sets.columns]
    table = table[[*first, *(name for name in traces if name not in first)]]
    table.attrs = tables.describe_run(
        model,
        recording,
        protocol="voltage_clamp",
        **{column("hold", unit): held},
        tail=tail and str(tail),
        start=tables.describe_start(cell, start),
        **lengths,
    )
    return table


def _shown(model, record: Sequence[str], sets: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Return columns and units of what is recorded: those of the model, not of its clamped copy."""
    total = {} if ION in model.system.dims else {ION: model.input_unit}
    units = {name: total.get(name) or model.unit_of(name) for name in record}
    found = own_columns(units, {*results.TRACES, *sets.columns})
    return {name: (found[name], float(unit)) for name, unit in units.items()}


def currents(model) -> list[str]:
    """Return the names of the ionic currents: the parts of ``dv/dt`` with the input's dimensions.

    Where the input is a current, current densities are currents too, and the other way round.
    ``I_ion``, their sum, is one of them where the model does not name every current.

    Examples
    --------
    >>> from excitable.models import HODGKIN_HUXLEY, IZHIKEVICH_2007
    >>> currents(HODGKIN_HUXLEY), currents(IZHIKEVICH_2007)
    (['I_Na', 'I_K', 'I_L'], ['I_ion'])
    """
    system, slope = model.system, model.system.rhs[model.membrane]
    own = get_dimensions(model.input_unit)
    kinds = _CURRENTS if own in _CURRENTS else (own,)
    parts = needed([slope], system.named)
    driven = {x for x in parts if depends(parts[x], [model.input], parts)}
    found = [
        x for x in system.order if x in parts
        and (system.dims[x] is own or (system.dims[x] in kinds and x not in driven))
    ]  # fmt: skip
    unnamed = {name: text for name, text in parts.items() if name not in found}
    whole = depends(slope, system.states, unnamed)
    return [*found, ION] if whole and ION not in found else found


def clamped(model) -> NeuronModel:
    """Return the model under voltage clamp: its membrane potential is the input.

    What only the membrane equation needs (the capacitance) is left out, and nothing counts as a
    spike. While the potential stands still every gate relaxes exponentially, so the exponential
    Euler method solves steps of the potential exactly, whatever the time step; a cell with other
    variables (a calcium pool, a second compartment) keeps its own method. It is kept with the
    model.

    Raises
    ------
    ValueError
        For a model in which nothing moves but the membrane, in which white noise drives something
        else, or whose input does not enter the membrane's own equation.

    Examples
    --------
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> cell = clamped(HODGKIN_HUXLEY)
    >>> cell.input, cell.symbolic.states
    ('v', ('m', 'h', 'n'))
    """
    kept = vars(model).setdefault("_clamped", [])
    if not kept:
        kept.append(_clamped(model))
    return kept[0]


def _clamped(model) -> NeuronModel:
    system = model.system
    states = [x for x in system.states if x != model.membrane]
    effect = _effect_of_input(model, states)
    texts = _texts_without_input(model)
    if ION in currents(model) and ION not in texts:
        texts[ION] = f"-({texts[model.membrane]})/({effect})"
    dims = {**system.dims, ION: get_dimensions(model.input_unit)}
    initial = {name: model.initial[name] for name in states}
    first = [x for x in initial.values() if isinstance(x, str)]
    wanted = {*states, *currents(model)}.union(*(names(text) for text in first))
    del texts[model.membrane]
    kept = needed(wanted, texts)
    lines = [
        f"d{name}/dt = {text} : {base_unit(dims[name])}" if name in states
        else f"{name} = {text} : {'boolean' if name in system.booleans else base_unit(dims[name])}"
        for name, text in kept.items()
    ]  # fmt: skip
    used = set().union(*(names(text) for text in (*first, *kept.values())))
    called = set().union(*(calls(text) for text in (*first, *kept.values())))
    gated = {x for x, gate in gates_of(model).items() if gate.potential == model.membrane}
    own = "" if system.stochastic else model.method  # made for noise, which is gone
    unit = model.unit_of(model.membrane)
    return NeuronModel(
        name=f"{model.name}_clamped",
        title=f"{model.title}, voltage-clamped",
        equations="\n".join(lines),
        parameters={name: p for name, p in model.parameters.items() if name in used},
        input=model.membrane,
        input_unit=unit,
        input_range=(-100, 50) if unit == mV else (-2, 2),
        initial=initial,
        threshold="",
        method="exponential_euler" if gated >= set(states) else own,
        dt=model.dt,
        references=model.references,
        functions={name: f for name, f in model.functions.items() if name in called},
    )


def _effect_of_input(model, states: Sequence[str]) -> str:
    """Return how the membrane's slope changes with the input, if the cell can be clamped."""
    system, v = model.system, model.membrane
    if not states:
        raise InputError(
            f"{model.name}: nothing moves while {v} is held, so voltage clamp has nothing to show"
        )
    noisy = [x for x in system.noise if x != v]
    if noisy:
        raise InputError(f"{model.name}: voltage clamp without noise only, but it drives {noisy}")
    effect = system.effect_of(model.input).get(v, "0")
    if effect == "0" or depends(effect, [model.input], system.named):
        raise InputError(
            f"{model.name}: voltage clamp needs an input {model.input} that enters the equation "
            f"of {v} itself, as a term or with a factor"
        )
    return effect


def _texts_without_input(model) -> dict[str, str]:
    """Return the model's own lines, without input, noise and refractoriness."""
    equations = parsed_equations(model.equations, [*model.parameters, model.input])
    gone = {model.input: f"(0*{base_unit(model.input_unit)})", FREE: "True"}
    gone |= {xi: "(0*second**-0.5)" for e in equations.values() for xi in e.stochastic_variables}
    return {
        name: substitute(equations[name].expr.code, gone)
        for name in equations
        if equations[name].expr is not None
    }


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
    unit = model.unit_of(model.membrane)
    for potential, length in steps:
        check_quantity("potential of a step", potential, unit)
        if np.any(np.asarray(check_quantity("length of a step", length, ms)) <= 0):
            raise InputError(f"length of a step: must be above zero, got {length}")
    pulses: list[Stimulus] = [Step(potential, offset=length) for potential, length in steps[:-1]]
    stimulus = reduce(Stimulus.then, [*pulses, Step(steps[-1][0])])
    duration = np.max(sum(np.asarray(length) for _, length in steps)) * second
    first = np.broadcast_to(np.asarray(steps[0][0], dtype=float), n)
    values = {name: np.broadcast_to(v, n) for name, v in (vary or {}).items()}
    chosen, cell = Numerics() if numerics is None else numerics, clamped(model)
    chosen.check_length(cell, float(duration / ms))
    if isinstance(start, str):
        check_name("start", start, ("hold", "initial"))
        # The initial values of the model itself: in its clamped copy the potential is the input.
        begin = (
            _settled(model, first, values) if start == "hold"
            else _with_units(model, initial_state(model, values))
        )  # fmt: skip
    else:
        check_start(cell, start)
        missing = set(cell.system.states) - set(start)
        begin = (_settled(model, first, values) if missing else {}) | dict(start)
    return simulate(
        cell, stimulus, n, duration, vary=vary, record=record, start=begin,
        **chosen.of_a_run, **options,
    )  # fmt: skip


def _settled(model, potential, values) -> dict[str, Quantity]:
    """Return what is at rest at the holding potential, with units."""
    return _with_units(model, settled(model, potential, values))


def _with_units(model, state: Mapping[str, np.ndarray]) -> dict[str, Quantity]:
    """Return all state variables but the membrane potential, with units."""
    dims = model.system.dims
    return {k: Quantity(x, dim=dims[k]) for k, x in state.items() if k != model.membrane}
