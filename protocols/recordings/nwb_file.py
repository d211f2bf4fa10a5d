"""Recordings in Neurodata Without Borders files, read by PyNWB (extra ``recordings``)."""

import numpy as np
from brian2 import amp, second, volt

from ...errors import InputError
from ...models.checks import listed
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
        pairs = _pairs(reader.read(), pynwb.icephys.CurrentClampSeries)
        electrodes = sorted({response.electrode.name for response, *_ in pairs})
        if not pairs:
            raise InputError(f"{path}: holds no CurrentClampSeries; other series are not read")
        if potential is None and len(electrodes) > 1:
            raise InputError(f"{path}: name the electrode, potential=: {listed(electrodes)}")
        if potential is not None and potential not in electrodes:
            raise InputError(f"{path}: no electrode {potential!r} among {listed(electrodes)}")
        wanted = [p for p in pairs if potential in (None, p[0].electrode.name)]
        return [_sweep(path, *pair) for pair in wanted]


def _pairs(nwb, kind) -> list:
    """Return each response with its stimulus, and the part of each that belongs to the sweep."""
    if nwb.intracellular_recordings is not None and len(nwb.intracellular_recordings):
        table = nwb.intracellular_recordings
        rows = zip(table["responses"]["response"][:], table["stimuli"]["stimulus"][:], strict=True)
        pairs = [(r.timeseries, s.timeseries, _part(r), _part(s)) for r, s in rows]
        return [(r, s if len(s.data) else None, *parts) for r, s, *parts in pairs
                if isinstance(r, kind)]  # fmt: skip
    stimuli = {(s.electrode.name, s.sweep_number): s for s in nwb.stimulus.values()
               if getattr(s, "sweep_number", None) is not None}  # fmt: skip
    responses = [r for r in nwb.acquisition.values() if isinstance(r, kind)]
    responses.sort(key=lambda r: -1 if r.sweep_number is None else r.sweep_number)
    return [(r, stimuli.get((r.electrode.name, r.sweep_number)), slice(None), slice(None))
            for r in responses]  # fmt: skip


def _part(reference) -> slice:
    return slice(reference.idx_start, reference.idx_start + reference.count)


def _sweep(path, response, stimulus, part: slice, of_stimulus: slice) -> SweepData:
    t, v = _samples(response, part)
    where = f"{path}, {response.name}"
    if stimulus is None:
        return SweepData(where, t, second, v, volt)
    begin, current = _samples(stimulus, of_stimulus)
    # Each sample of the current is held until the next, as the stimulus Recorded does.
    place = np.searchsorted(begin, t + 1e-9, side="right") - 1
    if place.min(initial=0) < 0 or t[-1] > 2 * begin[-1] - begin[-2] + 1e-9:
        raise InputError(
            f"{where}: its stimulus {stimulus.name} lasts from {begin[0]:g} to {begin[-1]:g} s and "
            f"the response from {t[0]:g} to {t[-1]:g} s, so that the current is not known all along"
        )
    return SweepData(where, t, second, v, volt, current[place], amp)


def _samples(series, part: slice):
    """Return times in seconds and values in SI units."""
    values = np.asarray(series.data[part], dtype=float) * series.conversion + series.offset
    if series.timestamps is not None:
        return np.asarray(series.timestamps[part], dtype=float), values
    first = part.start or 0
    return series.starting_time + (first + np.arange(len(values))) / series.rate, values
