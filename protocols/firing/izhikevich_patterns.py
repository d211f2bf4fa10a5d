"""The stimuli of Izhikevich's pattern figures of 2003 and 2004, and two ways to run them.

The figures are published with their programs (figure1.m of the paper of 2004 and its like for
figure 2 of the paper of 2003): forward Euler with steps of 0.1 to 0.5 ms. `original_scheme` repeats
that, `run_patterns` solves the same equations accurately, and some of the patterns turn out to
belong to the step and not to the equations.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV

from ...errors import InputError
from ...models.checks import unit_text
from ...models.initial import initial_state
from ...models.neuron_model import NeuronModel
from ...models.zoo.izhikevich import IZHIKEVICH, PATTERNS
from ...simulation.numerics import numerics_of
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Constant, Expression, Pulses, Ramp, Step, Stimulus, Sum
from .response import Response

_I = mV / ms


@dataclass(frozen=True)
class Pattern:
    """A cell with the stimulus under which a paper shows it.

    Attributes
    ----------
    letter : str
        Of the panel (A to T), or the name of a cell type.
    model : NeuronModel
        Starts at its initial values, not at rest.
    stimulus : Stimulus
        A sum of constants, steps, ramps and pulses.
    duration : Quantity
    euler_dt : Quantity
        Step of the published program.
    change : str
        What differs from the published panel, and whose change it is; empty for the original.
    """

    letter: str
    model: NeuronModel
    stimulus: Stimulus
    duration: Quantity
    euler_dt: Quantity
    change: str = ""

    @property
    def title(self) -> str:
        """Letter and name, such as ``(A) tonic spiking``."""
        return self.model.title.split(maxsplit=2)[2]


# --- figure 1 of 2004: input in mV/ms, times in ms ---------------------------------------------


def _constant(level):
    return Constant(level * _I)


def _step(level, onset):
    return Step(level * _I, onset=onset * ms)


def _pulses(level, width, *onsets):
    return Pulses(level * _I, times=onsets * ms, width=width * ms)


def _ramp(slope, onset, offset=np.inf):
    return Ramp(slope * _I / ms, onset=onset * ms, offset=offset * ms)


def _panel(letter, stimulus, duration, euler_dt):
    return Pattern(letter, PATTERNS[letter], stimulus, duration * ms, euler_dt * ms)


# 80 outside [50, 250] ms and 75 inside.
_LESS = _constant(75) + Step(5 * _I, offset=50 * ms) + _step(5, 250)

# fmt: off
PATTERNS_2004 = {
    "A": _panel("A", _step(14, 10),                                 100, 0.25),
    "B": _panel("B", _step(0.5, 20),                                200, 0.25),
    "C": _panel("C", _step(15, 22),                                 220, 0.25),
    "D": _panel("D", _step(0.6, 20),                                200, 0.2),
    "E": _panel("E", _step(10, 16),                                 160, 0.25),
    "F": _panel("F", _step(30, 8.5),                                 85, 0.25),
    "G": _panel("G", _ramp(0.075, 30),                              300, 0.25),
    "H": _panel("H", _constant(-0.5) + _ramp(0.015, 30),            300, 0.25),
    "I": _panel("I", _pulses(7.04, 3, 10),                          100, 0.2),
    "J": _panel("J", _pulses(2, 5, 20),                             200, 0.25),
    "K": _panel("K", _pulses(0.65, 4, 40, 60, 280, 320),            400, 0.25),
    "L": _panel("L", _pulses(9, 2, 100/11, 100/11 + 5, 70, 80),     100, 0.25),
    "M": _panel("M", _pulses(-15, 5, 20),                           200, 0.2),
    "N": _panel("N", _pulses(-15, 5, 20),                           200, 0.2),
    "O": _panel("O", _pulses(1, 5, 10, 80) + _pulses(-6, 5, 70),    100, 0.25),
    "P": _panel("P", _constant(0.24) + _pulses(1, 5, 37.5, 216),    300, 0.25),
    "Q": _panel("Q", _pulses(20, 2, 9),                              50, 0.1),
    "R": _panel("R", _ramp(1/25, 0, 200) + _ramp(4/12.5, 300, 312.5), 400, 0.5),
    "S": _panel("S", _LESS,                                         350, 0.5),
    "T": _panel("T", _LESS,                                         350, 0.5),
}
# fmt: on


def _adjusted(letter, change, stimulus=None, **constants):
    panel = PATTERNS_2004[letter]
    return replace(
        panel,
        model=panel.model.with_(**constants),
        stimulus=stimulus or panel.stimulus,
        change=change,
    )


# The changes with which the port of the figure to PyNN and NeuroML shows these panels at a step of
# 0.01 ms (OpenSourceBrain/IzhikevichModel: PyNN/izhikevich2004.py; K: NeuroML2/WhichModel.nml).
ADJUSTED_2004 = {
    "I": _adjusted("I", "I = 6.71, not 7.04", _pulses(6.71, 3, 10)),
    "K": _adjusted(
        "K", "second pair at 200, 240, not 280, 320 ms", _pulses(0.65, 4, 40, 60, 200, 240)
    ),
    "P": _adjusted(
        "P",
        "second pulse at 208, not 216 ms",
        _constant(0.24) + _pulses(1, 5, 37.5, 208),
    ),
    "Q": _adjusted("Q", "b = 0.18, not 0.2", b=0.18 / ms),
    "S": _adjusted(
        "S",
        "inhibition until 220, not 250 ms",
        _constant(75) + Step(5 * _I, offset=50 * ms) + _step(5, 220),
    ),
    "T": _adjusted("T", "d = -0.7, not -2", d=-0.7 * _I),
}


# --- figure 2 of 2003 ---------------------------------------------------------------------------


def _cell(name, v0, stimulus, duration=150):
    cell = IZHIKEVICH.variants[name]
    cell = replace(cell, initial={**cell.initial, "v": v0 * mV})
    return Pattern(name, cell, stimulus, duration * ms, 0.25 * ms)


# fmt: off
CELLS_2003 = {
    "RS":  _cell("RS",  -63, _step(14, 15)),
    "IB":  _cell("IB",  -70, _step(11, 15)),
    "CH":  _cell("CH",  -70, _step(10, 15)),
    "FS":  _cell("FS",  -70, _step(10, 15)),
    "TC":  _cell("TC",  -63, _step(1.5, 30)),
    "TC, rebound": _cell("TC", -87, _constant(-25) + _step(25, 45)),
    "RZ":  _cell("RZ",  -70, _constant(-2) + _step(1.5, 10) + _pulses(10.5, 5, 60), 100),
    "LTS": _cell("LTS", -63, _step(10, 25), 250),
}
# fmt: on


# --- how they are run ---------------------------------------------------------------------------


def run_pattern(pattern: Pattern, **how) -> Response:
    """Return traces of v, u and I, and the spikes, of one pattern; see `run_patterns`.

    Examples
    --------
    >>> len(run_pattern(ADJUSTED_2004["Q"], backend="numpy").spikes)
    1
    """
    return run_patterns([pattern], **how)[0]


def run_patterns(
    patterns: Iterable[Pattern],
    **numerics,
) -> list[Response]:
    """Solve patterns accurately, all of them as one group.

    Parameters
    ----------
    patterns : iterable of Pattern
    **numerics
        See `excitable.simulation.Numerics`; by default rk4 with steps of 1/32 ms.

    Returns
    -------
    list of Response
        One per pattern, over its own duration: ``t_ms``, ``v_mV``, ``u_mV_per_ms`` and ``I`` every
        1/32 ms, or every step if that is longer.

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.
    excitable.simulation.DivergenceError
        If the integration diverged.

    Notes
    -----
    The patterns differ in constants and in the times and levels of their stimuli, which are arrays
    over the neurons: whatever the patterns, the same compiled code runs them.
    """
    chosen = numerics_of(run_patterns, numerics, method="rk4", dt=2**-5 * ms)
    patterns = list(patterns)
    names = list(IZHIKEVICH.parameters)
    recording = simulate(
        IZHIKEVICH,
        _side_by_side(patterns),
        len(patterns),
        max(pattern.duration for pattern in patterns),
        vary={name: _values(patterns, name) for name in names},
        start=_initial(patterns),
        record=("v", "u", "I"),
        record_dt=max(chosen.dt, IZHIKEVICH.dt),
        **chosen.of_a_run,
        label="Izhikevich patterns",
    )
    return [_response(pattern, recording, k) for k, pattern in enumerate(patterns)]


def original_scheme(pattern: Pattern, dt: Quantity | None = None) -> Response:
    """Run a pattern as the published program does: to repeat the figure, not to solve the model.

    Parameters
    ----------
    pattern : Pattern
    dt : Quantity, optional
        Instead of the published step.

    Returns
    -------
    Response
        ``t_ms``, ``v_mV`` (30 at a spike), ``u_mV_per_ms`` and ``I``, as the program plots them:
        what a step results in stands at the time at which it begins.

    Notes
    -----
    Forward Euler, but u takes the new v; the peak is tested after the step; an edge of the stimulus
    on the grid belongs to neither side (``t > T1 & t < T2``), which makes a pulse one step shorter
    (Izhikevich 2004, figure1.m).

    Examples
    --------
    >>> original_scheme(CELLS_2003["RS"]).spikes["t_ms"].tolist()
    [18.25, 24.25, 54.5, 87.75, 121.0]
    """
    dt = float((pattern.euler_dt if dt is None else dt) / ms)
    p = {name: parameter.value for name, parameter in pattern.model.parameters.items()}
    t = np.arange(round(float(pattern.duration / ms) / dt) + 1) * dt
    current = published_input(pattern.stimulus, t)
    v, u = (np.asarray(x)[0].item() for x in _initial([pattern]).values())
    v, u = v / 1e-3, u
    plotted = np.empty((2, len(t)))
    for k in range(len(t)):
        v += dt * (p["k_2"] * v**2 + p["k_1"] * v + p["k_0"] - u + current[k])
        u += dt * p["a"] * (p["b"] * (v - p["v_u"]) - p["k_u"] * u)
        plotted[0, k] = min(v, p["v_peak"])
        if v > p["v_peak"]:
            v, u = p["c"], u + p["d"]
        plotted[1, k] = u
    spikes = t[plotted[0] == p["v_peak"]]
    traces = {"neuron": 0, "t_ms": t, "v_mV": plotted[0], "u_mV_per_ms": plotted[1], "I": current}
    return Response(
        pd.DataFrame({**traces, "I_unit": unit_text(_I)}),
        pd.DataFrame({"neuron": 0, "t_ms": spikes}),
    )


def published_input(stimulus: Stimulus, t_ms: np.ndarray) -> np.ndarray:
    """Return a stimulus in mV/ms at times in ms, with the strict inequalities of the programs."""
    total = np.zeros(len(t_ms))
    for start, slope, onset, offset in _pieces(stimulus):
        on = ((t_ms > onset) | (onset == 0)) & (t_ms < offset)
        total += on * (start + slope * (t_ms - onset))
    return total


# --- parts --------------------------------------------------------------------------------------


def _pieces(stimulus: Stimulus) -> list[tuple[float, float, float, float]]:
    """Return the ramps of which a stimulus is the sum: start, slope, onset, offset."""
    if isinstance(stimulus, Sum):
        return _pieces(stimulus.first) + _pieces(stimulus.second)
    if isinstance(stimulus, Pulses):
        width = float(stimulus.width / ms)
        level = float(stimulus.amplitude / _I)
        return [(level, 0.0, onset, onset + width) for onset in (stimulus.times / ms).tolist()]
    if isinstance(stimulus, Ramp):
        start, slope = stimulus.start or 0 * _I, stimulus.slope
    elif isinstance(stimulus, Constant | Step):
        start, slope = stimulus.amplitude, 0 * _I / ms
    else:
        raise InputError(
            f"pattern stimulus: expected a sum of Constant, Step, Ramp and Pulses, got {stimulus!r}"
        )
    times = (float(t / ms) for t in (stimulus.onset, stimulus.offset))
    return [(float(start / _I), float(slope / (_I / ms)), *times)]


# The most pieces of any panel (K and L have four pulses). All groups get as many, so that they
# share their compiled code.
_PIECES = 4


def _side_by_side(patterns: list[Pattern]) -> Stimulus:
    """Return one stimulus in which every neuron has its own pattern's input."""
    table = np.zeros((len(patterns), _PIECES, 4))
    table[:, :, 3] = 1.0  # an unused piece is 0 for a millisecond
    for k, pattern in enumerate(patterns):
        pieces = np.array(_pieces(pattern.stimulus))
        pieces[:, 3] = np.minimum(pieces[:, 3], float(pattern.duration / ms))
        table[k, : len(pieces)] = pieces
    start, slope, onset, offset = np.moveaxis(table, 2, 0)
    pieces = [
        # `Ramp` in its own words: per millisecond, because Brian2 has no name for mV/ms².
        Expression(
            "level + rise*(t - begin)/ms",
            {"level": start[:, j] * _I, "rise": slope[:, j] * _I, "begin": onset[:, j] * ms},
            onset=onset[:, j] * ms,
            offset=offset[:, j] * ms,
        )
        for j in range(_PIECES)
    ]
    return reduce(add, pieces)


