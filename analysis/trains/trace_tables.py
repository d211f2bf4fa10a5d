"""Tables of traces: which rows are which neuron's, and which column is the membrane potential."""

import numpy as np
import pandas as pd

from ...columns import split_column
from ...errors import InputError


def membrane_column(traces: pd.DataFrame) -> str:
    """Return the column of the membrane potential, which has the model's own name for it.

    Parameters
    ----------
    traces : DataFrame
        With ``attrs["membrane"]``, as protocols make it.

    Returns
    -------
    str
        ``"v_mV"`` where the table does not say, as in a recording's, or has no such column.

    Examples
    --------
    >>> traces = pd.DataFrame({"t_ms": [0.0], "V_mV": [-65.0]})
    >>> traces.attrs["membrane"] = "V_mV"
    >>> membrane_column(traces), membrane_column(traces.rename(columns={"V_mV": "v_mV"}))
    ('V_mV', 'v_mV')
    """
    own = traces.attrs.get("membrane")
    return own if own in traces else "v_mV"


def potential_column(traces: pd.DataFrame) -> str:
    """Return the column of the membrane potential for what measures it in mV.

    Raises
    ------
    ValueError
        If there is none, or the cell is one in pure numbers.

    Examples
    --------
    >>> potential_column(pd.DataFrame({"t_ms": [0.0], "V": [-65.0]}))
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: the traces have no membrane potential in mV, but the columns t_ms,
    V; name the one that holds it v_mV.
    """
    column = membrane_column(traces)
    if column not in traces or split_column(column)[1] != "mV":
        raise InputError(
            "the traces have no membrane potential in mV, but the columns "
            f"{', '.join(map(str, traces))}; name the one that holds it v_mV."
        )
    return column


def input_unit(table: pd.DataFrame) -> str:
    """Read the unit of the input from a table.

    Parameters
    ----------
    table : DataFrame
        With a column ``I_unit`` or ``attrs["I_unit"]``.

    Returns
    -------
    str
        Empty if the table does not say.

    Raises
    ------
    ValueError
        If the column holds several units: such rows belong in no one column and on no one axis.

    Examples
    --------
    >>> input_unit(pd.DataFrame({"I": [1, 2], "I_unit": "nA"}))
    'nA'
    """
    if "I_unit" not in table:
        return str(table.attrs.get("I_unit", ""))
    units = table["I_unit"].dropna().unique()
    if len(units) > 1:
        raise InputError(
            f"The column I_unit holds several units ({', '.join(map(str, units))}); "
            "take the rows of one unit at a time."
        )
    return str(units[0]) if len(units) else ""


def by_neuron(table: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    """Split a table by its column ``neuron``; without that column it is one neuron's.

    Parameters
    ----------
    table : DataFrame
        Samples or spikes.

    Returns
    -------
    list of (neuron, DataFrame)
        In the order of their numbers.

    Raises
    ------
    ValueError
        As `check_neurons`.

    Examples
    --------
    >>> [neuron for neuron, rows in by_neuron(pd.DataFrame({"neuron": [1, 0, 1]}))]
    [np.int64(0), np.int64(1)]
    """
    if "neuron" not in table:
        return [(0, table)]
    check_neurons(table)
    return [(np.int64(neuron), rows) for neuron, rows in table.groupby("neuron", sort=True)]


def check_neurons(table: pd.DataFrame) -> None:
    """Raise InputError for rows of no neuron, and neurons that are no whole numbers.

    Grouped by such a column, a table would lose rows, or give them to another neuron.

    Examples
    --------
    >>> check_neurons(pd.DataFrame({"neuron": [0, 1.5]}))
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: the column neuron holds 1.5 (row 1), but neurons are whole numbers;
    leave out rows of no neuron, and number neurons that have names, by pandas.factorize(...)[0].
    """
    column = table["neuron"]
    wrong = [value for value in column.unique() if not _is_whole(value)]
    if wrong:
        row = next(row for row, value in enumerate(column) if not _is_whole(value))
        raise InputError(
            f"the column neuron holds {column.iloc[row]} (row {row}), but neurons are whole "
            "numbers; leave out rows of no neuron, and number neurons that have names, by "
            "pandas.factorize(...)[0]."
        )


def check_known(spikes: pd.DataFrame, neurons, where: str) -> None:
    """Raise InputError for spikes of neurons that are not there: they would count for nobody.

    Examples
    --------
    >>> check_known(pd.DataFrame({"neuron": [0, 2]}), [0, 1], "of the traces")
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: neuron 2 has spikes, but is none of the traces
    """
    check_neurons(spikes)
    strangers = {int(neuron) for neuron in spikes["neuron"].unique()} - set(neurons)
    if strangers:
        raise InputError(f"neuron {min(strangers)} has spikes, but is none {where}")


def _is_whole(value) -> bool:
    return isinstance(value, int | float | np.number) and float(value).is_integer()
