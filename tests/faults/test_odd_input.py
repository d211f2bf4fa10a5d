"""Numbers, times and seeds that make no sense: refused by one sentence, before anything runs."""

import numpy as np
import pytest
from brian2 import Mohm, cm, kHz, ms, msiemens, mV, nA, second, uA, uF
from excitable.analysis import pairwise_correlation
from excitable.dynamics import bifurcations, equilibria, phase_plane, phase_response
from excitable.models import CONNOR_STEVENS, HODGKIN_HUXLEY, LIF, QIF, NeuronModel
from excitable.protocols import (
    Constant,
    Network,
    Population,
    Pulses,
    Recorded,
    Step,
    WhiteNoise,
    certify,
    conductance_sweep,
    fi_curve,
    gating_curves,
    izhikevich_2003_network,
    latency,
    latin_hypercube,
    noise_convergence,
    noisy_fi_curve,
    random_sets,
    response,
    strength_duration,
    sweep,
    thresholds,
    voltage_clamp,
)
from excitable.simulation import export, reference, simulate
from excitable.simulation.backends import Backend
from excitable.simulation.input_rules import check_length, check_rules, check_sampling
from excitable.simulation.programs.build import plan_program
from hypothesis import given
from hypothesis import strategies as st

from excitable.columns import NO_PARAMETERS
from excitable.errors import InputError, UnresolvedError
from excitable.plain_checks import check_seed

I = [2.0, 3.0] * nA
QUICK = {"duration": 100 * ms, "discard": 10 * ms, "backend": "numpy"}
NOISE = WhiteNoise(1.5 * nA, 1 * nA * ms**0.5)


def program(model=LIF, stimulus=None, n=4, duration=100 * ms, **options):
    """Plan and description of a program, which nobody compiles."""
    found = {"record": ("spikes",), "vary": ("I",), "record_dt": None, "start": "rest",
             "method": None, "dt": None, "spikes": "located",
             "backend": Backend("cpp_standalone")}  # fmt: skip
    stimulus = Constant(2 * nA) if stimulus is None else stimulus
    return plan_program(model, stimulus, n, duration, **found | options)


# --- seeds ----------------------------------------------------------------------------------------

NO_SEEDS = [True, False, "x", "1", 1.5, 1.0, np.float64(2), -1, -(2**63), 2**64, 2**200, [1],
            (1, 2), np.array([1]), {}, b"1", float("nan"), float("inf"), 1j, np.bool_(True),
            pytest.param(object(), id="object")]  # fmt: skip
TAKE_SEEDS = {
    "simulate": lambda s: simulate(LIF, NOISE, 2, 10 * ms, seed=s, backend="numpy"),
    "noisy_fi_curve": lambda s: noisy_fi_curve(LIF, I, 1 * nA * ms**0.5, seed=s),
    "noise_convergence": lambda s: noise_convergence([2, 1] * ms, seed=s),
    "Network": lambda s: Network([Population("a", LIF, 2)]).run(10 * ms, seed=s, backend="numpy"),
    "izhikevich_2003_network": lambda s: izhikevich_2003_network(seed=s, duration=10 * ms),
    "random_sets": lambda s: random_sets(LIF, {"tau": None}, 2, seed=s),
    "latin_hypercube": lambda s: latin_hypercube(LIF, {"tau": None}, 2, seed=s),
    "pairwise_correlation": lambda s: pairwise_correlation([[0, 1, 0], [0, 1, 1]], seed=s),
}


@pytest.mark.parametrize("seed", NO_SEEDS, ids=repr)
@pytest.mark.parametrize("what", TAKE_SEEDS)
def test_what_is_no_seed_is_refused(what, seed):
    with pytest.raises(InputError, match=r"seed: expected a whole number"):
        TAKE_SEEDS[what](seed)


@given(seed=st.integers(0, 2**64 - 1))
def test_every_whole_number_below_two_to_the_64_is_a_seed(seed):
    assert check_seed(seed) == seed
    assert check_seed(np.uint64(seed)) == seed


