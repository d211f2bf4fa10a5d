"""Figures: units on every axis, clear refusals, no trace in the reader's settings, same bytes."""

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

from excitable.analysis import plots
from excitable.analysis.plots.labels import symbol_text
from excitable.analysis.plots.patterns import _into
from excitable.analysis.trains.trace_tables import input_unit

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "models",
    "dynamics",
    "simulation",
    "protocols",
    "analysis",
    "experiments",
    "excitable",
)

TIME = np.linspace(0.0, 50.0, 201)
TRACES = pd.DataFrame(
    {
        "neuron": 0,
        "t_ms": TIME,
        "v_mV": -65.0 + 10.0 * np.sin(TIME),
        "u_mV_per_ms": -13.0 + np.cos(TIME),
        "m": 0.5 + 0.4 * np.sin(TIME),
        "I_Na_uA_per_cm2": -300.0 * np.sin(TIME) ** 2,
        "I": np.where(TIME > 10, 2.0, 0.0),
        "I_unit": "nA",
    }
)
SPIKES = pd.DataFrame({"neuron": [0, 0, 1], "t_ms": [3.0, 9.0, 4.0], "I": [1.0, 1.0, 2.0]})
FI = pd.DataFrame(
    {
        "I": [1.0, 2.0, 3.0] * 2,
        "g_A": [0.0] * 3 + [47.7] * 3,
        "rate_Hz": [0.0, 72.1, 120.0, 0.0, np.nan, 60.0],
        "resolved": [True, True, True, True, False, True],
        "residual_Hz": [0.0, 0.1, -0.2, 0.0, np.nan, 0.3],
        "I_unit": "uA/cm**2",
    }
)
GATING = pd.DataFrame(
    {
        "gate": np.repeat(["n", "h"], 50),
        "v_mV": np.tile(np.linspace(-100.0, 0.0, 50), 2),
        "steady_state": np.r_[np.linspace(0.0, 1.0, 50), np.linspace(1.0, 0.0, 50)],
        "tau_ms": np.r_[np.linspace(5.0, 1.0, 50), np.linspace(9.0, 0.5, 50)],
    }
)
FIXED = pd.DataFrame({"v": [-1.0, 1.0], "stable": [True, False]})
X = np.linspace(-2.0, 2.0, 401)
STEPS = np.array([0.1, 0.05, 0.025])
ERRORS = pd.DataFrame({"dt_ms": STEPS, "error": 3.0 * STEPS**4, "method": "rk4"})
CLAMP = pd.concat(
    TRACES.assign(neuron=k, command_mV=command, I_A_uA_per_cm2=np.sin(TIME))
    for k, command in enumerate((-40.0, 0.0))
)
NOISY = FI.assign(rate_sem_Hz=0.5, noise=[0.0] * 3 + [1.0] * 3, noise_unit="nA*ms**0.5")
RATES = pd.DataFrame({"t_ms": [2.5, 7.5], "rate_Hz": [200.0, 100.0]})
SPECTRUM = pd.DataFrame(
    {"frequency_Hz": [0.0, 2.0, 4.0], "psd_Hz": [0.1, 1.0, 3.0], "psd_sem_Hz": 0.1, "poisson_Hz": 1}
)
LINE_FIT = SimpleNamespace(kind="line", aicc=0.0, predict=lambda current: 40.0 * current)

