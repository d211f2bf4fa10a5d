"""Bifurcation diagrams with their cycles: time, and how much of it cycles take."""

import time

import numpy as np
import pandas as pd
from brian2 import cm, uA
from excitable.dynamics import bifurcations
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY

DENSITY = uA / cm**2
CASES = {
    "squid axon": (HODGKIN_HUXLEY, [0, 160]),
    "Connor-Stevens": (CONNOR_STEVENS, [0, 200]),
}


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return one row per diagram: wall and processor time, and what was computed.

    Returns
    -------
    DataFrame
        ``equilibria_s`` is the wall time of the same diagram without cycles.
    """
    rows = []
    for name, (model, values) in CASES.items():
        wall, processor = time.perf_counter(), time.process_time()
        found = bifurcations(model, "I", np.array(values) * DENSITY)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        start = time.perf_counter()
        bifurcations(model, "I", np.array(values) * DENSITY, cycles=False)
        alone = time.perf_counter() - start
        rows.append(
            {
                "diagram": name,
                "wall_s": wall,
                "processor_s": processor,
                "equilibria_s": alone,
                "cycles": int(np.sum([len(b.points) for b in found.cycles])),
                "special points": len(found.points),
            }
        )
    return pd.DataFrame(rows)
