"""What makes a cell fire: ``rheobase``, ``latency``, ``strength-duration``, a parameter's part."""

from ..errors import InputError
from . import options as o
from .firing import draw_over_currents
from .output import Output, can_draw, show
from .values import numbers, quantity


def add(commands) -> None:
    """Add the commands."""
    rheobase = o.add_command(
        commands, "rheobase", make_rheobase, "the lowest current that makes a cell fire",
        "excitable rheobase connor_stevens --vary g_A 0:60:7 --out rheobase.csv",
    )  # fmt: skip
    o.add_model(rheobase)
    o.add_changes(rheobase)
    o.add_criterion(rheobase)
    o.add_times(rheobase, duration="of the steps that decide; default 10000")
    o.add_numerics(rheobase)
    o.add_out(rheobase)

    latency = o.add_command(
        commands, "latency", make_latency, "time from the onset of a step to the first spike",
        "excitable latency connor_stevens --currents 9:20:12",
    )  # fmt: skip
    o.add_model(latency)
    o.add_currents(latency)
    latency.add_argument("--relative-to", metavar="I",
                         help="a threshold, of which --currents are multiples")  # fmt: skip
    o.add_changes(latency)
    o.add_times(latency, duration="of each step; default 500")
    o.add_numerics(latency)
    o.add_out(latency)

    strength = o.add_command(
        commands, "strength-duration", make_strength_duration,
        "the weakest pulse that makes a spike, for each duration",
        "excitable strength-duration hodgkin_huxley --durations 0.1 0.2 0.5 1 2 5 10",
    )  # fmt: skip
    o.add_model(strength)
    strength.add_argument("--durations", nargs="+", metavar="MS", default=["0.1", "0.2", "0.5",
                          "1", "2", "5", "10", "20"], help="default: 0.1 to 20")  # fmt: skip
    o.add_changes(strength)
    o.add_times(strength, settle="in which a spike may follow the pulse; default 100")
    o.add_numerics(strength)
    o.add_out(strength)

    _add_conductance_sweep(commands)


def _add_conductance_sweep(commands) -> None:
    sweep = o.add_command(
        commands, "conductance-sweep", make_conductance_sweep,
        "what one parameter does: rates over currents, threshold, onset rate and latency",
        "excitable conductance-sweep connor_stevens --name g_A --values 0:60:13",
    )  # fmt: skip
    o.add_model(sweep)
    sweep.add_argument("--name", required=True, help="the parameter, such as g_A")
    sweep.add_argument("--values", nargs="+", metavar="VALUE", help="default: 11 over its range")
    o.add_currents(sweep)
    o.add_changes(sweep, vary=False)
    o.add_times(
        sweep, duration="of each step; default 2000", discard="its beginning; default a quarter",
        search_duration="of the steps that decide on the threshold; default 3000",
    )  # fmt: skip
    sweep.add_argument("--margin", type=float, help="of the onset rate, how far above the "
                       "threshold, relative to it; default 1e-3")  # fmt: skip
    o.add_numerics(sweep, tolerance="relative width of the threshold's bracket; default 1e-4")
    o.add_out(sweep)


def make_rheobase(options) -> int:
    """Write and print threshold currents; with a figure where a parameter varies."""
    from ..analysis.plots import plot_curve
    from ..analysis.plots.labels import unit_label
    from ..models.checks import unit_text
    from ..protocols import thresholds

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_rheobase")
    vary = o.varied(model, options)
    settings = o.times(options, "duration") | o.given(options, "criterion") | o.numerics(options)
    table = thresholds(model, vary=vary, **settings)
    show(table)
    out.table(table)
    first, *others = vary or [None]
    if vary and can_draw({name: vary[name] for name in others}):
        unit = unit_text(o.unit_of(model, first))
        ax = plot_curve(table, first, "I", by=others, x_unit=unit)
        ax.set_ylabel(unit_label("rheobase $I$", table["I_unit"][0]))
        out.figure(ax)
    return 0


def make_conductance_sweep(options) -> int:
    """Write the rates and what is read at the threshold; print the latter; draw the surface."""
    from ..analysis.plots import plot_fi_surface
    from ..protocols import conductance_sweep

    model, name = o.changed_model(options), options.name
    if name in [changed for changed, _ in options.set]:
        raise InputError(f"--set, --name: {name} is in both; leave one out")
    out = Output(options.out, f"{model.name}_conductance_sweep")
    settings = o.times(options, "duration", "discard", "search_duration") | o.numerics(options)
    sweep = conductance_sweep(
        model,
        name,
        o.values_of(model, name, options.values, "--values"),
        o.currents(model, options),
        **o.given(options, "margin"),
        **settings,
    )
    show(sweep.onset)
    out.table(sweep.fi)
    out.table(sweep.onset, "onset")
    # A value or a current that was given twice has the same rates twice.
    surface = sweep.fi.drop_duplicates(["I", name])
    onset = sweep.onset.sort_values(name)
    out.figure(plot_fi_surface(surface, parameter=name, rheobase=onset))
    return 0


def make_latency(options) -> int:
    """Write and print latencies, with their figure."""
    from ..protocols import latency

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_latency")
    vary = o.varied(model, options)
    table = latency(
        model, **_steps(model, options), vary=vary, **o.times(options, "duration"),
        **o.numerics(options),
    )  # fmt: skip
    show(table)
    out.table(table)
    draw_over_currents(out, table, vary, rate="latency_ms")
    return 0


def _steps(model, options) -> dict:
    """Return the currents of steps: amplitudes, or multiples of a threshold."""
    if options.relative_to is None:
        return {"currents": o.currents(model, options)}
    if options.currents is None:
        raise InputError(
            "--relative-to: say with --currents which multiples of it, e.g. 1.01 1.1 2"
        )
    threshold = quantity("--relative-to", options.relative_to, model.input_unit)
    return {"currents": numbers(options.currents, what="--currents"), "relative_to": threshold}


def make_strength_duration(options) -> int:
    """Write and print the weakest pulses, with the fitted laws in the figure."""
    from brian2 import ms

    from ..analysis.plots import plot_strength_duration
    from ..protocols import strength_duration

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_strength_duration")
    durations = numbers(options.durations, ms, what="--durations") * ms
    vary = o.varied(model, options)
    settings = o.times(options, "settle") | o.numerics(options)
    table = strength_duration(model, durations, vary=vary, **settings)
    show(table)
    for law, fit in table.attrs["fits"].items():
        _show_law(law, fit, table["I_unit"][0])
    out.table(table)
    if can_draw(vary):
        out.figure(plot_strength_duration(table))
    return 0


def _show_law(law: str, fit: dict, unit: str) -> None:
    """Print the numbers of a fitted law: a line, or a table over the varied parameters."""
    import pandas as pd

    if isinstance(fit["rheobase"], list):
        print(f"{law}, rheobase in {unit}:")
        show(pd.DataFrame(fit))
    else:
        print(f"{law}: rheobase {fit['rheobase']:.4g} {unit}, chronaxie "
              f"{fit['chronaxie_ms']:.4g} ms")  # fmt: skip
