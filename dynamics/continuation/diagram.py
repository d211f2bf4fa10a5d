"""Bifurcation diagrams over one parameter: equilibria, cycles and all special points, as tables."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import cached_property

import numpy as np
import pandas as pd

from ...errors import InputError
from ...models.by_name import takes_names
from ...models.checks import check_name, check_quantity, unit_text
from ...models.ranges import towards_threshold
from ...models.text.expressions import calls
from ...models.units import column
from ...plain_checks import check_number
from ..equilibria import equilibria_at, reduction
from ..resets.reset_map import ResetMap
from ..resets.rounds import first_round
from ..resets.segments import ResetPoint, too_short
from .arclength import NoConvergence
from .cycles import CycleBranch, CyclePoint, Follower, follow
from .equilibrium_curves import (
    EquilibriumBranch,
    SpecialPoint,
    below_threshold,
    equilibrium_branches,
)
from .field import Field
from .long_periods import LongEnd, distance, long_end
from .simulated import simulated_cycle
from .tables import cycle_point_row, cycle_row, cycle_table, equilibrium_table, point_row

PROBES = 9  # parameter values at which all equilibria are looked for
SIMULATED = 5  # and at which a stable cycle is looked for, where none is known
# The columns of the tables beside those of the parameter and of the state.
OWN = ("branch", "kind", "type", "criticality", "stable", "unstable", "period_ms", "rate_Hz",
       "coefficient", "multiplier", "residual", "change", "distance", "growth")  # fmt: skip


@dataclass
class Diagram:
    """A bifurcation diagram.

    Attributes
    ----------
    model : NeuronModel
    parameter : str
    branches : DataFrame
        One row per point of a branch: ``branch``, ``kind`` ("equilibria", "cycles"), the
        parameter, ``stable``, ``unstable`` (how many eigenvalues or multipliers are), the least
        and greatest value of each variable, and of cycles ``period_ms``, ``rate_Hz``. Special
        points are among them (as stable as what they end), and the Hopf points of cycles.
    points : DataFrame
        One row per special point: ``type``, ``criticality``, the parameter, ``period_ms``,
        ``coefficient`` of the normal form (saddle-node: a; Hopf: first Lyapunov coefficient per
        ms), ``multiplier`` (the leading one of a cycle besides that of the flow), ``residual``,
        ``change`` under a finer mesh, and the state (of cycles: where its membrane is highest).
    notes : list of str
        Where a continuation stopped before the end of the range, and what else should be known.
    """

    model: object
    parameter: str
    field: Field
    low: float
    high: float
    curves: list[EquilibriumBranch]
    cycles: list[CycleBranch]
    ends: dict[int, LongEnd]
    notes: list[str] = dataclass_field(default_factory=list)
    jump: ResetMap | None = None

    def __repr__(self) -> str:
        special = [*(b.points for b in self.curves), *(b.special for b in self.cycles), self.ends]
        return (
            f"<Diagram of {self.model.name}, {self.parameter_column} from {self.low:g} to "
            f"{self.high:g}: {sum(map(len, special))} points, {len(self.curves)} branches of "
            f"equilibria and {len(self.cycles)} of cycles, {len(self.notes)} notes>"
        )

    @property
    def parameter_column(self) -> str:
        """Name of the parameter's column."""
        return column(self.parameter, self.field.free_units[0])

    @property
    def membrane_column(self) -> str:
        """Name of the membrane potential's column in `points`."""
        return column(self.model.membrane, self.field.units[self.field.membrane])

    @property
    def branches(self) -> pd.DataFrame:
        """See the class."""
        tables = [
            *(equilibrium_table(self, b) for b in self.curves),
            *(cycle_table(self, b) for b in self.cycles),
        ]
        for k, table in enumerate(tables):
            table.insert(0, "branch", k)
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    @property
    def points(self) -> pd.DataFrame:
        """See the class."""
        rows = []
        for k, curve in enumerate(self.curves):
            rows += [point_row(self, k, q.type, q.p, q.x, q.numbers) for q in curve.points]
        for k, branch in enumerate(self.cycles, start=len(self.curves)):
            rows += [cycle_point_row(self, k, s) for s in branch.special]
        for k, end in self.ends.items():
            place = k + len(self.curves)
            rows.append(point_row(self, place, end.type, end.p, end.x, end.numbers))
        own = ["type", "criticality", self.parameter_column, "period_ms", "coefficient",
               "multiplier", "residual", "change", "distance", "growth"]  # fmt: skip
        table = pd.DataFrame(rows)
        states = [column(n, u) for n, u in zip(self.field.names, self.field.units, strict=True)]
        table = table.reindex(columns=["branch", *own, *states])
        table = table.sort_values(self.parameter_column, kind="stable", ignore_index=True)
        return table.astype({"type": object, "criticality": object})

    def cycles_at(self, value) -> pd.DataFrame:
        """Return all cycles of the diagram at one value of the parameter, solved there.

        Parameters
        ----------
        value : Quantity

        Returns
        -------
        DataFrame
            One row per cycle, by period: ``period_ms``, ``rate_Hz``, ``stable``, ``multipliers``
            (the flow's own, 1, first), and extreme values of the membrane.
        """
        p = check_quantity(self.parameter, value, self.field.free_units[0], scalar=True)
        rows = [cycle_row(self, q) | {"multipliers": tuple(q.multipliers)}
                for q in self.orbits_at(p)]  # fmt: skip
        table = pd.DataFrame(rows)
        if len(rows):
            table = table.sort_values("period_ms", ignore_index=True)
        return table

    def rate_of(self, point: CyclePoint) -> float:
        """Return the rate of a cycle in Hz: of its spikes, or of a smooth one without, its rounds.

        Spikes of a smooth cycle are its upward crossings of the threshold.
        """
        own = point.spikes if isinstance(point, ResetPoint) else self._crossings(point)
        return 1000 * max(own, 1) / point.period

    def _crossings(self, point: CyclePoint) -> int:
        if self._threshold is None:
            return 0
        p = np.full((1, len(point.states)), point.p)
        over = np.broadcast_to(self._threshold.gap(point.states.T, p) > 0, len(point.states))
        return int((over & ~np.roll(over, 1)).sum())

    @cached_property
    def _threshold(self) -> ResetMap | None:
        return None if self.model.system.gap is None else self.jump or ResetMap(self.field)

    def orbits_at(self, p: float, branches: list[CycleBranch] | None = None) -> list[CyclePoint]:
        """Return the cycles (of all branches, or of some) at a value of the parameter."""
        found: list[CyclePoint] = []
        for branch in self.cycles if branches is None else branches:
            for point in _on_branch(branch, p):
                if not any(_same(point, q) for q in found):
                    found.append(point)
        return found


