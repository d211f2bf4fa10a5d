"""F-I curves: closed forms of the integrate-and-fire models, residuals, onset and fitted functions.

Closed forms give the exact rate of a leaky (LIF) or quadratic (QIF) integrate-and-fire neuron under
a constant current, so a simulated curve can be held against them (`residuals`).

Fitted functions describe a measured curve. Each is f(I) = scale * g(I - shift):

========  ==================================================  ====================
kind      f(I)                                                parameters
========  ==================================================  ====================
relu      scale * max(I - shift, 0)                           scale, shift
sqrt      scale * sqrt(max(I - shift, 0))                     scale, shift
softplus  scale * width * log(1 + exp((I - shift)/width))     scale, shift, width
sigmoid   scale / (1 + exp(-(I - shift)/width))               scale, shift, width
========  ==================================================  ====================

ReLU and square root are homogeneous: stretching the current axis only changes their scale. Sigmoid
and softplus have a natural width on the current axis, and the current's unit is arbitrary, so this
width is a parameter, too; the information criterion charges them for it. The softplus is written
such that its scale is its final slope, as the ReLU's is, and it becomes the ReLU as width goes
to 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from scipy.special import expit
from scipy.stats import t as student_t

MS_PER_SECOND = 1000.0


# ---------------------------------------------------------------------------------------------
# Closed forms
# ---------------------------------------------------------------------------------------------
def lif_rheobase(*, R, E_L, V_th):
    """Current above which a leaky integrate-and-fire neuron fires.

    Parameters
    ----------
    R : float
        Membrane resistance, MOhm.
    E_L, V_th : float
        Leak reversal potential and threshold, mV.

    Returns
    -------
    float
        (V_th - E_L)/R in nA.

    Examples
    --------
    >>> lif_rheobase(R=10.0, E_L=-65.0, V_th=-50.0)
    1.5
    """
    return (V_th - E_L) / R


def lif_rate(I, *, R, tau, E_L, V_reset, V_th, t_ref=0.0):
    """Firing rate of a leaky integrate-and-fire neuron under a constant current.

    Parameters
    ----------
    I : float or array_like
        Current, nA.
    R : float
        Membrane resistance, MOhm.
    tau : float
        Membrane time constant, ms.
    E_L, V_reset, V_th : float
        Leak reversal potential, reset and threshold, mV; the reset may differ from E_L.
    t_ref : float, optional
        Refractory period, ms.

    Returns
    -------
    float or ndarray
        Rate in Hz, of the shape of `I`; 0 up to and at the rheobase, where the potential reaches
        the threshold only after infinite time.

    Raises
    ------
    ValueError
        If R or tau is not positive, t_ref is negative, the reset is not below the threshold, or a
        current is not finite.

    Notes
    -----
    tau dV/dt = E_L - V + R I gives
    f = 1/(t_ref + tau ln[(E_L + R I - V_reset)/(E_L + R I - V_th)]).

    Examples
    --------
    >>> teaching = dict(R=10.0, tau=10.0, E_L=-65.0, V_reset=-65.0, V_th=-50.0)
    >>> lif_rate([1.5, 2.0, 5.0], **teaching).round(4)
    array([  0.    ,  72.1348, 280.3673])
    """
    I = _checked_lif(I, R, tau, V_reset, V_th, t_ref)
    beyond = R * I - (V_th - E_L)
    # Rounding may leave `beyond` a little above 0 at the rheobase, hence the second condition.
    rheobase = lif_rheobase(R=R, E_L=E_L, V_th=V_th)
    fires = (beyond > 0) & (rheobase < I)
    # log1p keeps its digits at large currents, where the logarithm's argument tends to 1.
    charging = tau * np.log1p((V_th - V_reset) / np.where(fires, beyond, 1.0))
    return np.where(fires, MS_PER_SECOND / (t_ref + charging), 0.0)[()]


def lif_rate_asymptote(I, *, R, tau, E_L, V_reset, V_th, t_ref=0.0):
    """Large-current asymptote of `lif_rate`.

    Parameters
    ----------
    I, R, tau, E_L, V_reset, V_th, t_ref
        As in `lif_rate`.

    Returns
    -------
    float or ndarray
        Rate in Hz. Without refractory period this is a straight line, which continues below 0
        at small currents; with one it bends towards 1/t_ref.

    Raises
    ------
    ValueError
        As `lif_rate`.

    Notes
    -----
    With a = V_th - V_reset and y = R I + E_L - (V_th + V_reset)/2, the charging time is
    tau ln[(y + a/2)/(y - a/2)] = (tau a/y) (1 + a**2/(12 y**2) + ...), so the rate tends to
    y/(tau a), with an error of -a/(12 tau y) to leading order. With V_reset = E_L this is
    R I/(tau (V_th - E_L)) - 1/(2 tau).

    Examples
    --------
    >>> teaching = dict(R=10.0, tau=10.0, E_L=-65.0, V_reset=-65.0, V_th=-50.0)
    >>> print(f"{lif_rate_asymptote(5.0, **teaching):.4f}")
    283.3333
    """
    I = _checked_lif(I, R, tau, V_reset, V_th, t_ref)
    per_ms = (R * I + E_L - (V_th + V_reset) / 2) / (tau * (V_th - V_reset))
    # Below 0 the line is no rate to which a refractory period could be added.
    refractory = 1 + t_ref * np.maximum(per_ms, 0)
    return (MS_PER_SECOND * per_ms / refractory)[()]


def qif_rate(V0, *, tau, V_reset, V_th):
    """Firing rate of the quadratic integrate-and-fire neuron tau dV/dt = V0 + V**2.

    Parameters
    ----------
    V0 : float or array_like
        Constant input, dimensionless.
    tau : float
        Time constant, ms.
    V_reset, V_th : float
        Reset and threshold, dimensionless; ``-np.inf`` and ``np.inf`` are allowed.

    Returns
    -------
    float or ndarray
        Rate in Hz, of the shape of `V0`; 0 where a fixed point lies between reset and threshold
        or the potential falls away from the threshold.

    Raises
    ------
    ValueError
        If tau is not positive, the reset is not below the threshold, or an input is not finite.

    Notes
    -----
    With s = sqrt(abs(V0)) the time from reset to threshold is

    - V0 > 0: (tau/s) (atan(V_th/s) - atan(V_reset/s)), which is pi tau/s in the infinite limits;
    - V0 = 0: tau (1/V_reset - 1/V_th), if 0 is not between them;
    - V0 < 0: (tau/2s) ln{[(V_th - s)/(V_th + s)]/[(V_reset - s)/(V_reset + s)]}, if
      V_reset > s (or V_th < -s).

    Written like this the first and the last lose all digits for small V0, as differences of
    nearly equal numbers. Their equivalents by the addition theorems of arctangent and logarithm do
    not, and take infinite limits when each potential is written as a ratio p/q.

    Examples
    --------
    >>> print(f"{qif_rate(1.0, tau=10.0, V_reset=-np.inf, V_th=np.inf):.7f}")
    31.8309886
    >>> print(f"{qif_rate(1.0, tau=10.0, V_reset=-10.0, V_th=10.0):.7f}")
    33.9875327
    """
    V0 = _finite_array("V0", V0)
    if not (np.isfinite(tau) and tau > 0 and V_reset < V_th):
        raise ValueError(
            f"tau = {tau} ms must be positive and V_reset = {V_reset} below V_th = {V_th}."
        )
    p_r, q_r = _as_ratio(V_reset)
    p_th, q_th = _as_ratio(V_th)
    s = np.sqrt(np.abs(V0))
    # V_th - V_reset and V0 + V_reset V_th, both times q_r q_th
    distance = q_r * p_th - p_r * q_th
    product = p_r * p_th + V0 * q_r * q_th
    # (V_reset - s)(V_th + s) times q_r q_th
    outside = (p_r - s * q_r) * (p_th + s * q_th)
    rises = (V0 > 0) | (p_r > s * q_r) | (p_th < -s * q_th)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        time = np.select(
            [V0 > 0, V0 < 0],
            [
                np.arctan2(s * distance, product) / s,
                np.log1p(2 * s * distance / np.where(rises, outside, 1.0)) / (2 * s),
            ],
            default=distance / product,
        )
        return np.where(rises, MS_PER_SECOND / (tau * time), 0.0)[()]


def _as_ratio(V):
    """(p, q) with V = p/q and q >= 0, also for an infinite V."""
    return (float(np.sign(V)), 0.0) if np.isinf(V) else (float(V), 1.0)


def _checked_lif(I, R, tau, V_reset, V_th, t_ref):
    if not (R > 0 and tau > 0 and t_ref >= 0):
        raise ValueError(
            f"R = {R} MOhm and tau = {tau} ms must be positive and t_ref = {t_ref} ms not negative."
        )
    if not V_reset < V_th:
        raise ValueError(
            f"V_reset = {V_reset} mV is not below V_th = {V_th} mV: the neuron would fire without "
            "end."
        )
    return _finite_array("I", I)


def _finite_array(name, values):
    values = np.asarray(values, dtype=float)
    if not np.all(np.isfinite(values)):
        raise ValueError(
            f"{name} holds NaN or infinite values, but finite numbers are expected. Drop rows that "
            "are unresolved."
        )
    return values


# ---------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------
def residuals(table, rate):
    """Difference between measured and expected rates.

    Parameters
    ----------
    table : DataFrame
        With columns ``I`` and ``rate_Hz``.
    rate : callable or array_like
        Expected rates in Hz: a function of the currents or one value per row.

    Returns
    -------
    DataFrame
        ``I``, ``rate_Hz``, ``expected_Hz``, ``residual_Hz`` (measured - expected) and ``relative``
        (residual/expected; NaN where 0 is expected), with the index and attrs of `table`.

    Raises
    ------
    ValueError
        If a column is missing or `rate` does not give one value per row.

    Examples
    --------
    >>> residuals(pd.DataFrame({"I": [0.0, 2.0], "rate_Hz": [0.0, 11.0]}), lambda I: 5 * I)
         I  rate_Hz  expected_Hz  residual_Hz  relative
    0  0.0      0.0          0.0          0.0       NaN
    1  2.0     11.0         10.0          1.0       0.1
    """
    _check_columns(table, "I", "rate_Hz")
    I, measured = table["I"].to_numpy(float), table["rate_Hz"].to_numpy(float)
    expected = np.asarray(rate(I) if callable(rate) else rate, dtype=float)
    if expected.shape != I.shape:
        raise ValueError(
            f"The expected rates have shape {expected.shape}, but the table has {I.size} rows. "
            "Give one rate per row, or a function of the current."
        )
    difference = measured - expected
    result = pd.DataFrame(
        {
            "I": I,
            "rate_Hz": measured,
            "expected_Hz": expected,
            "residual_Hz": difference,
            "relative": difference / np.where(expected == 0, np.nan, expected),
        },
        index=table.index,
    )
    result.attrs = dict(table.attrs)
    return result


def onset(table, by=None):
    """First current with a nonzero rate, and the rate there.

    Parameters
    ----------
    table : DataFrame
        With columns ``I`` and ``rate_Hz``; rows in any order. An unresolved rate (NaN) does not
        count as firing.
    by : str or list of str, optional
        Columns of varied parameters; one row of the result for each of their combinations.

    Returns
    -------
    DataFrame
        The columns of `by`, ``I``, ``rate_Hz`` and, if `table` has it, ``I_unit``; NaN where
        nothing fires. The attrs are those of `table`.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    The onset is known only up to the spacing of the currents. A rate that jumps there, however
    fine the spacing, marks type II excitability (Hodgkin 1948).

    Examples
    --------
    >>> fi = pd.DataFrame({"g_A": [0, 0, 47.7, 47.7], "I": [5, 10, 5, 10],
    ...                    "rate_Hz": [60.0, 90.0, 0.0, 34.0]})
    >>> onset(fi, by="g_A")
        g_A   I  rate_Hz
    0   0.0   5     60.0
    1  47.7  10     34.0
    """
    by = [by] if isinstance(by, str) else list(by or [])
    _check_columns(table, "I", "rate_Hz", *by)
    units = ["I_unit"] if "I_unit" in table else []
    fires = table[table["rate_Hz"] > 0].sort_values("I", kind="stable")
    if by:
        # Reindexing by all combinations keeps those that never fire.
        first = fires.drop_duplicates(by)[[*by, "I", "rate_Hz"]]
        result = table[by + units].drop_duplicates(by).sort_values(by).merge(first, how="left")
    else:
        result = fires.head(1) if len(fires) else table.head(1).assign(I=np.nan, rate_Hz=np.nan)
    result = result[[*by, "I", "rate_Hz", *units]].reset_index(drop=True)
    result.attrs = dict(table.attrs)
    return result


def _check_columns(table, *columns):
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(
            f"The table has no column {missing}, only {list(table.columns)}. An F-I table has the "
            "columns I and rate_Hz."
        )


# ---------------------------------------------------------------------------------------------
# Fitted functions
# ---------------------------------------------------------------------------------------------
def relu(I, scale, shift):
    """scale * max(I - shift, 0)."""
    return scale * np.maximum(np.asarray(I) - shift, 0)


def square_root(I, scale, shift):
    """scale * sqrt(max(I - shift, 0)): how the rate grows behind a saddle-node on a cycle."""
    return scale * np.sqrt(np.maximum(np.asarray(I) - shift, 0))


def softplus(I, scale, shift, width):
    """scale * width * log(1 + exp((I - shift)/width)): a ReLU with a soft knee."""
    return scale * width * np.logaddexp(0, (np.asarray(I) - shift) / width)


def sigmoid(I, scale, shift, width):
    """scale / (1 + exp(-(I - shift)/width)), the logistic function: a rate that saturates."""
    return scale * expit((np.asarray(I) - shift) / width)


FI_FUNCTIONS: MappingProxyType[str, Callable] = MappingProxyType(
    {"relu": relu, "sigmoid": sigmoid, "softplus": softplus, "sqrt": square_root}
)

# Search range of the fits on a current axis scaled to [0, 1]. An onset far below the data, or a
# width of many ranges, leaves a straight line; a knee or midpoint far above the data leaves
# an exponential: no data could tell more.
SHIFT_RANGE = (-10.0, 2.0)
WIDTH_RANGE = (1e-4, 100.0)
CONFIDENCE = 0.95


@dataclass(frozen=True)
class FIFit:
    """A function fitted to an F-I curve.

    Attributes
    ----------
    kind : str
        ``"relu"``, ``"sigmoid"``, ``"softplus"`` or ``"sqrt"``.
    parameters : dict of str to float
        ``scale`` (Hz per unit of current; Hz for the sigmoid; Hz per root of a unit for sqrt),
        ``shift`` and, where there is one, ``width`` (unit of the current).
    confidence : dict of str to (float, float)
        95 % confidence interval of each parameter; NaN where the data do not determine it.
    n : int
        Number of points.
    rmse : float
        Root mean squared residual, Hz.
    r2 : float
        Coefficient of determination.
    aicc, bic : float
        Corrected Akaike and Bayesian information criterion, up to a constant that depends only
        on the data.
    """

    kind: str
    parameters: dict[str, float]
    confidence: dict[str, tuple[float, float]]
    n: int
    rmse: float
    r2: float
    aicc: float
    bic: float

    def predict(self, I):
        """Fitted rate in Hz at the currents `I`."""
        return FI_FUNCTIONS[self.kind](I, **self.parameters)


def fit_fi(I, rate, kind):
    """Least-squares fit of one function to an F-I curve.

    Parameters
    ----------
    I : array_like, shape (n,)
        Currents, in any unit.
    rate : array_like, shape (n,)
        Rates, Hz.
    kind : {"relu", "sigmoid", "softplus", "sqrt"}
        The function; see the head of this module.

    Returns
    -------
    FIFit
        Parameters with their confidence intervals, goodness of fit, and ``predict(I)``.

    Raises
    ------
    ValueError
        If `kind` is unknown, the arrays differ in length, hold values that are not finite, have
        too few points for the function, or if all rates are equal or fewer than two differ from 0.

    Notes
    -----
    For given shift and width the best scale is a linear least-squares problem, so only shift
    and width are searched, from the best points of a grid. For ReLU and square root the search goes
    on between two neighbouring currents at a time, where the sum of squares is smooth.

    The intervals come from the covariance s**2 (J^T J)**-1 at the solution with s**2 = RSS/(n - p)
    and the quantile of Student's t with n - p degrees of freedom. They are asymptotic: they assume
    independent residuals of equal size and are too narrow for a square root with a point close
    to its onset, where the slope is infinite. The residuals of a noise-free curve are
    the misfit of the function, and the intervals tell how well the curve pins the parameters down.

    With normal errors AIC = n ln(RSS/n) + 2k, AICc = AIC + 2k(k + 1)/(n - k - 1) and
    BIC = n ln(RSS/n) + k ln n, where k counts the parameters and the variance
    (Burnham & Anderson 2002, Model Selection and Multimodel Inference, secs. 2.2-2.4, 6.4).

    Examples
    --------
    >>> I = np.linspace(0, 10, 21)
    >>> fit = fit_fi(I, 8.0 * np.maximum(I - 3.3, 0), "relu")
    >>> {name: round(value, 6) for name, value in fit.parameters.items()}
    {'scale': 8.0, 'shift': 3.3}
    """
    if kind not in FI_FUNCTIONS:
        raise ValueError(f"kind = {kind!r} is unknown; choose one of {sorted(FI_FUNCTIONS)}.")
    names = ("scale", "shift") if kind in ("relu", "sqrt") else ("scale", "shift", "width")
    I, rate = _checked_points(I, rate, len(names))

    origin, span, height = I.min(), np.ptp(I), np.abs(rate).max()
    x, y = (I - origin) / span, rate / height
    function = FI_FUNCTIONS[kind]
    shape = _fit_onset(function, x, y) if len(names) == 2 else _fit_shape(function, x, y)
    scaled = np.array([_best_scale(function, x, y, shape), *shape])

    half_widths = _half_widths(function, x, y, scaled)
    # Back from the unit axes: a scale in Hz per current, Hz, or Hz per root of a current.
    per_current = {"relu": span, "softplus": span, "sqrt": np.sqrt(span), "sigmoid": 1.0}[kind]
    unit = np.array([height / per_current, span, span])[: len(names)]
    values = scaled * unit + np.array([0.0, origin, 0.0])[: len(names)]
    return FIFit(
        kind=kind,
        parameters=dict(zip(names, map(float, values), strict=True)),
        confidence={
            name: (float(value - half), float(value + half))
            for name, value, half in zip(names, values, half_widths * unit, strict=True)
        },
        n=I.size,
        **_goodness(rate, rate - function(I, *values), len(names)),
    )


def fit_all(I, rate):
    """Fit all functions to an F-I curve and rank them.

    Parameters
    ----------
    I : array_like, shape (n,)
        Currents, in any unit.
    rate : array_like, shape (n,)
        Rates, Hz.

    Returns
    -------
    DataFrame
        One row per kind, best first: ``kind``, each parameter with its interval (``scale``,
        ``scale_low``, ``scale_high``, ...; NaN where a kind lacks it), ``n``, ``rmse_Hz``, ``R2``,
        ``AICc``, ``BIC``, ``delta_AICc`` (above the best) and ``weight`` (Akaike weight,
        proportional to exp(-delta/2)).

    Raises
    ------
    ValueError
        As `fit_fi`.

    See Also
    --------
    fit_fi : one function, with ``predict``

    Examples
    --------
    >>> I = np.linspace(0, 10, 21)
    >>> fit_all(I, 8.0 * np.sqrt(np.maximum(I - 3.3, 0)))["kind"][0]
    'sqrt'
    """
    fits = [fit_fi(I, rate, kind) for kind in FI_FUNCTIONS]
    table = pd.DataFrame([_row(fit) for fit in fits])
    table = table.sort_values("AICc", ignore_index=True)
    table["delta_AICc"] = table["AICc"] - table["AICc"].min()
    likelihood = np.exp(-table["delta_AICc"] / 2)
    table["weight"] = likelihood / likelihood.sum()
    return table


def _row(fit):
    row = {"kind": fit.kind}
    for name in ("scale", "shift", "width"):
        row[name] = fit.parameters.get(name, np.nan)
        row[f"{name}_low"], row[f"{name}_high"] = fit.confidence.get(name, (np.nan, np.nan))
    return row | {
        "n": fit.n,
        "rmse_Hz": fit.rmse,
        "R2": fit.r2,
        "AICc": fit.aicc,
        "BIC": fit.bic,
    }


def _best_scale(function, x, y, shape):
    """Least-squares scale for given shift (and width); 0 where the function is 0 at all points."""
    g = function(x, 1.0, *shape)
    power = g @ g
    return (g @ y) / power if power > 0 else 0.0


def _misfit(function, x, y, shape):
    """Residuals at the best scale."""
    return y - function(x, _best_scale(function, x, y, shape), *shape)


def _sums_of_squares(function, x, y, shapes):
    """Residual sum of squares at the best scale of each column of `shapes`, (1 or 2, m)."""
    g = function(x[:, None], 1.0, *shapes)
    power = np.sum(g**2, axis=0)
    return y @ y - np.divide((y @ g) ** 2, power, out=np.zeros_like(power), where=power > 0)


def _refine(function, x, y, start, bounds):
    """(cost, shape) of the local least-squares solution; a width is searched by its logarithm."""

    def shape(p):
        return (p[0], *np.exp(p[1:]))

    result = least_squares(
        lambda p: _misfit(function, x, y, shape(p)),
        start,
        bounds=bounds,
        xtol=1e-12,
        ftol=1e-12,
        gtol=1e-12,
    )
    return result.cost, tuple(map(float, shape(result.x)))


def _fit_onset(function, x, y):
    """Best shift of a function that is 0 below it, from the best intervals between currents."""
    # Two currents must lie above the onset, or scale and shift could not be told apart.
    edges = np.concatenate(([SHIFT_RANGE[0], -1.0], np.unique(x)[:-1]))
    low, high = edges[:-1], edges[1:]
    # Between two currents the sum of squares is smooth; seven points show where it is lowest.
    shifts = low + (high - low) * np.linspace(0.02, 0.98, 7)[:, None]
    squares = _sums_of_squares(function, x, y, shifts.reshape(1, -1)).reshape(shifts.shape)
    intervals = np.argsort(squares.min(axis=0), kind="stable")[:4]
    found = [
        _refine(function, x, y, (shifts[squares[:, k].argmin(), k],), (low[k], high[k]))
        for k in intervals
    ]
    return min(found)[1]


def _fit_shape(function, x, y):
    """Best shift and width, from the best points of a grid."""
    shifts, widths = np.linspace(-1, 2, 31), np.geomspace(0.003, 3, 13)
    grid = np.stack(np.meshgrid(shifts, widths)).reshape(2, -1)
    squares = _sums_of_squares(function, x, y, grid)
    bounds = tuple(zip(SHIFT_RANGE, np.log(WIDTH_RANGE), strict=True))
    found = [
        _refine(function, x, y, (shift, np.log(width)), bounds)
        for shift, width in grid[:, np.argsort(squares, kind="stable")[:4]].T
    ]
    return min(found)[1]


def _half_widths(function, x, y, parameters):
    """Half the width of each confidence interval; NaN where the data do not determine it."""
    J = _jacobian(function, x, parameters)
    n, p = J.shape
    ranges = np.array([(-np.inf, np.inf), SHIFT_RANGE, WIDTH_RANGE])[:p]
    size = np.linalg.norm(J, axis=0)
    # A parameter at the end of its range or without effect counts as fixed.
    free = (size > 0) & ~np.isclose(parameters[:, None], ranges, rtol=1e-3).any(axis=1)
    # Columns of length 1 keep the singular values comparable; the weak ones belong to combinations
    # of parameters that the points do not tell apart.
    _, strength, directions = np.linalg.svd(J[:, free] / size[free], full_matrices=False)
    weak = strength < 1e-10 * strength[0]
    spread = np.sum((directions[~weak] / strength[~weak, None]) ** 2, axis=0)
    spread[np.any(np.abs(directions[weak]) > 1e-6, axis=0)] = np.nan
    variance = np.sum((y - function(x, *parameters)) ** 2) / (n - p)
    half_widths = np.full(p, np.nan)
    half_widths[free] = (
        student_t.ppf((1 + CONFIDENCE) / 2, n - p) * np.sqrt(variance * spread) / size[free]
    )
    # An interval wider than the search range says that anything would do.
    half_widths[half_widths > np.ptp(ranges, axis=1)] = np.nan
    return half_widths


def _jacobian(function, x, parameters):
    """Derivatives of the function by its parameters, shape (n, p), one formula per kind."""
    scale, shift, *width = parameters
    z = x - shift
    if function is relu:
        return np.column_stack([np.maximum(z, 0), -scale * (z > 0)])
    if function is square_root:
        root = np.sqrt(np.maximum(z, 0))
        slope = np.divide(-scale, 2 * root, out=np.zeros_like(root), where=root > 0)
        return np.column_stack([root, slope])
    (width,) = width
    u = z / width
    if function is softplus:
        soft = np.logaddexp(0, u)
        return np.column_stack(
            [width * soft, -scale * expit(u), scale * (soft - u * expit(u))],
        )
    slope = scale * expit(u) * expit(-u) / width
    return np.column_stack([expit(u), -slope, -slope * u])


def _goodness(rate, residual, n_parameters):
    n, k = rate.size, n_parameters + 1
    mean_square = np.mean(residual**2)
    # A perfect fit leaves rounding errors only; their size must not decide between functions.
    floor = (np.finfo(float).eps * np.abs(rate).max()) ** 2
    log_likelihood = n * np.log(max(mean_square, floor))
    return {
        "rmse": float(np.sqrt(mean_square)),
        "r2": float(1 - mean_square / np.var(rate)),
        "aicc": float(log_likelihood + 2 * k + 2 * k * (k + 1) / (n - k - 1)),
        "bic": float(log_likelihood + k * np.log(n)),
    }


def _checked_points(I, rate, n_parameters):
    I, rate = _finite_array("I", I), _finite_array("rate", rate)
    if I.ndim != 1 or I.shape != rate.shape:
        raise ValueError(
            f"I has shape {I.shape} and rate {rate.shape}, but one rate per current is expected, "
            "both in one dimension."
        )
    # AICc divides by n - k - 1, where k counts the parameters and the variance.
    needed = n_parameters + 3
    if I.size < needed:
        raise ValueError(
            f"{I.size} points are too few for {n_parameters} parameters and their information "
            f"criterion; at least {needed} are needed. Measure more currents."
        )
    if np.unique(I).size <= n_parameters:
        raise ValueError(
            f"The {I.size} points have {np.unique(I).size} different current(s), but "
            f"{n_parameters} parameters need at least {n_parameters + 1}."
        )
    if np.ptp(rate) == 0 or np.count_nonzero(rate) < 2:
        raise ValueError(
            f"Of the {rate.size} rates {np.count_nonzero(rate)} differ from 0 and all lie between "
            f"{rate.min()} and {rate.max()} Hz, which leaves nothing to fit. Choose currents up to "
            "well above the onset."
        )
    return I, rate
