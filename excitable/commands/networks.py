"""Networks: ``network`` runs a known one, or one of a user's file."""

from . import options as o
from .output import Output, show

PUBLISHED = "izhikevich_2003"


def add(commands) -> None:
    """Add the command."""
    network = o.add_command(
        commands, "network", make_network, "run a network: every spike, the rates, and a figure",
        "excitable network CUBA --duration 500 --seed 1",
    )  # fmt: skip
    name = network.add_argument(
        "network", metavar="NETWORK", nargs="?",
        help="CUBA, COBA, COBAHH, brunel_SR, brunel_AI, brunel_SI_fast, brunel_SI_slow, "
        "izhikevich_2003, or path.py:NAME of a Network; left out: list them",
    )  # fmt: skip
    name.completer = _network_names
    o.add_times(network, duration="default 1000")
    network.add_argument("--seed", type=int, help="of wiring, start and noise")
    o.add_numerics(network, start=False)
    o.add_out(network)


def make_network(options) -> int:
    """Write every spike and the rates of a network's run."""
    from ..analysis.plots import plot_raster_rate
    from ..protocols import PRESETS

    if options.network is None:
        for name, title in {**{n: p.title for n, p in PRESETS.items()}, **_other()}.items():
            print(f"{name:<16} {title}")
        return 0
    run, name = _chosen(options.network)
    out = Output(options.out, f"{name}_network")
    found = run(**o.times(options, "duration"), seed=options.seed, **o.numerics(options))
    means = found.rates.groupby("population", sort=False)["rate_Hz"].mean()
    show(means.rename("mean_rate_Hz").reset_index())
    out.table(found.spikes)
    out.table(found.rates, "rates")
    out.figure(plot_raster_rate(found.spikes, found.rates))
    return 0


def _network_names(**_) -> list[str]:
    from ..protocols import PRESETS

    return [*PRESETS, PUBLISHED]


def _other() -> dict[str, str]:
    return {PUBLISHED: "Izhikevich 2003: 800 + 200 cells, as published"}


def _chosen(text: str):
    """Return the function that runs a network, and the network's name."""
    from functools import partial

    from brian2 import ms

    from ..models.checks import check_name
    from ..models.user_files import from_file, is_file_name
    from ..protocols import PRESETS, Network, izhikevich_2003_network, network_preset

    if is_file_name(text):
        network = from_file(text, Network, "network")
        return lambda duration=1000 * ms, **how: network.run(duration, **how), "my"
    if check_name("network", text, [*PRESETS, PUBLISHED]) == PUBLISHED:
        return izhikevich_2003_network, text
    return partial(network_preset, text), text
