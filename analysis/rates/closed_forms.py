"""Closed forms: the exact rate of an integrate-and-fire neuron under a constant current.

For the leaky (LIF) and the quadratic (QIF) one; a simulated curve can be held against them
(`residuals`).
"""

import numpy as np

from ...errors import InputError
from ..plain_numbers import takes

MS_PER_SECOND = 1000.0


@takes(R="Mohm", E_L="mV", V_th="mV")
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


@takes(I="nA", R="Mohm", tau="ms", E_L="mV", V_reset="mV", V_th="mV", t_ref="ms")
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
    I = checked_lif(I, R, tau, V_reset, V_th, t_ref)
    beyond = R * I - (V_th - E_L)
    # Rounding may leave `beyond` a little above 0 at the rheobase, hence the second condition.
    rheobase = lif_rheobase(R=R, E_L=E_L, V_th=V_th)
    fires = (beyond > 0) & (rheobase < I)
    # log1p keeps its digits at large currents, where the logarithm's argument tends to 1.
    charging = tau * np.log1p((V_th - V_reset) / np.where(fires, beyond, 1.0))
    return np.where(fires, MS_PER_SECOND / (t_ref + charging), 0.0)[()]


@takes(I="nA", R="Mohm", tau="ms", E_L="mV", V_reset="mV", V_th="mV", t_ref="ms")
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
    I = checked_lif(I, R, tau, V_reset, V_th, t_ref)
    per_ms = (R * I + E_L - (V_th + V_reset) / 2) / (tau * (V_th - V_reset))
    # Below 0 the line is no rate to which a refractory period could be added.
    refractory = 1 + t_ref * np.maximum(per_ms, 0)
    return (MS_PER_SECOND * per_ms / refractory)[()]


@takes(V0="1", tau="ms", V_reset="1", V_th="1")
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
    V0 = finite_array("V0", V0)
    if not (np.isfinite(tau) and tau > 0 and V_reset < V_th):
        raise InputError(
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


def checked_lif(I, R, tau, V_reset, V_th, t_ref):
    if not (R > 0 and tau > 0 and t_ref >= 0):
        raise InputError(
            f"R = {R} MOhm and tau = {tau} ms must be positive and t_ref = {t_ref} ms not negative."
        )
    if not V_reset < V_th:
        raise InputError(
            f"V_reset = {V_reset} mV is not below V_th = {V_th} mV: the neuron would fire without "
            "end."
        )
    return finite_array("I", I)


def finite_array(name, values):
    values = np.asarray(values, dtype=float)
    if not np.all(np.isfinite(values)):
        raise InputError(
            f"{name} holds NaN or infinite values, but finite numbers are expected. Drop rows that "
            "are unresolved."
        )
    return values
