"""Any number of parameter sets: ``sweep`` fills a store that can be continued, and grow."""

from . import options as o


def add(commands) -> None:
    """Add the command."""
    sweep = o.add_command(
        commands, "sweep", make_sweep,
        "firing rates over many parameter sets, into a store that can be continued",
        "excitable sweep connor_stevens --vary g_A 0:60:100 --currents 0:50:100 --store cs.parquet",
    )  # fmt: skip
    o.add_model(sweep)
    sweep.add_argument("--currents", nargs="+", metavar="I", help="default: the model's range")
    o.add_changes(sweep)
    o.add_times(sweep, duration="of each step; default 2000", discard="its beginning; default 500")
    sweep.add_argument("--workers", type=int, help="processes; default: one per core")
    sweep.add_argument("--store", required=True,
                       help="a folder: NAME.parquet or NAME.csv; the same command continues it, "
                       "and one with more values adds those")  # fmt: skip
    o.add_numerics(sweep)


def make_sweep(options) -> int:
    """Fill a store with the rates of all combinations; say what is in it."""
    from ..protocols import sweep

    model = o.changed_model(options)
    grid = {**(o.varied(model, options) or {}), "I": o.currents(model, options)}
    try:
        found = sweep(
            model,
            grid,
            store=options.store,
            workers=options.workers,
            **o.times(options, "duration", "discard"),
            **o.numerics(options),
        )
    except KeyboardInterrupt:
        print(f"what was finished is in {options.store}; the same command continues")
        raise
    print(found)
    return 1 if len(found.failed) else 0