# Every figure: how it is drawn, from which table, and the columns it cannot do without.
FIGURES = {
    "plot_trace": (lambda t: plots.plot_trace(t, spikes=SPIKES), TRACES, ["t_ms", "v_mV"]),
    "plot_stimulus_response": (plots.plot_stimulus_response, TRACES, ["t_ms", "v_mV", "I"]),
    "plot_gates": (lambda t: plots.plot_gates(t, ["m"]), TRACES, ["t_ms", "m"]),
    "plot_currents": (
        lambda t: plots.plot_currents(t, {"I_Na_uA_per_cm2": "I_Na"}),
        TRACES,
        ["t_ms", "I_Na_uA_per_cm2"],
    ),
    "plot_raster": (lambda t: plots.plot_raster(t, colour_by="I"), SPIKES, ["neuron", "t_ms", "I"]),
    "plot_fi": (
        lambda t: plots.plot_fi(t, by="g_A", by_unit="mS/cm**2", closed_form=lambda i: 20 * i),
        FI,
        ["I", "rate_Hz", "g_A"],
    ),
    "plot_fi_surface": (
        lambda t: plots.plot_fi_surface(t, parameter_unit="mS/cm**2"),
        FI,
        ["I", "rate_Hz", "g_A"],
    ),
    "plot_residuals": (plots.plot_residuals, FI, ["I", "residual_Hz"]),
    "plot_fits": (lambda t: plots.plot_fits(t, [LINE_FIT]), FI, ["I", "rate_Hz"]),
    "plot_onset": (
        lambda t: plots.plot_onset(t, x="g_A", y="rate_Hz", x_unit="mS/cm**2"),
        FI,
        ["g_A", "rate_Hz"],
    ),
    "plot_gating": (plots.plot_gating, GATING, ["gate", "v_mV", "steady_state", "tau_ms"]),
    "plot_phase_line": (
        lambda t: plots.plot_phase_line(X, X**2 - 1, t, threshold=1.5, reset=-1.5),
        FIXED,
        ["v", "stable"],
    ),
    "plot_convergence": (
        lambda t: plots.plot_convergence(t, error_unit="mV"),
        ERRORS,
        ["dt_ms", "error", "method"],
    ),
    "plot_voltage_clamp": (
        plots.plot_voltage_clamp,
        CLAMP,
        ["neuron", "t_ms", "v_mV", "command_mV"],
    ),
    "plot_curve": (
        lambda t: plots.plot_curve(t, "command_mV", "I_A_uA_per_cm2"),
        CLAMP,
        ["command_mV", "I_A_uA_per_cm2"],
    ),
    "plot_noisy_fi": (
        lambda t: plots.plot_noisy_fi(t, closed_form=lambda current, noise: 20 * current),
        NOISY,
        ["I", "rate_Hz", "rate_sem_Hz", "noise"],
    ),
    "plot_raster_rate": (
        lambda t: plots.plot_raster_rate(t, RATES),
        SPIKES[["neuron", "t_ms"]],
        ["neuron", "t_ms"],
    ),
    "plot_spectrum": (plots.plot_spectrum, SPECTRUM, ["frequency_Hz", "psd_Hz", "poisson_Hz"]),
}
EVERY_FIGURE = pytest.mark.parametrize("name", FIGURES)


def drawn(name):
    draw, table, _ = FIGURES[name]
    axes = draw(table)
    return axes if isinstance(axes, tuple) else (axes,)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@EVERY_FIGURE
def test_every_axis_says_its_unit(name):
    for ax in drawn(name):
        assert ax.get_ylabel().endswith(")"), ax.get_ylabel()
        if ax.get_subplotspec().is_last_row():
            assert ax.get_xlabel().endswith(")"), ax.get_xlabel()
        labels = ax.get_xlabel() + ax.get_ylabel()
        assert not [raw for raw in ("**", "_cm2", "uA") if raw in labels]


@EVERY_FIGURE
def test_missing_column_is_named_with_those_there_are(name):
    draw, table, needed = FIGURES[name]
    for column in needed:
        left = table.drop(columns=column)
        with pytest.raises(ValueError, match=rf"column.*\b{column}\b.*the table has: ") as refusal:
            draw(left)
        assert str(left.columns[0]) in str(refusal.value)


@EVERY_FIGURE
def test_the_readers_settings_stay_as_they_are(name):
    before = dict(mpl.rcParams)
    drawn(name)
    assert dict(mpl.rcParams) == before


