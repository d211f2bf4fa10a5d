"""Protocols over very many parameter sets."""
