"""Recordings: files that each test writes itself, with spikes and currents that are known."""

import struct
import warnings
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from brian2 import Mohm, amp, cm, meter, ms, mV, nA, pA, second, uA, um, volt
from excitable.analysis import detect_spikes, lif_rate, measured_fi, shapes_of
from excitable.analysis.plots import plot_comparison, plot_fi, plot_stimulus_response, plot_trace
from excitable.models import HODGKIN_HUXLEY, LIF, NeuronModel
from excitable.protocols import CellRecording, Step, fi_curve, read_recording, response

from excitable.columns import split_column
from excitable.errors import InputError, MissedSpikesWarning

T = np.arange(0, 400, 0.1)  # ms
CURRENTS = [0.0, 100.0, 200.0]  # pA
TRAINS = [[], [130.0, 180.0, 230.0, 280.0], np.arange(110.0, 300, 20.0)]


def sweep(train, seed=0):
    """A potential with triangular spikes that cross -20 mV upwards exactly at the given times."""
    v = np.full(len(T), -65.0) + np.random.default_rng(seed).normal(0, 0.2, len(T))
    for time in train:  # up from -65 to 25 mV in 1 ms, and down
        v = np.maximum(v, 25.0 - 90.0 * np.abs(T - (time + 0.5)))
    return v


def current(height):
    return np.where((T >= 100) & (T < 300), height, 0.0)


@pytest.fixture(scope="module")
def long_csv(tmp_path_factory):
    """Three sweeps one below another, in seconds, volts and picoamperes, a third of it left out."""
    parts = []
    slow = np.all([sweep(train, k) < -60 for k, train in enumerate(TRAINS)], axis=0)
    keep = (np.arange(len(T)) % 3 != 2) | ~slow  # uneven times
    for k, (height, train) in enumerate(zip(CURRENTS, TRAINS, strict=True)):
        table = {"trial": k + 7, "t [s]": T / 1e3, "Vm (V)": sweep(train, k) / 1e3}
        parts.append(pd.DataFrame(table | {"Im_pA": current(height)})[keep])
    path = tmp_path_factory.mktemp("csv") / "cell.csv"
    pd.concat(parts).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def cell(long_csv):
    return read_recording(long_csv, sweep="trial")


def test_csv(cell):
    assert list(cell.traces.columns) == ["neuron", "t_ms", "v_mV", "I", "I_unit"]
    assert cell.sweeps == [0, 1, 2]
    assert set(cell.traces["I"]) == {0.0, 0.1, 0.2}
    assert len(np.unique(np.diff(cell.traces["t_ms"][cell.traces["neuron"] == 0]).round(6))) > 1
    for k, train in enumerate(TRAINS):
        got = cell.spikes["t_ms"][cell.spikes["neuron"] == k]
        assert got.to_numpy() == pytest.approx(train, abs=1e-6)


def test_fi_table(cell):
    table = measured_fi(cell.traces, cell.spikes)
    assert table["I"].tolist() == [0.0, 0.1, 0.2]
    assert table["onset_ms"].tolist() == pytest.approx([100.0] * 3, abs=0.11)
    assert table["offset_ms"].tolist() == pytest.approx([300.0] * 3, abs=0.11)
    assert table["rate_Hz"].tolist() == pytest.approx([0.0, 20.0, 50.0])
    assert table["latency_ms"].tolist() == pytest.approx(
        [np.nan, 30.0, 10.0], abs=0.11, nan_ok=True
    )
    models = fi_curve(LIF, [1, 2] * nA, duration=200 * ms, discard=50 * ms, backend="numpy")
    assert set(models.columns) <= set(table.columns)
    late = measured_fi(cell.traces, cell.spikes, discard=50, onset=100, offset=300)
    assert late["spike_count"].tolist() == [0, 3, 8]
    ax = plot_fi(table)  # what takes a model's table takes this one
    assert ax.get_xlabel() == "input $I$ (nA)"


def test_spikes_after_a_step_are_no_answer_to_it():
    v = sweep([150.0, 350.0])
    traces = pd.DataFrame({"neuron": 0, "t_ms": T, "v_mV": v, "I": current(1.0), "I_unit": "nA"})
    row = measured_fi(traces).iloc[0]
    assert row["spike_count"] == 1
    assert row["latency_ms"] == pytest.approx(50.0)
    assert np.isnan(row["first_rate_Hz"])


def test_a_models_own_response_gives_its_own_fi_table():
    """The way through traces and detected spikes against the spikes that the run located."""
    currents = [8.0, 10.0, 20.0] * uA / cm**2
    step = Step(currents, onset=5 * ms, offset=85 * ms)
    numpy = {"backend": "numpy", "dt": 0.05 * ms}
    run = response(HODGKIN_HUXLEY, step, 90 * ms, n=3, record=("v", "I"), **numpy)
    table = measured_fi(run.traces, discard=20.0)
    own = fi_curve(HODGKIN_HUXLEY, currents, duration=80 * ms, discard=20 * ms, **numpy)
    assert table["I"].tolist() == pytest.approx([8.0, 10.0, 20.0])
    assert table["rate_Hz"].to_numpy() == pytest.approx(own["rate_Hz"].to_numpy(), rel=2e-3)
    shapes = shapes_of(run.traces)
    assert shapes["neuron"].unique().tolist() == [0, 1, 2]


def test_stimulus_from_a_recording(cell):
    """A membrane without spikes integrates the recorded current: v = R I (1 - exp(-t/tau))."""
    passive = LIF.with_(V_th=100 * mV)
    run = response(passive, cell.stimulus(), cell.duration, n=3, dt=0.1 * ms, backend="numpy")
    tau, R = (float(LIF.parameters[name].value) for name in ("tau", "R"))
    assert LIF.parameters["R"].unit == Mohm
    rest = run.traces.query("neuron == 0")["v_mV"].iloc[0]
    for k, height in enumerate((0.0, 0.1, 0.2)):
        v = run.traces.query(f"neuron == {k}")
        at = v["t_ms"].between(105, 299)
        expected = rest + R * height * (1 - np.exp(-(v["t_ms"][at] - 100) / tau))
        assert v["v_mV"][at].to_numpy() == pytest.approx(expected.to_numpy(), abs=2e-2)


def test_stimulus_as_density(cell):
    density = cell.stimulus(2, area=20_000 * um**2)
    assert np.max(density.values) / (uA / cm**2) == pytest.approx(0.2e-9 / 20_000e-12 * 1e2)
    with pytest.raises(InputError, match="area"):
        cell.stimulus(2, area=3 * meter)
    with pytest.raises(InputError, match="no 5"):
        cell.stimulus(5)


def test_sweeps_side_by_side_and_given_units(tmp_path):
    path = tmp_path / "wide.txt"
    table = pd.DataFrame({"t": T, "a": sweep(TRAINS[1]), "b": sweep(TRAINS[2]), "i": current(100)})
    table.to_csv(path, index=False, sep=";", decimal=",")
    cell = read_recording(
        path, sep=";", decimal=",", time="t", potential=["a", "b"], current="i",
        units={"t": ms, "a": "mV", "b": mV, "i": "µA"},
    )  # fmt: skip
    assert cell.sweeps == [0, 1]
    assert cell.traces["I"].max() == pytest.approx(1e5)
    assert (cell.spikes["neuron"] == 1).sum() == len(TRAINS[2])
    assert cell.duration / ms == pytest.approx(400.0)


THREE = [[-65.0, -64.0, -60.0], [-55.0, -54.0, -50.0], [-45.0, -44.0, -40.0]]


