"""Derivatives against sympy, conditions against truth, singular rates against their limits."""

import math
from itertools import product

import mpmath
import numpy as np
import pytest
import sympy as sp
from excitable.models.printers.c_like import CPP, written
from excitable.models.printers.xpp import XPP
from excitable.models.text import symbolic
from excitable.models.text.conditions import gap_of
from excitable.models.text.expressions import (
    NoDerivative,
    chain,
    derivative,
    expanded,
    names,
    substitute,
)
from excitable.models.text.numeric import function
from excitable.models.text.singularities import regular
from excitable.models.text.statements import assignments
from excitable.models.text.whole_numbers import real
from hypothesis import given, settings
from hypothesis import strategies as st

LEAVES = st.sampled_from(["x", "y", "k", "2.5", "3"])


def _expressions(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: f"({p[0]} + {p[1]})"),
        two.map(lambda p: f"({p[0]} - {p[1]})"),
        two.map(lambda p: f"({p[0]}*{p[1]})"),
        two.map(lambda p: f"({p[0]}/(1 + ({p[1]})**2))"),
        inner.map(lambda e: f"(-({e}))"),
        inner.map(lambda e: f"tanh({e})"),
        inner.map(lambda e: f"exp(-({e})**2)"),
        inner.map(lambda e: f"({e})**3"),
        inner.map(lambda e: f"log(1 + ({e})**2)"),
        inner.map(lambda e: f"arctan({e})"),
    )


EXPRESSIONS = st.recursive(LEAVES, _expressions, max_leaves=6)


@settings(max_examples=60)
@given(EXPRESSIONS)
def test_derivatives_are_those_of_sympy(text):
    x = sp.Symbol("x", real=True)
    space = {"x": x, "y": sp.Symbol("y"), "k": sp.Symbol("k"), "arctan": sp.atan}
    expected = sp.diff(sp.sympify(text, locals=space), x)
    at = {"x": 0.37, "y": -0.81, "k": 1.3}
    (found,) = function(list(at), [derivative(text, "x")])(*at.values())
    right = float(expected.subs({space[n]: v for n, v in at.items()}))
    assert float(found) == pytest.approx(right, rel=1e-9, abs=1e-9)


def test_a_function_without_known_derivative_is_named():
    with pytest.raises(NoDerivative, match=r"mine\(\)"):
        derivative("mine(x)", "x")


def test_substitution_keeps_brackets_and_functions():
    assert substitute("a*b + exp(a)", {"a": "x + y", "exp": "z"}).startswith("(x + y) * b + exp(")
    assert names("f(g)*h") == {"g", "h"}


def test_rates_of_named_parts_grow_with_the_length_of_the_text_only():
    """Forty parts, each with the one before it twice: written out, 2**40 terms."""
    named = {"p0": "x"} | {f"p{k}": f"p{k - 1}*p{k - 1}*0.5" for k in range(1, 41)}
    parts, rate = chain("p40", ["x"], named, {"x": "f"})
    assert sum(map(len, parts.values())) + len(rate) < 5000
    (found,) = function(["x", "f"], [rate], {**named, **parts})(2.0, 1.0)
    assert found == pytest.approx(2.0**40)  # p40 = 2*(x/2)**(2**40)


CONDITIONS = [
    "x > y",
    "y < x",
    "x >= 0.2 and y > -0.3",
    "x > 0.1 or y < -0.2",
    "not (x < y)",
    "int(x > 0.1)*int(y > 0) > 0",
    "int(x > 0.1) + int(y > 0) > 0",
    "int(x > 0.1) + int(y > 0) > 1",
    "int(x > 0.1) + int(y > 0) + int(x > y) >= 2",
    "-0.5 < x < 0.4",
    "x > y + 0.5*int(x > 0)",
    "high and x > -1",
    "both > 0",
    "(x > 0 and y > 0) or (x < -0.5 and not (y > 0.5))",
]
NAMED = {"high": "x > y", "both": "int(x > 0)*int(y > 0)"}


def _value(gap, *at):
    leaves = dict(zip(gap.leaves, function(["x", "y"], gap.leaves)(*at), strict=True))

    def value(node):
        if not node.of:
            return leaves[node.text]
        return (np.minimum if node.of == "min" else np.maximum).reduce([*map(value, node.parts)])

    return value(gap)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_gap_is_above_zero_where_its_condition_holds(condition):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (2, 400))
    gap = gap_of(condition, NAMED, {"high"})
    (holds,) = function(["x", "y"], [condition], NAMED)(x, y)
    assert 0 < holds.sum() < 400
    np.testing.assert_array_equal(_value(gap, x, y) > 0, holds.astype(bool))


