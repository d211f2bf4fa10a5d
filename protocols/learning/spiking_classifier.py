"""`to_spiking`: put the weights of a trained classifier into spiking cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from brian2 import Quantity, ms, second

from ...analysis.learning.activations import RateCurve, ReLU
from ...analysis.learning.data import check_samples
from ...analysis.learning.feedforward import FeedForward
from ...analysis.learning.training import Trained
from ...errors import CurveRangeWarning, InputError
from ...models.by_name import takes_names
from ...models.checks import check_count, check_name, check_positive
from ...models.warn import warn_caller
from ...progress import bar
from ...simulation.memory import readable
from ...simulation.run import simulate
from .. import tables
from ..networks.network import Network
from ..networks.population import Population
from ..networks.projection import Projection
from ..networks.synapses import Synapse
from ..stimuli import Constant
from .spiking_run import SpikingRun, of_runs

SCALINGS = ("curve", "linear", "inverse")
HIGHEST = 99.9  # percentile of the activities that the largest current stands for (see Notes)
PER_CELL, PER_SYNAPSE, PER_SPIKE = 150, 16, 60  # bytes, of the program and of its tables


@dataclass(frozen=True)
class Coding:
    """How a hidden layer's numbers are currents and rates.

    Attributes
    ----------
    zero, unit : float
        An input `x` is the current ``zero + unit*x``, in the model's unit.
    rate_scale : float
        The rate in Hz that is an activity of 1.
    """

    zero: float
    unit: float
    rate_scale: float


@dataclass(frozen=True, eq=False)
class SpikingClassifier:
    """A classifier whose hidden units are spiking cells; made by `to_spiking`.

    Attributes
    ----------
    network : FeedForward
    model : NeuronModel
    curve : RateCurve
    scaling : {"curve", "linear", "inverse"}
    codings : tuple of Coding
        One for each hidden layer.
    cells_per_unit : int
    tau_syn : Quantity
    start : "rest", "initial" or dict
    """

    network: FeedForward
    model: object
    curve: RateCurve
    scaling: str
    codings: tuple[Coding, ...]
    cells_per_unit: int
    tau_syn: Quantity
    start: object

    def run(
        self, X, duration: Quantity, *, memory: float = 1e9, seed: int = 1, **numerics
    ) -> SpikingRun:
        """Show samples to the cells, all at once: each sample has a copy of the network.

        Parameters
        ----------
        X : array_like, shape (samples, ...)
        duration : Quantity
            Longest presentation; the result can be read at any time before.
        memory : float
            Bytes that a run may take. Samples that need more are run in batches of one size, so
            that one compiled program serves them all; ``about`` of the result says how many.
        seed : int
            Of the network's run; decides nothing in cells without noise.
        **numerics
            As in `Network.run`.

        Returns
        -------
        SpikingRun

        Raises
        ------
        ValueError
            For samples that the network cannot take, or too little memory for one of them.

        Warns
        -----
        CurveRangeWarning
            If currents leave the range in which the curve was measured; says in how many units.
        """
        X = check_samples(X)
        length = check_positive("duration", duration, ms)
        inputs = self.network.inputs(X)[:-1]
        outside = self._say_outside(inputs)
        need = self._bytes_per_sample(inputs, length)
        if need > memory:
            raise InputError(
                f"memory: one sample needs {readable(need)}, more than the {readable(memory)} "
                "allowed; allow more, or use fewer cells per unit"
            )
        batches = -(-len(X) // int(memory // need))
        size = -(-len(X) // batches)
        currents = self._currents(inputs[0])
        found = []
        for begin in bar(range(0, len(X), size), desc="presenting", unit="batch"):
            part = currents[begin : begin + size]
            n = len(part)
            part = np.concatenate([part, np.repeat(part[-1:], size - n, axis=0)])
            net = self._network(part)
            run = net.run(
                length * ms, connections=False, seed=seed, about=self._about(), **numerics
            )
            found.append((run, n))
        sizes = [self.cells_per_unit * n for n in self.network.hidden]
        about = {
            **found[0][0].parameters, "samples": len(X), "batches": len(found),
            "samples_per_batch": size, "memory_MB": size * need / 1e6, "units_outside": outside,
            "cells": size * sum(sizes),
            "synapses": size * sum(a * b for a, b in pairwise(sizes)),
        }  # fmt: skip
        return of_runs(self, found, length, about)

    # --- as a network -------------------------------------------------------------------------

    def _network(self, currents: np.ndarray) -> Network:
        """Return a copy of the network for each row of currents."""
        n, unit = len(currents), self.model.input_unit
        populations, projections = [], []
        for k, coding in enumerate(self.codings):
            if not k:
                given = currents
            else:
                given = np.tile(coding.zero + coding.unit * self.network.biases[k], (n, 1))
                projections.append(self._projection(k))
            cells = np.repeat(given, self.cells_per_unit, axis=1).ravel()
            populations.append(
                Population(
                    f"layer_{k + 1}", self.model, len(cells), drive=Constant(cells * unit),
                    start=self._start(n * self.network.hidden[k]),
                )
            )  # fmt: skip
        title = f"{n} samples in {self.model.name} cells"
        return Network(populations, projections, title=title)

    def _projection(self, k: int) -> Projection:
        """Return the synapses onto a layer; a unit's cells share its weight."""
        c, before = self.cells_per_unit, self.codings[k - 1]
        # A rate r of spikes, each a current w*exp(-t/tau), has the mean w*tau*r.
        per_spike = self.codings[k].unit / (before.rate_scale * c * float(self.tau_syn / second))
        weights = np.kron(self.network.weights[k], np.ones((c, c))) * per_spike
        unit = self.model.input_unit
        synapse = Synapse.current(self.tau_syn, 1 * unit)
        return Projection(
            f"layer_{k}", f"layer_{k + 1}", synapse, wiring="blocks", weight=weights * unit
        )

    def _start(self, units: int):
        if not isinstance(self.start, dict):
            return self.start
        of_unit = {
            name: np.broadcast_to(np.asarray(values, dtype=float), self.cells_per_unit)
            for name, values in self.start.items()
        }
        return {name: np.tile(v, units) * _si(self.model, name) for name, v in of_unit.items()}

    def _currents(self, x: np.ndarray) -> np.ndarray:
        """Return the currents of the first layer's units."""
        coding = self.codings[0]
        if self.scaling == "inverse":
            return self.curve.current_for(coding.rate_scale * self.network.activation(x))
        # Below the lowest current nothing but how far the cell is from firing would change.
        return np.maximum(coding.zero + coding.unit * x, self.curve.I[0])

    # --- what it takes ------------------------------------------------------------------------

    def _say_outside(self, inputs: Sequence[np.ndarray]) -> int:
        """Return, and say, how many units get currents beyond those of the measured curve."""
        units = 0
        for k, (x, coding) in enumerate(zip(inputs, self.codings, strict=True), 1):
            if self.scaling == "inverse":
                outside = self.network.activation(x) * coding.rate_scale > self.curve.rate_Hz[-1]
                largest = "rates"
            else:
                I = coding.zero + coding.unit * x
                outside = self.curve.outside((I - self.curve.zero) / self.curve.unit)
                largest = f"currents up to {I.max():.3g} {self.curve.I_unit}"
            if outside.any():
                concerned = int(outside.any(axis=0).sum())
                units += concerned
                warn_caller(
                    f"layer {k}: {concerned} of {x.shape[1]} units get {largest} "
                    f"outside of the measured {self.curve.I[0]:g} to {self.curve.I[-1]:g} "
                    f"{self.curve.I_unit} ({100 * outside.mean():.2g} % of all samples); measure "
                    "the curve further, or train with l2 for smaller weights",
                    CurveRangeWarning,
                )
        return units

    def _bytes_per_sample(self, inputs: Sequence[np.ndarray], length_ms: float) -> float:
        sizes = [self.cells_per_unit * n for n in self.network.hidden]
        rates = sum(
            self.cells_per_unit * coding.rate_scale * self.network.activation(x).sum(axis=1).mean()
            for x, coding in zip(inputs, self.codings, strict=True)
        )
        return (
            PER_CELL * sum(sizes)
            + PER_SYNAPSE * sum(a * b for a, b in pairwise(sizes))
            + PER_SPIKE * rates * length_ms / 1e3
        )

    def _about(self) -> dict:
        return {
            **tables.describe_model(self.model), "protocol": "to_spiking",
            "hidden": self.network.hidden, "scaling": self.scaling,
            "cells_per_unit": self.cells_per_unit, "tau_syn_ms": float(self.tau_syn / ms),
        }  # fmt: skip


