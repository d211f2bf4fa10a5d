"""Curves of equilibria and of cycles over parameters, and the points at which they change."""
