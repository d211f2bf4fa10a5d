"""The command line: ``python -m excitable COMMAND``; ``--help`` lists the commands."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .errors import ExcitableError, InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (ExcitableError, ValueError, ArithmeticError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    from .experiments import runner
    from .simulation.backends import BACKENDS

    parser = argparse.ArgumentParser(prog="excitable", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    models = commands.add_parser("models", help="list the models, or show one")
    models.add_argument("model", nargs="?")
    models.set_defaults(command=show_models)

    fi = commands.add_parser(
        "fi",
        help="F-I table and figure of a model",
        epilog="Values are in the units that 'excitable models MODEL' shows; FROM:TO:COUNT or "
        "a list. Negative values: --currents=-5:5:11.",
    )
    fi.add_argument("model")
    fi.add_argument("--currents", nargs="+", metavar="I", help="default: the model's range")
    fi.add_argument("--vary", nargs="+", metavar="NAME VALUE", help="a parameter and its values")
    fi.add_argument("--set", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    fi.add_argument("--duration", type=float, default=2000, help="ms; default 2000")
    fi.add_argument("--discard", type=float, default=500, help="ms; default 500")
    fi.add_argument("--backend", choices=BACKENDS)
    fi.add_argument("--out", type=Path, default=Path(), help="folder; default: here")
    fi.set_defaults(command=make_fi)

    explore = commands.add_parser(
        "explore",
        help="write the explorer, a page on which models run, and open it in the browser",
        epilog="The page is one file that needs no network.",
    )
    explore.add_argument("model", nargs="?", help="to begin with; also FILE.py:NAME")
    explore.add_argument("--out", type=Path, default=Path("explorer.html"), help="file or folder")
    explore.add_argument(
        "--diagrams", action="store_true", help="with bifurcation diagrams, half a minute of work"
    )
    explore.add_argument("--no-open", action="store_true", help="only write the page")
    explore.set_defaults(command=make_explorer)

    _add_export(commands)
    sweep = commands.add_parser(
        "sweep",
        help="firing rates over many parameter sets, into a store that can be continued",
        epilog="All combinations; values as for 'excitable fi'.",
    )
    sweep.add_argument("model")
    sweep.add_argument("--currents", nargs="+", metavar="I", help="default: the model's range")
    sweep.add_argument(
        "--vary", nargs="+", action="append", default=[], metavar="NAME VALUE",
        help="a parameter and its values; may be given several times",
    )  # fmt: skip
    sweep.add_argument("--duration", type=float, default=2000, help="ms; default 2000")
    sweep.add_argument("--discard", type=float, default=500, help="ms; default 500")
    sweep.add_argument("--backend", choices=BACKENDS)
    sweep.add_argument("--workers", type=int, help="processes; default: one per core")
    sweep.add_argument("--store", required=True, help="a folder: NAME.parquet or NAME.csv")
    sweep.set_defaults(command=make_sweep)

    _add_bifurcations(commands)
    cache = commands.add_parser("cache", help="list or clear the compiled programs")
    cache.add_argument("--clear", action="store_true")
    cache.set_defaults(command=show_cache)

    run = commands.add_parser("run", help="run studies")
    runner.add_arguments(run)
    run.set_defaults(command=runner.run)
    return parser


def _add_export(commands) -> None:
    from .simulation.backends import PRECISIONS

    export = commands.add_parser(
        "export",
        help="write a model as a C++ project, or as a file for XPPAUT",
        epilog="Values are in the units that 'excitable models MODEL' shows, times in ms; "
        "FROM:TO:COUNT or a list with commas. Parameters that vary are combined with one another.",
    )
    export.add_argument("model")
    export.add_argument("--format", choices=("cpp", "ode"), default="cpp", help="default: cpp")
    export.add_argument("--out", type=Path, required=True, help="new folder; of ode: new file")
    export.add_argument("--vary", nargs="+", default=["I"], metavar="NAME[=VALUES]",
                        help="what differs between neurons; I is the input; default values: "
                        "evenly spaced over the parameter's range")  # fmt: skip
    export.add_argument("--n", type=int, help="neurons, without VALUES; default 64")
    export.add_argument("--set", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    export.add_argument("--amplitude", type=float, help="of the input; default: mid-range")
    export.add_argument("--onset", type=float, default=0, help="of the input, ms; default 0")
    export.add_argument("--offset", type=float, help="of the input, ms; default: the end")
    export.add_argument("--duration", type=float, default=1000, help="ms; default 1000")
    export.add_argument("--dt", type=float, help="ms; default: the model's")
    export.add_argument("--record", nargs="+", default=["spikes"], metavar="NAME",
                        help="spikes, state variables, currents, rates or I")  # fmt: skip
    export.add_argument("--record-dt", type=float, help="ms; default: every step")
    export.add_argument("--precision", choices=PRECISIONS, default="float64")
    export.add_argument("--threads", type=int, default=1, help="OpenMP threads; default 1")
    export.add_argument("--force", action="store_true", help="replace an earlier export")
    export.set_defaults(command=make_export)


def _add_bifurcations(commands) -> None:
    found = commands.add_parser(
        "bifurcations",
        help="equilibria and cycles over the input or a parameter: tables and a figure",
        epilog="Values are in the units that 'excitable models MODEL' shows.",
    )
    found.add_argument("model", help="a name, or FILE.py:NAME")
    found.add_argument("--over", default="I", metavar="NAME", help="default: the input I")
    found.add_argument("--range", nargs=2, type=float, metavar=("FROM", "TO"),
                       help="default: the range of the input or parameter")  # fmt: skip
    found.add_argument("--set", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    found.add_argument("--input", type=float, help="constant input where a parameter is varied")
    found.add_argument("--no-cycles", action="store_true", help="equilibria only")
    found.add_argument("--out", type=Path, default=Path(), help="folder; default: here")
    found.set_defaults(command=make_bifurcations)


def show_models(options) -> int:
    """List the models with their variants, or print one."""
    from .models import ZOO, find_model
    from .models.zoo.textbook import TEXTBOOK

    if options.model:
        print(find_model(options.model))
        return 0
    for model in [*ZOO, *TEXTBOOK]:
        print(f"{model.name:<20} {model.title}")
        for variant in model.variants.values():
            print(f"  {variant.name:<18} {variant.title}")
    return 0


def make_fi(options) -> int:
    """Write the F-I table (CSV) and figure (PNG, SVG) of a model, and print the table."""
    from brian2 import ms

    from .analysis.plots import plot_fi, save_figure
    from .experiments.report import check_output_folder
    from .protocols import fi_curve

    out = check_output_folder(options.out)
    model = changed_model(options)
    vary = dict([read_values(model, *options.vary)]) if options.vary else None
    by = next(iter(vary or ()), None)
    table = fi_curve(
        model,
        read_currents(model, options.currents),
        duration=options.duration * ms,
        discard=options.discard * ms,
        vary=vary,
        backend=options.backend,
    )
    path = out / f"{model.name}_fi.csv"
    table.to_csv(path, index=False)
    units = table.attrs["units"]
    ax = plot_fi(table, by=by, by_unit=units.get(by))
    files = [path, *save_figure(ax.figure, out, f"{model.name}_fi")]
    print(table.to_string(index=False))
    print("\n".join(f"wrote {file}" for file in files))
    return 0


def make_explorer(options) -> int:
    """Write the explorer and open it."""
    import webbrowser

    from .explorer.build import found_model, write_explorer
    from .explorer.diagrams import cycle_diagrams
    from .models import ZOO

    models, python = found_model(options.model) if options.model else ((), "")
    shown = {m.name: m for m in [*ZOO, *models]}.values()
    diagrams = cycle_diagrams(shown) if options.diagrams else None
    path = write_explorer(options.out, *models, python=python, diagrams=diagrams)
    print(f"wrote {path}")
    if not options.no_open:
        webbrowser.open(path.resolve().as_uri())
    return 0


def make_bifurcations(options) -> int:
    """Write branches and special points (CSV) and a figure; print the points."""
    from .analysis.plots import plot_bifurcations, save_figure
    from .dynamics import bifurcations
    from .experiments.report import check_output_folder

    out = check_output_folder(options.out)
    model = changed_model(options)
    diagram = bifurcations(
        model,
        options.over,
        parameter_range(model, options.over, options.range),
        I=None if options.input is None else options.input * model.input_unit,
        cycles=not options.no_cycles,
        report=lambda text: print(f"... {text}", file=sys.stderr, flush=True),
    )
    name = f"{model.name}_bifurcations"
    tables = {f"{name}_branches": diagram.branches, f"{name}_points": diagram.points}
    files = [out / f"{key}.csv" for key in tables]
    for file, table in zip(files, tables.values(), strict=True):
        table.to_csv(file, index=False)
    axes = plot_bifurcations(diagram)
    files += save_figure(np.ravel(axes)[0].figure, out, name)
    print(diagram.points.dropna(axis=1, how="all").to_string(index=False))
    print("\n".join(f"note: {note}" for note in diagram.notes))
    print("\n".join(f"wrote {file}" for file in files))
    return 0


def parameter_range(model, name: str, given: Sequence[float] | None):
    """Return the range of the input or a parameter, as quantities."""
    from .models.checks import check_name

    if name in ("I", model.input) and name not in model.parameters:
        return np.array(given or model.input_range) * model.input_unit
    parameter = model.parameters[check_name("parameter", name, [*model.parameters, model.input])]
    if given is None and parameter.range is None:
        raise InputError(f"--range: {name} has no range of its own; give --range FROM TO")
    return np.array(given or parameter.range) * parameter.unit


def make_export(options) -> int:
    """Write a model under a step of input in the format that the options name."""
    from brian2 import ms

    from .protocols import Constant, Step

    model = changed_model(options)
    middle = sum(model.input_range) / 2
    amplitude = (middle if options.amplitude is None else options.amplitude) * model.input_unit
    window = {"onset": options.onset * ms}
    if options.offset is not None:
        window["offset"] = options.offset * ms
    always = options.onset == 0 and options.offset is None
    stimulus = Constant(amplitude) if always else Step(amplitude, **window)
    if options.format == "ode":
        return write_ode(options, model, amplitude if always else stimulus)
    return make_project(options, model, stimulus)


def write_ode(options, model, stimulus) -> int:
    """Write a model as a file for XPPAUT."""
    from brian2 import ms

    for name in ("n", "record_dt"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name.replace('_', '-')}: has no meaning with --format ode")
    if options.vary != ["I"] or options.record != ["spikes"]:
        raise InputError("--vary, --record: have no meaning with --format ode, a file of one cell")
    if options.out.exists() and not options.force:
        raise InputError(f"--out: {options.out} exists; --force replaces it")
    times = {"duration": options.duration * ms, "dt": options.dt and options.dt * ms}
    text = model.to_ode(**{model.input: stimulus}, **times)
    options.out.write_text(text)
    print(f"wrote {options.out}; open it with xppaut {options.out}")
    return 0


def make_project(options, model, stimulus) -> int:
    """Write a model as a C++ project."""
    from brian2 import ms

    from .simulation import Backend, export

    names, values, n = varied_values(model, options.vary, options.n)
    folder = export(
        model,
        stimulus,
        options.out,
        n,
        options.duration * ms,
        vary=names,
        values=values,
        record=options.record,
        record_dt=options.record_dt and options.record_dt * ms,
        dt=options.dt and options.dt * ms,
        backend=Backend("cpp_standalone", options.threads, options.precision),
        overwrite=options.force,
    )
    print(f"wrote {folder}; its README.md says how to compile and run it (make; ./run.sh)")
    return 0


def varied_values(
    model, texts: Sequence[str], n: int | None
) -> tuple[list, dict | None, int | None]:
    """Read ``NAME`` or ``NAME=VALUES``: names, all combinations of the values, and their number."""
    pairs = [text.partition("=") for text in texts]
    names = [name for name, *_ in pairs]
    if not any(values for *_, values in pairs):
        return names, None, n
    missing = [name for name, _, values in pairs if not values]
    if missing or n is not None:
        raise InputError(
            f"--vary: give values to {missing} too" if missing else
            "--n: the values that --vary lists say how many neurons there are"
        )  # fmt: skip
    axes = np.meshgrid(*(numbers(v.split(",")) for *_, v in pairs), indexing="ij")
    return names, dict(zip(names, map(np.ravel, axes), strict=True)), axes[0].size


def changed_model(options):
    """Return the model that the options name, with what ``--set`` changes."""
    from .models import find_model

    model = find_model(options.model)
    for name, value in options.set:
        model = model.with_(**{name: read_values(model, name, value)[1][0]})
    return model


def read_values(model, name: str, *texts: str):
    """Return a parameter's name, checked, and its values with their unit."""
    from .models.checks import check_name

    unit = model.parameters[check_name("parameter", name, model.parameters)].unit
    return name, numbers(texts) * unit


