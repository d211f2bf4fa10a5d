"""How fast, as ratios measured side by side: ``python -m benchmarks``."""
