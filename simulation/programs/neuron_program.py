"""Compiled programs for users: other values in, a table out, again and again; without Brian2."""

import difflib
import json
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...analysis.trains.spikes import spike_table
from ...errors import InputError
from ...files import user_path
from ...plain_checks import check_readable, check_seed, listed_parts
from .. import results
from ..backends.compiled.program import Program
from ..input_rules import check_length, check_rules, check_sampling
from ..parallel import chunks
from ..recording import CELLS, CellsRecording, cells_recording, check_finite
from ..step_check import check_step
from .description import ProgramDescription, UnitEntry

BACKEND = "cpp_standalone"  # which makes programs
_MS = UnitEntry("ms", 1e-3, (0, 0, 1, 0, 0, 0, 0))


@dataclass(frozen=True)
class NeuronProgram:
    """A compiled model with its stimulus; made by `build`, or opened by `open_program`.

    Attributes
    ----------
    program : Program
    description : ProgramDescription
        Model, stimulus, and each number that can be set, with its unit, meaning and default.

    Notes
    -----
    Values are quantities, or plain numbers in the units in which the model states them
    (`description` has them); times are in ms. A value that is not given is the one that the
    program was built with.
    """

    program: Program
    description: ProgramDescription

    @property
    def n(self) -> int:
        """Number of neurons."""
        return self.description.n

    @property
    def folder(self) -> Path:
        """Where the program lies: what `open_program` takes."""
        return self.program.folder

    def __str__(self) -> str:
        about = self.description
        lines = [f"{about.title}: {self.n} neurons, {about.stimulus}"]
        for name, entry in about.values.items():
            each = "one per neuron" if entry.per_neuron else f"{entry.value:g}"
            lines.append(f"  {name:<14} {each:>14} {entry.unit:<10} {entry.meaning}")
        return "\n".join(lines)

    def run(
        self, *, seed=None, duration=None, discard=None, start=None, dt=None, **values
    ) -> pd.DataFrame:
        """Run once and return rates and spike-train measures.

        Parameters
        ----------
        seed : int, optional
            For noise; drawn, and kept in ``attrs``, where it is not given.
        duration, dt : optional
            Other than those the program was built with; in ms if plain numbers.
        discard : optional
            Beginning of the stimulus whose spikes do not count for the rate; default: a quarter
            of it.
        start : "rest", "initial" or dict of str to value, optional
            Where the cells begin; see `excitable.simulation.simulate`.
        **values : Quantity, float or array, shape (n,)
            By name. Those in ``vary=`` of `build` may differ between neurons; ``I`` is the
            stimulus's amplitude.

        Returns
        -------
        DataFrame
            One row per neuron: the varied values in their own units, ``I`` with ``I_unit``, then
            the columns of `excitable.protocols.fi_curve`, counted while the stimulus is on.
            ``attrs`` says how to redo it. Whether a silent neuron was on its way to a spike at
            the end (``"not at rest"``) is not looked for: a program knows no equations.

        Raises
        ------
        ValueError
            For an unknown name, a wrong shape or dimension, or a value that is not finite, before
            the program starts; for a model without a threshold.
        ProgramError
            If the program failed, or lost a part of its results.
        DivergenceError
            If the integration diverged.

        Warns
        -----
        CoarseStepWarning
            If half the step would give other intervals; see `excitable.simulation.step_check`.
        """
        if "spike_count" not in self.program.outputs:
            raise InputError(
                f"{self.description.model} has no threshold, so no spike of it is ever counted; "
                "give the model one and build again (`response` records it without)"
            )
        given, length, step, begin_state = self._checked(values, duration, dt, start)
        onset, begin, end = self._window(given, length, discard)
        found, seed = self._execute(given, length, step, begin_state, seed)
        measured = spike_table(
            found.spike_neuron, found.spike_ms, self.n, start=begin, end=end, onset=onset,
            dt_ms=found.dt_ms, one_trial=self.description.is_noisy,
        )  # fmt: skip
        columns = {name: np.broadcast_to(given[name], self.n) for name in self._columns()}
        if "I" in columns:
            columns["I_unit"] = self.description.input_unit
        table = pd.concat([pd.DataFrame(columns), measured.drop(columns="neuron")], axis=1)
        discarded = np.unique(np.broadcast_to(begin - onset, self.n)).tolist()
        table.attrs = self._attrs(given, length, step, start, seed) | {
            "discard_ms": discarded[0] if len(discarded) == 1 else discarded
        }
        return table

    def response(
        self, *, seed=None, duration=None, start=None, dt=None, **values
    ) -> results.Response:
        """Run once and return traces and spikes.

        Parameters
        ----------
        seed, duration, start, dt, **values
            As for `run`.

        Returns
        -------
        Response
            Traces of what ``record=`` of `build` named, and all spikes.

        Raises
        ------
        ValueError, ProgramError, DivergenceError
            As `run`.

        Warns
        -----
        CoarseStepWarning
            As `run`.
        """
        given, length, step, begin_state = self._checked(values, duration, dt, start)
        found, seed = self._execute(given, length, step, begin_state, seed)
        response = results.Response(
            traces=results.traces_frame(
                self.n,
                found.t_ms,
                found.traces,
                self.description.shown,
                self.description.input_unit,
            ),
            spikes=results.spikes_frame(found.spike_neuron, found.spike_ms),
        )
        about = self._attrs(given, length, step, start, seed)
        response.traces.attrs = about
        response.spikes.attrs = about
        return response

    # --- what goes in ------------------------------------------------------------------------

    def _checked(self, values, duration, dt, start) -> tuple[dict, float, float, dict | str]:
        """Return all values in their own units, duration and dt in ms, and the starting state."""
        given = given_values(self.description, values)
        length = self._time("duration", duration, self.description.duration_ms)
        step = self._time("dt", dt, self.description.dt_ms)
        if self.description.dt_is_fixed and step != self.description.dt_ms:
            raise InputError(
                f"dt: a recorded input fixes the step at {self.description.dt_ms:g} ms; build "
                "the program with another dt"
            )
        check_length(length, step)
        if self.description.record_dt_ms is not None:
            check_sampling(self.description.record_dt_ms, step)
        check_sense(self.description, given, step)
        return given, length, step, self._start(start)

    def _time(self, name: str, value, default: float) -> float:
        number = float(_plain(name, default if value is None else value, _MS, ()))
        if number <= 0:
            raise InputError(f"{name}: must be above zero, got {value}")
        return number

    def _start(self, start) -> dict | str:
        start = self.description.start if start is None else start
        if isinstance(start, Mapping):
            states = self.description.states
            return {
                name: _plain(f"start {name}", value, states[_known("state", name, states)],
                             (self.n,)) * states[name].factor
                for name, value in start.items()
            }  # fmt: skip
        _known("start", start, ("rest", "initial"))
        if start == "rest" and not self.description.has_rest:
            raise InputError(
                f"start 'rest': the resting state of {self.description.model} does not follow "
                "from its text; use start='initial'"
            )
        return start

    def _window(self, given: Mapping, length: float, discard):
        """Return onset, beginning of the counted time, and its end, in ms."""
        onset, offset = self.description.window_ms(given)
        end = np.minimum(offset, length)
        if np.any(onset >= end):
            raise InputError(
                f"duration: the run of {length:g} ms ends before the stimulus begins, at "
                f"{np.max(onset):g} ms; give a longer duration or an earlier onset"
            )
        if discard is None:
            begin = onset + (end - onset) / 4
        else:
            begin = onset + _plain("discard", discard, _MS, ())
        if np.any(begin < onset) or np.any(begin >= end):
            raise InputError(
                f"discard: must not be negative and lie below the time that the stimulus is on, "
                f"from {np.min(onset):g} to {np.max(end):g} ms; got {discard}"
            )
        return onset, begin, end

    # --- what is done, and what comes out ----------------------------------------------------

    def _execute(self, given, length, step, start, seed) -> tuple[CellsRecording, int | None]:
        """Run the program, and check it; return what it recorded and the seed."""
        about = self.description
        if seed is not None:
            seed = check_seed(seed)
        elif about.is_noisy:
            seed = secrets.randbits(32)

        def of_cell(k):
            each = {name: np.broadcast_to(given[name], self.n)[k] for name in self._columns()}
            return {name: (float(x), about.values[name].unit) for name, x in each.items()}

        recording = self._record(given, length, step, start, seed)
        check_finite(recording, about.model, of_cell)
        if not (about.is_noisy or about.dt_is_fixed):
            check_step(
                recording, length,
                lambda half, shorter: self._record(given, shorter, half, start, seed),
                who=about.model, of_cell=of_cell, compiled=True,
            )  # fmt: skip
        return recording, seed

    def _record(self, given, length, step, start, seed) -> CellsRecording:
        """Run the program once."""
        about, entries = self.description, self.description.values
        si = {e.input: given[name] * e.factor for name, e in entries.items()}
        single = {e.input for e in entries.values() if not e.per_neuron}
        states = start if isinstance(start, Mapping) else {}
        arrays = {k: x for k, x in si.items() if k not in single} | dict(states)
        count = chunks.count_chunks(self.n, self.program)
        found = chunks.execute(
            self.program,
            {name: np.broadcast_to(x, self.n) for name, x in arrays.items()},
            {name: float(si[name]) for name in single},
            self.n,
            length / 1e3,
            step / 1e3,
            start="initial" if isinstance(start, Mapping) else start,
            seeds=[seed] if count == 1 else chunks.seeds_of_chunks(seed, count),
            label=about.model,
        )
        return cells_recording(
            found, CELLS, self.n, about.states, about.record,
            method=about.method, dt_ms=step, backend=BACKEND, precision=about.precision,
            threads=self.program.threads, located=about.spikes == "located",
        )  # fmt: skip

    def _columns(self) -> list[str]:
        """Return the names that are columns of a table; the input comes last."""
        return sorted(self.description.varied, key=lambda name: name == "I")

    def _attrs(self, given, length, step, start, seed) -> dict:
        entries = self.description.values
        single = {name: float(x) for name, x in given.items() if name not in self._columns()}
        kept = ("model", "membrane", "stimulus", "method", "spikes")
        return {key: getattr(self.description, key) for key in kept} | {
            "protocol": "program",
            "program": str(self.folder),
            "parameters": single,
            "units": {name: entry.unit for name, entry in entries.items()},
            "I_unit": self.description.input_unit,
            "duration_ms": length,
            "dt_ms": step,
            "start": str(self.description.start if start is None else start),
            "seed": seed,
            "backend": BACKEND,
            "precision": self.description.precision,
            "threads": self.program.threads,
            "versions": {
                **self.description.versions,
                "numpy": np.__version__,
                "python": sys.version.split()[0],
            },
        }


