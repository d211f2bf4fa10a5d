"""The options that commands share, and what they say as arguments of protocols."""

import argparse
from glob import escape, glob

from ..errors import InputError
from .values import numbers, quantity

NUMERICS = ("method", "dt", "tolerance", "backend", "precision", "threads", "spikes")


def add_command(commands, name: str, run, text: str, example: str) -> argparse.ArgumentParser:
    """Add a command with its help, and an example below it."""
    parser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=run)
    return parser


def add_model(parser, *, optional: bool = False, **words) -> None:
    """Add the model, with its completion."""
    action = parser.add_argument(
        "model",
        metavar="MODEL",
        help="a name that 'excitable models' lists, or path.py:NAME" + words.get("more", ""),
        **({"nargs": "?"} if optional else {}),
    )
    action.completer = _model_names


def _model_names(prefix: str = "", **_) -> list[str]:
    from ..models.zoo import known_models

    return [*known_models(), *glob(f"{escape(prefix)}*.py")]


def parameter_names(parsed_args=None, **_) -> list[str]:
    """Return what ``--set`` and ``--vary`` can name, for the shell, which executes no file."""
    from ..models.zoo import known_models

    model = known_models().get(getattr(parsed_args, "model", None))
    return list(model.parameters) if model else []


def add_changes(parser, *, vary: bool = True) -> None:
    """Add what changes the model: ``--set`` and ``--vary``."""
    one = parser.add_argument(
        "--set", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
        help="change a parameter; may be given several times",
    )  # fmt: skip
    one.completer = parameter_names
    if vary:
        several = parser.add_argument(
            "--vary", nargs="+", action="append", default=[], metavar=("NAME", "VALUE"),
            help="a parameter and its values (default: 11 over its range); may be given several "
            "times, and all combinations are taken",
        )  # fmt: skip
        several.completer = parameter_names


def add_currents(parser) -> None:
    """Add the input currents that `currents` returns."""
    parser.add_argument("--currents", nargs="+", metavar="I", help="default: the model's range")


def add_times(parser, **defaults: str) -> None:
    """Add times, in ms unless they carry a unit; the texts say the defaults."""
    for name, text in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="MS", help=text)


def add_numerics(
    parser,
    *,
    start: bool = True,
    tolerance: str = "largest relative error: of rates it chooses method and dt, of a search its "
    "end",
) -> None:
    """Add how it is integrated: the fields of `excitable.simulation.Numerics`."""
    group = parser.add_argument_group("numerics")
    group.add_argument("--method", help="integration method; default: the model's")
    group.add_argument("--dt", metavar="MS", help="time step; default: the model's")
    group.add_argument("--tolerance", type=float, help=tolerance)
    group.add_argument("--backend", help="auto, numpy, cython or cpp_standalone; default: auto")
    group.add_argument("--precision", help="float64 (default) or float32")
    group.add_argument("--threads", type=int, help="OpenMP threads in one program; default 1")
    group.add_argument("--spikes", help="located inside the step (default), or on the time grid")
    if start:
        group.add_argument("--start", choices=("rest", "initial"), help="where cells start")


def add_criterion(parser) -> None:
    """Add what a threshold current is."""
    parser.add_argument(
        "--criterion", help="of a threshold: sustained (default), or spike: the first spike"
    )


def add_out(parser) -> None:
    """Add where results are written."""
    parser.add_argument(
        "--out", default=".", metavar="PATH",
        help="a file that ends in .csv or .parquet (figures go beside it), or a folder; "
        "default: here",
    )  # fmt: skip


def given(options, *names: str) -> dict:
    """Return the options that were given, as keywords of a protocol."""
    found = {name: getattr(options, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def numerics(options) -> dict:
    """Return the numerics that were given, as keywords of a protocol."""
    start = ["start"] if hasattr(options, "start") else []
    return given(options, *NUMERICS, *start) | times(options, "dt")


def times(options, *names: str) -> dict:
    """Return the times that were given, as keywords of a protocol."""
    from brian2 import ms

    texts = given(options, *names)
    return {k: quantity(f"--{k.replace('_', '-')}", text, ms) for k, text in texts.items()}


def changed_model(options):
    """Return the model that the options name, with what ``--set`` changes."""
    from ..models import find_model

    model = find_model(options.model)
    _check_once([name for name, _ in options.set], "--set")
    changes = {}
    for name, text in options.set:
        changes[name] = quantity(f"--set {name}", text, unit_of(model, name))
    return model.with_(**changes) if changes else model


def varied(model, options) -> dict | None:
    """Return the parameters that ``--vary`` names with their values; None where there are none."""
    varied_names(options)
    return {name: values_of(model, name, texts) for name, *texts in options.vary} or None


def varied_names(options) -> list[str]:
    """Return the names that ``--vary`` gives, each once and none that is ``--set`` too."""
    for text in (text for words in options.vary for text in words):
        if "=" in text:
            raise InputError(f"--vary: {text!r}: write a name and its values, such as --vary g_A "
                             "0 24 48, with a --vary for each name")  # fmt: skip
    names = [name for name, *_ in options.vary]
    _check_once(names, "--vary")
    both = sorted(set(names) & {name for name, _ in options.set})
    if both:
        raise InputError(f"--set, --vary: {both[0]} is in both; leave one out")
    return names


def values_of(model, name: str, texts, what: str = ""):
    """Return the values of a parameter, or of the input I, with their unit."""
    what = what or f"--vary {name}"
    unit = unit_of(model, name)
    if texts:
        return numbers(texts, unit, what=what, count=11) * unit
    span = model.input_range if is_input(model, name) else model.parameters[name].range
    if span is None:
        raise InputError(f"{what}: {name} has no range of its own; list the values")
    return numbers([f"{span[0]}:{span[1]}"], unit, count=11) * unit


def unit_of(model, name: str):
    """Return the unit of a parameter, or of the input."""
    from ..models.checks import check_name

    if is_input(model, name):
        return model.input_unit
    return model.parameters[check_name("parameter", name, model.parameters)].unit


def potential_unit(model):
    """Return the unit in which the membrane's potential is shown."""
    from ..models.units import display_unit

    return display_unit(model.unit_of(model.membrane))


def is_input(model, name: str) -> bool:
    """Return whether a name is that of the input: I, or the model's own word."""
    return name in ("I", model.input) and name not in model.parameters


def currents(model, options):
    """Return the currents with their unit: those given, or the model's range."""
    if any(is_input(model, name) for name, *_ in getattr(options, "vary", [])):
        raise InputError("--vary I: the input's values are said with --currents")
    texts = options.currents or [f"{model.input_range[0]}:{model.input_range[1]}"]
    return numbers(texts, model.input_unit, what="--currents") * model.input_unit


def _check_once(names: list[str], option: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{option} {twice[0]}: is given twice; give all its values in one")
