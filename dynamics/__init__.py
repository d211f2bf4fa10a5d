"""What a model's equations imply, without simulation."""

from .equilibria import equilibria, rest

__all__ = ["equilibria", "rest"]