def test_import_changes_neither_settings_nor_backend():
    script = (
        "import matplotlib as mpl; before = {k: v for k, v in dict.items(mpl.rcParams)};"
        "import excitable.analysis.plots;"
        "after = {k: v for k, v in dict.items(mpl.rcParams)};"
        "assert before == after, {k for k in after if before[k] != after[k]}"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (plots.plot_trace, TRACES),
        (plots.plot_raster, SPIKES),
        (plots.plot_fi, FI),
        (plots.plot_residuals, FI),
        (plots.plot_convergence, ERRORS),
        (plots.plot_noisy_fi, NOISY),
        (plots.plot_spectrum, SPECTRUM),
    ],
)
def test_given_axes_are_drawn_in(draw, table):
    ax = plots.new_axes()
    assert draw(table, ax) is ax
    assert ax.has_data()
    assert plt.get_fignums() == [ax.figure.number]


def test_each_population_has_one_colour_in_raster_and_rate():
    spikes = SPIKES.assign(population=["e", "e", "i"])
    rates = pd.concat(RATES.assign(population=name) for name in ("e", "i"))
    upper, lower = plots.plot_raster_rate(spikes, rates)
    for dots, line in zip(upper.collections, lower.lines, strict=True):
        assert mpl.colors.same_color(dots.get_facecolor()[0], line.get_color())
    assert [len(dots.get_offsets()) for dots in upper.collections] == [2, 1]


def test_spectrum_shows_its_uncertainty_and_its_bands():
    bands = {"gamma": (30, 80), "mine": (2, 4)}
    two = pd.concat(SPECTRUM.assign(population=name) for name in ("e", "i"))
    ax = plots.plot_spectrum(two, bands=bands)
    assert [text.get_text() for text in ax.texts] == ["γ", "mine"]
    low, high = (f(ax.collections[0].get_paths()[0].vertices[:, 1]) for f in (np.min, np.max))
    assert (low, high) == (pytest.approx(0.9), pytest.approx(3.1))
    colours = [line.get_color() for line in ax.lines if line.get_gid() == "density"]
    assert len(set(colours)) == 2
    assert min(ax.lines[0].get_xdata()) == 2  # not 0, where the mean was taken off


def test_saved_files_are_the_same_bytes(tmp_path):
    contents = []
    for run in ("first", "second"):
        folder = tmp_path / run
        folder.mkdir()
        ax = plots.plot_fi(FI, by="g_A", by_unit="mS/cm**2")
        contents.append([path.read_bytes() for path in plots.save_figure(ax.figure, folder, "fi")])
    assert contents[0] == contents[1]
    png, svg = contents[0]
    assert png.startswith(b"\x89PNG")
    assert b"<dc:date>" not in svg
    assert b"<text" not in svg  # outlines: no font needed where it is looked at


def matplotlib_imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module]
        if any(name.split(".")[0] in ("matplotlib", "pylab", "seaborn") for name in names):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_only_the_figures_import_matplotlib():
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    files += [path for path in [ROOT / "run_all.py"] if path.exists()]
    home = ROOT / "analysis" / "plots"
    assert any(list(matplotlib_imports(path)) for path in home.glob("*.py"))
    elsewhere = [path for path in files if home not in path.parents]
    assert [place for path in elsewhere for place in matplotlib_imports(path)] == []


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("uA/cm**2", "µA/cm²"),
        ("uA / (cm ** 2)", "µA/cm²"),
        ("msiemens/cm^2", "mS/cm²"),
        ("ufarad/cm**2", "µF/cm²"),
        ("mV/ms", "mV/ms"),
        ("Mohm", "MΩ"),
        ("us", "µs"),
        ("ms**-1", "ms⁻¹"),
        ("1", ""),
        (None, ""),
    ],
)
def test_units_are_written_as_people_write_them(unit, text):
    assert plots.unit_text(unit) == text


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        ("I_Na_uA_per_cm2", ("I_Na", "µA/cm²")),
        ("latency_ms", ("latency", "ms")),
        ("slope_mV_per_ms", ("slope", "mV/ms")),
        ("ms", ("ms", "")),
        ("eigenvalue_per_ms", ("eigenvalue", "1/ms")),
        ("share_percent", ("share", "%")),
        ("area_um2", ("area", "µm²")),
        ("isi_cv", ("isi_cv", "")),
    ],
)
def test_columns_carry_their_unit_in_the_name(column, parts):
    assert plots.split_unit(column) == parts