def test_seeds_that_agree_in_their_lower_digits_are_others():
    """Generators that keep 32 bits of a seed would take all of these as one."""
    seeds = [5, 5 + 2**32, 5 + 2**33, 5 + 2**63]
    runs = [
        simulate(LIF, NOISE, 1, 5 * ms, seed=s, backend="numpy", record=("v",), dt=0.5 * ms)
        for s in seeds
    ]
    ends = {float(run.traces["v"][0, -1]) for run in runs}
    assert len(ends) == len(seeds)


# --- steps and durations --------------------------------------------------------------------------

TIMES = {
    "dt longer than the run": ({"dt": 300 * ms}, "dt: the step of 300 ms is longer than the run"),
    "dt hardly longer": ({"dt": 100.001 * ms}, "dt: the step of 100.001 ms is longer"),
    "steps that overflow": ({"dt": 1e-20 * ms}, "1e.22 steps, which would never end"),
    "a run of ages": ({"duration": 1e30 * ms}, "steps, which would never end; are the units"),
    "a run in seconds meant in ms": ({"duration": 1e9 * second}, "which would never end"),
    "no end": ({"duration": np.inf * ms}, "NaN or infinite"),
    "no number": ({"duration": np.nan * ms}, "NaN or infinite"),
    "dt is no number": ({"dt": np.nan * ms}, "NaN or infinite"),
    "two steps": ({"dt": [0.1, 0.2] * ms}, "dt: expected one value"),
    "no time": ({"dt": 1 * mV}, "dt: expected ms"),
    "no unit": ({"dt": 0.1}, "dt: expected ms"),
    "a frequency": ({"dt": 10 * kHz}, "dt: expected ms"),
    "backwards": ({"dt": -0.1 * ms}, "dt: must be above zero"),
    "nothing": ({"dt": 0 * ms}, "dt: must be above zero"),
    "a run of nothing": ({"duration": 0 * ms}, "duration: must be above zero"),
    "a run backwards": ({"duration": -5 * ms}, "duration: must be above zero"),
    "all of it discarded": ({"discard": 100 * ms}, "discard: must not be negative and lie below"),
    "more than all": ({"discard": 1 * second}, "discard: must not be negative and lie below"),
}


@pytest.mark.parametrize("what", TIMES)
def test_times_that_make_no_sense(what):
    given, message = TIMES[what]
    with pytest.raises(InputError, match=message):
        fi_curve(LIF, I, **QUICK | given)


@pytest.mark.parametrize("what", [k for k in TIMES if "discard" not in TIMES[k][0]][:14])
def test_times_of_a_program_that_make_no_sense(what):
    given, message = TIMES[what]
    with pytest.raises(InputError, match=message):
        program(**given)


@given(length=st.floats(1e-6, 1e6), steps=st.floats(1e-3, 0.999))
def test_a_run_shorter_than_its_step_is_none(length, steps):
    with pytest.raises(InputError, match="longer than the run"):
        check_length(length, length / steps)


@given(steps=st.floats(1.01e11, 1e300), dt=st.floats(1e-6, 1e3))
def test_a_run_of_too_many_steps_never_begins(steps, dt):
    with pytest.raises(InputError, match="never end"):
        check_length(steps * dt, dt)


@given(k=st.integers(1, 10**5), part=st.floats(0.01, 0.99), dt=st.floats(1e-3, 10))
def test_samples_lie_on_steps(k, part, dt):
    check_sampling(k * dt, dt)
    with pytest.raises(InputError, match="no whole number of steps"):
        check_sampling((k + part) * dt, dt)
    with pytest.raises(InputError, match="no whole number of steps"):
        check_sampling(part * dt, dt)


