"""Measures of single spike trains and traces."""