def read_currents(model, texts: Sequence[str] | None):
    """Return currents with their unit: those given, or the model's range."""
    given = numbers(texts) if texts else np.linspace(*model.input_range, 51)
    return given * model.input_unit


def make_sweep(options) -> int:
    """Fill a store with the rates of all combinations; say what is in it."""
    from brian2 import ms

    from .experiments.runner import INTERRUPTED
    from .models import find_model
    from .protocols import sweep

    model = find_model(options.model)
    grid = dict(read_values(model, *texts) for texts in options.vary)
    try:
        found = sweep(
            model,
            grid | {"I": read_currents(model, options.currents)},
            store=options.store,
            workers=options.workers,
            duration=options.duration * ms,
            discard=options.discard * ms,
            backend=options.backend,
        )
    except KeyboardInterrupt:
        print(f"interrupted; what was finished is in {options.store}, the same command continues")
        return INTERRUPTED
    print(found)
    return 1 if len(found.failed) else 0


def show_cache(options) -> int:
    """List the compiled programs, or delete them."""
    from .simulation.backends.compiled import cache

    if options.clear:
        print(f"deleted {cache.clear()} programs from {cache.cache_folder()}")
        return 0
    for name, size, age in cache.entries():
        print(f"{name}  {size:6.1f} MiB  last used {age:.1f} days ago")
    print(cache.cache_folder())
    return 0


def numbers(texts: Sequence[str]) -> np.ndarray:
    """Read numbers and ``FROM:TO:COUNT`` ranges.

    Examples
    --------
    >>> numbers(["0:10:3", "12"]).tolist()
    [0.0, 5.0, 10.0, 12.0]
    """
    found: list[float] = []
    for text in texts:
        parts = text.split(":")
        try:
            if len(parts) == 3:
                found.extend(np.linspace(float(parts[0]), float(parts[1]), int(parts[2])))
            else:
                found.append(float(text))
        except ValueError:
            raise InputError(f"{text!r}: expected a number or FROM:TO:COUNT") from None
    return np.array(found)


if __name__ == "__main__":
    sys.exit(main())