def table_of(header, *columns):
    rows = zip([0, 1, 2], *columns, strict=True)
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("header", "columns", "options", "currents"),
    [
        ("t_ms,Vm (mV),Vm (mV),Vm (mV)", THREE, {}, None),
        ("t, V,V, V", THREE, {"time": "t", "potential": "V", "units": {"t": ms, "V": "mV"}}, None),
        ("t_ms,v_mV,I_nA,v_mV,I_nA", [THREE[0], [1] * 3, THREE[1], [2] * 3], {}, [1, 2]),
        ("t_ms,v1_mV,v2_mV,I2_nA,I1_nA", [*THREE[:2], [2] * 3, [1] * 3], {}, [1, 2]),
        ("t_ms,v10_mV,v9_mV,I9 (nA),I10 (nA)", [*THREE[:2], [9] * 3, [10] * 3], {}, [10, 9]),
        ("t_ms,soma V (mV),dend V (mV),dend I (nA),soma I (nA)",
         [*THREE[:2], [2] * 3, [1] * 3], {}, [1, 2]),
        ("t_ms,v1_mV,v2_mV,I2_nA,I1_nA", [*THREE[:2], [1] * 3, [2] * 3],
         {"current": ["I2_nA", "I1_nA"]}, [1, 2]),
        ("t_ms,v1_mV,v2_mV,I_nA", [*THREE[:2], [3] * 3], {}, [3, 3]),
    ],
)  # fmt: skip
def test_every_column_is_its_own_sweep_with_its_own_current(
    tmp_path, header, columns, options, currents
):
    path = tmp_path / "wide.csv"
    path.write_text(table_of(header, *columns))
    traces = read_recording(path, skipinitialspace=True, **options).traces
    potentials = [c for c in columns if c in THREE]
    assert traces.groupby("neuron")["v_mV"].agg(list).tolist() == potentials
    assert set(traces["t_ms"]) == {0, 1, 2}
    if currents is not None:
        assert traces.groupby("neuron")["I"].mean().tolist() == currents


@pytest.mark.parametrize(
    ("model", "unit"), [(LIF, nA), (HODGKIN_HUXLEY, uA / cm**2)], ids=["lif", "hodgkin_huxley"]
)
def test_traces_of_a_run_are_read_as_they_were_written(tmp_path, model, unit):
    step = Step([2, 3] * unit, onset=1 * ms)
    run = response(model, step, 5 * ms, n=2, record=("v", "I"), dt=0.05 * ms, backend="numpy")
    run.traces.to_csv(tmp_path / "run.csv", index=False)
    read = read_recording(tmp_path / "run.csv", sweep="neuron").traces
    pd.testing.assert_frame_equal(read, run.traces, check_dtype=False, rtol=1e-12)


@pytest.mark.parametrize("name", ["sweep", "Sweep", "neuron", "trial"])
@pytest.mark.parametrize("later", [0, 3])
def test_a_column_that_is_called_so_tells_sweeps_apart(tmp_path, name, later):
    """Also where times go on from one to the next; without one they are of one sweep."""
    t = np.r_[0:3, later : later + 3]
    table = pd.DataFrame({name: np.repeat([4, 5], 3), "t_ms": t, "v_mV": np.arange(6)})
    table.to_csv(tmp_path / "a.csv", index=False)
    if name == "trial" and not later:
        with pytest.raises(InputError, match=r"time must increase.*: sweep="):
            read_recording(tmp_path / "a.csv")
        return
    cell = read_recording(tmp_path / "a.csv")
    assert cell.sweeps == ([0] if name == "trial" else [0, 1])
    assert cell.traces["v_mV"].tolist() == list(range(6))


@pytest.mark.parametrize(
    ("header", "rows", "options"),
    [
        ("t1_ms,v1_mV,t2_ms,v2_mV", [[0, 1, 0, 4], [1, 2, 2, 5], [2, 3, 4, 6]], {}),
        ("t2_ms,v1_mV,t1_ms,v2_mV", [[0, 1, 0, 4], [2, 2, 1, 5], [4, 3, 2, 6]], {}),
        ("t_ms,v_mV,t_ms,v_mV", [[0, 1, 0, 4], [1, 2, 2, 5], [2, 3, 4, 6]], {}),
        ("a_ms,v1_mV,b_ms,v2_mV", [[0, 1, 0, 4], [1, 2, 2, 5], [2, 3, 4, 6]],
         {"time": ["a_ms", "b_ms"]}),
    ],
)  # fmt: skip
def test_every_sweep_with_its_own_time(tmp_path, header, rows, options):
    path = tmp_path / "a.csv"
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]))
    found = read_recording(path, **options).traces.groupby("neuron")
    assert found["t_ms"].agg(list).tolist() == [[0, 1, 2], [0, 2, 4]]
    assert found["v_mV"].agg(list).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_one_time_written_beside_every_channel_and_shorter_sweeps(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("t_s,I_nA,t_s,v_mV\n0,1,0,-65\n1,1,1,-64\n2,2,2,-60\n")
    traces = read_recording(path).traces
    assert traces[["t_ms", "v_mV", "I"]].to_numpy().tolist() == [
        [0, -65, 1], [1000, -64, 1], [2000, -60, 2]]  # fmt: skip
    path.write_text("t_ms,v1_mV,v2_mV\n0,1,5\n1,2,6\n2,3,7\n3,4,\n4,5,\n")
    traces = read_recording(path).traces
    assert traces.groupby("neuron")["v_mV"].agg(list).tolist() == [[1, 2, 3, 4, 5], [5, 6, 7]]
    path.write_text("t_ms,v1_mV,v2_mV\n0,1,5\n1,2,\n2,3,7\n3,4,\n4,5,\n")
    with pytest.raises(InputError, match="the potential of sample 2 is nan"):
        read_recording(path)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("t_ms,v_mV\n0,-65\n1,-64\n2,-60\n", {"dtype": str}),
        ("t_ms;v_mV\n0;-65,0\n1;-64,0\n2;-60\n", {"sep": ";", "decimal": ",", "dtype": str}),
        ("t_ms;v_mV\n0.0;-65,0\n1.0;-64,0\n2.0;-60\n",
         {"sep": ";", "decimal": ",", "converters": {"t_ms": float}}),
        ("t_ms,v_mV\n0,-65,\n1,-64,\n2,-60,\n", {}),
    ],
)  # fmt: skip
def test_numbers_written_otherwise(tmp_path, text, options):
    path = tmp_path / "cell.csv"
    path.write_text(text)
    traces = read_recording(path, **options).traces
    assert traces["t_ms"].tolist() == [0, 1, 2]
    assert traces["v_mV"].tolist() == [-65, -64, -60]


def test_steps_given_by_hand():
    traces = pd.DataFrame({"neuron": np.repeat([0, 1], len(T)), "t_ms": np.tile(T, 2),
                           "v_mV": np.concatenate([sweep(t) for t in TRAINS[1:]])})  # fmt: skip
    cell = CellRecording.of_traces(traces)
    with pytest.raises(InputError, match=r"no current.*with_steps"):
        cell.stimulus()
    with pytest.raises(InputError, match=r"no current.*with_steps"):
        measured_fi(cell.traces)
    cell = cell.with_steps([100, 200] * pA, onset=100 * ms, offset=300 * ms)
    assert measured_fi(cell.traces)["I"].tolist() == pytest.approx([0.1, 0.2])
    with pytest.raises(InputError, match="2 sweeps"):
        cell.with_steps([1] * nA, onset=0 * ms, offset=1 * ms)
    with pytest.raises(InputError, match="unit of current"):
        cell.with_steps([1, 2] * mV, onset=0 * ms, offset=1 * ms)


