"""The words of the study of digits, with its numbers put in."""

import pandas as pd

from .measure import at_spikes

SHORT = {
    "ReLU": "relu", "LIF": "lif", "QIF": "qif", "Connor–Stevens": "connor_stevens",
    "Connor–Stevens, no A": "no_A",
}  # fmt: skip
WAYS = {
    ("curve", 1): "LIF, trained with its curve",
    ("curve", 4): "the same, 4 cells per unit",
    ("linear", 1): "LIF, ReLU weights, linear",
    ("inverse", 1): "LIF, ReLU weights, curve undone",
    ("Connor–Stevens", 1): "Connor–Stevens, its curve",
}


def numbers_of(spiking, deep, classifiers, signals) -> dict[str, float]:
    """Return the key results on spikes."""
    activations, table = spiking
    mean = activations.groupby("activation")["test_accuracy_percent"].mean()
    found = {f"narrow_{SHORT[name]}_accuracy_percent": value for name, value in mean.items()}
    for way, n in WAYS:
        rows = table[(table["way"] == way) & (table["cells_per_unit"] == n)]
        if not len(rows):
            continue
        name = f"{SHORT.get(way, way)}_{n}"
        last = rows[rows["t_ms"] == rows["t_ms"].max()]
        found |= {
            f"{name}_at_65_percent": 100 * at_spikes(rows, 65),
            f"{name}_at_130_percent": 100 * at_spikes(rows, 130),
            f"{name}_in_the_end_percent": 100 * last["accuracy"].mean(),
            f"{name}_rate_percent": 100 * last["accuracy_of_rates"].mean(),
        }
    for name, rows in (("deep", deep), ("mnist1d", signals)):
        found |= {
            f"{name}_spiking_percent": 100 * rows["accuracy"].iloc[-1],
            f"{name}_rate_percent": 100 * rows["accuracy_of_rates"].iloc[0],
            f"{name}_spikes": rows["spikes_per_decision"].iloc[-1],
            f"{name}_memory_MB": rows["memory_MB"].iloc[0],
        }
    found["mnist1d_batches"] = signals["batches"].iloc[0]
    for name, value in zip(("logistic", "mlp", "lif"), classifiers["test_accuracy_percent"],
                           strict=True):  # fmt: skip
        found[f"mnist1d_{name}_percent"] = value
    return {name: float(value) for name, value in found.items()}


def summary(n: dict[str, float]) -> str:
    """Return the study in a few sentences."""
    return f"""
A network with two hidden layers reads 8 × 8 pixels with an accuracy of
{n["best_accuracy_percent"]:.1f} %; of all hyper-parameters the learning rate matters most. One
layer of 64 LIF cells, trained with
their measured F-I curve ({n["narrow_lif_accuracy_percent"]:.1f} % in rates), reads
{n["curve_1_at_65_percent"]:.1f} % with 65 spikes per decision, one for each cell, and
{n["curve_1_at_130_percent"]:.1f} % with 130.
"""


QUESTIONS_CAPTIONS = {
    "examples": "Two images of each digit.",
    "varied_n1": "Units in the first hidden layer. Solid: training set; dashed: test set; means "
    "over the seeds.",
    "varied_n2": "Units in the second hidden layer.",
    "varied_dropout": "Probability of dropout.",
    "varied_optimiser": "The optimiser.",
    "varied_batch": "Images in a mini-batch.",
    "varied_learning_rate": "The learning rate.",
    "varied_epochs": "Passes through the images.",
    "hyper_parameters": "All trainings at their end: means over the seeds, and the standard "
    "deviation of the accuracy on the test set.",
}


def questions(n: dict[str, float], table: pd.DataFrame, top: pd.Series) -> str:
    return f"""
1797 images of 8 × 8 pixels (scikit-learn's `load_digits`), a quarter of them for testing. **Base**:
128 and 64 ReLU units, dropout 0.2, Adam with a learning rate of 0.001, mini-batches of 256 images,
30 epochs. Seeds 0 to {int(table["seeds"].iloc[0]) - 1}; each divides the images anew and starts
from other weights. The base reaches **{n["base_accuracy_percent"]:.2f} %** on the test set, the
best of the variations ({top["varied"]} {top["value"]}) **{n["best_accuracy_percent"]:.2f} %**.

- **Epochs**: the base stops too early. After 100 epochs the same network has
  **{n["long_accuracy_percent"]:.2f} %**.
- **Learning rate**: 30 epochs of 6 mini-batches are 180 steps. At 0.001 the loss is still falling
  when they are over, at 0.0001 it has hardly begun ({n["slow_accuracy_percent"]:.1f} %), at 0.01 it
  is done.
- **Batch**: smaller ones make more steps of an epoch, which is the same cure.
- **SGD** at Adam's learning rate gets to {n["sgd_accuracy_percent"]:.1f} %: Adam divides each step
  by the size of the gradients, plain descent does not, and 0.001 is far too small for it.
- **Dropout** makes the training set harder (the solid lines are computed without it) and holds the
  two sets together; in a training this short it mostly slows.
- **n1** and **n2**: more units fall faster, because more of them go down together; in the end it is
  a matter of tenths.
"""


