"""The studies: each leads from a protocol to tables, figures and a short text."""

# One folder per study: measure, figures, text, and a function `run(settings) -> StudyResult`.
STUDIES = {
    "lif_practical": "The leaky integrate-and-fire neuron: a practical",
    "fi_curves": "F-I curves of the LIF and the QIF neuron",
    "hodgkin_huxley": "The Hodgkin-Huxley neuron",
    "connor_stevens": "The Connor-Stevens neuron and its A-type current",
    "excitability_atlas": "An atlas of excitability",
    "izhikevich_patterns": "Izhikevich's cells and firing patterns",
    "izhikevich_network": "Izhikevich's network of 2003: a time step that matters",
    "networks": "Networks of different cells",
    "perceptron": "The perceptron, gates and XOR, in numbers and in cells",
    "circles": "Two circles: hidden units with the F-I curves of cells",
    "digits": "Digits: hyper-parameters, and images read from spikes",
}
