"""Spikes and resets located inside the step, as Brian2 text.

Brian2 tests the threshold once a step, so a spike is known to one step only, and a reset acts at
the end of the step: every interval becomes a multiple of dt. Here the crossing is located inside
the step. For a model without reset that only refines the reported time. For a model with reset
the state is taken back to the crossing, reset there, held for the refractory period and carried
forward to the next point of the grid, each with a fourth-order Runge-Kutta step of its own: the
order of the method is kept across spikes. (Hansel, Mato, Meunier & Neltner 1998, Neural Comput.
10:467-483, show what is lost otherwise; they correct to second order by interpolation.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from brian2.utils.stringtools import word_substitute

from ...errors import InputError
from ...models.grouping import BrianText, CustomEvent
from ...models.system import FREE, System
from ...models.text.expressions import NoDerivative, depends, expanded, needed, substitute
from ...models.text.step_parts import STEP_BEGIN, at_begin, at_end, at_time, edges
from .runge_kutta import RightHandSides, step
from .shared_exponentials import economical
from .upstroke import anticipated, runs_away, to_threshold

# The monitored variable: time between the crossing and the end of the step in which it happened.
SINCE = "since_crossing"
# The time between the last jump of the spike condition in the step and its end; at most dt.
JUMP = "since__jump"
# How long a cell is held, as a multiple of dt from the beginning of the spike's step; how far into
# the step then the refractory period ends; whether that is still to come; when it ends.
HOLD, REST, PENDING, END = "hold", "hold__rest", "hold__pending", "hold__end"


def locate_spikes(
    text: BrianText, first: Mapping[str, np.ndarray], *, ahead: bool | None = None
) -> BrianText:
    """Return the group's text with spikes located inside the step.

    Noise has no crossing that interpolation could find: a stochastic group comes back unchanged.

    Parameters
    ----------
    text : BrianText
    first : dict of str to float or array, shape (n,)
        The state at time 0, by which is told whether a step can follow the upstroke.
    ahead : bool, optional
        Whether cells that are about to run away are carried to the threshold; default: if a step
        cannot follow them, see `upstroke.runs_away`.

    Raises
    ------
    ValueError
        For a refractory period that changes with the state.
    """
    if text.system.stochastic or text.system.random or text.system.gap is None:
        return text
    return _Located(text, runs_away(text, first) if ahead is None else ahead).text()


class _Located:
    """The statements of a group, as they are put together."""

    def __init__(self, group: BrianText, runs_away: bool):
        self.runs_away = runs_away
        self.group, self.system = group, group.system
        self.condition = _Condition.of(group.system)
        self.free = economical(self.system, holding=False)
        self.rule = self.system.refractory
        self.timed = self.rule.kind == "time"
        if self.timed and depends(self.rule.text, self.system.rhs, self.system.named):
            raise InputError(
                f"{self.system.name}: the refractory period {self.rule.text!r} changes with the "
                "state, so its end cannot be located inside a step; use spikes='grid'"
            )
        holding = self.system.slopes(holding=True)
        still = all(slope == "0" for slope in holding.values())
        # Where nothing moves while it lasts, the state can jump to its end at once.
        self.jumps = self.timed and still and bool(self.system.reset)
        self.released = self.timed and not self.jumps
        self.holding = economical(self.system, holding=True) if self.system.held else self.free
        if FREE in str(self.system.rhs) + str(self.system.named):
            self.holding = economical(self.system, holding=True)

    def text(self) -> BrianText:
        lines = [self.group.equations, f"{SINCE} : second"]
        if self.timed:
            lines.append(f"{HOLD} : second")
        if self.released:
            lines += [f"{REST} : second", f"{PENDING} : boolean", f"{END} : second"]
        return replace(
            self.group,
            equations="\n".join(lines),
            threshold=self.threshold(),
            reset="\n".join(self.statements()),
            refractory=HOLD if self.timed else self.group.refractory,
            events={"release": self.release()} if self.released else {},
        )

    def threshold(self) -> str:
        """Return the condition at the end of the step, where Brian2 has the state but not yet t."""
        text, named = self.condition.end.threshold, self.system.named
        if self.runs_away:
            return anticipated(replace(self.group, threshold=text))
        if not depends(text, ["t"], named):
            return text
        whole = expanded(text, named, lambda name: depends(name, ["t"], named))
        return substitute(whole, {"t": "t + dt"})

    def statements(self) -> list[str]:
        """Return what a spike does: locate the crossing; carry the reset out there, if any."""
        lines = []
        if self.released:  # what waited for the end of the period crosses then, at the earliest
            lines.append(f"reach__ = clip(t + dt - {END}, 0*second, dt)")
        reach = "reach__" if lines else "dt"
        if self.runs_away:  # does nothing to a cell that is above the threshold already
            ahead, there = to_threshold(self.condition.end, self.free)
            lines += [*ahead, *(f"{x} = {end}" for x, end in there.items())]
        crossing, at_crossing = _locate(self.free, self.condition, reach)
        lines += crossing
        if self.system.reset:
            lines += [f"{x} = {there}" for x, there in at_crossing.items()]
            if self.runs_away:
                lines.append(f"{SINCE} = {SINCE} - ahead__")
            lines += [
                str(replace(statement, right=self.at_crossing(statement.right)))
                for statement in self.system.reset
            ]
        if self.jumps:
            return lines + self.jump()
        if self.released:
            return lines + self.hold()
        if self.system.reset:
            lines += self.advance(self.free, "after", f"(t + dt - {SINCE})", SINCE)
        return lines

    def at_crossing(self, text: str) -> str:
        """Return what a reset or a period asks for at the crossing; Brian2's t is before that."""
        clock, named = ("t", "t_in_timesteps"), self.system.named
        if not depends(text, clock, named):
            return text
        whole = expanded(text, named, lambda name: depends(name, clock, named))
        return at_time(whole, f"(t + dt - {SINCE})")

    def jump(self) -> list[str]:
        """Return statements that put a cell where it is when it moves again."""
        return [
            f"left__ = {self.at_crossing(self.rule.text)} - {SINCE}",
            # None for a crossing at the very beginning of the step, not one less.
            "held__steps = clip(ceil(left__/dt), 0, 1e9)",
            "remainder__ = held__steps*dt - left__",
            f"{HOLD} = (held__steps + 1)*dt",
            *self.advance(
                self.free,
                "after",
                "(t + dt + held__steps*dt - remainder__)",
                "remainder__",
                "held__steps",
            ),
        ]

    def hold(self) -> list[str]:
        """Return statements that carry a cell, part of which moves on, to the end of the step."""
        lines = [f"period__ = {self.at_crossing(self.rule.text)}"]
        if self.system.reset:
            lines += [
                f"held__part = clip({SINCE}, -1e3*dt*int(period__ > 0*second), period__)",
                *self.advance(self.holding, "held", f"(t + dt - {SINCE})", "held__part"),
                f"free__part = {SINCE} - held__part",
                *self.advance(self.free, "after", "(t + dt - free__part)", "free__part"),
            ]
        return [
            *lines,
            f"left__ = clip(period__ - {SINCE}, 0*second, 1e9*second)",
            "whole__steps = floor(left__/dt)",
            f"{HOLD} = (whole__steps + 1)*dt",
            f"{REST} = left__ - whole__steps*dt",
            f"{PENDING} = left__ > 0*second",
            f"{END} = t + {HOLD} + {REST}",
        ]

    def release(self) -> CustomEvent:
        """Return what happens at the beginning of the step inside which the period ends.

        The cell is put where it would have to be at the beginning of that step, were it free, to
        arrive where it does: held to the end of the period, and free from there.
        """
        condition = f"{PENDING} and timestep(t - lastspike, dt) + 1 >= timestep({HOLD}, dt)"
        lines = []
        if self.system.reset:
            lines += self.advance(self.holding, "release", "(t + dt)", REST, "1")
            lines += self.advance(self.free, "undone", f"(t + dt + {REST})", f"(-{REST})", "1")
        return CustomEvent(condition, "\n".join([*lines, f"{PENDING} = False"]))

    def advance(
        self, parts: RightHandSides, tag: str, start: str, h: str, later: str = ""
    ) -> list[str]:
        lines, at_end = step(parts, tag, start, h, later=later)
        return lines + [f"{x} = {end}" for x, end in at_end.items() if end != x]


