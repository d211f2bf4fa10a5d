"""When a cell fires and how fast: responses, F-I curves, thresholds, latencies."""