@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        ([0, 0, 0, np.nan, 1, 1], r"holds nan \(row 3\)"),
        ([0, 0, 0, 1.5, 1.5, 1.5], r"holds 1\.5 \(row 3\)"),
        (["A", "A", "A", "B", "B", "B"], r"holds A \(row 0\).*pandas\.factorize"),
    ],
)
@pytest.mark.parametrize("measure", [detect_spikes, shapes_of, measured_fi, plot_trace])
def test_rows_of_no_neuron_are_refused(measure, neurons, message):
    table = {"neuron": neurons, "t_ms": [0.0, 1, 2] * 2, "v_mV": -65.0, "I": 0.0, "I_unit": "nA"}
    with pytest.raises(InputError, match=message):
        measure(pd.DataFrame(table))


def test_spikes_of_no_neuron_are_refused():
    spikes = pd.DataFrame({"neuron": [0, np.nan], "t_ms": [150.0, 160.0]})
    with pytest.raises(InputError, match=r"holds nan \(row 1\)"):
        measured_fi(stepped([1.0], 100, 300), spikes)


def test_spikes_and_currents_that_would_count_for_nobody():
    """Spikes without a trace, currents in several units, windows that end before they begin."""
    traces = pd.concat([stepped([1.0], 100, 300), stepped([1.0], 100, 300).assign(neuron=1)])
    with pytest.raises(InputError, match="neuron 7 has spikes, but is none of the traces"):
        measured_fi(traces, pd.DataFrame({"neuron": [7], "t_ms": [150.0]}))
    mixed = traces.assign(I_unit=np.where(traces["neuron"] == 1, "pA", "nA"))
    with pytest.raises(InputError, match="several units"):
        measured_fi(mixed)
    with pytest.raises(InputError, match="several units"):
        CellRecording.of_traces(mixed).stimulus(1)
    with pytest.raises(InputError, match="discard: must not be negative"):
        measured_fi(traces, discard=-50 * ms)
    with pytest.raises(InputError, match="300 to 100 ms is no window"):
        CellRecording.of_traces(traces).with_steps([1, 2] * nA, onset=300 * ms, offset=100 * ms)


def test_volts_and_quantities_in_a_table():
    """A DataFrame keeps the SI numbers of a quantity: spikes in volts never rise through -20 mV."""
    v = sweep(TRAINS[1])
    with pytest.raises(InputError, match=r"if these are volts.*set above between"):
        detect_spikes(pd.DataFrame({"t_ms": T, "v_mV": v * mV}))
    with pytest.raises(InputError, match="if these are seconds"):
        detect_spikes(pd.DataFrame({"t_ms": T * ms, "v_mV": v}))
    objects = pd.Series([x * mV for x in v[:10]], dtype=object)
    with pytest.raises(InputError, match="v_mV: takes plain numbers"):
        detect_spikes(pd.DataFrame({"t_ms": T[:10], "v_mV": objects}))
    high = pd.DataFrame({"t_ms": T, "v_mV": -10.0})  # depolarisation block
    assert detect_spikes(high).empty


def test_sweeps_have_the_order_of_their_numbers():
    """However a table has them: currents given by hand, the stimulus of all, and F-I rows."""
    one = pd.DataFrame({"t_ms": T, "v_mV": sweep([])})
    cell = CellRecording.of_traces(pd.concat([one.assign(neuron=3), one.assign(neuron=1)]))
    cell = cell.with_steps([1, 2] * nA, onset=100 * ms, offset=300 * ms)
    assert cell.sweeps == [1, 3]
    assert (cell.stimulus().values.max(axis=0) / nA).tolist() == pytest.approx([1, 2])
    assert measured_fi(cell.traces)[["neuron", "I"]].to_numpy().tolist() == [[1, 1], [3, 2]]
    alone = CellRecording.of_traces(one).with_steps([2] * nA, onset=1 * ms, offset=5 * ms)
    assert alone.stimulus().values.max() / nA == pytest.approx(2)


def test_quantities_are_taken():
    traces = stepped([1.0], 100, 300).assign(v_mV=sweep(TRAINS[1]))
    frames_equal = pd.testing.assert_frame_equal
    expected = detect_spikes(traces, above=-40, rearm=3)
    assert len(expected) == len(TRAINS[1])
    frames_equal(detect_spikes(traces, above=-0.04 * volt, rearm=3 * mV), expected)
    window = {"discard": 0.05 * second, "onset": 100 * ms, "offset": 0.3 * second}
    frames_equal(
        measured_fi(traces, **window), measured_fi(traces, discard=50, onset=100, offset=300)
    )
    slope = {"peak_above": -0.04 * volt, "threshold_slope": 20 * mV / ms}
    frames_equal(shapes_of(traces, **slope), shapes_of(traces, peak_above=-40, threshold_slope=20))
    with pytest.raises(InputError, match="above: expected mV"):
        detect_spikes(traces, above=1 * nA)


@pytest.mark.parametrize("record", [("V", "I"), ("v", "V", "I")])
def test_a_membrane_of_any_name(record):
    """A run whose model calls its membrane V, also beside another variable v, is one of its own."""
    model = NeuronModel(
        "own", "dV/dt = (E_L - V + R*I)/tau : volt\ndv/dt = (V - v)/tau : volt",
        parameters={"tau": 10 * ms, "R": 10 * Mohm, "E_L": -65 * mV}, input="I",
        input_unit=nA, initial={"V": -65 * mV, "v": -65 * mV}, membrane="V",
        threshold="V > -50*mV", reset="V = -65*mV",
    )  # fmt: skip
    step = Step([3] * nA, onset=20 * ms, offset=100 * ms)
    run = response(model, step, 120 * ms, record=record, backend="numpy")
    known = run.traces[["neuron", "t_ms", "I", "I_unit"]].assign(v_mV=run.traces["V_mV"])
    levels = {"above": -52.0, "rearm": 1.0}
    assert len(run.spikes) == len(detect_spikes(known, **levels)) > 3
    for measure, options in (
        (detect_spikes, levels),
        (shapes_of, {"peak_above": -52.0}),
        (lambda traces: measured_fi(traces, run.spikes), {}),
    ):
        pd.testing.assert_frame_equal(measure(run.traces, **options), measure(known, **options))
    renamed = run.traces[["neuron", "t_ms", "V_mV"]].rename(columns={"V_mV": "v_mV"})
    assert len(detect_spikes(renamed, **levels)) == len(run.spikes)
    upper = plot_comparison(CellRecording.of_traces(known), run)[0]
    for line in (*upper.lines[:2], plot_trace(run.traces).lines[0]):
        assert line.get_ydata() == pytest.approx(known["v_mV"].to_numpy())
    assert plot_stimulus_response(run.traces)[0].get_ylabel() == "membrane potential $V$ (mV)"


@pytest.mark.parametrize("name", ["V_mV", "v"])
def test_a_table_without_potential_in_mV(name):
    traces = pd.DataFrame({"neuron": 0, "t_ms": T, name: sweep([])})
    traces.attrs["membrane"] = "v"
    run = CellRecording(traces, pd.DataFrame({"neuron": [], "t_ms": []}))
    for refused in (detect_spikes, shapes_of, lambda _: plot_comparison(run, run)):
        with pytest.raises(InputError, match=rf"columns neuron, t_ms, {name}; name the one"):
            refused(traces)


def test_noise_on_an_upstroke_is_one_spike():
    v = np.array([-65, -65, -19, -21, -19, 20, -21, -19, -65, -65, 10, -65.0])
    traces = pd.DataFrame({"t_ms": np.arange(12.0), "v_mV": v})
    assert detect_spikes(traces)["t_ms"].tolist() == pytest.approx([1 + 45 / 46, 9.6])
    assert len(detect_spikes(traces, rearm=0.0)) == 4
    assert detect_spikes(traces.iloc[4:])["t_ms"].tolist() == [9.6]  # the first one is cut


