"""How a model is run."""

from .backends import BACKENDS, has_compiler
from .reference import reference
from .run import DivergenceError, Recording, simulate

__all__ = ["BACKENDS", "DivergenceError", "Recording", "has_compiler", "reference", "simulate"]
