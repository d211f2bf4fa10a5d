"""What the equations imply: ``bifurcations``, ``excitability``, ``phase-response``."""

from ..errors import InputError
from ..models.ranges import towards_threshold
from . import options as o
from .output import Output, progress, show
from .values import numbers, quantity


def add(commands) -> None:
    """Add the commands."""
    found = o.add_command(
        commands, "bifurcations", make_bifurcations,
        "equilibria and cycles over the input or a parameter: tables and a figure",
        "excitable bifurcations hodgkin_huxley --range 0 160",
    )  # fmt: skip
    o.add_model(found)
    found.add_argument("--over", default="I", metavar="NAME", help="default: the input I")
    _add_range(found)
    o.add_changes(found, vary=False)
    found.add_argument("--input", help="constant input where a parameter is varied")
    found.add_argument("--no-cycles", action="store_true", help="equilibria only")
    o.add_out(found)

    verdict = o.add_command(
        commands, "excitability", make_excitability,
        "how a cell begins to fire: type I, II or II*, with the numbers that say so",
        "excitable excitability connor_stevens --set g_A 0",
    )  # fmt: skip
    o.add_model(verdict)
    _add_range(verdict)
    o.add_changes(verdict, vary=False)
    verdict.add_argument("--no-steps", action="store_true", help="no simulated steps and ramp")
    o.add_numerics(verdict, start=False)
    o.add_out(verdict)

    response = o.add_command(
        commands, "phase-response", make_phase_response,
        "by how much a small push advances the next spikes, over the phase",
        "excitable phase-response connor_stevens --input 10 --vary g_A 0 23.85 47.7",
    )  # fmt: skip
    o.add_model(response)
    response.add_argument("--input", metavar="I", help="default: half of the model's highest")
    response.add_argument("--phases", type=int, default=200, help="default: 200")
    response.add_argument("--direct", action="store_true",
                          help="push and integrate, instead of the adjoint equations")  # fmt: skip
    o.add_changes(response)
    o.add_out(response)


def _add_range(parser) -> None:
    parser.add_argument(
        "--range", nargs=2, metavar=("FROM", "TO"),
        help="default: the parameter's, or the input's and a fifth of it more, at rest",
    )  # fmt: skip


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
        _range(model, options.over, options.range),
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


def make_excitability(options) -> int:
    """Print and write the verdict, with the diagram that it is read from."""
    from ..analysis.plots import plot_bifurcations
    from ..dynamics import bifurcations
    from ..protocols import excitability

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_excitability")
    values = _range(model, "I", options.range)
    diagram = bifurcations(model, "I", values, report=progress)
    # Of a cell that less input makes fire the verdict is read from a diagram of its own.
    given = {"diagram": diagram} if towards_threshold(model) > 0 else {"values": values}
    table = excitability(model, **given, steps=not options.no_steps, **o.numerics(options))
    print(table.T.to_string(header=False))
    out.table(table)
    out.figure(plot_bifurcations(diagram))
    return 0


def make_phase_response(options) -> int:
    """Write phase responses, with their figure."""
    from ..analysis.plots import plot_phase_response
    from ..dynamics import phase_response

    model = o.changed_model(options)
    out = Output(options.out, f"{model.name}_phase_response")
    I = max(model.input_range, key=abs) / 2 * model.input_unit
    if options.input is not None:
        I = quantity("--input", options.input, model.input_unit)
    varied = o.varied(model, options)
    if varied and len(varied) > 1:
        raise InputError("--vary: one parameter colours the curves; give one")
    method = "direct" if options.direct else "adjoint"
    table = phase_response(model, I, method=method, phases=options.phases, vary=varied)
    show(table)
    out.table(table)
    out.figure(plot_phase_response(table, by=next(iter(varied), None) if varied else None))
    return 0


def _range(model, name: str, texts):
    """Return the range of the input or a parameter as quantities; None where none is given."""
    unit = o.unit_of(model, name)
    return numbers(texts, unit, what="--range") * unit if texts else None
