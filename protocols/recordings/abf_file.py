"""Recordings in Axon Binary Format, read by pyABF (extra ``recordings``)."""

import warnings

import numpy as np

from ...errors import InputError
from ...models.checks import listed
from .sweep_data import SweepData
from .unit_names import kind_of, unit_named


def read_abf(path, *, potential: int | None = None, current: int | None = None) -> list[SweepData]:
    """Return the sweeps of an ABF file; see `read_recording`."""
    try:
        import pyabf
    except ImportError:
        raise ImportError("ABF files need pyABF: pip install 'excitable[recordings]'") from None
    try:
        abf = pyabf.ABF(str(path))
    except Exception as error:  # pyABF raises what comes
        raise InputError(f"{path}: pyABF cannot read it ({error})") from None
    potential = _channel(path, abf, "potential", potential)
    if current is not None:
        current = _channel(path, abf, "current", current)
    return [_sweep(path, abf, number, potential, current) for number in abf.sweepList]


def _sweep(path, abf, number: int, potential: int, current: int | None) -> SweepData:
    if current is not None:
        abf.setSweep(number, channel=current)
        held, unit = abf.sweepY.astype(float), unit_named(abf.sweepUnitsY)
    abf.setSweep(number, channel=potential)
    if current is None:
        held, unit = _command(abf)
    t, v = abf.sweepX.astype(float), abf.sweepY.astype(float)
    where = f"{path}, sweep {number}"
    return SweepData(where, t, unit_named("s"), v, unit_named(abf.sweepUnitsY), held, unit)


def _command(abf):
    """Return the command of the protocol and its unit; nothing where the file has none."""
    unit = unit_named(abf.sweepUnitsC or "")
    if unit is None or kind_of(unit) != "current":
        return None, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a stimulus file is not there
        command = np.asarray(abf.sweepC, dtype=float)
    return (command, unit) if np.all(np.isfinite(command)) else (None, None)


def _channel(path, abf, kind: str, wanted) -> int:
    """Return the channel of a kind: the one that is wanted, or the first."""
    units = dict(zip(abf.channelList, map(unit_named, abf.adcUnits), strict=True))
    right = [c for c, unit in units.items() if unit is not None and kind_of(unit) == kind]
    if (not right) if wanted is None else (wanted not in right):
        texts = [f"{channel} ({unit})" for channel, unit in enumerate(abf.adcUnits)]
        what = "no channel" if wanted is None else f"channel {wanted!r} is not one that"
        raise InputError(f"{path}: {what} holds a {kind}. Channels: {listed(texts)}")
    return right[0] if wanted is None else wanted
