"""Voltage clamp: currents, gates, activation and inactivation."""
