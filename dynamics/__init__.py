"""What a model's equations imply, without simulation."""

from .equilibria import equilibria, rest
from .fluctuations import membrane_deviation, noise_for_deviation

__all__ = ["equilibria", "membrane_deviation", "noise_for_deviation", "rest"]