@takes_names
def to_spiking(
    trained: Trained | FeedForward,
    model,
    *,
    curve: RateCurve | None = None,
    scaling: str | None = None,
    calibrate=None,
    cells_per_unit: int = 1,
    tau_syn: Quantity = 10 * ms,
    start="cycle",
) -> SpikingClassifier:
    """Put the weights of a trained classifier into spiking cells of a model.

    Samples and the first layer's weights become constant currents, weights between hidden layers
    become synapses, and the read-out weighs the cells' spike counts.

    Parameters
    ----------
    trained : Trained or FeedForward
        With at least one hidden layer.
    model : NeuronModel
    curve : RateCurve, optional
        The model's F-I curve (`activation_curve`). Default: the one that it was trained with.
    scaling : {"curve", "linear", "inverse"}
        How inputs become currents; see Notes. Default: ``"curve"`` for weights that were trained
        with the curve, else ``"linear"``.
    calibrate : array_like, shape (samples, ...), optional
        Samples (of the training data) that tell how large the activities of ReLU units become;
        ``"linear"`` and ``"inverse"`` need them.
    cells_per_unit : int
        Cells that share a unit's input.
    tau_syn : Quantity
        Time constant of the synapses' currents.
    start : "cycle", "rest", "initial" or dict
        Where cells start. By default those of a unit are spread evenly over a cycle of firing at
        an input of 1 (a single one is in its middle), so that the count of spikes is neither too
        low nor too high on average, and n cells resolve rates n times better than one. The others
        are those of `Population`, the same for all cells.

    Returns
    -------
    SpikingClassifier

    Raises
    ------
    ValueError
        If weights that were trained with another activation than the model's curve are to be
        used as they are, if there is no hidden layer, or for bad values.

    Notes
    -----
    ``"curve"``: an input `x` is the current that `x` stands for in the curve with which the
    weights were trained, so that the cell's rate is the unit's activity.

    ``"linear"``: the usual conversion of ReLU networks (Cao, Chen & Khosla 2015, Int. J. Comput.
    Vis. 113:54-66; Diehl et al. 2015, IJCNN; Rueckauer et al. 2017, Front. Neurosci. 11:682)
    takes the rate for proportional to the input: activities from 0 to the 99.9th percentile of
    the calibration are currents from the onset to the largest one of the curve. What the curve
    is not a straight line distorts.

    ``"inverse"``: the current at which the cell has the rate that is proportional to a ReLU
    unit's activity. It undoes the curve's shape where currents are injected, in one hidden layer.

    Examples
    --------
    XOR in two LIF cells, with weights by hand: one fires for one input or two, one for two.

    >>> from brian2 import ms, nA
    >>> from excitable.analysis import FeedForward
    >>> from excitable.models import LIF
    >>> from excitable.protocols import activation_curve
    >>> curve = activation_curve(LIF, 1*nA, 4*nA, points=13, duration=200*ms, discard=50*ms,
    ...                          unit=1*nA, backend="numpy")
    >>> xor = FeedForward([[[1, 1], [1, 1]], [[1], [-3]]], [[0, -1], [-0.3]], curve)
    >>> spiking = to_spiking(xor, LIF)
    >>> run = spiking.run([[0, 0], [0, 1], [1, 0], [1, 1]], 100*ms, backend="numpy")
    >>> run.predict().tolist()
    [0, 1, 1, 0]
    """
    network = trained.network if isinstance(trained, Trained) else trained
    if not isinstance(network, FeedForward):
        raise InputError(
            f"trained: expected what `train` returns, or a FeedForward; got {trained!r}"
        )
    if not network.hidden:
        raise InputError("trained: needs a hidden layer, whose units become cells; it has none")
    own = network.activation if isinstance(network.activation, RateCurve) else None
    curve = own if curve is None else curve
    if not isinstance(curve, RateCurve):
        raise InputError(
            f"curve: the weights were trained with {network.activation.name}; give the cell's "
            "curve, curve=activation_curve(model)"
        )
    _check_curve(curve, model)
    scaling = check_name("scaling", scaling or ("curve" if own else "linear"), SCALINGS)
    _check_scaling(scaling, network, own, curve, calibrate)
    check_count("cells_per_unit", cells_per_unit)
    check_positive("tau_syn", tau_syn, ms)
    return SpikingClassifier(
        network, model, curve, scaling, _codings(scaling, network, curve, calibrate),
        cells_per_unit, tau_syn,
        cycle(model, curve, cells_per_unit) if start == "cycle" else start,
    )  # fmt: skip


