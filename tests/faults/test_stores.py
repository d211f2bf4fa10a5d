"""Stores of sweeps: no row of other work, no damaged row, and one sentence where neither helps."""

import functools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, ms, mV, nA, pA, volt
from excitable.models import LIF, QIF
from excitable.protocols import rates, read_sweep, sweep
from excitable.protocols.sweeps.grids import grid_of
from excitable.protocols.sweeps.identity import difference, identity, text_of
from excitable.protocols.sweeps.sweep_store import SweepStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from excitable.errors import InputError

GRID = {"tau": [5, 10, 20] * ms, "I": [1, 2, 3, 4] * nA}
FACTOR = 2.0


def product(model, sets, times=1.0):
    """A protocol that needs no simulation."""
    return pd.DataFrame({"x": sets.prod(axis=1) * times})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Four chunks of three sets."""
    store = tmp_path_factory.mktemp("stores") / "x.csv"
    fill(store)
    return store


@pytest.fixture
def store(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "x.csv"))


def fill(store, model=LIF, grid=GRID, **options):
    wanted = {"protocol": product, "store": store, "workers": 0, "chunk": 3}
    return sweep(model, grid, **wanted | options)


def check(store):
    """Every row is there once and right."""
    table = read_sweep(store)
    assert table["set"].tolist() == list(range(12))
    np.testing.assert_allclose(table["x"], np.outer([5, 10, 20], [1, 2, 3, 4]).ravel(), rtol=1e-15)


# --- damaged parts --------------------------------------------------------------------------------

FILES = [f"part-{k:06d}.csv" for k in range(4)]


def cut_at_a_line(file):
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))


DAMAGES = {
    "cut at a line": cut_at_a_line,
    "cut by three characters": lambda f: f.write_bytes(f.read_bytes()[:-3]),
    "one digit changed": lambda f: f.write_text(f.read_text().replace("1", "7", 1)),
    "emptied": lambda f: f.write_bytes(b""),
    "zeros": lambda f: f.write_bytes(bytes(f.stat().st_size)),
    "a line twice": lambda f: f.write_text(f.read_text() + f.read_text().splitlines()[-1] + "\n"),
    "deleted": lambda f: f.unlink(),
    "a folder": lambda f: (f.unlink(), f.mkdir()),
    "a link to nothing": lambda f: (f.unlink(), f.symlink_to("nowhere")),
    "another part": lambda f: f.write_bytes(
        (f.parent / FILES[FILES.index(f.name) - 1]).read_bytes()
    ),
    "other line ends": lambda f: f.write_bytes(f.read_bytes().replace(b"\n", b"\r\n")),
    "a header alone": lambda f: f.write_text(f.read_text().splitlines()[0] + "\n"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_part_is_never_read_and_made_anew(store, name, damage):
    DAMAGES[damage](store / name)
    with pytest.raises(InputError, match=f"{name} is damaged or missing; start the sweep again"):
        read_sweep(store)
    assert fill(store).computed == 3
    check(store)
    assert fill(store).computed == 0


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), at=st.integers(0, 10**4), bit=st.integers(0, 7))
def test_one_wrong_bit_is_found(store, name, at, bit):
    data = bytearray((store / name).read_bytes())
    data[at % len(data)] ^= 1 << bit
    (store / name).write_bytes(bytes(data))
    with pytest.raises(InputError, match="damaged"):
        read_sweep(store)
    assert fill(store).computed == 3
    check(store)


LINES = ["", "null", "{}", "[]", '{"chunk": 1}', '{"chunk": 1, "files": 2}', "{", "\x00",
         '{"chunk": 99, "files": {}}', '{"chunk": -1, "files": {}}',
         '{"chunk": "x", "files": {}}', '{"chunk": null, "files": {"part-000001.csv": 3}}',
         '{"chunk": 77, "files": {"../../x": {"rows": 1, "sha256": "0"}}}']  # fmt: skip


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("where", ["before", "after", "without an end"])
def test_lines_that_say_nothing_change_nothing(store, line, where):
    file = store / "_finished.jsonl"
    before = file.read_text()
    texts = {"before": f"{line}\n{before}", "after": f"{before}{line}\n",
             "without an end": before + line}  # fmt: skip
    file.write_text(texts[where])
    assert fill(store).computed == 0
    check(store)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**4))
def test_wherever_a_kill_cuts_the_list_of_chunks_the_sweep_goes_on(whole, store, at):
    text = (whole / "_finished.jsonl").read_bytes()
    (store / "_finished.jsonl").write_bytes(text[: at % len(text)])
    fill(store)
    check(store)


@pytest.mark.parametrize("kept", [0, 1, 3, 4])
def test_what_a_damaged_list_no_longer_names_is_said(store, kept, capsys):
    file = store / "_finished.jsonl"
    lines = [x for x in file.read_text().splitlines() if x]
    file.write_text("\n".join([*lines[:kept], *(x[::-1] for x in lines[kept:])]))
    said = f"no readable line for {4 - kept} of 4 chunks that have files (first: part-00000{kept}"
    assert len(read_sweep(store)) == 3 * kept
    assert (said in capsys.readouterr().err) == (kept < 4)
    assert fill(store).computed == 12 - 3 * kept
    assert (said in capsys.readouterr().err) == (kept < 4)
    check(store)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("missing", range(4))
def test_a_part_that_no_line_names_does_not_count(store, missing):
    """A process was killed between the two."""
    kept = [x for x in (store / "_finished.jsonl").read_text().splitlines() if x]
    assert len(kept) == 4
    del kept[missing]
    (store / "_finished.jsonl").write_text("\n".join(kept))
    assert len(read_sweep(store)) == 9
    assert fill(store).computed == 3
    check(store)


@pytest.mark.parametrize("name", [
    "part-000001.csv.bak", "part-000001.bak.csv", "part-000001 (copy).csv", "part-1.csv", "a.csv",
    "_failed-x.csv", "_lost-000001.csv", "part-000099.csv", ".DS_Store", "part-000001.parquet",
    "_failed-000001.csv", "part-.csv", ".nfs0001",
])  # fmt: skip
def test_files_of_others_in_a_store_are_left_alone(store, name):
    (store / name).write_bytes((store / FILES[0]).read_bytes())
    check(store)
    assert fill(store).computed == 0
    check(store)
    assert (store / name).exists()


# --- manifests ------------------------------------------------------------------------------------

WHOLE = {"sets": 12, "chunk": 3, "grid": "0", "pieces": ["0"], "identity": {}}
MANIFESTS = [
    *("", "null", "{}", "[]", "1", '"x"', "{", "\x00", '{"version": 3, "cells": []}'),
    *(json.dumps({k: v for k, v in WHOLE.items() if k != name}) for name in WHOLE),
    *(json.dumps(WHOLE | {"chunk": value}) for value in (0, -3, 3.5, True, "3", None, [])),
    *(json.dumps(WHOLE | {"sets": value}) for value in (0, -3, "12", None, False)),
    *(json.dumps(WHOLE | {"identity": value}) for value in ([], None, 1, "x")),
    *(json.dumps(WHOLE | {"pieces": value}) for value in (None, 1, [1], [None], [["0"]])),
    *(json.dumps(WHOLE | {"grid": value}) for value in (None, 1, ["0"])),
    json.dumps(WHOLE | {"identity": None, "model": ["lif", "0"], "grid": [], "protocol": []}),
]


@pytest.mark.parametrize("text", MANIFESTS)
@pytest.mark.parametrize("what", [fill, read_sweep])
def test_a_manifest_that_is_none_is_named_with_the_remedy(store, text, what):
    (store / "_sweep.json").write_text(text)
    with pytest.raises(
        InputError, match=r"_sweep.json: .*choose another store, or delete this one"
    ):
        what(store)


@pytest.mark.parametrize("identity", [{}, {"model": 1}, {"model": {}}, {"model": None, "x": 3}])
def test_a_manifest_of_something_else_is_refused(store, identity):
    (store / "_sweep.json").write_text(json.dumps(WHOLE | {"identity": identity}))
    with pytest.raises(InputError, match="was begun with another model"):
        fill(store)


@pytest.mark.parametrize("text", ["", "{", "\x00", "null", "[1]", "3"])
def test_attributes_that_cannot_be_read_are_named(store, text):
    (store / "_attrs.json").write_text(text)
    with pytest.raises(InputError, match=r"_attrs.json: cannot be read .*delete it"):
        read_sweep(store)


# --- what identifies a sweep ----------------------------------------------------------------------


def in_pA(model):
    """The same text with the input in another unit: 1 means another current."""
    return replace(model, input_unit=pA)


MODELS = {
    "the input's unit": (in_pA, "unit of the input: nA, not pA"),
    "a parameter": (lambda m: m.with_(R=11 * Mohm), "R: 10.0 Mohm, not 11.0 Mohm"),
    "a digit of it": (lambda m: m.with_(R=(10 + 1e-12) * Mohm), "R: 10.0 Mohm, not 10.00"),
    "the threshold": (lambda m: m.with_(threshold="v > V_th + 1*mV"), "threshold: v > V_th, not"),
    "the reset": (lambda m: m.with_(reset="v = E_L"), "reset: v = V_reset, not v = E_L"),
    "the refractory period": (lambda m: m.with_(refractory=3 * ms), "refractory: t_ref, not 0.003"),
    "the method": (lambda m: m.with_(method="euler"), "method: .*, not euler"),
    "the step": (lambda m: m.with_(dt=0.01 * ms), "dt: 5e-05 s, not 1e-05 s"),
    "an initial value": (lambda m: m.with_(initial={"v": -60 * mV}), "initial: .*, not "),
    "the equations": (lambda m: m.with_(equations=m.equations.replace("R*I", "2*R*I")), ""),
    "another model": (lambda m: QIF, "name: lif, not qif"),
}  # fmt: skip


@pytest.mark.parametrize("what", MODELS)
def test_the_store_of_another_model_is_refused(store, what):
    change, message = MODELS[what]
    other = change(LIF)
    grid = {"I": [1, 2, 3, 4] * other.input_unit}
    grid |= {"tau": GRID["tau"]} if "tau" in other.parameters else {}
    with pytest.raises(InputError, match=rf"begun with another model.*{message}"):
        fill(store, other, grid)
    check(store)


@pytest.mark.parametrize("name", ["threshold", "method", "initial"])
def test_a_parameter_with_the_name_of_a_part_of_a_model_hides_no_difference(name):
    def found(**changes):
        model = LIF.with_(
            equations=f"dv/dt = (E_L - v + {name}*R*I)/tau : volt (unless refractory)",
            parameters={**LIF.parameters, name: 2}, **changes,
        )  # fmt: skip
        return identity(model, rates, {})

    other = {"threshold": "v > V_th + 1*mV", "method": "euler", "initial": {"v": -60 * mV}}
    said = difference(found(), found(**{name: other[name]}))
    assert said.startswith(f"another model (its {name}: ")
    assert not difference(found(), found())


@pytest.mark.parametrize("words", [
    {"title": "other words"}, {"references": ("somebody",)}, {"input_range": (0, 1)},
])  # fmt: skip
def test_words_and_ranges_of_a_model_change_no_number(store, words):
    assert fill(store, replace(LIF, **words)).computed == 0


def squares(model, sets, times=1.0):
    return pd.DataFrame({"x": sets.prod(axis=1) ** 2 * times})


class Scaled:
    """A protocol that is an object."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, model, sets):
        return product(model, sets, self.factor)

    def method(self, model, sets):
        return self(model, sets)


