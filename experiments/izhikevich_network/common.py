"""What the parts of the study share."""

N = 1000
DURATION_MS, TRANSIENT_MS = 1000, 200
BURST_BIN_MS = 5
RUNAWAY = 2  # spikes per cell within one such bin, above which a run counts as one
# The slow rhythm sits across the border between theta and alpha.
BANDS = {"slow": (4.0, 14.0), "gamma": (30.0, 80.0)}
SDE_DT = 0.1  # ms, the protocol's default