NUMBERS = st.recursive(
    st.sampled_from(["int(x > 0.1)", "int(y < 0.3)", "int(abs(x) > 0.4)", "1", "2"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
        lambda p: f"({p[0]} {p[1]} {p[2]})"
    ),
    max_leaves=5,
)
COMPARED = st.tuples(NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS)


@settings(max_examples=100, deadline=None)
@given(COMPARED.map(" ".join).filter(lambda text: "int" in text))
def test_numbers_of_conditions_compare_as_in_python(condition):
    x, y = np.random.default_rng(0).uniform(-1, 1, (2, 100))
    holds = [eval(condition, {"x": float(a), "y": float(b)}) for a, b in zip(x, y, strict=True)]
    if len(set(holds)) == 1:
        with pytest.raises(ValueError, match="always" if holds[0] else "never"):
            gap_of(condition, {})
    else:
        np.testing.assert_array_equal(_value(gap_of(condition, {}), x, y) > 0, holds)


# The 14 Boolean functions of two conditions that are neither always nor never true.
TRUTHS = [t for t in product((0, 1), repeat=4) if 0 < sum(t) < 4]


@pytest.mark.parametrize("truth", TRUTHS)
def test_every_boolean_function_of_two_conditions_has_its_gap(truth):
    x, y = np.random.default_rng(0).uniform(-1, 1, (2, 100))
    a, b = "int(x > 0.1)", "int(y < 0.3)"
    both = [f"(1 - {a})*(1 - {b})", f"(1 - {a})*{b}", f"{a}*(1 - {b})", f"{a}*{b}"]
    sums = " + ".join(f"{value}*{case}" for value, case in zip(truth, both, strict=True))
    right = np.array(truth)[2 * (x > 0.1) + (y < 0.3)]
    np.testing.assert_array_equal(_value(gap_of(f"{sums} > 0", {}), x, y) > 0, right)


@pytest.mark.parametrize(
    ("condition", "edge"),
    [("2*int(x > 0) + int(y > 0) >= 2", (0.5, 0.0)), ("int(x > 0) + 2*int(y > 0) <= 1", (0, -0.5))],
)
def test_a_gap_keeps_off_zero_where_a_condition_changes_that_does_not_matter(condition, edge):
    assert _value(gap_of(condition, {}), *edge) == 0.5


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("x == y", "equal"),
        ("x + y", "no condition"),
        ("int(x > 0) > 5", "never"),
        ("int(x > 0) < 2", "always"),
        ("1/int(x > 0) > 0", "division by zero.*join conditions with 'and'"),
    ],
)
def test_what_has_no_crossing_is_refused(condition, message):
    with pytest.raises(ValueError, match=message):
        gap_of(condition, {})


# As textbooks and public scripts write them: text, where it is singular, its limit there.
RATES = [
    (".1*(25*mV-v)/(exp(2.5-.1*v/mV)-1)/mV/ms", 0.025, 1000.0),
    ("0.32*(13*mV-v+VT)/(exp((13*mV-v+VT)/(4*mV))-1)/mV/ms", 0.013 - 0.063, 1280.0),
    ("-0.1*(v/mV+35)/(exp(-0.1*(v/mV+35))-1)/ms", -0.035, 1000.0),
    ("0.1*(v+40*mV)/mV/(1-exp(-(v+40*mV)/(10*mV)))/ms", -0.04, 1000.0),
    ("0.28*(v-VT-40*mV)/(exp((v-VT-40*mV)/(5*mV))-1)/mV/ms", -0.023, 1400.0),
    ("(exp(v/mV) - 1)/v", 0.0, 1000.0),
    ("expm1(v/k)/v", 0.0, 250.0),
    ("v/expm1(v/k)", 0.0, 0.004),
    ("v/sinh(v/k)", 0.0, 0.004),
    ("v/tanh(v/k)", 0.0, 0.004),
    ("v*(2 - 3*exp(-v/k))/(1 - exp(-v/k))", 0.0, -0.004),
    ("(v + 50*mV)/(1 - 2*exp(-(v + 50*mV)/k - 0.6931471805599453))", -0.05, 0.004),
    ("above/(3*below)", -0.05, 0.004 / 3),
    ("(v - VT)/under", -0.063, -0.002),
]
PARTS = {
    "above": "v + 50*mV", "below": "1 - decay", "decay": "exp(-(v + 50*mV)/k)",
    "under": "2*(below_VT)", "below_VT": "-expm1((v - VT)/k)",
}  # fmt: skip
OWN = {"v", "VT", "k", *PARTS}


