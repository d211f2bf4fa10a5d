"""Turn the results of a run into CSV, or into arrays; needs numpy alone.

    python read_results.py [RESULTS] [--out FOLDER]

writes spikes.csv, neurons.csv and, where something was recorded, traces.csv. In a script:

    from read_results import read
    run = read("results")
    run["spikes"]["t_ms"], run["neurons"]["spike_count"], run["traces"]

``./run.sh --csv`` writes the same tables without Python.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def read(folder=HERE / "results"):
    """Return spikes, neurons and traces of a run, as dictionaries of arrays.

    Parameters
    ----------
    folder : path
        Where the program left its results.

    Returns
    -------
    dict
        ``spikes``: ``neuron`` and ``t_ms`` of every spike, in the order of time. ``neurons``: what
        differs between them, and ``spike_count``. ``traces``: ``t_ms``, and each recorded variable
        as an array (neurons, samples). Names end in the unit, that of ``parameters.csv``
        (``I_nA``). ``settings``.
    """
    folder = Path(folder)
    if not (folder / "complete").exists():
        raise FileNotFoundError(f"{folder} holds no complete results; run ./run.sh first")
    manifest = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    found = {
        name: _plain(np.fromfile(folder / output["file"], dtype=output["dtype"]))
        for name, output in manifest["outputs"].items()
    }
    return {
        "settings": settings,
        "spikes": _spikes(found, settings["dt_ms"]),
        "neurons": _neurons(folder, manifest, found),
        "traces": _traces(manifest, found),
    }


def _plain(values):
    """Return single-precision numbers in double: a conversion of units adds no rounding."""
    return values.astype(float) if values.dtype == np.float32 else values


def _spikes(found, dt_ms):
    """Return the spikes in the order of time; they were located within the step."""
    t_ms = found.get("spike_t", np.empty(0)) * 1e3
    if "spike_since" in found:
        t_ms = t_ms + dt_ms - found["spike_since"] * 1e3
    order = np.argsort(t_ms, kind="stable")
    return {"neuron": found.get("spike_neuron", np.empty(0, int))[order], "t_ms": t_ms[order]}


def _neurons(folder, manifest, found):
    about = manifest["neurons"]
    neurons = {"neuron": np.arange(about["n"])}
    for name, entry in about["values"].items():
        if entry["per_neuron"]:
            dtype = manifest["inputs"][entry["input"]]["dtype"]
            si = _plain(np.fromfile(folder / f"in_{entry['input']}", dtype=dtype))
            # The fifteen digits that survive a conversion of units.
            neurons[manifest["columns"][name]] = np.array(
                [float(f"{x / entry['factor']:.15g}") for x in si]
            )
    if "spike_count" in found:
        neurons["spike_count"] = found["spike_count"]
    return neurons


def _traces(manifest, found):
    about = manifest["neurons"]
    if not about["record"]:
        return {}
    traces = {"t_ms": found["trace_t"] * 1e3}
    for name in about["record"]:
        _, factor = about["shown"][name]
        samples = found[f"trace_{name}"].reshape(-1, about["n"]).T
        traces[manifest["columns"][name]] = samples / factor
    return traces


def _long(traces, n):
    """Return traces with one row per neuron and sample."""
    samples = len(traces["t_ms"])
    long = {"neuron": np.repeat(np.arange(n), samples), "t_ms": np.tile(traces["t_ms"], n)}
    return long | {name: x.ravel() for name, x in traces.items() if name != "t_ms"}


def write_csv(file, columns):
    """Write a dictionary of columns; the file has its name when it is whole."""
    integers = [np.issubdtype(np.asarray(x).dtype, np.integer) for x in columns.values()]
    part = file.with_name(f"{file.name}.part")
    try:
        np.savetxt(
            part,
            np.column_stack(list(columns.values())),
            fmt=["%d" if i else "%.15g" for i in integers],
            delimiter=",",
            header=",".join(columns),
            comments="",
        )
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    print(f"wrote {file}")


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="?", type=Path, default=HERE / "results")
    parser.add_argument("--out", type=Path, help="folder for the CSV files; default: RESULTS")
    options = parser.parse_args()
    try:
        _write_tables(read(options.results), options.out or options.results)
    except OSError as error:
        sys.exit(f"error: {error}")


def _write_tables(run, out):
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / "spikes.csv", run["spikes"])
    write_csv(out / "neurons.csv", run["neurons"])
    if run["traces"]:
        write_csv(out / "traces.csv", _long(run["traces"], len(run["neurons"]["neuron"])))


if __name__ == "__main__":
    main()
