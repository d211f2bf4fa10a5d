"""`izhikevich_2003_network`: the network of Izhikevich 2003, as published and as an SDE."""

from dataclasses import replace

import numpy as np
from brian2 import Quantity, ms, mV, second

from ...models.checks import check_count, check_name, check_positive
from ...models.grouping import GroupText, describe, initial_state
from ...models.zoo.izhikevich import IZHIKEVICH
from ...simulation.backends import Backend
from ...simulation.methods.half_steps import HALF_STEPS
from ...simulation.networks.network_plan import (
    Cells,
    NetworkPlan,
    Operation,
    Pathway,
    Population,
    Projection,
)
from ...simulation.networks.network_run import run_network
from ..stimuli import Received, WhiteNoise
from .network_result import NetworkRun, network_run, recorded, units_of

SCHEMES = ("published", "sde")
# Standard deviation of the thalamic input in mV/ms, drawn every millisecond (net.m).
NOISE = {"exc": 5.0, "inh": 2.0}
# For how many ms a spike drives its targets: one step of net.m.
PULSE = 1.0
WEIGHTS = {"exc": "0.5*rand()*mV/ms", "inh": "-rand()*mV/ms"}
UNIT = IZHIKEVICH.input_unit


def izhikevich_2003_network(
    *,
    seed: int = 1,
    duration: Quantity = 1 * second,
    scheme: str = "published",
    dt: Quantity | None = None,
    n_exc: int = 800,
    n_inh: int = 200,
    record: tuple[str, ...] = (),
    cells=(),
    spikes: bool = True,
    connections: bool = True,
    backend: str | Backend | None = None,
) -> NetworkRun:
    """Run the network of Izhikevich 2003: heterogeneous cells, all-to-all random weights.

    Parameters
    ----------
    seed : int
        Decides cells, weights and input.
    duration : Quantity
    scheme : {"published", "sde"}
        ``"published"``: steps of 1 ms, v in two half-steps with the same u and input, then u;
        thalamic input drawn every step. ``"sde"``: the stochastic differential equation by
        Euler-Maruyama, with white noise of the same strength.
    dt : Quantity
        Step of the SDE (1 ms or a whole fraction of it; default 0.1 ms). The published scheme
        has 1 ms.
    n_exc, n_inh : int
        Numbers of cells; the weights are not rescaled.
    record : tuple of str
        Variables to be sampled (``"v"``, ``"u"``) in `cells`.
    cells : sequence of int
        Excitatory cells come first.
    spikes, connections : bool
        Whether these tables are kept.
    backend : Backend or {"auto", "numpy", "cython", "cpp_standalone"}

    Returns
    -------
    NetworkRun

    Raises
    ------
    ValueError
        For bad input, before anything is compiled.

    Notes
    -----
    Each spike adds its weight to the input of its targets for 1 ms: that is what a step of the
    published program does, and it moves v by the same amount whatever the step. Thalamic input
    of standard deviation s, constant over 1 ms, becomes white noise of strength
    ``s*sqrt(1 ms)``. The SDE at dt = 1 ms is thus the scheme with one full Euler step in place
    of the two half-steps, which fires a quarter more.

    A spike is v >= 30 mV at the start of a step and carries that step's time.

    References
    ----------
    Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569-1572, with the program net.m.

    Examples
    --------
    >>> net = izhikevich_2003_network(seed=1, duration=100*ms, backend="numpy")
    >>> net.rates["population"].unique().tolist()
    ['exc', 'inh']
    """
    check_name("scheme", scheme, SCHEMES)
    length = check_positive("duration", duration, ms) * ms
    sizes = {"exc": check_count("n_exc", n_exc), "inh": check_count("n_inh", n_inh)}
    step = _step(scheme, dt)
    group = (_published if scheme == "published" else _sde)(sizes, seed, step)
    populations = (
        Population("exc", "cells", 0, n_exc),
        Population("inh", "cells", n_exc, n_exc + n_inh),
    )
    units = units_of(IZHIKEVICH, {})
    plan = NetworkPlan(
        cells=(group,),
        populations=populations,
        projections=tuple(_all_to_all(p, n_exc + n_inh, scheme) for p in populations),
        recorded=recorded(
            {"cells": list(units)}, populations, record, cells, None, spikes, connections
        ),
        duration=length,
        dt=step,
        seed=seed,
        label=f"network of Izhikevich 2003 ({scheme})",
    )
    return network_run(
        plan,
        run_network(plan, backend),
        {"cells": units},
        {p.name: ("w", UNIT) for p in plan.projections},
        {
            "protocol": "izhikevich_2003_network",
            "scheme": scheme,
            "n_exc": n_exc,
            "n_inh": n_inh,
            "noise_sd_mV_per_ms": NOISE,
            "weights": WEIGHTS,
        },
    )


