"""Measures of many spike trains together."""
