"""From a run's plain arrays to tables. Needs no Brian2."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

# What a table of traces has beside the variables, and beside the input in the column I.
TRACES = ("neuron", "t_ms", "I_unit")


@dataclass(frozen=True)
class Response:
    """What a cell did.

    Attributes
    ----------
    traces : DataFrame
        ``neuron``, ``t_ms`` and each recorded variable, its unit in the column's name (``v_mV``);
        the input, if recorded, is ``I`` with ``I_unit``.
    spikes : DataFrame
        ``neuron`` and ``t_ms``.
    experiment : Experiment or None
        What was done, so that `excitable.protocols.certify` can repeat it.
    """

    traces: pd.DataFrame
    spikes: pd.DataFrame
    experiment: object = field(default=None, repr=False, compare=False)


def spikes_frame(neurons: np.ndarray, times_ms: np.ndarray) -> pd.DataFrame:
    """Return the spikes as a table: neuron, t_ms."""
    return pd.DataFrame({"neuron": neurons, "t_ms": times_ms})


def traces_frame(
    n: int,
    t_ms: np.ndarray,
    traces: Mapping[str, np.ndarray],
    shown: Mapping[str, tuple[str, float]],
    input_unit: str,
) -> pd.DataFrame:
    """Return traces as a table: neuron, t_ms, and one column per variable.

    Parameters
    ----------
    n : int
    t_ms : array, shape (samples,)
    traces : dict of str to array, shape (n, samples)
        In SI units.
    shown : dict of str to (str, float)
        Each variable's column, and its unit in SI units; the input's column is ``I``.
    input_unit : str
        Content of the column ``I_unit``, if the input is there; empty where none can be.
    """
    columns = {"neuron": np.repeat(np.arange(n), len(t_ms)), "t_ms": np.tile(t_ms, n)}
    for name, values in traces.items():
        column, factor = shown[name]
        columns[column] = values.ravel() / factor
    if input_unit and "I" in columns:
        columns["I_unit"] = input_unit
    return pd.DataFrame(columns)
