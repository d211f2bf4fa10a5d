"""The Connor-Stevens neuron with the original constants of Connor, Walter & McKown 1977.

They are the squid rates (rest at -60 mV) shifted by -5.3, -12 and -4.3 mV, 3.8 times faster, and
with the potassium gate's time constant doubled. Dayan & Abbott's set is this one rounded; the
rates differ by up to 3 %, so a result must say which set it used.
"""

from brian2 import cm, ms, mV, uA

from ..neuron_model import NeuronModel
from .connor_stevens import CURRENTS, INITIAL, PARAMETERS

CONNOR_STEVENS_1977 = NeuronModel(
    name="connor_stevens_1977",
    title="Connor-Stevens neuron (constants of 1977)",
    equations=CURRENTS
    + """
        alpha_m = 3.8/exprel(-(v + 29.7*mV)/(10*mV))/ms             : Hz
        beta_m  = 3.8*4*exp(-(v + 54.7*mV)/(18*mV))/ms              : Hz
        alpha_h = 3.8*0.07*exp(-(v + 48*mV)/(20*mV))/ms             : Hz
        beta_h  = 3.8/(1 + exp(-(v + 18*mV)/(10*mV)))/ms            : Hz
        alpha_n = 1.9*0.1/exprel(-(v + 45.7*mV)/(10*mV))/ms         : Hz
        beta_n  = 1.9*0.125*exp(-(v + 55.7*mV)/(80*mV))/ms          : Hz
        a_inf = (0.0761*exp((v + 94.22*mV)/(31.84*mV))/(1 + exp((v + 1.17*mV)/(28.93*mV))))**0.3333 : 1
        tau_a = 0.3632*ms + 1.158*ms/(1 + exp((v + 55.96*mV)/(20.12*mV))) : second
        b_inf = (1/(1 + exp((v + 53.3*mV)/(14.54*mV))))**4          : 1
        tau_b = 1.24*ms + 2.678*ms/(1 + exp((v + 50*mV)/(16.027*mV))) : second
    """,
    parameters=PARAMETERS,
    input_unit=uA / cm**2,
    input_range=(0, 50),
    initial=INITIAL | {"v": -67.9762895 * mV},
    threshold="v > V_spike",
    refractory="v > V_spike",
    method="rk4",
    dt=0.025 * ms,
    references=(
        "Connor, Walter & McKown 1977, Biophys. J. 18:81-102, doi:10.1016/S0006-3495(77)85598-7",
        "Ermentrout's XPP file connor-stevens.ode, which holds these constants",
    ),
)
