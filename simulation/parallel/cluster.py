"""A dask cluster as an executor (extra ``cluster``)."""

from collections.abc import Callable
from concurrent.futures import Executor

from distributed import Client, WorkerPlugin


class ImportBrian2(WorkerPlugin):
    """Import Brian2 on the main thread of every worker, of those that join later too.

    Brian2 installs a signal handler when it is imported, which other threads may not; tasks run on
    other threads, plugins are set up on the main one.
    """

    name = "excitable-imports-brian2"

    def setup(self, worker) -> None:
        """Import it."""
        import brian2  # noqa: F401


def executor_of(client: Client) -> tuple[Executor, Callable[[], int]]:
    """Return an executor, and a function that says how many tasks to hand over at once."""
    client.register_plugin(ImportBrian2())
    # Two per thread, so that none waits for the next; clusters grow and shrink.
    return client.get_executor(pure=False), lambda: 2 * max(1, sum(client.nthreads().values()))
