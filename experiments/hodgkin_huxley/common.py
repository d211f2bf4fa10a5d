"""What the parts of the Hodgkin-Huxley study share."""

from brian2 import cm, uA

from ...models import HODGKIN_HUXLEY

DENSITY = uA / cm**2
CRITERION = HODGKIN_HUXLEY.parameters["V_spike"].value  # mV
CHANNELS = {"I_Na": "E_Na", "I_K": "E_K", "I_L": "E_L"}
CURRENT_COLUMNS = {f"{name}_uA_per_cm2": name for name in CHANNELS}
PATHS = ("step from rest", "slow ramp up", "slow ramp down")
SHOWN = 7.0  # uA/cm2, the current that the figures show