def cycle(model, curve: RateCurve, n: int) -> dict[str, Quantity]:
    """Return `n` states spread evenly over a cycle of firing at an input of 1.

    Raises
    ------
    ValueError
        If the cell does not fire regularly there.
    """
    rate = curve.rate_scale
    names = tuple(model.initial)
    run = simulate(
        model, Constant(curve.current(1.0) * model.input_unit), 1, 12 / rate * second,
        record=names, start="initial",
    )  # fmt: skip
    spikes = run.spike_ms
    if len(spikes) < 3:
        raise InputError(
            f"{model.name}: fired {len(spikes)} times where its curve has {rate:.3g} Hz; is it the "
            "curve of this cell?"
        )
    begin, end = spikes[-2:]
    phases = begin + (end - begin) * (np.arange(n) + 0.5) / n
    at = np.clip(np.searchsorted(run.t_ms, phases), 0, len(run.t_ms) - 1)
    return {name: run.traces[name][0][at] * _si(model, name) for name in names}


def _si(model, name: str) -> Quantity:
    """Return the SI unit of a state variable."""
    return Quantity(1.0, dim=model.unit_of(name).dim)


def _check_curve(curve: RateCurve, model) -> None:
    about = {"I_unit": curve.I_unit} if curve.I_unit else {}
    about, here = about | dict(curve.about), tables.describe_model(model)
    other = next((k for k in ("model", "parameters") if about.get(k, here[k]) != here[k]), "")
    if other := other or tables.differs(about, model):
        raise InputError(
            f"model: the curve was measured in {curve.name} with other {other} than {model.name} "
            f"has; measure it in this cell, activation_curve({model.name})"
        )


