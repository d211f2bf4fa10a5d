"""`read_recording`: one door for the files that laboratories write."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from brian2 import Quantity, mV

from ...errors import InputError
from ...files import user_path
from ...models.checks import check_name
from .cell_recording import CellRecording
from .sweep_data import traces_of

_TEXT = (".csv", ".tsv", ".txt", ".dat")
_TAB = {"sep": "\t"}


def read_recording(path, *, above: Quantity = -20 * mV, **options) -> CellRecording:
    """Read a current-clamp recording.

    Parameters
    ----------
    path : path-like
        ``.csv``, ``.tsv``, ``.txt`` or ``.dat`` (text with a header), ``.abf`` (Axon; extra
        ``recordings``) or ``.nwb`` (Neurodata Without Borders; extra ``recordings``).
    above : Quantity
        The potential through which a spike rises; see `excitable.analysis.detect_spikes`.
    time : str or list of str
        Text: the column of the time, or one for each potential. Columns that are not named are
        found by their units.
    potential : str, list of str, or int
        Text: the column of the potential, or those of several sweeps side by side (one that ends
        before the others is a shorter sweep); a heading that several columns have is all of them.
        ABF: the channel (default: the first in volts). NWB: the name of the electrode.
    current : str, list of str, or int
        Text: the column of the current, one for all sweeps or one for each, in the order of
        `potential`; those that are not named go to the potential of the same name or number. ABF:
        the channel in which it was recorded; default: the command of the file's protocol, where as
        many outputs inject current as potentials were recorded, or that of the channel's number;
        none where pyABF does not follow it (user lists, conditioning trains, scaled files).
        NWB: the stimulus of the same row of the table of recordings, of the same sweep number, or
        of the same start.
    sweep : str
        Text: the column that tells sweeps apart that stand one below another; default: one called
        ``sweep`` or ``neuron``, if it has several values.
    units : dict of str to unit or str
        Text: units of columns whose header has none (``v_mV``, ``Vm (mV)``, ``Vm [mV]`` and
        ``Vm/mV`` do). A column ``I_unit``, which the traces of a run have, holds that of ``I``.
    **options
        Text: further arguments of `pandas.read_csv`, such as ``sep``, ``decimal``, ``skiprows``,
        and ``header=[0, 1]`` where units stand in a row below the names.

    Returns
    -------
    CellRecording
        ``traces`` and ``spikes`` as `response` gives them for models: potentials in mV, currents in
        nA or uA/cm**2, times in ms from the first sample of each sweep, at any distances. Sweeps
        are in the order of the file's columns or rows, of the protocol, or of the table of
        recordings; without it in that of sweep numbers, starts and names. An end without potential
        (NaN) is no part of a sweep.

    Raises
    ------
    ValueError
        For a file of another kind, options that its kind has not, missing columns, unknown units,
        samples that are not numbers or belong to no sweep, rows that are longer than the header,
        currents that could belong to several potentials, times that do not increase, potentials
        above 1 V and currents above 10 mA (whose unit is another one), and files without a sweep.
        The message names file and remedy.
    FileNotFoundError
        If there is no such file.
    ImportError
        Without the extra, with the command that installs it.

    Warns
    -----
    UserWarning
        For an NWB file whose amplifier had a ``bias_current``, which is no part of a stimulus, and
        a command of an ABF file that is not known.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "cell.csv"
    >>> _ = path.write_text("time (s),Vm (mV),I (pA)\\n0,-65,0\\n0.001,-60,50\\n0.004,-61,50\\n")
    >>> read_recording(path).traces
       neuron  t_ms  v_mV     I I_unit
    0       0   0.0 -65.0  0.00     nA
    1       0   1.0 -60.0  0.05     nA
    2       0   4.0 -61.0  0.05     nA
    """
    path = user_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    return CellRecording.of_traces(traces_of(_sweeps(path, options)), above=above)


def _sweeps(path: Path, options: dict) -> list:
    """Return the sweeps of a file; each kind is imported when it is read."""
    kind = path.suffix.lower()
    if kind in _TEXT:
        from .csv_file import read_csv

        _check_options(kind, options, read_csv, pd.read_csv)
        return read_csv(path, **({**_TAB, **options} if kind == ".tsv" else options))
    if kind == ".abf":
        from .abf_file import read_abf

        _check_options(kind, options, read_abf)
        return read_abf(path, **options)
    if kind == ".nwb":
        from .nwb_file import read_nwb

        _check_options(kind, options, read_nwb)
        return read_nwb(path, **options)
    raise InputError(
        f"{path}: a file {kind or 'without an ending'} is not known here; known are "
        f"{', '.join((*_TEXT, '.abf', '.nwb'))}"
    )


def _check_options(kind: str, options: Mapping, reader: Callable, others: Callable | None = None):
    """Raise InputError for an option that a kind of file has not; `others` takes further ones."""
    further = _keywords(others) if others else []
    for name in options:
        if name not in further:
            check_name(f"option of {kind} files", name, _keywords(reader))


def _keywords(function: Callable) -> list[str]:
    parameters = inspect.signature(function).parameters
    return [name for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY]
