"""Worker processes: kept for the next call, as long as nothing has changed."""

import os
import threading

import pytest
from excitable.simulation.parallel.workers import LocalWorkers, WorkerError


def where_and_who() -> tuple[int, str, str]:
    print("this must not get between the answers")
    thread = "main" if threading.current_thread() is threading.main_thread() else "other"
    return os.getpid(), os.environ.get("EXCITABLE_TEST", ""), thread


def test_kept_workers_are_the_same_until_the_environment_changes(monkeypatch):
    first = LocalWorkers.kept(1).submit(where_and_who).result()
    assert first[0] != os.getpid()
    assert first[2] == "main"  # where Brian2 wants to be imported
    assert LocalWorkers.kept(1).submit(where_and_who).result() == first
    monkeypatch.setenv("EXCITABLE_TEST", "changed")
    second = LocalWorkers.kept(1)
    assert second.submit(where_and_who).result()[1] == "changed"
    second.shutdown()


def test_errors_come_back_as_text_and_the_worker_goes_on():
    with LocalWorkers(1) as workers:
        with pytest.raises(WorkerError, match="ZeroDivisionError: division by zero"):
            workers.submit(lambda: 1 / 0).result()
        with pytest.raises(WorkerError, match="pickle"):
            workers.submit(lambda: threading.Lock()).result()
        assert workers.submit(lambda: 2).result() == 2