@pytest.mark.parametrize(("text", "at", "limit"), RATES)
def test_removable_singularities_are_removed(text, at, limit):
    written = regular(text, OWN, PARTS)
    f = function(["v", "VT", "k"], [written])
    assert float(f(np.array(at), -0.063, 0.004)[0]) == pytest.approx(limit, rel=1e-9)
    mpmath.mp.dps = 40
    space = {"VT": mpmath.mpf("-0.063"), "k": mpmath.mpf("0.004"), "mV": mpmath.mpf("0.001"),
             "ms": mpmath.mpf("0.001"), "expm1": mpmath.expm1, "exp": mpmath.exp,
             "sinh": mpmath.sinh, "tanh": mpmath.tanh}  # fmt: skip
    for away in (-0.07, -1e-9, 1e-6, 0.011):
        v = at + away
        right = eval(expanded(text, PARTS, bool), space | {"v": mpmath.mpf(v)})
        assert float(f(np.array(v), -0.063, 0.004)[0]) == pytest.approx(float(right), rel=1e-6)


@pytest.mark.parametrize("text", ["(v+40.1*mV)/(1-exp(-(v+40*mV)/(10*mV)))", "alpha*(1-m)"])
def test_what_is_not_removable_stays_as_written(text):
    assert regular(text, {"v", "m", "alpha"}) == text


# Python computes with whole numbers exactly.
@pytest.mark.parametrize(
    "text",
    ["2**-1", "I*10**-2", "100000*100000*I", "1/(2**-2)", "(-2)**3*I", "2**(1 - 3)", "k**-1",
     "int(I > 0)**-2 + abs(-2)**-1", "3**40/3**39", "I**(1/2)", "7//2*2**-1", "I*(1/3)"],
)  # fmt: skip
@pytest.mark.parametrize("number", [int, np.int32, np.int64])
def test_whole_numbers_are_computed_as_real_ones(text, number):
    space = {"I": 3.0, "int": number, "abs": lambda x: number(abs(x))}
    right = eval(text, space | {"k": 4, "int": int, "abs": abs})
    assert eval(real(text, {"k"}), space | {"k": number(4)}) == pytest.approx(right, rel=1e-15)


WHOLE = ["int(x)", "int(-x)", "int(x > 1)", "x % 3", "x // 2", "(-x - 1) % 3 - int(x/2)", "ceil(x)"]


@pytest.mark.parametrize("text", WHOLE)
@pytest.mark.parametrize("x", [-5.5, -0.5, 0.0, 2.7, 9.0])
def test_whole_parts_are_those_of_python_in_every_language(text, x):
    right = eval(text, {"int": int, "ceil": math.ceil, "x": x})
    assert function(["x"], [text])(np.array([x]))[0].tolist() == pytest.approx([right])
    assert function(["x"], [text], scalar=True)(x) == pytest.approx([right])
    assert symbolic.function(["x"], [symbolic.parse(text, ["x"])])(x) == pytest.approx([right])
    c = {"floor": math.floor, "ceil": math.ceil, "fmod": math.fmod, "trunc": math.trunc}
    # XPPAUT's remainder is never below zero, its flr() the next lower whole number.
    xpp = {"flr": math.floor, "ceil": math.ceil, "sign": np.sign, "mod": lambda a, b: a % b}
    for dialect, functions in ((CPP, c), (XPP, xpp)):
        other = written(text, {"x": "x"}, dialect).replace("(x > 1.0 ? 1.0 : 0.0)", "(x > 1.0)")
        assert eval(other, functions | {"x": x}) == pytest.approx(right)


@pytest.mark.parametrize("text", ["m**3*h", "2*v/3 + 1", "(v/k)**2", "k**2.0", "ta(t, 1 + 1)"])
def test_text_without_arithmetic_that_may_fail_stays_as_written(text):
    assert real(text, {"k"}) == text


@pytest.mark.parametrize(
    "text", ["v = a\n     u += (b +\n   c)  # why; it is\n  w = 1;", "v=a;u+=b+c\n\tw=1"]
)
def test_indents_of_a_reset_say_nothing(text):
    assert [s.value for s in assignments(text)] == ["a", "u + (b + c)", "1"]
