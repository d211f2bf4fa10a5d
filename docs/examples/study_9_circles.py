"""
Two circles: hidden units with the F-I curves of cells
======================================================
"""

from excitable.experiments import circles
from excitable.experiments.study import Settings

result = circles.run(Settings(quick=True))
print(result.summary)