def test_symbols_are_mathematics():
    assert symbol_text("I_Na") == r"$I_{\mathrm{Na}}$"
    assert symbol_text("tau_m") == r"$\tau_{\mathrm{m}}$"
    assert (symbol_text("phi"), symbol_text("alpha_h")) == (r"$\phi$", r"$\alpha_{\mathrm{h}}$")
    assert (symbol_text("spike"), symbol_text("first_interval")) == ("spike", "first interval")


def test_two_units_of_input_do_not_share_an_axis():
    with pytest.raises(ValueError, match="several units"):
        input_unit(pd.DataFrame({"I_unit": ["nA", "pA"]}))


def test_single_spike_is_a_cross_and_no_rate():
    ax = plots.plot_fi(FI[FI["g_A"] == 47.7])
    curve, crosses = ax.lines[:2]
    assert np.isnan(curve.get_ydata()[1])
    np.testing.assert_array_equal(crosses.get_xdata(), [2.0])
    assert crosses.get_marker() == "x"


def test_crosses_are_named_after_the_curves_of_later_calls():
    one = FI[FI["g_A"] == 47.7]
    ax = plots.plot_fi(one, label="a")
    plots.plot_fi(one, ax, label="b")
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["a", "b", "rate not resolved"]


def test_a_latency_that_is_missing_is_no_spike():
    table = pd.DataFrame({"I": [1.0, 2.0], "latency_ms": [np.nan, 13.9], "I_unit": "nA"})
    ax = plots.plot_fi(table, rate="latency_ms")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no spike"]
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), [1.0])


def test_clamp_shows_what_has_not_settled():
    """A current that decays with 2 ms after a step at 5 ms: a hundredth is left 9.2 ms later."""
    t = np.arange(0, 60, 0.1)
    since = np.where(t >= 5, t - 5, np.nan)
    table = pd.DataFrame({"neuron": 0, "t_ms": t, "V_mV": np.where(t >= 5, 0.0, -80.0)})
    table = table.assign(command_mV=0.0, I_A_nA=np.nan_to_num(np.exp(-since / 2)), I_L_nA=1.0)
    axes = plots.plot_voltage_clamp(table, current=["I_A", "I_L"])
    assert [ax.get_ylabel() for ax in axes[1:]] == ["$I_{\\mathrm{L}}$ (nA)", "$V$ (mV)"]
    settled = 2 * np.log(100)
    assert axes[0].get_xlim() == pytest.approx((5 - 0.2 * settled, 5 + 1.3 * settled), abs=0.15)
    assert plots.plot_voltage_clamp(table, current="I_L")[0].get_xlim() == (0, t[-1])


def test_traces_are_named_by_what_differs():
    table = pd.concat(TRACES.assign(neuron=k, tau=10.0 * (k + 1)) for k in range(2))
    table.attrs["units"] = {"tau": "ms"}
    upper, lower = plots.plot_stimulus_response(table, by=["tau"])
    legend = upper.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["10", "20"]
    assert legend.get_title().get_text() == "$\\tau$ (ms)"
    assert lower.get_ylim()[0] <= 0 <= lower.get_ylim()[1]


@pytest.mark.parametrize(("values", "bars"), [(7, 0), (8, 1)])
def test_many_curves_get_a_colour_bar(values, bars):
    table = pd.concat(FI[:3].assign(g_A=float(value)) for value in range(values))
    ax = plots.plot_fi(table, by="g_A", by_unit="mS/cm**2")
    assert len(ax.figure.axes) - 1 == bars
    assert (ax.get_legend() is None) == bool(bars)


def test_surface_keeps_silent_and_unresolved_apart():
    ax = plots.plot_fi_surface(FI)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["silent (0 Hz)", "rate not resolved"]
    silent, firing = ax.collections[:2]
    rate = FI["rate_Hz"].to_numpy().reshape(2, 3)
    np.testing.assert_array_equal(~np.ma.getmaskarray(silent.get_array()), rate == 0)
    np.testing.assert_array_equal(~np.ma.getmaskarray(firing.get_array()), rate > 0)


