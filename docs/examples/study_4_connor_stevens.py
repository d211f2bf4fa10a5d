"""
The Connor-Stevens neuron and its A-type current
================================================
"""

from excitable.experiments import connor_stevens
from excitable.experiments.study import Settings

result = connor_stevens.run(Settings(quick=True))
print(result.summary)
