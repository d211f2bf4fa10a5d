"""Spikes and resets located inside the step, as Brian2 text.

Brian2 tests the threshold once a step, so a spike is known to one step only, and a reset acts at
the end of the step: every interval becomes a multiple of dt. Here the crossing is located inside
the step. For a model without reset that only refines the reported time. For a model with reset
the state is taken back to the crossing, reset there, held for the refractory period and carried
forward to the next point of the grid, each with a fourth-order Runge-Kutta step of its own: the
order of the method is kept across spikes. (Hansel, Mato, Meunier & Neltner 1998, Neural Comput.
10:467-483, show what is lost otherwise; they correct to second order by interpolation.)
"""

import re
from dataclasses import replace

import sympy as sp
from brian2.parsing.sympytools import str_to_sympy, sympy_to_str
from brian2.utils.stringtools import get_identifiers, word_substitute

from ...models.grouping import GroupText
from .runge_kutta import System, step
from .shared_exponentials import economical_system

# The monitored variable: time between the crossing and the end of the step in which it happened.
SINCE = "since_crossing"


def locate_spikes(text: GroupText) -> GroupText:
    """Return the group's text with spikes located inside the step.

    Noise has no crossing that interpolation could find: a stochastic group comes back unchanged.
    """
    if text.stochastic or not text.threshold:
        return text
    lines = f"{text.equations}\n{SINCE} : second"
    hold = bool(text.reset) and re.fullmatch(r"\w+", text.refractory) is not None
    if hold:
        lines += "\nhold : second"
    return replace(
        text,
        equations=lines,
        reset="\n".join(_reset(text, hold)),
        refractory="hold" if hold else text.refractory,
    )


def _gap(threshold: str) -> str:
    """Return text that is above zero where the threshold condition holds."""
    sides = re.fullmatch(r"\s*([^<>=]+)>=?([^<>=]+)", threshold)
    if sides is None:
        raise ValueError(f"threshold {threshold!r}: expected one comparison such as 'v > V_th'")
    return f"({sides[1].strip()}) - ({sides[2].strip()})"


def _opening(gap: str, parts: System, here: dict[str, str]) -> str:
    """Return the rate at which the gap opens, with the slopes that `here` names."""
    terms = []
    for name in sorted(get_identifiers(gap) & set(parts.rhs)):
        factor = sp.diff(str_to_sympy(gap), sp.Symbol(name, real=True))
        terms.append(f"({sympy_to_str(factor)})*({here[name]})")
    return " + ".join(terms)


def _reset(text: GroupText, hold: bool) -> list[str]:
    """Return the statements: locate the crossing; if there is a reset, carry it out there."""
    parts = economical_system(text.equations, text.namespace)
    gap = _gap(text.threshold)
    lines, at_crossing = _locate(parts, gap)
    if not text.reset:
        return lines
    lines += [
        *(f"{x} = {there}" for x, there in at_crossing.items()),
        *(s.strip() for s in re.split(r"[;\n]", text.reset) if s.strip()),
    ]
    if hold:
        lines += [
            f"held_steps = ceil(({text.refractory} - {SINCE})/dt)",
            f"remainder = held_steps*dt - ({text.refractory} - {SINCE})",
            "hold = (held_steps + 1)*dt",
        ]
        after, at_after = step(parts, "after", "(t + dt + held_steps*dt - remainder)", "remainder")
    else:
        after, at_after = step(parts, "after", f"(t + dt - {SINCE})", SINCE)
    return lines + after + [f"{x} = {end}" for x, end in at_after.items()]


def _locate(parts: System, gap: str) -> tuple[list[str], dict[str, str]]:
    """Return statements that set the time since the crossing, and the names of the state there.

    Two Newton steps on the state carried back in time: the first from the end of the step, the
    second from where the first led. The error left is of the order of the Runge-Kutta step's own.
    """
    back, at_back = step(parts, "back", "(t + dt)", "-since_0")
    crossing, at_crossing = step(parts, "crossing", "(t + dt)", f"-{SINCE}")
    slope = {x: f"slope_{x}_end_0" for x in parts.rhs}
    slope_back = {x: f"slope_{x}_there_0" for x in parts.rhs}
    lines = [
        *_slopes(parts, "end", "(t + dt)", {}),
        f"since_0 = clip(({gap})/({_opening(gap, parts, slope)}), 0*second, dt)",
        *back,
        *_slopes(parts, "there", "(t + dt - since_0)", at_back),
        f"{SINCE} = clip(since_0 + ({word_substitute(gap, at_back)})"
        f"/({_opening(gap, parts, slope_back)}), 0*second, dt)",
        *crossing,
    ]
    return lines, at_crossing


def _slopes(parts: System, tag: str, time: str, state: dict[str, str]) -> list[str]:
    """Return statements that evaluate all slopes at one state."""
    moved = System(
        {name: word_substitute(text, state) for name, text in parts.named.items()},
        {name: word_substitute(text, state) for name, text in parts.rhs.items()},
    )
    lines, _ = step(moved, tag, time, "dt", "euler")
    return lines[: -len(parts.rhs)]
