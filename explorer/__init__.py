"""The explorer: models, their equations running in a browser, in one page that needs no server."""

from .build import explorer_html, show, write_explorer
from .noise import frozen_noise

__all__ = ["explorer_html", "frozen_noise", "show", "write_explorer"]
