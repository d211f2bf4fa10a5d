"""Firing under white noise."""