def _on_branch(branch: CycleBranch, p: float) -> Iterator[CyclePoint]:
    """Yield the cycles of a branch at a value of the parameter."""
    for a, b in zip(branch.points, branch.points[1:], strict=False):
        low, high = sorted((a.p, b.p))
        if low <= p <= high and low < high:
            yield from _between_at(branch.follower, a, b, p)
    for near, hopf in ((branch.points[0], branch.born), (branch.points[-1], branch.dies)):
        if hopf is not None and (near.p - p) * (hopf.p - p) < 0:
            yield from _beside_hopf(branch.follower, near, hopf, p)


def _same(a: CyclePoint, b: CyclePoint) -> bool:
    """Return whether two cycles are one: of one period and one extent."""
    extents = [np.ptp(q.states, axis=0) for q in (a, b)]
    same_period = abs(a.period / b.period - 1) < 1e-6
    return same_period and np.allclose(*extents, rtol=1e-2)


def _between_at(follower: Follower, a: CyclePoint, b: CyclePoint, p: float) -> list[CyclePoint]:
    """Return the cycle between two neighbours of a branch, on a mesh that fits it, if found."""
    reach = follower.distance(a, b.orbit)
    near = min((a, b), key=lambda q: abs(q.orbit.p - p))
    guesses = [replace(near.orbit, period=float(np.interp(p, *_ordered(a, b))))]
    x, period, dp = near.tangent
    if dp:
        along = (p - near.p) / dp
        guesses.insert(0, replace(near.orbit, x=near.orbit.x + along * x,
                                  period=near.orbit.period + along * period))  # fmt: skip
    for guess in [*guesses, None]:
        try:
            orbit = _crossed(follower, a, reach, p) if guess is None else guess
            point = follower.at_parameter(orbit, p)
            share = follower.distance(a, point.orbit) / reach
            if not -0.05 < share < 1.05:  # another one, on the other side of a fold
                continue
            finer = point.orbit.on(follower.adapted(point.orbit)).finer()
            return [follower.at_parameter(finer, p)]
        except (NoConvergence, np.linalg.LinAlgError):
            continue
    return []