def test_gaps_in_which_spikes_may_have_been_are_said():
    """50 Hz, of which all but the first two and the last are cut out."""
    traces = stepped([1.0], 100, 300).assign(v_mV=sweep(TRAINS[2]))
    with pytest.warns(MissedSpikesWarning, match=r"no sample for 145\.1 ms after 135 ms \(1 such"):
        detect_spikes(traces[(T <= 135) | (T > 280)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(detect_spikes(traces[(T <= 132) | (T > 134)])) == len(TRAINS[2])  # no spike fits
        detect_spikes(pd.DataFrame({"t_ms": 5 * T, "v_mV": -65.0}))  # a slow recording
        slow = np.concatenate([T[T < 50], np.arange(50, 400, 0.9)])  # finer in one place
        detect_spikes(pd.DataFrame({"t_ms": slow, "v_mV": -65.0}))


def test_spikes_below_the_level_are_said():
    traces = pd.DataFrame({"t_ms": T, "v_mV": sweep([150.0, 250.0]) - 60})
    with pytest.warns(MissedSpikesWarning, match=r"2 peaks .* below -20 mV .*above="):
        assert detect_spikes(traces).empty
    assert len(detect_spikes(traces, above=-50.0)) == 2
    slow = traces.assign(v_mV=-65 + 30 * np.sin(np.pi * T / 400))  # no spike, and no warning
    assert detect_spikes(slow).empty


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "is empty"),
        ("t_ms,v_mV\n", {}, "no samples"),
        ("v_mV,I_pA\n1,2\n", {}, "no column has a unit of time"),
        ("t_ms,V\n0,1\n1,2\n2,3\n", {}, r"no column has a unit of potential.*Columns: t_ms, V"),
        ("t_ms,V\n0,1\n1,2\n2,3\n", {"potential": "v"}, "unknown column 'v'; did you mean 'V'"),
        ("t_ms,V\n0,1\n1,2\n2,3\n", {"potential": "V"}, "has no unit in its header"),
        ("t_ms,V\n0,1\n", {"units": {"V": "bananas"}}, "'bananas' is no unit"),
        ("t_ms,V\n0,1\n", {"potential": "V", "units": {"V": "pA"}}, "unit of potential"),
        ("t_ms,v_mV\n0,-65\n2,-65\n1,-65\n", {}, r"1 follows 2 \(samples 2 and 3\)"),
        ("t_ms,v_mV\n0,-65\n1,-65\n1,-65\n", {}, "must increase"),
        ("t_ms,v_mV\n0,-65\n1,\n2,-65\n", {}, "potential of sample 2 is nan"),
        ("t_ms,v_mV,I_pA\n0,-65,1\n1,-65,inf\n2,-65,1\n", {}, "current of sample 2 is inf"),
        ("t_ms,v_mV\n0,-65\n1,-65\n", {}, "at least three"),
        ("t_ms;v_mV\n0;-65,1\n1;-65\n", {"sep": ";"}, "'-65,1', which is no number"),
        ("t_ms,v_mV\n0,-65,1\n0,-65,1,7,8\n", {}, "cannot be read as a table"),
        ("t_ms,t_s,v_mV\n0,0,1\n", {}, "several columns of time"),
        ("a_ms,b_ms,v1_mV,v2_mV\n0,0,1,1\n", {}, "which time belongs to which potential"),
        ("t,v\nms,mV\n0,1\n1,2\n", {"header": [0, 1]}, "2 samples; at least three"),
        ("t_ms,v_mV\n0,1\n1,2\n", {"chunksize": 1}, "leave out chunksize="),
        ("t_ms,a_mV,b_mV,c_mV,x_pA,y_pA\n0,1,1,1,1,1\n", {}, "3 potentials and 2 currents"),
        ("t_ms,a_mV,b_mV\n0,1,1\n", {"sweep": "a_mV"}, "sweep= goes with one potential"),
        ("t_ms,a_mV,b_mV,x_pA,y_pA\n0,1,1,1,1\n", {}, "which current belongs to which potential"),
        ("t_ms,v_mV,v_mV,I1_pA,I2_pA\n0,1,1,1,1\n", {}, "which current belongs to which potential"),
        ("v_mV, v_mV,t_ms\n-65,-65,0\n", {}, "several columns are called 'v_mV' but for blanks"),
        ("n,t_ms,v_mV\n1,0,-65\n1,1,-65\n,2,-65\n", {"sweep": "n"}, "'n' is empty in row 3 below"),
        ("t_ms,v_mV\n0,-65,9\n1,-64,9\n2,-60,9\n", {}, "more fields than its header"),
        ("t_ms,v_mV\n0,0,-65,5\n0,1,-64,2\n0,2,-63,1\n", {}, "header; .*sep=, decimal="),
        ("0,-65,9\n1,-64,9\n2,-60,9\n", {"names": ["t_ms", "v_mV"]}, "more fields than its header"),
        ("t_ms;v_mV\n0.0;-65,5\n0.1;-65,5\n", {"sep": ";", "decimal": ","},
         r"'t_ms' holds '0\.0', which is no number; .*converters="),
        ("n,t_ms,v_mV\n0,0,-65\n0,1,-65\n0,2,-65\n1,0,x\n", {"sweep": "n"},
         "sweep 1: column 'v_mV' holds 'x'"),
        ("t_ms,v_mV\n0,-65\n1,\n2,-65\n", {"dtype": str}, "potential of sample 2 is nan"),
        ("t_ms,v_mV,I_nA\n0,-65,True\n1,-65,False\n2,-65,True\n", {}, "holds 'True', which is no"),
        ("t_ms,v1_mV,v2_mV,I2_nA,I1_fA\n0,1,1,1,1\n", {}, "'I2_nA' is that of 'v2_mV' by its name"),
        ("t_ms,soma V (mV),dend V (mV),soma I (nA)\n0,1,1,1\n", {}, "is that of 'soma V"),
        ("t,V\nms,mV\n0,-65\n1,-64\n2,-60\n", {}, r"units, ms, mV; say header=\[0, 1\]"),
        ("t,V\n(ms),[mV]\n0,-65\n1,-64\n2,-60\n",
         {"time": "t", "potential": "V", "units": {"t": "ms", "V": "mV"}}, r"header=\[0, 1\]"),
        ("t,V\nms,mV\n0,-65,5\n1,-64,5\n2,-60,5\n", {"header": [0, 1]}, "more fields"),
        ("t,V\nms,mV\n0,-65\n1,-64,5\n2,-60\n", {"header": [0, 1]}, "saw 3"),
        ("t_ms\tv_mV\n0\t-65\n1\t-64\n2\t-60\n", {}, r"one column only.*sep='\\t'"),
        ("# x\nt_ms,v_mV\n0,-65\n1,-64\n2,-60\n", {}, "comment="),
        ("t_ms;v_mV\n0;-65\n1.000,5;-64\n2.000,5;-60\n", {"sep": ";", "decimal": ","},
         r"thousands='\.'"),
        ("t_ms,v_mV\n0,-65\n1,lost\n2,-60\n", {}, "'lost', which is no number; leave"),
        ("t_ms,v_mV\n0,-65\n1,-64\n2,-60\n", {"units": "mV"}, "units: expected a dict"),
    ],
)  # fmt: skip
def test_bad_files(tmp_path, text, options, message):
    path = tmp_path / "cell.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_recording(path, **options)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("sweep,t,Vm,Vm,I\n,s,mV,mV,pA\n7,0,-65,-55,1\n7,.5,-64,-54,2\n7,1,-60,-50,3\n", {}),
        ("a;b;b;c\n[s];[mV];[mV];(pA)\n0,0;-65;-55;1\n0,5;-64;-54;2\n1,0;-60;-50;3\n",
         {"sep": ";", "decimal": ","}),
        ("# of today\nt,V,W,I\ns,V,V,A\n0,-.065,-.055,1e-12\n.5,-.064,-.054,2e-12\n"
         "1,-.06,-.05,3e-12\n", {"comment": "#"}),
        ("t/s;U/mV;U/mV;I/pA\n0;-65;-55;1\n.5;-64;-54;2\n1;-60;-50;3\n",
         {"sep": ";", "header": 0}),
    ],
)  # fmt: skip
def test_units_below_the_names_and_behind_a_slash(tmp_path, text, options):
    path = tmp_path / "cell.csv"
    path.write_text(text)
    traces = read_recording(path, **{"header": [0, 1], **options}).traces
    assert traces.groupby("neuron")["t_ms"].agg(list).tolist() == [[0, 500, 1000]] * 2
    assert np.allclose(traces["v_mV"], [-65, -64, -60, -55, -54, -50])
    assert np.allclose(traces["I"], [1e-3, 2e-3, 3e-3] * 2)


