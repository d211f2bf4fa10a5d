"""Names that `simulation.plan` has now."""

from ..plan import Cells, Operation, Pathway, Plan, Population, Projection, Recorded

NetworkPlan = Plan

__all__ = ["Cells", "NetworkPlan", "Operation", "Pathway", "Population", "Projection", "Recorded"]
