"""Branches of cycles: ours beside XPPAUT's AUTO (`xpplab`), and where our time goes."""

import cProfile
import pstats

import numpy as np
import pandas as pd
from brian2 import cm, ms, uA
from excitable.dynamics import Diagram, bifurcations
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY

from .contest import contest

DENSITY = uA / cm**2
# From the Hopf point named until the branch leaves the range: the squid axon's has then passed its
# last fold, Connor-Stevens' comes within 1e-3 of the SNIC (a period of two seconds).
CASES = {
    "squid axon": (HODGKIN_HUXLEY, [5.0, 9.9], 0, {"dsmax": 0.5, "nmax": 130}),
    "Connor-Stevens": (CONNOR_STEVENS, [8.1152, 200.0], -1, {"dsmax": 2.0, "nmax": 400}),
}
CLOSE = {"epsl": 1e-8, "epsu": 1e-8, "epss": 1e-6, "dsmin": 1e-6, "ds": 0.02, "normmax": 1e4}
STEADY = {**CLOSE, "dsmax": 0.5, "nmax": 3000, "npr": 3000}
CYCLES = {**CLOSE, "npr": 3000, "ntst": 200, "ncol": 4, "iad": 3, "nwtn": 3, "itnw": 7}
PARTS = {  # functions, and what they do; what one spends within another counts for that one
    "derivatives": "equations", "slopes": "equations", "linearised": "elimination",
    "solve": "solution", "multipliers": "multipliers",
}  # fmt: skip


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return one row per branch and contender, with shares of our time.

    Returns
    -------
    DataFrame
        Seconds on the clock and of processor time, how many cycles were solved, and ``folds``, the
        folds of cycles that were found. Without `xpplab` ours stands alone.
    """
    tables = []
    for name, (model, values, which, settings) in CASES.items():
        found: dict[str, tuple[int, int]] = {}

        def ours(model=model, values=values, found=found):
            found["excitable"] = _counts(_diagram(model, values))

        def theirs(model=model, values=values, which=which, settings=settings, found=found):
            found["AUTO, 200 x 4"] = _auto(model, values, which, settings)

        contenders = {"excitable": ours} | ({"AUTO, 200 x 4": theirs} if _has_auto() else {})
        table = contest(contenders, repeats=1 if quick else 3)
        table.insert(0, "branch", name)
        table[["cycles", "folds"]] = [found[who] for who in table["contender"]]
        shares = {part: [share] + [np.nan] * (len(table) - 1)
                  for part, share in _shares(model, values).items()}  # fmt: skip
        tables.append(table.assign(**shares))
    return pd.concat(tables, ignore_index=True)


def _diagram(model, values) -> Diagram:
    return bifurcations(model, "I", np.array(values) * DENSITY)


def _counts(diagram: Diagram) -> tuple[int, int]:
    folds = diagram.points["type"] == "fold of cycles"
    return sum(len(b.points) for b in diagram.cycles), int(folds.sum())


def _has_auto() -> bool:
    try:
        import xpplab  # noqa: F401
    except ImportError:
        return False
    return True


def _auto(model, values, which: int, settings: dict) -> tuple[int, int]:
    """Follow the same branch with AUTO; return how many cycles and folds it has found."""
    import xpplab

    low, high = values
    session = xpplab.Model.from_text(model.to_ode(duration=500 * ms))
    session.run(total=300)
    steady = session.auto.equilibria("I", parmin=-50, parmax=high + 100, **STEADY)
    hopf = [p for p in steady.special() if p.type == "HB"][which]
    branch = session.auto.continue_from(hopf, "periodic", parmin=low, parmax=high,
                                        **{**CYCLES, **settings})  # fmt: skip
    return len(branch), sum(p.type == "LP" for p in branch)


def _shares(model, values) -> dict[str, float]:
    """Return how our time divides, by the profiler."""
    profile = cProfile.Profile()
    profile.runcall(_diagram, model, values)
    stats = pstats.Stats(profile)
    spent = {name: 0.0 for name in dict.fromkeys(PARTS.values())}
    for (file, _, function), (_, _, _, whole, _) in stats.stats.items():
        if function in PARTS and "continuation" in file:
            spent[PARTS[function]] += whole / stats.total_tt
    spent["elimination"] -= spent["equations"]  # which is called from there, mostly
    return spent | {"rest": 1 - sum(spent.values())}
