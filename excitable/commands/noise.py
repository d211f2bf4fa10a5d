"""Firing in white noise: ``noisy-fi`` and ``noisy-onset``."""

from . import options as o
from .output import Output, show
from .values import numbers, quantity


def add(commands) -> None:
    """Add the commands."""
    _add_fi(commands)
    _add_onset(commands)


def _add_fi(commands) -> None:
    noisy = o.add_command(
        commands, "noisy-fi", make_noisy_fi,
        "firing rates over input currents with white noise, for several strengths",
        "excitable noisy-fi lif --currents 1:3:21 --noise 0 0.5 2 --trials 16",
    )  # fmt: skip
    o.add_model(noisy)
    o.add_currents(noisy)
    noisy.add_argument(
        "--noise", nargs="+", required=True, metavar="SIGMA",
        help="strengths: unit of the input times the square root of a ms",
    )  # fmt: skip
    o.add_changes(noisy)
    _add_trials(noisy)


def _add_onset(commands) -> None:
    onset = o.add_command(
        commands, "noisy-onset", make_noisy_onset,
        "firing rates around the threshold, without noise and with noise of several strengths",
        "excitable noisy-onset connor_stevens --deviations 1 2 4 --points 17 --trials 8",
    )  # fmt: skip
    o.add_model(onset)
    onset.add_argument(
        "--deviations", nargs="+", metavar="V",
        help="strengths: standard deviations of the resting membrane; default: 1, 2 and 4 mV",
    )  # fmt: skip
    onset.add_argument("--points", type=int, help="currents around the threshold; default 17")
    onset.add_argument("--threshold", metavar="I", help="default: the rheobase")
    o.add_changes(onset, vary=False)
    _add_trials(onset)


def _add_trials(parser) -> None:
    """Add what both have: trials, times, and how it is integrated."""
    parser.add_argument("--trials", type=int, help="cells for each row; default 16")
    parser.add_argument("--seed", type=int, help="of the noise; default 0")
    o.add_times(parser, duration="of each trial; default 2000",
                discard="its beginning; default a quarter")  # fmt: skip
    o.add_numerics(parser)
    o.add_out(parser)


def make_noisy_fi(options) -> int:
    """Write and print the table, with its figure."""
    from brian2 import ms

    from ..analysis.plots import plot_noisy_fi
    from ..protocols import noisy_fi_curve

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_noisy_fi")
    unit = model.input_unit * ms**0.5
    strengths = numbers(options.noise, unit, what="--noise") * unit
    vary = o.varied(model, options)
    table = noisy_fi_curve(
        model,
        o.currents(model, options),
        strengths,
        vary=vary,
        **o.given(options, "trials", "seed"),
        **o.times(options, "duration", "discard"),
        **o.numerics(options),
    )
    show(table)
    out.table(table)
    if vary:
        print("no figure: it tells strengths of noise apart, not parameters; see the table")
        return 0
    out.figure(plot_noisy_fi(table))
    return 0


def make_noisy_onset(options) -> int:
    """Write and print rates around the threshold, with their figure."""
    from ..analysis.plots import plot_noisy_fi
    from ..protocols import noisy_onset

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_noisy_onset")
    settings = o.given(options, "points", "trials", "seed")
    if options.deviations is not None:
        unit = o.potential_unit(model)
        settings["deviations"] = numbers(options.deviations, unit, what="--deviations") * unit
    if options.threshold is not None:
        settings["threshold"] = quantity("--threshold", options.threshold, model.input_unit)
    settings |= o.times(options, "duration", "discard") | o.numerics(options)
    table = noisy_onset(model, **settings)
    show(table)
    print(f"threshold {table.attrs['threshold']:.5g} {table['I_unit'][0]}")
    out.table(table)
    out.figure(plot_noisy_fi(table, by="deviation"))
    return 0
