"""The adaptive exponential integrate-and-fire neuron and its eight published firing patterns."""

from dataclasses import replace

from brian2 import ms, mV, nS, pA, pF

from ...neuron_model import NeuronModel, Parameter

_SOURCE = (
    "Brette & Gerstner 2005, J. Neurophysiol. 94:3637-3642, doi:10.1152/jn.00686.2005",
    "Naud, Marcille, Clopath & Gerstner 2008, Biol. Cybern. 99:335-347, "
    "doi:10.1007/s00422-008-0264-7",
)


def _cell(name, title, C, g_L, E_L, V_T, Delta_T, a, tau_w, b, V_reset, input_range):
    # fmt: off
    return NeuronModel(
        name=name,
        title=title,
        equations="""
            dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w + I)/C : volt
            dw/dt = (a*(v - E_L) - w)/tau_w : amp
        """,
        parameters={
            "C":       Parameter(C,       pF, "membrane capacitance",              range=(50, 400)),
            "g_L":     Parameter(g_L,     nS, "leak conductance",                  range=(5, 50)),
            "E_L":     Parameter(E_L,     mV, "leak reversal potential",           range=(-80, -55)),
            "V_T":     Parameter(V_T,     mV, "threshold to a slow input",         range=(-60, -40)),
            "Delta_T": Parameter(Delta_T, mV, "sharpness of spike initiation",     range=(0.5, 5)),
            "a":       Parameter(a,       nS, "subthreshold adaptation",           range=(-15, 20)),
            "tau_w":   Parameter(tau_w,   ms, "time constant of the adaptation",   range=(10, 500)),
            "b":       Parameter(b,       pA, "jump of the adaptation at a spike", range=(0, 500)),
            "V_peak":  Parameter(20,      mV, "peak at which v is reset",          range=(-20, 40)),
            "V_reset": Parameter(V_reset, mV, "reset potential",                   range=(-75, -42)),
        },
        input_unit=pA,
        input_range=input_range,
        initial={"v": "E_L", "w": 0 * pA},
        threshold="v > V_peak",
        reset="v = V_reset; w += b",
        method="rk4",
        dt=0.025 * ms,
        references=_SOURCE,
    )
    # fmt: on


# Naud et al.'s table 1, in its order; beside each the step of its figure, from rest without input.
# fmt: off
_PATTERNS = {  #           C   g_L  E_L  V_T Delta_T a tau_w  b  V_reset    pA
    "tonic":            (200, 10, -70, -50, 2,   2,  30,   0, -58),     # 500
    "adapting":         (200, 12, -70, -50, 2,   2, 300,  60, -58),     # 500
    "initial_burst":    (130, 18, -58, -50, 2,   4, 150, 120, -50),     # 400
    "bursting":         (200, 10, -58, -50, 2,   2, 120, 100, -46),     # 210
    "accelerating":     (200, 12, -70, -50, 2, -10, 300,   0, -58),     # 300
    "delayed_bursting": (100, 10, -65, -50, 2, -10,  90,  30, -47),     # 110
    "transient":        (100, 10, -65, -50, 2,  10,  90, 100, -47),     # 180
    "irregular":        (100, 12, -60, -50, 2, -11, 130,  30, -48),     # 160
}
# fmt: on

ADAPTIVE_EXPONENTIAL = replace(
    _cell(
        "adaptive_exponential", "Adaptive exponential integrate-and-fire neuron",
        281, 30, -70.6, -50.4, 2, 4, 144, 80.5, -70.6, (0, 2000),
    ),
    variants={
        key: _cell(
            f"adaptive_exponential_{key}", f"Adaptive exponential: {key.replace('_', ' ')}",
            *numbers, (0, 800),
        )
        for key, numbers in _PATTERNS.items()
    },
)  # fmt: skip
