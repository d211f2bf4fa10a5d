"""What a step of an integration sees of an input's edge, as what happens at the edge itself."""

import ast
from dataclasses import replace

from ..system import System
from ..text.expressions import Rewriter, tree
from ..text.step_parts import STEP_BEGIN

_STEP_BEGIN = ast.unparse(tree(STEP_BEGIN))


def system_at_edges(system: System) -> System:
    """Return a driven system whose input begins and ends at its times; see `at_edges`."""
    return replace(
        system,
        rhs={x: at_edges(text) for x, text in system.rhs.items()},
        named={n: at_edges(text) for n, text in system.named.items()},
    )


def at_edges(text: str) -> str:
    """Return an expression in which an input begins and ends at its times, not with a step.

    Examples
    --------
    >>> at_edges("I_0*part_after(t_in_timesteps*dt, dt, onset)")
    'I_0 * int(t > onset)'
    """
    return ast.unparse(_AtEdges().visit(tree(text)))


class _AtEdges(Rewriter):
    def visit_BinOp(self, node: ast.BinOp):
        return ast.Name("t") if ast.unparse(node) == _STEP_BEGIN else self.generic_visit(node)

    def visit_Name(self, node: ast.Name):
        return tree("0*second") if node.id == "dt" else node

    def visit_Call(self, node: ast.Call):
        arguments = [self.visit(a) for a in node.args]
        match node.func.id:
            case "part_after":
                return tree(f"int(t > {ast.unparse(arguments[2])})")
            case "part_between":
                on, off = map(ast.unparse, arguments[2:4])
                return tree(f"int(t > {on} and t < {off})")
            case "time_after" | "time_between":
                return arguments[0]
        return ast.Call(node.func, arguments, node.keywords)