def _check_scaling(scaling, network, own, curve, calibrate) -> None:
    if scaling == "curve":
        if own is None:
            raise InputError(
                f"scaling='curve': the weights were trained with {network.activation.name}, not "
                f"with the curve of {curve.name}; train with it, or use scaling='linear'"
            )
        return
    if not isinstance(network.activation, ReLU):
        raise InputError(
            f"scaling={scaling!r}: is for ReLU weights; these were trained with "
            f"{network.activation.name}; use scaling='curve'"
        )
    if calibrate is None:
        raise InputError(f"scaling={scaling!r}: needs samples to calibrate it, calibrate=X_train")
    if scaling == "inverse" and len(network.hidden) > 1:
        raise InputError(
            f"scaling='inverse': works in one hidden layer, this network has "
            f"{len(network.hidden)}; train with the curve, or use scaling='linear'"
        )


def _codings(scaling, network, curve, calibrate) -> tuple[Coding, ...]:
    if scaling == "curve":
        own = network.activation
        return (Coding(own.zero, own.unit, own.rate_scale),) * len(network.hidden)
    found = []
    for k, x in enumerate(network.inputs(calibrate)[:-1], 1):
        highest = np.percentile(np.maximum(x, 0), HIGHEST)
        if highest <= 0:
            raise InputError(f"calibrate: no unit of layer {k} is active for any sample")
        largest = curve.I[-1] - curve.zero
        found.append(Coding(curve.zero, largest / highest, curve.rate_Hz[-1] / highest))
    return tuple(found)