def test_surface_refuses_a_pair_twice():
    with pytest.raises(ValueError, match="every pair of I and g_A once"):
        plots.plot_fi_surface(pd.concat([FI, FI]))


def test_order_of_convergence_is_read_off():
    table = pd.concat([ERRORS, ERRORS.assign(method="euler", error=0.5 * STEPS)], ignore_index=True)
    ax = plots.plot_convergence(table)
    names = {text.get_text() for text in ax.get_legend().get_texts()}
    assert names == {"rk4: order 4.00", "euler: order 1.00"}


def test_diverged_runs_are_left_out():
    table = ERRORS.assign(error=[np.nan, np.inf, 1e-6])
    ax = plots.plot_convergence(table)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0.025])


def flow_of(ax):
    """Arrows on the zero line: (place, direction)."""
    arrows = [line for line in ax.lines if line.get_marker() in "<>"]
    return {x: line.get_marker() for line in arrows for x in line.get_xdata()}


def test_flow_arrows_follow_the_sign_of_the_velocity():
    ax = plots.plot_phase_line(X, X**2 - 1, FIXED)
    arrows = flow_of(ax)
    assert len(arrows) >= 3
    for place, direction in arrows.items():
        assert (direction == ">") == (place**2 > 1)


def test_fixed_points_are_filled_by_stability():
    faces = {
        line.get_xdata()[0]: line.get_markerfacecolor()
        for line in plots.plot_phase_line(X, X**2 - 1, FIXED).lines
        if line.get_marker() == "o"
    }
    assert faces[1.0] == "white"
    assert faces[-1.0] != "white"


def test_saddle_node_is_filled_where_it_attracts():
    point = pd.DataFrame({"v": [0.0], "stable": [False], "half_stable": [True]})
    for sign, side in ((1, "left"), (-1, "right")):
        ax = plots.plot_phase_line(X, sign * X**2, point)
        (marker,) = [line for line in ax.lines if line.get_marker() == "o"]
        assert marker.get_fillstyle() == side


def test_phase_line_refuses_arrays_of_unequal_length():
    with pytest.raises(ValueError, match=r"\(401,\) and dv \(400,\)"):
        plots.plot_phase_line(X, X[1:], FIXED)


def test_patterns_fill_a_page_of_panels():
    figure = plots.plot_patterns([(f"pattern {k}", TRACES) for k in range(6)], ncols=4)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [f"pattern {k}" for k in range(6)] + [""] * 2
    assert "20 mV" in figure.get_supxlabel()
    assert any(text.get_text() == "10 ms" for text in figure.axes[0].texts)


def test_pattern_scale_bar_is_twenty_millivolts():
    ax = plots.plot_patterns([("one", TRACES)], v_range=(-80.0, 20.0)).axes[0]
    (bar,) = [line for line in ax.lines if np.ptp(line.get_xdata()) == 0]
    potential = ax.lines[0]
    per_mV = np.ptp(potential.get_ydata()) / np.ptp(TRACES["v_mV"])
    assert np.ptp(bar.get_ydata()) == pytest.approx(20.0 * per_mV)


def test_patterns_name_the_panel_with_a_missing_column():
    with pytest.raises(ValueError, match=r"panel 'B'.*column I;"):
        plots.plot_patterns([("A", TRACES), ("B", TRACES.drop(columns="I"))])
    with pytest.raises(ValueError, match="no panels"):
        plots.plot_patterns([])


def test_constant_curve_runs_along_its_band():
    np.testing.assert_array_equal(_into((0.2, 0.4), np.array([3.0, 3.0]), None), [0.2, 0.2])


def test_shared_legend_names_each_curve_once():
    axes = plots.new_axes(1, 2)
    for ax in axes:
        plots.plot_phase_line(X, X**2 - 1, FIXED, ax, label="flow", legend=False)
    plots.legend_below(axes)
    names = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert names == ["flow", "stable fixed point", "unstable fixed point"]


