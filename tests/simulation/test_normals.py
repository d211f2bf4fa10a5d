"""The buffered normal numbers of compiled programs, against the normal distribution."""

import numpy as np
import pytest
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled import CPP
from scipy import stats

pytestmark = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
N = 1_000_000
PROGRAM = f"""
#include <cstdio>
#include <random>
#include "{CPP / "normals.h"}"
struct Uniform
{{
    std::mt19937 gen;
    double rand() {{ return std::uniform_real_distribution<double>()(gen); }}
}};
int main()
{{
    Uniform uniform;
    uniform.gen.seed(1);
    Normals normals;
    for (int k = 0; k < {N}; k++)
    {{
        const double x = normals.draw(uniform);
        fwrite(&x, sizeof(x), 1, stdout);
    }}
}}
"""


def test_distribution(numbers):
    """The seed is fixed, so that this passes always or never."""
    assert numbers.shape == (N,)
    assert stats.kstest(numbers, "norm").pvalue > 0.01
    for power, moment in ((1, 0), (2, 1), (3, 0), (4, 3), (6, 15)):
        spread = np.sqrt((stats.norm.moment(2 * power) - moment**2) / N)
        assert abs(np.mean(numbers**power) - moment) < 3.5 * spread


@pytest.mark.parametrize("limit", [3, 4])
def test_tails(numbers, limit):
    expected = 2 * stats.norm.sf(limit) * N
    assert abs((np.abs(numbers) > limit).sum() - expected) < 3.5 * np.sqrt(expected)


@pytest.mark.parametrize("lag", [1, 2, 127, 128, 129, 256])
def test_independence(numbers, lag):
    """A sine and a cosine of one angle lie 128 apart; squares must not be correlated either."""
    for values in (numbers, numbers**2):
        correlation = np.corrcoef(values[:-lag], values[lag:])[0, 1]
        assert abs(correlation) < 3.5 / np.sqrt(N)
