"""Jaxley: one compartment with its HH channels, Crank-Nicolson, vectorised over currents."""

import os
import sys
import time

os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import jax.numpy as jnp
import jaxley
import numpy as np
from jaxley.channels import HH
from rates import report

n, seconds, dt, repeats = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
jax.config.update("jax_enable_x64", True)
cell = jaxley.Compartment()
radius = np.sqrt(1000 / np.pi) / 2  # a membrane of 1000 um2
cell.insert(HH())
for name, value in {"radius": radius, "length": 2 * radius, "HH_eLeak": -54.387, "v": -64.996379,
                    "capacitance": 1.0}.items():  # fmt: skip
    cell.set(name, value)
cell.init_states()
cell.record("v", verbose=False)
cell.to_jax()
steps = int(seconds * 1000 / dt)
currents = jnp.asarray(np.linspace(0, 50, n) * 1e-2)  # uA/cm2 on 1000 um2, in nA


@jax.jit
@jax.vmap
def sweep(current):
    stimuli = cell.data_stimulate(jnp.ones(steps) * current, None)
    return jaxley.integrate(cell, data_stimuli=stimuli, delta_t=dt, solver="crank_nicolson")[0]


times = []
for _ in range(repeats + 1):
    begin = time.perf_counter()
    v = np.asarray(sweep(currents).block_until_ready())
    times.append(time.perf_counter() - begin)
neuron, step = np.nonzero((v[:, :-1] <= -20) & (v[:, 1:] > -20))
low, high = v[neuron, step], v[neuron, step + 1]
t_ms = (step + (-20 - low) / (high - low)) * dt
report("Jaxley", jaxley.__version__, times[1:], neuron, t_ms, n)