@pytest.mark.parametrize("record_dt", [0.001, 0.07, 0.05001, 0.12])
def test_samples_between_steps_are_refused_everywhere(record_dt):
    sampled = {"record": ("v",), "record_dt": record_dt * ms}
    for run in (
        lambda: simulate(LIF, Constant(2 * nA), 1, 10 * ms, backend="numpy", **sampled),
        lambda: program(**sampled),
    ):
        with pytest.raises(InputError, match=r"record_dt: .* is no whole number of steps"):
            run()


@pytest.mark.parametrize("dt", [0.1, 0.2, 0.5])
def test_a_step_that_cannot_follow_the_cell_is_refused(dt):
    """Half a step of the sodium activation is 0.015 ms at rest."""
    with pytest.raises(UnresolvedError, match=r"relaxes within .* cannot follow"):
        fi_curve(CONNOR_STEVENS, [10] * uA / cm**2, dt=dt * ms, **QUICK)


@pytest.mark.parametrize("dt", [5, 7, 10, 20])
def test_rates_of_the_order_of_the_step_are_marked(dt):
    """At 3 nA the interval is tau*ln 2 = 6.9 ms."""
    table = fi_curve(LIF, [3] * nA, dt=dt * ms, **QUICK)
    assert not table["resolved"].any()
    assert set(table["firing"]) == {"faster than the step"}


# --- cells that make no sense ---------------------------------------------------------------------

CELLS = {
    "negative refractory period": lambda: LIF.with_(refractory=-1 * ms),
    "negative in the parameter": lambda: LIF.with_(t_ref=-1 * ms),
    "hardly negative": lambda: LIF.with_(t_ref=-1e-9 * ms),
    "reset above the threshold": lambda: LIF.with_(V_reset=-40 * mV),
    "threshold below the reset": lambda: LIF.with_(V_th=-70 * mV),
    "reset far above": lambda: QIF.with_(reset="v = 100*V_th"),
    "time constant of zero": lambda: LIF.with_(tau=0 * ms),
    "negative time constant": lambda: LIF.with_(tau=-10 * ms),
    "no capacitance": lambda: CONNOR_STEVENS.with_(C_m=0 * uF / cm**2),
    "negative capacitance": lambda: CONNOR_STEVENS.with_(C_m=-1 * uF / cm**2),
}  # fmt: skip


def amplitude(model):
    return Constant(2 * model.input_unit)


@pytest.mark.parametrize("what", CELLS)
@pytest.mark.parametrize("how", ["simulate", "program"])
def test_a_cell_that_makes_no_sense_is_refused(what, how):
    def run(model):
        if how == "simulate":
            simulate(model, amplitude(model), 2, 50 * ms, backend="numpy")
        else:
            program(model, amplitude(model))

    with pytest.raises(InputError, match=r"negative|above its threshold|which is above zero"):
        run(CELLS[what]())


VARIED = [("tau", [10, 0] * ms), ("tau", [-1, 10] * ms), ("t_ref", [0, -2] * ms),
          ("V_reset", [-65, -49] * mV), ("V_th", [-66, -50] * mV)]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), VARIED)
def test_one_cell_of_many_that_makes_no_sense_is_found(name, values):
    with pytest.raises(InputError, match=r"1 of 2|2 of 4"):
        fi_curve(LIF, I, vary={name: values}, **QUICK)


NOT_BY_NAME = {"quantity": [10, 20] * ms, "name": "tau", "pairs": [("tau", [10, 20] * ms)]}
TAKE_VARY = {
    "fi_curve": lambda vary: fi_curve(LIF, I, vary=vary, **QUICK),
    "response": lambda vary: response(LIF, Step(2 * nA), 20 * ms, vary=vary, backend="numpy"),
    "thresholds": lambda vary: thresholds(LIF, vary=vary, backend="numpy"),
    "strength_duration": lambda vary: strength_duration(LIF, [1, 5] * ms, vary=vary),
    "voltage_clamp": lambda vary: voltage_clamp(
        HODGKIN_HUXLEY, [-20] * mV, hold=-65 * mV, vary=vary
    ),
    "gating_curves": lambda vary: gating_curves(HODGKIN_HUXLEY, vary=vary),
    "simulate": lambda vary: simulate(LIF, Step(2 * nA), 2, 20 * ms, vary=vary),
    "phase_response": lambda vary: phase_response(HODGKIN_HUXLEY, 10 * uA / cm**2, vary=vary),
}


