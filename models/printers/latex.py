"""Expressions as LaTeX, in the order in which the user wrote them."""

import ast

import sympy as sp
from brian2.core.namespace import DEFAULT_UNITS

from ..text.expressions import tree
from .c_like import CannotPrint

_COMPARISONS = {ast.Lt: "<", ast.LtE: r"\leq", ast.Gt: ">", ast.GtE: r"\geq", ast.Eq: "=",
                ast.NotEq: r"\neq"}  # fmt: skip
_AROUND = {
    "sqrt": (r"\sqrt{", "}"),
    "abs": (r"\left| ", r" \right|"),
    "floor": (r"\left\lfloor ", r" \right\rfloor"),
    "ceil": (r"\left\lceil ", r" \right\rceil"),
    "int": (r"\left[ ", r" \right]"),  # 1 where a condition holds, else 0 (Iverson)
}
_NAMED = {
    **{name: rf"\{name}" for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"arc{name}": rf"\arc{name}" for name in ("sin", "cos", "tan")},
    "log": r"\ln",
    "log10": r"\log_{10}",
}
# How tightly an operation binds.
_SUM, _PRODUCT, _SIGN = 1, 2, 3


def latex_of(text: str, names: frozenset[str] = frozenset()) -> str:
    """Return an expression as LaTeX.

    Parameters
    ----------
    text : str
        Brian2 text.
    names : frozenset of str
        Names that are no units, even if a unit has that name.

    Examples
    --------
    >>> print(latex_of("g_Na*m**3*(v - E_Na)/2"))
    \\frac{g_{Na} \\, m^{3} \\, \\left(v - E_{Na}\\right)}{2}
    >>> print(latex_of("int(v <= -65*mV and not hot)"))
    \\left[ v \\leq -65\\,\\mathrm{mV} \\wedge \\neg hot \\right]
    """
    return _Writer(names).write(tree(text), 0)


def symbol(name: str) -> str:
    """Return a name as a symbol: what follows an underscore is a subscript."""
    return sp.latex(sp.Symbol(name))


class _Writer:
    def __init__(self, names: frozenset[str]):
        self.names = names

    def write(self, node: ast.expr, outer: int) -> str:
        match node:
            case ast.Constant():
                return self._number(node.value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.Not()):
                return rf"\neg {self.write(node.operand, _SIGN)}"
            case ast.UnaryOp(op=ast.USub()):
                return self._bracketed(f"-{self.write(node.operand, _PRODUCT)}", _SUM, outer)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.write(node.operand, outer)
            case ast.BoolOp():
                joint = r" \wedge " if isinstance(node.op, ast.And) else r" \vee "
                parts = joint.join(self.write(v, _SUM) for v in node.values)
                return self._bracketed(parts, 0, outer)
            case ast.Compare():
                return self._comparison(node, outer)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, [self.write(a, 0) for a in node.args])
            case ast.BinOp():
                return self._operation(node, outer)
        raise CannotPrint(f"{ast.unparse(node)!r} cannot be written as LaTeX")

    @staticmethod
    def _bracketed(text: str, own: int, outer: int) -> str:
        return rf"\left({text}\right)" if own < outer else text

    @staticmethod
    def _number(value) -> str:
        if isinstance(value, bool):
            return rf"\mathrm{{{str(value).lower()}}}"
        mantissa, _, power = repr(value).partition("e")
        return rf"{mantissa} \cdot 10^{{{int(power)}}}" if power else mantissa

    def _name(self, name: str) -> str:
        if name == "inf" and name not in self.names:
            return r"\infty"
        is_unit = name in DEFAULT_UNITS and name not in self.names
        return rf"\mathrm{{{name}}}" if is_unit else symbol(name)

    def _comparison(self, node: ast.Compare, outer: int) -> str:
        text = self.write(node.left, _SUM)
        for operator, side in zip(node.ops, node.comparators, strict=True):
            text += f" {_COMPARISONS[type(operator)]} {self.write(side, _SUM)}"
        return self._bracketed(text, _SUM, outer)

    def _call(self, name: str, arguments: list[str]) -> str:
        inside = ", ".join(arguments)
        if name in _AROUND:
            before, after = _AROUND[name]
            return f"{before}{inside}{after}"
        plain = name.replace("_", r"\_")
        function = _NAMED.get(name, rf"\operatorname{{{plain}}}")
        return rf"{function}\left({inside}\right)"

    def _operation(self, node: ast.BinOp, outer: int) -> str:
        left, right, op = node.left, node.right, node.op
        signed = isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub)
        if signed and isinstance(op, ast.Mult | ast.Div):  # (-a)*b as -a*b
            return self.write(ast.UnaryOp(ast.USub(), ast.BinOp(left.operand, op, right)), outer)
        match op:
            case ast.Div() if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div):
                below = ast.BinOp(left.right, ast.Mult(), right)  # a/b/c as a/(b*c)
                return self._operation(ast.BinOp(left.left, ast.Div(), below), outer)
            case ast.Div():
                return rf"\frac{{{self.write(left, 0)}}}{{{self.write(right, 0)}}}"
            case ast.FloorDiv():
                return rf"\left\lfloor \frac{{{self.write(left, 0)}}}{{{self.write(right, 0)}}} " \
                       r"\right\rfloor"  # fmt: skip
            case ast.Pow():
                return f"{self._base(left)}^{{{self.write(right, 0)}}}"
            case ast.Mult():
                a, b = self.write(left, _PRODUCT), self.write(right, _PRODUCT)
                close = isinstance(left, ast.Constant) and b.startswith(r"\mathrm")
                sign = r"\," if close else r" \cdot " if b[:1].isdigit() else r" \, "
                return self._bracketed(f"{a}{sign}{b}", _PRODUCT, outer)
            case ast.Mod():
                a, b = self.write(left, _SIGN), self.write(right, _SIGN)
                return self._bracketed(rf"{a} \; \mathrm{{mod}} \; {b}", _PRODUCT, outer)
        sign = " + " if isinstance(op, ast.Add) else " - "
        own = self.write(left, _SUM), self.write(right, _PRODUCT if sign == " - " else _SUM)
        if isinstance(right, ast.UnaryOp):
            own = own[0], self.write(right, _PRODUCT)
        return self._bracketed(sign.join(own), _SUM, outer)

    def _base(self, node: ast.expr) -> str:
        """Return what a power is taken of, in brackets where it needs them."""
        text = self.write(node, 0)
        closed = isinstance(node, ast.Call) and node.func.id in ("abs", "floor", "ceil", "int")
        single = isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and "e" not in text)
        return text if closed or single else rf"\left({text}\right)"
