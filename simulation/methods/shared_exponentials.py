"""One exponential where equation text has several of the same variable.

The rates of a conductance model are exponentials of the membrane potential, and their slopes are
often small multiples of one another: of the squid axon's six, 1/(10 mV) three times, 1/(20 mV) and
1/(80 mV) are powers of one. An exponential costs as much as some twenty multiplications, so the
text that a step is made of has the base as a named part, and the others are products of it:
``exp(k*A + b) = exp(b)*exp(A)**k``, to rounding.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from brian2.core.namespace import DEFAULT_UNITS
from brian2.utils.stringtools import get_identifiers

from ...models.system import System
from ...models.text.remembered import remembered
from .runge_kutta import RightHandSides, right_hand_sides

# A power multiplies the base's rounding error: eight exponentials' worth is still nothing.
LARGEST_POWER = 8
# Largest exponent of a factor exp(b). A power of the base then leaves the range of float32 only
# where the exponential itself is above exp(88 - 40) or below exp(40 - 87): no rate of any neuron.
LARGEST_OFFSET = 40
# What a division costs, and a multiplication, in exponentials.
DIVISION, MULTIPLICATION = 0.5, 0.05

_SHARED = ("exp", "smooth_exprel")


@dataclass(frozen=True)
class Exponent:
    """What is in the brackets of an exponential: ``slope*x + offset``, exactly.

    Attributes
    ----------
    variable : tuple
        The state variable `x`, and multiples of other names that shift it: exponentials can be
        shared where these agree.
    slope, offset : Fraction
        Per SI unit of `x`, and without unit.
    text : str
    """

    variable: tuple
    slope: Fraction
    offset: Fraction
    text: str


@dataclass(frozen=True)
class Base:
    """An exponential and the power of it that each slope needs."""

    of: Exponent
    divisor: int
    powers: dict[Fraction, int]

    def offset(self, member: Exponent) -> Fraction:
        """Return b of ``exp(member) = exp(b)*base**k``."""
        return member.offset - self.powers[member.slope] * self.of.offset / self.divisor

    def holds(self, member: Exponent) -> bool:
        """Return whether a member is written as a power of this base."""
        same = member.variable == self.of.variable and member.slope in self.powers
        return same and abs(self.offset(member)) <= LARGEST_OFFSET


@remembered
def share_exponentials(parts: RightHandSides, parameters: Collection[str] = ()) -> RightHandSides:
    """Return the same right-hand sides with as few exponentials as powers of them allow.

    Left alone is what is not of the form ``exp(a*x + b)`` with one state variable `x` and a slope
    made of numbers and units, and what shares its base with nothing.

    Parameters
    ----------
    parts : RightHandSides
    parameters : collection of str, optional
        Names that are no units, even if a unit has that name.

    Examples
    --------
    >>> parts = RightHandSides({}, {"v": "exp(v/(10*mV)) - exp((v + 5*mV)/(5*mV)) + exp(v/g)"})
    >>> for name, text in share_exponentials(parts).named.items():
    ...     print(name, "=", text)
    exp_v_1 = exp(v / (10 * mV))
    exp_v_1_2 = exp_v_1*exp_v_1
    >>> print(share_exponentials(parts).rhs["v"])
    exp_v_1 - 2.718281828459045 * exp_v_1_2 + exp(v / g)
    """
    reader = _Reader(parts, DEFAULT_UNITS.keys() - {*parts.named, *parts.rhs, *parameters})
    texts = {**parts.named, **parts.rhs}
    found = [e for text in texts.values() for e in reader.exponents(text)]
    bases = [
        base
        for variable in dict.fromkeys(e.variable for e in found)
        for base in _bases([e for e in found if e.variable == variable])
    ]
    bases = [base for base in bases if sum(map(base.holds, found)) > 1]
    writer = _Writer(reader, bases, _prefix(parts))
    rewritten = {name: writer.rewrite(text) for name, text in texts.items()}
    return RightHandSides(
        writer.named | {name: rewritten[name] for name in parts.named},
        {x: rewritten[x] for x in parts.rhs},
    )


def economical(system: System, *, holding: bool | None = None) -> RightHandSides:
    """Return what a step of a system evaluates, with exponentials shared.

    Parameters
    ----------
    system : System
    holding : bool, optional
        See `right_hand_sides`.
    """
    names = {*system.dims, *system.constants}
    return share_exponentials(right_hand_sides(system, holding=holding), names)


def _tree(text: str) -> ast.AST:
    return ast.parse(f"({text.strip()})", mode="eval").body


def _prefix(parts: RightHandSides) -> str:
    """Return how the names of new parts start: as no name does that the text has."""
    taken = {*parts.named, *parts.rhs}.union(
        *(get_identifiers(text) for text in [*parts.named.values(), *parts.rhs.values()])
    )
    prefix = "exp_"
    while any(name.startswith(prefix) for name in taken):
        prefix = f"shared_{prefix}"
    return prefix


def _bases(members: list[Exponent]) -> list[Base]:
    """Return bases for the exponentials of one variable, those that save most first."""
    left = members
    found = []
    while left:
        slopes = {e.slope for e in left}
        candidates = {abs(s) / k for s in slopes for k in range(1, LARGEST_POWER + 1)}
        best = max(sorted(candidates), key=lambda slope: _saved(_powers(slope, slopes)))
        powers = _powers(best, slopes)
        able = [e for e in left if powers.get(e.slope, 0) > 0]
        nearest = min(able, key=lambda e: powers[e.slope])
        base = Base(nearest, powers[nearest.slope], powers)
        found.append(base)
        left = [e for e in left if not base.holds(e)]
    return found


def _powers(base: Fraction, slopes: Iterable[Fraction]) -> dict[Fraction, int]:
    """Return those slopes that are small multiples of a base, most of them positive ones."""
    powers = {s: int(s / base) for s in slopes if (s / base).denominator == 1}
    powers = {s: k for s, k in powers.items() if abs(k) <= LARGEST_POWER}
    negative = sum(k < 0 for k in powers.values())
    return {s: -k for s, k in powers.items()} if 2 * negative > len(powers) else powers


def _saved(powers: dict[Fraction, int]) -> float:
    """Return how many exponentials' time a base saves."""
    products = set().union(*(_products(abs(k)) for k in powers.values()))
    divisions = sum(k < 0 for k in powers.values())
    return len(powers) - 1 - DIVISION * divisions - MULTIPLICATION * len(products)


