"""The model of Izhikevich 2007, chapter 8, with six cell types and their special resets."""

from dataclasses import replace

from brian2 import ms, mV, nS, pA, pF
from brian2.utils.stringtools import get_identifiers

from ..neuron_model import NeuronModel, Parameter

_V = "dv/dt = (k*(v - v_r)*(v - v_t) - u + I)/C : volt"
_INVERSE_MS = ms**-1


def _cell(key, title, C, k, vr, vt, peak, a, b, c, d, *,
          U="b*(v - v_r)", threshold="v > v_peak", reset="v = c; u += d", extra=None):  # fmt: skip
    """Return one cell type; `U` is where the recovery variable is drawn to."""
    # fmt: off
    parameters = {
        "C":      Parameter(C,    pF,          "membrane capacitance",          range=(10, 300)),
        "k":      Parameter(k,    nS/mV,       "gain of the quadratic current", range=(0.1, 3)),
        "v_r":    Parameter(vr,   mV,          "resting potential",             range=(-80, -50)),
        "v_t":    Parameter(vt,   mV,          "instantaneous threshold",       range=(-55, -30)),
        "v_peak": Parameter(peak, mV,          "peak of the spike",             range=(0, 60)),
        "a":      Parameter(a,    _INVERSE_MS, "rate of the recovery variable", range=(0.001, 0.3)),
        "b":      Parameter(b,    nS,          "slope of the recovery variable", range=(-10, 30)),
        "c":      Parameter(c,    mV,          "reset value of v",              range=(-80, -30)),
        "d":      Parameter(d,    pA,          "jump of u at a spike",          range=(0, 300)),
    }
    # fmt: on
    parameters |= extra or {}
    absent = {"b", "d"} - get_identifiers(f"{U} {reset}")  # the fast-spiking cell has neither
    return NeuronModel(
        name=f"izhikevich_2007_{key.lower()}",
        title=f"Izhikevich 2007: {title}",
        equations=f"""
            {_V}
            du/dt = a*(U - u) : amp
            U = {U} : amp
        """,
        parameters={name: p for name, p in parameters.items() if name not in absent},
        input_unit=pA,
        input_range=(0, 500),
        initial={"v": "v_r", "u": 0 * pA},
        threshold=threshold,
        reset=reset,
        method="rk4",
        dt=2**-5 * ms,
        references=("Izhikevich 2007, Dynamical Systems in Neuroscience, chapter 8, MIT Press",),
    )


# The fast-spiking cell's recovery variable has a cubic drive and no jump at a spike; the
# thalamo-cortical cell's slope is zero above -65 mV; in LTS and TC the peak and the reset depend
# on u, and LTS bounds u.
# fmt: off
_CELLS = {
    "RS": _cell("RS", "regular spiking (RS)",         100, 0.7, -60, -40, 35, 0.03, -2, -50, 100),
    "IB": _cell("IB", "intrinsically bursting (IB)",  150, 1.2, -75, -45, 50, 0.01,  5, -56, 130),
    "CH": _cell("CH", "chattering (CH)",               50, 1.5, -60, -40, 25, 0.03,  1, -40, 150),
    "LTS": _cell("LTS", "low-threshold spiking (LTS)", 100, 1,  -56, -42, 40, 0.03,  8, -53, 20,
        threshold="v > v_peak - k_peak*u",
        reset="v = c + k_reset*u; u = u_max + (u + d - u_max)*int(u + d < u_max)",
        extra={
            "k_peak":  Parameter(0.1,  mV/pA, "fall of the peak with u",  range=(0, 0.2)),
            "k_reset": Parameter(0.04, mV/pA, "rise of the reset with u", range=(0, 0.1)),
            "u_max":   Parameter(670,  pA,    "upper bound of u at a spike", range=(100, 1000)),
        }),
    "FS": _cell("FS", "fast spiking (FS)",             20, 1,   -55, -40, 25, 0.2,  -2, -45, 0,
        U="k_U*(v - v_b)**3*int(v > v_b)",
        reset="v = c",
        extra={
            "k_U": Parameter(0.025, nS/mV**2, "cubic coefficient of the recovery variable", range=(0.005, 0.1)),
            "v_b": Parameter(-55,   mV,       "above this the recovery variable is driven", range=(-70, -40)),
        }),
    "TC": _cell("TC", "thalamo-cortical (TC)",        200, 1.6, -60, -50, 35, 0.01, 15, -60, 10,
        U="b*(v - v_r)*int(v <= v_b)",
        threshold="v > v_peak + k_peak*u",
        reset="v = c - k_reset*u; u += d",
        extra={
            "v_b":     Parameter(-65, mV,    "below this the recovery variable is driven", range=(-80, -60)),
            "k_peak":  Parameter(0.1, mV/pA, "rise of the peak with u", range=(0, 0.2)),
            "k_reset": Parameter(0.1, mV/pA, "fall of the reset with u", range=(0, 0.2)),
        }),
}
# fmt: on

IZHIKEVICH_2007 = replace(
    _CELLS["RS"],
    name="izhikevich_2007",
    title="Izhikevich 2007 (regular spiking)",
    variants=_CELLS,
)
