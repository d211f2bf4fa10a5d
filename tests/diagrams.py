"""Bifurcation diagrams that several tests read, each made once in a process."""

from functools import lru_cache

from brian2 import cm, msiemens, uA
from excitable.dynamics import Diagram, bifurcations
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY

DENSITY, CONDUCTANCE = uA / cm**2, msiemens / cm**2


def connor_stevens(factor: float):
    """The Connor-Stevens cell with a multiple of its A-current."""
    return CONNOR_STEVENS.with_(g_A=47.7 * factor * CONDUCTANCE)


@lru_cache
def connor_stevens_diagram(factor: float) -> Diagram:
    """Return its diagram over the input."""
    return bifurcations(connor_stevens(factor), "I", [-20, 200] * DENSITY)


@lru_cache
def squid_diagram() -> Diagram:
    """Return the squid axon's diagram over the input."""
    return bifurcations(HODGKIN_HUXLEY, "I", [0, 160] * DENSITY)
