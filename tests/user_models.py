"""Cells as people bring them: Brian2 text, plain quantities, names and units of their own.

Nothing here knows how the project wants a model to be written. The published ones name their
source; what they must do is computed beside each test, from the papers' formulas.
"""

from brian2 import Mohm, cm, mmolar, ms, msiemens, mV, nA, nS, pA, pF, uA, uF, umolar

from excitable import NeuronModel, Parameter

density = uA / cm**2
conductance = msiemens / cm**2

# Morris & Lecar 1981; constants of Rinzel & Ermentrout 1989 ("Hopf").
MORRIS_LECAR = NeuronModel(
    name="my_morris_lecar",
    equations="""
    # a barnacle muscle fibre; w is its potassium gate
    dV/dt = (I_app - gL*(V - VL) - gCa*m_inf*(V - VCa) - gK*w*(V - VK))/C : volt
    dw/dt = phi*(w_inf - w)/tau_w : 1
    m_inf = 0.5*(1 + tanh((V - V1)/V2)) : 1
    w_inf = 0.5*(1 + tanh((V - V3)/V4)) : 1
    tau_w = 1*ms/cosh((V - V3)/(2*V4)) : second
    """,
    parameters={
        "C": 20 * uF / cm**2, "gL": 2 * conductance, "gCa": 4.4 * conductance,
        "gK": 8 * conductance, "VL": -60 * mV, "VCa": 120 * mV, "VK": -84 * mV,
        "V1": -1.2 * mV, "V2": 18 * mV, "V3": 2 * mV, "V4": 30 * mV, "phi": 0.04,
    },
    input="I_app",
    input_unit=density,
    initial={"V": -60 * mV, "w": 0.015},
    threshold="V > 0*mV",
    dt=0.05 * ms,
)  # fmt: skip

# Brette & Gerstner 2005, with their numerical threshold of 20 mV.
ADEX = NeuronModel(
    name="my_adex",
    equations="""
    dvm/dt = (gL*(EL - vm) + gL*DeltaT*exp((vm - VT)/DeltaT) + I - w)/C : volt
    dw/dt = (a*(vm - EL) - w)/tauw : amp
    """,
    parameters={
        "C": 281 * pF, "gL": 30 * nS, "EL": -70.6 * mV, "VT": -50.4 * mV, "DeltaT": 2 * mV,
        "tauw": 144 * ms, "a": 4 * nS, "b": 0.0805 * nA, "Vr": -70.6 * mV,
    },
    input_unit=pA,
    initial={"vm": "EL", "w": 0 * nA},
    threshold="vm > 20*mV",
    reset="vm = Vr; w += b",
)  # fmt: skip

# Wang & Buzsaki 1996, with the quotients of the paper.
WANG_BUZSAKI = NeuronModel(
    name="my_wang_buzsaki",
    equations="""
    dv/dt = (-gNa*m**3*h*(v-ENa)-gK*n**4*(v-EK)-gL*(v-EL)+Iapp)/Cm : volt
    m = alpha_m/(alpha_m+beta_m) : 1
    alpha_m = -0.1/mV*(v+35*mV)/(exp(-0.1/mV*(v+35*mV))-1)/ms : Hz
    beta_m = 4*exp(-(v+60*mV)/(18*mV))/ms : Hz
    dh/dt = 5*(alpha_h*(1-h)-beta_h*h) : 1
    alpha_h = 0.07*exp(-(v+58*mV)/(20*mV))/ms : Hz
    beta_h = 1./(exp(-0.1/mV*(v+28*mV))+1)/ms : Hz
    dn/dt = 5*(alpha_n*(1-n)-beta_n*n) : 1
    alpha_n = -0.01/mV*(v+34*mV)/(exp(-0.1/mV*(v+34*mV))-1)/ms : Hz
    beta_n = 0.125*exp(-(v+44*mV)/(80*mV))/ms : Hz
    """,
    parameters={
        "Cm": 1 * uF / cm**2, "gL": 0.1 * conductance, "gNa": 35 * conductance,
        "gK": 9 * conductance, "EL": -65 * mV, "ENa": 55 * mV, "EK": -90 * mV,
    },
    input="Iapp",
    input_unit=density,
    initial={"v": -65 * mV, "h": "alpha_h/(alpha_h + beta_h)", "n": "alpha_n/(alpha_n + beta_n)"},
    threshold="v > 0*mV",
    refractory="v > 0*mV",
)  # fmt: skip

