"""The model of Izhikevich 2003 with its seven cell types, and the twenty patterns of 2004."""

from dataclasses import replace

from brian2 import Unit, ms, mV

from ..neuron_model import NeuronModel, Parameter

_UNIT_A = ms**-1
_UNIT_D = mV / ms


def _cell(name, title, a, b, c, d, *, v0=-65.0, k1=5.0, k0=140.0, u0=None, v_u=0.0, k_u=1.0):
    """Return one cell of the 2003 form; the defaults after `d` are those of the paper of 2003."""
    # fmt: off
    return NeuronModel(
        name=name,
        title=title,
        # k_1, k_0, k_u and v_u are 5, 140, 1 and 0 mV in the paper of 2003. Panels G, L and R of
        # the paper of 2004 change them.
        equations="""
            dv/dt = k_2*v**2 + k_1*v + k_0 - u + I : volt
            du/dt = a*(b*(v - v_u) - k_u*u)        : volt/second
        """,
        parameters={
            "a":      Parameter(a,    _UNIT_A,      "rate of the recovery variable",     range=(-0.05, 1)),
            "b":      Parameter(b,    _UNIT_A,      "coupling of the recovery variable to v", range=(-1, 1)),
            "c":      Parameter(c,    mV,           "reset value of v",                  range=(-65, -45)),
            "d":      Parameter(d,    _UNIT_D,      "jump of u at a spike",              range=(-25, 10)),
            "v_peak": Parameter(30,   mV,           "peak at which v is reset",          range=(0, 40)),
            "k_2":    Parameter(0.04, ms**-1/mV,  "quadratic coefficient",             range=(0.01, 0.1)),
            "k_1":    Parameter(k1,   _UNIT_A,      "linear coefficient",                range=(4, 6)),
            "k_0":    Parameter(k0,   _UNIT_D,      "constant coefficient",              range=(100, 150)),
            "v_u":    Parameter(v_u,  mV,           "zero of the drive of u",            range=(-80, 0)),
            "k_u":    Parameter(k_u,  Unit(1),      "decay of u (0 in pattern R)",       range=(0, 1)),
        },
        input_unit=mV / ms,
        input_range=(0, 20),
        initial={"v": v0 * mV, "u": "b*v" if u0 is None else u0 * _UNIT_D},
        threshold="v > v_peak",
        reset="v = c; u += d",
        method="rk4",
        dt=2**-5 * ms,
        references=(
            "Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569-1572, doi:10.1109/TNN.2003.820440",
            "Izhikevich 2004, IEEE Trans. Neural Netw. 15:1063-1070, doi:10.1109/TNN.2004.832719",
        ),
    )
    # fmt: on


def _type(key, title, a, b, c, d):
    return _cell(f"izhikevich_{key.lower()}", f"Izhikevich 2003: {title}", a, b, c, d)


# fmt: off
_CELLS = {
    "RS":  _type("RS",  "regular spiking (RS)",             0.02, 0.2,  -65, 8),
    "IB":  _type("IB",  "intrinsically bursting (IB)",      0.02, 0.2,  -55, 4),
    "CH":  _type("CH",  "chattering (CH)",                  0.02, 0.2,  -50, 2),
    "FS":  _type("FS",  "fast spiking (FS)",                0.1,  0.2,  -65, 2),
    "LTS": _type("LTS", "low-threshold spiking (LTS)",      0.02, 0.25, -65, 2),
    "TC":  _type("TC",  "thalamo-cortical (TC)",            0.02, 0.25, -65, 0.05),
    "RZ":  _type("RZ",  "resonator (RZ)",                   0.1,  0.26, -65, 2),
}
# fmt: on


def _pattern(letter, title, a, b, c, d, v0, **special):
    return _cell(
        f"izhikevich_pattern_{letter}",
        f"Izhikevich 2004, ({letter}) {title}",
        a, b, c, d, v0=v0, **special,
    )  # fmt: skip


# The twenty neuro-computational features of Izhikevich 2004, with the constants of the paper's
# figure1.m. Their stimuli are in protocols/izhikevich_patterns.py.
# fmt: off
PATTERNS = {
    "A": _pattern("A", "tonic spiking",                  0.02,  0.2,  -65, 6,    -70),
    "B": _pattern("B", "phasic spiking",                 0.02,  0.25, -65, 6,    -64),
    "C": _pattern("C", "tonic bursting",                 0.02,  0.2,  -50, 2,    -70),
    "D": _pattern("D", "phasic bursting",                0.02,  0.25, -55, 0.05, -64),
    "E": _pattern("E", "mixed mode",                     0.02,  0.2,  -55, 4,    -70),
    "F": _pattern("F", "spike frequency adaptation",     0.01,  0.2,  -65, 8,    -70),
    "G": _pattern("G", "class 1 excitability",           0.02, -0.1,  -55, 6,    -60, k1=4.1, k0=108),
    "H": _pattern("H", "class 2 excitability",           0.2,   0.26, -65, 0,    -64),
    "I": _pattern("I", "spike latency",                  0.02,  0.2,  -65, 6,    -70),
    "J": _pattern("J", "subthreshold oscillations",      0.05,  0.26, -60, 0,    -62),
    "K": _pattern("K", "resonator",                      0.1,   0.26, -60, -1,   -62),
    "L": _pattern("L", "integrator",                     0.02, -0.1,  -55, 6,    -60, k1=4.1, k0=108),
    "M": _pattern("M", "rebound spike",                  0.03,  0.25, -60, 4,    -64),
    "N": _pattern("N", "rebound burst",                  0.03,  0.25, -52, 0,    -64),
    "O": _pattern("O", "threshold variability",          0.03,  0.25, -60, 4,    -64),
    "P": _pattern("P", "bistability",                    0.1,   0.26, -60, 0,    -61),
    "Q": _pattern("Q", "depolarising after-potential",   1,     0.2,  -60, -21,  -70),
    "R": _pattern("R", "accommodation",                  0.02,  1,    -55, 4,    -65, u0=-16, v_u=-65, k_u=0),
    "S": _pattern("S", "inhibition-induced spiking",    -0.02, -1,    -60, 8,    -63.8),
    "T": _pattern("T", "inhibition-induced bursting",   -0.026, -1,   -45, -2,   -63.8),
}
# fmt: on

IZHIKEVICH = replace(
    _CELLS["RS"],
    name="izhikevich",
    title="Izhikevich 2003 (regular spiking)",
    variants=_CELLS,
)