@pytest.mark.parametrize(
    ("name", "option", "known"),
    [("a.csv", "voltage", "Known: time, potential, current, sweep, units"),
     ("a.csv", "potentail", "did you mean 'potential'"),
     ("a.abf", "sweep", "Known: potential, current"),
     ("a.nwb", "current", "Known: potential")],
)  # fmt: skip
def test_options_that_a_kind_of_file_has_not(tmp_path, name, option, known):
    (tmp_path / name).write_text("t_ms,v_mV\n0,-65\n1,-64\n")
    with pytest.raises(InputError, match=f"unknown option of .* files '{option}'.*{known}"):
        read_recording(tmp_path / name, **{option: "x"})


def test_other_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        read_recording(tmp_path / "nothing.csv")
    path = tmp_path / "cell.xyz"
    path.write_text("")
    with pytest.raises(InputError, match=r"a file \.xyz is not known"):
        read_recording(path)
    for kind, extra in ((".abf", "pyabf"), (".nwb", "pynwb")):
        pytest.importorskip(extra)
        path = tmp_path / f"broken{kind}"
        path.write_text("this is none")
        with pytest.raises(InputError, match="cannot read it"):
            read_recording(path)


@pytest.mark.parametrize(
    ("current_of", "message"),
    [
        (lambda: np.where((T % 100) < 50, 1.0, 0.0), "no single step"),
        (lambda: np.sin(T / 50), "no single step"),
        (lambda: np.zeros(len(T)), "no sweep has a step"),
    ],
)
def test_currents_that_are_no_step(current_of, message):
    traces = pd.DataFrame({"neuron": 0, "t_ms": T, "v_mV": sweep([]), "I": current_of()})
    with pytest.raises(InputError, match=message):
        measured_fi(traces.assign(I_unit="nA"))
    assert len(measured_fi(traces.assign(I_unit="nA"), onset=100, offset=300)) == 1
    with pytest.raises(InputError, match="no window of sweep 0"):
        measured_fi(traces.assign(I_unit="nA"), onset=100, offset=500)


def stepped(levels, onset, offset, holding=0.0):
    """Sweeps whose currents are known, by neuron."""
    parts = [
        {"neuron": k, "t_ms": T, "v_mV": sweep([]), "I_unit": "nA",
         "I": np.where((onset <= T) & (offset > T), level, holding)}
        for k, level in enumerate(levels)
    ]  # fmt: skip
    return pd.concat(map(pd.DataFrame, parts), ignore_index=True)


@pytest.mark.parametrize(
    ("levels", "onset", "offset", "holding"),
    [
        ([0.0, 2.0, 3.0], 0, 200, 0.0),  # from the first sample on
        ([0.0, 2.0, 3.0], 3, 200, 0.0),
        ([0.0, 2.0, 3.0], 200, 400, 0.0),  # to the last
        ([0.0, 2.0, 3.0], 397, 400, 0.0),
        ([-0.1, 0.0, 0.1], 0, 200, -0.1),
        ([-0.1, 0.0, 0.1], 200, 400, -0.1),
        ([2.0], 0, 200, 0.0),
        ([2.0, 2.0], 200, 400, 0.0),
    ],
)
@pytest.mark.parametrize("noise", [0.0, 0.001])
def test_where_a_step_may_lie(levels, onset, offset, holding, noise):
    traces = stepped(levels, onset, offset, holding)
    traces["I"] += np.random.default_rng(2).normal(0, noise, len(traces))
    table = measured_fi(traces)
    assert table["I"].tolist() == pytest.approx(levels, abs=4 * noise)
    assert table["onset_ms"].tolist() == pytest.approx([onset] * len(levels))
    assert table["offset_ms"].tolist() == pytest.approx([min(offset, T[-1])] * len(levels))
    before = holding if onset else np.nan
    expected = [before] * len(levels)
    assert table["holding"].tolist() == pytest.approx(expected, abs=4 * noise, nan_ok=True)


@pytest.mark.parametrize("levels", [[-0.3], [-0.3, -0.3]])
def test_a_step_that_nothing_tells_from_the_holding_current(levels):
    with pytest.raises(InputError, match=r"nothing tells the step from .*; give onset="):
        measured_fi(stepped(levels, 200, 400, holding=-0.2))


def test_a_step_from_the_beginning_of_a_models_run():
    """Against the closed form of the leaky integrate-and-fire cell."""
    currents = [0.0, 2.0, 3.0]
    step = Step(currents * nA, offset=200 * ms)
    run = response(LIF, step, 250 * ms, n=3, record=("v", "I"), backend="numpy")
    table = measured_fi(run.traces, run.spikes, discard=20 * ms)
    assert table["I"].tolist() == pytest.approx(currents)
    assert table["rate_Hz"].to_numpy() == pytest.approx(
        lif_rate(currents * nA, **LIF.values), rel=1e-6
    )


def test_a_noisy_step_with_holding_current():
    noise = np.random.default_rng(1).normal(0, 0.004, len(T))
    traces = pd.DataFrame({"neuron": 0, "t_ms": T, "v_mV": sweep([]), "I_unit": "nA"})
    row = measured_fi(traces.assign(I=current(0.1) - 0.05 + noise)).iloc[0]
    assert row["I"] == pytest.approx(0.05, abs=1e-3)
    assert row["holding"] == pytest.approx(-0.05, abs=1e-3)
    assert [row["onset_ms"], row["offset_ms"]] == pytest.approx([100.0, 300.0])


def test_abf(tmp_path):
    pytest.importorskip("pyabf")
    from pyabf.abfWriter import writeABF1

    path = tmp_path / "cell.abf"
    writeABF1(np.array([sweep(train) for train in TRAINS]), str(path), 10_000.0, units="mV")
    cell = read_recording(path)
    assert "I" not in cell.traces  # a file without protocol
    for k, train in enumerate(TRAINS):
        got = cell.spikes["t_ms"][cell.spikes["neuron"] == k]
        assert got.to_numpy() == pytest.approx(train, abs=0.01)  # stored in 16 bits
    steps = cell.with_steps(CURRENTS * pA, onset=100 * ms, offset=300 * ms)
    assert measured_fi(steps.traces)["rate_Hz"].tolist() == pytest.approx([0, 20, 50], abs=0.01)
    with pytest.raises(InputError, match=r"channel 1 is not one that holds a current"):
        read_recording(path, current=1)
    writeABF1(np.zeros((1, len(T))), str(path), 10_000.0, units="pA")
    with pytest.raises(InputError, match=r"no channel holds a potential. Channels: 0 \(pA\)"):
        read_recording(path)


