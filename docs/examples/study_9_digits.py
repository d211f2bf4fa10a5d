"""
Digits, read from spikes
========================
"""

from excitable.experiments import digits
from excitable.experiments.study import Settings

result = digits.run(Settings(quick=True))
print(result.summary)