# FitzHugh 1961, in its own pure numbers.
FITZHUGH_NAGUMO = NeuronModel(
    name="my_fitzhugh_nagumo",
    equations="""
    dv/dt = (v - v**3/3 - w + I)/ms : 1
    dw/dt = epsilon*(v + a - b*w)/ms : 1
    """,
    parameters={"epsilon": 0.08, "a": 0.7, "b": 0.8},
    input_unit=mV / mV,
    initial={"v": -1.2, "w": -0.62},
    threshold="v > 1",
)

# Hindmarsh & Rose 1984: a burster in pure numbers.
HINDMARSH_ROSE = NeuronModel(
    name="my_hindmarsh_rose",
    equations="""
    dx/dt = (y - a*x**3 + b*x**2 - z + I)/ms : 1
    dy/dt = (c - d*x**2 - y)/ms : 1
    dz/dt = r*(s*(x - x_R) - z)/ms : 1
    """,
    parameters={
        "a": 1.0, "b": 3.0, "c": 1.0, "d": 5.0, "r": 0.006, "s": 4.0, "x_R": -1.6,
    },
    input_unit=mV / mV,
    initial={"x": -1.6, "y": -11.8, "z": 0.0},
    threshold="x > 1",
)  # fmt: skip

# Pinsky & Rinzel 1994, potentials relative to rest as in the paper.
PINSKY_RINZEL = NeuronModel(
    name="my_pinsky_rinzel",
    equations="""
    dVs/dt = (-g_L*(Vs - V_L) - I_Na - I_KDR + g_c/p*(Vd - Vs) + I_s/p)/C_m : volt
    dVd/dt = (-g_L*(Vd - V_L) - I_Ca - I_AHP - I_C + g_c/(1 - p)*(Vs - Vd))/C_m : volt
    I_Na = g_Na*(a_m/(a_m + b_m))**2*h*(Vs - V_Na) : amp/meter**2
    I_KDR = g_KDR*n*(Vs - V_K) : amp/meter**2
    I_Ca = g_Ca*s**2*(Vd - V_Ca) : amp/meter**2
    I_AHP = g_AHP*q*(Vd - V_K) : amp/meter**2
    I_C = g_C*c*clip(Ca/250, -inf, 1)*(Vd - V_K) : amp/meter**2
    dh/dt = a_h*(1 - h) - b_h*h : 1
    dn/dt = a_n*(1 - n) - b_n*n : 1
    ds/dt = a_s*(1 - s) - b_s*s : 1
    dc/dt = a_c*(1 - c) - b_c*c : 1
    dq/dt = a_q*(1 - q) - b_q*q : 1
    dCa/dt = (-0.13*I_Ca/(uA/cm**2) - 0.075*Ca)/ms : 1
    a_m = 0.32*(13.1 - Vs/mV)/(exp((13.1 - Vs/mV)/4) - 1)/ms : Hz
    b_m = 0.28*(Vs/mV - 40.1)/(exp((Vs/mV - 40.1)/5) - 1)/ms : Hz
    a_n = 0.016*(35.1 - Vs/mV)/(exp((35.1 - Vs/mV)/5) - 1)/ms : Hz
    b_n = 0.25*exp(0.5 - 0.025*Vs/mV)/ms : Hz
    a_h = 0.128*exp((17 - Vs/mV)/18)/ms : Hz
    b_h = 4/(1 + exp((40 - Vs/mV)/5))/ms : Hz
    a_s = 1.6/(1 + exp(-0.072*(Vd/mV - 65)))/ms : Hz
    b_s = 0.02*(Vd/mV - 51.1)/(exp((Vd/mV - 51.1)/5) - 1)/ms : Hz
    low = Vd <= 50*mV : boolean
    a_c = int(low)*exp((Vd/mV - 10)/11 - (Vd/mV - 6.5)/27)/18.975/ms + int(not low)*late : Hz
    b_c = int(low)*(late - exp((Vd/mV - 10)/11 - (Vd/mV - 6.5)/27)/18.975/ms) : Hz
    late = 2*exp(-(Vd/mV - 6.5)/27)/ms : Hz
    a_q = clip(0.00002*Ca, 0, 0.01)/ms : Hz
    b_q = 0.001/ms : Hz
    """,
    parameters={
        "C_m": 3 * uF / cm**2, "g_L": 0.1 * conductance, "g_Na": 30 * conductance,
        "g_KDR": 15 * conductance, "g_Ca": 10 * conductance, "g_AHP": 0.8 * conductance,
        "g_C": 15 * conductance, "g_c": 2.1 * conductance, "V_Na": 120 * mV, "V_Ca": 140 * mV,
        "V_K": -15 * mV, "V_L": 0 * mV, "p": 0.5,
    },
    input="I_s",
    input_unit=density,
    initial={"Vs": -4.6 * mV, "Vd": -4.5 * mV, "h": 0.999, "n": 0.001, "s": 0.009, "c": 0.007,
             "q": 0.01, "Ca": 0.2},
    threshold="Vs > 50*mV",
)  # fmt: skip

