"""Recordings in Neurodata Without Borders files, read by PyNWB (extra ``recordings``)."""

import re

import numpy as np
from brian2 import amp, second, volt

from ...errors import InputError
from ...models.checks import listed
from ...models.warn import warn_caller
from .sweep_data import SweepData


def read_nwb(path, *, potential: str | None = None) -> list[SweepData]:
    """Return the current-clamp sweeps of an NWB file; see `read_recording`."""
    try:
        import pynwb
    except ImportError:
        raise ImportError("NWB files need PyNWB: pip install 'excitable[recordings]'") from None
    try:
        reader = pynwb.NWBHDF5IO(str(path), "r", load_namespaces=True)
    except Exception as error:  # h5py and hdmf raise what comes
        raise InputError(f"{path}: PyNWB cannot read it ({error})") from None
    with reader:
        pairs = _pairs(path, _content(path, reader))
        electrodes = sorted({response.electrode.name for response, *_ in pairs})
        if not pairs:
            raise InputError(f"{path}: holds no CurrentClampSeries; other series are not read")
        if potential is None and len(electrodes) > 1:
            raise InputError(f"{path}: name the electrode, potential=: {listed(electrodes)}")
        if potential is not None and potential not in electrodes:
            raise InputError(f"{path}: no electrode {potential!r} among {listed(electrodes)}")
        wanted = [p for p in pairs if potential in (None, p[0].electrode.name)]
        _warn_of_bias(path, wanted)
        return [_sweep(path, *pair) for pair in wanted]


def _content(path, reader):
    """Return what is in the file; hdmf raises what comes where it is not as the schema says."""
    try:
        return reader.read()
    except Exception as error:
        reason = error.args[-1] if error.args else error  # the others hold the whole object
        raise InputError(
            f"{path}: PyNWB cannot read it ({reason}); the command pynwb-validate says what is "
            "not as the schema of NWB has it"
        ) from None


def _pairs(path, nwb) -> list:
    """Return each response with its stimulus, and the part of each that belongs to the sweep."""
    from pynwb.icephys import CurrentClampSeries, CurrentClampStimulusSeries

    table = nwb.intracellular_recordings
    if table is not None and len(table):
        rows = zip(table["responses"]["response"][:], table["stimuli"]["stimulus"][:], strict=True)
        return [(r.timeseries, s.timeseries, _part(r), _part(s)) for r, s in rows
                if isinstance(r.timeseries, CurrentClampSeries)]  # fmt: skip
    stimuli = [s for s in nwb.stimulus.values() if isinstance(s, CurrentClampStimulusSeries)]
    responses = [r for r in nwb.acquisition.values() if isinstance(r, CurrentClampSeries)]
    return [(r, _stimulus_of(path, r, stimuli), slice(None), slice(None))
            for r in sorted(responses, key=_order)]  # fmt: skip


def _warn_of_bias(path, pairs) -> None:
    """Say that a holding current of the amplifier is not in the stimulus, or may not be."""
    biases = {r.name: r.bias_current for r, stimulus, *_ in pairs if stimulus is not None}
    biases = {name: 1e12 * bias for name, bias in biases.items() if bias and bias == bias}
    if biases:
        levels = listed(f"{bias:g}" for bias in sorted(set(biases.values())))
        warn_caller(
            f"{path}: {listed(biases, most=3)}: the amplifier's bias_current ({levels} pA) is left "
            "out, I is the stimulus series alone; where that does not hold it, add it to the "
            "traces' column I and take CellRecording.of_traces"
        )


def _order(response) -> tuple:
    """Return what responses are sorted by: the file has them by their names, v10 before v2."""
    name = [int(x) if x.isdigit() else x for x in re.split(r"([0-9]+)", response.name)]
    number = -1 if response.sweep_number is None else response.sweep_number
    return number, _start(response), name


def _stimulus_of(path, response, stimuli):
    """Return the stimulus of the same electrode and sweep; without numbers, of the same start."""
    own = [s for s in stimuli if s.electrode.name == response.electrode.name]
    own = [s for s in own if s.sweep_number == response.sweep_number]
    if response.sweep_number is None:
        own = [s for s in own if abs(_start(s) - _start(response)) < 1e-9]
        return own[0] if len(own) == 1 else None
    if len(own) > 1:
        raise InputError(
            f"{path}, {response.name}: its sweep {response.sweep_number} has several stimuli, "
            f"{listed(s.name for s in own)}; pair them in the file's table of recordings"
        )
    return own[0] if own else None


def _part(reference) -> slice:
    if reference.timeseries is None:
        return slice(None)
    return slice(reference.idx_start, reference.idx_start + reference.count)


def _sweep(path, response, stimulus, part: slice, of_stimulus: slice) -> SweepData:
    from pynwb.icephys import IZeroClampSeries

    t, v = _samples(response, part)
    where = f"{path}, {response.name}"
    if isinstance(response, IZeroClampSeries):
        return SweepData(where, t, second, v, volt, np.zeros(len(t)), amp)
    if stimulus is None or not len(stimulus.data):
        return SweepData(where, t, second, v, volt)
    begin, current = _samples(stimulus, of_stimulus)
    if not len(begin):
        return SweepData(where, t, second, v, volt)
    # Each sample of the current is held until the next, as the stimulus Recorded does.
    place = np.searchsorted(begin, t + 1e-9, side="right") - 1
    if place.min(initial=0) < 0 or t.max(initial=0) > _last(stimulus, begin) + 1e-9:
        raise InputError(
            f"{where}: its stimulus {stimulus.name} lasts from {begin[0]:g} to {begin[-1]:g} s and "
            f"the response from {t[0]:g} to {t[-1]:g} s, so that the current is not known all along"
        )
    return SweepData(where, t, second, v, volt, current[place], amp)


def _start(series) -> float:
    """Return when a series begins, in seconds."""
    if series.timestamps is None:
        return series.starting_time
    return float(series.timestamps[0]) if len(series.timestamps) else 0.0


def _last(series, begin: np.ndarray) -> float:
    """Return when the last sample ends: it lasts as long as the one before it."""
    if series.timestamps is None:
        return begin[-1] + 1 / series.rate
    return 2 * begin[-1] - begin[-2] if len(begin) > 1 else begin[-1]


def _samples(series, part: slice):
    """Return times in seconds and values in SI units."""
    values = np.asarray(series.data[part], dtype=float) * series.conversion + series.offset
    if series.timestamps is not None:
        return np.asarray(series.timestamps[part], dtype=float), values
    first = part.start or 0
    return series.starting_time + (first + np.arange(len(values))) / series.rate, values
