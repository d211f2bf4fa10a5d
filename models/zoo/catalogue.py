"""The list of published neurons."""

from .connor_stevens import CONNOR_STEVENS
from .connor_stevens_1977 import CONNOR_STEVENS_1977
from .hodgkin_huxley import HODGKIN_HUXLEY
from .izhikevich import IZHIKEVICH
from .izhikevich_2007 import IZHIKEVICH_2007
from .lif import LIF
from .qif import QIF
from .traub_miles import TRAUB_MILES

ZOO = [
    LIF,
    QIF,
    HODGKIN_HUXLEY,
    TRAUB_MILES,
    CONNOR_STEVENS,
    CONNOR_STEVENS_1977,
    IZHIKEVICH,
    IZHIKEVICH_2007,
]
