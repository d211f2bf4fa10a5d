"""Equation text as every engine gets it: with the same value on each and for any method."""

from collections.abc import Collection, Mapping

from .functions import opaque
from .singularities import regular
from .whole_numbers import real


def computable(
    text: str,
    own: Collection[str],
    named: Mapping[str, str] | None = None,
    whole: Collection[str] = (),
) -> str:
    """Return an expression without 0/0, without arithmetic of whole numbers, opaque to sympy.

    Parameters
    ----------
    text : str
    own, named
        As in `regular`.
    whole
        As in `real`.

    Examples
    --------
    >>> computable("v*2**-1/(exp(v) - 1)", {"v"})
    '1 * (1 / smooth_exprel(v)) * 0.5'
    """
    return opaque(real(regular(text, own, named), whole))