@pytest.mark.parametrize("vary", NOT_BY_NAME.values(), ids=NOT_BY_NAME)
@pytest.mark.parametrize("run", TAKE_VARY.values(), ids=TAKE_VARY)
def test_varied_values_come_by_name(run, vary):
    with pytest.raises(InputError, match=r"^vary: expected values by the names .* got a \w+$"):
        run(vary)


@pytest.mark.parametrize("name", ["rate_Hz", "duration_ms", "v_mV", "gate", "neuron", "I"])
def test_a_varied_parameter_has_no_other_columns_name(name):
    """Its values would be lost, stand there twice, or be those of the other column."""
    model = LIF.with_(
        equations=f"dv/dt = (E_L - v + {name}*R*I_app)/tau : volt (unless refractory)",
        parameters={**LIF.parameters, name: 1}, input="I_app",
    )  # fmt: skip
    vary = {name: [1, 2]}
    refused = rf"^vary: the parameter {name} of lif has the name of another column of the tables"
    for run in (
        lambda: fi_curve(model, I, vary=vary, **QUICK),
        lambda: thresholds(model, vary=vary, backend="numpy"),
        lambda: strength_duration(model, [1, 5] * ms, vary=vary),
        lambda: response(model, Step(2 * nA), 20 * ms, n=2, vary=vary, backend="numpy"),
    ):
        with pytest.raises(InputError, match=refused):
            run()


@pytest.mark.parametrize("name", ["rate_Hz", "resolved", "v_mV", "noise", "I"])
def test_a_parameter_keeps_its_value_beside_a_column_of_its_name(name):
    """With a leak from zero and twice the current: T = tau*ln(2RI/(2RI - V_th))."""
    model = NeuronModel(
        name="leaky", equations=f"dv/dt = (R*{name}*I_app - v)/tau : volt", input="I_app",
        parameters={name: 2, "R": 10 * Mohm, "tau": 10 * ms}, input_unit=nA,
        initial={"v": 0 * mV}, threshold="v > 15*mV", reset="v = 0*mV",
    )  # fmt: skip
    rates = fi_curve(model, I, **QUICK)
    drive = 20 * np.array([2.0, 3.0])
    right = 1e3 / (10 * np.log(drive / (drive - 15)))
    np.testing.assert_allclose(rates["rate_Hz"], right, rtol=1e-6)
    certificate = certify(rates, model=model, backend="numpy")
    np.testing.assert_allclose(certificate.rows["reference_Hz"], right, rtol=1e-6)
    onset = thresholds(model, tolerance=1e-3, duration=100 * ms, backend="numpy")
    assert onset["I"].iloc[0] == pytest.approx(0.75, rel=2e-3)
    if name == "I":
        with pytest.raises(InputError, match="a parameter called I, which is what a program calls"):
            program(model)


def with_state(name, input="drive"):
    """Return a leaky membrane beside a number that goes from 3 to 7 within some milliseconds."""
    return NeuronModel(
        name="two", input=input, input_unit=nA,
        equations=f"dv/dt = (R*{input} - v)/tau : volt\nd{name}/dt = (7 - {name})/tau : 1",
        parameters={"R": 10 * Mohm, "tau": 10 * ms}, initial={"v": 0 * mV, name: 3},
        threshold="v > 15*mV", reset="v = 0*mV",
    )  # fmt: skip


TAKEN = {"v_mV": "v", "t_ms": "the table itself", "neuron": "the table itself", "I": "drive",
         "I_unit": "the table itself"}  # fmt: skip
