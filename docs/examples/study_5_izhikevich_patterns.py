"""
Izhikevich's cells and firing patterns
======================================
"""

from excitable.experiments import izhikevich_patterns
from excitable.experiments.study import Settings

result = izhikevich_patterns.run(Settings(quick=True))
print(result.summary)