def written_abf(path, channels, units, outputs=(), *, holding=0.0, version=1.83):
    """Write sweeps x channels x samples at 10 kHz, and the epochs of two outputs in pA.

    An output's epochs are (level, its increment, samples); `pyabf.abfWriter` writes none.
    """
    sweeps, count, samples = np.shape(channels)
    header = bytearray(16 * 512)

    def put(kind, at, *values):
        struct.pack_into("<" + kind, header, at, *values)

    put("4sfhihi", 0, b"ABF ", version, 5, sweeps * count * samples, 0, sweeps)
    put("i", 40, 16)  # where the samples begin, in blocks
    put("hf", 120, count, 0)
    put("f", 122, 100.0 / count)
    put("i", 138, samples * count)
    put("f4xi", 244, 10.0, 32768)
    for k in range(16):
        put("h", 378 + 2 * k, k)
        put("h", 410 + 2 * k, k if k < count else -1)
        put("8s", 602 + 8 * k, units[k].encode().ljust(8) if k < count else b"")
        for at, value in ((730, 1.0), (922, 0.01), (1050, 1.0)):
            put("f", at + 4 * k, value)
    for output in range(4):
        put("8s", 1346 + 8 * output, b"pA      ")
        put("f", 5298 + 4 * output, holding)
    for output, epochs in enumerate(outputs):
        put("h", 2296 + 2 * output, bool(epochs))
        put("h", 2300 + 2 * output, 1)
        for k, (level, increment, length) in enumerate(epochs, start=10 * output):
            put("h", 2308 + 2 * k, 1)
            put("f", 2348 + 4 * k, level)
            put("f", 2428 + 4 * k, increment)
            put("i", 2508 + 4 * k, length)
    data = np.round(np.moveaxis(channels, 1, 2) * 32768 * 0.01 / 10).astype("<i2")
    path.write_bytes(bytes(header) + data.tobytes())
    return path


