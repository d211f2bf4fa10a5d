"""BrainPy: its HH group, rk4, in a compiled loop."""

import os
import sys
import time

os.environ["JAX_PLATFORMS"] = "cpu"
import brainpy as bp
import brainpy.math as bm
import numpy as np
from rates import report

n, seconds, dt, repeats = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
bm.set_platform("cpu")
bm.enable_x64()
bm.set_dt(dt)
cells = bp.dyn.HH(
    n, ENa=50.0, gNa=120.0, EK=-77.0, gK=36.0, EL=-54.387, gL=0.3, V_th=-20.0, C=1.0, method="rk4",
    V_initializer=bp.init.Constant(-64.996379),
)  # fmt: skip
currents = bm.asarray(np.linspace(0, 50, n))


def step(i):
    bp.share.save(i=i, t=i * dt, dt=dt)
    cells.update(currents)
    return cells.spike.value


@bm.jit
def sweep():
    return bm.for_loop(step, bm.arange(int(seconds * 1000 / dt)))


times = []
for _ in range(repeats + 1):
    cells.reset_state()
    begin = time.perf_counter()
    spikes = np.asarray(bm.as_numpy(sweep()))
    times.append(time.perf_counter() - begin)
at, neuron = np.nonzero(spikes)
report("BrainPy", bp.__version__, times[1:], neuron, at * dt, n)