def _beside_hopf(
    follower: Follower, near: CyclePoint, hopf: SpecialPoint, p: float
) -> list[CyclePoint]:
    """Return the cycle between the smallest one of a branch and its Hopf point, if it is found.

    Its size grows as the root of the distance, its centre and period with the distance.
    """
    share = (p - hopf.p) / (near.p - hopf.p)
    centre = near.states.mean(axis=0)
    moved = hopf.x + share * (centre - hopf.x)
    period = hopf.numbers["period_ms"]
    guess = replace(
        near.orbit,
        x=moved + np.sqrt(share) * (near.states - centre),
        period=period + share * (near.period - period),
    )
    try:
        found = follower.at_parameter(guess, p)
    except (NoConvergence, np.linalg.LinAlgError):
        return []
    sizes = [np.ptp(x / follower.scale, axis=0).max() for x in (found.states, guess.x)]
    return [found] if sizes[0] > 0.5 * sizes[1] else []  # or it is the equilibrium


def _ordered(a: CyclePoint, b: CyclePoint) -> tuple[list[float], list[float]]:
    """Return parameters and periods of two cycles, the lower parameter first."""
    first, second = sorted((a, b), key=lambda q: q.orbit.p)
    return [first.orbit.p, second.orbit.p], [first.orbit.period, second.orbit.period]


def _crossed(follower: Follower, a: CyclePoint, reach: float, p: float):
    """Return the orbit on the way from one to its neighbour at which a parameter has a value."""
    from scipy.optimize import brentq

    kept = {}

    def missing(distance: float) -> float:
        kept[distance] = follower.at(a, distance)[0].orbit if distance else a.orbit
        return kept[distance].p - p

    try:
        return kept[brentq(missing, 0.0, reach, xtol=1e-9 * abs(reach))]
    except (ValueError, KeyError) as error:
        raise NoConvergence(str(error)) from None


# --- making one ----------------------------------------------------------------------------------


@takes_names
def bifurcations(
    model,
    parameter: str = "I",
    values=None,
    *,
    I=None,
    cycles: bool = True,
    longest_period: float = 1000.0,
    report: Callable[[str], None] | None = None,
) -> Diagram:
    """Return the bifurcation diagram of a model over one parameter.

    Parameters
    ----------
    model : NeuronModel
        Without noise, explicit time or jumps.
    parameter : str
        The input (under the model's name for it, or "I") or a parameter.
    values : Quantity, shape (2,), optional
        From where to where; default: the parameter's range, or the input's and a fifth of it more,
        where the cell rests.
    I : Quantity, optional
        Constant input, where another parameter is varied; default 0.
    cycles : bool
        Follow periodic orbits too.
    longest_period : float
        In multiples of a branch's shortest period: where a branch is left that comes closer and
        closer to a saddle.
    report : callable, optional
        Is told in a sentence what is being done.

    Returns
    -------
    Diagram
        Branches and special points as tables. A continuation that could not go on is in `notes`,
        with what it found until then.

    Raises
    ------
    ValueError
        For an unknown parameter, a range that is empty or has the wrong unit, and a model that
        has no vector field with derivatives (noise, explicit time, jumps): the term is named.

    Notes
    -----
    Derivatives are exact. Equilibria: pseudo-arclength; cycles: orthogonal collocation of degree 4
    with a mesh that adapts, from every Hopf point, and from simulation where no equilibrium is
    stable. Special points are found again on a mesh twice as fine. Homoclinic orbits and SNICs are
    told apart by how the period grows and by the distance to the saddle or saddle-node.

    Examples
    --------
    >>> from brian2 import uA, cm
    >>> from excitable.models import HODGKIN_HUXLEY
    >>> found = bifurcations(HODGKIN_HUXLEY, "I", [0, 160]*uA/cm**2, cycles=False).points
    >>> found[["type", "I_uA_per_cm2"]].round(6).to_numpy().tolist()
    [['Hopf', 9.775438], ['Hopf', 154.522434]]
    """
    name, low, high, numbers = checked(model, parameter, values, I)
    check_number("longest_period", longest_period, above=1)
    say = report or (lambda text: None)
    field = Field(model, [name], {k: v for k, v in numbers.items() if k != name})
    jump = ResetMap(field) if model.system.reset else None
    field.columns(OWN)  # refuses a table that cannot be, before anything is followed
    diagram = Diagram(model, name, field, low, high, [], [], {}, jump=jump)
    _note_jumps(diagram)
    say(f"equilibria of {model.name}")
    starts = _starts(model, field, numbers, low, high)
    diagram.curves = equilibrium_branches(field, low, high, starts)
    if diagram.jump:
        diagram.curves = below_threshold(field, diagram.curves, high - low, diagram.jump.gap)
    diagram.notes += [f"equilibria: {b.end}" for b in diagram.curves if b.end]
    if not starts:
        diagram.notes.append("no equilibrium in this range")
    if cycles and field.n > 1:
        _follow_cycles(diagram, longest_period, say)
    if cycles and diagram.jump:
        follow_rounds(diagram, longest_period, say)
    return diagram


