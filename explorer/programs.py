"""A model's equations and the toolkit's own steps of them as JavaScript functions.

Nothing is formulated here: the steps, the location of spikes, the upstrokes are the statements that
the engines are given, printed in another language. So the page does what they do.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from brian2 import Function, second

from ..errors import InputError
from ..models import grouping
from ..models.grouping import BrianText, InputText
from ..models.initial import initial_texts
from ..models.printers.c_like import CannotPrint
from ..models.printers.javascript import javascript_expression
from ..models.steady import steady_states
from ..models.system import FREE
from ..models.text.expressions import NoDerivative, names, needed
from ..models.text.statements import assignments
from ..models.text.step_parts import STEP_BEGIN
from ..models.units import base_unit
from ..simulation.methods import HALF_STEPS, STEPS, half_steps
from ..simulation.methods.shared_exponentials import economical
from ..simulation.methods.upstroke import RUNAWAY, upstroke_of, with_anticipation
from ..simulation.methods.within_step import END, HOLD, PENDING, REST, SINCE, locate_spikes

# What a cell carries from step to step beside its state: places in the array `m`.
MEMORY = (SINCE, HOLD, REST, PENDING, END, "lastspike")
METHODS = ("euler", "rk4")
ARGUMENTS = "t, x, p, free, begin, h, input"
_CLOCK = {"t": "t", FREE: "free", "dt": "h", "step_begin": "begin", "t_in_timesteps": "(begin/h)"}
_INPUT = "page_input"


class _PageInput:
    """The input as a function that the page hands over."""

    def text(self, model, n, dt) -> InputText:
        unit = base_unit(model.input_unit)
        call = Function(
            lambda t, begin, dt: t, arg_units=[second] * 3, return_unit=model.input_unit
        )
        line = f"{model.input} = {_INPUT}(t, {STEP_BEGIN}, dt) : {unit}"
        return InputText(line, namespace={_INPUT: call})


def program_text(model) -> str:
    """Return a model's functions as the text of one JavaScript object.

    Parameters
    ----------
    model : NeuronModel

    Raises
    ------
    CannotPrint
        (a ValueError) for noise, recordings and functions of the user's own; the message names
        them.

    Examples
    --------
    >>> from excitable.models import LIF
    >>> "refractory: null" in program_text(LIF.with_(refractory=None))
    True
    """
    return _Program(model).text()


class _Program:
    """The functions of one model."""

    def __init__(self, model):
        self.model = model
        if model.system.draws:
            raise CannotPrint(
                f"{model.name}: {model.system.draws} cannot go on the page; leave that out, and "
                "add the block 'noise' to the stimulus there"
            )
        if model.functions:
            raise CannotPrint(
                f"{model.name}: the functions {sorted(model.functions)} exist in Python only"
            )
        self.driven = grouping.describe(model, 1, _PageInput(), method="rk4")
        self.system = self.driven.system
        # Local variables of each function, which `_function` reads from `x` and `p`.
        self.states = {x: f"x{k}" for k, x in enumerate(self.system.rhs)}
        self.parameters = {name: f"p{k}" for k, name in enumerate(model.parameters)}
        self.used: set[str] = set()

    def text(self) -> str:
        located = self.located(ahead=False)
        parts = {
            "steps": self.steps(),
            "slopes": self.slopes(),
            "evaluate": self.named(),
            "initial": self.initial(),
            "steady": self.steady(),
            "jacobian": self.jacobian(),
            "fires": self.value(self.driven.threshold),
            "firesLocated": self.value(located.threshold if located else ""),
            "reset": self.statements(self.driven.reset),
            "locate": self.statements(located.reset if located else "", "m"),
            "refractory": self.value(self.system.refractory.text),
            "kind": _string(self.system.refractory.kind),
            "release": self.release(located),
            "ahead": self.ahead(),
            "timed": "true" if self.model.system.timed else "false",
        }
        return "{" + ",\n".join(f"{name}: {text}" for name, text in parts.items()) + "}"

    def located(self, ahead: bool) -> BrianText | None:
        """Return the text with spikes inside the step; None where they cannot be located."""
        if self.system.gap is None:
            return None
        try:
            return locate_spikes(self.driven, {}, ahead=ahead)
        except InputError:  # a refractory period that changes with the state
            return None

    # --- the functions -------------------------------------------------------------------------

    def steps(self) -> str:
        """Return one step of each method; they change `x`."""
        parts = economical(self.system)
        found = {}
        for name in METHODS:
            lines, results = STEPS[name](parts)
            found[name] = [*lines, *(f"{x} = {end}" for x, end in results.items() if x != end)]
        if {"v", "u"} == set(self.system.rhs):
            found[HALF_STEPS] = half_steps(self.system).splitlines()
        texts = (f"{name}: {self.statements(lines)}" for name, lines in found.items())
        return "{" + ",\n".join(texts) + "}"

    def slopes(self) -> str:
        parts = economical(self.system)
        results = {f"out[{k}]": text for k, text in enumerate(parts.rhs.values())}
        return self.values(results, parts.named, "out")

    def named(self) -> str:
        """Return what evaluates the named currents and rates, in the model's order."""
        results = {f"out[{k}]": name for k, name in enumerate(self.model.system.named)}
        return self.values(results, self.system.named, "out") if results else "null"

    def initial(self) -> str:
        """Return what gives the initial state, of the initial values that are numbers."""
        _, statements = initial_texts(self.model)
        given = {
            x: f"first[{k}]"
            for k, x in enumerate(self.system.rhs)
            if not isinstance(self.model.initial.get(x, 0.0), str)
        }
        lines = [f"{name} = {text}" for name, text in statements.items() if name not in given]
        fixed = {"t": "0.0", "dt": repr(float(self.model.dt)), self.model.input: "0.0"}
        known = {**self.parameters, **fixed, **given}
        body = self._lines(lines, known, {})
        result = ", ".join(known[x] for x in self.system.rhs)
        return self._function("p, first", f"{body} return [{result}];")

    def steady(self) -> str:
        """Return what gives all other variables at rest at a potential; null without one."""
        system, v = self.model.system, self.model.membrane
        found = steady_states(system, [v])
        if found.left:
            return "null"
        results = {f"out[{k}]": x for k, x in enumerate(system.rhs) if x != v}
        known = {**self.parameters, v: "v", self.model.input: "I", "t": "0.0", FREE: "true"}
        body = self._body(results, found.statements, known)
        return self._function("v, I, p, out", body)

    def jacobian(self) -> str:
        """Return what writes all derivatives row by row; null where one is not known."""
        try:
            parts, entries = self.system.jacobian()
        except NoDerivative:
            return "null"
        results = {
            f"out[{k * len(self.states) + j}]": entries.get((x, y), "0.0")
            for k, x in enumerate(self.states)
            for j, y in enumerate(self.states)
        }
        return self.values(results, {**self.system.parts(), **parts}, "out")

    def release(self, located: BrianText | None) -> str:
        if located is None or "release" not in located.events:
            return "null"
        event = located.events["release"]
        condition = self.value(event.condition, "m")
        return f"[{condition}, {self.statements(event.statements, 'm')}]"

    def ahead(self) -> str:
        """Return what carries an upstroke to the threshold; null for a cell that has none."""
        found = upstroke_of(self.system)
        text = found and self.located(ahead=True)
        if not text:
            return "null"
        parts = {
            "way": self.value(found.way),
            "growth": self.value(found.growth),
            "limit": repr(RUNAWAY),
            "fires": self.value(text.threshold),
            "firesOnGrid": self.value(with_anticipation(self.driven, {}, ahead=True).threshold),
            "locate": self.statements(text.reset, "m"),
        }
        return "{" + ",\n".join(f"{name}: {text}" for name, text in parts.items()) + "}"

    # --- their text ----------------------------------------------------------------------------

    def value(self, text: str, more: str = "") -> str:
        """Return a function that returns one expression."""
        if not text:
            return "null"
        known = self._known()
        parts = needed([text], self.system.named)
        body = self._lines([f"{n} = {part}" for n, part in parts.items()], known, {})
        return self._function(
            _joined(ARGUMENTS, more), f"{body} return {self._write(text, known)};"
        )

    def values(self, results: Mapping[str, str], named: Mapping[str, str], more: str) -> str:
        """Return a function that writes expressions to their targets."""
        return self._function(_joined(ARGUMENTS, more), self._body(results, named, self._known()))

    def statements(self, lines: str | Sequence[str], more: str = "") -> str:
        """Return a function that carries out Brian2 statements on the state."""
        lines = lines.splitlines() if isinstance(lines, str) else lines
        if not lines:
            return "null"
        body = self._lines(lines, self._known(), self.system.named)
        changed = {s.target for line in lines for s in assignments(line)}
        ends = [f" x[{k}] = x{k};" for k, x in enumerate(self.states) if x in changed]
        self.used |= changed & set(self.states)
        return self._function(_joined(ARGUMENTS, more), body + "".join(ends))

    def _function(self, arguments: str, body: str) -> str:
        """Return a function whose body may use the states and parameters by their local names."""
        own = {
            f"{kind}{k} = {kind}[{k}]"
            for kind, all_ in (("x", self.states), ("p", self.parameters))
            for k, name in enumerate(all_)
            if name in self.used and kind in arguments.split(", ")
        }
        self.used = set()
        start = f" let {', '.join(sorted(own))};" if own else ""
        return f"({arguments}) => {{{start}{body}}}"

    def _known(self) -> dict[str, str]:
        memory = {name: f"m[{k}]" for k, name in enumerate(MEMORY)}
        return {**memory, **_CLOCK, **self.parameters, **self.states}

    def _body(self, results, named, known) -> str:
        parts = needed(results.values(), named)
        body = self._lines([f"{n} = {text}" for n, text in parts.items()], known, {})
        ends = "".join(f" {target} = {self._write(x, known)};" for target, x in results.items())
        return body + ends

    def _lines(self, lines: Iterable[str], known: dict[str, str], named: Mapping[str, str]) -> str:
        """Return statements; what they name anew is added to `known`.

        What the text names is evaluated afresh for each statement that uses it, since those before
        it may have changed the state.
        """
        fresh = (f"${k}" for k in count())
        found = []

        def assign(target: str, value: str, own: dict[str, str]) -> None:
            right = self._write(value, own)
            new = target not in own
            if new:
                own[target] = next(fresh)
            found.append(f" {'let ' if new else ''}{own[target]} = {right};")

        for statement in (s for line in lines for s in assignments(line)):
            own = dict(known)
            unknown = {n: text for n, text in named.items() if n not in known}
            for name, text in needed([statement.value], unknown).items():
                assign(name, text, own)
            assign(statement.target, statement.value, own)
            known[statement.target] = own[statement.target]
        return "".join(found)

    def _write(self, text: str, known: Mapping[str, str]) -> str:
        self.used |= names(text)
        try:
            return javascript_expression(text, known, {_INPUT: "input"})
        except CannotPrint as error:
            raise CannotPrint(f"{self.model.name}: {error}") from None


def _joined(*arguments: str) -> str:
    return ", ".join(a for a in arguments if a)


def _string(text: str) -> str:
    return f'"{text}"'
