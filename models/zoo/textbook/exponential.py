"""The exponential integrate-and-fire neuron, fitted to the interneuron of Wang & Buzsaki."""

from brian2 import cm, ms, msiemens, mV, uA, uF

from ...neuron_model import NeuronModel, Parameter

# fmt: off
EXPONENTIAL = NeuronModel(
    name="exponential",
    title="Exponential integrate-and-fire neuron",
    # Fourcaud-Trocme et al.'s equations 1 and 6; their peak is at infinity, and from 0 mV to there
    # it takes 1e-8 ms. With this refractory period it has the rates of the cell it was fitted to,
    # within 5 % up to 5 uA/cm2.
    equations="""
        dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) + I)/C_m : volt (unless refractory)
    """,
    parameters={
        "C_m":     Parameter(1,     uF/cm**2,       "membrane capacitance",           range=(0.5, 2)),
        "g_L":     Parameter(0.1,   msiemens/cm**2, "leak conductance",               range=(0.02, 0.5)),
        "E_L":     Parameter(-65,   mV,             "leak reversal potential",        range=(-80, -60)),
        "V_T":     Parameter(-59.9, mV,             "threshold to a slow input",      range=(-60, -40)),
        "Delta_T": Parameter(3.48,  mV,             "sharpness of spike initiation",  range=(0.5, 6)),
        "V_peak":  Parameter(0,     mV,             "peak at which v is reset",       range=(-20, 40)),
        "V_reset": Parameter(-68,   mV,             "reset potential",                range=(-80, -55)),
        "t_ref":   Parameter(1.7,   ms,             "refractory period",              range=(0, 10)),
    },
    input_unit=uA / cm**2,
    input_range=(0, 2),
    initial={"v": -64.0135 * mV},
    threshold="v > V_peak",
    reset="v = V_reset",
    refractory="t_ref",
    method="rk4",
    dt=0.025 * ms,
    references=(
        "Fourcaud-Trocme, Hansel, van Vreeswijk & Brunel 2003, J. Neurosci. 23:11628-11640, "
        "doi:10.1523/JNEUROSCI.23-37-11628.2003",
    ),
)
# fmt: on
