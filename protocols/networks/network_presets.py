"""Known networks with their published parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brian2 import Hz, Mohm, ms, mV, nS, pA

from ...models.checks import check_name
from ...models.zoo.lif import LIF
from ...models.zoo.traub_miles import TRAUB_MILES
from .distributions import Normal, Uniform
from .drives import Poisson
from .ei_network import ei_network
from .network_result import NetworkRun
from .synapses import Synapse


@dataclass(frozen=True)
class NetworkPreset:
    """A published network.

    Attributes
    ----------
    name, title : str
    arguments : dict
        Of `ei_network`.
    references : tuple of str
    """

    name: str
    title: str
    arguments: Mapping[str, object] = field(repr=False)
    references: tuple[str, ...] = ()


_BRETTE = "Brette et al. 2007, J. Comput. Neurosci. 23:349-398, doi:10.1007/s10827-007-0038-6"
_VOGELS = "Vogels & Abbott 2005, J. Neurosci. 25:10786-10795, doi:10.1523/JNEUROSCI.3508-05.2005"
_BRUNEL = "Brunel 2000, J. Comput. Neurosci. 8:183-208, doi:10.1023/A:1008925309027"

_CELL = LIF.with_(tau=20 * ms, R=100 * Mohm, V_th=-50 * mV, V_reset=-60 * mV, t_ref=5 * ms)
# Self-connections are as likely as others in the published scripts.
_BENCHMARK = {"n_exc": 3200, "n_inh": 800, "p": 0.02, "autapses": True}
# Initial conductances of the benchmark's scripts, which keep the network going.
_CONDUCTANCES = {
    "synapse": Synapse.conductance(5 * ms, 0 * mV, 6 * nS),
    "inhibition": Synapse.conductance(10 * ms, -80 * mV, 67 * nS),
    "start": {
        "v": Normal(-65 * mV, 5 * mV),
        "g_exc": Normal(40 * nS, 15 * nS),
        "g_inh": Normal(200 * nS, 120 * nS),
    },
}

_CUBA = {
    **_BENCHMARK,
    "model": _CELL.with_(E_L=-49 * mV),
    # 1.62 and -9 mV across the membrane's 100 Mohm
    "synapse": Synapse.current(5 * ms, 16.2 * pA),
    "inhibition": Synapse.current(10 * ms, -90 * pA),
    "start": {"v": Uniform(-60 * mV, -50 * mV)},
    "method": "exact",
    "dt": 0.1 * ms,
}
_COBA = {**_BENCHMARK, **_CONDUCTANCES, "model": _CELL.with_(E_L=-60 * mV), "dt": 0.1 * ms}
_COBAHH = {**_BENCHMARK, **_CONDUCTANCES, "model": TRAUB_MILES.with_(E_L=-60 * mV)}


def _brunel(g: float, drive: float) -> dict:
    """Return the arguments of model A; `drive` is the external rate over the threshold rate."""
    jump, n_exc, per_cell = 0.1 * mV, 10_000, 1000
    cell = LIF.with_(tau=20 * ms, E_L=0 * mV, V_th=20 * mV, V_reset=10 * mV, t_ref=2 * ms)
    at_threshold = 20 * mV / (jump * per_cell * 20 * ms)  # nu_thr = theta/(J C_E tau), 10 Hz
    return {
        "model": cell,
        "n_exc": n_exc,
        "n_inh": n_exc // 4,
        "synapse": Synapse.delta(jump),
        "g": g,
        "in_degree": {"exc": per_cell, "inh": per_cell // 4},
        "delay": 1.5 * ms,
        "drive": Poisson(float(drive * at_threshold) * Hz, Synapse.delta(jump), n=per_cell),
        "start": {"v": Uniform(0 * mV, 20 * mV)},
        "autapses": True,
        "method": "exact",
        "dt": 0.1 * ms,
    }


PRESETS = {
    preset.name: preset
    for preset in (
        NetworkPreset("CUBA", "Balanced network with current synapses (benchmark 2)", _CUBA,
                      (_VOGELS, _BRETTE)),
        NetworkPreset("COBA", "Self-sustained network with conductance synapses (benchmark 1)",
                      _COBA, (_VOGELS, _BRETTE)),
        NetworkPreset("COBAHH", "The same with Hodgkin-Huxley cells (benchmark 3)", _COBAHH,
                      (_BRETTE,)),
        NetworkPreset("brunel_SR", "Brunel: synchronous regular (figure 8A)", _brunel(3, 2),
                      (_BRUNEL,)),
        NetworkPreset("brunel_SI_fast", "Brunel: synchronous irregular, fast oscillation "
                      "(figure 8B)", _brunel(6, 4), (_BRUNEL,)),
        NetworkPreset("brunel_AI", "Brunel: asynchronous irregular (figure 8C)", _brunel(5, 2),
                      (_BRUNEL,)),
        NetworkPreset("brunel_SI_slow", "Brunel: synchronous irregular, slow oscillation "
                      "(figure 8D)", _brunel(4.5, 0.9), (_BRUNEL,)),
    )
}  # fmt: skip


def network_preset(name: str, **changes) -> NetworkRun:
    """Run a known network.

    Parameters
    ----------
    name : str
        ``"CUBA"``, ``"COBA"``, ``"COBAHH"``, ``"brunel_SR"``, ``"brunel_AI"``,
        ``"brunel_SI_fast"`` or ``"brunel_SI_slow"``; `PRESETS` has their arguments.
    **changes
        Arguments of `ei_network` instead of, or beside, the published ones.

    Returns
    -------
    NetworkRun

    Raises
    ------
    ValueError
        For an unknown name, with the nearest right one, and as in `ei_network`.

    Notes
    -----
    Brunel's four regimes are those of his figure 8 (model A: 10 000 and 2500 cells, 1000 and 250
    synapses on each, J = 0.1 mV, D = 1.5 ms). The firing rate of the asynchronous one follows
    from the mean-field equations of the paper.

    Examples
    --------
    >>> from brian2 import ms
    >>> net = network_preset("CUBA", n_exc=320, n_inh=80, p=0.2, duration=20*ms, backend="numpy")
    >>> len(net.rates)
    40
    """
    preset = PRESETS[check_name("preset", name, PRESETS)]
    return ei_network(**{**preset.arguments, **changes})