def usual_range(model, name: str):
    """Return a parameter's range, or the input's and a fifth of it more, where the cell rests."""
    if name == model.input:
        low, high = model.input_range
        rest = (high - low) / 5
        low, high = (low - rest, high) if towards_threshold(model) > 0 else (low, high + rest)
    elif model.parameters[name].range is None:
        raise InputError(f"{name}: has no range of its own; say from where to where")
    else:
        low, high = model.parameters[name].range
    return np.array([low, high]) * model.unit_of(name)


def checked(model, parameter: str, values, I) -> tuple[str, float, float, dict[str, float]]:
    """Return the parameter's own name, its range in its unit, and all values in SI units."""
    name = model.input if parameter == "I" and "I" not in model.parameters else parameter
    check_name("parameter", name, [model.input, *model.parameters])
    unit = model.unit_of(name)
    values = usual_range(model, name) if values is None else values
    numbers = np.atleast_1d(check_quantity(parameter, values, unit))
    if numbers.shape != (2,) or not numbers[0] < numbers[1]:
        raise InputError(
            f"{parameter}: expected a range such as [0, 10]*{unit_text(unit)}, its lower end "
            f"first, got {values}"
        )
    if name == model.input and I is not None:
        raise InputError(f"I: is what is varied here; leave I={I} out")
    given = 0.0 if I is None else check_quantity("I", I, model.input_unit, scalar=True)
    own = {**model.values, model.input: given * float(model.input_unit)}
    return name, float(numbers[0]), float(numbers[1]), own


def _starts(model, field: Field, numbers, low, high) -> list[tuple[np.ndarray, float]]:
    """Return all equilibria at several values of the parameter, in the field's units and order."""
    form = reduction(model)
    order = [(form.membrane, *form.others).index(x) for x in field.names]
    found = []
    for p in np.linspace(low, high, PROBES):
        own = {**numbers, field.free[0]: p * field.free_scale[0]}
        states, _ = equilibria_at(model, own)
        found += [(x[order] / field.scale, float(p)) for x in states]
    return found


def _note_jumps(diagram: Diagram) -> None:
    system = diagram.model.system
    texts = {**system.rhs, **system.parts()}
    rough = {n: calls(t) & {"int", "clip", "abs", "sign"} for n, t in texts.items()}
    for name, used in rough.items():
        if used:
            diagram.notes.append(
                f"{name} is made with {', '.join(sorted(used))}: where it switches, derivatives "
                "are one-sided and numbers less exact (see the column change)"
            )


def _follow_cycles(diagram: Diagram, longest: float, say) -> None:
    field = diagram.field
    follower = Follower(field, diagram.high - diagram.low)
    hopfs = [q for b in diagram.curves for q in b.points if q.type == "Hopf"]
    reached: list[SpecialPoint] = []
    for point in hopfs:
        if any(point is q for q in reached):
            continue
        say(f"cycles from the Hopf point at {point.p:.6g}")
        try:
            first = _first_cycle(follower, point)
        except (NoConvergence, np.linalg.LinAlgError) as error:
            diagram.notes.append(f"cycles from the Hopf point at {point.p:.6g}: {error}")
            continue
        branch = _followed(diagram, follower, first, f"Hopf {point.p:.6g}", longest)
        branch.born = point
        if branch.end == "Hopf":
            centre = branch.points[-1]
            others = [q for q in hopfs if q is not point] or [point]
            branch.dies = min(others, key=lambda q: distance(centre, q.x, follower.scale))
            reached.append(branch.dies)
    if not diagram.jump:
        _from_simulation(diagram, follower, longest, say)


def _first_cycle(follower: Follower, point: SpecialPoint) -> CyclePoint:
    for amplitude in (0.01, 0.05, 0.2, 0.002):
        try:
            return follower.from_hopf(point.x, point.p, amplitude)
        except NoConvergence:
            continue
    raise NoConvergence("no small cycle was found beside it")


