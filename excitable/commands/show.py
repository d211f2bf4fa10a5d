"""What is there: ``models``, and the programs in the ``cache``."""

import json
from pathlib import Path

from .options import add_command, add_model


def add(commands) -> None:
    """Add the commands."""
    models = add_command(
        commands, "models", show_models, "list the models, or show one with its equations",
        "excitable models connor_stevens",
    )  # fmt: skip
    add_model(models, optional=True)
    cache = add_command(
        commands, "cache", show_cache, "list or clear the compiled programs", "excitable cache"
    )
    cache.add_argument("--clear", action="store_true", help="delete all of them")


def show_models(options) -> int:
    """List the models with their variants, or print one."""
    from ..models import ZOO, find_model
    from ..models.zoo.textbook import TEXTBOOK

    if options.model:
        print(find_model(options.model))
        return 0
    models = [*ZOO, *TEXTBOOK]
    lines = [
        (mark + cell.name, cell.title)
        for model in models
        for mark, cell in [("", model), *(("  ", variant) for variant in model.variants.values())]
    ]
    width = max(len(name) for name, _ in lines)
    for name, title in lines:
        print(f"{name:<{width}}  {title}")
    return 0


def show_cache(options) -> int:
    """List the compiled programs, or delete them."""
    from ..simulation.backends.compiled import cache

    if options.clear:
        print(f"deleted {cache.clear()} programs from {cache.cache_folder()}")
        return 0
    for name, size, age in cache.entries():
        place = cache.cache_folder() / name
        print(f"{_made_for(place):<48} {size:6.1f} MiB  last used {age:.1f} days ago  {name}")
    print(cache.cache_folder())
    return 0


def _made_for(place: Path) -> str:
    """Return which run a program was compiled for; other models of the same text share it."""
    try:
        return json.loads((place / "manifest.json").read_text(encoding="utf-8"))["made_for"]
    except (OSError, ValueError, LookupError, TypeError):
        return "(does not say)"
