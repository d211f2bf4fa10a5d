"""A compiled program: run it with other values, again and again. Needs numpy, not Brian2."""

import json
import math
import os
import re
import signal
import subprocess
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....errors import InputError, ProgramError
from ...parallel.machine import cores
from ...scratch import Scratch


class _FilesAreWanted(ProgramError):
    """A run whose files say what went wrong."""


DTYPES = {"float64": np.float64, "float32": np.float32, "int32": np.int32, "bool": np.int8}


@dataclass(frozen=True)
class Program:
    """A folder with a compiled simulation and its ``manifest.json``.

    Attributes
    ----------
    folder : Path
    inputs : dict
        For each value that can be set: ``{"variable": "cells.g_A", "shape": [n] or [], ...}``.
    outputs : dict
        For each result: ``{"file": ..., "dtype": ..., "shape": ...}``; of one whose sum is the
        size of a dimension, ``"counts"`` names that.
    sizes : dict of str to int
        The dimensions whose size is known before the run.
    threads : int
        Number of OpenMP threads that it starts.
    """

    folder: Path
    inputs: Mapping[str, dict]
    outputs: Mapping[str, dict]
    sizes: Mapping[str, int]
    threads: int

    @classmethod
    def open(cls, folder) -> "Program":
        """Return the program in a folder."""
        folder = Path(folder).resolve()
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return cls(
            folder, **{key: manifest[key] for key in ("inputs", "outputs", "sizes", "threads")}
        )

    @property
    def n(self) -> int:
        """Number of neurons in a program of one group."""
        return self.sizes["neurons"]

    def execute(
        self,
        values: Mapping[str, np.ndarray | float],
        duration: float,
        dt: float,
        *,
        start: str = "",
        seed: int | None = None,
        report: Callable[[float], None] | None = None,
    ) -> dict[str, np.ndarray]:
        """Run once.

        Parameters
        ----------
        values : dict of str to float or array, shape (n,)
            In SI units; inputs that are not given keep the value 0.
        duration, dt : float
            In seconds.
        start : {"", "rest", "initial"}
            Where those state variables begin that are not in `values`, in a program that can find
            it by itself; empty: at 0.
        seed : int, optional
            Default: drawn by the operating system.
        report : callable, optional
            Called with the fraction that is done, about five times a second.

        Returns
        -------
        dict of str to array

        Raises
        ------
        ValueError
            For an unknown name, a wrong shape, or a value that is not finite: the program itself
            would go on silently with the old value.
        ProgramError
            If the program failed, complained, stopped early or lost a file.
        """
        checked = {name: self._checked(name, value) for name, value in values.items()}
        held = Scratch()
        results = held.folder
        environment = self._environment(duration, dt, start, seed, report)
        try:
            arguments = ["--results_dir", f"{results}/", *self._write_inputs(results, checked)]
            messages, code = self._start(arguments, environment, report)
            return self._read(results, messages, code)
        except _FilesAreWanted as error:
            raise ProgramError(f"{error}; its files are in {held.keep()}") from None
        finally:
            held.close()

    def _environment(self, duration, dt, start, seed, report) -> dict[str, str]:
        """Return what tells the program how to run."""
        environment = dict(
            os.environ,
            EXCITABLE_DURATION=repr(float(duration)),  # repr of a numpy number is no number
            EXCITABLE_DT=repr(float(dt)),
            EXCITABLE_START=start,
            EXCITABLE_END_WITH_PARENT=str(os.getpid()),  # a killed script leaves no program running
        )
        if seed is not None:
            environment["EXCITABLE_SEED"] = str(seed)
        if report is not None:
            environment["EXCITABLE_PROGRESS"] = "1"
        if self.threads == cores():  # else the system may start two threads on one core
            environment.setdefault("OMP_PROC_BIND", "true")
        return environment

    def _write_inputs(self, results: Path, values: Mapping[str, np.ndarray]) -> list[str]:
        """Write a file per input; return the arguments that name them."""
        try:
            for name, value in values.items():
                (results / f"in_{name}").write_bytes(value.tobytes())
        except OSError as error:
            raise ProgramError(f"the inputs of a program cannot be written: {error}") from error
        return [f"{self.inputs[name]['variable']}={results}/in_{name}" for name in values]

    def _checked(self, name: str, value) -> np.ndarray:
        if name not in self.inputs:
            raise InputError(f"unknown input {name!r}; known: {', '.join(self.inputs)}")
        about = self.inputs[name]
        array = np.asarray(value, dtype=DTYPES[about["dtype"]])
        shape = tuple(about["shape"])
        if array.shape not in (shape, ()):
            raise InputError(f"input {name}: expected shape {shape}, got {array.shape}")
        if not np.isfinite(array).all():
            raise InputError(f"input {name}: holds NaN or infinite values; give finite ones")
        # A file for a single value too: text such as ".5" is silently not read.
        return np.ascontiguousarray(np.broadcast_to(array, shape or (1,)))

    def _start(self, arguments, environment, report) -> tuple[str, int]:
        """Run the binary from its own folder, which is where it looks for its static arrays."""
        messages = []
        with self._process(arguments, environment) as process:
            try:
                for line in process.stdout:
                    progress = re.match(r"@progress ([\d.]+)", line)
                    if progress and report is not None:
                        report(float(progress[1]))
                    elif line.startswith("@note "):
                        warnings.warn(line.removeprefix("@note ").strip(), stacklevel=6)
                    elif not progress:
                        messages.append(line)
            except BaseException:
                process.kill()
                raise
        if process.returncode == -signal.SIGINT:  # Ctrl-C ends all that the terminal runs
            raise KeyboardInterrupt
        return "".join(messages), process.returncode

    def _process(self, arguments, environment) -> subprocess.Popen:
        try:
            return subprocess.Popen(
                ["./main", *arguments], cwd=self.folder, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        except FileNotFoundError:
            remedy = "it is gone, perhaps with a cache that was cleared; build or open it again"
        except PermissionError:
            remedy = (
                "no program may be started from there (a disk that is mounted noexec?); choose "
                "another folder, for the cache with the environment variable EXCITABLE_CACHE"
            )
        except OSError as error:
            remedy = f"{error.strerror or error}; build it again on this machine"
        raise ProgramError(f"the program in {self.folder} could not be started: {remedy}")

    def _read(self, results: Path, messages: str, code: int) -> dict[str, np.ndarray]:
        if code or messages.strip() or not (results / "complete").exists():
            if "disk full?" in messages:  # what was kept would keep it full
                raise ProgramError(
                    f"the program in {self.folder} could not write its results to "
                    f"{results.parent}, and they were deleted; is the disk full? It said: "
                    f"{messages.strip()}"
                )
            killed = code == -getattr(signal, "SIGKILL", 0) and "nothing; is there no memory left?"
            said = messages.strip() or killed or "nothing, but it did not finish"
            raise _FilesAreWanted(
                f"the program in {self.folder} ended with code {code} and said: {said}"
            )
        found = {}
        for name, about in self.outputs.items():
            file = results / about["file"]
            if not file.exists():
                raise _FilesAreWanted(f"the program wrote no {file.name}")
            found[name] = np.fromfile(file, dtype=DTYPES[about["dtype"]])
        sizes = self._check_sizes(found)
        for name, about in self.outputs.items():
            if len(about["shape"]) == 2:  # one row per sample in the file
                found[name] = found[name].reshape(-1, sizes[about["shape"][1]]).T
        return found

    def _check_sizes(self, found: Mapping[str, np.ndarray]) -> dict[str, int]:
        """Raise if a result is shorter or longer than the others say: a lost or truncated file."""
        sizes = dict(self.sizes)
        for name, about in self.outputs.items():
            if "counts" in about:
                sizes[about["counts"]] = int(found[name].sum())
        for name, about in self.outputs.items():
            size, shape = found[name].size, about["shape"]
            if len(shape) == 1:  # where nothing else says it, the first result does
                sizes.setdefault(shape[0], size)
            expected = math.prod(d if isinstance(d, int) else sizes[d] for d in shape)
            if size != expected:
                raise _FilesAreWanted(
                    f"result {name} has {size} values where {expected} were expected"
                )
        return sizes
