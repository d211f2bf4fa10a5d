"""The units in which a file for people states a system: ms, mV and those of the model's tables.

Units are coherent where equations between numbers look like those between quantities: with mV, ms,
uA/cm**2, mS/cm**2 and uF/cm**2 none needs a factor. As many of a model's units as possible are made
so; a quantity whose own unit does not fit brings a power of ten into the equations.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from brian2 import Unit, get_dimensions, ms, mV
from brian2.core.functions import DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_UNITS
from brian2.core.variables import Constant
from brian2.parsing.expressions import parse_expression_dimensions
from brian2.units.fundamentalunits import DIMENSIONLESS

from ..text.expressions import Rewriter, tree
from ..text.functions import SMOOTH_EXPREL
from .c_like import CannotPrint

_BASES = 7  # dimensions: length, mass, time, current, temperature, amount, light
_ROUNDS = ("floor", "ceil")


@dataclass(frozen=True)
class CoherentUnits:
    """Expressions in SI units, rewritten for numbers in others.

    Attributes
    ----------
    units : dict of str to Unit
        The unit in which each name has its value.
    powers : tuple of float
        Power of ten of the coherent unit of each of Brian2's seven base dimensions.
    """

    units: Mapping[str, Unit]
    powers: tuple[float, ...]

    @classmethod
    def of(cls, units: Mapping[str, Unit]) -> "CoherentUnits":
        """Choose coherent units: ms and mV, then those of the names, first come first served."""
        given = [(unit.dim._dims, np.log10(float(unit))) for unit in (ms, mV, *units.values())]
        rows, values = [], []
        for row, power in (*given, *((base, 0.0) for base in np.eye(_BASES))):
            if np.linalg.matrix_rank(np.array([*rows, row], float)) > len(rows):
                rows, values = [*rows, row], [*values, power]
        powers = np.linalg.solve(np.array(rows, float), np.array(values))
        return cls(units, tuple(float(p) for p in np.round(powers, 9)))

    def factor(self, unit) -> float:
        """Return how many coherent units a unit is."""
        power = float(np.dot(get_dimensions(unit)._dims, self.powers))
        nearest = round(power)
        scale = float(f"1e{nearest}") if abs(power - nearest) < 1e-7 else 10.0**power
        ratio = float(unit) / scale
        tens = round(np.log10(ratio))
        exact = float(f"1e{tens}")
        return exact if abs(ratio / exact - 1) < 1e-12 else ratio

    def rewritten(self, text: str, result: Unit | None = None) -> str:
        """Return an expression for numbers in `units`.

        Parameters
        ----------
        text : str
            Brian2 text.
        result : Unit, optional
            The unit of the result; default: whatever is coherent.

        Raises
        ------
        CannotPrint
            For the rounding of a quantity, which is not the same in other units.

        Examples
        --------
        >>> from brian2 import mV, ms, nA, Mohm
        >>> units = CoherentUnits.of({"v": mV, "tau": ms, "I": nA, "R": Mohm, "t": ms})
        >>> units.rewritten("(R*I - v - 65*mV)/tau + 2*volt/second*int(t > 0.1*second)")
        '(R * I - v - 65) / tau + 2 * 1000.0 / 1000.0 * int(t > 0.1 * 1000.0)'
        """
        new = _Rescaled(self).visit(tree(text))
        own = 1.0 if result is None else self.factor(result)
        return ast.unparse(new if own == 1 else ast.BinOp(new, ast.Div(), ast.Constant(own)))

    def dimensions(self, node: ast.expr):
        """Return the dimensions of an expression."""
        known = {name: Constant(name, value=1.0, dimensions=get_dimensions(unit))
                 for name, unit in self.units.items()}  # fmt: skip
        names = {name: Constant(name, value=float(unit), dimensions=unit.dim)
                 for name, unit in DEFAULT_UNITS.items()}  # fmt: skip
        functions = {**DEFAULT_FUNCTIONS, "smooth_exprel": SMOOTH_EXPREL}
        return parse_expression_dimensions(ast.unparse(node), {**functions, **names, **known})


class _Rescaled(Rewriter):
    def __init__(self, units: CoherentUnits):
        self.units = units

    def visit_Name(self, node: ast.Name):
        if node.id in self.units.units:
            factor = self.units.factor(self.units.units[node.id])
            return _times(ast.Constant(factor), node) if factor != 1 else node
        if node.id in DEFAULT_UNITS:
            factor = self.units.factor(DEFAULT_UNITS[node.id])
            return ast.Constant(1 if factor == 1 else factor)
        return node

    def visit_Call(self, node: ast.Call):
        if node.func.id in _ROUNDS:
            self._check_number(node.args[0], node)
        return ast.Call(node.func, [self.visit(a) for a in node.args], node.keywords)

    def visit_BinOp(self, node: ast.BinOp):
        if isinstance(node.op, ast.FloorDiv):
            self._check_number(ast.BinOp(node.left, ast.Div(), node.right), node)
        new = self.generic_visit(node)
        if isinstance(node.op, ast.Mult):
            return _times(new.left, new.right)
        if isinstance(node.op, ast.Div) and _is_one(new.right):
            return new.left
        if isinstance(node.op, ast.Pow) and _is_one(new.left):
            return new.left
        return new

    def _check_number(self, argument: ast.expr, whole: ast.expr) -> None:
        if self.units.dimensions(argument) is not DIMENSIONLESS:
            raise CannotPrint(
                f"{ast.unparse(whole)!r} rounds a quantity, which is not the same in other units; "
                "divide it by a unit first"
            )


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _times(a: ast.expr, b: ast.expr) -> ast.expr:
    return b if _is_one(a) else a if _is_one(b) else ast.BinOp(a, ast.Mult(), b)