TABLES_OF_TRACES = {
    "response": lambda model, x: response(
        model, Step(1 * nA), 20 * ms, record=("v", x), start="initial", backend="numpy"
    ).traces,
    "voltage_clamp": lambda model, x: voltage_clamp(
        model, [0] * mV, hold=0 * mV, duration=20 * ms, hold_duration=1 * ms, record=(x,),
        start="initial", backend="numpy",
    ),
    "Network": lambda model, x: Network(
        [Population("a", model, 1, drive=Constant(1 * nA))], []
    ).run(20 * ms, record=("v", x), cells=[0], backend="numpy").traces,
    "program": lambda model, x: program(model, record=("v", x)),
}  # fmt: skip


@pytest.mark.parametrize(("table", "name"), [
    *(("response", x) for x in TAKEN), *(("program", x) for x in TAKEN),
    ("Network", "v_mV"), ("Network", "population"), ("Network", "t_ms"),
    ("voltage_clamp", "v_mV"), ("voltage_clamp", "command_mV"), ("voltage_clamp", "neuron"),
])  # fmt: skip
def test_what_is_recorded_has_a_column_of_its_own(table, name):
    """Or the values of one of two would be lost, or have another's unit."""
    refused = rf"^record: {name} would be the column {name} of the table, which is that of "
    with pytest.raises(InputError, match=refused + TAKEN.get(name, "the table itself")):
        TABLES_OF_TRACES[table](with_state(name), name)


@pytest.mark.parametrize("name", ["rate_Hz", "v_mV_2", "time"])
@pytest.mark.parametrize("table", ["response", "voltage_clamp"])
def test_a_recorded_variable_is_in_its_column(table, name):
    """It relaxes: 7 - 4*exp(-t/tau)."""
    found = TABLES_OF_TRACES[table](with_state(name), name)
    np.testing.assert_allclose(found[name], 7 - 4 * np.exp(-found["t_ms"] / 10), rtol=1e-6)


def test_a_dimensionless_state_keeps_its_column_from_the_input_that_is_recorded_too():
    model = with_state("I")
    with pytest.raises(InputError, match=r"^record: I would be the column I .* that of drive"):
        response(model, Step(1 * nA), 20 * ms, record=("v", "I", "drive"), backend="numpy")
    found = response(model, Step(1 * nA), 20 * ms, record=("v", "drive"), backend="numpy").traces
    assert set(found["I"]) == {1}
    assert set(found["I_unit"]) == {"nA"}


@pytest.mark.parametrize("run", [equilibria, bifurcations, phase_plane])
def test_variables_have_columns_of_their_own_in_tables_of_dynamics_too(run):
    arguments = {equilibria: (), bifurcations: ("drive", [0, 1] * nA),
                 phase_plane: (("v", "v_mV"), [0, 10] * mV, [0, 9])}  # fmt: skip
    with pytest.raises(InputError, match=r"^two: v_mV would be the column v_mV .* that of v;"):
        run(with_state("v_mV"), *arguments[run])


@pytest.mark.parametrize("record", [("v", "v"), ("v", "I", "v", "I"), "v"])
@pytest.mark.parametrize("backend", ["numpy", "scipy"])
def test_a_name_to_record_counts_once(record, backend):
    """v = E_L + R*I*(1 - exp(-t/tau)) below the threshold."""
    found = response(LIF, Step(1 * nA), 20 * ms, record=record, backend=backend).traces
    assert list(found) == ["neuron", "t_ms", "v_mV", *(["I", "I_unit"] if "I" in record else [])]
    right = -65 + 10 * (1 - np.exp(-found["t_ms"] / 10))
    np.testing.assert_allclose(found["v_mV"], right, rtol=1e-6)