def open_program(folder) -> NeuronProgram:
    """Return the program in a folder that `build` or `export` has made. Imports no Brian2.

    Parameters
    ----------
    folder : path

    Returns
    -------
    NeuronProgram

    Raises
    ------
    ValueError
        If there is no such program, it is an exported project that is not compiled yet, or was made
        by another version.
    """
    folder = user_path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: holds no program ({error})") from None
    if "neurons" not in manifest:
        raise InputError(f"{folder}: expected a program made by build() or export()")
    if not (folder / "main").exists():
        raise InputError(f"{folder}: is not compiled yet; run `make -C '{folder}'`")
    try:
        description = ProgramDescription.from_json(manifest["neurons"])
    except (KeyError, TypeError):
        raise InputError(
            f"{folder}: was made by another version of Excitable; build or export it again"
        ) from None
    return NeuronProgram(Program.open(folder), description)


def given_values(about: ProgramDescription, values: Mapping) -> dict[str, np.ndarray]:
    """Return all numbers of a program in their own units: those given, checked, and the defaults.

    Parameters
    ----------
    about : ProgramDescription
    values : dict of str to Quantity, float or array, shape (n,)

    Raises
    ------
    ValueError
        For an unknown name, a wrong shape or dimension, or a value that is not finite.
    """
    known = about.values
    given = {name: np.asarray(entry.value, float) for name, entry in known.items()}
    for name, value in values.items():
        name = about.aliases.get(name, name)
        entry = known[_known("parameter", name, known)]
        if not entry.per_neuron and np.ndim(value):
            raise InputError(
                f"{name}: expected one value, got shape {np.shape(value)}; to give each neuron its "
                f"own, build the program with vary=({name!r}, ...)"
            )
        given[name] = _plain(name, value, entry, (about.n,))
    return given


