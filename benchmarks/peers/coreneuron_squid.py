"""CoreNEURON: single compartments with NEURON's hh, second-order steps, without rate tables."""

import sys
import time

import neuron
import numpy as np
from neuron import coreneuron, h
from rates import report

n, seconds, dt, repeats = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
h.load_file("stdrun.hoc")
t_vector, id_vector, kept = h.Vector(), h.Vector(), []
network = h.ParallelContext()
h.celsius = 6.3
for k, current in enumerate(np.linspace(0, 50, n)):
    section = h.Section(name=f"cell{k}")
    section.L = section.diam = np.sqrt(1000 / np.pi)
    section.insert("hh")
    section.cm, section.ena, section.ek, section(0.5).hh.el = 1, 50, -77, -54.387
    clamp = h.IClamp(section(0.5))
    clamp.delay, clamp.dur, clamp.amp = 0, 1e9, current * 1e-2
    detector = h.NetCon(section(0.5)._ref_v, None, sec=section)
    detector.threshold = -20
    network.set_gid2node(k, network.id())
    network.cell(k, detector)
    network.spike_record(k, t_vector, id_vector)
    kept += [section, clamp, detector]
h.dt, h.secondorder, h.usetable_hh = dt, 2, 0
h.CVode().cache_efficient(1)
coreneuron.enable, coreneuron.verbose = True, 0
times = []
for _ in range(repeats + 1):
    network.set_maxstep(10)
    h.finitialize(-64.996379)
    t_vector.resize(0)
    id_vector.resize(0)
    begin = time.perf_counter()
    network.psolve(seconds * 1000)
    times.append(time.perf_counter() - begin)
ids = np.array(id_vector).astype(int)
report("CoreNEURON", neuron.__version__, times[1:], ids, np.array(t_vector), n)
