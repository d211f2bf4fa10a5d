"""How a cell fires: ``fi``, ``response``, ``rheobase``, ``latency``, ``strength-duration``."""

from . import options as o
from .output import Output, show


def add(commands) -> None:
    """Add the commands."""
    _add_fi(commands)
    _add_response(commands)
    _add_searches(commands)


def _add_fi(commands) -> None:
    fi = o.add_command(
        commands, "fi", make_fi, "firing rates over input currents: table and figure",
        "excitable fi connor_stevens --currents 0:50:51 --vary g_A 0 23.85 47.7 --out cs.csv",
    )  # fmt: skip
    o.add_model(fi)
    fi.add_argument("--currents", nargs="+", metavar="I", help="default: the model's range")
    o.add_changes(fi)
    o.add_times(fi, duration="of each step; default 2000", discard="its beginning; default 500")
    o.add_numerics(fi)
    o.add_out(fi)


def _add_response(commands) -> None:
    response = o.add_command(
        commands, "response", make_response, "traces and spikes under a stimulus",
        "excitable response lif --stimulus 'Step(2*nA, onset=20*ms)' --duration 100 --record v",
    )  # fmt: skip
    o.add_model(response)
    add_stimulus(response)
    response.add_argument("--record", nargs="+", metavar="NAME", help="default: the potential")
    o.add_changes(response)
    o.add_times(response, duration="default 500", record_dt="default: every step")
    response.add_argument("--seed", type=int, help="of noise")
    o.add_numerics(response)
    o.add_out(response)


def _add_searches(commands) -> None:
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
    latency.add_argument("--currents", nargs="+", metavar="I", help="default: the model's range")
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
    o.add_changes(strength, vary=False)
    o.add_times(strength, settle="in which a spike may follow the pulse; default 100")
    o.add_numerics(strength)
    o.add_out(strength)


def add_stimulus(parser) -> None:
    """Add the stimulus: a step in numbers, or any in words."""
    parser.add_argument(
        "--stimulus", metavar="TEXT",
        help="in Python's words, such as 'Step(9*nA, onset=50*ms)', sums of them, or path.py:NAME",
    )  # fmt: skip
    parser.add_argument("--amplitude", help="of a step of input; default: mid-range")
    o.add_times(parser, onset="of the step; default 0", offset="of the step; default: the end")


def stimulus_of(options, model):
    """Return the stimulus that the options say."""
    from ..errors import InputError
    from ..protocols import Constant, Step
    from .values import quantity, stimulus

    window = o.times(options, "onset", "offset")
    if options.stimulus is not None:
        if window or options.amplitude is not None:
            raise InputError("--stimulus: says all by itself; leave out --amplitude, --onset and "
                             "--offset")  # fmt: skip
        return stimulus(options.stimulus)
    middle = sum(model.input_range) / 2
    amplitude = quantity("--amplitude", options.amplitude or str(middle), model.input_unit)
    return Step(amplitude, **window) if window else Constant(amplitude)


def make_fi(options) -> int:
    """Write and print the F-I table, with its figure."""
    from ..protocols import fi_curve

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_fi")
    vary = o.varied(model, options)
    table = fi_curve(
        model,
        o.currents(model, options),
        vary=vary,
        **o.times(options, "duration", "discard"),
        **o.numerics(options),
    )
    show(table)
    out.table(table)
    _draw(out, table, vary)
    return 0


def _draw(out: Output, table, vary: dict | None, **how) -> None:
    """Draw a curve over the currents for each set of varied values, where they are told apart."""
    from math import prod

    from ..analysis.plots import plot_fi

    if vary and prod(len(values) for values in [*vary.values()][1:]) > 4:
        print("no figure: more than four combinations beside the first parameter; see the table")
        return
    out.figure(plot_fi(table, by=[*vary] if vary else None, **how))


def make_response(options) -> int:
    """Write traces and spikes, with their figure."""
    from brian2 import ms

    from ..analysis.plots import plot_stimulus_response
    from ..protocols import response

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_response")
    stimulus = stimulus_of(options, model)
    vary, n = _side_by_side(o.varied(model, options))
    times = {"duration": 500 * ms, **o.times(options, "duration", "record_dt")}
    recorded = [*(options.record or [model.membrane]), model.input]
    found = response(
        model, stimulus, record=recorded, n=n, vary=vary, seed=options.seed, **times,
        **o.numerics(options),
    )  # fmt: skip
    show(found.spikes)
    traces = _with_values(found.traces, model, vary or {})
    out.table(traces)
    out.table(found.spikes, "spikes")
    shown = next(name for name in found.traces if name not in ("neuron", "t_ms"))
    spikes = found.spikes if n == 1 else None
    out.figure(plot_stimulus_response(traces, y=shown, spikes=spikes, by=[*(vary or {})]))
    return 0


def _with_values(traces, model, vary: dict):
    """Return traces with a column for each parameter that differs between the cells."""
    values = {
        name: (values / o.unit_of(model, name))[traces["neuron"]] for name, values in vary.items()
    }
    return traces.assign(**values)


def _side_by_side(vary: dict | None) -> tuple[dict | None, int]:
    """Return all combinations of values as one value for each cell, and how many cells."""
    import numpy as np

    if vary is None:
        return None, 1
    axes = np.meshgrid(*(np.arange(len(v)) for v in vary.values()), indexing="ij")
    picked = {name: v[k.ravel()] for (name, v), k in zip(vary.items(), axes, strict=True)}
    return picked, axes[0].size


def make_rheobase(options) -> int:
    """Write and print threshold currents; with a figure where a parameter varies."""
    from ..analysis.plots import plot_onset
    from ..analysis.plots.labels import unit_label
    from ..protocols import thresholds

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_rheobase")
    vary = o.varied(model, options)
    settings = o.times(options, "duration") | o.criterion(options) | o.numerics(options)
    table = thresholds(model, vary=vary, **settings)
    show(table)
    out.table(table)
    if vary and len(vary) == 1:
        (name,) = vary
        ax = plot_onset(table, x=name, y="I")
        ax.set_ylabel(unit_label("rheobase $I$", table["I_unit"][0]))
        out.figure(ax)
    return 0


def make_latency(options) -> int:
    """Write and print latencies, with their figure."""
    from ..protocols import latency

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_latency")
    vary = o.varied(model, options)
    table = latency(
        model, o.currents(model, options), vary=vary, **o.times(options, "duration"),
        **o.numerics(options),
    )  # fmt: skip
    show(table)
    out.table(table)
    _draw(out, table, vary, rate="latency_ms")
    return 0


def make_strength_duration(options) -> int:
    """Write and print the weakest pulses, with the fitted laws in the figure."""
    from brian2 import ms

    from ..analysis.plots import plot_strength_duration
    from ..protocols import strength_duration
    from .values import numbers

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_strength_duration")
    durations = numbers(options.durations, ms, what="--durations") * ms
    table = strength_duration(model, durations, **o.times(options, "settle"), **o.numerics(options))
    show(table)
    for law, fit in table.attrs["fits"].items():
        print(f"{law}: rheobase {fit['rheobase']:.4g} {table['I_unit'][0]}, chronaxie "
              f"{fit['chronaxie_ms']:.4g} ms")  # fmt: skip
    out.table(table)
    out.figure(plot_strength_duration(table))
    return 0
