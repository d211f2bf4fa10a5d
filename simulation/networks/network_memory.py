"""The module `simulation.memory` under its former name."""

import sys

from .. import memory

sys.modules[__name__] = memory
