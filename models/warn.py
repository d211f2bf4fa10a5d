"""Warnings in the name of the line that called the project, however deep they arise."""

import sys
import warnings


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, in the name of the first line outside of the project that led here.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     warn_caller("1.53 ms is no multiple of dt")
    >>> str(said[0].message)
    '1.53 ms is no multiple of dt'
    """
    own, level, frame = __name__.split(".")[0], 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] == own:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
