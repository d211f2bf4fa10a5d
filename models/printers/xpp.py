"""A system as an XPPAUT file (``.ode``): ms and mV, one line an equation.

Reference: B. Ermentrout 2002, Simulating, Analyzing, and Animating Dynamical Systems, SIAM, and
the manual of XPPAUT 8.0. Names there are short and do not tell capitals from small letters.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from brian2 import Quantity, Unit, ms

from .. import grouping, validation
from ..checks import check_positive, check_quantity, dimension_text, tidy, unit_text
from ..grouping import BrianText
from ..initial import initial_state
from ..system import FREE, System
from ..text.expressions import depends, expanded, names, substitute
from ..units import display_unit
from .c_like import CannotPrint, Dialect, written
from .coherent import CoherentUnits
from .edges import system_at_edges

_LONGEST_NAME = 9  # of XPPAUT 5; more is cut off, and two names may become one
_LONGEST_LINE = 900
# Time that is left of a refractory period in ms; far below 0 while there is none, so that no
# stage of a step takes one for the other.
_IDLE = -1000
_LEFT = "refr"
_WAITING, _FREE = f"{_LEFT}>({_IDLE // 2})", f"{_LEFT} < {_IDLE // 2}"
_DIFFUSE = re.compile(r"[^A-Za-z0-9_]")
_RESERVED = frozenset(
    "sin cos tan asin acos atan atan2 sinh cosh tanh exp ln log log10 sqrt abs heav sign mod max "
    "min flr ceil ran normal besselj bessely bessi erf erfc lgamma hom_bcs delay del_shft shift "
    "ishift delshft hom_bcs poisson int if then else not pi t sum of i' set par init aux done "
    "number wiener markov table global bdry solv solve volt special options export only param "
    "p arg1 arg2 arg3 arg4 arg5 arg6 arg7 arg8 arg9 exprel "
    f"{_LEFT}".split()
)


@dataclass(frozen=True)
class _Xpp(Dialect):
    def number(self, value: float) -> str:
        """Return a number as text, exactly."""
        return repr(float(value)).removesuffix(".0")

    def raised(self, base: str, exponent: str) -> str:
        """Return a power."""
        return "^".join(x if re.fullmatch(r"\w+", x) else f"({x})" for x in (base, exponent))


XPP = _Xpp(
    functions={
        **{
            f: f
            for f in [
                "exp",
                "log10",
                "sqrt",
                "sin",
                "cos",
                "tan",
                "sinh",
                "cosh",
                "tanh",
                "abs",
                "ceil",
                "sign",
                "exprel",
            ]
        },
        "log": "ln",
        "arcsin": "asin",
        "arccos": "acos",
        "arctan": "atan",
        "floor": "flr",
        "smooth_exprel": "exprel",
        "expm1": "(({0})*exprel({0}))",
        "log1p": "ln(1 + ({0}))",
        "clip": "max({1}, min({0}, {2}))",
    },
    power="",
    modulo="mod({}, {})",
    whole="(sign({0})*flr(abs({0})))",
    infinity="1e300",
    both="&",
    either="|",
    negation="(not({}))",
    comparison="({})",
    choice="({})",
    true="1",
    false="0",
    sign="(-{})",
    largest_product=1,
    compared=4,  # XPPAUT compares before it raises, divides or adds what stands further right
)
_EXPREL = (
    "# (exp(x) - 1)/x, finite at 0\n"
    "exprel(x)=if(abs(x)<0.05)then(1+x/2*(1+x/3*(1+x/4*(1+x/5*(1+x/6*(1+x/7*(1+x/8)))))))"
    "else((exp(x)-1)/x)"
)


def xpp_text(
    model, given=None, *, duration: Quantity = 200 * ms, dt: Quantity | None = None
) -> str:
    """Return a model as the text of an XPPAUT file.

    Parameters
    ----------
    model : NeuronModel
    given : Quantity, str or Stimulus, optional
        The input. A value, or nothing (0), becomes a parameter that XPPAUT can change and continue
        in; text may depend on ``t``.
    duration, dt : Quantity
        How long XPPAUT integrates, and its step; default: the model's.

    Returns
    -------
    str
        Time is in ms; a potential in mV; everything else in the unit in which the model shows it.

    Raises
    ------
    CannotPrint
        For what XPPAUT cannot express; the message names it.

    Examples
    --------
    >>> from brian2 import nA
    >>> from excitable.models import LIF
    >>> print([line for line in xpp_text(LIF, 2*nA).splitlines() if line.startswith("v'")][0])
    v'=((refr < ((-500))))*((E_L - v + R*I)/tau)
    """
    length = check_positive("duration", duration, ms)
    step = float(model.dt / ms) if dt is None else check_positive("dt", dt, ms)
    return _File(model, *_driven(model, given)).text(tidy(length), tidy(step))


def _driven(model, given) -> tuple[System, BrianText | None, float | None]:
    """Return the system, what drives it, and the value of an input that is a constant."""
    if not (isinstance(given, str) or hasattr(given, "text")):
        unit = model.input_unit
        value = 0.0 if given is None else check_quantity(model.input, given, unit, scalar=True)
        return model.system, None, tidy(value)
    if isinstance(given, str):
        validation.check_input_text(model, given)
    text = grouping.describe(model, 1, given)
    return text.system, text, None


class _File:
    """The lines of a file."""

    def __init__(self, model, system: System, driven: BrianText | None, constant: float | None):
        self.model, self.system, self.driven = model, system_at_edges(system), driven
        self.values = {name: (p.value, p.unit) for name, p in model.parameters.items()}
        if constant is not None:
            self.values[model.input] = (constant, model.input_unit)
        if driven is not None:
            self.values |= self._driving()
        shown = {x: self._unit(x) for x in (*system.rhs, *system.named)}
        everything = {**shown, **{k: unit for k, (_, unit) in self.values.items()}}
        first = {x: everything[x] for x in (model.membrane, model.input)}
        self.units = CoherentUnits.of({**first, **everything, "t": ms, _LEFT: Unit(1)})
        noises = sorted({xi for drives in system.noise.values() for xi in drives})
        self.noises = {xi: f"noise{k or ''}" for k, xi in enumerate(noises)}
        self.names = short_names([*everything, *self.noises.values()])
        self._check()

    def _driving(self) -> dict[str, tuple[float, Unit]]:
        own = {k: v for k, v in self.driven.values.items() if k not in self.model.parameters}
        quantities = {k: v for k, v in self.driven.namespace.items() if k in own}
        found = {}
        for name, value in quantities.items():
            unit = display_unit(Quantity(value), self.model.input_unit)
            found[name] = (tidy(float(value) / float(unit)), unit)
        return found

    def _unit(self, name: str) -> Unit:
        if name in self.system.booleans:
            return Unit(1)
        return display_unit(self.system.dims[name], self.model.input_unit)

    def _check(self) -> None:
        system, rule = self.system, self.system.refractory
        name = self.model.name
        if system.random:
            raise CannotPrint(f"{name}: XPPAUT draws random numbers otherwise ({system.random})")
        if rule.kind == "time" and depends(rule.text, system.rhs, system.named):
            raise CannotPrint(
                f"{name}: a refractory period that changes with the state ({rule.text!r}) has no "
                "counterpart in XPPAUT"
            )
        acts = system.reset and rule.text != system.threshold  # that of crossings is XPPAUT's own
        if rule.kind == "condition" and (acts or system.held or self._asks_freedom()):
            raise CannotPrint(
                f"{name}: a refractory condition ({rule.text!r}) that changes the dynamics has no "
                "counterpart in XPPAUT; a refractory time has"
            )
        if system.reset and self._fires_at_once():
            raise CannotPrint(
                f"{name}: the spike condition {system.threshold!r} holds at the initial values, "
                "and XPPAUT fires at crossings only; start below it"
            )

    def _asks_freedom(self) -> bool:
        texts = [*self.system.rhs.values(), *self.system.named.values()]
        return any(FREE in names(text) for text in texts)

    @property
    def _waits(self) -> bool:
        """Whether the file has to keep the time that is left of a refractory period."""
        used = self.system.reset or self.system.held or self._asks_freedom()
        return bool(self.system.refractory.kind == "time" and self.system.threshold and used)

    # --- expressions -------------------------------------------------------------------------

    def write(self, text: str, unit: Unit | None = None) -> str:
        """Return an expression as XPPAUT has it, in a unit."""
        try:
            own = {**self.names, **{x: self.noises[x] for x in self.noises}}
            own |= {"t": "t", _LEFT: _LEFT}
            return written(self.units.rewritten(text, unit), own, XPP)
        except CannotPrint as error:
            raise CannotPrint(f"{self.model.name}: {error}") from None

    def _free(self, text: str) -> str:
        return substitute(text, {FREE: f"({_FREE})" if self._waits else "True"})

    def _alone(self, text: str) -> str:
        """Return an expression without named parts, which events do not see."""
        return self._free(expanded(text, self.system.named, lambda name: True))

    def _slope(self, x: str) -> str:
        text = self._free(self.system.rhs[x])
        if self._waits and x in self.system.held:
            text = f"int({_FREE})*({text})"
        for xi, factor in self.system.noise.get(x, {}).items():
            text = f"{text} + ({self._free(factor)})*{xi}"
        return self.write(text, self._unit(x))

    # --- lines -------------------------------------------------------------------------------

    def text(self, duration: float, dt: float) -> str:
        lines = [
            *self._heading(),
            *(f"par {self.names[k]}={XPP.number(v)}" for k, (v, _) in self.values.items()),
            "",
            *(f"{self.names[k]}={self.write(self._free(text), self._unit(k))}"
              for k, text in self.system.named.items()),
            *(f"{self.names[x]}'={self._slope(x)}" for x in self.system.rhs),
            *(f"wiener {noise}" for noise in self.noises.values()),
            *self._events(),
            "",
            *self._initial(),
            *self._options(duration, dt),
            "done",
            "",
        ]  # fmt: skip
        if any("exprel(" in line for line in lines):
            lines.insert(lines.index(""), _EXPREL)
        long = next((x for x in lines if len(x) > _LONGEST_LINE and not x.startswith("#")), None)
        if long:
            raise CannotPrint(
                f"{self.model.name}: {long.partition('=')[0]!r} needs {len(long)} characters, more "
                f"than XPPAUT reads in a line; give a part of it a name of its own"
            )
        return "\n".join(lines)

    def _heading(self) -> list[str]:
        model = self.model
        title = " ".join(model.title.split())
        rows = [
            f"# {title}",
            "# time in ms",
            *(f"# {' '.join(r.split())}" for r in model.references),
        ]
        for name in self.units.units:
            if name not in self.names:
                continue
            unit = unit_text(self.units.units[name])
            meaning = model.parameters[name].meaning if name in model.parameters else ""
            short = self.names[name]
            renamed = f" (in the model: {name})" if short != name else ""
            rows.append(
                f"# {short}: {'no unit' if unit == '1' else unit}{renamed}  {meaning}".rstrip()
            )
        if self.system.threshold:
            rows.append(f"# a spike: {' '.join(self.system.threshold.split())}")
        return [*rows, ""]

    def _events(self) -> list[str]:
        system = self.system
        if not system.threshold or not (system.reset or self._waits):
            return []
        gap = self._gap()
        after = {x: self._alone(text) for x, text in system.after_reset().items() if text != x}
        new = {self.names[x]: self.write(text, self._unit(x)) for x, text in after.items()}
        if not self._waits:
            return [_event(1, gap, new)]
        period = self.write(self._alone(system.refractory.text), ms)
        again = f"if(({period})>0)then({period})else({_IDLE})"
        released = {
            x: f"if(({gap})>0)then({text})else({x})" for x, text in new.items()
        }  # fmt: skip
        start = f"if({_WAITING})then(-1)else({gap})"
        return [
            f"# {_LEFT}: time that is left of the refractory period, {_IDLE} when there is none",
            f"{_LEFT}'=if({_WAITING})then(-1)else({_IDLE}-{_LEFT})",
            _event(1, start, {**new, _LEFT: again}),
            _event(-1, _LEFT, {**released, _LEFT: f"if(({gap})>0)then({again})else({_IDLE})"}),
        ]

    def _gap(self) -> str:
        if self.system.gap is None:
            raise CannotPrint(f"{self.model.name}: the spike condition is drawn at random")
        return self.system.gap.combined(
            lambda text: self.write(self._alone(text)), "min({}, {})", "max({}, {})"
        )

    def _state(self) -> dict[str, float]:
        driven = {} if self.driven is None else self.driven.values
        found = initial_state(self.model, driven)
        return {x: float(np.ravel(found.get(x, 0.0))[0]) for x in self.system.rhs}

    def _fires_at_once(self) -> bool:
        system, state = self.system, self._state()
        if (
            not system.threshold
            or system.gap is None
            or depends(system.threshold, ["t"], system.named)
        ):
            return False
        values = {k: value * float(unit) for k, (value, unit) in self.values.items()}
        arguments = {**state, **values, "t": 0.0, FREE: True}
        return bool(system.function(list(arguments), [system.threshold])(*arguments.values())[0])

    def _initial(self) -> list[str]:
        rows = [
            f"init {self.names[x]}={XPP.number(tidy(value / float(self._unit(x))))}"
            for x, value in self._state().items()
        ]
        return [*rows, *([f"init {_LEFT}={_IDLE}"] if self._waits else [])]

    def _options(self, duration: float, dt: float) -> list[str]:
        method = "euler" if self.noises else "rungekutta"
        stored = int(duration / dt) + 100
        return [
            f"@ total={duration:g}, dt={dt!r}, meth={method}, bound=1000000, maxstor={stored}",
            f"@ xp=t, yp={self.names[self.model.membrane]}, xlo=0, xhi={duration:g}, "
            + ("ylo=-100, yhi=60" if self._in_millivolts() else "ylo=-10, yhi=10"),
        ]

    def _in_millivolts(self) -> bool:
        return dimension_text(self.system.dims[self.model.membrane]) == "V"


def _event(sign: int, condition: str, new: Mapping[str, str]) -> str:
    return f"global {sign} {condition} {{{';'.join(f'{x}={text}' for x, text in new.items())}}}"


def short_names(given: Iterable[str]) -> dict[str, str]:
    """Return names that XPPAUT tells apart: short, no capitals needed, none that it keeps.

    Examples
    --------
    >>> short_names(["I_A", "i_a", "exp", "I_persistent_Na"])
    {'I_A': 'I_A', 'i_a': 'i_a_2', 'exp': 'exp_2', 'I_persistent_Na': 'I_persist'}
    """
    found: dict[str, str] = {}
    taken = set(_RESERVED)
    for name in given:
        plain = _DIFFUSE.sub("", name)
        plain = plain if plain[:1].isalpha() else f"x{plain}"
        short, number = plain[:_LONGEST_NAME], 1
        while short.lower() in taken:
            number += 1
            short = f"{plain[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
        taken.add(short.lower())
        found[name] = short
    return found