# Connor & Stevens 1971 in the constants of Dayan & Abbott 2001, with the calcium pool and the
# AHP current of Wang 1998 (J. Neurophysiol. 79:1549-1566).
CONNOR_STEVENS_AHP = NeuronModel(
    name="my_connor_stevens_ahp",
    equations="""
    dv/dt = (I - I_Na - I_K - I_A - I_L - I_Ca - I_AHP)/C_m : volt
    I_Na  = g_Na*m**3*h*(v - E_Na) : amp/meter**2
    I_K   = g_K*n**4*(v - E_K)     : amp/meter**2
    I_A   = g_A*a**3*b*(v - E_A)   : amp/meter**2
    I_L   = g_L*(v - E_L)          : amp/meter**2
    I_Ca  = g_Ca*s_inf**2*(v - E_Ca) : amp/meter**2
    I_AHP = g_AHP*Ca/(Ca + K_D)*(v - E_K) : amp/meter**2
    s_inf = 1/(1 + exp(-(v + 20*mV)/(9*mV))) : 1
    dCa/dt = -alpha_Ca*I_Ca - Ca/tau_Ca : mmolar   # the pool
    dm/dt = alpha_m*(1 - m) - beta_m*m : 1
    dh/dt = alpha_h*(1 - h) - beta_h*h : 1
    dn/dt = alpha_n*(1 - n) - beta_n*n : 1
    da/dt = (a_inf - a)/tau_a : 1
    db/dt = (b_inf - b)/tau_b : 1
    alpha_m = 0.38*(v + 29.7*mV)/(1*mV)/(1 - exp(-0.1*(v + 29.7*mV)/mV))/ms : Hz
    beta_m  = 15.2*exp(-0.0556*(v + 54.7*mV)/mV)/ms             : Hz
    alpha_h = 0.266*exp(-0.05*(v + 48*mV)/mV)/ms                : Hz
    beta_h  = 3.8/(1 + exp(-0.1*(v + 18*mV)/mV))/ms             : Hz
    alpha_n = 0.02*(v + 45.7*mV)/mV/(1 - exp(-0.1*(v + 45.7*mV)/mV))/ms : Hz
    beta_n  = 0.25*exp(-0.0125*(v + 55.7*mV)/mV)/ms             : Hz
    a_inf = (0.0761*exp(0.0314*(v + 94.22*mV)/mV)/(1 + exp(0.0346*(v + 1.17*mV)/mV)))**(1/3) : 1
    tau_a = 0.3632*ms + 1.158*ms/(1 + exp(0.0497*(v + 55.96*mV)/mV)) : second
    b_inf = (1/(1 + exp(0.0688*(v + 53.3*mV)/mV)))**4           : 1
    tau_b = 1.24*ms + 2.678*ms/(1 + exp(0.0624*(v + 50*mV)/mV)) : second
    """,
    parameters={
        "C_m": 1 * uF / cm**2, "g_Na": 120 * conductance, "g_K": 20 * conductance,
        "g_A": 47.7 * conductance, "g_L": 0.3 * conductance, "g_Ca": 1 * conductance,
        "g_AHP": 5 * conductance, "E_Na": 55 * mV, "E_K": -72 * mV, "E_A": -75 * mV,
        "E_L": -17 * mV, "E_Ca": 120 * mV, "K_D": 30 * umolar, "tau_Ca": 80 * ms,
        "alpha_Ca": 0.002 * umolar / (ms * uA) * cm**2,
    },
    input_unit=density,
    initial={"v": -68 * mV, "Ca": 0 * mmolar, "m": 0.01, "h": 0.966, "n": 0.156, "a": 0.54,
             "b": 0.289},
    threshold="v > -20*mV",
    refractory="v > -20*mV",
)  # fmt: skip