SPIKES_CAPTIONS = {
    "activations": "One hidden layer of 64 units with each activation: dots are seeds, bars means.",
    "spiking_digits": "Accuracy on the test set in spikes, means over the seeds: **A** over all "
    "spikes until the decision (dotted: 65 and 130), **B** over the presentation.",
    "confusions": "Confusion matrices of seed 0: **A** of the best network of the table above, "
    "**B** of LIF cells.",
    "spiking_accuracy_digits": "Accuracy in spikes by way and seed.",
}


def spikes(n: dict[str, float], activations: pd.DataFrame) -> str:
    mean = activations.groupby("activation", sort=False)["test_accuracy_percent"].mean()
    listed = ", ".join(f"{name} {value:.2f} %" for name, value in mean.items())
    more = ""
    if "connor_stevens_1_in_the_end_percent" in n:
        more = (
            f"Connor–Stevens cells (seed 0) reach {n['connor_stevens_1_in_the_end_percent']:.1f} % "
            f"after 100 ms, {n['connor_stevens_1_rate_percent']:.1f} % in rates. "
        )
    return f"""
One hidden layer of 64 units (60 epochs, learning rate 0.004), with ReLU and with measured F-I
curves: {listed}. On images that a linear classifier nearly manages, the curve's shape costs little.

In spikes every unit is one cell; all test images are shown at once, in one run. With LIF cells and
weights trained with their curve:

| | spikes per decision | accuracy |
|---|---|---|
| rates (ReLU) | – | {n["narrow_relu_accuracy_percent"]:.2f} % |
| rates (LIF's curve) | – | {n["curve_1_rate_percent"]:.2f} % |
| spikes | up to 65 | **{n["curve_1_at_65_percent"]:.2f} %** |
| spikes | up to 130 | **{n["curve_1_at_130_percent"]:.2f} %** |
| spikes, 100 ms | all | {n["curve_1_in_the_end_percent"]:.2f} % |

{more}A cell that has fired once or twice says little, but the read-out hears 64 of them.
**Control**: ReLU weights with the usual linear scaling have
{n["linear_1_at_65_percent"]:.2f} % at 65 spikes and
{n["linear_1_at_130_percent"]:.2f} % at 130; the same weights with currents that undo the measured
curve {n["inverse_1_at_65_percent"]:.2f} % and {n["inverse_1_at_130_percent"]:.2f} %.
"""


DEEP_CAPTIONS = {
    "two_layers": "Accuracy in spikes of two hidden layers of LIF cells over the presentation; "
    "dashed: of the trained networks in rates.",
    "mnist1d": "MNIST-1D: accuracies on its test set, and published ones (Greydanus & Kobak 2024).",
    "spiking_mnist1d": "MNIST-1D in LIF cells.",
}


def deep(n: dict[str, float]) -> str:
    return f"""
With a second hidden layer the weights between the two become synapses: every spike of the first
layer adds a current of 10 ms to cells of the second. LIF's curve is measured from 1 to 16 nA here:
over so wide a range it is nearly straight, and deep networks are easier to train. The base's two
layers, trained with it, have {n["deep_rate_percent"]:.1f} % in rates and
**{n["deep_spiking_percent"]:.1f} %** in spikes after 100 ms, in one run of
{n["deep_memory_MB"]:.0f} MB. The second layer hears an average
that fluctuates, and hears it late. Digits leave margin enough to be read all the same; MNIST-1D
takes several tens of milliseconds.

**MNIST-1D** (1000 test signals of 40 samples) needs hidden layers: logistic regression has
{n["mnist1d_logistic_percent"]:.1f} % (published: 32 %), two layers of 128 ReLU units
{n["mnist1d_mlp_percent"]:.1f} % (68 %), and with LIF's curve
{n["mnist1d_lif_percent"]:.1f} %. In spikes these have
**{n["mnist1d_spiking_percent"]:.1f} %** after 100 ms (rates: {n["mnist1d_rate_percent"]:.1f} %), in
{n["mnist1d_batches"]:.0f} run(s) of {n["mnist1d_memory_MB"]:.0f} MB.
"""
