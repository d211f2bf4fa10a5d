"""What a push does to the rounds of a cell that is reset, integrated spike by spike."""

import itertools
from collections.abc import Iterator

import numpy as np

from ..continuation.field import Field
from .adjoint import Moment
from .reset_map import ResetMap
from .rounds import to_threshold


def ends_of_rounds(field: Field, jump: ResetMap, p: float, spikes: int, moment: Moment,
                   push: float) -> Iterator[float]:  # fmt: skip
    """Yield when the present and the following rounds end after a push of the membrane, in ms.

    Parameters
    ----------
    field : Field
    jump : ResetMap
    p : float
        Input.
    spikes : int
        Of a round.
    moment : Moment
        At which the cell is pushed; times count from there.
    push : float
        In the membrane's unit.

    Yields
    ------
    float
        NaN from where the cell stops firing.
    """
    x = moment.x + push * np.eye(field.n)[field.membrane]
    x, time = jump.paused(x, p, moment.pause), moment.pause
    left = spikes - moment.piece
    while True:
        if jump.gap(x, p) < 0:
            run = to_threshold(field, jump, p, x)
            if run is None:
                yield from itertools.repeat(np.nan)
            x, time = run.y[:-1, -1], time + run.y[-1, -1]
        left -= 1
        if not left:
            yield time
            left = spikes
        after = jump.reset(x, p)
        pause = jump.pause(after, p)
        x, time = jump.paused(after, p, pause), time + pause
