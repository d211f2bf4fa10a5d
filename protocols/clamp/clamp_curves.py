"""Activation, inactivation and recovery of one current, by voltage-clamp protocols."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import sympy as sp
from brian2 import Quantity, get_dimensions, ms, mV

from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_name, check_positive, check_quantity
from ...models.text.symbolic import function, symbol
from ...models.units import column, display_unit
from ...simulation.numerics import numerics_of
from ...simulation.recording import CellsRecording
from .. import tables
from .voltage_clamp import NOT_FOR_CLAMP, clamped, currents, run_steps


@takes_names
def activation(
    model,
    current: str = "I_A",
    commands: Quantity | None = None,
    *,
    hold: Quantity = -120 * mV,
    duration: Quantity = 30 * ms,
    vary=None,
    **numerics,
) -> pd.DataFrame:
    """Return the peak conductance of a current against the command potential.

    Parameters
    ----------
    model : NeuronModel
    current : str
        Name of an ionic current of the model.
    commands : Quantity, shape (commands,), optional
        Default -80 to 40 mV in steps of 5 mV.
    hold : Quantity
        Potential before the step, low enough to take inactivation away.
    duration : Quantity
        Length of the step, in which the peak must lie.
    vary : dict of str to Quantity, optional
        Values of parameters; all combinations with the commands run in one group.
    **numerics
        See `excitable.simulation.Numerics`; `dt` is the spacing of the samples.

    Returns
    -------
    DataFrame
        One row per set of varied parameters and command: the parameters, ``command_mV``, the
        current at the peak of the conductance, the ``conductance`` itself (both with units in the
        names), and ``activation``: the conductance relative to the largest of the same set.

    Raises
    ------
    ValueError
        For bad input, and for a current that is unknown, has no gates, or is not a conductance
        times ``v - E``.

    Notes
    -----
    The conductance is current over driving force, as Hodgkin & Huxley 1952 define it, gates that
    follow the potential at once (``m_inf(v)**3``) included. A current that inactivates while it
    rises peaks below its steady-state activation.

    Examples
    --------
    >>> from brian2 import cm, mS, ms, mV
    >>> from excitable.models import CONNOR_STEVENS
    >>> activation(CONNOR_STEVENS, "I_A", [-60, 0, 40]*mV, duration=5*ms,
    ...            backend="numpy")["activation"].round(2).tolist()
    [0.23, 0.7, 1.0]

    Scaling the conductance leaves the activation curve as it is:

    >>> table = activation(CONNOR_STEVENS, "I_A", [0, 40]*mV, vary={"g_A": [24, 48]*mS/cm**2},
    ...                    duration=5*ms, backend="numpy")
    >>> table.round(2)[["g_A", "command_mV", "conductance_mS_per_cm2", "activation"]]
        g_A  command_mV  conductance_mS_per_cm2  activation
    0  24.0         0.0                    6.68         0.7
    1  24.0        40.0                    9.49         1.0
    2  48.0         0.0                   13.37         0.7
    3  48.0        40.0                   18.99         1.0
    """
    chosen = numerics_of(activation, numerics, without=NOT_FOR_CLAMP)
    commands = np.arange(-80, 41, 5) * mV if commands is None else commands
    potentials = _row("commands", commands, mV)
    sets = tables.cross_with(clamped(model), "command_mV", potentials, vary)
    commanded = sets["command_mV"].to_numpy() * mV
    steps = [(hold, chosen.step_ms(model) * ms), (commanded, duration)]
    found = _read_last_step(model, current, steps, None, sets, chosen)
    table = sets.assign(**found.columns, activation=found.relative(len(potentials)))
    return _described(table, model, found, "activation", hold=hold, duration=duration)


@takes_names
def inactivation(
    model,
    current: str = "I_A",
    prepulses: Quantity | None = None,
    *,
    hold: Quantity = -70 * mV,
    prepulse_duration: Quantity = 200 * ms,
    test: Quantity = 0 * mV,
    test_duration: Quantity = 20 * ms,
    read_after: Quantity | None = None,
    vary=None,
    **numerics,
) -> pd.DataFrame:
    """Return the current at a test step against the potential of a long prepulse.

    Parameters
    ----------
    model, current, vary, **numerics
        As in `activation`.
    prepulses : Quantity, shape (prepulses,), optional
        Default -120 to -20 mV in steps of 5 mV.
    hold : Quantity
        Potential before the prepulse.
    prepulse_duration : Quantity
        Long beside the time constant of inactivation.
    test, test_duration : Quantity
        Potential and length of the test step.
    read_after : Quantity, optional
        Read the test step at this time after its onset; default at its peak.

    Returns
    -------
    DataFrame
        One row per set of varied parameters and prepulse: the parameters, ``prepulse_mV``,
        current and ``conductance`` as read, and ``inactivation``: the conductance relative to the
        largest of the same set, 1 where nothing is inactivated.

    Raises
    ------
    ValueError
        As `activation`.

    Notes
    -----
    The peak, which is what one reads from a trace (Connor & Stevens 1971, J. Physiol.
    213:21-30), follows the inactivation gate only where activation is much the faster: a
    depolarised prepulse has also opened the activation gate, so the current rises sooner and
    peaks higher, for the A-current by up to 0.06 of the maximum. Read late enough for the
    activation gates to have settled (5 ms at 0 mV for the A-current), the curve is that of the
    inactivation gate.

    Examples
    --------
    >>> from brian2 import ms, mV
    >>> from excitable.models import CONNOR_STEVENS
    >>> inactivation(CONNOR_STEVENS, "I_A", [-120, -70, -40]*mV, prepulse_duration=30*ms,
    ...              test_duration=6*ms, read_after=5*ms,
    ...              backend="numpy")["inactivation"].round(3).tolist()
    [1.0, 0.346, 0.007]
    """
    chosen = numerics_of(inactivation, numerics, without=NOT_FOR_CLAMP)
    prepulses = np.arange(-120, -19, 5) * mV if prepulses is None else prepulses
    potentials = _row("prepulses", prepulses, mV)
    sets = tables.cross_with(clamped(model), "prepulse_mV", potentials, vary)
    steps = [
        (hold, chosen.step_ms(model) * ms),
        (sets["prepulse_mV"].to_numpy() * mV, prepulse_duration),
        (test, test_duration),
    ]
    found = _read_last_step(model, current, steps, read_after, sets, chosen)
    table = sets.assign(**found.columns, inactivation=found.relative(len(potentials)))
    return _described(
        table, model, found, "inactivation", hold=hold, prepulse_duration=prepulse_duration,
        test=test, test_duration=test_duration, read_after=read_after,
    )  # fmt: skip


@takes_names
def recovery(
    model,
    current: str = "I_A",
    intervals: Quantity | None = None,
    *,
    potential: Quantity = -100 * mV,
    condition: Quantity = 0 * mV,
    condition_duration: Quantity = 50 * ms,
    test: Quantity = 0 * mV,
    test_duration: Quantity = 20 * ms,
    read_after: Quantity | None = None,
    vary=None,
    **numerics,
) -> pd.DataFrame:
    """Return the recovery of a current from inactivation, and its time constant.

    Parameters
    ----------
    model, current, vary, **numerics
        As in `activation`.
    intervals : Quantity, shape (intervals,), optional
        Time at `potential` between the two steps, rounded to whole time steps; at least three.
        Default 1 to 50 ms.
    potential : Quantity
        At which the cell is held, and at which the current recovers.
    condition, condition_duration : Quantity
        The first step, which inactivates the current.
    test, test_duration, read_after
        The second step and how it is read, as in `inactivation`.

    Returns
    -------
    DataFrame
        One row per set of varied parameters and interval: the parameters, ``interval_ms``,
        current and ``conductance`` as read, ``recovery``: the conductance relative to that of a
        cell of the same set that was never inactivated, and ``fit``.
        ``attrs["fit"]`` holds ``tau_ms``, its standard error ``tau_sd_ms`` and ``amplitude`` of
        the fit ``1 - amplitude*exp(-interval/tau)`` by least squares. With `vary` they are lists
        with one value per parameter set, and the values of the parameters stand beside them:
        ``pd.DataFrame(table.attrs["fit"])``.

    Raises
    ------
    ValueError
        As `activation`, and if the fit finds no time constant.

    Notes
    -----
    Where the inactivation gate enters to the first power, as in I_A and I_Na, ``tau`` is its time
    constant at `potential`. At the peak, activation that has not yet been undone distorts short
    intervals; with `read_after` it does not (see `inactivation`).

    Examples
    --------
    >>> from brian2 import ms, mV
    >>> from excitable.models import CONNOR_STEVENS
    >>> table = recovery(CONNOR_STEVENS, "I_A", [2, 5, 10, 20]*ms, condition_duration=20*ms,
    ...                  test_duration=9*ms, read_after=8*ms, backend="numpy")
    >>> round(table.attrs["fit"]["tau_ms"], 2)
    3.8
    """
    chosen = numerics_of(recovery, numerics, without=NOT_FOR_CLAMP)
    intervals = [1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 50] * ms if intervals is None else intervals
    step_ms = chosen.step_ms(model)
    waits = np.round(_row("intervals", intervals, ms) / step_ms) * step_ms
    if len(np.unique(waits)) < 3 or waits.min() <= 0:
        raise InputError(
            f"intervals: expected at least three, each of at least one time step ({step_ms:g} ms), "
            f"got {intervals}"
        )
    low = check_quantity("potential", potential, mV, scalar=True)
    high = check_quantity("condition", condition, mV, scalar=True)
    # The last cell of each set is never inactivated: it stays at `potential` throughout.
    cells = tables.cross_with(clamped(model), "interval_ms", np.append(waits, np.inf), vary)
    never = np.isinf(cells["interval_ms"].to_numpy())
    steps = [
        (potential, step_ms * ms),
        (np.where(never, low, high) * mV, condition_duration),
        (potential, np.where(never, waits.max(), cells["interval_ms"]) * ms),
        (test, test_duration),
    ]
    found = _read_last_step(model, current, steps, read_after, cells, chosen)
    conductance = found.conductance.reshape(-1, len(waits) + 1)
    recovered = conductance[:, :-1] / conductance[:, -1:]
    fits = [_fit_recovery(waits, row) for row in recovered]
    fitted = [_recovered(waits, fit["amplitude"], fit["tau_ms"]) for fit in fits]
    table = cells.assign(**found.columns)[~never].reset_index(drop=True)
    table = table.assign(recovery=recovered.ravel(), fit=np.ravel(fitted))
    table = _described(
        table, model, found, "recovery", potential=potential, condition=condition,
        condition_duration=condition_duration, test=test, test_duration=test_duration,
        read_after=read_after,
    )  # fmt: skip
    sets = cells[never].drop(columns="interval_ms")
    table.attrs["fit"] = tables.of_sets(sets, fits)
    return table


@dataclass(frozen=True)
class _Reading:
    """One number per cell, read in the last step."""

    columns: dict[str, np.ndarray]
    conductance: np.ndarray
    recording: CellsRecording

    def relative(self, size: int) -> np.ndarray:
        """Return the conductance relative to the largest of each `size` cells."""
        sets = self.conductance.reshape(-1, size)
        return (sets / sets.max(axis=1, keepdims=True)).ravel()


def _read_last_step(model, current, steps, read_after, sets: pd.DataFrame, numerics) -> _Reading:
    """Run the steps in cells of these parameter sets; read conductance and current in the last.

    The gates start settled, so one time step of holding is enough before the first step.
    """
    slope, gates = _conductance(model, current)
    length = check_positive("length of the last step", steps[-1][1], ms)
    if read_after is not None:
        delay = check_quantity("read_after", read_after, ms, scalar=True)
        if not 0 <= delay < length:
            raise InputError(
                f"read_after: must lie within the last step of {length:g} ms, got {read_after}"
            )
    n, vary = len(sets), tables.varied(clamped(model), sets)
    recording = run_steps(
        model, steps, n, record=(current, model.membrane, *gates), vary=vary, numerics=numerics,
        label=f"{current} of {model.name}",
    )  # fmt: skip
    own = {name: np.asarray(x, dtype=float).reshape(-1, 1) for name, x in vary.items()}
    numbers = {**model.values, **own} | {x: recording.traces[x] for x in (model.membrane, *gates)}
    (conductance,) = function(numbers, [slope])(*numbers.values())
    onset = sum(np.broadcast_to(np.asarray(x, dtype=float), n) for _, x in steps[:-1]) * 1e3
    since = np.round((recording.t_ms - onset[:, None]) / recording.dt_ms)
    if read_after is None:
        inside = (since >= 0) & (since < round(length / recording.dt_ms))
        place = np.where(inside, conductance, -np.inf).argmax(axis=1)
    else:
        place = (since == round(delay / recording.dt_ms)).argmax(axis=1)
    rows = np.arange(n)
    unit = display_unit(get_dimensions(model.unit_of(current)) / get_dimensions(mV))
    shown = conductance[rows, place] / float(unit)
    units = {current: model.unit_of(current), "conductance": unit}
    values = {current: recording.traces[current][rows, place] / float(units[current]),
              "conductance": shown}  # fmt: skip
    return _Reading({column(k, units[k]): v for k, v in values.items()}, shown, recording)


def _conductance(model, current: str) -> tuple[sp.Expr, list[str]]:
    """Return the current over its driving force ``v - E``, and the gates in it."""
    cell = clamped(model)
    check_name("current", current, currents(model))
    v = symbol(cell.input)
    flow = cell.symbolic.named[current]
    slope = sp.diff(flow, v)
    if v in slope.free_symbols:  # perhaps with gates that follow v at once
        slope = _over_drive(flow, v)
    if slope is None:
        raise InputError(
            f"{current} of {model.name} is not ohmic: expected a conductance times "
            f"({cell.input} - E)"
        )
    gates = [gate for gate in cell.symbolic.states if symbol(gate) in slope.free_symbols]
    if not gates and v not in slope.free_symbols:
        raise InputError(f"{current} of {model.name} has no gates, hence nothing to measure")
    return slope, gates


def _over_drive(flow: sp.Expr, v: sp.Symbol) -> sp.Expr | None:
    """Return a current over its one factor ``v - E``; None without one, or if it flows at E."""
    factors = sp.Mul.make_args(flow)
    drives = [f for f in factors if v in f.free_symbols and v not in sp.diff(f, v).free_symbols]
    if len(drives) != 1:
        return None
    (drive,) = drives
    rise = sp.diff(drive, v)
    conductance = sp.Mul(rise, *(f for f in factors if f != drive))
    at_reversal = conductance.subs(v, v - drive / rise)
    return None if at_reversal.has(sp.zoo, sp.nan, sp.oo) else conductance


def _recovered(interval, amplitude, tau):
    return 1 - amplitude * np.exp(-interval / tau)


def _fit_recovery(waits: np.ndarray, recovered: np.ndarray) -> dict[str, float]:
    """Fit ``1 - A*exp(-interval/tau)`` by least squares."""
    from scipy.optimize import curve_fit  # slow to import, and few runs need it

    guess = (1.0, float(np.median(waits)))
    try:
        found, covariance = curve_fit(_recovered, waits, recovered, guess, xtol=1e-12, ftol=1e-12)
    except RuntimeError as error:
        raise InputError(
            f"recovery: no time constant fits ({error}); choose intervals around it and a "
            "conditioning potential that inactivates the current"
        ) from None
    return {
        "amplitude": float(found[0]),
        "tau_ms": float(found[1]),
        "tau_sd_ms": float(np.sqrt(covariance[1, 1])),
    }


def _described(table, model, found: _Reading, protocol: str, **settings) -> pd.DataFrame:
    """Fill ``attrs``; settings with a unit are written as text."""
    shown = {name: value if value is None else str(value) for name, value in settings.items()}
    table.attrs = tables.describe_run(model, found.recording, protocol=protocol, **shown)
    return table


def _row(name: str, values, unit) -> np.ndarray:
    """Return checked values as a one-dimensional array in `unit`."""
    numbers = np.atleast_1d(check_quantity(name, values, unit))
    if numbers.ndim != 1:
        raise InputError(f"{name}: expected one dimension, got shape {numbers.shape}")
    return numbers
