"""Local worker processes: each a fresh Python that runs one task after another on its main thread.

They are started here and not by multiprocessing for three reasons: the caller's script is not
imported again (so it needs no ``if __name__ == "__main__"``), a worker that dies fails its own task
and no other, and a worker ends, with the programs that it runs, when its parent is gone.
"""

import atexit
import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import cloudpickle

from ...errors import WorkerError

# The path first: `excitable` itself may be found on it only.
_START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from excitable.simulation.parallel.workers import serve
serve()
"""


_kept: list = []  # what workers were started with, and the workers


@atexit.register
def _stop_kept() -> None:
    if _kept:
        _kept[1].shutdown()


class Here(Executor):
    """An executor that runs a task at once, in this process."""

    def submit(self, function, /, *args) -> Future:
        """Run the task; return its finished future."""
        done: Future = Future()
        try:
            done.set_result(function(*args))
        except Exception as error:
            done.set_exception(error)
        return done


class LocalWorkers(Executor):
    """An executor on worker processes; leaving its block kills them, and what they run.

    Parameters
    ----------
    count : int
        Number of processes. They are started when there is work for them.
    """

    def __init__(self, count: int):
        self._threads = ThreadPoolExecutor(count)  # each waits for the answer of one process
        self._idle: queue.SimpleQueue = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)
        self._running: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def kept(cls, count: int) -> "LocalWorkers":
        """Return the workers that were kept last, if they are as many and nothing has changed.

        Starting a worker takes seconds, most of it the import of Brian2.
        """
        known = (count, os.getcwd(), dict(os.environ), list(sys.path))
        if _kept and (_kept[0] != known or _kept[1]._closed):
            _kept[1].shutdown()
            _kept.clear()
        if not _kept:
            _kept.extend((known, cls(count)))
        return _kept[1]

    def submit(self, function, /, *args) -> Future:
        """Send a task to the next idle process; functions of a script or notebook work too."""
        return self._threads.submit(self._call, cloudpickle.dumps((function, args)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """Kill the processes; tasks that have not ended do not end."""
        with self._lock:
            self._closed = True
            for worker in self._running:
                worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)  # their processes are gone
        for worker in self._running:
            worker.close()

    def _call(self, task: bytes):
        worker = self._idle.get()
        try:
            worker = worker or self._start()
            done, result = worker.call(task)
        except (EOFError, OSError, pickle.UnpicklingError):
            code = self._forget(worker)
            worker = None
            raise WorkerError(f"a worker process died (exit code {code}) at its task") from None
        finally:
            self._idle.put(worker)
        if not done:
            raise WorkerError(result)
        return result

    def _start(self) -> "_Worker":
        with self._lock:
            if self._closed:
                raise WorkerError("the workers have been stopped")
            worker = _Worker()
            self._running.add(worker)
        return worker

    def _forget(self, worker: "_Worker | None") -> int | None:
        if worker is None:
            return None
        with self._lock:
            if self._closed:
                return None
            self._running.discard(worker)
        code = worker.kill()
        worker.close()
        return code


class _Worker:
    """One process, at the other end of two pipes."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a group of its own: Ctrl-C is for the parent
        )
        pickle.dump(sys.path, self.process.stdin)

    def call(self, task: bytes):
        pickle.dump(task, self.process.stdin)
        self.process.stdin.flush()
        return pickle.load(self.process.stdout)

    def kill(self) -> int:
        """Kill the process and what it runs; return its exit code."""
        code = self.process.poll()
        kill_group(self.process.pid)
        self.process.kill()
        self.process.wait()
        return self.process.returncode if code is None else code

    def close(self) -> None:
        """Close the pipes to a process that is gone."""
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


def kill_group(leader: int) -> None:
    """Kill a process group, where the system has such a thing."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def end_with_parent() -> None:
    """End this process of multiprocessing, and what it runs, when its parent does.

    One that waits for work would wait for ever: it holds both ends of its own pipe.
    """

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def serve() -> None:
    """Run tasks from the standard input until it ends, which is when the parent does."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a task prints must not get between the answers
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(tasks,), daemon=True).start()
    while True:
        answer = _answer(tasks.get())
        answers.write(answer)
        answers.flush()


def _receive(tasks: queue.SimpleQueue) -> None:
    """Take in tasks while others run, so that the parent's end is noticed at once."""
    with contextlib.suppress(EOFError):
        while True:
            tasks.put(pickle.load(sys.stdin.buffer))
    kill_group(os.getpid())
    os._exit(1)


def _answer(task: bytes) -> bytes:
    try:
        function, args = pickle.loads(task)
        return pickle.dumps((True, function(*args)))
    except Exception as error:
        return pickle.dumps((False, f"{type(error).__name__}: {error}"))
