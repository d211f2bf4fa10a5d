"""Units as files write them: ``mV``, ``pA``, ``µA/cm²``, ``volts``, ``ms``."""

from brian2 import Unit, amp, cm, get_dimensions, meter, second, um, volt
from brian2.units import allunits

from ...columns import split_column
from ...errors import InputError
from ...models.checks import dimension_text, listed

_SYMBOLS = {
    **dict.fromkeys(("V", "volt", "volts"), "volt"),
    **dict.fromkeys(("A", "amp", "amps", "ampere", "amperes"), "amp"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "second"),
}
_PREFIXES = {"m": ("m", "milli"), "u": ("u", "micro"), "n": ("n", "nano"), "p": ("p", "pico")}
_PER = {"cm2": cm**2, "m2": meter**2, "um2": um**2}
_SPELLINGS = {"µ": "u", "μ": "u", "²": "2", "**": "", "^": "", " ": "", "_per_": "/"}

_NAMED = {symbol: getattr(allunits, name) for symbol, name in _SYMBOLS.items()} | {
    spelt + symbol: getattr(allunits, prefix + name)
    for symbol, name in _SYMBOLS.items()
    for prefix, spellings in _PREFIXES.items()
    for spelt in spellings
}

KINDS = {
    "time": (get_dimensions(second),),
    "potential": (get_dimensions(volt),),
    "current": (get_dimensions(amp), get_dimensions(amp / meter**2)),
}


def unit_named(text: str) -> Unit | None:
    """Return the unit of time, potential or current that a text names; None for any other.

    Examples
    --------
    >>> unit_named("mV"), unit_named("µA/cm²"), unit_named("amperes"), unit_named("mm")
    (mvolt, uamp / (cmetre ** 2), amp, None)
    """
    for spelling, plain in _SPELLINGS.items():
        text = text.replace(spelling, plain)
    above, _, below = text.partition("/")
    unit = _NAMED.get(above)
    if unit is None or below not in ("", *_PER):
        return None
    return unit / _PER[below] if below else unit


def unit_of_header(header: str) -> Unit | None:
    """Return the unit at the end of a column's header: in brackets, after an underscore or a slash.

    Examples
    --------
    >>> unit_of_header("Vm (mV)"), unit_of_header("I_pA"), unit_of_header("time [s]")
    (mvolt, pamp, second)
    >>> unit_of_header("U/mV"), unit_of_header("I/uA/cm2"), unit_of_header("slope (mV/ms)")
    (mvolt, uamp / (cmetre ** 2), None)
    >>> unit_of_header("sweep"), unit_of_header("V"), unit_of_header("dv_mV/ms")
    (None, None, None)
    """
    return split_header(header)[1]


def split_header(header: str) -> tuple[str, Unit | None]:
    """Take a column's header apart into the name and the unit; all is name where it has none.

    Examples
    --------
    >>> split_header("Vm 1 (mV)"), split_header("I_2_uA_per_cm2"), split_header("v_soma")
    (('Vm 1', mvolt), ('I_2', uamp / (cmetre ** 2)), ('v_soma', None))
    """
    header = header.strip()
    name, _, end = header.rpartition("_")
    found = split_column(header) if split_column(header)[1] else (name, end if name else "")
    for opening, closing in ("()", "[]"):
        if header.endswith(closing) and opening in header:
            found = header[: header.rindex(opening)], header[header.rindex(opening) + 1 : -1]
    unit = unit_named(found[1])
    if unit is None and not header.endswith((")", "]")):
        # A quantity over its unit is a number, and written so: U/mV. What is mV/ms is a slope.
        quantity, slash, end = header.partition("/")
        if slash and unit_named(quantity) is None and split_header(quantity)[1] is None:
            found, unit = (quantity, end), unit_named(end)
    return (header, None) if unit is None else (found[0].strip(), unit)


def checked_unit(what: str, unit) -> Unit:
    """Return a unit that was given as a Brian2 unit or as text."""
    found = unit_named(unit) if isinstance(unit, str) else unit
    if not isinstance(found, Unit):
        known = listed(("s", "ms", "us", "V", "mV", "A", "uA", "nA", "pA", "uA/cm**2"))
        raise InputError(f"{what}: {unit!r} is no unit known here; give one such as {known}")
    return found


def kind_of(unit) -> str | None:
    """Return whether a unit is one of time, potential or current.

    Examples
    --------
    >>> kind_of(unit_named("pA")), kind_of(unit_named("ms"))
    ('current', 'time')
    """
    return next((kind for kind, known in KINDS.items() if get_dimensions(unit) in known), None)


def check_kind(what: str, unit, kind: str) -> None:
    """Raise InputError for a unit that is not one of this kind."""
    if kind_of(unit) != kind:
        got = dimension_text(get_dimensions(unit))
        raise InputError(f"{what}: expected a unit of {kind}, got {unit} ({got})")
