"""What the equations imply: ``bifurcations``."""

from . import options as o
from .output import Output, progress
from .values import numbers, quantity


def add(commands) -> None:
    """Add the command."""
    found = o.add_command(
        commands, "bifurcations", make_bifurcations,
        "equilibria and cycles over the input or a parameter: tables and a figure",
        "excitable bifurcations hodgkin_huxley --range 0 160",
    )  # fmt: skip
    o.add_model(found)
    found.add_argument("--over", default="I", metavar="NAME", help="default: the input I")
    found.add_argument("--range", nargs=2, metavar=("FROM", "TO"),
                       help="default: the range of the input or parameter")  # fmt: skip
    o.add_changes(found, vary=False)
    found.add_argument("--input", help="constant input where a parameter is varied")
    found.add_argument("--no-cycles", action="store_true", help="equilibria only")
    o.add_out(found)


def make_bifurcations(options) -> int:
    """Write branches and special points, and a figure; print the points."""
    from ..analysis.plots import plot_bifurcations
    from ..dynamics import bifurcations

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_bifurcations")
    constant = options.input and quantity("--input", options.input, model.input_unit)
    diagram = bifurcations(
        model,
        options.over,
        _range(model, options),
        I=constant,
        cycles=not options.no_cycles,
        report=progress,
    )
    print(diagram.points.dropna(axis=1, how="all").to_string(index=False))
    for note in diagram.notes:
        print(f"note: {note}")
    out.table(diagram.branches, "branches")
    out.table(diagram.points, "points")
    out.figure(plot_bifurcations(diagram))
    return 0


def _range(model, options):
    """Return the range of the input or a parameter, as quantities."""
    unit = o.unit_of(model, options.over)
    if options.range:
        return numbers(options.range, unit, what="--range") * unit
    return o.values_of(model, options.over, ())[[0, -1]]