def _values(patterns: list[Pattern], name: str) -> Quantity:
    """Return one parameter of all patterns as an array."""
    parameters = [pattern.model.parameters[name] for pattern in patterns]
    return Quantity(np.array([p.value for p in parameters]) * parameters[0].unit)


def _initial(patterns: list[Pattern]) -> dict[str, Quantity]:
    """Return the initial v and u of all patterns as arrays."""
    states = [initial_state(pattern.model, {}) for pattern in patterns]
    return {
        name: Quantity.with_dimensions(np.array([state[name] for state in states]), unit.dim)
        for name, unit in (("v", mV), ("u", _I))
    }


def _response(pattern: Pattern, recording, k: int) -> Response:
    """Return what neuron `k` did during its own pattern."""
    length = float(pattern.duration / ms)
    own = (recording.spike_neuron == k) & (recording.spike_ms < length)
    during = recording.t_ms < length
    one = replace(
        recording,
        n=1,
        spike_neuron=np.zeros(own.sum(), int),
        spike_ms=recording.spike_ms[own],
        t_ms=recording.t_ms[during],
        traces={name: values[[k]][:, during] for name, values in recording.traces.items()},
    )
    found = Response(tables.traces_frame(pattern.model, one), tables.spikes_frame(one))
    about = tables.describe_run(
        pattern.model, one, protocol="run_patterns", stimulus=repr(pattern.stimulus)
    )
    found.traces.attrs = found.spikes.attrs = about
    return found
