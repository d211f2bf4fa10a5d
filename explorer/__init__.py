"""The explorer: models, their equations running in a browser, in one page that needs no server."""

from .build import explorer_html, show, write_explorer
from .diagrams import cycle_diagrams
from .noise import frozen_noise

__all__ = ["cycle_diagrams", "explorer_html", "frozen_noise", "show", "write_explorer"]
