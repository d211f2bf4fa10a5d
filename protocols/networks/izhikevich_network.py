"""`izhikevich_2003_network`: the network of Izhikevich 2003, as published and as an SDE."""

from dataclasses import replace

import numpy as np
from brian2 import Quantity, ms, mV, second

from ...errors import InputError
from ...models.checks import check_count, check_name, check_positive
from ...models.zoo.izhikevich import IZHIKEVICH
from ...plain_checks import check_seed
from ...simulation.methods.half_steps import HALF_STEPS
from ...simulation.numerics import check_keywords
from ..stimuli import WhiteNoise
from .distributions import Drawn
from .drives import StepNoise
from .network import NOT_FOR_NETWORKS, Network
from .network_result import NetworkRun
from .population import Population
from .projection import Projection
from .synapses import Synapse

SCHEMES = ("published", "sde")
NOT_HERE = NOT_FOR_NETWORKS | {
    "method": "the scheme says how it is integrated; give scheme='sde' or 'published'"
}
# Standard deviation of the thalamic input in mV/ms, drawn every millisecond (net.m).
NOISE = {"exc": 5.0, "inh": 2.0}
# For how many ms a spike drives its targets: one step of net.m.
PULSE = 1.0
WEIGHTS = {"exc": "0.5*rand()*mV/ms", "inh": "-rand()*mV/ms"}
UNIT = IZHIKEVICH.input_unit
# net.m tests for fired = find(v>=30).
CELL = replace(IZHIKEVICH, threshold="v >= v_peak")


def izhikevich_2003_network(
    *,
    seed: int = 1,
    duration: Quantity = 1 * second,
    scheme: str = "published",
    dt: Quantity | None = None,
    n_exc: int = 800,
    n_inh: int = 200,
    **run,
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
    **run
        What is recorded and the numerics but for the method, as in `Network.run`; excitatory
        cells have the first numbers.

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
    check_keywords(izhikevich_2003_network, run, NOT_HERE, through=Network.run)
    check_name("scheme", scheme, SCHEMES)
    sizes = {"exc": check_count("n_exc", n_exc), "inh": check_count("n_inh", n_inh)}
    step = _step(scheme, dt)
    cells_of, synapse = {"published": (_published, _until_next_step), "sde": (_sde, _pulse)}[scheme]
    network = Network(
        [cells_of(sizes, _heterogeneous(sizes, seed))],
        [
            Projection(name, "cells", synapse(weight), wiring="all_to_all", autapses=True,
                       name=f"from_{name}", label="syn")
            for name, weight in WEIGHTS.items()
        ],
        title=f"network of Izhikevich 2003 ({scheme})",
    )  # fmt: skip
    about = {
        "protocol": "izhikevich_2003_network",
        "scheme": scheme,
        "n_exc": n_exc,
        "n_inh": n_inh,
        "noise_sd_mV_per_ms": NOISE,
        "weights": WEIGHTS,
    }
    return network.run(duration, dt=step, seed=seed, **{"about": about, **run})


def _step(scheme: str, dt: Quantity | None) -> Quantity:
    """Return the integration step."""
    if scheme == "published":
        if dt is not None and check_positive("dt", dt, ms) != 1:
            raise InputError(
                f"dt: the published scheme has steps of 1 ms, got {dt}; use scheme='sde'"
            )
        return 1 * ms
    step = check_positive("dt", 0.1 * ms if dt is None else dt, ms)
    if step > 1 or abs(round(1 / step) * step - 1) > 1e-9:
        raise InputError(f"dt: expected 1 ms or a whole fraction of it, got {dt}")
    return step * ms


def _heterogeneous(sizes: dict[str, int], seed: int) -> dict[str, Quantity]:
    """Return the parameters of all cells, as in net.m."""
    rng = np.random.default_rng(check_seed(seed))
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


def _published(sizes: dict[str, int], parameters: dict[str, Quantity]) -> Population:
    """Return the cells of net.m: a step draws the input, resets, adds synapses, integrates."""
    return Population(
        "cells", CELL, sizes, StepNoise(_noise(sizes) * UNIT), start="initial", vary=parameters,
        method=HALF_STEPS, update_when="end",
    )  # fmt: skip


def _sde(sizes: dict[str, int], parameters: dict[str, Quantity]) -> Population:
    """Return the cells with white noise as thalamic input."""
    thalamic = WhiteNoise(0 * UNIT, _noise(sizes) * UNIT * (PULSE * ms) ** 0.5)
    return Population(
        "cells", CELL, sizes, thalamic, start="initial", vary=parameters, method="euler"
    )


def _until_next_step(weight: str) -> Synapse:
    return Synapse.step(Drawn(weight))


def _pulse(weight: str) -> Synapse:
    return Synapse.pulse(PULSE * ms, Drawn(weight))
