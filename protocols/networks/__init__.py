"""Networks of cells and synapses."""
