"""Column names with their unit, written and read by one table. Imports nothing that needs Brian2.

A unit is text in Brian2's notation, ``uA/cm**2``; at the end of a column's name it is
``uA_per_cm2``.
"""

from collections.abc import Collection, Iterable

from .errors import InputError

# The units in which the field shows a quantity of the same dimensions.
SHOWN = (
    "mV", "ms", "nA", "nS", "pF", "Mohm", "uA/cm**2", "mS/cm**2", "uF/cm**2", "mV/ms",
    "uA/cm**2/ms", "ms**-1", "nA/ms", "nS/mV", "um**2", "mmolar", "kelvin",
)  # fmt: skip
# Others in which models state their parameters, or measures their results.
_OTHER = (
    "V", "s", "us", "uA", "pA", "nA/cm**2", "mS", "uS", "pS", "uF", "nF", "MOhm", "pC", "nC",
    "uC/cm**2", "Hz", "Hz/nA", "V/s", "1/ms", "mM", "K", "%",
)  # fmt: skip
# g_K is potassium's conductance; A, S and F are in no column for the same reason.
_SPELT = {"%": "percent", "1/ms": "per_ms", "K": "kelvin"}


def ending(unit: str) -> str:
    """Return a unit as the end of a column's name.

    Examples
    --------
    >>> ending("(uA/cm**2)/ms"), ending("mV/ms"), ending("1/ms")
    ('uA_per_cm2_per_ms', 'mV_per_ms', 'per_ms')
    """
    plain = unit.replace("(", "").replace(")", "").replace("**", "")
    return _SPELT.get(unit) or plain.replace("/", "_per_").replace("*", "_")


# What else than varied parameters has a column in the tables of protocols and sweeps; `I` is the
# current, whatever a model calls it.
NO_PARAMETERS = frozenset([
    "I", "I_unit", "I_silent", "set", "neuron", "t_ms", "v", "v_mV", "gate", "steady_state",
    "tau_ms", "command", "command_mV", "hold", "hold_mV", "duration_ms", "charge", "charge_unit",
    "criterion", "deviation", "deviation_unit", "noise", "noise_unit", "trials", "model", "store",
    "error", "spike_count", "rate_Hz", "mean_rate_Hz", "first_rate_Hz", "rate_sem_Hz",
    "onset_rate_Hz", "resolved", "firing", "latency_ms", "isi_cv", "isi_cv2", "isi_lv",
    "adaptation_index", "half_step_Hz", "quarter_step_Hz", "reference_Hz", "spikes",
    "reference_spikes", "sensitivity",
])  # fmt: skip

# Longest first: a name that ends in V_per_s does not end in s alone.
_ENDINGS = dict(sorted(((ending(u), u) for u in (*SHOWN, *_OTHER)), key=lambda item: -len(item[0])))


def with_unit(name: str, unit: str) -> str:
    """Return a column's name; without an ending where there is no unit.

    Examples
    --------
    >>> with_unit("v", "mV"), with_unit("m", "1")
    ('v_mV', 'm')
    """
    return name if unit == "1" else f"{name}_{ending(unit)}"


def check_columns(
    columns: Iterable[tuple[str, str]], others: Collection[str] = (), *, what: str = "record"
) -> None:
    """Raise InputError where a name's column in a table is another's, whose values would be lost.

    Parameters
    ----------
    columns : iterable of (str, str)
        Names, and the columns in which their values are to stand.
    others : collection of str
        What else has a column in that table.
    what : str
        Whence the names come: an argument, or a model.

    Examples
    --------
    >>> check_columns([("v", "v_mV"), ("v_mV", "v_mV")])
    Traceback (most recent call last):
    ...
    excitable.errors.InputError: record: v_mV would be the column v_mV of the table, which is that \
of v; give it another name in the model
    """
    owners = dict.fromkeys(others, "the table itself")
    for name, column in columns:
        owner = owners.setdefault(column, name)
        if owner != name:
            raise InputError(
                f"{what}: {name} would be the column {column} of the table, which is that of "
                f"{owner}; give it another name in the model"
            )


def split_column(column: str) -> tuple[str, str]:
    """Take a column's name apart into the name and the unit; empty if it has none.

    Examples
    --------
    >>> split_column("v_mV"), split_column("I_Na_uA_per_cm2"), split_column("isi_cv")
    (('v', 'mV'), ('I_Na', 'uA/cm**2'), ('isi_cv', ''))
    """
    for end, unit in _ENDINGS.items():
        if column.endswith(f"_{end}") and len(column) > len(end) + 1:
            return column[: -len(end) - 1], unit
    return column, ""
