"""Any number of parameter sets: ``sweep`` fills a store that can be continued, and grow."""

from ..errors import InputError
from . import options as o

# Protocols of parameter sets, and whether a current is part of a set or what is looked for.
TAKES_CURRENTS = {"rates": True, "thresholds_of": False}


def add(commands) -> None:
    """Add the command."""
    sweep = o.add_command(
        commands, "sweep", make_sweep,
        "a protocol over many parameter sets, into a store that can be continued",
        "excitable sweep connor_stevens --vary g_A 0:60:100 --currents 0:50:100 --store cs.parquet",
    )  # fmt: skip
    o.add_model(sweep)
    sweep.add_argument(
        "--protocol", default="rates", metavar="NAME",
        help="rates (default), thresholds_of, or a function of a model and a table of sets as "
        "path.py:NAME",
    )  # fmt: skip
    sweep.add_argument("--currents", nargs="+", metavar="I",
                       help="default: the model's range for rates; thresholds_of looks for "
                       "them")  # fmt: skip
    o.add_changes(sweep)
    o.add_times(sweep, duration="of each step; default: the protocol's",
                discard="its beginning; default a quarter")  # fmt: skip
    o.add_criterion(sweep)
    sweep.add_argument("--workers", type=int, help="processes; default: one per core")
    sweep.add_argument("--store", required=True,
                       help="a folder: NAME.parquet or NAME.csv; the same command continues it, "
                       "and one with more values adds those")  # fmt: skip
    o.add_numerics(sweep)


def make_sweep(options) -> int:
    """Fill a store with a protocol's rows of all combinations; say what is in it."""
    from ..protocols import sweep

    model = o.changed_model(options)
    protocol = _protocol(options.protocol)
    grid = _grid(model, options)
    try:
        found = sweep(
            model,
            grid,
            protocol=protocol,
            store=options.store,
            workers=options.workers,
            **o.times(options, "duration", "discard"),
            **o.given(options, "criterion"),
            **o.numerics(options),
        )
    except KeyboardInterrupt:
        print(f"what was finished is in {options.store}; the same command continues")
        raise
    print(found)
    return 1 if len(found.failed) else 0


def _protocol(name: str):
    """Return a protocol by its name, or one of a user's file."""
    from types import FunctionType

    from .. import protocols
    from ..models.checks import check_name
    from ..models.user_files import from_file, is_file_name

    if is_file_name(name):
        return from_file(name, FunctionType, "protocol")
    return getattr(protocols, check_name("protocol", name, TAKES_CURRENTS))


def _grid(model, options) -> dict:
    """Return what is varied, with the currents where they are part of a set."""
    grid = o.varied(model, options) or {}
    takes = TAKES_CURRENTS.get(options.protocol)  # of a user's function only the user knows
    if takes is False and options.currents:
        raise InputError(f"--currents: {options.protocol} looks for the current; leave it out")
    if takes or options.currents:
        grid["I"] = o.currents(model, options)
    if not grid:
        raise InputError(f"--vary: name a parameter whose values {options.protocol} is to run over")
    return grid
