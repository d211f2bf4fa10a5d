"""The page of trials claims no more trials than there are."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tried.rst").read_text(encoding="utf-8")
ROWS = dict(
    (file, int(count))
    for count, file in re.findall(r"^     - (\d+)\n     - ``(.*)``", PAGE, flags=re.MULTILINE)
)


def trials(item) -> int:
    """Return how many a test holds: those that hypothesis generates, or one."""
    settings = getattr(item.function, "_hypothesis_internal_use_settings", None)
    return settings.max_examples if getattr(item.function, "is_hypothesis_test", False) else 1


def test_the_sum_is_that_of_the_rows():
    assert f"That makes {sum(ROWS.values())} trials or more" in PAGE
    assert sum(ROWS.values()) >= 700


@pytest.mark.parametrize("file", ROWS)
def test_there_are_as_many_trials_as_the_page_claims(request, file):
    """Of files that are collected as a whole; deselected tests do not count, new ones may come."""
    path, config = ROOT / "tests" / file, request.config
    found = Counter()
    for item in request.session.items:
        found[item.path] += trials(item)
    usual = config.option.markexpr == "not slow and not thorough" and not config.option.keyword
    if path not in found or not usual or any("::" in argument for argument in config.args):
        pytest.skip("only a part of the tests was asked for")
    assert found[path] >= ROWS[file]
