"""A test set in spiking cells: all samples in one run, against one run a sample; and training."""

import itertools
import time

import numpy as np
import pandas as pd
from brian2 import ms
from excitable.analysis import FeedForward, RateCurve, ReLU, lif_rate, train
from excitable.models import LIF
from excitable.protocols import to_spiking

SAMPLES, ALONE, LENGTH = 450, 10, 100 * ms
SIZES = ((64, 64, 10), (64, 128, 64, 10))


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Time both ways on programs that are compiled, and a training with ReLU and LIF's curve.

    Returns
    -------
    DataFrame
        One row per network and way: ``what``, ``way``, ``samples``, ``wall_s`` and
        ``ms_per_sample``.
    """
    I = np.linspace(1, 5, 161)
    lif = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}
    curve = RateCurve(I, lif_rate(I, **lif), unit=1.0, name="lif")
    rng = np.random.default_rng(0)
    X = rng.random((50 if quick else SAMPLES, 64))
    rows = []
    for sizes in SIZES[: 1 if quick else 2]:
        pairs = list(itertools.pairwise(sizes))
        weights = [rng.normal(0, np.sqrt(2 / m), (m, n)) for m, n in pairs]
        spiking = to_spiking(FeedForward(weights, [np.zeros(n) for n in sizes[1:]], curve), LIF)
        name = f"{'-'.join(map(str, sizes))} in LIF cells, 100 ms"
        for way, parts in (("one run", [X]), ("a run a sample", [x[None] for x in X[:ALONE]])):
            spiking.run(parts[0], LENGTH)  # compiles
            rows.append(_timed(name, way, sum(map(len, parts)), _all(spiking, parts)))
    y = np.arange(len(X)) % 10
    for activation in (ReLU(), curve):
        name = "training of 64-64-10, 60 epochs"
        rows.append(_timed(name, activation.name, len(X), _training(X, y, activation)))
    return pd.DataFrame(rows)


def _all(spiking, parts):
    return lambda: [spiking.run(part, LENGTH) for part in parts]


def _training(X, y, activation):
    return lambda: train(X, y, (64,), activation, epochs=60)


def _timed(what: str, way: str, samples: int, work) -> dict:
    begin = time.perf_counter()
    work()
    wall = time.perf_counter() - begin
    return {
        "what": what, "way": way, "samples": samples, "wall_s": wall,
        "ms_per_sample": 1e3 * wall / samples,
    }  # fmt: skip
