"""How a cell fires: ``fi``, its certificate ``certify``, and ``response``."""

import math
import sys

from . import options as o
from .output import Output, can_draw, show


def add(commands) -> None:
    """Add the commands."""
    _add_fi(commands)
    _add_certify(commands)
    _add_response(commands)


def _add_fi(commands) -> None:
    fi = o.add_command(
        commands, "fi", make_fi, "firing rates over input currents: table and figure",
        "excitable fi connor_stevens --currents 0:50:51 --vary g_A 0 23.85 47.7 --out cs.csv",
    )  # fmt: skip
    _add_steps(fi)
    o.add_numerics(fi)
    o.add_out(fi)


def _add_certify(commands) -> None:
    certify = o.add_command(
        commands, "certify", make_certify,
        "whether firing rates can be trusted: smaller steps, and the reference solution",
        "excitable certify connor_stevens --currents 8:20:7 --dt 0.05 --tolerance 1e-3",
    )  # fmt: skip
    _add_steps(certify)
    certify.add_argument("--rows", type=int, help="of the table that are repeated; default 5")
    o.add_numerics(certify, tolerance="largest relative error of a rate that passes; default 1e-3")
    o.add_out(certify)


def _add_steps(parser) -> None:
    """Add what an F-I table is made of: cells, currents and times."""
    o.add_model(parser)
    o.add_currents(parser)
    o.add_changes(parser)
    o.add_times(parser, duration="of each step; default 2000",
                discard="its beginning; default a quarter")  # fmt: skip


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
    draw_over_currents(out, table, vary)
    return 0


def make_certify(options) -> int:
    """Print and write the certificate of an F-I table; 1 where it does not pass."""
    from ..models.checks import check_count
    from ..protocols import certify, fi_curve
    from ..simulation.numerics import Numerics, check_tolerance

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_certificate")
    numerics = o.numerics(options)
    # The rates are held against the tolerance; here it does not choose method and dt.
    numerics.pop("tolerance", None)
    limits = o.given(options, "tolerance", "rows")
    check_tolerance(limits.get("tolerance", 1e-3))  # before the table is computed
    check_count("rows", limits.get("rows", 1))
    vary = o.varied(model, options)
    engine = Numerics(**o.given(options, "backend", "precision", "threads")).engine
    table = fi_curve(
        model,
        o.currents(model, options),
        vary=vary,
        **o.times(options, "duration", "discard"),
        **numerics,
    )
    certificate = certify(table, model=model, backend=engine, **limits)
    print(certificate)
    out.table(certificate.rows)
    _draw_errors(out, certificate, list(vary or {}), table["I_unit"][0])
    if certificate.converged:
        return 0
    print(f"not certified: {certificate.message}", file=sys.stderr)
    return 1


def _draw_errors(out: Output, certificate, varied: list[str], unit: str) -> None:
    """Draw the errors of the repeated rows over the step, where there are any."""
    import pandas as pd

    from ..analysis.plots import plot_convergence
    from ..protocols.certificates.certify import relative

    rows = certificate.rows
    names = rows[[*varied, "I"]].apply(
        lambda row: ", ".join(f"{name} = {value:g}" for name, value in row.items()), axis=1
    )
    runs = zip((1, 2, 4), ("rate_Hz", "half_step_Hz", "quarter_step_Hz"), strict=True)
    errors = pd.concat(
        pd.DataFrame({
            "dt_ms": certificate.dt_ms / parts,
            "row": names + f" {unit}",
            "error": relative(rows[run].to_numpy(), rows["reference_Hz"].to_numpy()),
        })
        for parts, run in runs
    )  # fmt: skip
    if errors["error"].between(0, math.inf, inclusive="neither").any():
        what = f"{certificate.what}, {certificate.method}"
        out.figure(plot_convergence(errors, by="row", error_label=what))
    else:
        print("no figure: no step shows an error; see the table")


def draw_over_currents(out: Output, table, vary: dict | None, **how) -> None:
    """Draw a curve over the currents for each set of varied values, where they are told apart."""
    from ..analysis.plots import plot_fi

    if can_draw(vary):
        out.figure(plot_fi(table, **how))


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
    traces, spikes = (
        _with_values(table, model, vary or {}) for table in (found.traces, found.spikes)
    )
    show(spikes)
    out.table(traces)
    out.table(spikes, "spikes")
    shown = next(name for name in found.traces if name not in ("neuron", "t_ms"))
    marked = spikes if n == 1 else None
    out.figure(plot_stimulus_response(traces, y=shown, spikes=marked, by=[*(vary or {})]))
    return 0


def _with_values(table, model, vary: dict):
    """Return traces or spikes with a column for each parameter that differs between the cells."""
    values = {
        name: (values / o.unit_of(model, name))[table["neuron"]] for name, values in vary.items()
    }
    return table.assign(**values)


def _side_by_side(vary: dict | None) -> tuple[dict | None, int]:
    """Return all combinations of values as one value for each cell, and how many cells."""
    import numpy as np

    if vary is None:
        return None, 1
    axes = np.meshgrid(*(np.arange(len(v)) for v in vary.values()), indexing="ij")
    picked = {name: v[k.ravel()] for (name, v), k in zip(vary.items(), axes, strict=True)}
    return picked, axes[0].size
