"""Pages: ``explore`` writes the explorer, ``run`` the studies and their report."""

from . import options as o


def add(commands) -> None:
    """Add the commands."""
    from ..experiments.options import add_arguments

    explore = o.add_command(
        commands, "explore", make_explorer,
        "write the explorer, a page on which models run, and open it in the browser",
        "excitable explore connor_stevens --out my_page.html",
    )  # fmt: skip
    o.add_model(explore, optional=True)
    explore.add_argument("--out", default="explorer.html", help="file or folder")
    explore.add_argument(
        "--diagrams", action="store_true", help="with bifurcation diagrams, half a minute of work"
    )
    explore.add_argument("--no-open", action="store_true", help="only write the page")
    run = o.add_command(
        commands, "run", run_studies, "run studies and write their report",
        "excitable run lif_practical --quick",
    )  # fmt: skip
    add_arguments(run)


def make_explorer(options) -> int:
    """Write the explorer and open it."""
    import webbrowser

    from ..explorer.build import found_model, write_explorer
    from ..explorer.diagrams import cycle_diagrams
    from ..models import ZOO

    models, python = found_model(options.model) if options.model else ((), "")
    shown = {m.name: m for m in [*ZOO, *models]}.values()
    diagrams = cycle_diagrams(shown) if options.diagrams else None
    path = write_explorer(options.out, *models, python=python, diagrams=diagrams)
    print(f"wrote {path}")
    if not options.no_open:
        webbrowser.open(path.resolve().as_uri())
    return 0


def run_studies(options) -> int:
    """Run studies."""
    from ..experiments.runner import run

    return run(options)