@dataclass(frozen=True)
class _Condition:
    """The spike condition inside a step, in which the input or a timed array may jump.

    The equations see the mean over the step; a condition holds or not at a time.

    Attributes
    ----------
    end, begin : System
        With the condition as it is at the end of the step, and at its beginning.
    edges : tuple of str
        When it may jump.
    """

    end: System
    begin: System
    edges: tuple[str, ...]

    @classmethod
    def of(cls, system: System) -> "_Condition":
        """Return the condition of a system, with what it needs of such parts written out."""
        named = system.named

        def jumps(name: str) -> bool:
            return any(edges(text) for text in needed([name], named).values())

        text = expanded(system.threshold, named, jumps)
        found = edges(text)
        if not found:
            return cls(system, system, ())
        return cls(
            replace(system, threshold=at_end(text)),
            replace(system, threshold=at_begin(text)),
            tuple(found),
        )

    def last_jump(self) -> list[str]:
        """Return statements that set the time since the last jump, if there may be one."""
        if not self.edges:
            return []
        lines, last = [], "dt"
        for k, edge in enumerate(self.edges):
            part, before, last = f"part__edge_{k}", last, f"{JUMP}_{k}"
            lines += [
                f"{part} = part_after({STEP_BEGIN}, dt, {edge})",
                f"{last} = clip(dt*({part} + int({part} <= 0)), 0*second, {before})",
            ]
        return [*lines, f"{JUMP} = {last}"]

    def since(self, before: str, tag: str, state: dict[str, str], reach: str):
        """Return statements, and text of the time since the condition began to hold; see `_newton`.

        What holds at the end of the step began to hold at the last jump, at the earliest; unless
        it did before that jump, as the condition was then. Of several that must hold together the
        last to become true counts, of alternatives the first one.
        """
        lines, since = _newton(self.end, before, tag, "", state, reach)
        if self.edges:
            earlier, then = _newton(self.begin, before, tag, "_begin", state, reach)
            lines += earlier
            for k, (leaf, old) in enumerate(zip(since, then.values(), strict=True)):
                sooner, new = f"sooner__{tag}_{k}", f"clip({since[leaf]}, 0*second, {JUMP})"
                lines += [
                    f"{sooner} = int({old} > {JUMP})",
                    f"since__{tag}_last_{k} = {sooner}*{old} + (1 - {sooner})*{new}",
                ]
                since[leaf] = f"since__{tag}_last_{k}"
        smaller, larger = "clip({}, 0*second, {})", f"clip({{}}, {{}}, {reach})"
        return lines, self.end.gap.combined(since.__getitem__, smaller, larger)


