"""The panels in every way of solving them, and the F-I curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from brian2 import ms, pA

from ...models import IZHIKEVICH_2007
from ...protocols import Response, Step, fi_curve, response
from ...protocols.firing.izhikevich_patterns import (
    ADJUSTED_2004,
    PATTERNS_2004,
    original_scheme,
    run_patterns,
)
from ..study import Settings
from .claims import CLAIMS, holds
from .common import REBOUND_MS, REBOUND_PA, Compared

FINE_DT = 2**-8 * ms
ONSET_MS = 50


def compare_schemes(settings: Settings) -> Compared:
    """Run the twenty panels in every way.

    A panel has converged if both steps give the same number of spikes.
    """
    panels = PATTERNS_2004.values()
    published = {p.letter: original_scheme(p) for p in panels}
    rk4 = _by_letter(panels, backend=settings.backend)
    fine = _by_letter(panels, dt=FINE_DT, backend=settings.backend)
    adjusted = _by_letter(ADJUSTED_2004.values(), dt=FINE_DT, backend=settings.backend)
    rows = [
        _compare(p, published[p.letter], rk4[p.letter], fine[p.letter], adjusted.get(p.letter))
        for p in panels
    ]
    return Compared(published, rk4, fine, adjusted, pd.DataFrame(rows))


def _by_letter(patterns, **how) -> dict[str, Response]:
    patterns = list(patterns)
    return {p.letter: out for p, out in zip(patterns, run_patterns(patterns, **how), strict=True)}


def _compare(pattern, published, rk4, fine, adjusted) -> dict:
    """Return one row of the table."""
    t, t_fine = rk4.spikes["t_ms"].to_numpy(), fine.spikes["t_ms"].to_numpy()
    converged = len(t) == len(t_fine)
    change = ADJUSTED_2004.get(pattern.letter)
    return {
        "letter": pattern.letter,
        "pattern": pattern.title.split(maxsplit=1)[1],
        "shows": CLAIMS[pattern.letter].text,
        "euler_dt_ms": float(pattern.euler_dt / ms),
        "spikes_published": len(published.spikes),
        "spikes_rk4": len(t),
        "spikes_converged": float(len(t_fine)) if converged else np.nan,
        "rk4_error_ms": float(np.abs(t - t_fine).max()) if converged else np.nan,
        "holds_published": holds(pattern, published),
        "holds_converged": converged and holds(pattern, fine),
        "change": change.change if change else "",
        "spikes_adjusted": float(len(adjusted.spikes)) if adjusted else np.nan,
        "holds_adjusted": holds(change, adjusted) if adjusted else None,
    }


def interval_summary(out: Response) -> dict:
    intervals = np.diff(out.spikes["t_ms"].to_numpy())
    first, last = intervals[[0, -1]] if len(intervals) else (np.nan, np.nan)
    return {
        "spike_count": len(out.spikes),
        "first_interval_ms": float(first),
        "last_interval_ms": float(last),
    }


def mean_interval_ms(out: Response) -> float:
    """Return the mean of the second to fourth interval."""
    return float(np.diff(out.spikes["t_ms"].to_numpy())[1:4].mean())


def runaway_ms(out: Response) -> float:
    """Return when the interspike interval falls below 1/32 ms."""
    t = out.spikes["t_ms"].to_numpy()
    return float(t[np.argmax(np.diff(t) < 2**-5)])


def under_steps(model, currents, length, settings) -> dict[float, Response]:
    """Return the responses of one cell, by current; TC also to an inhibition that ends."""
    first = [*currents, *([REBOUND_PA] if model.name.endswith("tc") else [])]
    second = [max(current, 0) for current in first]
    change = ONSET_MS + REBOUND_MS
    stimulus = Step(first * pA, onset=ONSET_MS * ms, offset=change * ms)
    stimulus += Step(second * pA, onset=change * ms)
    out = response(
        model,
        stimulus,
        (ONSET_MS + length) * ms,
        n=len(first),
        record=("v", "u", "I"),
        start="initial",
        backend=settings.backend,
    )
    return {
        current: Response(
            out.traces[out.traces["neuron"] == k], out.spikes[out.spikes["neuron"] == k]
        )
        for k, current in enumerate(first)
    }


def fi_of(cells: dict, currents, settings: Settings) -> pd.DataFrame:
    """Return the F-I curves of several cells in one table."""
    duration, discard = (600, 300) if settings.quick else (2000, 1000)
    curves = [
        fi_curve(
            model,
            currents,
            duration=duration * ms,
            discard=discard * ms,
            backend=settings.backend,
        ).assign(cell=name)
        for name, model in cells.items()
    ]
    return pd.concat(curves, ignore_index=True)


def onsets_of(table: pd.DataFrame) -> dict[str, float]:
    """Return the lowest current at which each cell fires on."""
    firing = table[table["rate_Hz"] > 0]
    return firing.groupby("cell", sort=False)["I"].min().to_dict()


def lts_limit_pA() -> float:
    """Return u in pA at which the LTS cell's peak has come down to its reset."""
    p = {name: q.value for name, q in IZHIKEVICH_2007.variants["LTS"].parameters.items()}
    return (p["v_peak"] - p["c"]) / (p["k_peak"] + p["k_reset"])
