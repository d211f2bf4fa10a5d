"""Programs to take away: ``export``."""

from pathlib import Path

from ..errors import InputError
from ..files import user_path, written_whole
from . import options as o
from .firing import add_stimulus, stimulus_of
from .values import numbers


def add(commands) -> None:
    """Add the command."""
    export = o.add_command(
        commands, "export", make_export,
        "write a model as a C++ project, or as a file for XPPAUT",
        "excitable export connor_stevens --vary g_A 0:60:8 --vary I 0:50:8 --out cs_project",
    )  # fmt: skip
    o.add_model(export)
    export.add_argument("--format", choices=("cpp", "ode"), default="cpp", help="default: cpp")
    export.add_argument("--out", type=Path, required=True, help="new folder; of ode: new file")
    o.add_changes(export)
    export.add_argument("--n", type=int, help="neurons, where --vary has no values; default 64")
    add_stimulus(export)
    o.add_times(export, duration="default 1000", record_dt="default: every step")
    export.add_argument("--record", nargs="+", metavar="NAME",
                        help="spikes (default), state variables, currents, rates or I")  # fmt: skip
    o.add_numerics(export)
    export.add_argument("--force", action="store_true", help="replace an earlier export")


def make_export(options) -> int:
    """Write a model under a stimulus in the format that the options name."""
    model = o.changed_model(options)
    stimulus = stimulus_of(options, model)
    write = _write_ode if options.format == "ode" else _make_project
    return write(options, model, stimulus)


def _write_ode(options, model, stimulus) -> int:
    """Write a model as a file for XPPAUT."""
    from brian2 import ms

    from ..protocols import Constant

    useless = ("n", "record_dt", "record", "vary", "method", "tolerance", "backend", "precision",
               "threads", "spikes", "start")  # fmt: skip
    for name in useless:
        if getattr(options, name):
            raise InputError(f"--{name.replace('_', '-')}: has no meaning with --format ode, a "
                             "file of one cell")  # fmt: skip
    out = user_path(options.out)
    if out.exists() and not options.force:
        raise InputError(f"--out: {out} exists; --force replaces it")
    given = stimulus.amplitude if isinstance(stimulus, Constant) else stimulus
    times = {"duration": 1000 * ms, **o.times(options, "duration", "dt")}
    text = model.to_ode(**{model.input: given}, **times)
    with written_whole(out) as file:
        file.write_text(text, "utf-8")
    print(f"wrote {out}; open it with xppaut {out}")
    return 0


def _make_project(options, model, stimulus) -> int:
    """Write a model as a C++ project."""
    from ..simulation import Backend, export

    settings = o.numerics(options)
    if "tolerance" in settings:
        raise InputError("--tolerance: a project has one method and one dt; choose --dt")
    engine = {k: settings.pop(k) for k in ("precision", "threads") if k in settings}
    if settings.pop("backend", "cpp_standalone") not in ("auto", "cpp_standalone"):
        raise InputError("--backend: a project is C++; leave it out")
    folder = export(
        model,
        stimulus,
        options.out,
        backend=Backend("cpp_standalone", **engine),
        record=options.record or ["spikes"],
        overwrite=options.force,
        **_values(options, model, stimulus),
        **o.times(options, "duration", "record_dt"),
        **settings,
    )
    print(f"wrote {folder}; its README.md says how to compile and run it (make; ./run.sh)")
    return 0


def _values(options, model, stimulus) -> dict:
    """Return what varies: names, and all combinations of the values where these are given."""
    import numpy as np

    if not options.vary:
        return {"n": options.n}
    names = o.varied_names(options)
    if not any(texts for _, *texts in options.vary):
        return {"vary": names, "n": options.n}
    if options.n is not None:
        raise InputError("--n: the values that --vary lists say how many neurons there are")
    axes = [_plain(model, name, texts) for name, *texts in options.vary]
    crossed = np.meshgrid(*axes, indexing="ij")
    values = {name: axis.ravel() for name, axis in zip(names, crossed, strict=True)}
    return {"vary": names, "values": values, "n": crossed[0].size}


def _plain(model, name: str, texts):
    """Return values as numbers in the unit of the name: also of the stimulus's own, in ms."""
    if name in model.parameters or o.is_input(model, name):
        return o.values_of(model, name, texts) / o.unit_of(model, name)
    return numbers(texts or [""], what=f"--vary {name}", count=11)