LEAKY = {"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "V_t": -50 * mV, "V_r": -65 * mV}


def leaky_cell(**changes):
    """Return a leaky cell written by hand; `changes` are arguments of `NeuronModel`."""
    text = {
        "name": "cell",
        "equations": "dv/dt = (E - v + R*I)/tau : volt",
        "parameters": LEAKY,
        "input_unit": nA,
        "initial": {"v": "E"},
        "threshold": "v > V_t",
        "reset": "v = V_r",
        "dt": 0.05 * ms,
    }
    return NeuronModel(**{**text, **changes})


def rounding_cell():
    """Return a leaky cell whose rest, E + s mV, and reset are made of parts of a number k."""
    return leaky_cell(
        name="rounding",
        equations="""
        dv/dt = (E - v + R*I + s*mV)/tau : volt
        s = int(k) + int(-k/3) + (-k) % 7 + (-k) // 2 : 1
        """,
        parameters={"E": -65 * mV, "R": 10 * Mohm, "tau": 10 * ms, "V_t": -50 * mV,
                    "k": Parameter(3.7, 1, "a number", range=(-5, 5))},
        reset="v = E + mV*int(-k)",
    )  # fmt: skip


def adapting_cell(**changes):
    """Return a leaky cell with an adaptation w, which decays also while v is held."""
    text = {
        "equations": """
        dv/dt = (E - v + R*I - w)/tau : volt (unless refractory)
        dw/dt = -w/(30*ms) : volt
        """,
        "initial": {"v": "E", "w": 0 * mV},
    }
    return leaky_cell(**text | changes)


def theta_neuron(**changes):
    """Return the theta neuron, with other texts if given: x = tan(th/2) obeys x' = x**2 + eta + I.

    It rests at x = -sqrt(-eta), fires from x = sqrt(-eta) on, and its spike lies at infinity.
    """
    own = {
        "equations": "dth/dt = (1 - cos(th) + (1 + cos(th))*(eta + I))/tau : 1",
        "parameters": {"tau": 1 * ms, "eta": -0.3}, "initial": {"th": -1.0},
        "threshold": "th > pi", "reset": "th -= 2*pi",
    }  # fmt: skip
    return NeuronModel("theta", input_unit=1, input_range=(0, 3), **own | changes)


def bistable(scale: float, saddle: float = 0.1) -> NeuronModel:
    """A bistable cell in pure numbers, at rest at -0.7 and 0.6 times a scale."""
    slope = "(V + 0.7*s)*(V - a*s)*(0.6*s - V)/s**2 + I"
    return NeuronModel(
        "bistable", f"dV/dt = ({slope})/ms : 1", {"s": scale, "a": saddle}, 1, {"V": 0}
    )


def with_pole() -> NeuronModel:
    """A cell at rest at -60 mV, with a threshold at -40 mV; at -97.7 mV its slope has a pole."""
    text = "dv/dt = (v + 60*mV)*(v + 40*mV)/(k*v + 3*mV)/ms + I/ms : volt"
    return NeuronModel("with_pole", text, {"k": 0.0307}, mV, {"v": -60 * mV})
