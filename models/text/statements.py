"""Statements of a reset, read once: comments, ``;``, lines and ``+=`` as Python has them."""

import ast
from dataclasses import dataclass

from ...errors import InputError

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


@dataclass(frozen=True)
class Assignment:
    """One statement.

    Attributes
    ----------
    target : str
    operator : str
        Empty, or what stands before the ``=``.
    right : str
        Text to the right of it.
    """

    target: str
    operator: str
    right: str

    @property
    def value(self) -> str:
        """The new value of the target, as text."""
        if not self.operator:
            return self.right
        return f"{self.target} {self.operator} ({self.right})"

    def __str__(self) -> str:
        if self.operator == "**":  # Brian2 has no such statement
            return f"{self.target} = {self.value}"
        return f"{self.target} {self.operator}= {self.right}"


def assignments(text: str) -> tuple[Assignment, ...]:
    """Return the statements of a reset.

    Raises
    ------
    ValueError
        For what is no assignment to a name.

    Examples
    --------
    >>> for statement in assignments("v = V_r  # back; u += d"):
    ...     print(statement)
    v = V_r
    >>> [s.value for s in assignments("v = c; u *= 2 + d")]
    ['c', 'u * (2 + d)']
    """
    lines = [line.strip() for line in text.splitlines()]  # indents say nothing, as in Brian2
    try:
        parsed = ast.parse("\n".join(lines))
    except SyntaxError as error:
        raise InputError(f"reset {text!r}: cannot be read ({error.msg})") from None
    return tuple(_assignment(statement, text) for statement in parsed.body)


def _assignment(statement: ast.stmt, text: str) -> Assignment:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return Assignment(name, "", ast.unparse(value))
        case ast.AugAssign(target=ast.Name(id=name), op=op) if type(op) in _OPERATORS:
            return Assignment(name, _OPERATORS[type(op)], ast.unparse(statement.value))
    raise InputError(
        f"reset {text!r}: {ast.unparse(statement)!r} is no assignment such as 'v = V_reset'"
    )


def one_expression(text: str) -> str:
    """Return the text of one expression on one line, without comments.

    Examples
    --------
    >>> one_expression("v > V_th  # crossed\\n and w < w_max")
    'v > V_th and w < w_max'
    """
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return " ".join(line for line in lines if line)