def _followed(diagram: Diagram, follower, first, origin: str, longest: float) -> CycleBranch:
    low, high = diagram.low, diagram.high
    branch = follow(
        follower, first, low, high, origin=origin, longest_period=longest, ends=_end_of(diagram)
    )
    _keep(diagram, branch)
    return branch


def _end_of(diagram: Diagram) -> Callable:
    """Return what says why a branch ends at a point that the model itself cannot go beyond."""
    if diagram.jump is None:
        return lambda point: ""

    def ends(point: CyclePoint) -> str:
        if isinstance(point, ResetPoint):
            return too_short(diagram.jump, point)
        above = diagram.jump.gap(point.states.T, point.p)
        return "threshold" if np.max(above) > 0 else ""

    return ends


def follow_rounds(diagram: Diagram, longest: float, say) -> None:
    """Follow cycles through the reset, from the rhythms into which the cell falls by itself."""
    low, high = diagram.low, diagram.high
    for p in np.linspace(low, high, SIMULATED + 2)[-2:0:-1]:
        if _has_stable_cycle(diagram, p):
            continue
        say(f"a cycle through the reset at {p:.6g}")
        try:
            found = first_round(diagram.field, diagram.jump, float(p), high - low)
        except (NoConvergence, InputError) as error:
            diagram.notes.append(f"cycles through the reset at {p:.6g}: {error}")
            continue
        if found is not None:
            _both_ways(diagram, *found, f"simulation at {p:.6g}", longest)


def _keep(diagram: Diagram, branch: CycleBranch) -> None:
    diagram.cycles.append(branch)
    diagram.notes += [f"cycles from {branch.origin}: {note}" for note in branch.notes]
    if branch.end == "long":
        end = long_end(diagram.field, branch, diagram.curves)
        diagram.ends[len(diagram.cycles) - 1] = end
        if end.type == "long period":
            diagram.notes.append(
                f"cycles from {branch.origin}: left at {end.p:.6g} with a period of "
                f"{branch.points[-1].period:.4g} ms, which does not grow as towards a homoclinic "
                "orbit or a SNIC (bursts and canards are so long too); a larger longest_period "
                "follows them further"
            )
    elif branch.end.startswith("stopped"):
        diagram.notes.append(f"cycles from {branch.origin}: {branch.end}")


def _from_simulation(diagram: Diagram, follower: Follower, longest: float, say) -> None:
    """Look for stable cycles where neither a stable equilibrium nor a stable cycle is known."""
    low, high = diagram.low, diagram.high
    for p in np.linspace(low, high, SIMULATED + 2)[1:-1]:
        unstable = _unstable_state(diagram, p)
        if unstable is None or _has_stable_cycle(diagram, p):
            continue
        say(f"a cycle by simulation at {p:.6g}")
        start = unstable + 0.3 * follower.scale * np.eye(diagram.field.n)[diagram.field.membrane]
        found = simulated_cycle(diagram.field, float(p), start, high - low)
        if found is None:
            diagram.notes.append(f"at {p:.6g} neither a stable equilibrium nor a cycle was found")
            continue
        _both_ways(diagram, follower, found, f"simulation at {p:.6g}", longest)


def _both_ways(diagram: Diagram, follower, first: CyclePoint, origin: str, longest) -> None:
    """Follow a cycle up and down, if it is new: a simulation may stay on one that is unstable."""
    if any(_same(first, known) for known in diagram.orbits_at(first.p)):
        return
    x, period, slope = first.tangent
    back = replace(first, tangent=(-x, -period, -slope))
    for start in (first, back):
        _followed(diagram, follower, start, origin, longest)


def _unstable_state(diagram: Diagram, p: float) -> np.ndarray | None:
    """Return an equilibrium at a value of the parameter; None if there is a stable one, or none."""
    numbers = {**diagram.model.values, diagram.model.input: 0.0} | diagram.field.fixed
    numbers[diagram.parameter] = p * diagram.field.free_scale[0]
    states, eigenvalues = equilibria_at(diagram.model, numbers)
    if not len(states) or (eigenvalues.real.max(axis=1) < 0).any():
        return None
    form = reduction(diagram.model)
    order = [(form.membrane, *form.others).index(x) for x in diagram.field.names]
    return states[0][order] / diagram.field.scale


def _has_stable_cycle(diagram: Diagram, p: float) -> bool:
    for branch in diagram.cycles:
        for a, b in zip(branch.points, branch.points[1:], strict=False):
            low, high = sorted((a.p, b.p))
            if low <= p <= high and a.stable and b.stable:
                return True
    return False
