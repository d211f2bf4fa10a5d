"""
Networks of different cells
===========================
"""

from excitable.experiments import networks
from excitable.experiments.study import Settings

result = networks.run(Settings(quick=True))
print(result.summary)
