"""Recordings in Axon Binary Format, read by pyABF (extra ``recordings``)."""

import warnings

import numpy as np

from ...errors import InputError
from ...models.checks import listed
from ...models.warn import warn_caller
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
    if abf.abfVersion["major"] == 1:
        _set_holding(abf)
    output = _output(abf, potential) if current is None else None
    if output is not None and (left_out := _left_out(abf, output)):
        warn_caller(
            f"{path}: the protocol's current is not known, since pyABF leaves out {left_out}; name "
            "the channel in which it was recorded, current=, or give its steps: with_steps"
        )
        output = None
    return [_sweep(path, abf, number, potential, current, output) for number in abf.sweepList]


def _sweep(
    path, abf, number: int, potential: int, current: int | None, output: int | None
) -> SweepData:
    held = unit = None
    if current is not None:
        abf.setSweep(number, channel=current)
        held, unit = abf.sweepY.astype(float), unit_named(abf.sweepUnitsY)
    abf.setSweep(number, channel=potential)
    if output is not None:
        held, unit = _command(abf, output)
    t, v = abf.sweepX.astype(float), abf.sweepY.astype(float)
    where = f"{path}, sweep {number}"
    return SweepData(where, t, unit_named("s"), v, unit_named(abf.sweepUnitsY), held, unit)


def _set_holding(abf) -> None:
    """Give pyABF the holding levels of a file of version 1, for which it takes those of epochs.

    Headers have them since version 1.8; what is not known is no number.
    """
    known = abf._headerV1.fInstrumentHoldingLevel if abf.abfVersion["minor"] >= 8 else ()
    abf.holdingCommand = [*known, *[np.nan] * (len(abf.holdingCommand) - len(known))]


def _output(abf, potential: int) -> int | None:
    """Return the output that injects current into the cell of a channel; None where none is known.

    Outputs and channels are counted apart. As many of each belong together in their order, and
    else an output belongs to the channel of its number.
    """
    outputs = _output_units(abf)
    driven = [k for k, unit in enumerate(outputs) if _is(unit, "current") and _varies(abf, k)]
    potentials = _channels(abf, "potential")
    if len(driven) == len(potentials):
        return driven[potentials.index(potential)]
    held = not driven and potential < len(outputs)
    return potential if potential in driven or held else None


def _output_units(abf) -> list[str]:
    """Return the units of the outputs that may have a waveform.

    In version 1 these are two of four; of version 2 pyABF names as many as there are channels.
    """
    if abf.abfVersion["major"] == 1:
        return abf.dacUnits[:2]
    texts = abf._stringsSection._indexedStrings
    return [texts[k] if k < len(texts) else "" for k in abf._dacSection.lDACChannelUnitsIndex]


def _left_out(abf, output: int) -> str:
    """Return what pyABF leaves out of an output's waveform, without a word; empty for nothing."""
    old = abf.abfVersion["major"] == 1
    table = abf._headerV1 if old else abf._dacSection
    if not table.nWaveformEnable[output]:
        return ""
    if any(abf.userListEnable[:1] if old else abf.userListEnable):
        return "a user list of values"
    if table.nWaveformSource[output] == 2:
        read_as_it_is = (table.fDACFileScale[output], table.fDACFileOffset[output]) == (1.0, 0.0)
        single = output == 0 and table.lDACFileNumEpisodes[output] <= 1
        found = not old and single and read_as_it_is
        return "" if found else "scale, offset and sweeps of a stimulus file"
    if old:
        trains = any(kind > 2 for kind in table.nEpochType[10 * output : 10 * output + 10])
        return "the pulses of trains in files of version 1" if trains else ""
    return "a conditioning train" if table.nConditEnable[output] else ""


def _varies(abf, output: int) -> bool:
    """Return whether an output is more than a holding current."""
    if _left_out(abf, output):
        return True
    levels = []
    for number in abf.sweepList:
        abf.setSweep(number)
        levels.append(_waveform(abf, output))
    return any(np.ptp(level) != 0 or level[0] != levels[0][0] for level in levels)


def _waveform(abf, output: int) -> np.ndarray:
    """Return what an output does in the sweep that is set."""
    from pyabf.stimulus import Stimulus

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a stimulus file is not there
        if output == abf.sweepChannel:
            return np.asarray(abf.sweepC, dtype=float)
        waveform = Stimulus(abf, output).stimulusWaveform(abf.sweepNumber)
        return np.asarray(waveform, dtype=float)[: len(abf.sweepX)]


def _command(abf, output: int):
    """Return the command of the protocol and its unit; nothing where the file has none."""
    own = output == abf.sweepChannel
    unit = abf.sweepUnitsC if own else _output_units(abf)[output]
    if not _is(unit, "current"):
        return None, None
    command = _waveform(abf, output)
    return (command, unit_named(unit)) if np.all(np.isfinite(command)) else (None, None)


def _is(unit: str | None, kind: str) -> bool:
    found = unit_named(unit or "")
    return found is not None and kind_of(found) == kind


def _channels(abf, kind: str) -> list[int]:
    return [c for c, unit in zip(abf.channelList, abf.adcUnits, strict=True) if _is(unit, kind)]


def _channel(path, abf, kind: str, wanted) -> int:
    """Return the channel of a kind: the one that is wanted, or the first."""
    right = _channels(abf, kind)
    if (not right) if wanted is None else (wanted not in right):
        texts = [f"{channel} ({unit})" for channel, unit in enumerate(abf.adcUnits)]
        what = "no channel" if wanted is None else f"channel {wanted!r} is not one that"
        raise InputError(f"{path}: {what} holds a {kind}. Channels: {listed(texts)}")
    return right[0] if wanted is None else int(wanted)
