"""Squid axon, 1000 currents, 1 s, one core: time until every rate is within 1e-3 of the truth.

Each simulator runs with several steps; what counts is the cheapest that reaches the tolerance. The
peers run in interpreters of their own, which ``EXCITABLE_PEERS`` names: a folder with virtual
environments ``jaxley``, ``brainpy`` and ``neuron`` (``pip install jaxley`` and so on). Those that
are not there are left out.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from brian2 import Quantity, cm, ms, second, uA
from excitable.models import HODGKIN_HUXLEY
from excitable.protocols import Constant, fi_curve
from excitable.simulation import Backend, simulate

from .contest import on_cores
from .fi_sweep import stock

TOLERANCE = 1e-3
HERE = Path(__file__).parent
PEERS = {
    "jaxley": ("jaxley_squid.py", (0.05, 0.025)),
    "brainpy": ("brainpy_squid.py", (0.05,)),  # rk4: the next larger steps diverge
    "neuron": ("coreneuron_squid.py", (0.1, 0.05, 0.025)),
}


def measure(quick: bool = False, large: bool = False) -> pd.DataFrame:
    """Return the table: simulator, method, step, seconds, largest error of a rate, mismatches.

    ``mismatches`` counts the currents at which only one of the simulator and the truth fires;
    ``times_ours`` is the ratio to the cheapest of ours that reaches the tolerance.
    """
    cells, seconds, repeats = (50, 0.5, 1) if quick else (1000, 1.0, 3)
    currents = Quantity(np.linspace(0, 50, cells) * uA / cm**2)
    run = {"duration": seconds * second, "discard": 300 * ms}
    with on_cores(1):
        # A fourth-order method at a quarter of its step: within 1e-7 of scipy's reference.
        true = fi_curve(HODGKIN_HUXLEY, currents, dt=0.00625 * ms, **run)["rate_Hz"].to_numpy()
        rows = _ours(currents, seconds, repeats, true)
        rows.append(_stock(cells, seconds, repeats))
        for name, (script, steps) in PEERS.items():
            rows += [_peer(name, script, cells, seconds, dt, repeats, true) for dt in steps]
    table = pd.DataFrame([row for row in rows if row])
    good = table["simulator"].str.startswith("excitable") & (table["error"] <= TOLERANCE)
    return table.assign(times_ours=table["seconds"] / table.loc[good, "seconds"].min())


def _errors(rates: np.ndarray, true: np.ndarray) -> dict:
    both = (rates > 0) & (true > 0)
    return {
        "error": float(np.max(np.abs(rates[both] / true[both] - 1))),
        "mismatches": int(np.sum((rates > 0) != (true > 0))),
    }


def _ours(currents, seconds: float, repeats: int, true: np.ndarray) -> list[dict]:
    """Return our rows: what the tolerance chooses on a sample, and plain rk4 in both precisions."""
    run = {"duration": seconds * second, "discard": 300 * ms}
    chosen = fi_curve(HODGKIN_HUXLEY, currents[:: len(currents) // 25], tolerance=TOLERANCE, **run)
    about = chosen.attrs
    settings = [
        (about["method"], about["dt_ms"], about["precision"], ", chosen by tolerance=1e-3"),
        ("rk4", 0.05, "float32", ""),
        ("rk4", 0.05, "float64", ""),
    ]
    rows = []
    for method, dt, precision, how in settings:
        backend = Backend("cpp_standalone", precision=precision)
        options = {"method": method, "dt": dt * ms, "backend": backend}
        rates = fi_curve(HODGKIN_HUXLEY, currents, **run, **options)["rate_Hz"].to_numpy()

        def once(options=options):
            simulate(HODGKIN_HUXLEY, Constant(currents), len(currents), seconds * second, **options)

        rows.append(
            {"simulator": f"excitable {precision}{how}", "method": method, "dt_ms": dt}
            | {"seconds": _median(once, repeats)}
            | _errors(rates, true)
        )
    return rows


def _median(run, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def _stock(cells: int, seconds: float, repeats: int) -> dict:
    """Return the row of stock Brian2; its rk4 has the errors of ours at the same step."""
    with tempfile.TemporaryDirectory() as folder:
        run = stock(HODGKIN_HUXLEY, seconds, Path(folder), cells=cells, dt=0.05)
        taken = _median(run, repeats)
    return {"simulator": "stock Brian2 C++ standalone", "method": "rk4", "dt_ms": 0.05,
            "seconds": taken, "error": np.nan, "mismatches": 0}  # fmt: skip


def _peer(name: str, script: str, cells, seconds, dt, repeats, true) -> dict | None:
    """Return a peer's row; nothing where it is not installed."""
    python = Path(os.environ.get("EXCITABLE_PEERS", "/nonexistent")) / name / "bin" / "python"
    if not python.exists():
        return None
    command = [python, HERE / "peers" / script, cells, seconds, dt, repeats]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode:
        print(f"{name} failed: {done.stderr.strip()[-300:]}")
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        "simulator": f"{found['name']} {found['version']}",
        "method": {"brainpy": "rk4", "neuron": "second order", "jaxley": "crank_nicolson"}[name],
        "dt_ms": dt,
        "seconds": float(np.median(found["seconds"])),
        **_errors(np.array(found["rates"]), true),
    }
