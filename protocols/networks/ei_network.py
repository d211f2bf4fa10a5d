"""`ei_network`: excitatory and inhibitory cells of any model, randomly connected."""

from collections.abc import Mapping

from brian2 import Quantity, Unit, ms, mV, second

from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_count, check_name, check_positive, check_quantity
from ...simulation.numerics import check_keywords
from .. import tables
from .distributions import Distribution
from .drives import check_drives
from .gap_junctions import GapJunctions
from .network import NOT_FOR_NETWORKS, Network
from .network_result import NetworkRun
from .population import Population
from .projection import Projection, check_delay
from .synapses import Synapse, membrane_of

NAMES = ("exc", "inh")
# Reversal potential of inhibition where none is given (Vogels & Abbott 2005).
E_INH = -80 * mV


@takes_names
def ei_network(
    model,
    n_exc: int = 800,
    n_inh: int = 200,
    *,
    synapse: Synapse,
    inhibition: Synapse | None = None,
    g: float = 4.0,
    p: float | Mapping[str, float] | None = None,
    in_degree: int | Mapping[str, int] | None = None,
    delay: Quantity | Distribution | None = None,
    drive=None,
    gap: GapJunctions | None = None,
    inh_model=None,
    inh_drive=None,
    duration: Quantity = 1 * second,
    start="rest",
    autapses: bool = False,
    **run,
) -> NetworkRun:
    """Run a random network of excitatory and inhibitory cells.

    Parameters
    ----------
    model : NeuronModel
        Of the excitatory cells, and of the inhibitory ones unless `inh_model` is given.
    n_exc, n_inh : int
    synapse : Synapse
        What a spike of an excitatory cell does to every target.
    inhibition : Synapse, optional
        The same for inhibitory cells. Default: the counterpart of `synapse`, `g` times as
        strong; a conductance then reverses at -80 mV.
    g : float
        Strength of inhibition relative to excitation, without a sign, where `inhibition` is not
        given.
    p : float or dict
        Probability of a connection, or one for each source (``{"exc": .., "inh": ..}``).
    in_degree : int or dict
        Instead of `p`: exactly so many synapses on every cell from each source, at random.
    delay : Quantity, Uniform or Normal
        From spike to effect; rounded to steps. Default 0: the effect is there in the next step.
    drive : Stimulus or Poisson, or a sequence of them
    gap : GapJunctions, optional
    inh_model, inh_drive : optional
        Model and drive of the inhibitory cells, where they differ.
    duration : Quantity
    start : "rest", "initial" or dict
        As in `excitable.simulation.simulate`; in a dict also Uniform or Normal.
    autapses : bool
        Whether a cell may connect to itself.
    **run
        What is recorded, the seed and the numerics, as in `Network.run`; excitatory cells have
        the first numbers.

    Returns
    -------
    NetworkRun

    Raises
    ------
    ValueError
        For bad input, before anything is compiled; see the message.
    excitable.simulation.DivergenceError
        If the integration diverged.

    Warns
    -----
    UserWarning
        If a delay is no multiple of the step; the message says what is used.

    Notes
    -----
    Spikes act on the time grid: a spike found in a step reaches its targets at the end of that
    step plus the delay. The memory that the network will take is printed before the run.

    Examples
    --------
    >>> from brian2 import nA, ms, mV, nS
    >>> from excitable.models import LIF
    >>> from excitable.protocols import WhiteNoise
    >>> net = ei_network(
    ...     LIF, n_exc=80, n_inh=20, p=0.1, synapse=Synapse.conductance(5*ms, 0*mV, 2*nS),
    ...     drive=WhiteNoise(1.4*nA, 1*nA*ms**0.5), duration=50*ms, backend="numpy")
    >>> list(net.spikes)
    ['neuron', 'population', 't_ms']
    """
    check_keywords(ei_network, run, NOT_FOR_NETWORKS, through=Network.run)
    check_positive("duration", duration, ms)
    sizes = {"exc": check_count("n_exc", n_exc)} | _inhibitory(n_inh)
    if (p is None) == (in_degree is None):
        raise InputError(f"p, in_degree: give one of the two, got p={p}, in_degree={in_degree}")
    if inhibition is None and n_inh:
        inhibition = _counterpart(synapse, model, g)
    kinds = {"exc": synapse, "inh": inhibition}
    models = {"exc": model, "inh": model if inh_model is None else inh_model}
    drives = {"exc": drive, "inh": drive if inh_drive is None else inh_drive}
    check_delay(delay)
    populations = _populations(sizes, models, drives, start)
    projections = [
        Projection(
            source, target, kinds[source], autapses=autapses, delay=delay,
            p=_of(p, source, "p"), in_degree=_of(in_degree, source, "in_degree"),
            name=f"{source}_to_{'all' if target == 'cells' else target}",
        )
        for source in sizes
        for target in _targets(populations, sizes, whole=in_degree is None or autapses)
    ] + _gap_projections(gap, sizes)  # fmt: skip
    network = Network(populations, projections, title=f"network of {model.name}")
    about = {
        "protocol": "ei_network",
        **{name: tables.describe_model(models[name]) for name in NAMES},
        "arguments": {
            "n_exc": n_exc, "n_inh": n_inh, "synapse": repr(synapse),
            "inhibition": repr(inhibition), "p": p, "in_degree": in_degree,
            "delay": repr(delay), "drive": repr(drive), "inh_drive": repr(inh_drive),
            "gap": repr(gap), "start": repr(start), "autapses": autapses,
        },
    }  # fmt: skip
    return network.run(duration, **{"about": about, **run})


