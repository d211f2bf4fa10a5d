"""Bifurcation diagrams for the page: what `dynamics` follows, thinned to what a screen shows."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..dynamics import bifurcations
from ..errors import ExcitableError
from ..models.units import column
from ..models.zoo import ZOO
from ..progress import bar

CLOSE = 0.005  # of an axis: nearer to the one before, a point is not seen


def cycle_diagrams(models: Iterable = ZOO) -> dict[str, pd.DataFrame]:
    """Return the periodic orbits of models over their range of inputs, as `explorer_html` takes it.

    Parameters
    ----------
    models : iterable of NeuronModel
        Default: the published ones. Cells that are reset, that have one variable or no vector
        field with derivatives have no orbits to follow and are left out. Equilibria are not here:
        the page finds them itself, for changed parameters too.

    Returns
    -------
    dict of str to DataFrame
        By model, the columns ``I``, ``v``, ``branch`` and ``stable``: each branch of orbits twice,
        as its highest and its lowest potential.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> cycle_diagrams([LIF])
    {}
    """
    smooth = [m for m in models if not m.system.reset and len(m.system.rhs) > 1]
    tables = {m.name: _cycles(m) for m in bar(smooth, desc="bifurcation diagrams", unit="model")}
    return {name: table for name, table in tables.items() if table is not None and len(table)}


def _cycles(model) -> pd.DataFrame | None:
    try:
        branches = bifurcations(model, "I", list(model.input_range) * model.input_unit).branches
    except ExcitableError:  # no vector field, which explains itself where it is asked for
        return None
    orbits = branches[branches["kind"] == "cycles"]
    own = column(model.input, model.input_unit)
    unit = model.unit_of(model.membrane)
    ends = [column(f"{model.membrane}_{end}", unit) for end in ("max", "min")]
    size = np.ptp(model.input_range), np.ptp(orbits[ends].to_numpy()) if len(orbits) else 0
    parts = []
    for _, orbit in orbits.groupby("branch", sort=False):
        for end in ends:
            part = pd.DataFrame({"I": orbit[own], "v": orbit[end], "stable": orbit["stable"]})
            parts.append(_thinned(part, *size).assign(branch=len(parts)))
    return pd.concat(parts, ignore_index=True) if parts else None


def _thinned(table: pd.DataFrame, width: float, height: float) -> pd.DataFrame:
    """Return the table without points that lie on the one before; ends and changes stay."""
    I, v = table["I"].to_numpy() / width, table["v"].to_numpy() / height
    stable = table["stable"].to_numpy()
    kept = [0]
    for k in range(1, len(table)):
        far = max(abs(I[k] - I[kept[-1]]), abs(v[k] - v[kept[-1]])) > CLOSE
        if far or k == len(table) - 1 or stable[k] != stable[k - 1]:
            kept.append(k)
    return table.iloc[kept]