def test_curves_of_varied_sets_have_a_colour_each_and_the_line_of_their_own_set():
    rows = {"tau": [4.0, 4.0, 8.0, 8.0], "interval_ms": [1.0, 2.0] * 2}
    table = pd.DataFrame({**rows, "recovery": [0.4, 0.6, 0.2, 0.3]})
    theory = pd.DataFrame({**rows, "recovery": [0.41, 0.61, 0.21, 0.31]})[::-1]
    ax = plots.plot_curve(table, "interval_ms", "recovery", by="tau", theory=theory)
    points, lines = ax.lines[::2], ax.lines[1::2]
    assert [line.get_ydata().tolist() for line in points] == [[0.4, 0.6], [0.2, 0.3]]
    assert [sorted(line.get_ydata()) for line in lines] == [[0.41, 0.61], [0.21, 0.31]]
    colours = [line.get_color() for line in points]
    assert len(set(map(tuple, colours))) == 2
    assert [line.get_color() for line in lines] == colours
    assert [text.get_text() for text in ax.get_legend().texts] == ["4", "8"]


@pytest.mark.parametrize(("far", "shown"), [(-1000.0, (-265.0, 20.0)), (-90.0, (-90.0, 20.0))])
def test_rest_far_from_firing_does_not_flatten_a_diagram_nor_is_a_bifurcation_left_out(far, shown):
    kinds = ["equilibria"] * 2 + ["cycles"] * 2
    lowest, highest = [far, -50.0, -75.0, -60.0], [far, -50.0, 20.0, 10.0]
    rows = {
        "branch": [0, 0, 1, 1],
        "kind": kinds,
        "stable": True,
        "unstable": 0,
        "I_nA": [0.0, 1.0, 1.0, 2.0],
    }
    branches = pd.DataFrame({**rows, "v_min_mV": lowest, "v_max_mV": highest, "rate_Hz": 50.0})
    one = pd.DataFrame({"type": ["saddle-node"], "criticality": "", "period_ms": np.nan})
    one = one.assign(I_nA=0.0, v_mV=far)
    names = {"parameter_column": "I_nA", "membrane_column": "v_mV"}
    for points, limits in ((one[:0], shown), (one, (far, 20.0))):
        diagram = SimpleNamespace(
            branches=branches, points=points, model=SimpleNamespace(membrane="v"), **names
        )
        bottom, top = plots.plot_bifurcations(diagram)[0].get_ylim()
        room = 0.06 * (limits[1] - limits[0])
        assert limits[0] - room <= bottom <= limits[0]
        assert limits[1] <= top <= 75.0
    for rows, names in (
        (branches, ["equilibria", "cycles, extent"]),
        (branches[:2], ["equilibria"]),
    ):
        diagram.branches = rows
        legend = np.ravel(plots.plot_bifurcations(diagram))[0].get_legend()
        assert [text.get_text() for text in legend.get_texts()] == ["saddle-node", *names]


TWO_SETS = pd.DataFrame({"tau": [8.0, 8.0, 9.0, 9.0], "R": 10.0, "x": [1.0, 2.0] * 2})
TWO_SETS = TWO_SETS.assign(
    y=[1.0, 2.0, 3.0, 4.0], I=TWO_SETS["x"], I_unit="nA", twice=2 * TWO_SETS["tau"]
)
TWO_SETS = TWO_SETS.assign(rate_Hz=TWO_SETS["y"], duration_ms=TWO_SETS["x"])
OF_SETS = {
    "plot_fi": lambda t, **by: plots.plot_fi(t, **by),
    "plot_curve": lambda t, **by: plots.plot_curve(t, "x", "y", **by),
    "plot_strength_duration": lambda t, **by: plots.plot_strength_duration(
        t.assign(I=t["y"]), **by
    ),
    "plot_onset": lambda t, **by: plots.plot_onset(t, x="I", y="y", **by),
    "plot_residuals": lambda t, **by: plots.plot_residuals(t, y="y", **by),
}