def test_a_program_varies_no_parameter_with_the_name_of_a_result():
    model = LIF.with_(
        equations="dv/dt = (E_L - v + rate_Hz*R*I)/tau : volt (unless refractory)",
        parameters={**LIF.parameters, "rate_Hz": 1},
    )
    with pytest.raises(InputError, match=r"^vary: the parameter rate_Hz of lif has the name of"):
        program(model, vary=("rate_Hz",))


def tables():
    """Return tables of every protocol that varies parameters."""
    tau = {"tau": [10, 20] * ms}
    rates = fi_curve(LIF, I, vary=tau, **QUICK)
    window = {"duration": 20 * ms, "discard": 5 * ms, "search_duration": 20 * ms}
    rough = {"tolerance": 0.2, "backend": "numpy"}
    onsets = conductance_sweep(LIF, "R", [5, 10] * Mohm, [4, 6] * nA, **window, **rough)
    noise, per_area = 1 * nA * ms**0.5, msiemens / cm**2
    return {
        "fi_curve": rates,
        "certify": certify(rates, backend="numpy").rows,
        "latency": latency(LIF, I, vary=tau, duration=50 * ms, backend="numpy"),
        "noisy_fi_curve": noisy_fi_curve(LIF, I, noise, trials=2, vary=tau, **QUICK),
        "strength_duration": strength_duration(LIF, [2, 5] * ms, vary=tau, **rough),
        "thresholds": thresholds(LIF, vary=tau, duration=50 * ms, **rough),
        "conductance_sweep": onsets.onset,
        "gating_curves": gating_curves(HODGKIN_HUXLEY, [0] * mV, vary={"g_K": [30] * per_area}),
        "voltage_clamp": voltage_clamp(
            HODGKIN_HUXLEY, [0] * mV, hold=-65 * mV, hold_duration=1 * ms, duration=1 * ms,
            vary={"g_K": [30] * per_area}, backend="numpy",
        ).drop(columns=[f"I_{ion}_uA_per_cm2" for ion in ("Na", "K", "L")]),
    }  # fmt: skip


def test_the_list_of_columns_is_whole():
    for name, table in tables().items():
        assert set(table) - {"tau", "R", "g_K"} <= NO_PARAMETERS, name


RUN_VALUES = [
    ({"tau": 0.0}, "tau: must be above zero, as a time constant is, got tau = 0 ms"),
    ({"tau": -1e-3}, "got tau = -1 ms"),
    ({"t_ref": -2e-3}, "t_ref: must not be negative, as a refractory period is, got t_ref = -2 ms"),
    ({"V_reset": -0.04}, "V_reset: must not lie above V_th.*got V_th = -50 mV, V_reset = -40 mV"),
    ({"V_th": -0.07}, "V_reset: must not lie above V_th"),
    ({"V_reset": np.array([-0.06, -0.06, -0.04, -0.06])}, "V_reset = -40 mV"),
]


@pytest.mark.parametrize(("values", "message"), RUN_VALUES)
def test_a_programs_values_are_checked_again_with_every_run(values, message):
    """The rules travel with the program, and with an exported one as C++."""
    _, about = program()
    defaults = {e.input: np.asarray(e.value) * e.factor for e in about.values.values()}
    check_rules(about.rules, defaults)
    with pytest.raises(InputError, match=message):
        check_rules(about.rules, defaults | values)


def test_rules_of_pulses_travel_too():
    pulses = Pulses(2 * nA, times=[10, 30] * ms, width=5 * ms)
    _, about = program(stimulus=pulses)
    defaults = {e.input: np.asarray(e.value) * e.factor for e in about.values.values()}
    check_rules(about.rules, defaults)
    for wrong in ({"I_width": -1e-3}, {"I_width": 0.0}, {"I_width": 21e-3}, {"I_time_1": 12e-3}):
        with pytest.raises(InputError):
            check_rules(about.rules, defaults | wrong)


# --- arrays ---------------------------------------------------------------------------------------

