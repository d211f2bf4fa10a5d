"""The buffered uniform numbers of compiled programs, against numpy's Mersenne Twister."""

import numpy as np
import pytest
from excitable.simulation.backends import has_compiler
from excitable.simulation.backends.compiled import CPP

pytestmark = pytest.mark.skipif(not has_compiler(), reason="needs a C++ compiler")
N = 3000  # several buffers
SEED = 5
PROGRAM = f"""
#include <cstdio>
#include <random>
#include "{CPP / "uniforms.h"}"
int main()
{{
    std::mt19937 engine(77);
    Uniforms uniforms;
    uniforms.draw(engine);
    engine.seed({SEED});
    uniforms.clear();
    for (int k = 0; k < {N}; k++)
    {{
        const double x = k % 3 ? uniforms.draw_log(engine) : uniforms.draw(engine);
        fwrite(&x, sizeof(x), 1, stdout);
    }}
}}
"""


def test_numbers_and_logarithms_share_the_stream_of_the_generator(numbers):
    expected = np.random.RandomState(SEED).random_sample(N)
    plain = np.arange(N) % 3 == 0
    np.testing.assert_array_equal(numbers[plain], expected[plain])
    np.testing.assert_allclose(numbers[~plain], np.log(expected[~plain]), rtol=1e-15, atol=1e-15)