def _inhibitory(n) -> dict[str, int]:
    return {} if n == 0 else {"inh": check_count("n_inh", n)}


def _populations(sizes, models, drives, start) -> list[Population]:
    """Return one population with two parts where nothing tells them apart, else two."""
    given = {name: check_drives("drive", drives[name]) for name in sizes}
    one, *other = sizes
    same = all(
        models[one] is models[name]
        and len(given[one]) == len(given[name])
        and all(a is b for a, b in zip(given[one], given[name], strict=True))
        for name in other
    )
    if same:
        return [Population("cells", models[one], sizes, given[one], start)]
    return [Population(name, models[name], n, given[name], start) for name, n in sizes.items()]


def _targets(populations, sizes, whole: bool) -> list[str]:
    """Return what a source projects to: all cells of a group at once, where that can be.

    A fixed in-degree leaves a cell out only where source and target are the same.
    """
    return [p.name for p in populations] if whole else list(sizes)


def _gap_projections(gap: GapJunctions | None, sizes) -> list[Projection]:
    if gap is None:
        return []
    within = check_name("population of gap junctions", gap.within or "inh", sizes)
    if gap.p is None:
        raise InputError("gap: give p, the probability that a pair of cells is coupled")
    return [Projection(within, within, GapJunctions(gap.conductance), p=gap.p, name="gap")]


def _of(value, name: str, what: str):
    """Return the value for a source population."""
    if not isinstance(value, Mapping):
        return value
    for given in value:
        check_name(f"population in {what}", given, NAMES)
    if name not in value:
        raise InputError(f"{what}: no value for the population {name!r}")
    return value[name]


def _counterpart(synapse: Synapse, model, g: float) -> Synapse:
    if synapse.form == "conductance" and model.unit_of(membrane_of(model)).dim is not E_INH.dim:
        raise InputError(f"inhibition: {model.name} has no potential in mV; give the synapse")
    strength = check_quantity("g", g, Unit(1), scalar=True)
    if strength < 0:
        raise InputError(
            f"g: inhibition would excite, got {g}; give its strength relative to excitation, "
            "without a sign"
        )
    return synapse.opposite(strength, E_INH)
