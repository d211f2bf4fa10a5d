"""The clamped cell: ``clamp`` and ``gating``."""

from . import options as o
from .output import Output, can_draw, show
from .values import numbers, quantity


def add(commands) -> None:
    """Add the commands."""
    clamp = o.add_command(
        commands, "clamp", make_clamp, "ionic currents under voltage clamp",
        "excitable clamp connor_stevens --hold -110 --commands -90:40:14 --current I_A",
    )  # fmt: skip
    o.add_model(clamp)
    clamp.add_argument("--commands", nargs="+", required=True, metavar="V", help="potentials")
    clamp.add_argument("--hold", required=True, metavar="V", help="potential before the step")
    clamp.add_argument(
        "--tail", nargs=2, metavar=("V", "MS"), help="a last step, for tail currents"
    )
    clamp.add_argument("--current", help="which one the figure shows; default: all")
    clamp.add_argument("--record", nargs="+", default=[], metavar="NAME", help="gates beside them")
    o.add_changes(clamp)
    o.add_times(
        clamp, duration="of the step; default 50", hold_duration="before it; default 5",
        record_dt="default: every step",
    )  # fmt: skip
    clamp.add_argument("--start", choices=("hold", "initial"), default="hold",
                       help="where gates start: settled at --hold, or the model's")  # fmt: skip
    o.add_numerics(clamp, start=False)
    o.add_out(clamp)

    gating = o.add_command(
        commands, "gating", make_gating, "steady states and time constants of the gates",
        "excitable gating hodgkin_huxley --v -100:50",
    )  # fmt: skip
    o.add_model(gating)
    gating.add_argument("--v", nargs="+", metavar="V", help="potentials; default: -100 to 50 mV")
    o.add_changes(gating)
    o.add_out(gating)


def make_clamp(options) -> int:
    """Write a family of clamp currents, with its figure."""
    from ..analysis.plots import plot_voltage_clamp
    from ..protocols import voltage_clamp
    from ..protocols.clamp.voltage_clamp import currents

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_clamp")
    unit = o.potential_unit(model)
    table = voltage_clamp(
        model,
        numbers(options.commands, unit, what="--commands") * unit,
        hold=quantity("--hold", options.hold, unit),
        tail=_tail(options, unit),
        record=options.record,
        vary=o.varied(model, options),
        **o.times(options, "duration", "hold_duration", "record_dt"),
        **o.numerics(options),
    )
    show(table)
    out.table(table)
    out.figure(plot_voltage_clamp(table, current=options.current or currents(model)))
    return 0


def _tail(options, unit):
    """Return potential and length of the last step, if there is one."""
    from brian2 import ms

    if options.tail is None:
        return None
    potential, length = options.tail
    return quantity("--tail", potential, unit), quantity("--tail", length, ms)


def make_gating(options) -> int:
    """Write the gating curves, with their figure."""
    from ..analysis.plots import plot_gating
    from ..protocols import gating_curves

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_gating")
    unit = o.potential_unit(model)
    v = None if options.v is None else numbers(options.v, unit, what="--v") * unit
    vary = o.varied(model, options)
    table = gating_curves(model, v, vary=vary)
    show(table)
    out.table(table)
    if can_draw(vary):
        out.figure(plot_gating(table))
    return 0
