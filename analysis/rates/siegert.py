"""Mean rate of the leaky integrate-and-fire neuron in white noise, in closed form."""

import numpy as np
from scipy.special import dawsn, erfcx

from ...errors import InputError
from ..plain_numbers import takes
from .closed_forms import MS_PER_SECOND, checked_lif, finite_array, lif_rate

# -zeta(1/2)/sqrt(2*pi): mean overshoot of a random walk over a barrier, in steps of its own size.
OVERSHOOT = 0.5825971579390107

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(80)


@takes(
    I="nA",
    sigma="nA*ms**0.5",
    R="Mohm",
    tau="ms",
    E_L="mV",
    V_reset="mV",
    V_th="mV",
    t_ref="ms",
    dt="ms",
)
def noisy_lif_rate(I, sigma, *, R, tau, E_L, V_reset, V_th, t_ref=0.0, dt=0.0):
    """Mean firing rate of a leaky integrate-and-fire neuron under a current with white noise.

    Parameters
    ----------
    I : float or array_like
        Mean current, nA.
    sigma : float or array_like
        Strength of the noise, nA ms**0.5: the integral of the noise over a time T has the standard
        deviation sigma*sqrt(T), as in `excitable.protocols.WhiteNoise`. Broadcast against `I`.
    R : float
        Membrane resistance, MOhm.
    tau : float
        Membrane time constant, ms.
    E_L, V_reset, V_th : float
        Leak reversal potential, reset and threshold, mV; the reset may differ from E_L.
    t_ref : float, optional
        Refractory period, ms.
    dt : float, optional
        Time step, ms, of a simulation that sees the threshold on its grid only. The threshold is
        then raised by what such a simulation overlooks; 0 for the exact rate.

    Returns
    -------
    float or ndarray
        Rate in Hz. Without noise it is `lif_rate`.

    Raises
    ------
    ValueError
        As `lif_rate`, or if `sigma` or `dt` is negative or not finite.

    Notes
    -----
    tau dV = (E_L - V + R I) dt + R sigma dW gives, with y = (V - E_L - R I) sqrt(tau)/(R sigma),

    1/rate = t_ref + tau sqrt(pi) * integral from y(V_reset) to y(V_th) of
    exp(u**2) (1 + erf(u)) du

    (Siegert 1951, Phys Rev 81:617; Ricciardi 1977, Diffusion Processes and Related Topics in
    Biology; Brunel 2000, J Comput Neurosci 8:183, eq. 21). The integrand is erfcx(-u). It is
    integrated with its growing part in closed form (Dawson's function) and scaled by
    exp(-y(V_th)**2), so that neither deep subthreshold rates nor weak noise overflow.

    On a grid of step dt a path that crosses and returns between two points is overlooked. To first
    order in sqrt(dt) this raises the threshold by 0.5826 (R sigma/tau) sqrt(dt) (Siegmund 1979,
    Adv Appl Prob 11:701; Broadie, Glasserman & Kou 1997, Math Finance 7:325).

    Examples
    --------
    >>> teaching = dict(R=10.0, tau=10.0, E_L=-65.0, V_reset=-65.0, V_th=-50.0)
    >>> noisy_lif_rate([1.0, 1.5, 2.0], 1.0, **teaching).round(3)
    array([ 5.514, 39.227, 76.23 ])
    >>> print(f"{noisy_lif_rate(2.0, 0.0, **teaching):.4f}")
    72.1348
    """
    I = checked_lif(I, R, tau, V_reset, V_th, t_ref)
    sigma = finite_array("sigma", sigma)
    if np.any(sigma < 0) or not 0 <= dt < np.inf:
        raise InputError(
            f"sigma = {sigma} nA ms**0.5 and dt = {dt} ms must not be negative, and dt be finite."
        )
    still = lif_rate(I, R=R, tau=tau, E_L=E_L, V_reset=V_reset, V_th=V_th, t_ref=t_ref)
    spread = R * np.where(sigma > 0, sigma, 1.0) / np.sqrt(tau)  # mV
    above = V_th + OVERSHOOT * spread * np.sqrt(dt / tau)
    scaled, exponent = _charging((V_reset - E_L - R * I) / spread, (above - E_L - R * I) / spread)
    damped = np.exp(-exponent)
    rate = MS_PER_SECOND * damped / (t_ref * damped + tau * np.sqrt(np.pi) * scaled)
    return np.where(sigma > 0, rate, still)[()]


def _charging(low, high):
    """Integral of erfcx(-u) from low to high, as (scaled, exponent): scaled*exp(exponent)."""
    low, high = np.broadcast_arrays(low, high)
    exponent = np.maximum(high, 0.0) ** 2
    a, b = np.maximum(low, 0.0), np.maximum(high, 0.0)
    # erfcx(-u) = 2 exp(u**2) - erfcx(u), and the integral of exp(u**2) is exp(u**2)*dawsn(u).
    growing = 2 * (dawsn(b) - np.exp(a**2 - b**2) * dawsn(a))
    decaying = _integral_erfcx(np.maximum(-high, 0), np.maximum(-low, 0)) - _integral_erfcx(a, b)
    return growing + np.exp(-exponent) * decaying, exponent


def _integral_erfcx(low, high):
    """Integral of erfcx from low to high, both >= 0, by Gauss-Legendre in asinh of the argument.

    erfcx(w) falls as 1/w, hence erfcx(sinh(s)) cosh(s) is flat up to any argument.
    """
    # asinh(high) - asinh(low), written so that a narrow interval far out keeps its digits.
    cross = high * np.hypot(1, low) + low * np.hypot(1, high)
    width = np.arcsinh((high - low) * (high + low) / np.where(cross > 0, cross, 1.0))
    half = width / 2
    s = np.arcsinh(low)[..., None] + half[..., None] * (1 + _NODES)
    return half * np.sum(_WEIGHTS * erfcx(np.sinh(s)) * np.cosh(s), axis=-1)
