"""Plain Brian2 standalone scripts: ``plain_networks.py NAME CELLS SECONDS REPEATS``.

Prints the shortest time of a run (process start to end) in s, and its peak memory in bytes.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import brian2 as b2
import numpy as np
from brian2 import ms, mV, second


def izhikevich(n: int, duration: float):
    """Return the objects of the network of Izhikevich 2003 in Brian2's usual form."""
    b2.defaultclock.dt = 1 * ms
    n_exc = n * 4 // 5
    rng = np.random.default_rng(1)
    re, ri = rng.random(n_exc), rng.random(n - n_exc)
    cells = b2.NeuronGroup(
        n, "I : 1\nnoise : 1\na : 1\nb : 1\nc : 1\nd : 1\nv : 1\nu : 1",
        threshold="v >= 30", reset="v = c; u += d",
    )  # fmt: skip
    cells.a = np.r_[0.02 * np.ones(n_exc), 0.02 + 0.08 * ri]
    cells.b = np.r_[0.2 * np.ones(n_exc), 0.25 - 0.05 * ri]
    cells.c = np.r_[-65 + 15 * re**2, -65 * np.ones(n - n_exc)]
    cells.d = np.r_[8 - 6 * re**2, 2 * np.ones(n - n_exc)]
    cells.noise = np.r_[5 * np.ones(n_exc), 2 * np.ones(n - n_exc)]
    cells.v = -65
    cells.u = "b*v"
    cells.run_regularly("I = noise*randn()", when="before_thresholds")
    half = "v += 0.5*(0.04*v**2 + 5*v + 140 - u + I)"
    cells.run_regularly(f"{half}\n{half}\nu += a*(b*v - u)", when="end")
    exc = b2.Synapses(cells[:n_exc], cells, "w : 1", on_pre="I_post += w")
    inh = b2.Synapses(cells[n_exc:], cells, "w : 1", on_pre="I_post += w")
    exc.connect()
    inh.connect()
    exc.w = "0.5*rand()"
    inh.w = "-rand()"
    return cells, exc, inh, b2.SpikeMonitor(cells)


def cuba(n: int, duration: float):
    """Return the objects of CUBA as in Brian2's example, with 80 synapses onto a cell."""
    equations = """
        dv/dt = (ge + gi - (v - El))/taum : volt (unless refractory)
        dge/dt = -ge/taue : volt
        dgi/dt = -gi/taui : volt
    """
    names = {
        "taum": 20 * ms, "taue": 5 * ms, "taui": 10 * ms, "Vt": -50 * mV, "Vr": -60 * mV,
        "El": -49 * mV, "we": 1.62 * mV, "wi": -9 * mV,
    }  # fmt: skip
    cells = b2.NeuronGroup(
        n, equations, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact",
        namespace=names,
    )  # fmt: skip
    cells.v = "Vr + rand()*(Vt - Vr)"
    n_exc = n * 4 // 5
    exc = b2.Synapses(cells[:n_exc], cells, on_pre="ge += we", namespace=names)
    inh = b2.Synapses(cells[n_exc:], cells, on_pre="gi += wi", namespace=names)
    exc.connect(p=80 / n)
    inh.connect(p=80 / n)
    return cells, exc, inh, b2.SpikeMonitor(cells)


def main(name: str, n: int, duration: float, repeats: int) -> None:
    """Build the network once, run it some times, print the best time and the peak memory."""
    folder = tempfile.mkdtemp()
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    network = b2.Network(*{"izhikevich": izhikevich, "cuba": cuba}[name](n, duration))
    network.run(duration * second)
    b2.device.build(directory=folder, compile=True, run=False)
    runs = [_timed(folder) for _ in range(repeats + 1)][1:]
    print(min(wall for wall, _ in runs), max(peak for _, peak in runs))


def _timed(folder: str) -> tuple[float, float]:
    """Run the program; return its time in s and its peak memory in bytes."""
    begin, peak = time.perf_counter(), 0
    process = subprocess.Popen(["./main"], cwd=folder)
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        if "Name:\tmain\n" in status and (found := re.search(r"VmHWM:\s+(\d+) kB", status)):
            peak = max(peak, int(found[1]) * 1024)
        time.sleep(0.002)
    if process.returncode:
        raise RuntimeError(f"the program in {folder} failed")
    return time.perf_counter() - begin, peak


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
