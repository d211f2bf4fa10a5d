"""One current by voltage clamp: ``activation``, ``inactivation``, ``recovery``."""

from . import options as o
from .output import Output, can_draw, show
from .values import numbers, quantity

# What each protocol steps over: keyword, unit, and column of the table.
STEPS = {
    "activation": ("commands", "mV", "command_mV"),
    "inactivation": ("prepulses", "mV", "prepulse_mV"),
    "recovery": ("intervals", "ms", "interval_ms"),
}
_POTENTIALS = {
    "hold": "before the first step", "test": "of the test step",
    "potential": "of the interval, in which the current recovers",
    "condition": "of the first step, which inactivates",
}  # fmt: skip
_TIMES = {
    "duration": "of the step; default 30",
    "prepulse_duration": "of the prepulse; default 200",
    "condition_duration": "of the first step; default 50",
    "test_duration": "of the test step; default 20",
    "read_after": "into the test step; default: at the peak",
}


def add(commands) -> None:
    """Add the commands."""
    _add(
        commands, "activation", "peak conductance of a current over the command potential",
        "excitable activation connor_stevens --current I_A --commands -80:40:25",
        ("hold",), ("duration",),
    )  # fmt: skip
    test = ("test_duration", "read_after")
    _add(
        commands, "inactivation", "a current at a test step over the potential of a prepulse",
        "excitable inactivation connor_stevens --current I_A --read-after 5",
        ("hold", "test"), ("prepulse_duration", *test),
    )  # fmt: skip
    _add(
        commands, "recovery", "recovery of a current from inactivation, with its time constant",
        "excitable recovery connor_stevens --current I_A --potential -100 --read-after 8",
        ("potential", "condition", "test"), ("condition_duration", *test),
    )  # fmt: skip


def _add(commands, name, text, example, potentials, times) -> None:
    """Add one of them."""

    def run(options) -> int:
        return _make(options, name, potentials, times)

    keyword, unit, _ = STEPS[name]
    parser = o.add_command(commands, name, run, text, example)
    o.add_model(parser)
    parser.add_argument("--current", required=True, metavar="NAME", help="such as I_A")
    parser.add_argument(f"--{keyword}", nargs="+", metavar=unit, help="default: the protocol's")
    for option in potentials:
        parser.add_argument(f"--{option}", metavar="mV", help=_POTENTIALS[option])
    o.add_times(parser, **{option: _TIMES[option] for option in times})
    o.add_changes(parser)
    o.add_numerics(parser, start=False)
    o.add_out(parser)


def _make(options, name: str, potentials, times) -> int:
    """Write the curve of a current, with its figure."""
    import brian2

    from .. import protocols
    from ..analysis.plots import plot_curve

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_{name}")
    keyword, unit, x = STEPS[name]
    settings = {option: getattr(options, option) for option in potentials}
    settings = {k: quantity(f"--{k}", v, brian2.mV) for k, v in settings.items() if v is not None}
    if given := getattr(options, keyword):
        scale = getattr(brian2, unit)
        settings[keyword] = numbers(given, scale, what=f"--{keyword}") * scale
    protocol = getattr(protocols, name)
    settings |= o.times(options, *times) | o.numerics(options)
    vary = o.varied(model, options)
    by = [*(vary or {})]
    table = protocol(model, options.current, vary=vary, **settings)
    show(table)
    if "fit" in table.attrs:
        _show_fit(table.attrs["fit"], by)
    out.table(table)
    if can_draw(vary):
        fit = table[[*by, x, "fit"]].rename(columns={"fit": name}) if "fit" in table else None
        out.figure(plot_curve(table, x, name, theory=fit, by=by))
    return 0


def _show_fit(fit: dict, by: list[str]) -> None:
    """Print the time constant of each set of varied values."""
    import pandas as pd

    for row in pd.DataFrame(fit, index=None if by else [0]).to_dict("records"):
        which = "".join(f"{name} = {row[name]:.4g}: " for name in by)
        print(f"{which}tau {row['tau_ms']:.4g} ms, standard error {row['tau_sd_ms']:.2g} ms")
