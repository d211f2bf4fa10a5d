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


def _is_whole(value) -> bool:
    return isinstance(value, int | float | np.number) and float(value).is_integer()