def _products(power: int) -> set[int]:
    """Return the powers above 1 on the way to a power by halves."""
    if power == 1:
        return set()
    return {power} | _products(power // 2) | _products(power - power // 2)


class _Reader:
    """Reads exponents off syntax trees; numbers and units as fractions, so that slopes compare."""

    def __init__(self, parts: RightHandSides, units: Collection[str]):
        self.parts = parts
        self.units = units

    def exponents(self, text: str) -> list[Exponent]:
        """Return the exponents in a text that can be shared."""
        return [e for node in ast.walk(_tree(text)) if (e := self.exponent(node)) is not None]

    def exponent(self, node: ast.AST) -> Exponent | None:
        """Return the exponent of a call of `exp` or `smooth_exprel` that can be shared."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            return None
        if node.func.id not in _SHARED or len(node.args) != 1:
            return None
        terms = self.linear(node.args[0])
        if terms is None:
            return None
        offset = terms.pop("", Fraction(0))
        states = [name for name in terms if name in self.parts.rhs]
        if len(states) != 1 or any(name in self.parts.named for name in terms):
            return None
        slope = terms.pop(states[0])
        shifts = sorted((name, factor / slope) for name, factor in terms.items())
        return Exponent((states[0], *shifts), slope, offset, ast.unparse(node.args[0]))

    def linear(self, node: ast.AST) -> dict[str, Fraction] | None:
        """Return an expression as numbers times names ("" for the constant), if it is that."""
        match node:
            case ast.Constant(value=int() | float()):
                return {"": Fraction(repr(node.value))}
            case ast.Name(id=name):
                if name in self.units:
                    return {"": Fraction(repr(float(DEFAULT_UNITS[name])))}
                return {name: Fraction(1)}
            case ast.UnaryOp(op=ast.USub()):
                return _scaled(self.linear(node.operand), Fraction(-1))
            case ast.BinOp(op=op):
                return _combined(self.linear(node.left), op, self.linear(node.right))
        return None


def _scaled(terms: dict[str, Fraction] | None, factor: Fraction) -> dict[str, Fraction] | None:
    return None if terms is None else {name: factor * x for name, x in terms.items()}


def _combined(left, op: ast.operator, right) -> dict[str, Fraction] | None:
    """Return the sum, difference, product or quotient of linear expressions, if it is one."""
    if left is None or right is None:
        return None
    if isinstance(op, ast.Add | ast.Sub):
        total = defaultdict(Fraction, left)
        for name, x in right.items():
            total[name] += x if isinstance(op, ast.Add) else -x
        return {name: x for name, x in total.items() if x}
    if isinstance(op, ast.Mult) and left.keys() <= {""}:
        return _scaled(right, left.get("", Fraction(0)))
    if isinstance(op, ast.Mult) and right.keys() <= {""}:
        return _scaled(left, right.get("", Fraction(0)))
    if isinstance(op, ast.Div) and right.keys() == {""} and right[""]:
        return _scaled(left, 1 / right[""])
    return None


class _Writer(ast.NodeTransformer):
    """Writes exponentials as powers of bases, which become named parts as they are needed."""

    def __init__(self, reader: _Reader, bases: list[Base], prefix: str):
        self.reader = reader
        self.bases = bases
        self.prefix = prefix
        self.named: dict[str, str] = {}

    def rewrite(self, text: str) -> str:
        """Return a text with its exponentials shared; as it was if there is none to share."""
        used = self.reader.exponents(text)
        if not any(base.holds(e) for base in self.bases for e in used):
            return text
        return ast.unparse(self.visit(_tree(text)))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        exponent = self.reader.exponent(node)
        base = exponent and next((b for b in self.bases if b.holds(exponent)), None)
        if not base:
            return self.generic_visit(node)
        value = self.power(base, base.powers[exponent.slope])
        if offset := base.offset(exponent):
            factor = float((Decimal(offset.numerator) / Decimal(offset.denominator)).exp())
            value = f"{factor!r}*{value}"
        if node.func.id == "smooth_exprel":
            value = f"smooth_exprel_of({exponent.text}, {value})"
        return _tree(value)

    def power(self, base: Base, k: int) -> str:
        """Return the name of a power of a base, written before where it is new."""
        first = f"{self.prefix}{base.of.variable[0]}_{self.bases.index(base) + 1}"
        if k == 1:
            divided = f"({base.of.text})/{base.divisor}" if base.divisor > 1 else base.of.text
            return self.part(first, f"exp({divided})")
        if k < 0:
            return self.part(f"{first}_under_{-k}", f"1/{self.power(base, -k)}")
        halves = self.power(base, k // 2), self.power(base, k - k // 2)
        return self.part(f"{first}_{k}", "*".join(halves))

    def part(self, name: str, text: str) -> str:
        self.named.setdefault(name, text)
        return name