def _locate(
    parts: RightHandSides, condition: _Condition, reach: str
) -> tuple[list[str], dict[str, str]]:
    """Return statements that set the time since the crossing, and the names of the state there.

    Two Newton steps on the state carried back in time: the first from the end of the step, the
    second from where the first led. The error left is of the order of the Runge-Kutta step's own.
    """
    back, at_back = step(parts, "back", "(t + dt)", "-since__0")
    crossing, at_crossing = step(parts, "crossing", "(t + dt)", f"-{SINCE}")
    there = {**at_back, "t": "(t + dt - since__0)"}
    first, since_0 = condition.since("", "end", {"t": "(t + dt)"}, reach)
    second, since = condition.since("since__0 + ", "there", there, reach)
    lines = [
        *condition.last_jump(),
        *_slopes(parts, "end", "(t + dt)", {}),
        *first,
        f"since__0 = {since_0}",
        *back,
        *_slopes(parts, "there", "(t + dt - since__0)", at_back),
        *second,
        f"{SINCE} = {since}",
        *crossing,
    ]
    return lines, at_crossing


def _newton(
    system: System, before: str, where: str, seen: str, state: dict[str, str], reach: str
) -> tuple[list[str], dict[str, str]]:
    """Return statements, and for each leaf of the gap the name of the time since it opened.

    By Newton's step from the state that has the tag `where`, with the condition that has the tag
    `seen`.
    """
    slopes = {x: f"slope__{x}__{where}_0" for x in system.rhs}
    tag = where + seen
    lines, since = [], {}
    for k, leaf in enumerate(system.gap.leaves):
        rates, rate = _rate_of(system, leaf, slopes)
        own = state | {name: f"{name}__{tag}_{k}" for name in rates}
        used = needed([leaf, rate, *rates.values()], system.named)
        for name in used:
            own[name] = f"{name}__{tag}_at_{k}"
        lines += [f"{own[n]} = {word_substitute(text, own)}" for n, text in (used | rates).items()]
        here, speed = word_substitute(leaf, own), word_substitute(rate, own)
        lines.append(f"gap__{tag}_{k} = {here}")
        if not before:
            holds = ">=" if leaf in system.gap.closed_leaves else ">"
            lines.append(f"holds{seen}__{k} = int(sign(gap__{tag}_{k}) {holds} 0)")
        lines += _since_one(k, tag, f"holds{seen}__{k}", before, speed, reach)
        since[leaf] = f"since__{tag}_{k}"
    return lines, since


def _rate_of(system: System, leaf: str, slopes: dict[str, str]) -> tuple[dict[str, str], str]:
    try:
        return system.rate_of(leaf, slopes)
    except NoDerivative as error:
        raise InputError(
            f"{system.name}: when its spike condition begins to hold cannot be located inside a "
            f"step: {error}; use spikes='grid'"
        ) from None


def _since_one(k: int, tag: str, holds: str, before: str, speed: str, reach: str) -> list[str]:
    """Return statements for one of several conditions: for how long in this step it has held.

    That is 0 where it does not hold at the end, and the whole step where it is no more approached.
    """
    if speed == "0":  # it only jumps
        return [f"since__{tag}_{k} = {holds}*{reach}"]
    newton = f"{before}time_open(gap__{tag}_{k}, speed__{tag}_{k})"
    return [
        f"speed__{tag}_{k} = {speed}",
        f"since__{tag}_{k} = {holds}*clip({newton}, 0*second, {reach})",
    ]


def _slopes(parts: RightHandSides, tag: str, time: str, state: dict[str, str]) -> list[str]:
    """Return statements that evaluate all slopes at one state."""
    moved = RightHandSides(
        {name: word_substitute(text, state) for name, text in parts.named.items()},
        {name: word_substitute(text, state) for name, text in parts.rhs.items()},
    )
    lines, _ = step(moved, tag, time, "dt", "euler")
    return lines[: -len(parts.rhs)]
