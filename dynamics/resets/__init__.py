"""Cells that are reset: what a spike does to them, and cycles that go through it."""
