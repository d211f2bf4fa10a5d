"""The published program of Izhikevich's network, step by step in numpy, with switches in it.

The studies run the network on Brian2. This is the 1-ms loop as the paper prints it, so that one
line at a time can be changed to see what it does to the activity.
"""

import numpy as np
import pandas as pd

N_EXC, N_INH = 800, 200
# What the recovery variable of a step follows.
AFTER, CUT, BEFORE = "v after the step", "v after the step, cut at 30 mV", "v before the step"


def count_spikes(seed: int, v_steps: int = 2, u_follows: str = AFTER, steps: int = 1000):
    """Run the program and count.

    Parameters
    ----------
    seed : int
        Decides cells, weights and thalamic input.
    v_steps : int
        Into how many parts of equal length the step of v is divided; 2 as published.
    u_follows : str
        `AFTER` as published, `CUT` or `BEFORE`.
    steps : int
        Of 1 ms.

    Returns
    -------
    spikes : int
    peak_mV : float
        Mean potential at which the spikes are found.

    Notes
    -----
    Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569-1572, program net.m.

    Examples
    --------
    >>> count_spikes(0, steps=5)[0]
    0
    """
    rng = np.random.default_rng(seed)
    re, ri = rng.random(N_EXC), rng.random(N_INH)
    # fmt: off
    a = np.r_[np.full(N_EXC, 0.02), 0.02 + 0.08*ri]
    b = np.r_[np.full(N_EXC, 0.2),  0.25 - 0.05*ri]
    c = np.r_[-65 + 15*re**2,       np.full(N_INH, -65.0)]
    d = np.r_[8 - 6*re**2,          np.full(N_INH, 2.0)]
    # fmt: on
    weights = np.c_[0.5 * rng.random((len(a), N_EXC)), -rng.random((len(a), N_INH))]
    noise = np.r_[np.full(N_EXC, 5.0), np.full(N_INH, 2.0)]
    v = np.full(len(a), -65.0)
    u = b * v
    peaks = []
    for _ in range(steps):
        current = noise * rng.standard_normal(len(a))
        fired = v >= 30
        peaks.append(v[fired])
        v, u = np.where(fired, c, v), np.where(fired, u + d, u)
        current += weights[:, fired].sum(axis=1)
        seen = v
        for _ in range(v_steps):
            v = v + (0.04 * v**2 + 5 * v + 140 - u + current) / v_steps
        if u_follows != BEFORE:
            seen = np.minimum(v, 30) if u_follows == CUT else v
        u = u + a * (b * seen - u)
    found = np.concatenate(peaks)
    return len(found), float(found.mean()) if len(found) else np.nan


def variants(seeds) -> pd.DataFrame:
    """Count the spikes of one second with every combination of the switches.

    Parameters
    ----------
    seeds : iterable of int

    Returns
    -------
    DataFrame
        One row per combination, the published one first: ``v_steps``, ``u_follows``, ``runs``,
        mean and standard error of ``spikes``, and ``peak_mV``.

    Examples
    --------
    >>> table = variants([0])
    >>> len(table), table["u_follows"][0] == AFTER
    (6, True)
    """
    rows = []
    for v_steps in (2, 1):
        for u_follows in (AFTER, CUT, BEFORE):
            runs = pd.DataFrame(
                [count_spikes(seed, v_steps, u_follows) for seed in seeds],
                columns=["spikes", "peak_mV"],
            )
            rows.append({
                "v_steps": v_steps, "u_follows": u_follows, "runs": len(runs),
                "spikes": runs["spikes"].mean(), "spikes_sem": runs["spikes"].sem(),
                "peak_mV": runs["peak_mV"].mean(),
            })  # fmt: skip
    return pd.DataFrame(rows)