def _step(scheme: str, dt: Quantity | None) -> Quantity:
    """Return the integration step."""
    if scheme == "published":
        if dt is not None and check_positive("dt", dt, ms) != 1:
            raise ValueError(
                f"dt: the published scheme has steps of 1 ms, got {dt}; use scheme='sde'"
            )
        return 1 * ms
    step = check_positive("dt", 0.1 * ms if dt is None else dt, ms)
    if step > 1 or abs(round(1 / step) * step - 1) > 1e-9:
        raise ValueError(f"dt: expected 1 ms or a whole fraction of it, got {dt}")
    return step * ms


def _heterogeneous(sizes: dict[str, int], seed: int) -> dict[str, Quantity]:
    """Return the parameters of all cells, as in net.m."""
    rng = np.random.default_rng(seed)
    re, ri = rng.random(sizes["exc"]), rng.random(sizes["inh"])
    one_e, one_i = np.ones_like(re), np.ones_like(ri)
    # fmt: off
    return {
        "a": np.r_[0.02*one_e,     0.02 + 0.08*ri] / ms,
        "b": np.r_[0.2*one_e,      0.25 - 0.05*ri] / ms,
        "c": np.r_[-65 + 15*re**2, -65*one_i]      * mV,
        "d": np.r_[8 - 6*re**2,    2*one_i]        * mV / ms,
    }
    # fmt: on


def _noise(sizes: dict[str, int]) -> np.ndarray:
    """Return the standard deviation of every cell's thalamic input, in mV/ms."""
    return np.repeat([NOISE[name] for name in sizes], list(sizes.values()))


def _published(sizes: dict[str, int], seed: int, dt: Quantity) -> Cells:
    """Return the cells of net.m: a step draws the input, resets, adds synapses, integrates."""
    text = describe(IZHIKEVICH, sum(sizes.values()), vary=_heterogeneous(sizes, seed), dt=dt)
    text = replace(
        text,
        equations=f"{text.equations}\nsigma : volt/second (constant)",
        threshold="v >= v_peak",
        method=HALF_STEPS,
        arrays={**text.arrays, "sigma": np.asarray(_noise(sizes) * UNIT)},
    )
    draw = Operation("I = sigma*randn()", when="before_thresholds")
    return _cells(text, operations=(draw,), update_when="end")


def _sde(sizes: dict[str, int], seed: int, dt: Quantity) -> Cells:
    """Return the cells with white noise as thalamic input and a synaptic input beside it."""
    thalamic = WhiteNoise(0 * UNIT, _noise(sizes) * UNIT * (PULSE * ms) ** 0.5)
    text = describe(
        IZHIKEVICH,
        sum(sizes.values()),
        thalamic + Received("I_syn"),
        vary=_heterogeneous(sizes, seed),
        method="euler",
        dt=dt,
    )
    return _cells(replace(text, threshold="v >= v_peak"))


def _cells(text: GroupText, **more) -> Cells:
    state = {k: v for k, v in initial_state(IZHIKEVICH, text.values).items()}
    return Cells("cells", text, {k: np.broadcast_to(v, text.n) for k, v in state.items()}, **more)


def _all_to_all(source: Population, n: int, scheme: str) -> Projection:
    """Return the synapses of one population onto every cell, itself included."""
    pathways = {"pre": Pathway("I_post += w", 0.0)}
    if scheme == "sde":
        pathways = {
            "pre": Pathway("I_syn_post += w", 0.0),
            "end": Pathway("I_syn_post -= w", PULSE * 1e-3),
        }
    return Projection(
        name=f"from_{source.name}",
        source=source,
        target=Population("all", "cells", 0, n),
        model="w : volt/second (constant)",
        pathways=pathways,
        connect={},
        expected=source.n * n,
        drawn={"w": WEIGHTS[source.name]},
    )
