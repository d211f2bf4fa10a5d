"""What each panel of the paper shows, in a form that can be checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...protocols import Response
from ...protocols.firing.izhikevich_patterns import Pattern


@dataclass(frozen=True)
class Claim:
    """What a panel of the paper shows, and how to tell from a response."""

    text: str
    holds: Callable[[np.ndarray, np.ndarray, pd.DataFrame], bool]


def _one(t, after=-np.inf, before=np.inf):
    return len(t) == 1 and after < t[0] < before


def _within(t, begin, end):
    return len(t) > 1 and begin <= t[0] and t[-1] <= end


def _burst(t):
    return len(t) > 2 and np.diff(t).max() < 15


def _bursts(t, gap_ms=15):
    """Count groups of at least three spikes, separated by more than `gap_ms`."""
    groups = np.split(t, np.flatnonzero(np.diff(t) > gap_ms) + 1)
    return sum(len(group) > 2 for group in groups)


def _onset_rate(t):
    return 1000 / (t[1] - t[0])


def _faster(t):
    return np.all(np.diff(t, 2) < 0)


def _swings(traces, start_ms=50):
    """Count how often the potential crosses its final value."""
    rows = traces[traces["t_ms"] > start_ms]
    sign = np.sign(rows["v_mV"].to_numpy() - rows["v_mV"].iloc[-1])
    return np.count_nonzero(np.diff(sign[sign != 0]))


# Of spike times t, edges of the stimulus e (both in ms) and traces x.
# fmt: off
CLAIMS = {
    "A": Claim("spikes at regular intervals",
               lambda t, e, x: len(t) > 3 and abs(np.diff(t, 2)[-1]) < 1),
    "B": Claim("one spike, then silence",
               lambda t, e, x: _one(t)),
    "C": Claim("burst after burst",
               lambda t, e, x: _bursts(t) > 2),
    "D": Claim("one burst, then silence",
               lambda t, e, x: _burst(t) and t[-1] < 100),
    "E": Claim("a burst, then single spikes",
               lambda t, e, x: _bursts(t) == 1 and np.diff(t)[-1] > 15),
    "F": Claim("ever longer intervals",
               lambda t, e, x: len(t) > 3 and np.all(np.diff(t, 2) > 0)),
    "G": Claim("starts at a low rate (below 30 Hz), which grows",
               lambda t, e, x: _onset_rate(t) < 30 and _faster(t)),
    "H": Claim("starts at a high rate (above 40 Hz), which grows",
               lambda t, e, x: _onset_rate(t) > 40 and t[-1] - t[-2] < t[1] - t[0]),
    "I": Claim("one spike, later after the pulse than twice its length",
               lambda t, e, x: _one(t, after=e[1] + 2 * (e[1] - e[0]))),
    "J": Claim("one spike, then the potential oscillates",
               lambda t, e, x: _one(t) and _swings(x) > 3),
    "K": Claim("one spike, to the wider pair of pulses only",
               lambda t, e, x: _one(t, after=e[-2])),
    "L": Claim("one spike, to the closer pair of pulses only",
               lambda t, e, x: _one(t, after=e[2], before=e[4])),
    "M": Claim("one spike after the inhibition",
               lambda t, e, x: _one(t, after=e[-1])),
    "N": Claim("one burst after the inhibition",
               lambda t, e, x: _burst(t) and t[0] > e[-1]),
    "O": Claim("spike to the same pulse only after inhibition",
               lambda t, e, x: _one(t, after=e[-2])),
    "P": Claim("one pulse starts, the next one stops the firing",
               lambda t, e, x: len(t) > 3 and _within(t, e[-4], e[-1])),
    "Q": Claim("one spike, then a depolarised potential",
               lambda t, e, x: _one(t)),
    "R": Claim("spike to the fast ramp, none to the slow one",
               lambda t, e, x: _one(t, after=e[-2])),
    "S": Claim("spikes during the inhibition only",
               lambda t, e, x: _within(t, *e[-2:])),
    "T": Claim("bursts during the inhibition only",
               lambda t, e, x: _bursts(t, 10) > 1 and _within(t, *e[-2:])),
}
# fmt: on


def holds(pattern: Pattern, out: Response) -> bool:
    """Return whether a response shows what the panel is there to show."""
    t = out.spikes["t_ms"].to_numpy()
    edges = 1e3 * np.array(pattern.stimulus.breakpoints)
    return bool(CLAIMS[pattern.letter].holds(t, edges, out.traces))