def check_sense(about: ProgramDescription, given: Mapping[str, np.ndarray], dt_ms: float) -> None:
    """Raise InputError for values that break one of a program's rules.

    Parameters
    ----------
    about : ProgramDescription
    given : dict of str to array
        All numbers in their own units, see `given_values`.
    dt_ms : float
        Step, ms.
    """
    si = {entry.input: given[name] * entry.factor for name, entry in about.values.items()}
    check_rules(about.rules, si, dt_ms / 1e3)


def _known(kind: str, name: str, known: Iterable[str]) -> str:
    """Return a known name; raise with the nearest one otherwise (models.checks needs Brian2)."""
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(str(name).lower(), [k.lower() for k in known], 1, 0.4)
    guess = next((f"; did you mean {k!r}?" for k in known if near and k.lower() == near[0]), ".")
    raise InputError(f"unknown {kind} {name!r}{guess} Known: {', '.join(known)}")


def _plain(name: str, value, entry: UnitEntry, shape: tuple[int, ...]) -> np.ndarray:
    """Return a value, or one of the given shape, as numbers in the entry's unit; checked."""
    check_readable(name, value)
    value = listed_parts(value)
    parts = value if isinstance(value, list | tuple) else [value]
    dimensions = {_dimensions(part) for part in parts}
    if dimensions - {None, entry.dimensions}:
        raise InputError(f"{name}: expected {entry.unit}, got {value!r}; check the unit")
    if len(dimensions) > 1:
        raise InputError(f"{name}: some values have a unit and some have none: {value!r}")
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected numbers in {entry.unit}, got {value!r}") from None
    if None not in dimensions:  # a Brian2 quantity: SI numbers
        numbers = numbers / entry.factor
    if numbers.shape not in ((), shape):
        wanted = "one value" + (f" or {shape[0]}, one per neuron" if shape else "")
        raise InputError(f"{name}: expected {wanted}, got shape {numbers.shape}")
    if not np.isfinite(numbers).all():
        raise InputError(f"{name}: holds NaN or infinite values; give finite ones")
    return numbers


def _dimensions(value) -> tuple | None:
    """Return the exponents of a Brian2 quantity's dimensions; None for a plain number."""
    exponents = getattr(getattr(value, "dim", None), "_dims", None)
    return None if exponents is None else tuple(float(x) for x in exponents)