def closure(factor):
    return lambda model, sets: product(model, sets, factor)


def with_default(factor):
    def protocol(model, sets, times=factor):
        return product(model, sets, times)

    return protocol


PAIRS = {
    "another function": (product, squares),
    "an object with another attribute": (Scaled(1.0), Scaled(2.0)),
    "a method of another object": (Scaled(1.0).method, Scaled(2.0).method),
    "a function with other values around it": (closure(1.0), closure(2.0)),
    "another default": (with_default(1.0), with_default(2.0)),
    "another bound argument": (
        functools.partial(product, times=1),
        functools.partial(product, times=2),
    ),
    "a lambda with another constant": (lambda m, s: s.assign(x=1.0), lambda m, s: s.assign(x=2.0)),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_protocols_of_one_name_are_told_apart(tmp_path, pair):
    first, second = PAIRS[pair]
    fill(tmp_path / "y.csv", protocol=first)
    assert fill(tmp_path / "y.csv", protocol=first).computed == 0
    with pytest.raises(InputError, match="begun with another protocol"):
        fill(tmp_path / "y.csv", protocol=second)


def test_a_constant_beside_a_protocol_belongs_to_it(tmp_path, monkeypatch):
    def scaled(model, sets):
        return product(model, sets, FACTOR)

    fill(tmp_path / "y.csv", protocol=scaled)
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    with pytest.raises(InputError, match="another protocol"):
        fill(tmp_path / "y.csv", protocol=scaled)


SETTINGS = [
    ({"duration": 100 * ms}, {"duration": 101 * ms}), ({}, {"duration": 100 * ms}),
    ({"dt": 0.1 * ms}, {"dt": 0.05 * ms}), ({"spikes": "grid"}, {}),
    ({"method": "rk4"}, {"method": "rk2"}), ({"start": "rest"}, {"start": "initial"}),
    ({"precision": "float32"}, {"precision": "float64"}),
    ({"start": {"v": -60 * mV}}, {"start": {"v": -61 * mV}}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), SETTINGS)
def test_other_settings_are_refused_by_name(tmp_path, first, second):
    """Of the real protocol, without running it: the store is begun and empty."""
    store = tmp_path / "x.csv"
    with SweepStore(store).filling(identity(LIF, rates, first), grid_of(LIF, GRID)):
        pass
    (name,) = {*first, *second}
    with pytest.raises(InputError, match=rf"begun with another setting \({name}: "):
        fill(store, protocol=rates, **second)


@pytest.mark.parametrize("package", ["excitable", "brian2"])
def test_another_version_is_refused(store, package):
    manifest = json.loads((store / "_sweep.json").read_text())
    manifest["identity"]["version"][package] = "0.0.1"
    (store / "_sweep.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=rf"begun with another version \({package}: 0.0.1, not "):
        fill(store)


@pytest.mark.parametrize("value", [
    object(), [1, {"a": object()}], {"b", "a"}, np.arange(100), 1e-300, Scaled(1.0), "", None, b"x",
    [1 * mV, 2 * volt], np.float32(0.1), Path("x"), float("nan"), functools.partial(product),
    (x for x in "ab"), type, len, np, 10**30, 1j,
])  # fmt: skip
def test_a_text_of_anything_is_the_same_again(value):
    text = text_of(value)
    assert text == text_of(value)
    assert " at 0x" not in text


@given(a=st.floats(allow_nan=False), b=st.floats(allow_nan=False))
@settings(max_examples=50)
def test_texts_of_numbers_differ_where_numbers_do(a, b):
    assert (text_of(a) == text_of(b)) == (repr(a) == repr(b))


# --- grids and protocols that make no sense -------------------------------------------------------

ODD_GRIDS = {
    "doubled columns": (pd.DataFrame([[1.0, 2.0]], columns=["tau", "tau"]), "'tau': stands twice"),
    "10^12 sets": ({"tau": np.arange(1, 10**6 + 1) * ms, "I": np.arange(10**6) * nA},
                   r"1000000 x 1000000 values are 1e\+12 sets, more than 1e\+09; take fewer"),
    "10^24 sets": ({n: np.arange(1, 10**6 + 1) * u for n, u in (("tau", ms), ("I", nA), ("R", Mohm),
                   ("E_L", mV))}, r"are 1e\+24 sets"),
    "masked values": ({"I": [1] * nA, "tau": np.ma.array([5.0, 10], mask=[0, 1])}, "masked array"),
    "text": (pd.DataFrame({"tau": ["5", "x"]}), "column tau: 1 of 2 values are not finite numbers"),
    "dates": ({"tau": np.array(["2020-01-01"], dtype="datetime64[D]")}, "expected"),
    "two dimensions": ({"I": np.ones((2, 2)) * nA}, "expected one dimension"),
    "dates in a table": (pd.DataFrame({"I": pd.to_datetime(["2020-01-01"])}), "numbers in nA"),
    "lengths of time": (pd.DataFrame({"tau": pd.to_timedelta([1], "ms")}), "plain numbers in ms"),
    "truth": (pd.DataFrame({"I": [True, False]}), r"2 of 2 values .* \(first: True in row 0\)"),
    "quantities in a table": (pd.DataFrame({"I": [2 * nA, 3 * nA]}), "give plain numbers in nA"),
    "complex numbers in a table": (pd.DataFrame({"I": [1j, 2]}), "give plain numbers in nA"),
    "no number": (pd.DataFrame({"I": pd.array([1, None], dtype="Int64")}), r"1 of 2 .* in row 1"),
    "no rows": (pd.DataFrame({"tau": []}), "has no rows"),
    "no columns": (pd.DataFrame(index=range(3)), "has no rows or no columns"),
    "numbers as names": (pd.DataFrame({0: [1.0]}), "unknown column of the grid 0"),
    "complex": ({"I": np.array([1j]) * nA}, "expected a quantity in nA"),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD_GRIDS)
def test_an_odd_grid_is_refused(tmp_path, what):
    grid, message = ODD_GRIDS[what]
    with pytest.raises(InputError, match=message):
        fill(tmp_path / "x.csv", LIF, grid)
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    "protocol",
    [None, 3, "rates", [], lambda: 1, lambda model: 1, len, product(LIF, pd.DataFrame({"x": [1]}))],
)
def test_what_is_no_protocol_is_refused(tmp_path, protocol):
    with pytest.raises(InputError, match=r"expected a function of|it is called with the model"):
        fill(tmp_path / "x.csv", protocol=protocol)


@pytest.mark.parametrize("answer", [
    lambda s: None, lambda s: 3, lambda s: s[1:], lambda s: pd.concat([s, s]), lambda s: s["tau"],
    lambda s: s.to_numpy(), lambda s: pd.concat([s, s], axis=1), lambda s: {},
])  # fmt: skip
def test_an_answer_that_is_none_is_said(tmp_path, answer):
    with pytest.raises(InputError, match=r"must return a DataFrame|stands twice"):
        fill(tmp_path / "x.csv", protocol=lambda model, sets: answer(sets))


@pytest.mark.parametrize("path", ["~/x.csv", "~/a b/ä.csv"])
def test_a_store_may_lie_in_the_home_folder(tmp_path, monkeypatch, path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert fill(path).store == tmp_path / path[2:]
    check(path)
    assert not (tmp_path / "~").exists()
