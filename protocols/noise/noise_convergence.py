"""`noise_convergence`: strong and weak errors of a stochastic integration over the step."""

import numpy as np
import pandas as pd
from brian2 import Quantity, ms, mV, nA

from ...errors import InputError
from ...models import LIF
from ...models.by_name import takes_names
from ...models.checks import check_count, check_name, check_positive, check_quantity
from ...plain_checks import check_seed
from ...simulation.run import simulate
from .. import tables
from ..stimuli import Recorded

METHODS = ("euler", "rk2", "rk4")


@takes_names
def noise_convergence(
    steps: Quantity,
    *,
    noise: Quantity = 1 * nA * ms**0.5,
    current: Quantity = 1 * nA,
    duration: Quantity = 20 * ms,
    paths: int = 1000,
    method: str = "euler",
    seed: int = 0,
    model=LIF,
) -> pd.DataFrame:
    """Measure how a noisy leaky membrane converges to its exact solution as the step shrinks.

    The membrane without threshold, ``tau dV = (E_L - V + R I) dt + R sigma dW``, is integrated
    with every step along the same Brownian paths, along which its exact solution is known.

    Parameters
    ----------
    steps : Quantity, shape (steps,)
        Time steps: whole multiples of the smallest that divide the duration.
    noise : Quantity
        Strength sigma, nA ms**0.5.
    current : Quantity
        Mean I.
    duration : Quantity
        The errors are those at the end.
    paths : int
        Number of Brownian paths.
    method : {"euler", "rk2", "rk4"}
        How the drift is integrated between the increments of the path; with ``"euler"`` it is the
        method of Euler and Maruyama.
    seed : int
        Of the paths.
    model : NeuronModel
        LIF, with whatever constants; its threshold and refractory period are not used.

    Returns
    -------
    DataFrame
        One row per step: ``dt_ms``; ``strong_error_mV``, the root mean square over the paths of
        simulated - exact potential; ``mean_error_mV`` and ``variance_error_mV2`` of simulated -
        exact potential, which are weak errors; and the standard error of each over the paths
        (``strong_sem_mV``, ``mean_sem_mV``, ``variance_sem_mV2``). ``attrs`` says how to redo it.

    Raises
    ------
    ValueError
        For bad input, before anything runs.

    Notes
    -----
    Orders: for additive noise Euler-Maruyama converges with strong and weak order 1 (Kloeden &
    Platen 1992, Numerical Solution of Stochastic Differential Equations, secs. 10.2 and 14.1). No
    method that knows the increments of a path alone has a higher strong order (Clark & Cameron
    1980); the second-order drift of ``"rk2"`` raises the weak order to 2.

    Each step's increment of the path and its integral against the membrane's decay, which gives
    the exact solution, are drawn together from their joint Gaussian. Weak errors are means of
    differences along the same path, which spread far less than the moments themselves.

    Examples
    --------
    >>> table = noise_convergence([2, 1]*ms, paths=200)
    >>> ratio = table["strong_error_mV"][0]/table["strong_error_mV"][1]
    >>> bool(1.6 < ratio < 2.4)
    True
    """
    if model.equations != LIF.equations:
        raise InputError(
            f"{model.name}: an exact solution along a path is known for LIF's equations only; "
            "give LIF.with_(...)"
        )
    check_name("method", method, METHODS)
    length = check_positive("duration", duration, ms)
    step_ms = _checked_steps(steps, length)
    count, seed = check_count("paths", paths), check_seed(seed)
    sigma = check_quantity("noise", noise, nA * ms**0.5, scalar=True)
    mean = check_quantity("current", current, nA, scalar=True)
    tau, R, E_L = (model.parameters[name].value for name in ("tau", "R", "E_L"))

    finest = min(step_ms)
    path, decayed = _paths(tau, finest, round(length / finest), count, seed)
    target = E_L + R * mean * -np.expm1(-length / tau) + R * sigma / tau * decayed
    rows = []
    for step in step_ms:
        size = round(step / finest)
        increments = path.reshape(-1, size, count).sum(axis=1)
        end = _simulated(model, mean + sigma * increments / step, step, length, method)
        rows.append({"dt_ms": step} | _errors(end, target))
    table = pd.DataFrame(rows)
    table.attrs = tables.describe_model(
        model, protocol="noise_convergence", method=method, noise_nA_per_sqrt=sigma, I=mean,
        duration_ms=length, paths=count, seed=seed,
    )  # fmt: skip
    return table


def _checked_steps(steps, length: float) -> list[float]:
    values = np.atleast_1d(check_quantity("steps", steps, ms)).tolist()
    for whole, part, what in (
        *((step, min(values), "a multiple of the smallest") for step in values),
        *((length, step, "a part of the duration") for step in values),
    ):
        if part <= 0 or abs(whole / part - round(whole / part)) > 1e-9:
            raise InputError(f"steps: expected each to be {what}, got {values} ms, {length} ms")
    return values


def _paths(tau, step, steps, paths, seed) -> tuple[np.ndarray, np.ndarray]:
    """Draw Brownian increments, (steps, paths), and the exact membrane's integral of them.

    Over a step of length h the increment and the integral of exp(-(h - s)/tau) dW(s) are jointly
    Gaussian with variances h and tau/2 (1 - exp(-2h/tau)) and covariance tau (1 - exp(-h/tau)).
    """
    rng = np.random.default_rng(seed)
    first, second = rng.standard_normal((2, steps, paths))
    shared = tau * -np.expm1(-step / tau) / np.sqrt(step)
    rest = np.sqrt(tau / 2 * -np.expm1(-2 * step / tau) - shared**2)
    own = shared * first + rest * second
    weights = np.exp(-step / tau * np.arange(steps - 1, -1, -1))
    return np.sqrt(step) * first, weights @ own


def _simulated(model, input_nA, step, length, method) -> np.ndarray:
    """Return the potential in mV at the end, for each path as an input held over each step."""
    free = model.with_(V_th=1e6 * mV, t_ref=0 * ms)
    recording = simulate(
        free,
        Recorded(np.vstack([input_nA, input_nA[-1:]]) * nA, dt=step * ms),
        input_nA.shape[1],
        (length + step) * ms,  # the sample at the end is taken at the beginning of the step after
        record=("v",),
        record_dt=length * ms,
        start="initial",
        method=method,
        dt=step * ms,
        backend="numpy",
        spikes="grid",
    )
    return recording.traces["v"][:, -1] * 1e3


def _errors(end: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Return strong and weak errors with their standard errors."""
    difference = end - target
    squares = difference**2
    strong = np.sqrt(squares.mean())
    # Variances around the means, path by path, so that what both share cancels.
    spread = (end - end.mean()) ** 2 - (target - target.mean()) ** 2
    root = np.sqrt(len(end))
    return {
        "strong_error_mV": strong,
        "strong_sem_mV": squares.std(ddof=1) / root / (2 * strong),
        "mean_error_mV": difference.mean(),
        "mean_sem_mV": difference.std(ddof=1) / root,
        "variance_error_mV2": spread.mean(),
        "variance_sem_mV2": spread.std(ddof=1) / root,
    }
