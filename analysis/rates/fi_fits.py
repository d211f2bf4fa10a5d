"""Functions fitted to F-I curves, with confidence intervals, ranked by an information criterion.

Each is f(I) = scale * g(I - shift):

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

from ...errors import InputError
from ..plain_numbers import takes
from .closed_forms import finite_array


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
_PARAMETERS = ("scale", "shift", "width")


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

    @takes()
    def predict(self, I):
        """Fitted rate in Hz at the currents `I`."""
        return FI_FUNCTIONS[self.kind](I, **self.parameters)


@takes(rate="Hz")
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
        raise InputError(f"kind = {kind!r} is unknown; choose one of {sorted(FI_FUNCTIONS)}.")
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


@takes(rate="Hz")
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


def fits_of(table):
    """Return the fits whose rows a table of `fit_all` has.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    list of FIFit

    Examples
    --------
    >>> I = np.linspace(0, 10, 21)
    >>> float(fits_of(fit_all(I, np.maximum(I - 3.0, 0)))[0].predict(5.0).round(4))
    2.0
    """
    return [
        FIFit(
            row["kind"],
            {name: row[name] for name in _PARAMETERS if np.isfinite(row[name])},
            {name: (row[f"{name}_low"], row[f"{name}_high"]) for name in _PARAMETERS},
            *(row[name] for name in ("n", "rmse_Hz", "R2", "AICc", "BIC")),
        )
        for row in table.to_dict("records")
    ]


def _row(fit):
    row = {"kind": fit.kind}
    for name in _PARAMETERS:
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
    I, rate = finite_array("I", I), finite_array("rate", rate)
    if I.ndim != 1 or I.shape != rate.shape:
        raise InputError(
            f"I has shape {I.shape} and rate {rate.shape}, but one rate per current is expected, "
            "both in one dimension."
        )
    # AICc divides by n - k - 1, where k counts the parameters and the variance.
    needed = n_parameters + 3
    if I.size < needed:
        raise InputError(
            f"{I.size} points are too few for {n_parameters} parameters and their information "
            f"criterion; at least {needed} are needed. Measure more currents."
        )
    if np.unique(I).size <= n_parameters:
        raise InputError(
            f"The {I.size} points have {np.unique(I).size} different current(s), but "
            f"{n_parameters} parameters need at least {n_parameters + 1}."
        )
    if np.ptp(rate) == 0 or np.count_nonzero(rate) < 2:
        raise InputError(
            f"Of the {rate.size} rates {np.count_nonzero(rate)} differ from 0 and all lie between "
            f"{rate.min()} and {rate.max()} Hz, which leaves nothing to fit. Choose currents up to "
            "well above the onset."
        )
    return I, rate