def written_abf2(path, channels, units, outputs=(), *, of_output=(), user_list=()):
    """Write the same in version 2, its channels on the first inputs, with four outputs.

    `of_output` and `user_list` are further fields of the first output and of the user list, each
    (format, place, value).
    """
    sweeps, count, samples = np.shape(channels)
    texts = b"Clampex\0\0" + b"\0".join([b"mV", b"pA", b"none.abf"])
    # Where the head says of a table in which block it begins: size and number of its entries.
    sections = {76: (208, 1), 92: (82, count), 108: (150, 4), 156: (30, 20),
                172: (10, len(user_list)), 220: (len(texts), 1), 316: (8, sweeps),
                236: (2, sweeps * count * samples)}  # fmt: skip
    places, head = {}, bytearray(512)
    for at, (size, number) in sections.items():
        places[at] = len(head)
        struct.pack_into("<IIi", head, at, len(head) // 512, size, number)
        head += bytes(-(-size * number // 512) * 512 if at != 236 else 0)

    def put(section, entry, *fields):
        for kind, at, value in fields:
            begin = places[section] + entry * sections[section][0] if section else 0
            struct.pack_into("<" + kind, head, begin + at, value)

    put(0, 0, ("4s", 0, b"ABF2"), ("B", 7, 2), ("i", 12, sweeps), ("i", 16, 20260101))
    put(76, 0, ("h", 0, 5), ("f", 2, 100.0), ("f", 110, 10.0), ("i", 118, 32768), ("h", 142, -1))
    put(220, 0, (f"{len(texts)}s", 0, texts))
    for k in range(sweeps):
        put(316, k, ("i", 4, samples * count))
    index = {"mV": 1, "pA": 2}
    for k, unit in enumerate(units):
        put(92, k, ("f", 28, 1.0), ("f", 40, 0.01), ("f", 48, 1.0), ("i", 78, index[unit]))
    rows = 0
    for output in range(4):
        put(108, output, ("h", 0, output), ("i", 28, index["pA"]), ("f", 46, 1.0), ("i", 118, 3))
        for k, (level, increment, length) in enumerate([*outputs, [], [], [], []][output]):
            put(108, output, ("h", 40, 1), ("h", 42, 1))
            put(156, rows, ("h", 0, k), ("h", 2, output), ("h", 4, 1), ("f", 6, level),
                ("f", 10, increment), ("i", 14, length))  # fmt: skip
            rows += 1
    put(108, 0, *of_output)
    if user_list:
        put(172, 0, *user_list)
    for k in range(rows, 20):
        put(156, k, ("h", 2, -1))
    data = np.round(np.moveaxis(channels, 1, 2) * 32768 * 0.01 / 10).astype("<i2")
    path.write_bytes(bytes(head) + data.tobytes())
    return path


# 62 of 4000 samples lie before the first epoch; a step of 100 pA more in each sweep from 100 ms on.
EPOCHS = [(0.0, 0.0, 938), (0.0, 100.0, 2000)]
VS = [sweep(train) for train in TRAINS]
IS = [current(height) for height in CURRENTS]


@pytest.mark.parametrize(
    ("columns", "outputs", "options", "expected"),
    [
        ("V", [EPOCHS], {}, 1),
        ("VI", [EPOCHS], {}, 1),
        ("IV", [EPOCHS], {}, 1),  # pyABF itself pairs channel 1 with output 1, which rests
        ("V", [[], EPOCHS], {}, 1),
        ("VV", [EPOCHS, [(0.0, 0.0, 938), (0.0, 50.0, 2000)]], {"potential": 1}, 0.5),
        ("VIVI", [EPOCHS, [(0.0, 0.0, 938), (0.0, 50.0, 2000)]], {"potential": 2}, 0.5),
        ("VV", [EPOCHS], {"potential": 0}, 1),
        ("VV", [EPOCHS], {"potential": 1}, None),  # of this cell nothing is known
        ("IV", [[], []], {"current": 0}, 1),
    ],
)
@pytest.mark.parametrize("write", [written_abf, written_abf2])
def test_which_command_of_an_abf_drives_a_cell(
    tmp_path, columns, outputs, options, expected, write
):
    pytest.importorskip("pyabf")
    channels = np.stack([{"V": VS, "I": IS}[kind] for kind in columns], axis=1)
    units = ["mV" if kind == "V" else "pA" for kind in columns]
    cell = read_recording(write(tmp_path / "a.abf", channels, units, outputs), **options)
    if expected is None:
        with pytest.raises(InputError, match="no current"):
            cell.stimulus(0)
    else:
        table = measured_fi(cell.traces)
        assert table["I"].tolist() == pytest.approx(np.multiply([0, 0.1, 0.2], expected), abs=1e-4)
        assert table["onset_ms"][2] == pytest.approx(100, abs=0.11)
        assert table["offset_ms"][2] == pytest.approx(300, abs=0.11)


@pytest.mark.parametrize(("write", "known"), [(written_abf, False), (written_abf2, True)])
def test_an_old_abf_has_no_third_waveform(tmp_path, write, known):
    pytest.importorskip("pyabf")
    path = write(tmp_path / "a.abf", np.stack([IS, IS, VS], axis=1), ["pA", "pA", "mV"])
    assert ("I" in read_recording(path).traces) == known


@pytest.mark.parametrize(
    ("fields", "left_out"),
    [
        ({"user_list": [("h", 4, 3)]}, "a user list"),
        ({"of_output": [("h", 60, 1)]}, "a conditioning train"),
        ({"of_output": [("h", 42, 2), ("f", 46, 0.5)]}, "scale, offset and sweeps"),
        ({"of_output": [("h", 42, 2), ("i", 36, 3)]}, "scale, offset and sweeps"),
    ],
)
def test_commands_that_pyabf_does_not_follow(tmp_path, fields, left_out):
    """It returns a waveform without them, and no word; the recorded current is another matter."""
    pytest.importorskip("pyabf")
    both, units = np.stack([VS, IS], axis=1), ["mV", "pA"]
    path = written_abf2(tmp_path / "a.abf", both, units, [EPOCHS], **fields)
    with pytest.warns(UserWarning, match=f"current is not known.*{left_out}.*current="):
        assert "I" not in read_recording(path).traces
    table = measured_fi(read_recording(path, current=1).traces)
    assert table["I"].max() == pytest.approx(0.2, abs=1e-4)


def test_trains_in_an_old_abf(tmp_path):
    """Of version 1 pyABF knows no pulses: where there are some it returns the level before them."""
    pytest.importorskip("pyabf")
    path = written_abf(tmp_path / "a.abf", np.array(VS)[:, None], ["mV"], [EPOCHS])
    content = bytearray(path.read_bytes())
    struct.pack_into("<h", content, 2310, 3)
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="the pulses of trains in files of version 1"):
        assert "I" not in read_recording(path).traces


def test_holding_current_of_an_abf(tmp_path):
    """PyABF takes the first epoch's level for the holding current of files of version 1."""
    pytest.importorskip("pyabf")
    v = np.array(VS)[:, None]
    epochs = [(100.0, 0.0, 938), (300.0, 0.0, 2000)]
    path = tmp_path / "a.abf"
    traces = read_recording(written_abf(path, v, ["mV"], [epochs], holding=-30.0)).traces
    own = traces.query("neuron == 1")
    expected = np.repeat([-0.03, 0.1, 0.3, -0.03], [62, 938, 2000, 1000])
    assert own["I"].to_numpy() == pytest.approx(expected)
    resting = read_recording(written_abf(path, v, ["mV"], holding=-30.0)).traces
    assert set(resting["I"].round(6)) == {-0.03}
    old = read_recording(written_abf(path, v, ["mV"], [epochs], holding=-30.0, version=1.3))
    assert "I" not in old.traces  # not known


def test_abf_command(tmp_path, monkeypatch):
    """The command of a protocol; pyABF writes none, so its waveform is put in its place."""
    pyabf = pytest.importorskip("pyabf")
    from pyabf.abfWriter import writeABF1

    path = tmp_path / "cell.abf"
    writeABF1(np.array([sweep(train) for train in TRAINS]), str(path), 10_000.0, units="mV")
    monkeypatch.setattr(
        pyabf.ABF, "sweepC", property(lambda abf: current(CURRENTS[abf.sweepNumber]))
    )
    monkeypatch.setattr(pyabf.ABF, "sweepUnitsC", "pA", raising=False)
    real = pyabf.ABF.setSweep

    def set_sweep(abf, *args, **kwargs):
        real(abf, *args, **kwargs)
        abf.sweepUnitsC = "pA"

    monkeypatch.setattr(pyabf.ABF, "setSweep", set_sweep)
    assert measured_fi(read_recording(path).traces)["I"].tolist() == pytest.approx([0, 0.1, 0.2])


@pytest.fixture
def nwb_file():
    pynwb = pytest.importorskip("pynwb")
    nwb = pynwb.NWBFile("a cell", "id", datetime(2026, 1, 1, tzinfo=UTC))
    device = nwb.create_device(name="amplifier")
    electrode = nwb.create_icephys_electrode(name="e0", device=device, description="patch")
    return nwb, electrode


def clamp(kind, name, values, electrode, k, **times):
    import pynwb

    made = getattr(pynwb.icephys, kind)
    times = times or {"rate": 1e4, "starting_time": 5.0 * k}
    return made(name=name, data=values, electrode=electrode, gain=1.0, sweep_number=k, **times)


def written(nwb, path):
    import pynwb

    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)
    return path


@pytest.mark.parametrize("paired", [True, False])
def test_nwb(tmp_path, nwb_file, paired):
    """Sweeps in the table of recordings, and sweeps that only their numbers pair."""
    nwb, electrode = nwb_file
    for k, (height, train) in enumerate(zip(CURRENTS, TRAINS, strict=True)):
        v = clamp("CurrentClampSeries", f"v{k}", sweep(train) / 1e3, electrode, k)
        stimulus = clamp(
            "CurrentClampStimulusSeries", f"i{k}", current(height) * 1e-12, electrode, k
        )
        nwb.add_acquisition(v)
        nwb.add_stimulus(stimulus)
        if paired:
            nwb.add_intracellular_recording(electrode=electrode, stimulus=stimulus, response=v)
    cell = read_recording(written(nwb, tmp_path / "cell.nwb"))
    table = measured_fi(cell.traces, cell.spikes)
    assert table["I"].tolist() == pytest.approx([0, 0.1, 0.2])
    assert table["rate_Hz"].tolist() == pytest.approx([0, 20, 50])
    assert cell.traces["t_ms"].min() == 0


def test_nwb_without_stimulus_and_with_conversion(tmp_path, nwb_file):
    nwb, electrode = nwb_file
    times = {"timestamps": T / 1e3 + 3, "conversion": 1e-3, "offset": -0.01}
    nwb.add_acquisition(
        clamp("CurrentClampSeries", "v", sweep(TRAINS[1]) + 10, electrode, 0, **times)
    )
    cell = read_recording(written(nwb, tmp_path / "cell.nwb"))
    assert "I" not in cell.traces
    assert cell.spikes["t_ms"].tolist() == pytest.approx(TRAINS[1], abs=1e-4)


@pytest.mark.parametrize("samples", [10, 1])
def test_nwb_refusals(tmp_path, nwb_file, samples):
    nwb, electrode = nwb_file
    other = nwb.create_icephys_electrode(name="e1", device=electrode.device, description="patch")
    for k, one in enumerate((electrode, other)):
        nwb.add_acquisition(clamp("CurrentClampSeries", f"v{k}", sweep([]) / 1e3, one, k))
    short = np.zeros(samples)
    nwb.add_stimulus(clamp("CurrentClampStimulusSeries", "short", short, electrode, 0))
    path = written(nwb, tmp_path / "two.nwb")
    with pytest.raises(InputError, match=r"name the electrode, potential=: e0, e1"):
        read_recording(path)
    with pytest.raises(InputError, match="no electrode 'e2'"):
        read_recording(path, potential="e2")
    with pytest.raises(InputError, match="current is not known all along"):
        read_recording(path, potential="e0")
    assert read_recording(path, potential="e1").sweeps == [0]


def test_nwb_sweep_that_was_broken_off(tmp_path, nwb_file):
    """Its rest is filled up with NaN, of the potential and perhaps of the stimulus."""
    nwb, electrode = nwb_file
    for k, end in enumerate((4000, 2500)):
        v, i = (np.where(np.arange(4000) < end, x, np.nan) for x in (sweep([150.0]), current(9)))
        nwb.add_acquisition(clamp("CurrentClampSeries", f"v{k}", v / 1e3, electrode, k))
        nwb.add_stimulus(clamp("CurrentClampStimulusSeries", f"i{k}", i * 1e-12, electrode, k))
    cell = read_recording(written(nwb, tmp_path / "cell.nwb"))
    assert cell.traces.groupby("neuron").size().tolist() == [4000, 2500]
    assert cell.spikes["t_ms"].tolist() == pytest.approx([150, 150], abs=1e-6)
    with pytest.raises(InputError, match=r"different times.*stimulus\(sweep\)"):
        cell.stimulus()
    assert np.max(cell.stimulus(1).values) / pA == pytest.approx(9)


def test_nwb_holding_current_of_the_amplifier(tmp_path, nwb_file):
    nwb, electrode = nwb_file
    held = {"rate": 1e4, "starting_time": 0.0, "bias_current": -2e-11}
    v = clamp("CurrentClampSeries", "v", sweep([]) / 1e3, electrode, 0, **held)
    nwb.add_acquisition(v)
    nwb.add_stimulus(clamp("CurrentClampStimulusSeries", "i", current(9) * 1e-12, electrode, 0))
    with pytest.warns(UserWarning, match=r"v: the amplifier's bias_current \(-20 pA\) is left out"):
        assert read_recording(written(nwb, tmp_path / "cell.nwb")).traces["I"].min() == 0


def test_nwb_that_is_not_as_its_schema(tmp_path, nwb_file):
    """Samples as a column, as other programs write them: PyNWB refuses to build the object."""
    h5py = pytest.importorskip("h5py")
    nwb, electrode = nwb_file
    nwb.add_acquisition(clamp("CurrentClampSeries", "v", sweep([]) / 1e3, electrode, 0))
    path = written(nwb, tmp_path / "cell.nwb")
    with h5py.File(path, "a") as file:
        group = file["acquisition/v"]
        values, attributes = group["data"][:], dict(group["data"].attrs)
        del group["data"]
        group.create_dataset("data", data=values[:, None]).attrs.update(attributes)
    with pytest.raises(InputError, match=r"PyNWB cannot read it \(.*shape.*pynwb-validate"):
        read_recording(path)


@pytest.mark.parametrize("numbered", [True, False])
def test_nwb_sweeps_in_their_order(tmp_path, nwb_file, numbered):
    """The file lists series by name, sweep_10 before sweep_2; each has k spikes, and k pA."""
    nwb, electrode = nwb_file
    for k in (3, 11, *range(3), *range(4, 11)):
        pair = {"v": sweep([110 + 15.0 * j for j in range(k)]) / 1e3, "i": current(k) * 1e-12}
        kinds = {"v": "CurrentClampSeries", "i": "CurrentClampStimulusSeries"}
        for letter, add in (("v", nwb.add_acquisition), ("i", nwb.add_stimulus)):
            made = clamp(kinds[letter], f"{letter}_{k}", pair[letter], electrode, k,
                         rate=1e4, starting_time=5.0 * k)  # fmt: skip
            if not numbered:
                made.fields.pop("sweep_number")
            add(made)
    cell = read_recording(written(nwb, tmp_path / "many.nwb"))
    assert cell.spikes.groupby("neuron").size().reindex(range(12), fill_value=0).tolist() == [
        *range(12)
    ]
    assert cell.traces.groupby("neuron")["I"].max().tolist() == pytest.approx(np.arange(12) / 1e3)


def test_nwb_names_with_numbers_where_nothing_else_orders(tmp_path, nwb_file):
    nwb, electrode = nwb_file
    for k in range(12):
        made = clamp("CurrentClampSeries", f"v{k}", sweep([200.0] * (k > 9)) / 1e3, electrode, k,
                     rate=1e4, starting_time=0.0)  # fmt: skip
        made.fields.pop("sweep_number")
        nwb.add_acquisition(made)
    assert read_recording(written(nwb, tmp_path / "a.nwb")).spikes["neuron"].tolist() == [10, 11]


def test_nwb_recordings_without_stimulus_or_response(tmp_path, nwb_file):
    nwb, electrode = nwb_file
    series = [clamp("CurrentClampSeries", f"v{k}", sweep(TRAINS[k]) / 1e3, electrode, k)
              for k in range(3)]  # fmt: skip
    stimulus = clamp("CurrentClampStimulusSeries", "i", current(1) * 1e-12, electrode, 0)
    nwb.add_stimulus(stimulus)
    nwb.add_intracellular_recording(electrode=electrode, stimulus=stimulus)
    for one in series:
        nwb.add_acquisition(one)
        nwb.add_intracellular_recording(electrode=electrode, response=one)
    cell = read_recording(written(nwb, tmp_path / "a.nwb"))
    assert "I" not in cell.traces
    assert cell.spikes.groupby("neuron").size().to_dict() == {1: 4, 2: len(TRAINS[2])}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], None),
        (["CurrentClampStimulusSeries"], "driven: its sweep 1 has several stimuli"),
        (["VoltageClampStimulusSeries"], None),
    ],
)
def test_nwb_stimuli_that_are_no_current(tmp_path, nwb_file, more, message):
    """A cell that was left alone got nothing; volts are no current, nor are two at once."""
    nwb, electrode = nwb_file
    v = sweep([]) / 1e3
    nwb.add_acquisition(clamp("CurrentClampSeries", "driven", v, electrode, 1))
    nwb.add_acquisition(clamp("IZeroClampSeries", "rest", v, electrode, 0))
    for name, kind in enumerate(["CurrentClampStimulusSeries", *more]):
        nwb.add_stimulus(clamp(kind, str(name), current(100) * 1e-12, electrode, 1))
    path = written(nwb, tmp_path / "a.nwb")
    if message is None:
        traces = read_recording(path).traces
        assert traces.groupby("neuron")["I"].max().tolist() == pytest.approx([0, 0.1])
    else:
        with pytest.raises(InputError, match=message):
            read_recording(path)