MASKED = np.ma.array([2.0, 3.0], mask=[False, True])
MASKS = {
    "currents": lambda: fi_curve(LIF, MASKED * nA, **QUICK),
    "currents without unit": lambda: fi_curve(QIF, MASKED, start="initial", **QUICK),
    "parameters": lambda: fi_curve(LIF, I, vary={"tau": MASKED * ms}, **QUICK),
    "an amplitude": lambda: simulate(LIF, Constant(MASKED * nA), 2, 10 * ms, backend="numpy"),
    "a recording": lambda: simulate(LIF, Recorded(MASKED, dt=5 * ms), 1, 10 * ms),
    "values of an export": lambda: export(LIF, Constant(2 * nA), "x", 2, values={"I": MASKED}),
    "an unmasked one": lambda: fi_curve(LIF, np.ma.array([2.0, 3.0]) * nA, **QUICK),
    "a grid": lambda: sweep(LIF, {"I": MASKED * nA}, workers=0),
}


@pytest.mark.parametrize("what", MASKS)
def test_masked_arrays_are_refused(what):
    with pytest.raises(InputError, match="is a masked array"):
        MASKS[what]()


ARRAYS = [np.array([1j]) * nA, np.array(["x"]), "2*nA", None, [None], [1 * nA, 2 * mV], {}, set(),
          np.array([[]]) * nA, np.array([]) * nA, [np.nan] * nA, [np.inf] * nA, [1e400] * nA,
          np.array([2]), [2 * mV], pytest.param(object(), id="object")]  # fmt: skip


@pytest.mark.parametrize("values", ARRAYS, ids=repr)
def test_currents_that_are_none_are_refused(values):
    with pytest.raises(InputError):
        fi_curve(LIF, values, **QUICK)


NUMBERS = {
    "rtol": lambda x: reference(LIF, Constant(2 * nA), 1 * ms, rtol=x),
    "atol": lambda x: reference(LIF, Constant(2 * nA), 1 * ms, atol=x),
    "margin": lambda x: conductance_sweep(LIF, "R", [9, 10] * Mohm, I, margin=x, **QUICK),
    "longest_period": lambda x: bifurcations(LIF, longest_period=x),
}


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, -1e-3, True, "1e-3", 1j, 1 * ms], ids=repr)
@pytest.mark.parametrize("what", NUMBERS)
def test_pure_numbers_that_are_none_are_refused(what, value):
    with pytest.raises(InputError, match=f"{what}: expected a number above"):
        NUMBERS[what](value)


@pytest.mark.parametrize("time", ["5", 5, True, [1.0, 2.0], 5 * mV, np.nan * ms, None], ids=repr)
def test_ends_of_a_stimulus_that_are_none_are_refused(time):
    with pytest.raises(InputError, match="Step offset: "):
        Step(2 * nA, offset=time)


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "3", 10**12, 10**300, np.nan, [2]], ids=repr)
@pytest.mark.parametrize("how", ["simulate", "program", "export"])
def test_numbers_of_cells_that_are_none_are_refused(tmp_path, n, how):
    runs = {
        "simulate": lambda: simulate(LIF, Step(2 * nA), n, 10 * ms, backend="numpy"),
        "program": lambda: program(n=n),
        "export": lambda: export(LIF, Step(2 * nA), tmp_path / "x", n),
    }
    with pytest.raises(InputError, match=r"^n: "):
        runs[how]()
    assert not (tmp_path / "x").exists()


def test_an_export_without_a_name_is_refused():
    with pytest.raises(InputError, match="folder: is empty; name a new folder"):
        export(LIF, Constant(2 * nA), "", 4)


@pytest.mark.parametrize("value", [0 * Mohm, -10 * Mohm, 1e300 * Mohm])
def test_what_is_odd_but_has_an_answer_is_computed(value):
    """Without resistance no input reaches the cell; below zero it is turned round."""
    table = fi_curve(LIF.with_(R=value), [-2.0] * nA, **QUICK)
    assert (table["rate_Hz"][0] > 0) == (value < 0 * Mohm)