@pytest.mark.parametrize("name", OF_SETS)
def test_no_curve_joins_rows_of_different_parameters(name):
    """A protocol's table says which columns are parameters; a line through all goes to and fro."""
    table = TWO_SETS.copy()
    table.attrs["units"] = {"tau": "ms", "R": "Mohm"}
    for by in ({}, {"by": "tau"}, {"by": "twice"}):  # told apart by what follows from it, too
        ax = OF_SETS[name](table, **by)
        lines = [line.get_ydata() for line in ax.lines if len(line.get_xdata())]
        curves = [line.tolist() for line in map(np.asarray, lines) if line.any()]  # but for zero
        assert curves == [[1.0, 2.0], [3.0, 4.0]]
    for by in ([], "R", ["R"]):
        with pytest.raises(ValueError, match=f"{name}: tau varies in the table; name it in by="):
            OF_SETS[name](table, by=by)
    with pytest.raises(ValueError, match="plot_noisy_fi: tau varies in the table; draw the rows"):
        plots.plot_noisy_fi(table.assign(rate_sem_Hz=0.5, noise=1.0))
    with pytest.raises(ValueError, match="plot_fits: tau varies in the table; draw the rows"):
        plots.plot_fits(table, [])


@pytest.mark.parametrize("by", [None, "R"])
def test_a_parameter_may_vary_along_a_curve(by):
    table = pd.DataFrame({"tau": [5, 9, 5, 9], "R": [1, 1, 2, 2], "y": [1.0, 2.0, 3.0, 4.0]})
    table.attrs["units"] = {"tau": "ms", "R": "Mohm"}
    curves = plots.plot_curve(table, "tau", "y", by=by).lines
    assert [line.get_xydata().tolist() for line in curves] == [[[5, 1], [9, 2]], [[5, 3], [9, 4]]]


def test_a_voltage_clamp_shows_all_its_currents_and_no_two_cells_alike():
    t = np.arange(8.0)
    table = pd.DataFrame({"neuron": 0, "g_K": 8.0, "command_mV": -20.0, "t_ms": t, "u_mV": -20.0})
    table = table.assign(I_ion_nA=t, I_leak_nA=-t, w=0.5)
    names = [ax.get_ylabel() for ax in plots.plot_voltage_clamp(table)]
    assert names[:2] == ["$I_{\\mathrm{ion}}$ (nA)", "$I_{\\mathrm{leak}}$ (nA)"]
    assert len(names) == 3
    two = pd.concat([table, table.assign(neuron=1, g_K=4.0)])
    two.attrs["units"] = {"g_K": "nS"}
    with pytest.raises(ValueError, match="plot_voltage_clamp: g_K varies in the table; draw"):
        plots.plot_voltage_clamp(two)


def test_the_ticks_of_several_cells_tell_whose_they_are():
    traces = pd.DataFrame({"neuron": [0, 0, 1, 1, 2, 2], "t_ms": [0.0, 9.0] * 3, "v_mV": -65.0})
    spikes = pd.DataFrame({"neuron": [2, 0, 2], "t_ms": [1.0, 2.0, 3.0]})
    ax = plots.plot_trace(traces, spikes=spikes)
    ticks = [line for line in ax.lines if line.get_gid() == "spikes"]
    assert [line.get_xdata().tolist() for line in ticks] == [[2.0], [1.0, 3.0]]
    assert [line.get_color() for line in ticks] == [ax.lines[k].get_color() for k in (0, 2)]
    assert len({line.get_ydata()[0] for line in ticks}) == 2
    many = pd.concat([traces.assign(neuron=k) for k in range(20)])
    ax = plots.plot_trace(many, spikes=spikes)
    (ticks,) = (line for line in ax.lines if line.get_gid() == "spikes")
    assert ticks.get_xdata().tolist() == [1.0, 2.0, 3.0]


def test_a_membrane_is_called_so_under_any_name():
    """A ``u`` in mV is some cells' potential and others' recovery variable."""
    table = pd.DataFrame({"t_ms": [0.0, 1.0], "u_mV": [-65.0, -60.0]})
    assert plots.plot_trace(table, y="u_mV").get_ylabel() == "$u$ (mV)"
    table.attrs["membrane"] = "u_mV"
    assert plots.plot_trace(table).get_ylabel() == "membrane potential $u$ (mV)"
    with pytest.raises(ValueError, match=r"needs the column I; .* Name the input in record="):
        plots.plot_stimulus_response(table)