@pytest.mark.parametrize(
    ("header", "scale", "message"),
    [
        ("t_s,Vm (V),I_pA", 1.0, r"potential of 65\.\d+ V is none of a cell"),
        ("t_s,v_mV,cell_A", 1.0, "current of 200 A is none of a cell"),
        ("t_s,v_mV,I (A)", 1e-3, "current of 0.2 A is none of a cell"),
    ],
)
def test_units_that_no_cell_has_are_refused(tmp_path, header, scale, message):
    path = tmp_path / "a.csv"
    table = np.stack([T / 1e3, sweep([]), scale * current(200.0)], axis=1)
    np.savetxt(path, table, delimiter=",", header=header, comments="")
    with pytest.raises(InputError, match=message):
        read_recording(path)


def test_nwb_without_current_clamp(tmp_path, nwb_file):
    with pytest.raises(InputError, match="holds no CurrentClampSeries"):
        read_recording(written(nwb_file[0], tmp_path / "none.nwb"))


def test_units_agree_with_brian():
    """Every spelling of a unit against Brian2's own unit."""
    from excitable.protocols.recordings.unit_names import unit_named, unit_of_header

    expected = {"mV": mV, "volts": volt, "pA": pA, "µA/cm^2": uA / cm**2, "A/m²": amp / meter**2,
                "s": second, "milliseconds": ms, "uA/cm**2": uA / cm**2}  # fmt: skip
    for text, unit in expected.items():
        assert float(unit_named(text)) == pytest.approx(float(unit))
        assert unit_named(text).dim is unit.dim
        assert unit_of_header(f"x ({text})").dim is unit.dim
    assert split_column("I_uA_per_cm2")[1] == "uA/cm**2"
    assert unit_of_header("I_uA_per_cm2").dim is (uA / cm**2).dim
    for strange in ("mm", "kV", "", "mV/ms", "V/cm2x"):
        assert unit_named(strange) is None


def test_comparison(cell):
    """A recording beside itself and beside a shifted copy."""
    late = CellRecording(cell.traces, cell.spikes.assign(t_ms=cell.spikes["t_ms"] + 10.0))
    for other, expected in ((cell, "$\\Gamma$ = 1.00"), (late, "$\\Gamma$ = -")):
        axes = plot_comparison(cell, other)
        titles = [ax.get_title(loc="right") for ax in axes[:3]]
        assert titles[0].endswith("both silent")
        assert expected in titles[1]
    title = plot_comparison(cell, cell, precision=30.0)[2].get_title(loc="right")
    assert title.endswith("undefined at 30 ms")  # every moment is so near to one of the spikes
    with pytest.raises(InputError, match=r"sweep 9 is not in both: the recording has \[0, 1, 2\]"):
        plot_comparison(cell, cell, sweeps=[9])
    with pytest.raises(InputError, match="axes: expected 3, one for each sweep and one for the"):
        plot_comparison(cell, cell, axes[:2], sweeps=[0, 1])
