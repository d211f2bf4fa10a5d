"""The stimuli of the page: building blocks that add up, printed from the toolkit's stimuli."""

from dataclasses import dataclass

import numpy as np
from brian2 import Hz, Quantity, Unit, ms

from ..errors import InputError
from ..models.neuron_model import NeuronModel
from ..models.printers.javascript import javascript_expression
from ..protocols.stimuli import Constant, Expression, Pulses, Ramp, Sine, Step, Stimulus, Sum
from ..protocols.stimuli.base import At

_NUMBER = Unit(1)
# Any model whose input is a pure number: the text of a stimulus depends on the model in nothing.
_PLAIN = NeuronModel("plain", "dx/dt = I/ms : 1", {}, _NUMBER, {"x": 0})
_END = 1 * ms

# What each kind has, in the order of its numbers on the page. Inputs are in the model's unit, times
# in ms, frequencies in Hz. The text of a pulse is that of one; a train is a sum of them.
KINDS = {
    "constant": ("amplitude",),
    "step": ("amplitude", "onset", "offset"),
    "ramp": ("start", "slope", "onset", "offset"),
    "pulses": ("amplitude", "width", "first", "interval", "count"),
    "sine": ("amplitude", "frequency", "phase", "mean", "onset", "offset"),
    "noise": ("deviation", "correlation", "seed"),
}
_PRINTED = {
    "constant": Constant(1),
    "step": Step(1, offset=_END),
    "ramp": Ramp(1 / ms, offset=_END, start=1),
    "sine": Sine(1, 1 * Hz, mean=1, offset=_END),
    "pulses": Pulses(1, times=[0] * ms, width=_END),
}


@dataclass(frozen=True)
class Special:
    """An input with a formula of its own: one number on the page, in the input's unit.

    Attributes
    ----------
    key : str
    stimulus : Expression
        With one parameter, and with the numbers of the page's block in its place.
    """

    key: str
    stimulus: Expression


def block_functions(specials=()) -> str:
    """Return the JavaScript functions of all blocks: of t, the step, and the block's numbers in SI.

    Examples
    --------
    >>> print(block_functions().splitlines()[1])
    constant: (t, begin, h, q) => q[0],
    """
    lines = []
    for kind, stimulus in _PRINTED.items():
        own = {f"q_{name}": f"q[{k}]" for k, name in enumerate(KINDS[kind])}
        if kind == "pulses":
            own |= {"q_time_0": "q[2]"}
        lines.append(f"{kind}: {_function(stimulus, own)},")
    for special in specials:
        own = {f"q_{name}": f"q[{k}]" for k, name in enumerate(special.stimulus.parameters)}
        lines.append(f'"{special.key}": {_function(special.stimulus, own)},')
    return "\n".join(["{", *lines, "}"])


def _function(stimulus: Stimulus, numbers: dict[str, str]) -> str:
    plain = stimulus
    if isinstance(stimulus, Expression):
        plain = Expression(stimulus.expression, dict.fromkeys(stimulus.parameters, 1.0))
    value = plain.term(_PLAIN, "q", At(dt=float(_END))).value
    known = {**numbers, "t": "t", "dt": "h", "step_begin": "begin"}
    return f"(t, begin, h, q) => {javascript_expression(value, known)}"


def blocks_of(stimulus: Stimulus, unit: Unit, specials=()) -> list[dict]:
    """Return a stimulus as the page's blocks.

    Examples
    --------
    >>> from brian2 import nA
    >>> blocks_of(Constant(1*nA) + Step(2*nA, onset=5*ms), nA)
    [{'kind': 'constant', 'amplitude': 1.0}, {'kind': 'step', 'amplitude': 2.0, 'onset': 5.0}]
    """
    if isinstance(stimulus, Sum):
        return blocks_of(stimulus.first, unit, specials) + blocks_of(
            stimulus.second, unit, specials
        )
    for special in specials:
        if stimulus == special.stimulus:
            numbers = {k: _number(v, unit) for k, v in stimulus.parameters.items()}
            return [{"kind": special.key, **numbers}]
    match stimulus:
        case Constant():
            return [{"kind": "constant", "amplitude": _number(stimulus.amplitude, unit)}]
        case Step():
            return [
                {"kind": "step", "amplitude": _number(stimulus.amplitude, unit)} | _when(stimulus)
            ]
        case Ramp():
            start = 0.0 if stimulus.start is None else _number(stimulus.start, unit)
            slope = _number(stimulus.slope, unit / ms)
            return [{"kind": "ramp", "start": start, "slope": slope} | _when(stimulus)]
        case Sine():
            mean = 0.0 if stimulus.mean is None else _number(stimulus.mean, unit)
            wave = {"amplitude": _number(stimulus.amplitude, unit)}
            wave |= {"frequency": _number(stimulus.frequency, Hz), "phase": float(stimulus.phase)}
            return [{"kind": "sine", **wave, "mean": mean} | _when(stimulus)]
        case Pulses():
            return _trains(stimulus, unit)
    raise InputError(f"the page has no block for {stimulus!r}")


def _number(value, unit) -> float:
    return float(f"{float(Quantity(value) / unit):.12g}")


def _when(stimulus) -> dict:
    """Return onset and offset where they are not the beginning and the end."""
    times = {"onset": stimulus.onset, "offset": stimulus.offset}
    found = {name: float(f"{float(t / ms):.12g}") for name, t in times.items()}
    return {k: v for k, v in found.items() if v not in (0.0, np.inf)}


def _trains(stimulus: Pulses, unit) -> list[dict]:
    """Return pulses as trains of even distances, the fewest that follow one another."""
    times = [float(f"{t:.12g}") for t in np.atleast_1d(stimulus.times / ms)]
    base = {
        "kind": "pulses",
        "amplitude": _number(stimulus.amplitude, unit),
        "width": float(f"{float(stimulus.width / ms):.12g}"),
    }
    found = []
    while times:
        interval = times[1] - times[0] if len(times) > 1 else 0.0
        count = 1
        while count < len(times) and abs(times[count] - times[0] - count * interval) < 1e-9:
            count += 1
        train = {"first": times[0], "interval": float(f"{interval:.10g}"), "count": count}
        found.append(base | {k: v for k, v in train.items() if count > 1 or k != "interval"})
        times = times[count:]
    return found
